"""Notes, read marks, dismissals and collections, by the forms that an article's own page of marks has."""

import re

import msgspec
import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from germane.sources import bibtex
from germane.web.api.exports import _distinct
from germane.web.readers import database, queries
from germane.web.readers.models import Collection, Reader
from germane.web.readers.store import collections, marks, notes
from tests.web.pages.making import bare, make_article
from tests.web.pages.readers.conftest import Reading, number_of
from tests.web.readers.people import NOW

NEAR = "10.5555/near.1"


def test_a_note_is_kept_shown_and_removed(ada: Reading) -> None:
    number = number_of(NEAR)
    ada.client.post(f"/like/{number}/note", {"text": "<b>look</b> again"})
    assert "&lt;b&gt;look&lt;/b&gt; again</textarea>" in ada.client.get(f"/like/{number}").content.decode()
    assert "&lt;b&gt;look&lt;/b&gt; again" in ada.client.get("/you/notes").content.decode()
    response = ada.client.post(f"/like/{number}/note", {"text": "x" * 20_001})
    assert response.status_code == 422
    assert "at most 20,000 characters" in response.content.decode()
    ada.client.post(f"/like/{number}/note", {"text": ""})
    assert queries.read_notes(ada.reader.pk) == []


def test_read_and_less_like_this_are_noted_and_taken_back(ada: Reading) -> None:
    number = number_of(NEAR)
    for _ in range(2):
        ada.client.post(f"/like/{number}/read", {"read": "1"})
        ada.client.post(f"/like/{number}/dismiss", {"dismissed": "1"})
    text = ada.client.get(f"/like/{number}").content.decode()
    assert "You have read it" in text
    assert "You want less like this" in text
    assert f'data-like="{number}"' in ada.client.get("/you/read").content.decode()
    answer = ada.client.post(f"/like/{number}/dismiss", {"dismissed": "0"}, headers={"accept": "application/json"})
    assert answer.json() == {"dismissed": False, "article": number}
    ada.client.post(f"/like/{number}/read", {"read": "0"})
    found = queries.marks_of(ada.reader.pk)
    assert (found.read, found.dismissed) == (frozenset(), {})


def test_a_collection_is_made_filled_changed_and_deleted(ada: Reading) -> None:
    number = number_of(NEAR)
    response = ada.client.post("/you/collections", {"name": "To <read>", "about": "soon"}, follow=True)
    assert "To &lt;read&gt;" in response.content.decode()
    mine = Collection.objects.get()
    ada.client.post(f"/like/{number}/collect", {"collection": mine.pk})
    ada.client.post(f"/like/{number}/collect", {"name": "Second"})
    assert [c.n_articles for c in queries.read_collections(ada.reader.pk)] == [1, 1]
    page = ada.client.get(f"/you/collections/{mine.pk}").content.decode()
    assert f'data-like="{number}"' in page
    ada.client.post(f"/you/collections/{mine.pk}/name", {"name": "Third", "about": ""})
    ada.client.post(f"/you/collections/{mine.pk}/remove", {"article": number})
    assert queries.find_collection(ada.reader.pk, mine.pk) == queries.CollectionLine(
        mine.pk, "Third", "", "", mine.made_at, 0
    )
    ada.client.post(f"/you/collections/{mine.pk}/delete")
    assert [c.name for c in queries.read_collections(ada.reader.pk)] == ["Second"]


@pytest.mark.parametrize(
    ("name", "words"), [("", "needs a name"), ("x" * 121, "at most 120"), ("Twice", "another name")]
)
def test_a_name_that_no_collection_can_have_is_refused_and_says_why(ada: Reading, name: str, words: str) -> None:
    collections.make_collection(ada.reader.pk, "Twice", "", NOW)
    response = ada.client.post("/you/collections", {"name": name})
    assert response.status_code == 422
    assert words in response.content.decode()


def shared(reading: Reading, *dois: str) -> tuple[int, str]:
    number = collections.make_collection(reading.reader.pk, "Backs", "All of them", NOW)
    for doi in dois:
        collections.add_article(reading.reader.pk, number, number_of(doi), NOW)
    reading.client.post(f"/you/collections/{number}/share")
    return number, Collection.objects.get(pk=number).share_key or ""


