"""Delete one's account: the password, or a code by mail for those who have none, and it is gone."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from allauth.core.internal.cryptokit import compare_user_code
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from germane.web.pages.readers.account import reader_of, too_many
from germane.web.readers.deleting import delete_reader
from germane.web.readers.models import Reader

_CODE = "leaving"  # in the session: [code, when it was sent, wrong tries]
_GOOD_FOR_S = 900
_TRIES = 3


@login_required
def delete(request: HttpRequest) -> HttpResponse:
    """Show what will be gone and ask for password or code; take them, and delete."""
    reader = reader_of(request)
    if request.method != "POST":
        return _ask(request, reader)
    if not ratelimit.consume(request, action="reauthenticate", user=reader):
        return too_many(request)
    if "send" in request.POST:
        return _send_code(request, reader)
    if not _is_confirmed(request, reader):
        return _ask(request, reader, is_wrong=True)
    return _delete(request, reader)


def _ask(request: HttpRequest, reader: Reader, *, is_wrong: bool = False) -> HttpResponse:
    context: dict[str, Any] = {
        "is_wrong": is_wrong,
        "has_password": reader.has_usable_password(),
        "is_sent": _CODE in request.session,
        "email": reader.email,
    }
    return render(request, "account/delete.html", context)


def _send_code(request: HttpRequest, reader: Reader) -> HttpResponse:
    code = get_adapter().generate_login_code()
    request.session[_CODE] = [code, timezone.now().timestamp(), 0]
    get_adapter().send_mail("account/email/delete_code", reader.email, {"code": code})
    return _ask(request, reader)


def _is_confirmed(request: HttpRequest, reader: Reader) -> bool:
    given = request.POST.get("password", "")
    if reader.has_usable_password():
        return reader.check_password(given)
    code, sent_at, n_wrong = request.session.get(_CODE, ["", 0.0, 0])
    is_good = bool(code) and n_wrong < _TRIES and timezone.now().timestamp() - sent_at < _GOOD_FOR_S
    if is_good and compare_user_code(actual=given, expected=code):
        return True
    if code:
        request.session[_CODE] = [code, sent_at, n_wrong + 1]
    return False


def _delete(request: HttpRequest, reader: Reader) -> HttpResponse:
    email = reader.email
    logout(request)
    delete_reader(reader)
    get_adapter().send_mail("account/email/account_deleted", email, {})
    return render(request, "account/deleted.html", {})
