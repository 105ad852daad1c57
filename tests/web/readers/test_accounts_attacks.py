"""What somebody with bad intentions tries: each of these doors is closed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import URLPattern, URLResolver

from germane.web import urls
from germane.web.readers.models import Reader
from tests.web.readers.visiting import FAST, PASSWORD, Visitor, last_code, wait

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "ada@example.org", "bob@example.org"  # of one length

# Answered without a CSRF token, because a mail program or a feed reader asks; each needs a key that nobody guesses.
KEYED = re.compile(r"^/you/(unsubscribe|digest|feed)\b")


@pytest.fixture(autouse=True)
def _fast(settings: Any) -> None:
    settings.PASSWORD_HASHERS = FAST


class Counting(MD5PasswordHasher):
    """Counts how often a password is hashed, which is what takes time."""

    n = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).n += 1
        return str(super().encode(password, salt))


def told(visitor: Visitor) -> tuple[int, str, str]:
    """Return what an answer tells: status, address, and the page but for what is random or was given."""
    text = re.sub(r'(csrfmiddlewaretoken" value|content)="[^"]*"', "", visitor.text)
    return visitor.page.status_code, visitor.page.request["PATH_INFO"], text.replace(KNOWN, "?").replace(UNKNOWN, "?")


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/account/login/", {"login": "?", "password": "not the password"}),
        ("/account/signup/", {"email": "?", "password1": PASSWORD}),
        ("/account/signup/passkey/", {"email": "?"}),
        ("/account/login/code/", {"email": "?"}),
        ("/account/password/reset/", {"email": "?"}),
    ],
)
def test_no_answer_tells_whether_an_address_has_an_account(settings: Any, address: str, fields: dict[str, str]) -> None:
    Visitor().sign_up(KNOWN)
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    seen = []
    for email in (KNOWN, UNKNOWN):
        wait()
        mail.outbox.clear()
        Counting.n = 0
        visitor = Visitor()
        visitor.open(address)
        visitor.send(address, **{name: value.replace("?", email) for name, value in fields.items()})
        first = told(visitor)
        if first[1] != address:  # to the page where the code is asked for
            visitor.send(first[1], code="WRONG1")
        seen.append((first, told(visitor), Counting.n, len(mail.outbox), sorted(visitor.client.cookies)))
    assert seen[0] == seen[1]
    assert seen[0][2] or "password" not in "".join(fields), "a password was hashed"


def test_an_address_is_told_by_mail_alone_that_it_has_an_account_and_a_code_guessed_gives_nothing() -> None:
    Visitor().sign_up(KNOWN)
    wait()
    visitor = Visitor()
    visitor.send("/account/signup/", email=KNOWN, password1="another password of mine")
    assert "has an account already" in mail.outbox[-1].body
    visitor.send("/account/confirm-email/", code="ABCDEF")
    assert not visitor.is_signed_in
    Visitor().sign_in(KNOWN, "another password of mine")
    assert Reader.objects.get().check_password(PASSWORD)


def plant(email: str) -> None:
    """Open an account with an address that is not one's own, and wait."""
    Visitor().send("/account/signup/", email=email, password1="password of the planter")
    SocialAccount.objects.create(user=Reader.objects.get(email=email), provider="orcid", uid="0000-0001-5109-3700")
    wait()


def test_an_account_that_somebody_planted_is_not_taken_over_with_a_code() -> None:
    plant(KNOWN)
    for address in ("/account/login/code/", "/account/password/reset/"):
        mail.outbox.clear()
        Visitor().send(address, email=KNOWN)
        assert "There is no account" in mail.outbox[-1].subject
        assert "code:" not in mail.outbox[-1].body


def test_who_signs_up_over_a_planted_account_shares_it_with_nobody() -> None:
    plant(KNOWN)
    Visitor().sign_up(KNOWN)
    intruder = Visitor()
    intruder.sign_in(KNOWN, "password of the planter")
    assert "do not belong together" in intruder.text
    assert not SocialAccount.objects.exists()
    assert Reader.objects.get().check_password(PASSWORD)


