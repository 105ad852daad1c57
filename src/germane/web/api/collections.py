"""Collections as files for reference managers: for whom they belong to, and for those who have a shared one's link."""

from typing import cast, get_args

from django.http import Http404, HttpRequest, HttpResponse

from germane.web.api.exports import ListForm, write_list
from germane.web.catalog.numbers import read_citable, read_remembered
from germane.web.pages.article import EXPORT_TYPES
from germane.web.pages.readers.collections import find_shared, unlisted
from germane.web.pages.readers.who import for_reader
from germane.web.readers import queries


@for_reader
def own(request: HttpRequest, reader_id: int, number: int, form: str) -> HttpResponse:
    """Return one of a reader's collections as BibTeX, RIS or CSL-JSON."""
    if queries.find_collection(reader_id, number) is None:
        raise Http404
    return _file(number, form)


def shared(request: HttpRequest, key: str, form: str) -> HttpResponse:
    """Return a shared collection in the same way."""
    return unlisted(_file(find_shared(key).id, form))


def _file(collection_id: int, form: str) -> HttpResponse:
    if form not in get_args(ListForm):
        raise Http404
    found = read_remembered(queries.entry_ids(collection_id))
    pages = read_citable([article.line.id for article in found if article.line])
    chosen = cast("ListForm", form)
    response = HttpResponse(write_list(pages, chosen), content_type=f"{EXPORT_TYPES[chosen]}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="collection.{form}"'
    return response
