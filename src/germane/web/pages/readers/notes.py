"""Notes, and the marks that say that an article was read or is not of interest."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from germane.web.pages.readers.likes import (
    N_LINES,
    Listed,
    find_article,
    listed,
    next_address,
    read_place,
)
from germane.web.pages.readers.who import for_reader, wants_json
from germane.web.readers import queries
from germane.web.readers.queries import Marked
from germane.web.readers.store import marks, notes


@for_reader
def show_notes(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Return the list of a reader's notes, the last changed first."""
    page = queries.read_notes(reader_id, read_place(request), N_LINES)
    texts = {noted.article_id: noted.text for noted in page[:N_LINES]}
    places = [Marked(noted.article_id, noted.at) for noted in page]
    lines = [line._replace(text=texts[line.article.article_id]) for line in listed(places[:N_LINES])]
    return render(request, "readers/notes.html", {"lines": lines, "more": next_address("/you/notes", places)})


@for_reader
def show_read(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Return the list of what a reader has read."""
    page = queries.read_read(reader_id, read_place(request), N_LINES)
    lines: list[Listed] = listed(page[:N_LINES])
    return render(request, "readers/read.html", {"lines": lines, "more": next_address("/you/read", page)})


@for_reader
def write(request: HttpRequest, reader_id: int, number: int) -> HttpResponse:
    """Keep a note of an article; an empty one removes it."""
    article = find_article(number)
    try:
        notes.write_note(reader_id, article.now_id, request.POST.get("text", ""), timezone.now())
    except notes.NoteTooLong as error:
        context = {"error": f"{str(error)[:1].upper()}{str(error)[1:]}.", "back": f"/like/{article.now_id}"}
        return render(request, "readers/refused.html", context, status=422)
    return HttpResponseRedirect(f"/like/{article.now_id}#note")


@for_reader
def mark_read(request: HttpRequest, reader_id: int, number: int) -> HttpResponse:
    """Note that a reader has read an article, or take that back: `read` says which."""
    return _mark(request, reader_id, number, "read", marks.mark_read, marks.unmark_read)


@for_reader
def dismiss(request: HttpRequest, reader_id: int, number: int) -> HttpResponse:
    """Note that a reader wants less like an article, or take that back: `dismissed` says which."""
    return _mark(request, reader_id, number, "dismissed", marks.dismiss, marks.undismiss)


def _mark(
    request: HttpRequest,
    reader_id: int,
    number: int,
    field: str,
    mark: Callable[[int, int, datetime], bool],
    unmark: Callable[[int, int], bool],
) -> HttpResponse:
    article = find_article(number)
    is_on = request.POST.get(field) == "1" and article.line is not None
    if is_on:
        mark(reader_id, article.now_id, timezone.now())
    else:
        for some in {number, article.now_id}:
            unmark(reader_id, some)
    if wants_json(request):
        return JsonResponse({field: is_on, "article": article.now_id})
    return HttpResponseRedirect(f"/like/{article.now_id}")
