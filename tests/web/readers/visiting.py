"""A visitor with a browser without scripts: forms carry their CSRF token, as the site asks."""

import re
from typing import Any

from django.core import mail
from django.core.cache import cache
from django.test import Client

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
FAST = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes a second for each password


class Visitor:
    """Opens pages and sends their forms."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1", **headers})
        self.page: Any = None

    def open(self, address: str) -> Any:
        """Open a page."""
        self.page = self.client.get(address)
        return self.page

    def send(self, address: str, **fields: str) -> Any:
        """Send a form of the page that is open, or of the one at its address, and go where the answer leads."""
        answer = self.post(address, **fields)
        there = answer.headers.get("Location", "")
        is_followed = there and there != "/you"  # which is a page of its own, with tests of its own
        self.page = self.client.get(there, follow=True) if is_followed else answer
        return self.page

    def post(self, address: str, **fields: str) -> Any:
        """Send a form, and return the answer itself."""
        if self.page is None or not _TOKEN.search(self.page.content.decode()):
            self.open(address)
        token = _TOKEN.search(self.page.content.decode())
        assert token, f"no form on {address}: {self.page.status_code}"
        return self.client.post(address, {**fields, "csrfmiddlewaretoken": token[1]})

    @property
    def text(self) -> str:
        """Return the open page."""
        return str(self.page.content.decode())

    @property
    def is_signed_in(self) -> bool:
        """Tell whether the account's page answers."""
        return bool(self.client.get("/account/").status_code == 200)

    def sign_up(self, email: str, password: str = PASSWORD) -> "Visitor":
        """Sign up, with the code of the mail."""
        self.open("/account/signup/")
        self.send("/account/signup/", email=email, password1=password)
        self.send("/account/confirm-email/", code=last_code())
        assert self.is_signed_in, self.text
        return self

    def confirm(self, password: str = PASSWORD) -> None:
        """Give the password once more, as is asked for before the account changes."""
        self.open("/account/reauthenticate/")
        answer = self.post("/account/reauthenticate/", password=password)
        assert answer.status_code == 302, answer.content

    def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> Any:
        """Send the form for signing in."""
        self.open("/account/login/")
        return self.send("/account/login/", login=email, password=password, **fields)


def wait() -> None:
    """Let the time of all limits pass."""
    cache.clear()


def last_code() -> str:
    """Return the code in the newest mail."""
    found = re.search(r"^Your code: (\S+)$", str(mail.outbox[-1].body), re.M)
    assert found, mail.outbox[-1].body
    return found[1]