def test_nobody_signs_up_over_an_account_that_was_confirmed_or_closed() -> None:
    Visitor().sign_up(KNOWN)
    closed = Reader.objects.create_user(UNKNOWN, PASSWORD, is_active=False)
    for email in (KNOWN, UNKNOWN):
        wait()
        Visitor().send("/account/signup/", email=email, password1="another password of mine")
        assert "another password" not in mail.outbox[-1].body
    assert Reader.objects.get(email=KNOWN).check_password(PASSWORD)
    assert Reader.objects.get(email=UNKNOWN).pk == closed.pk


def test_a_session_that_somebody_foisted_on_a_reader_is_worth_nothing() -> None:
    Visitor().sign_up(KNOWN)
    attacker = Visitor()
    attacker.send("/account/login/code/", email=UNKNOWN)  # which makes a session
    key = attacker.client.cookies["germane_session"].value
    victim = Visitor()
    victim.client.cookies["germane_session"] = key
    victim.open("/account/login/code/confirm/")  # the page that the attacker left open
    victim.send("/account/logout/", next="/account/login/")
    victim.sign_in(KNOWN)
    assert victim.is_signed_in
    assert victim.client.cookies["germane_session"].value != key
    assert not attacker.is_signed_in


def test_a_session_key_of_ones_own_making_is_not_taken() -> None:
    Visitor().sign_up(KNOWN)
    visitor = Visitor()
    visitor.client.cookies["germane_session"] = "a" * 32
    visitor.sign_in(KNOWN)
    assert visitor.client.cookies["germane_session"].value != "a" * 32
    assert not Session.objects.filter(session_key="a" * 32).exists()


ELSEWHERE = [
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "http:evil.example", "javascript:alert(1)", "https://127.0.0.1@evil.example/", "/\t/evil.example",
    "https:///evil.example", "data:text/html,x", "http://127.0.0.1.evil.example/", " //evil.example",
]  # fmt: skip


@pytest.mark.parametrize("where", ELSEWHERE)
def test_nobody_is_sent_elsewhere_after_signing_in_or_out(where: str) -> None:
    Reader.objects.create_user(KNOWN, PASSWORD)
    EmailAddress.objects.create(user=Reader.objects.get(), email=KNOWN, verified=True, primary=True)
    visitor = Visitor()
    visitor.open("/account/login/")
    answer = visitor.post("/account/login/", login=KNOWN, password=PASSWORD, next=where)
    assert answer.headers["Location"] == "/you"
    for address in ("/account/login/", "/account/signup/"):  # to those who are signed in already
        assert visitor.client.get(address, {"next": where}).headers["Location"] == "/you"
    visitor.open("/account/")
    answer = visitor.post("/account/logout/", next=where)
    assert answer.headers["Location"] == "/account/login/"


def test_after_signing_in_one_is_where_one_was() -> None:
    Visitor().sign_up(KNOWN)
    visitor = Visitor()
    visitor.open("/account/login/?next=/account/sessions/")
    answer = visitor.post("/account/login/", login=KNOWN, password=PASSWORD, next="/account/sessions/")
    assert answer.headers["Location"] == "/account/sessions/"


