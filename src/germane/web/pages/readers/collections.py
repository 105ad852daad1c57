"""Collections: a reader's named lists of articles, and what those see who have the link of a shared one."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from germane.web.pages.readers.likes import N_LINES, find_article, listed, next_address, read_place
from germane.web.pages.readers.who import for_reader, read_number
from germane.web.readers import queries
from germane.web.readers.queries import CollectionLine, SharedCollection
from germane.web.readers.store import collections
from germane.web.readers.store.collections import CollectionError, NoSuchCollection


@for_reader
def show_all(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Return a reader's collections, and the form that makes another one."""
    return render(request, "readers/collections.html", {"collections": queries.read_collections(reader_id)})


@for_reader
def make(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Make a collection."""
    try:
        number = collections.make_collection(
            reader_id, request.POST.get("name", ""), request.POST.get("about", ""), timezone.now()
        )
    except CollectionError as error:
        return _refuse(request, error, "/you/collections")
    return HttpResponseRedirect(f"/you/collections/{number}")


@for_reader
def show(request: HttpRequest, reader_id: int, number: int) -> HttpResponse:
    """Return one of a reader's collections."""
    collection = _find(reader_id, number)
    path = f"/you/collections/{number}"
    page = queries.read_entries(number, read_place(request), N_LINES)
    context = {
        "collection": collection,
        "lines": listed(page[:N_LINES]),
        "more": next_address(path, page),
        "path": path,
        "link": f"{settings.ENVIRONMENT.base_url}/shared/{collection.share_key}" if collection.share_key else "",
        "name": getattr(request.user, "name", ""),
    }
    return render(request, "readers/collection.html", context)


@for_reader
def change(request: HttpRequest, reader_id: int, number: int, what: str) -> HttpResponse:
    """Rename, share, make private or delete a collection, take an article out of it, or say whose it is."""
    path = f"/you/collections/{number}"
    try:
        match what:
            case "name":
                name, about = request.POST.get("name", ""), request.POST.get("about", "")
                collections.describe_collection(reader_id, number, name, about)
            case "share":
                collections.share_collection(reader_id, number)
                path += "#share"
            case "by":
                collections.name_reader(reader_id, request.POST.get("by", ""))
                path += "#share"
            case "unshare":
                collections.unshare_collection(reader_id, number)
                path += "#share"
            case "remove":
                if article := read_number(request.POST.get("article", "")):
                    collections.remove_article(reader_id, number, article)
            case "delete":
                collections.delete_collection(reader_id, number)
                path = "/you/collections"
            case _:
                raise Http404
    except NoSuchCollection as error:
        raise Http404 from error
    except CollectionError as error:
        return _refuse(request, error, path)
    return HttpResponseRedirect(path)


@for_reader
def collect(request: HttpRequest, reader_id: int, number: int) -> HttpResponse:
    """Put an article into one of a reader's collections, or into a new one; or take it out of one."""
    article = find_article(number)
    now, chosen, name = timezone.now(), request.POST.get("collection", ""), request.POST.get("name", "")
    back = f"/like/{article.now_id}#collections"
    try:
        into = collections.make_collection(reader_id, name, "", now) if name.strip() else read_number(chosen)
        if request.POST.get("out") == "1":
            collections.remove_article(reader_id, into, article.now_id)
        elif article.line is not None:
            collections.add_article(reader_id, into, article.now_id, now)
    except NoSuchCollection as error:
        raise Http404 from error
    except CollectionError as error:
        return _refuse(request, error, back)
    return HttpResponseRedirect(back)


def show_shared(request: HttpRequest, key: str) -> HttpResponse:
    """Return a shared collection to whoever has its link; nothing on it depends on who asks."""
    collection = find_shared(key)
    page = queries.read_entries(collection.id, read_place(request), N_LINES)
    path = f"/shared/{key}"
    context = {
        "collection": collection,
        "lines": listed(page[:N_LINES]),
        "more": next_address(path, page),
        "path": path,
    }
    return unlisted(render(request, "readers/shared.html", context))


def find_shared(key: str) -> SharedCollection:
    """Return the collection that a link leads to. Raises Http404 when it leads to none, or was withdrawn."""
    collection = queries.find_shared(key)
    if collection is None:
        raise Http404
    return collection


def unlisted(response: HttpResponse) -> HttpResponse:
    """Return an answer that no cache keeps and no search engine lists, and whose address is told to nobody."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _find(reader_id: int, number: int) -> CollectionLine:
    collection = queries.find_collection(reader_id, number)
    if collection is None:
        raise Http404
    return collection


def _refuse(request: HttpRequest, error: CollectionError, back: str) -> HttpResponse:
    words = str(error)
    return render(
        request, "readers/refused.html", {"error": f"{words[0].upper()}{words[1:]}.", "back": back}, status=422
    )
