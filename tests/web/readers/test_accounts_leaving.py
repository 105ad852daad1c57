"""Taking everything along, and leaving: nothing of a reader is forgotten in the one, nothing left by the other."""

import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connections
from django.db.models import Field, ForeignKey, Model

from germane.recommend import Because, Recommendation
from germane.web.catalog.models import Article
from germane.web.readers import database
from germane.web.readers.belongings import find_belongings
from germane.web.readers.codec import pack_list
from germane.web.readers.deleting import delete_reader
from germane.web.readers.exporting import export_reader
from germane.web.readers.models import Like, LikeCount, Reader
from tests.web.readers.visiting import FAST, PASSWORD, Visitor, last_code, wait

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "topsecretvalue"


@pytest.fixture(autouse=True)
def _fast(settings: Any) -> None:
    settings.PASSWORD_HASHERS = FAST


# Values that a column's constraint asks for; all others are made by their type.
_GIVEN: dict[str, dict[str, Any]] = {
    "kind": {"readers_exclusion": "venue", "readers_follow": "venue", "readers_alert": "new"},
    "type": {"mfa_authenticator": "totp"},
    "data": {"mfa_authenticator": {"secret": SECRET}, "usersessions_usersession": {}},
    "weight": {"readers_profilephrase": 1.0},
    "ip": {"usersessions_usersession": "192.0.2.1"},
    "provider": {"socialaccount_socialaccount": "orcid"},
}


def make_row(model: type[Model], made: dict[type[Model], Model]) -> Model:
    """Make a row whose every text tells whose it is."""
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey):
            values[field.name] = (
                made[field.related_model] if field.related_model in made else other(field.related_model)
            )
        elif not field.primary_key or (not field.has_default() and field.get_internal_type() == "BigIntegerField"):
            value = value_for(model, field, made[Reader])
            if value is not None:
                values[field.name] = value
    return model._default_manager.create(**values)


def value_for(model: type[Model], field: "Field[Any, Any]", reader: Any) -> Any:
    """Return a value that a column takes."""
    if field.name in _GIVEN and model._meta.db_table in _GIVEN[field.name]:
        return _GIVEN[field.name][model._meta.db_table]
    kind = field.get_internal_type()
    if kind in ("CharField", "TextField", "EmailField"):
        return f"{reader.name}-{field.name}"[:40]
    if kind in ("IntegerField", "BigIntegerField"):
        return 7
    if kind == "DateTimeField":
        return NOW
    if kind == "DateField":
        return NOW.date()
    if kind == "FloatField":
        return 1.0
    if kind == "BinaryField":
        return pack_list([Recommendation(8, 0.5, (Because(7, 1.0, f"{reader.name}-because"),), False)])
    return None


def other(model: Any) -> Model:
    """Return a row of a table that is nobody's."""
    if model is Group:
        return Group.objects.get_or_create(name="library")[0]
    if model is Permission:
        first = Permission.objects.first()
        assert first
        return first
    assert model is SocialApp, model
    app: Model = SocialApp.objects.get_or_create(provider="orcid", name="ORCID", client_id="x")[0]
    return app


def make_reader(name: str) -> Reader:
    """Make a reader with a row in every table that has readers' rows."""
    reader = Reader.objects.create_user(f"{name}@example.org", PASSWORD, name=name)
    made: dict[type[Model], Model] = {Reader: reader}
    for belonging in find_belongings()[1:]:
        made[belonging.model] = make_row(belonging.model, made)
    return reader


def rows_of(reader: Reader) -> dict[str, int]:
    """Return how many rows name a reader, by the databases' own account: every table, every column that could."""
    connection = connections[database()]
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
            for column in columns & {"reader_id", "user_id"}:
                cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE {column} = %s", [reader.pk])
                found[table] = cursor.fetchone()[0]
    return found


def test_every_table_with_a_readers_column_is_known() -> None:
    reader = make_reader("ada")
    assert {table for table, n in rows_of(reader).items() if n == 0} == set()
    known = {belonging.model for belonging in find_belongings()}
    assert {Like, EmailAddress, EmailConfirmation, SocialToken, SocialAccount, Authenticator, UserSession} <= known


def test_deleting_leaves_no_row_and_takes_none_of_anothers() -> None:
    ada, bob = make_reader("ada"), make_reader("bob")
    before = rows_of(bob)
    number = ada.pk
    removed = delete_reader(ada)
    assert removed["readers_like"] == 1
    ada.pk = number
    assert {table: n for table, n in rows_of(ada).items() if n} == {}
    assert rows_of(bob) == before
    dump = io.StringIO()
    for line in everything_in(database()):
        dump.write(line + "\n")
    assert "ada-" not in dump.getvalue()
    assert "ada@" not in dump.getvalue()