def test_a_shared_collection_is_seen_by_whoever_has_the_link(ada: Reading) -> None:
    number, key = shared(ada, NEAR, "10.5555/retracted.9", "10.5555/gone.1")
    nobody = Client(headers={"host": "127.0.0.1"})
    response = nobody.get(f"/shared/{key}")
    text = response.content.decode()
    assert "Backs" in text
    assert "All of them" in text
    assert "Retract" in text
    assert "withdrawn" in text
    assert ada.reader.email not in text
    assert "In their own words" not in text
    assert "noindex" in response["X-Robots-Tag"]
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    ada.client.post(f"/you/collections/{number}/by", {"by": " Ada  <L> "})
    assert Reader.objects.get(pk=ada.reader.pk).name == "Ada <L>"
    assert ada.client.post(f"/you/collections/{number}/by", {"by": "x" * 101}).status_code == 422
    assert "Ada &lt;L&gt;" in nobody.get(f"/shared/{key}").content.decode()
    ada.client.post(f"/you/collections/{number}/share")
    assert nobody.get(f"/shared/{key}").status_code == 404
    new = Collection.objects.get(pk=number).share_key
    assert nobody.get(f"/shared/{new}").status_code == 200
    ada.client.post(f"/you/collections/{number}/unshare")
    assert nobody.get(f"/shared/{new}").status_code == 404
    assert nobody.get(f"/shared/{new}.bib").status_code == 404


def test_collections_go_out_to_reference_managers(ada: Reading) -> None:
    twice = [make_article(bare("Pain of backs", f"10.5555/same.{i}", published_on="2021")).doi for i in range(2)]
    number, key = shared(ada, NEAR, "10.5555/retracted.9", "10.5555/gone.1", *twice)
    for path in (f"/you/collections/{number}", f"/shared/{key}"):
        text = ada.client.get(f"{path}.bib").content.decode()
        keys = re.findall(r"@\w+\{(\w+),", text)
        assert len(keys) == len(set(keys)) == 4
        assert "RETRACTED" in text
        assert len(bibtex.parse(text)) >= 1
        assert ada.client.get(f"{path}.ris").content.decode().count("TY  - ") == 4
        items = msgspec.json.decode(ada.client.get(f"{path}.csl.json").content)
        assert len({item["id"] for item in items}) == 4
        assert ada.client.get(f"{path}.exe").status_code == 404


@pytest.mark.parametrize("path", ["/you/notes", "/you/read", "/you/collections/{}", "/shared/{}", "/shared/{}.bib"])
def test_lists_read_the_same_number_of_times_for_1_line_and_for_25(ada: Reading, path: str) -> None:
    number, key = shared(ada)
    path = path.format(key if "shared" in path else number)

    def add(i: int) -> None:
        article = make_article(bare(f"Row {i}", f"10.5555/row.{i}")).pk
        notes.write_note(ada.reader.pk, article, "words", NOW)
        marks.mark_read(ada.reader.pk, article, NOW)
        collections.add_article(ada.reader.pk, number, article, NOW)

    def n_read() -> int:
        with CaptureQueriesContext(connection) as catalog, CaptureQueriesContext(connections[database()]) as readers:
            assert ada.client.get(path).status_code == 200
        return len(catalog) + len(readers)

    add(0)
    one = n_read()
    for i in range(1, 25):
        add(i)
    assert n_read() == one <= 12


def test_lists_show_a_merged_article_once(ada: Reading) -> None:
    number, _ = shared(ada, NEAR, "10.5555/twin.1")
    page = ada.client.get(f"/you/collections/{number}").content.decode()
    assert page.count('<li class="item paper"') == 1
    notes.write_note(ada.reader.pk, number_of("10.5555/gone.1"), "of a withdrawn one", NOW)
    assert "of a withdrawn one" in ada.client.get("/you/notes").content.decode()
    marks.mark_read(ada.reader.pk, number_of("10.5555/gone.1"), NOW)
    assert "withdrawn by its sources" in ada.client.get("/you/read").content.decode()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(["a2021", "a2021b", "a2021bb", "b"]), max_size=60))
def test_citation_keys_of_a_file_differ_and_the_first_stay(keys: list[str]) -> None:
    distinct = _distinct(keys)
    assert len(set(distinct)) == len(keys) == len(distinct)
    assert all(new == key for i, (key, new) in enumerate(zip(keys, distinct, strict=True)) if key not in keys[:i])
