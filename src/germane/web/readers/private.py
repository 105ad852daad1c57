"""Sessions, CSRF tokens and sign-ins for private addresses only: public pages are the same bytes for everybody.

Each class is Django's own middleware, which lets a request for a public address pass untouched.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allauth.usersessions.middleware import UserSessionsMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.template.loader import render_to_string

MAX_BODY = 6_000_000  # bytes; the largest form takes a file of 5 MB
HINT = "germane_reader"  # a cookie that scripts may read: somebody is signed in; it does not say who
_PRIVATE = re.compile(r"/(account|you|like)(/|$)")


def is_private(path: str) -> bool:
    """Tell whether what stands at an address depends on who asks."""
    return _PRIVATE.match(path) is not None


class PrivateAnswers:
    """Keeps private answers out of every cache and search engine, and the hint cookie true."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the answer, marked as private where it is."""
        given = request.META.get("CONTENT_LENGTH") or "0"
        if not given.isdigit() or int(given) > MAX_BODY:  # before anybody reads it: the search for a token would
            text = f"What was sent is larger than {MAX_BODY // 1_000_000} MB: send it in parts.\n"
            return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")
        if is_private(request.path_info) and "HTTP_TRANSFER_ENCODING" in request.META:
            # Django takes a body of unknown length for none, and an empty form would take things back
            text = "Send the form with its length (Content-Length).\n"
            return HttpResponse(text, status=411, content_type="text/plain; charset=utf-8")
        response = self.get_response(request)
        if is_private(request.path_info):
            response = _leave_by_page(request, response)
            response.headers["Cache-Control"] = "private, no-store"
            response.headers["X-Robots-Tag"] = "noindex"
            response.headers["Referrer-Policy"] = "same-origin"  # addresses here may hold keys
            _tell_scripts(request, response)
        return response


class _PrivateOnly:
    get_response: Any  # what comes after this middleware: set by Django's own class

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        after = super().__call__ if is_private(request.path_info) else self.get_response  # type: ignore[misc]
        answer: HttpResponseBase = after(request)
        return answer


class PrivateSessions(_PrivateOnly, SessionMiddleware):
    """Django's sessions."""


class PrivateCsrf(_PrivateOnly, CsrfViewMiddleware):
    """Django's protection against forged requests."""

    def process_view(
        self, request: HttpRequest, callback: Any, callback_args: tuple[Any, ...], callback_kwargs: dict[str, Any]
    ) -> HttpResponseForbidden | None:
        """Refuse what was forged. Public pages have nothing to forge: they answer GET and HEAD only."""
        if not is_private(request.path_info):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)


class PrivateAuthentication(_PrivateOnly, AuthenticationMiddleware):
    """Who asks. Where accounts are turned off, nobody in particular."""

    def process_request(self, request: HttpRequest) -> None:
        """Set `request.user`."""
        super().process_request(request)
        if not settings.ENVIRONMENT.accounts:
            request.user = AnonymousUser()


class PrivateMessages(_PrivateOnly, MessageMiddleware):
    """What is told once, on the next page."""


class PrivateUserSessions(_PrivateOnly, UserSessionsMiddleware):
    """The list of where a reader is signed in."""


def _leave_by_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return a page that goes on to another site by itself, in place of a form's redirect there.

    Our policy `form-action 'self'` has browsers refuse such a redirect, and we would rather not name others in it.
    """
    address = response.headers.get("Location", "")
    there = urlsplit(address)
    if request.method != "POST" or not there.netloc or there.netloc == request.get_host():
        return response
    content = render_to_string("socialaccount/leaving.html", {"address": address, "host": there.hostname}, request)
    page = HttpResponse(content)
    page.cookies = response.cookies
    return page


def _tell_scripts(request: HttpRequest, response: HttpResponse) -> None:
    """Set the hint cookie when somebody is signed in, and take it away when nobody is."""
    user = getattr(request, "user", None)  # an earlier middleware may have answered
    if user is None or (settings.SESSION_COOKIE_NAME not in request.COOKIES and HINT not in request.COOKIES
                        and not request.session.session_key):  # fmt: skip
        return
    if not user.is_authenticated:
        if HINT in request.COOKIES:
            response.delete_cookie(HINT, samesite="Lax")
    elif request.COOKIES.get(HINT) != "1" and HINT not in response.cookies:
        response.set_cookie(
            HINT, "1", max_age=settings.SESSION_COOKIE_AGE, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )
