"""Without an account nothing is kept: after a visit with likes, neither tables nor files nor logs hold them."""

import logging
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.test import Client
from msgspec import structs

from germane.web.pages.readers import browser
from germane.web.readers import database
from tests.web.pages.making import bare, make_article

NUMBER = 987_654_321_987  # stands nowhere else, in no way of writing it


def traces(text: str) -> list[str]:
    return [form for form in (str(NUMBER), browser._base36(NUMBER), "10.5555/only.this") if form in text]


def written_in_tables() -> str:
    """Return everything that stands in the readers' tables, sessions and caches among them."""
    connection = connections[database()]
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith("catalog_"):
                cursor.execute(f'SELECT * FROM "{table}"')
                found += [f"{table}: {row!r}" for row in cursor.fetchall() if table != "django_migrations"]
    return "\n".join(found)


def test_an_anonymous_visit_leaves_no_trace(
    client: Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    make_article(bare("Only this", "10.5555/only.this"), number=NUMBER)
    strict = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    strict.get(f"/like/{NUMBER}")
    token = {"x-csrftoken": strict.cookies["germane_csrf"].value}
    before = written_in_tables()
    assert strict.post(f"/like/{NUMBER}", {"liked": "1"}, headers=token).status_code == 302
    assert "Only this" in strict.get("/you/likes").content.decode()
    assert "Only this" in strict.post("/you/likes", {"likes": f"{NUMBER}@2026-11-20"}, headers=token).content.decode()
    strict.get("/you")
    strict.post("/you", {"likes": str(NUMBER)}, headers=token)
    strict.post("/you/likes/carry", {"likes": str(NUMBER)}, headers=token)
    assert written_in_tables() == before
    assert not traces(before)
    out, err = capfd.readouterr()
    logged = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("django.db"))
    assert not traces(out + err)
    assert not [line for line in logged.splitlines() if traces(line) and f"/like/{NUMBER}" not in line]
    home = Path(str(connections[database()].settings_dict["NAME"])).parent
    files = [path for path in home.glob("*") if path.is_file() and "sqlite" not in path.name and "germane" in str(home)]
    assert not any(traces(path.read_bytes().decode("latin-1")) for path in files)


def test_what_is_traced_would_be_found(client: Client) -> None:
    from germane.web.readers.store import marks
    from tests.web.readers.people import NOW, make_reader

    marks.like(make_reader().pk, NUMBER, NOW)
    assert traces(written_in_tables()) == [str(NUMBER)]


def test_where_accounts_are_turned_off_likes_stay_in_the_browser(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = structs.replace(django_settings.ENVIRONMENT, accounts=False)
    monkeypatch.setattr(django_settings, "ENVIRONMENT", environment)
    number = make_article(bare("Only this", "10.5555/only.this")).pk
    client.post(f"/like/{number}", {"liked": "1"})
    text = client.get(f"/like/{number}").content.decode()
    assert "You like this article" in text
    assert "/account/" not in text.partition("<main")[2]
    assert "Only this" in client.get("/you/likes").content.decode()
    assert client.get("/you/collections").status_code == 404
    assert client.post(f"/like/{number}/note", {"text": "x"}).status_code == 404
