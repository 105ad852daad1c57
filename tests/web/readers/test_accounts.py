"""Accounts: signing up, in and out, without a script; what the mails say; what is told when a mail cannot go."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from msgspec import structs

from germane.web.readers.models import Reader
from germane.web.readers.private import HINT, is_private
from tests.web.readers.visiting import FAST, PASSWORD, Visitor, last_code, wait

NEW = "staples of a horse"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fast(settings: Any) -> None:
    settings.PASSWORD_HASHERS = FAST


def test_somebody_signs_up_with_a_code_and_comes_back() -> None:
    visitor = Visitor().sign_up("ada@example.org")
    assert "ada@example.org" in visitor.open("/account/").content.decode()
    assert EmailAddress.objects.get(email="ada@example.org").verified
    visitor.send("/account/logout/")
    assert "You are signed out." in visitor.text
    assert not visitor.is_signed_in
    visitor.sign_in("ADA@example.org")
    assert visitor.is_signed_in


def test_nobody_is_signed_in_before_the_code() -> None:
    visitor = Visitor()
    visitor.send("/account/signup/", email="ada@example.org", password1=PASSWORD)
    assert not visitor.is_signed_in
    visitor.open("/account/confirm-email/")
    visitor.send("/account/confirm-email/", code="WRONG1")
    assert "This is not the code" in visitor.text
    assert not visitor.is_signed_in


@pytest.mark.parametrize("password", ["short", "password1234", "ada@example.org"])
def test_a_password_that_is_guessed_easily_is_refused(password: str) -> None:
    visitor = Visitor()
    visitor.send("/account/signup/", email="ada@example.org", password1=password)
    assert "aria-invalid" in visitor.text
    assert not Reader.objects.exists()


def test_a_code_signs_in_without_a_password() -> None:
    Visitor().sign_up("ada@example.org")
    visitor = Visitor()
    visitor.send("/account/login/code/", email="ada@example.org")
    visitor.send("/account/login/code/confirm/", code=last_code())
    assert visitor.is_signed_in


def test_a_forgotten_password_is_made_anew_by_a_code_and_all_others_are_signed_out() -> None:
    elsewhere = Visitor().sign_up("ada@example.org")
    visitor = Visitor()
    visitor.send("/account/password/reset/", email="ada@example.org")
    visitor.send("/account/password/reset/confirm/", code=last_code())
    visitor.send("/account/password/reset/complete/", password1="staple and battery", password2="staple and battery")
    assert "You have a new password" in visitor.text
    assert "has a new password" in mail.outbox[-1].body
    assert not elsewhere.is_signed_in
    visitor.sign_in("ada@example.org", PASSWORD)
    assert "do not belong together" in visitor.text
    visitor.sign_in("ada@example.org", "staple and battery")
    assert visitor.is_signed_in


def test_the_address_changes_with_a_code_sent_to_the_new_one_and_the_old_one_is_told() -> None:
    visitor = Visitor().sign_up("ada@example.org")
    visitor.confirm()
    visitor.open("/account/email/")
    visitor.send("/account/email/", email="countess@example.org", action_add="1")
    assert mail.outbox[-1].to == ["countess@example.org"]
    assert Reader.objects.get().email == "ada@example.org"
    visitor.send("/account/confirm-email/", code=last_code())
    assert Reader.objects.get().email == "countess@example.org"
    assert mail.outbox[-1].to == ["ada@example.org"]
    assert "from ada@example.org to countess@example.org" in mail.outbox[-1].body


def test_after_the_code_one_is_where_one_was() -> None:
    visitor = Visitor()
    visitor.open("/account/signup/?next=/you/likes")
    visitor.send("/account/signup/", email="ada@example.org", password1=PASSWORD, next="/you/likes")
    answer = visitor.post("/account/confirm-email/", code=last_code())
    assert answer.headers["Location"] == "/you/likes"


def totp(secret: str) -> str:
    """Return what an authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


def test_an_app_and_recovery_codes_are_the_second_step() -> None:
    visitor = Visitor().sign_up("ada@example.org")
    visitor.confirm()
    page = visitor.open("/account/2fa/totp/activate/").content.decode()
    secret = re.search(r"Key: <code>(\w+)</code>", page)
    assert secret
    assert "data:image/svg+xml;base64," in page
    visitor.send("/account/2fa/totp/activate/", code=totp(secret[1]))
    codes = re.findall(r"<li><code>(\w+)</code></li>", visitor.text)
    assert len(codes) == 10
    assert codes[3] in visitor.open("/account/2fa/recovery-codes/download/").content.decode()

    fresh = Visitor()
    fresh.sign_in("ada@example.org")
    assert "The second step" in fresh.text
    assert not fresh.is_signed_in
    fresh.send("/account/2fa/authenticate/", code="000000")
    assert not fresh.is_signed_in
    fresh.send("/account/2fa/authenticate/", code=codes[0])
    assert fresh.is_signed_in
    again = Visitor()
    again.sign_in("ada@example.org")
    again.send("/account/2fa/authenticate/", code=codes[0])
    assert not again.is_signed_in, "a recovery code is good once"


