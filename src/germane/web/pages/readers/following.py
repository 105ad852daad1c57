"""What a reader follows: articles, keyphrases, venues, authors, searches. A plain link leads to the form for it."""

from typing import NamedTuple
from urllib.parse import quote, urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone

from germane.identifiers import normalize_orcid
from germane.web.catalog import asking, happenings, queries
from germane.web.catalog.asking import Asked
from germane.web.catalog.numbers import read_remembered
from germane.web.pages.readers.who import for_reader, read_number
from germane.web.pages.words import TYPE_NAMES
from germane.web.readers import news
from germane.web.readers.news import Followed
from germane.web.readers.store import alerts, following

KIND_NAMES = {"article": "Articles", "keyphrase": "Keywords", "venue": "Venues", "author": "Authors",
              "search": "Searches"}  # fmt: skip
# What somebody who follows a thing of a kind is told.
_PROMISES = {
    "article": "of news, videos, posts and other items about it, of corrections, retraction, new versions",
    "keyphrase": "of new articles with this keyword",
    "venue": "of new articles in this venue",
    "author": "of new articles by this author",
    "search": "of new articles that this search finds",
}
_HAS = {"news": "with news", "video": "with videos", "social": "with posts", "data": "with data or code"}


class Target(NamedTuple):
    """Something that can be followed."""

    kind: str
    target: str
    label: str
    address: str


class FollowedLine(NamedTuple):
    """Something that a reader follows, and where it is."""

    followed: Followed
    address: str


@for_reader
def show_all(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Return the list of what a reader follows."""
    groups: dict[str, list[FollowedLine]] = {}
    for one in news.read_followed(reader_id):
        groups.setdefault(KIND_NAMES[one.kind], []).append(FollowedLine(one, address_of(one.kind, one.target)))
    context = {"groups": groups, "n": sum(map(len, groups.values())), "most": following.MAX_FOLLOWED}
    return render(request, "readers/following.html", context)


@for_reader
def ask(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Return the form that follows something or stops following it."""
    target = _find(request.GET.get("kind", ""), request.GET.get("target", ""))
    return render(
        request,
        "readers/follow.html",
        {
            "target": target,
            "promise": _PROMISES[target.kind],
            "followed": news.find_followed(reader_id, target.kind, target.target),
            "is_stopped": "stopped" in request.GET,
        },
    )


@for_reader
def add(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Follow something."""
    target = _find(request.POST.get("kind", ""), request.POST.get("target", ""))
    last_mention, last_article = happenings.read_last_mention(), happenings.read_last_article()
    alerts.begin_checkpoint("mentions", last_mention)  # where nothing was ever told, so that what comes now is
    alerts.begin_checkpoint("articles", last_article)
    last = last_mention if target.kind == "article" else last_article
    try:
        following.follow(reader_id, target.kind, target.target, target.label, last, timezone.now())
    except following.FollowError as error:
        words = str(error)
        context = {"error": f"{words[0].upper()}{words[1:]}.", "back": "/you/following"}
        return render(request, "readers/refused.html", context, status=422)
    return HttpResponseRedirect(form_address(target.kind, target.target))


@for_reader
def stop(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Stop following something; the page that follows offers to follow it again."""
    stopped = following.stop_following(reader_id, read_number(request.POST.get("follow", "")))
    if stopped is None:
        return HttpResponseRedirect("/you/following")
    return HttpResponseRedirect(f"{form_address(stopped.kind, stopped.target)}&stopped=1")


def form_address(kind: str, target: str) -> str:
    """Return the address of the form that follows something."""
    return f"/you/following/add?{urlencode({'kind': kind, 'target': target})}"


def address_of(kind: str, target: str) -> str:
    """Return where something that is followed is."""
    if kind == "search":
        return f"/search?{target}"
    return f"/{'keyword' if kind == 'keyphrase' else kind}/{quote(target, safe='')}"


def _find(kind: str, text: str) -> Target:
    """Return what a form names, as it is kept. Raises Http404 when there is no such thing."""
    found = _FINDERS[kind](text) if kind in _FINDERS else None
    if found is None:
        raise Http404
    return found


def _find_article(text: str) -> Target | None:
    line = read_remembered([read_number(text)])[0].line
    return Target("article", str(line.id), line.title or "Untitled", line.address) if line else None


def _find_keyphrase(slug: str) -> Target | None:
    heading = queries.find_keyphrase(slug)
    return Target("keyphrase", heading.slug, heading.name, address_of("keyphrase", heading.slug)) if heading else None


def _find_venue(slug: str) -> Target | None:
    heading = queries.find_venue(slug)
    return Target("venue", heading.slug, heading.name, address_of("venue", heading.slug)) if heading else None


def _find_author(text: str) -> Target | None:
    orcid = normalize_orcid(text)
    heading = queries.find_author(orcid) if orcid else None
    return Target("author", heading.slug, heading.name, address_of("author", heading.slug)) if heading else None


def _find_search(text: str) -> Target | None:
    asked = asking.read_fields(QueryDict(text[:2_000]))
    target = asking.search_target(asked)
    return Target("search", target, _search_label(asked), address_of("search", target)) if target else None


def _search_label(asked: Asked) -> str:
    years = f"{asked.year_from or '…'}–{asked.year_to or '…'}" if asked.year_from or asked.year_to else ""
    parts = [asked.q, years, *(venue.name for venue in asked.venues), *(TYPE_NAMES[name] for name in asked.types)]
    parts += ["open access" if asked.is_open else "", *(_HAS[name] for name in asked.has)]
    return ", ".join(part for part in parts if part)


_FINDERS = {
    "article": _find_article,
    "keyphrase": _find_keyphrase,
    "venue": _find_venue,
    "author": _find_author,
    "search": _find_search,
}
