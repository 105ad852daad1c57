"""OpenAlex works of both schema ages become records."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.article import (
    Abstract,
    Article,
    Author,
    Funding,
    Identifier,
    Keyword,
    Location,
    Notice,
    Record,
    Relation,
    Venue,
)
from germane.reading.opening import open_text
from germane.sources import ParseError, openalex

FIXTURES = Path(__file__).parent / "fixtures" / "openalex"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


def records(text: str) -> list[Record]:
    stream = open_text(io.BytesIO(text.encode()), name="sample")
    assert openalex.sniff(stream.head)
    return [entry for piece in openalex.split(stream) for entry in openalex.parse(piece.text)]  # type: ignore[misc]


def work(**fields: Any) -> Article:
    (entry,) = openalex.parse(json.dumps({"id": "https://openalex.org/W1", "title": "T", **fields}))
    assert isinstance(entry, Record)
    return entry.article


def test_every_useful_member_of_a_work_is_read() -> None:
    assert records((FIXTURES / "work.json").read_text()) == [
        Record(
            "openalex",
            "W77",
            Article(
                identifiers=(
                    Identifier("doi", "10.5555/oa.77"),
                    Identifier("pmid", "123456"),
                    Identifier("pmcid", "PMC7654321"),
                    Identifier("openalex", "W77"),
                ),
                title="Warm flies &amp; H<sub>2</sub>O",
                authors=(
                    Author("Ada van Byron", "van Byron", "Ada", "0000-0002-1825-0097", ("Analytical Institute",)),
                    Author("M. Curie", "Curie", "M.", "", ("Paris",)),
                ),
                venue=Venue("Journal of Invented Results", "journal", ("1234-5679", "2049-3630"), "Example Press"),
                published_on="2021-03-09",
                type="article",
                language="en",
                volume="12",
                issue="3",
                pages="101–119",
                abstracts=(Abstract("We warm flies. We wait.", "openalex"),),
                keywords=(
                    Keyword("Drosophila / physiology", "subject", "mesh"),
                    Keyword("Heat", "subject", "mesh"),
                    Keyword("Insect biology", "topic", "openalex"),
                    Keyword("Warmth", "topic", "openalex"),
                ),
                locations=(
                    Location("https://example.org/77.pdf", "pdf", "published", "cc-by", True, "publisher"),
                    Location("https://doi.org/10.5555/oa.77", "landing", "published", "cc-by", True, "publisher"),
                    Location("http://arxiv.org/pdf/2101.00001", "pdf", "submitted", "", True, "repository"),
                    Location("http://arxiv.org/abs/2101.00001", "landing", "submitted", "", True, "repository"),
                ),
                relations=(
                    Relation("has-preprint", "arxiv:2101.00001", source="openalex"),
                    Relation("references", "openalex:W5", source="openalex"),
                    Relation("references", "openalex:W6", source="openalex"),
                ),
                notices=(Notice("retraction", source="openalex"),),
                funding=(Funding("Fund of Examples", "A-1"),),
                license="cc-by",
                n_cited_by=5,
            ),
            "2024-01-02",
        )
    ]


def test_lines_pages_and_single_works_say_the_same() -> None:
    bare = json.loads((FIXTURES / "work.json").read_text())
    expected = records(json.dumps(bare))
    page = {"meta": {"count": 2, "per_page": 2}, "results": [bare, bare], "group_by": []}
    assert records(json.dumps(page)) == expected * 2
    assert records(json.dumps(page, indent=1)) == expected * 2
    assert records(f"{json.dumps(bare)}\n{json.dumps(bare)}\n") == expected * 2
    assert records(json.dumps({"meta": {"count": 0}, "results": [], "group_by": []})) == []


def test_the_older_schema_is_read_too() -> None:
    article = work(
        type="journal-article",
        host_venue={
            "display_name": "Journal of Invented Results",
            "issn_l": "1234-5679",
            "publisher": "Example Press",
            "type": "journal",
            "url": "https://doi.org/10.5555/oa.1",
            "is_oa": False,
            "version": "publishedVersion",
        },
        alternate_host_venues=[
            {"display_name": "Example Archive", "type": "repository", "url": "https://example.org/1", "is_oa": True}
        ],
        concepts=[{"display_name": "Biology", "score": "0.8"}, {"display_name": "Noise", "score": 0.2}],
    )
    assert article.venue == Venue("Journal of Invented Results", "journal", ("1234-5679",), "Example Press")
    assert article.locations == (
        Location("https://doi.org/10.5555/oa.1", "landing", "published", "", False, "publisher"),
        Location("https://example.org/1", "landing", "", "", True, "repository"),
    )
    assert article.keywords == (Keyword("Biology", "topic", "openalex"),)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ({"b": [1], "a": [0, 2]}, "a b a"),
        ({"a": [0], "c": [5]}, "a c"),  # positions missing
        ({"a": [1000000000000]}, "a"),  # and no memory taken for them
        ({"a": [0], "b": [0], "c": [1]}, "b c"),  # two words at one place
        ({"a": [], "b": [0]}, "b"),
        ({}, ""),
    ],
)
def test_an_inverted_abstract_is_rebuilt_by_position(index: dict[str, list[int]], expected: str) -> None:
    assert openalex.rebuild_abstract(index) == expected


@given(st.lists(st.text(st.characters(categories=["L", "P"]), min_size=1, max_size=3), max_size=40))
def test_inverting_and_rebuilding_gives_the_text_back(words: list[str]) -> None:
    index: dict[str, list[int]] = {}
    for position, word in enumerate(words):
        index.setdefault(word, []).append(position)
    assert openalex.rebuild_abstract(index) == " ".join(words)


def test_an_abstract_whose_words_look_like_containers_is_no_page() -> None:
    (record,) = records(
        json.dumps({"id": "https://openalex.org/W1", "title": "T", "abstract_inverted_index": {"results": [0]}})
    )
    assert record.article.abstracts == (Abstract("results", "openalex"),)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "article"}, "article"),
        ({"type": "preprint"}, "preprint"),
        ({"type": "article", "type_crossref": "proceedings-article"}, "conference-paper"),
        (
            {"type": "article", "primary_location": {"version": "submittedVersion", "source": {"type": "repository"}}},
            "preprint",
        ),
        ({"type": "erratum"}, "correction"),
        ({"type": "book-chapter"}, "chapter"),
        ({"type": "paratext"}, "other"),
        ({}, "other"),
    ],
)
def test_types(fields: dict[str, Any], expected: str) -> None:
    assert work(**fields).type == expected


def test_an_arxiv_doi_is_an_arxiv_identifier_too() -> None:
    article = work(doi="https://doi.org/10.48550/arXiv.2101.00001")
    assert Identifier("arxiv", "2101.00001") in article.identifiers
    assert article.relations == ()


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        ('{"error": "Not found", "message": "No such work"}', "No such work"),
        ("{}", "neither title nor valid identifier"),
        ('{"id": "https://openalex.org/W1", "title": "T"', "not valid JSON"),
        ("7", "object"),
    ],
)
def test_what_cannot_be_understood_is_said_clearly(piece: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        openalex.parse(piece)


@pytest.mark.parametrize(
    "foreign",
    [
        '{"id": "https://openalex.org/A1", "display_name": "Ada"}',
        '{"meta": {}, "results": [{"id": "https://openalex.org/S1"}]}',
        '{"DOI": "10.5555/x", "indexed": {}}',
        '{"results": [{"id": "https://example.org/W1"}]}',
    ],
)
def test_other_formats_are_left_to_others(foreign: str) -> None:
    assert not openalex.sniff(foreign)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_value_anywhere_gives_a_record_or_a_parse_error(data: st.DataObject) -> None:
    value = json.loads((FIXTURES / "work.json").read_text())
    for key in data.draw(st.lists(st.sampled_from(sorted(value)), max_size=5)):
        value[key] = data.draw(JSON)
    try:
        (entry,) = openalex.parse(json.dumps(value))
    except ParseError:
        return
    assert isinstance(entry, Record)


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    if not SHARED.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {SHARED}")
    expected = {
        "arxiv.json": 1, "iso639-3-language.json": 1, "zenodo.json": 1, "openalex_list.json": 2,
        "openalex_no_abstract.json": 1, "openalex_work.json": 1, "openalex_works.jsonl.gz": 7179,
    }  # fmt: skip
    paths = [
        *(SHARED / "data/files/openalex_json").rglob("*.json"),
        *(SHARED / "samples/openalex").glob("*.json"),
        SHARED / "data/articles/openalex_works.jsonl.gz",
    ]
    found = {}
    for path in paths:
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            assert openalex.sniff(text.head), path.name
            pieces = list(openalex.split(text))
        assert [piece.error for piece in pieces if piece.error] == []
        articles = [entry.article for piece in pieces for entry in openalex.parse(piece.text)]  # type: ignore[union-attr]
        assert all(article.identifier("openalex") and article.title for article in articles)
        found[path.name] = len(articles)
    assert found == expected