def test_sessions_are_listed_and_others_ended() -> None:
    first = Visitor(**{"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
    first.sign_up("ada@example.org")
    second = Visitor(**{"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Mobile Safari/605.1"})
    second.sign_in("ada@example.org")
    page = second.open("/account/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    second.send("/account/sessions/")
    assert second.is_signed_in
    assert not first.is_signed_in


def test_the_hint_for_scripts_comes_and_goes_with_the_session() -> None:
    visitor = Visitor().sign_up("ada@example.org")
    hint = visitor.client.cookies[HINT]
    assert (hint.value, hint["httponly"]) == ("1", "")
    visitor.open("/account/")
    visitor.send("/account/logout/")
    assert not visitor.client.cookies[HINT].value


def test_who_does_not_want_to_be_kept_signed_in_is_not() -> None:
    Visitor().sign_up("ada@example.org")
    kept, brief = Visitor(), Visitor()
    kept.sign_in("ada@example.org", remember="on")
    brief.sign_in("ada@example.org")
    assert kept.client.cookies["germane_session"]["max-age"] == 30 * 86_400
    assert brief.client.cookies["germane_session"]["max-age"] == ""


def test_every_mail_has_words_of_ours_with_the_sites_name_and_address() -> None:
    visitor = Visitor().sign_up("ada@example.org")
    wait()
    Visitor().send("/account/signup/", email="ada@example.org", password1=PASSWORD)
    Visitor().send("/account/login/code/", email="nobody@example.org")
    visitor.open("/account/password/change/")
    visitor.send("/account/password/change/", oldpassword=PASSWORD, password1=NEW, password2=NEW)
    assert [str(m.subject) for m in mail.outbox] == [
        f"Your code for Germane: {re.findall('Your code: (.+)', str(mail.outbox[0].body))[0]}",
        "You have an account at Germane",
        "There is no account at Germane for this address",
        "Your password at Germane was changed",
    ]
    for message in mail.outbox:
        assert "Germane, http://127.0.0.1:8000" in message.body
        assert "&#" not in message.body
        assert message.alternatives == [] if hasattr(message, "alternatives") else True
        assert message.from_email == "germane@127.0.0.1"


class Broken(EmailBackend):
    """A mail server that is not there."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("nobody listens")


def test_a_mail_that_cannot_be_sent_costs_nobody_the_account(settings: Any) -> None:
    sending, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.Broken"
    visitor = Visitor()
    visitor.send("/account/signup/", email="ada@example.org", password1=PASSWORD)
    assert visitor.page.status_code == 200
    assert "The mail could not be sent just now" in visitor.text
    settings.EMAIL_BACKEND = sending
    wait()
    visitor.send("/account/confirm-email/", action="resend")
    visitor.send("/account/confirm-email/", code=last_code())
    assert visitor.is_signed_in


def test_accounts_can_be_turned_off(settings: Any) -> None:
    visitor = Visitor().sign_up("ada@example.org")
    settings.ENVIRONMENT = structs.replace(settings.ENVIRONMENT, accounts=False)
    assert visitor.client.get("/account/").status_code == 302, "a session counts for nothing then"
    assert "No new accounts" in Visitor().open("/account/signup/").content.decode()


def test_what_is_private_is_kept_by_no_cache_and_what_is_public_knows_nobody() -> None:
    visitor = Visitor().sign_up("ada@example.org")
    page = visitor.open("/account/")
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    public = visitor.open("/about")
    assert not public.cookies
    assert "Vary" not in public.headers
    assert not hasattr(public.wsgi_request, "user")
    assert not hasattr(public.wsgi_request, "session")


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/account", True), ("/account/login/", True), ("/you", True), ("/you/likes", True), ("/like/7", True),
     ("/", False), ("/youth", False), ("/accounts", False), ("/doi/10.1/you/x", False), ("/likes", False)],
)  # fmt: skip
def test_private_addresses_are_known_by_their_beginning(path: str, expected: bool) -> None:
    assert is_private(path) is expected


def test_a_passkeys_dialog_is_prepared_for_the_form() -> None:
    visitor = Visitor().sign_up("ada@example.org")
    visitor.confirm()
    page = visitor.open("/account/2fa/webauthn/add/").content.decode()
    assert '<script id="options" type="application/json">{"publicKey"' in page
    asked = Client(headers={"host": "localhost", "accept": "application/json"}).get("/account/2fa/webauthn/login/")
    assert asked.json()["request_options"]["publicKey"]["rpId"] == "localhost"
    assert not Authenticator.objects.exists()
