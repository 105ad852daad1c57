"""The buttons of For you and of the profile: each changes one thing that a reader said, and leads back to the page."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone

from germane.web.catalog.numbers import follow_numbers
from germane.web.pages import steering
from germane.web.pages.readers import browser
from germane.web.pages.readers.for_you import PATH, read_steering, state_of
from germane.web.pages.readers.who import for_reader, read_number, reader_id_of
from germane.web.readers.store import carrying, marks
from germane.web.readers.store import steering as store

_MAX_PICKED = 50
PAGES = {"you": PATH, "profile": "/you/profile"}


@for_reader
def change(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Do what the pressed button is named after, to what it says, and go back to where it stands."""
    did, now = "", timezone.now()
    try:
        for name, act in _ACTS.items():
            if value := request.POST.get(name, "").strip():
                did = act(reader_id, value, request, now)
    except store.TooMany as error:
        context = {"error": str(error), "back": _back(request)}
        return render(request, "readers/refused.html", context, status=422)
    return HttpResponseRedirect(_back(request, did))


def pick(request: HttpRequest) -> HttpResponse:
    """Like what was picked on the first visit: in the account, or in the browser's cookie."""
    given = [number for text in request.POST.getlist("pick")[:_MAX_PICKED] if (number := read_number(text))]
    picked = list(dict.fromkeys(follow_numbers(given).values()))
    response = HttpResponseRedirect(PATH)
    reader_id, now = reader_id_of(request), timezone.now()
    if reader_id is not None:
        carrying.like_many(reader_id, dict.fromkeys(picked, now), now)
    elif picked:
        browser.write_cookie(response, [*picked, *(n for n in browser.read_cookie(request) if n not in picked)])
    return response


def _back(request: HttpRequest, did: str = "") -> str:
    path = PAGES.get(request.POST.get("back", ""), PATH)
    if path != PATH:
        return path
    state = state_of(read_steering(QueryDict(request.POST.get("state", "")[:2_000])))
    query = "&".join(part for part in (state, f"did={did}" if did else "") if part)
    return f"{path}?{query}" if query else path


def _on_article(name: str, mark: Callable[[int, int, datetime], object]) -> "Act":
    def act(reader_id: int, value: str, request: HttpRequest, now: datetime) -> str:
        today = follow_numbers([read_number(value)])
        for number in today.values():
            mark(reader_id, number, now)
        return f"{name}.{next(iter(today.values()))}" if today and name else ""

    return act


def _off_article(name: str, unmark: Callable[[int, int], object]) -> "Act":
    def act(reader_id: int, value: str, request: HttpRequest, now: datetime) -> str:
        given = read_number(value)
        if not given:
            return ""
        for number in {given, *follow_numbers([given]).values()}:
            unmark(reader_id, number)
        return f"{name}.{given}" if name else ""

    return act


def _exclude(reader_id: int, value: str, request: HttpRequest, now: datetime) -> str:
    kind, _, rest = value.partition(" ")
    if found := steering.find_excluded(kind, rest):
        stored = str(found.venue_id) if kind == "venue" else found.value
        store.exclude(reader_id, kind, stored, found.name, now)
    return ""


def _include(reader_id: int, value: str, request: HttpRequest, now: datetime) -> str:
    kind, _, rest = value.partition(" ")
    store.include(reader_id, kind, rest)
    return ""


def _weigh(weight: float) -> "Act":
    def act(reader_id: int, value: str, request: HttpRequest, now: datetime) -> str:
        store.weigh_phrase(reader_id, value[:200], weight)
        return ""

    return act


def _forget_phrase(reader_id: int, value: str, request: HttpRequest, now: datetime) -> str:
    store.forget_phrase(reader_id, value)
    return ""


def _reset(reader_id: int, value: str, request: HttpRequest, now: datetime) -> str:
    if request.POST.get("meant") == "1":
        store.reset(reader_id, with_likes=value == "all")
    return ""


Act = Callable[[int, str, HttpRequest, datetime], str]  # returns what the page says was done, with the way back
_ACTS: dict[str, Act] = {
    "dismiss": _on_article("less", marks.dismiss),
    "unless": _off_article("", marks.undismiss),
    "read": _on_article("read", marks.mark_read),
    "unread": _off_article("", marks.unmark_read),
    "like": _on_article("", marks.like),
    "unlike": _off_article("unlike", marks.unlike),
    "exclude": _exclude,
    "include": _include,
    **{name: _weigh(weight) for name, weight in store.WEIGHTS.items()},
    "add": _weigh(store.WEIGHTS["more"]),
    "forget": _forget_phrase,
    "reset": _reset,
}
