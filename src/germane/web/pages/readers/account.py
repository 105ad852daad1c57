"""The account's own pages: its table of contents, and answers to what was forged or asked too often.

The forms of signing up and in are django-allauth's views with templates of ours (`templates/account`).
"""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from germane.web.readers.models import Reader


def reader_of(request: HttpRequest) -> Reader:
    """Return the reader who is signed in, in a view for none but such."""
    if not isinstance(request.user, Reader):
        raise PermissionDenied
    return request.user


@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Return the account's table of contents."""
    reader = reader_of(request)
    return render(
        request,
        "account/overview.html",
        {
            "reader": reader,
            "has_password": reader.has_usable_password(),
            "second_step": "On." if is_mfa_enabled(reader) else "Sign in without a password, or ask for a second step.",
        },
    )


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the answer for a form that did not come from a page of ours, or came without its cookie."""
    return render(request, "account/forged.html", {}, status=403)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the answer for what was asked too often."""
    response = render(request, "account/too_many.html", {}, status=429)
    response.headers["Retry-After"] = "60"
    return response
