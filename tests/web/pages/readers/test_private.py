"""Nobody reads or changes what is another reader's, no form is forged, looking changes nothing, nothing leaks."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from germane.web.readers.models import Collection
from germane.web.readers.store import collections, marks, notes
from tests.web.pages.readers.conftest import Reading, number_of
from tests.web.pages.test_routes import assert_valid_html
from tests.web.readers.people import NOW

NEAR = "10.5555/near.1"
SECRET = "zyxquux"  # stands in what Ada wrote and nowhere else


def posts(number: int, collection: int) -> dict[str, dict[str, str]]:
    """Return every address that takes a form, with fields that would change something."""
    own = f"/you/collections/{collection}"
    return {
        f"/like/{number}": {"liked": "0"},
        f"/like/{number}/read": {"read": "0"},
        f"/like/{number}/dismiss": {"dismissed": "0"},
        f"/like/{number}/note": {"text": "changed"},
        f"/like/{number}/collect": {"collection": str(collection), "out": "1"},
        "/you/likes/carry": {"likes": str(number + 1)},
        "/you/likes/import": {"text": "10.5555/near.2"},
        "/you/collections": {"name": "Another"},
        f"{own}/name": {"name": "Changed"},
        f"{own}/share": {},
        f"{own}/unshare": {},
        f"{own}/by": {"by": "Somebody"},
        f"{own}/remove": {"article": str(number)},
        f"{own}/delete": {},
    }


def gets(number: int, collection: int) -> list[str]:
    own = f"/you/collections/{collection}"
    lists = ["/you/likes", "/you/read", "/you/notes", "/you/collections"]
    return [f"/like/{number}", f"/you/state?articles={number}", *lists, own, f"{own}.bib", f"{own}.ris",
            f"{own}.csl.json"]  # fmt: skip


@pytest.fixture
def things(ada: Reading) -> tuple[int, int]:
    """Ada's marks of one article, and a shared collection with it."""
    number, reader = number_of(NEAR), ada.reader.pk
    marks.like(reader, number, NOW)
    marks.mark_read(reader, number, NOW)
    marks.dismiss(reader, number, NOW)
    notes.write_note(reader, number, f"note {SECRET}", NOW)
    collection = collections.make_collection(reader, f"list {SECRET}", SECRET, NOW)
    collections.add_article(reader, collection, number, NOW)
    collections.share_collection(reader, collection)
    return number, collection


def rows() -> dict[str, list[Any]]:
    """Return all that is kept of readers' marks."""
    alias = "readers" if "readers" in connections else "default"
    found = {}
    with connections[alias].cursor() as cursor:
        for table in ("like", "likecount", "readmark", "dismissal", "note", "collection", "collectionentry"):
            cursor.execute(f"SELECT * FROM readers_{table} ORDER BY 1")
            found[table] = cursor.fetchall()
    return found


def own_rows(reading: Reading, found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the rows that are not those which another reader made for themselves."""
    collections_of = {c.pk for c in Collection.objects.filter(reader=reading.reader)}
    alias = "readers" if "readers" in connections else "default"
    result = {}
    with connections[alias].cursor() as cursor:
        for table in found:
            column = {"collectionentry": "collection_id", "likecount": ""}.get(table, "reader_id")
            if column:
                cursor.execute(f"SELECT {column}, id FROM readers_{table}")
                mine = collections_of if table == "collectionentry" else {reading.reader.pk}
                ids = {number for owner, number in cursor.fetchall() if owner in mine}
                result[table] = [row for row in found[table] if row[0] in ids]
    return result


def test_another_reader_reads_nothing_of_hers(ada: Reading, ben: Reading, things: tuple[int, int]) -> None:
    for path in gets(*things):
        response = ben.client.get(path)
        assert SECRET not in response.content.decode(), path
        assert ada.reader.email not in response.content.decode(), path
        if path.startswith(f"/you/collections/{things[1]}"):
            assert response.status_code == 404, path
    assert ben.client.get(f"/you/state?articles={things[0]}").json()["liked"] == []
    assert "You like this article" not in ben.client.get(f"/like/{things[0]}").content.decode()


def test_another_reader_changes_nothing_of_hers(ada: Reading, ben: Reading, things: tuple[int, int]) -> None:
    before = own_rows(ada, rows())
    for path, fields in posts(*things).items():
        ben.client.post(path, fields)
    assert own_rows(ada, rows()) == before


def test_nobody_reads_and_changes_nothing(client: Client, things: tuple[int, int]) -> None:
    before = rows()
    for path in gets(*things):
        response = client.get(path)
        assert SECRET not in response.content.decode(), path
        is_open = path.startswith(("/like/", "/you/likes", "/you/state"))
        assert response.status_code == (200 if is_open else 302), path
        if not is_open:
            assert response["Location"].startswith("/account/login/?next=%2Fyou%2F"), path
    for path, fields in posts(*things).items():
        response = client.post(path, fields)
        assert response.status_code == 302, path
    assert rows() == before


def test_no_form_is_taken_without_its_token(ada: Reading, things: tuple[int, int]) -> None:
    before = rows()
    strict = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    strict.force_login(ada.reader)
    for path, fields in {**posts(*things), "/you/likes": {"likes": "1"}, "/you/likes/forget": {}}.items():
        for headers in ({}, {"x-csrftoken": "x" * 32}, {"origin": "https://elsewhere.example"}):
            assert strict.post(path, fields, headers=headers).status_code == 403, path
    assert rows() == before


def test_looking_changes_nothing(ada: Reading, things: tuple[int, int]) -> None:
    before = rows()
    for path, fields in posts(*things).items():
        for method in (ada.client.get, ada.client.head, ada.client.options):
            response = method(path, fields)
            assert response.status_code in (200, 405), path
    for path in gets(*things):
        ada.client.get(path, {"liked": "0", "likes": "5", "name": "x"})
    assert rows() == before


def test_private_answers_are_kept_by_no_cache(ada: Reading, things: tuple[int, int]) -> None:
    for path in gets(*things):
        response = ada.client.get(path)
        assert response.status_code == 200, path
        assert response["Cache-Control"] == "private, no-store", path
        assert "noindex" in response["X-Robots-Tag"], path


def pages(things: tuple[int, int]) -> Iterator[str]:
    yield from (path for path in gets(*things) if "." not in path and "state" not in path)
    yield f"/shared/{Collection.objects.get().share_key}"


def test_pages_are_valid_html(ada: Reading, ben: Reading, client: Client, things: tuple[int, int]) -> None:
    for path in pages(things):
        assert_valid_html(ada.client.get(path).content.decode())
        if "collections/" not in path:
            assert_valid_html(ben.client.get(path).content.decode())
            assert_valid_html(client.get(path, follow=True).content.decode())


def test_a_form_of_unknown_length_takes_nothing_back(ada: Reading, things: tuple[int, int]) -> None:
    number, _ = things
    answer = ada.client.post(f"/like/{number}/note", {"text": "changed"}, headers={"transfer-encoding": "chunked"})
    assert answer.status_code == 411
    assert SECRET in ada.client.get(f"/like/{number}").content.decode()
