"""What is recommended to a reader, for programs: an Atom feed at an address that only they know, and JSON."""

from datetime import UTC

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from germane.web.api import feeds
from germane.web.catalog import queries as catalog
from germane.web.pages.environment import because_text
from germane.web.pages.readers.for_you import read_steering, wish_of
from germane.web.pages.readers.who import for_reader
from germane.web.readers.lists import find_reader_of_feed, read_list
from germane.web.readers.queries import marks_of
from germane.web.readers.recommending import recommend_for
from germane.web.readers.suggesting import Suggestion, needed, suggest

_N = 20


def feed(request: HttpRequest, key: str) -> HttpResponse:
    """Return a reader's list as Atom (RFC 4287), without a session: the key is all that is asked for."""
    reader_id = find_reader_of_feed(key)
    if reader_id is None:
        raise Http404
    kept = read_list(reader_id, timezone.now(), _N)
    lines = {line.id: line for line in catalog.read_lines(needed(kept.found))}
    base, at = settings.ENVIRONMENT.base_url, f"{kept.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    entries = [_entry(each, base, at) for each in suggest(kept.found, lines)]
    own = f"{base}/you/feed/{key}.atom"
    response = feeds.write_feed(f"For you · {settings.ENVIRONMENT.site_name}", f"{base}/you", own, entries, at)
    del response.headers["Access-Control-Allow-Origin"]  # it is nobody else's
    return response


@for_reader
def recommended(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Return what For you lists, as JSON; it is steered by the same address."""
    found = recommend_for(marks_of(reader_id), wish_of(read_steering(request.GET)), n=_N)
    lines = {line.id: line for line in catalog.read_lines(needed(found))}
    steps = {each.article_id for each in found if each.is_step_outside}
    told = {"recommended": [_told(each, steps) for each in suggest(found, lines)]}
    return HttpResponse(msgspec.json.encode(told), content_type="application/json")


def _entry(suggestion: Suggestion, base: str, at: str) -> str:
    line = suggestion.line
    about = " · ".join(part for part in (line.byline, line.venue, line.year) if part)
    address = base + line.address
    summary = f"{because_text(suggestion)}. {about}"
    return feeds.write_entry(line.title, address, address, at, summary, line.byline)


def _told(suggestion: Suggestion, steps: set[int]) -> dict[str, object]:
    line, base = suggestion.line, settings.ENVIRONMENT.base_url
    because = [
        {"liked": liked.title, "address": base + liked.address} if liked else {"phrase": piece.matched}
        for piece, liked in zip(suggestion.evidence, suggestion.likes, strict=True)
    ]
    return {
        "id": line.id,
        "address": base + line.address,
        "title": line.title,
        "authors": line.byline,
        "venue": line.venue,
        "published_on": line.published_on,
        "evidence": {"code": "liked", "sentence": because_text(suggestion)},
        "because": because,
        "is_step_outside": line.id in steps,
    }
