"""For you: what is recommended now, why, and everything that steers it; with an account and without one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect
from msgspec.structs import replace

from germane.web.catalog import queries as catalog
from germane.web.catalog.rows import Phrase
from germane.web.pages import steering
from germane.web.pages.readers import browser
from germane.web.pages.readers.who import read_number, reader_id_of
from germane.web.pages.steering import Choice, Steered
from germane.web.readers import queries, suggesting
from germane.web.readers.queries import Excluded, Marks
from germane.web.readers.recommending import Wish, marks_of_browser, newest_likes, recommend_for
from germane.web.readers.starting import find_starters
from germane.web.readers.suggesting import Suggestion

PATH = "/you"
PAGE = 10
LAST_PAGE = 5
N_NEWS = 5
N_IN_PANEL = 8
MAX_LESS = 200  # articles of which somebody without an account wants less, as their browser posts them
STEPS: Mapping[str, Mapping[int, str]] = {
    "recency": {-2: "Established", -1: "Rather established", 0: "Of any age", 1: "Rather recent", 2: "Recent"},
    "nearness": {0: "Near what you like", -1: "Farther from it", -2: "Far from it"},
}


class Offer(NamedTuple):
    """What can be left out because of a recommendation: for now, by an address, or for good, by a button."""

    name: str
    address: str
    value: str  # of the button: "venue clinical-desk-medicine"


def show(request: HttpRequest) -> HttpResponse:
    """Return the page. Without an account it is made of what the browser sends, and nothing is kept.

    Its address takes posts without a token: without an account a post changes nothing, and shall need no cookie.
    """
    return _show_reader(request) if request.user.is_authenticated else _show_browser(request)


@csrf_protect
def _show_reader(request: HttpRequest) -> HttpResponse:
    reader_id = reader_id_of(request) or 0
    marks = queries.marks_of(reader_id)
    did, number = _read_did(request.GET.get("did", ""))
    is_done = number in {"less": marks.dismissed, "read": marks.read}.get(did, ())
    is_done = is_done or (did == "unlike" and number > 0 and number not in marks.liked)
    context = _context(request, marks, news=queries.newest_followed(reader_id, 4 * N_NEWS),
                       undone=number if is_done else 0)  # fmt: skip
    return render(request, "readers/for_you.html", {**context, "is_reader": True, "did": did if is_done else ""})


def _show_browser(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    likes = browser.since(browser.read_browser_likes(request), now)
    less = list(browser.read_posted(request.POST.get("less", "")))[-MAX_LESS:]
    taken_back, added = read_number(request.POST.get("unless", "")), read_number(request.POST.get("dismiss", ""))
    less = [n for n in less if n not in (taken_back, added)] + ([added] if added else [])
    marks = marks_of_browser(likes, dict.fromkeys(less, now))
    context = _context(request, marks, news=(), undone=added)
    posted = browser.write_numbers(likes) if request.method == "POST" else ""
    own = {"likes": posted, "less": browser.write_numbers(less), "did": "less" if added else "", "is_reader": False}
    return render(request, "readers/for_you.html", {**context, **own})


def _context(request: HttpRequest, marks: Marks, *, news: Sequence[tuple[int, str]], undone: int) -> dict[str, Any]:
    steered = read_steering(request.GET)
    page = min(max(read_number(request.GET.get("page", "")), 1), LAST_PAGE)
    found = recommend_for(marks, wish_of(steered), n=PAGE * page + 1)[PAGE * (page - 1) :]
    known = marks.liked.keys() | marks.dismissed.keys() | marks.read
    news = [(number, why) for number, why in news if number not in known][:N_NEWS] if page == 1 else []
    liked = newest_likes(marks, N_IN_PANEL)
    starters = [] if marks.liked or any(p.weight > 0 for p in marks.phrases) else find_starters(timezone.now())
    wanted = [*suggesting.needed(found[:PAGE]), *liked, *(n for n, _ in news), *starters, undone]
    lines = {line.id: line for line in catalog.read_lines(list(dict.fromkeys(wanted)))}
    suggestions = suggesting.suggest(found[:PAGE], lines)
    outside = {each.article_id for each in found if each.is_step_outside}
    phrases = catalog.read_keyphrases([s.line.id for s in suggestions])
    return {
        "groups": suggesting.group([s for s in suggestions if s.line.id not in outside]),
        "steps_outside": [s for s in suggestions if s.line.id in outside],
        "news": [(lines[number], why) for number, why in news if number in lines and not lines[number].is_retracted],
        "starters": [lines[number] for number in starters if number in lines and not lines[number].is_retracted],
        "offers": {s.line.id: _offers(steered, s, phrases.get(s.line.id, ())) for s in suggestions},
        "is_empty": not suggestions,
        "n_liked": len(marks.liked),
        "liked": [lines[number] for number in liked if number in lines],
        "n_less": len(marks.dismissed),
        "own_phrases": marks.phrases[:N_IN_PANEL],
        "excluded": marks.exclusions,
        "undone": lines.get(undone),
        "steered": steered,
        "steps": STEPS,
        "state": state_of(steered),
        "removals": _removals(steered),
        "more": _address(steered, page + 1) if len(found) > PAGE and page < LAST_PAGE else "",
        "page_number": page,
        "path": _address(steered, 1),
    }


def read_steering(given: Any) -> Steered:
    """Return what an address asks for; nearer than near is no choice here."""
    steered = steering.read_steering(given)
    return replace(steered, nearness=min(steered.nearness, 0))


def wish_of(steered: Steered) -> Wish:
    """Return what recommending takes."""
    excluded = tuple(
        Excluded(x.kind, str(x.venue_id) if x.kind == "venue" else x.value, x.name) for x in steered.excluded
    )
    return Wish(recency=steered.recency / 2, distance=-steered.nearness / 2, exclusions=excluded)


def state_of(steered: Steered) -> str:
    """Return the query of a state's address, "" when nothing is asked for."""
    return steering.address_of("", steered).removeprefix("?")


def _offers(steered: Steered, suggestion: Suggestion, phrases: Sequence[Phrase]) -> list[Offer]:
    choices = steering.exclusions(PATH, steered, suggestion.line, phrases)
    values = {f"{x.kind} {x.name}": f"{x.kind} {x.value}" for x in steering.offered(suggestion.line, phrases)}
    return [Offer(choice.name, choice.address, values[choice.name]) for choice in choices]


def _removals(steered: Steered) -> list[Choice]:
    said = [
        Choice(STEPS[name][getattr(steered, name)], steering.address_of(PATH, replace(steered, **{name: 0})))
        for name in STEPS
        if getattr(steered, name)
    ]
    without = (tuple(y for y in steered.excluded if y != x) for x in steered.excluded)
    return said + [
        Choice(f"Without {x.name}", steering.address_of(PATH, replace(steered, excluded=rest)))
        for x, rest in zip(steered.excluded, without, strict=True)
    ]


def _address(steered: Steered, page: int) -> str:
    address = steering.address_of(PATH, steered)
    return address if page == 1 else f"{address}{'&' if '?' in address else '?'}page={page}"


def _read_did(text: str) -> tuple[str, int]:
    what, _, number = text.partition(".")
    return what, read_number(number)
