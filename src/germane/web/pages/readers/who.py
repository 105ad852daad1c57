"""Who asks for a private page, and what those are told who would have to sign in first."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)

Rest = ParamSpec("Rest")
_PAGE_OF_FORM = re.compile(r"/like/[0-9]+|/you/[a-z]+|/you")


class NumberConverter:
    """The number of an article or a collection in an address: one that the databases can hold."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Return how it is written."""
        return str(value)


def read_number(text: str) -> int:
    """Return the number that a form or an address gives, 0 for anything that is none, or that no database holds."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


class KeyConverter:
    """A key in an address: what `models.new_key` makes, so that a form's suffix can follow it."""

    regex = "[A-Za-z0-9_-]{1,40}"

    def to_python(self, value: str) -> str:
        """Return the key."""
        return value

    def to_url(self, value: str) -> str:
        """Return how it is written."""
        return value


def reader_id_of(request: HttpRequest) -> int | None:
    """Return the number of the reader who is signed in, or None."""
    return request.user.pk if request.user.is_authenticated else None


def wants_json(request: HttpRequest) -> bool:
    """Tell whether a script of ours asks, which needs no page."""
    return "application/json" in request.headers.get("Accept", "")


def for_reader(
    view: Callable[Concatenate[HttpRequest, int, Rest], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Rest], HttpResponse]:
    """Call a view with the number of the reader who is signed in; others are sent to sign in, and come back."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        reader_id = reader_id_of(request)
        if reader_id is None:
            return sign_in(request)
        return view(request, reader_id, *args, **kwargs)

    return answer


def sign_in(request: HttpRequest) -> HttpResponse:
    """Return the answer for nobody: to the page for signing in, and from there back to the page that was asked for.

    Where accounts are turned off, there is no such page.
    """
    if not settings.ENVIRONMENT.accounts:
        raise Http404
    if wants_json(request):
        return JsonResponse({"error": "You are not signed in."}, status=401)
    page = _PAGE_OF_FORM.match(request.path)
    back = request.get_full_path() if request.method == "GET" or page is None else page[0]
    return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': back})}")


def by_method(**views: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return a view that answers each method by one of some views: `by_method(get=show, post=press)`."""
    known = {name.upper(): view for name, view in views.items()}
    if "GET" in known:
        known["HEAD"] = known["GET"]

    def answer(request: HttpRequest, /, *args: object, **kwargs: object) -> HttpResponse:
        if request.method not in known:
            return HttpResponseNotAllowed(sorted(known))
        return known[request.method](request, *args, **kwargs)

    return answer
