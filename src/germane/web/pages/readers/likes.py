"""Like, with and without an account: an article's own page for it, the list of all likes, and carrying them over."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from germane.web.catalog.numbers import Remembered, follow_numbers, read_remembered
from germane.web.pages.readers import browser
from germane.web.pages.readers.who import for_reader, reader_id_of, wants_json
from germane.web.readers import queries
from germane.web.readers.queries import After, Marked
from germane.web.readers.store import carrying, marks

N_LINES = 25
N_OF_BROWSER = 200  # likes of a browser that one page shows


class Listed(NamedTuple):
    """An article in a reader's list: as it is today, and since when it is there."""

    article: Remembered
    at: datetime | None
    text: str = ""  # a note's


def show(request: HttpRequest, number: int) -> HttpResponse:
    """Return the page on which an article is liked without scripts, and on which a reader's other marks of it stand."""
    article = find_article(number)
    if article.now_id != number:
        return HttpResponseRedirect(f"/like/{article.now_id}")
    reader_id = reader_id_of(request)
    mine = queries.own_marks(reader_id, number) if reader_id else queries.OwnMarks()
    return render(
        request,
        "readers/like.html",
        {
            "article": article,
            "line": article.line,
            "mine": mine,
            "is_reader": reader_id is not None,
            "is_liked": mine.liked_at is not None if reader_id else number in browser.read_cookie(request),
            "is_full": "full" in request.GET,
            "collections": queries.read_collections(reader_id) if reader_id else [],
        },
    )


def press(request: HttpRequest, number: int) -> HttpResponse:
    """Like an article, or take that back: `liked` says which, so that pressing twice is pressing once."""
    article, reader_id = find_article(number), reader_id_of(request)
    is_liked = request.POST.get("liked") == "1" and article.line is not None
    if reader_id is not None:
        if is_liked:
            marks.like(reader_id, article.now_id, timezone.now())
        else:
            for some in {number, article.now_id}:
                marks.unlike(reader_id, some)
    if wants_json(request):
        status = 200 if reader_id is not None else 401  # the script then keeps the like in the browser
        return JsonResponse({"liked": is_liked and reader_id is not None, "article": article.now_id}, status=status)
    response = HttpResponseRedirect(f"/like/{article.now_id}")
    if reader_id is None:
        others = [n for n in browser.read_cookie(request) if n not in (number, article.now_id)]
        if not browser.write_cookie(response, [article.now_id, *others] if is_liked else others):
            return HttpResponseRedirect(f"/like/{article.now_id}?full")
    return response


def show_all(request: HttpRequest) -> HttpResponse:
    """Return the list of a reader's likes, or of those that a browser keeps, which it posts or has in its cookie."""
    reader_id = reader_id_of(request)
    kept = browser.read_browser_likes(request)
    if reader_id is None:
        shown = list(kept)[:N_OF_BROWSER]
        lines = listed([(number, kept[number]) for number in shown])
        context = {"n": len(kept), "more": "", "is_cut": len(kept) > len(shown)}
    else:
        page = queries.read_likes(reader_id, read_place(request), N_LINES)
        lines = listed(page[:N_LINES])
        context = {"n": queries.count_likes(reader_id), "more": next_address("/you/likes", page), "is_cut": False}
    carried = request.GET.get("carried", "")
    return render(
        request,
        "readers/likes.html",
        {
            **context,
            "lines": lines,
            "is_reader": reader_id is not None,
            "n_in_browser": len(kept),
            "carried": int(carried) if carried.isascii() and carried.isdigit() and len(carried) < 6 else None,
        },
    )


@for_reader
def carry(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Take the likes of the browser over into the account, each since when the browser says."""
    now = timezone.now()
    kept = browser.since(browser.read_browser_likes(request), now)
    today = follow_numbers(kept)
    likes: dict[int, datetime] = {}
    for number, liked_at in kept.items():
        if number in today:  # withdrawn since, or never there, else
            likes[today[number]] = min(liked_at, likes.get(today[number], liked_at))
    carried = carrying.like_many(reader_id, likes, now)
    if wants_json(request):
        response: HttpResponse = JsonResponse({"n_new": carried.n_new, "n_known": carried.n_known})
    else:
        response = HttpResponseRedirect(f"/you/likes?carried={carried.n_new}")
    browser.write_cookie(response, [])
    return response


def forget(request: HttpRequest) -> HttpResponse:
    """Remove the likes that the browser keeps in its cookie."""
    response = HttpResponseRedirect("/you/likes")
    browser.write_cookie(response, [])
    return response


def find_article(number: int) -> Remembered:
    """Return the article of a number, also when it was merged or withdrawn. Raises Http404 when there never was one."""
    found = read_remembered([number])[0]
    if found.line is None and not found.title:
        raise Http404
    return found


def listed(places: Iterable[Marked | tuple[int, datetime | None]]) -> list[Listed]:
    """Return the articles of some places of a list, each once, as they are today."""
    since = {place[0]: place[1] for place in places}
    return [Listed(found, since[found.article_id]) for found in read_remembered(list(since))]


def read_place(request: HttpRequest) -> After:
    """Return the place in a list that the address names; None for the beginning and for nonsense."""
    micros, _, number = request.GET.get("after", "").partition(".")
    is_place = micros.isascii() and micros.isdigit() and number.isascii() and number.isdigit()
    return (int(micros), int(number)) if is_place and len(micros) < 18 and len(number) < 19 else None


def next_address(path: str, page: Sequence[Marked]) -> str:
    """Return the address of a list's next page, "" when this is the last."""
    return f"{path}?after={page[N_LINES - 1].place}" if len(page) > N_LINES else ""