def everything_in(alias: str) -> list[str]:
    """Return every row of every table as text."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        lines = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {table}")
            lines += [f"{table} {row!r}" for row in cursor.fetchall()]
    return lines


def test_a_count_that_the_public_sees_falls_with_the_like() -> None:
    ada, bob = make_reader("ada"), make_reader("bob")
    LikeCount.objects.create(article_id=7, n=2)
    delete_reader(ada)
    assert LikeCount.objects.get(article_id=7).n == 1
    delete_reader(bob)
    assert not LikeCount.objects.exists()


def test_the_export_holds_every_row_and_no_secret() -> None:
    reader = make_reader("ada")
    make_reader("bob")
    found = export_reader(reader, NOW)
    assert {table: len(rows) for table, rows in found["tables"].items()} == {
        belonging.model._meta.db_table: 1 for belonging in find_belongings()
    }
    text = json.dumps(found)
    assert "ada-text" in text
    assert "ada-because" in text
    assert set(found["articles"]) == {"7", "8"}
    assert "bob" not in text
    for secret in (SECRET, reader.password, reader.feed_key, reader.digest_key, "ada-session_key", "ada-token"):
        assert secret not in text


def liking(*ids: int) -> Visitor:
    """Return a reader who likes two articles."""
    visitor = Visitor().sign_up("ada@example.org")
    for number in ids:
        Like.objects.create(reader=Reader.objects.get(), article_id=number, liked_at=NOW)
    return visitor


@pytest.mark.usefixtures("sample_site")
def test_likes_are_exported_for_reference_managers() -> None:
    ids = list(Article.objects.exclude(doi="").values_list("id", flat=True)[:2])
    dois = list(Article.objects.filter(id__in=ids).values_list("doi", flat=True))
    visitor = liking(*ids, 10**9)  # and one that is no more
    bibtex, ris = visitor.client.get("/you/export.bib"), visitor.client.get("/you/export.ris")
    assert bibtex.headers["Content-Disposition"] == 'attachment; filename="likes.bib"'
    assert len(re.findall(r"^@\w+\{", bibtex.content.decode(), re.M)) == 2
    assert ris.content.decode().count("ER  - ") == 2
    for doi in dois:
        assert f"doi = {{{doi}}}" in bibtex.content.decode()
        assert f"DO  - {doi}" in ris.content.decode()
    everything = json.loads(visitor.client.get("/you/export.json").content)
    assert {int(number) for number in everything["articles"]} >= set(ids)
    assert everything["articles"][str(ids[0])]["address"].startswith("/doi/")


def test_the_account_is_deleted_with_the_password_and_a_mail_says_so() -> None:
    visitor, elsewhere = Visitor().sign_up("ada@example.org"), Visitor()
    elsewhere.sign_in("ada@example.org")
    visitor.open("/you/delete")
    visitor.send("/you/delete", password="not the password")
    assert "This is not your password." in visitor.text
    assert Reader.objects.exists()
    visitor.send("/you/delete", password=PASSWORD)
    assert "Your account is deleted" in visitor.text
    assert not Reader.objects.exists()
    assert not Session.objects.exists()
    assert mail.outbox[-1].to == ["ada@example.org"]
    assert "was deleted" in mail.outbox[-1].subject
    assert not visitor.is_signed_in
    assert not elsewhere.is_signed_in
    elsewhere.sign_in("ada@example.org")
    assert "do not belong together" in elsewhere.text
    wait()
    Visitor().sign_up("ada@example.org")  # the address is free again


def test_who_has_no_password_deletes_with_a_code() -> None:
    visitor = Visitor().sign_up("ada@example.org")
    reader = Reader.objects.get()
    reader.set_unusable_password()
    reader.save()
    visitor = Visitor()
    visitor.send("/account/login/code/", email="ada@example.org")
    visitor.send("/account/login/code/confirm/", code=last_code())
    visitor.open("/you/delete")
    visitor.send("/you/delete", password="")
    assert Reader.objects.exists(), "no code was sent yet"
    visitor.send("/you/delete", send="1")
    assert "Your code to delete your account" in mail.outbox[-1].subject
    code = last_code()
    visitor.send("/you/delete", password="WRONG1")
    assert "not the code" in visitor.text
    visitor.send("/you/delete", password=code)
    assert not Reader.objects.exists()


def test_a_code_for_deleting_is_good_for_three_tries() -> None:
    visitor = Visitor().sign_up("ada@example.org")
    Reader.objects.update(password="!")
    visitor = Visitor()
    wait()
    visitor.send("/account/login/code/", email="ada@example.org")
    visitor.send("/account/login/code/confirm/", code=last_code())
    visitor.open("/you/delete")
    visitor.send("/you/delete", send="1")
    code = last_code()
    for _ in range(3):
        visitor.send("/you/delete", password="WRONG1")
    visitor.send("/you/delete", password=code)
    assert Reader.objects.exists()
