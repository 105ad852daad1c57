"""What readers take with them: their likes for reference managers, and everything that is kept of them."""

from collections.abc import Callable

import msgspec
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from germane.web.api.exports import write_bibtex, write_ris
from germane.web.catalog.numbers import follow_numbers, read_citable
from germane.web.catalog.rows import Page
from germane.web.pages.readers.account import reader_of
from germane.web.readers.exporting import export_reader
from germane.web.readers.queries import liked_ids


@login_required
def bibtex(request: HttpRequest) -> HttpResponse:
    """Return the reader's likes as BibTeX, the newest first."""
    return _download(_likes(request, write_bibtex, "\n"), "likes.bib", "application/x-bibtex")


@login_required
def ris(request: HttpRequest) -> HttpResponse:
    """Return the reader's likes as RIS, the newest first."""
    return _download(_likes(request, write_ris, "\r\n"), "likes.ris", "application/x-research-info-systems")


@login_required
def everything(request: HttpRequest) -> HttpResponse:
    """Return everything that is kept of the reader, as JSON."""
    found = export_reader(reader_of(request), timezone.now())
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    return _download(text, "everything.json", "application/json")


def _likes(request: HttpRequest, write: Callable[[Page, str], str], between: str) -> str:
    liked = liked_ids(reader_of(request).pk)
    today = follow_numbers(liked)
    pages = read_citable(list(dict.fromkeys(today[number] for number in liked if number in today)))
    return between.join(write(page, settings.ENVIRONMENT.base_url + page.line.address) for page in pages)


def _download(text: str, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
