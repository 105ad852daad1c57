"""Limits: how often may be asked, counted for all processes of the server together, and by the right address."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import RequestFactory
from msgspec import structs

from germane.web.readers.accounts import AccountAdapter
from tests.web.readers.visiting import FAST, PASSWORD, Visitor, wait

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _fast(settings: Any) -> None:
    settings.PASSWORD_HASHERS = FAST


@pytest.mark.django_db
def test_a_password_can_be_guessed_five_times_and_then_not_even_the_right_one_helps() -> None:
    Visitor().sign_up("ada@example.org")
    wait()
    visitor = Visitor()
    for _ in range(5):
        visitor.sign_in("ada@example.org", "a wrong password")
        assert "do not belong together" in visitor.text
    visitor.sign_in("ada@example.org", PASSWORD)
    assert "too many wrong tries" in visitor.text
    assert not visitor.is_signed_in
    wait()
    visitor.sign_in("ada@example.org", PASSWORD)
    assert visitor.is_signed_in


@pytest.mark.django_db
def test_a_code_can_be_guessed_three_times() -> None:
    Visitor().sign_up("ada@example.org")
    visitor = Visitor()
    visitor.send("/account/login/code/", email="ada@example.org")
    code = str(mail.outbox[-1].body).partition("Your code: ")[2].split()[0]
    for _ in range(3):
        visitor.send("/account/login/code/confirm/", code="WRONG1")
    visitor.open("/account/login/")
    visitor.send("/account/login/code/confirm/", code=code)
    assert not visitor.is_signed_in


@pytest.mark.django_db
def test_nobody_floods_an_address_with_mail() -> None:
    Visitor().sign_up("ada@example.org")
    mail.outbox.clear()
    for _ in range(8):
        visitor = Visitor()
        visitor.open("/account/password/reset/")
        visitor.send("/account/password/reset/", email="ada@example.org")
    assert visitor.page.status_code == 429
    assert visitor.page.headers["Retry-After"] == "60"
    assert "asked too often" in visitor.text
    assert len(mail.outbox) == 5


@pytest.mark.parametrize(
    ("n_proxies", "header", "expected"),
    [
        (0, "", "192.0.2.1"),
        (0, "198.51.100.7", "192.0.2.1"),  # nobody said that a proxy stands there: whoever asks wrote it
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "198.51.100.7"),
        (1, "", "192.0.2.1"),
        (1, "not an address", "0.0.0.0"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_who_asks_is_known_past_the_proxies_that_are_ours(
    settings: Any, n_proxies: int, header: str, expected: str
) -> None:
    settings.ENVIRONMENT = structs.replace(settings.ENVIRONMENT, trusted_proxies=n_proxies)
    headers = {"x-forwarded-for": header} if header else {}
    request = RequestFactory().get("/account/login/", headers=headers, REMOTE_ADDR="192.0.2.1")
    assert AccountAdapter().get_client_ip(request) == expected


_ASK = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "germane.web.settings"
django.setup()
from django.test import Client
from django.conf import settings
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if sys.argv[1] == "prepare":
    from germane.web.jobs.preparing import prepare_home
    prepare_home()
    sys.exit()
client = Client(headers={"host": "127.0.0.1"})
answers = []
for _ in range(4):
    page = client.post("/account/login/", {"login": "ada@example.org", "password": "wrong"})
    answers.append("later" if b"too many wrong tries" in page.content else "wrong")
print(*answers)
"""


def test_limits_hold_for_all_processes_together(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GERMANE_")}
    environment |= {"GERMANE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "ignore"}

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", _ASK, *arguments], env=environment, cwd=ROOT,
                                stdout=subprocess.PIPE, text=True)  # fmt: skip

    assert start("prepare").wait(300) == 0
    both = [start("ask"), start("ask")]
    answers = [word for process in both for word in process.communicate(timeout=300)[0].split()]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(answers) == ["later"] * 3 + ["wrong"] * 5
