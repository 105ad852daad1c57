"""`germane readers`: an operator counts, exports, deletes and tidies."""

import json

import pytest
from django.contrib.auth.hashers import make_password
from typer.testing import CliRunner, Result

from germane.cli import app
from germane.web.readers.models import Reader

pytestmark = pytest.mark.django_db


def readers(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["readers", *arguments], input=answer)


@pytest.fixture
def ada() -> Reader:
    return Reader.objects.create(email="ada@example.org", password=make_password(None))


@pytest.mark.usefixtures("ada")
def test_accounts_are_counted() -> None:
    assert json.loads(readers("count", "--json").stdout) == {"accounts": 1, "confirmed": 0, "likes": 0}
    assert readers("count").stdout == "1 accounts, 0 with a confirmed address; 0 likes.\n"


@pytest.mark.usefixtures("ada")
def test_a_reader_is_exported_by_address() -> None:
    found = json.loads(readers("export", "Ada@Example.org").stdout)
    assert found["tables"]["readers_reader"][0]["email"] == "ada@example.org"


@pytest.mark.usefixtures("ada")
def test_a_reader_is_deleted_when_it_is_meant() -> None:
    assert readers("delete", "ada@example.org", answer="n\n").exit_code == 1
    assert Reader.objects.exists()
    assert readers("delete", "ada@example.org", answer="y\n").exit_code == 0
    assert not Reader.objects.exists()


def test_an_address_that_nobody_has_is_said() -> None:
    told = readers("delete", "nobody@example.org", "--yes")
    assert told.exit_code == 2
    assert "nobody here has the address nobody@example.org" in told.stderr


def test_tidying_says_what_was_forgotten() -> None:
    assert json.loads(readers("tidy", "--json").stdout) == {"n_sessions": 0, "n_unconfirmed": 0, "n_counters": 0}