def private_addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """Yield an address for every private pattern."""
    for pattern in patterns:
        text = before + re.sub(r"<(\w+:)?\w+>", "7", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from private_addresses(pattern.url_patterns, text)
        else:
            yield text


def test_no_form_is_taken_that_another_site_made() -> None:
    visitor = Visitor().sign_up(KNOWN)
    visitor.confirm()
    addresses = [a for a in private_addresses(urls.PRIVATE) if "social/" not in a]
    assert len(addresses) > 40
    for address in addresses:
        answer = visitor.client.post(address, {"next": "/", "password": PASSWORD, "email": "evil@example.org"})
        assert answer.status_code in (403, 405) or KEYED.match(address), (address, answer.status_code)
    forged = visitor.client.post("/account/logout/", {}, headers={"origin": "https://evil.example"})
    assert "This form cannot be taken" in forged.content.decode()
    assert visitor.is_signed_in
    assert Reader.objects.get().email == KNOWN


def test_nobody_is_shown_a_private_page_without_signing_in() -> None:
    client = Client(headers={"host": "127.0.0.1"})
    for address in ("/account/", "/account/email/", "/account/password/change/", "/account/password/set/",
                    "/account/sessions/", "/account/2fa/", "/account/2fa/webauthn/", "/account/2fa/totp/activate/",
                    "/account/2fa/recovery-codes/", "/account/2fa/recovery-codes/download/", "/account/3rdparty/",
                    "/account/reauthenticate/", "/you/delete", "/you/export.json", "/you/export.bib",
                    "/you/export.ris"):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer.headers["Location"].startswith("/account/login/"), address


def test_nobody_reads_or_changes_what_is_anothers() -> None:
    ada, bob = Visitor().sign_up(KNOWN), Visitor().sign_up(UNKNOWN)
    her = Reader.objects.get(email=KNOWN)
    key = Authenticator.objects.create(user=her, type="webauthn", data={"name": "hers", "credential": {}})
    account = SocialAccount.objects.create(user=her, provider="orcid", uid="0000-0002-1825-0097")
    bob.confirm()
    for what in ("edit", "remove"):
        address = f"/account/2fa/webauthn/keys/{key.pk}/{what}/"
        assert bob.client.get(address).status_code == 404
        bob.open("/account/")
        assert bob.send(address, name="his").status_code == 404
    bob.open("/account/")
    bob.send("/account/3rdparty/", account=str(account.pk))
    bob.open("/account/")
    for action in ("action_remove", "action_primary", "action_send"):
        bob.send("/account/email/", email=KNOWN, **{action: "1"})
        bob.open("/account/")
    bob.send("/account/sessions/")
    export = bob.client.get("/you/export.json").content.decode()
    assert UNKNOWN in export
    assert KNOWN not in export
    assert "0000-0002-1825-0097" not in export
    key.refresh_from_db()
    assert key.data["name"] == "hers"
    assert SocialAccount.objects.filter(pk=account.pk).exists()
    assert EmailAddress.objects.filter(user=her, email=KNOWN, verified=True).exists()
    assert ada.is_signed_in


def test_the_code_of_one_visitor_is_not_good_for_another() -> None:
    Visitor().sign_up(KNOWN)
    wait()
    attacker, victim = Visitor(), Visitor()
    victim.send("/account/login/code/", email=KNOWN)
    code = last_code()
    wait()
    attacker.send("/account/login/code/", email=KNOWN)
    attacker.send("/account/login/code/confirm/", code=code)
    assert not attacker.is_signed_in


def test_a_name_of_the_site_that_is_not_its_own_is_refused() -> None:
    answer = Client(headers={"host": "evil.example"}).get("/account/password/reset/")
    assert answer.status_code == 400


def test_markup_in_what_is_sent_stays_text() -> None:
    visitor = Visitor()
    visitor.open("/account/login/")
    visitor.send("/account/login/", login='"><script>alert(1)</script>@example.org', password="x", next='"><b>')
    assert "<script>alert" not in visitor.text
    assert '"><b>' not in visitor.text


def test_a_change_to_an_account_asks_for_the_password_once_more() -> None:
    visitor = Visitor().sign_up(KNOWN)
    for address in ("/account/2fa/totp/activate/", "/account/2fa/webauthn/add/"):
        assert visitor.client.get(address).headers["Location"].startswith("/account/reauthenticate/"), address


def test_an_address_too_long_for_its_column_is_refused_whole() -> None:
    visitor = Visitor()
    long = f"{'a' * 64}@{'.'.join(['b' * 60] * 4)}.example.org"
    assert len(long) > 254
    visitor.send("/account/signup/", email=long, password1=PASSWORD)
    assert not Reader.objects.exists()
    assert not mail.outbox
