from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.article import (
    ARTICLE_TYPES,
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
from germane.merge import merge_articles, merge_records

# Few values, so that ties, empties and equal keys are frequent: the laws are hard only there.
WORD = st.sampled_from(["", "a", "A", "b", "pain", "Pain"])
DATE = st.sampled_from(["", "2020", "2020-01-02", "2021-03-04"])
DOI = st.sampled_from(["", "10.5555/a", "10.5555/b"])
SOURCE = st.sampled_from(["crossref", "pubmed", "openalex", "germane", "somebody", "arxiv"])
URL = st.sampled_from(["", "https://example.org/a", "https://example.org/b"])


def several(element: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(element, max_size=3).map(tuple)


IDENTIFIER = st.builds(
    Identifier, st.sampled_from(["doi", "pmid", "arxiv"]), st.sampled_from(["1", "2", "10.5555/a", "10.5555/b"])
)
ARTICLE = st.builds(
    Article,
    identifiers=several(IDENTIFIER),
    title=WORD,
    subtitle=WORD,
    original_title=WORD,
    authors=several(st.builds(Author, name=WORD, family=WORD, orcid=st.sampled_from(["", "0000-0002-1825-0097"]))),
    venue=st.none() | st.builds(Venue, name=WORD, kind=st.sampled_from(["", "journal"]), publisher=WORD),
    published_on=DATE,
    type=st.sampled_from(ARTICLE_TYPES),
    language=st.sampled_from(["", "en", "de"]),
    volume=WORD,
    issue=WORD,
    pages=WORD,
    license=WORD,
    abstracts=several(
        st.builds(Abstract, markup=WORD, source=SOURCE, license=WORD, basis=st.sampled_from(["authors", "own-summary"]))
    ),
    keywords=several(st.builds(Keyword, text=WORD, kind=st.sampled_from(["author", "subject"]))),
    locations=several(
        st.builds(
            Location,
            url=URL,
            content=st.sampled_from(["", "pdf"]),
            license=WORD,
            is_open=st.sampled_from([None, False, True]),
        )
    ),
    relations=several(
        st.builds(
            Relation,
            kind=st.sampled_from(["references", "has-preprint"]),
            identifier=DOI,
            url=URL | DOI,
            title=WORD | DOI,
            on=DATE,
            source=SOURCE,
        )
    ),
    notices=several(
        st.builds(
            Notice,
            kind=st.sampled_from(["retraction", "concern"]),
            identifier=DOI,
            on=DATE,
            url=URL | DATE,
            reason=WORD,
            source=SOURCE,
        )
    ),
    funding=several(st.builds(Funding, funder=WORD, award=WORD, identifier=DOI)),
    n_cited_by=st.integers(0, 3),
)
RECORD = st.builds(
    Record, source=SOURCE, key=st.sampled_from(["1", "2 x", "10.5555/a"]), article=ARTICLE, updated_on=DATE
)
MERGED = st.lists(RECORD, min_size=1, max_size=3).map(merge_records)
ANY = MERGED | ARTICLE


@settings(max_examples=60, deadline=None)
@given(ANY, ANY)
def test_merging_is_commutative(a: Article, b: Article) -> None:
    assert merge_articles(a, b) == merge_articles(b, a)


@settings(max_examples=60, deadline=None)
@given(ANY, ANY, ANY)
def test_merging_is_associative(a: Article, b: Article, c: Article) -> None:
    assert merge_articles(merge_articles(a, b), c) == merge_articles(a, merge_articles(b, c))


@settings(max_examples=40, deadline=None)
@given(MERGED, ANY)
def test_merging_again_changes_nothing(a: Article, b: Article) -> None:
    assert merge_articles(a, a) == a
    merged = merge_articles(a, b)
    assert merge_articles(merged, merged) == merged
    assert merge_articles(merged, a) == merged
    assert merge_articles(merged, b) == merged


@settings(max_examples=40, deadline=None)
@given(st.lists(RECORD, min_size=1, max_size=5), st.randoms())
def test_the_order_of_records_does_not_matter(records: list[Record], random: Any) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)
    assert merge_records(shuffled) == merge_records(records) == merge_records(records + shuffled)


@settings(max_examples=40, deadline=None)
@given(st.lists(RECORD, max_size=4))
def test_no_identifier_and_no_notice_is_lost(records: list[Record]) -> None:
    merged = merge_records(records)
    assert set(merged.identifiers) == {i for record in records for i in record.article.identifiers}
    kinds = {notice.kind for record in records for notice in record.article.notices}
    assert {notice.kind for notice in merged.notices} == kinds
    notices = {
        (notice.kind, notice.identifier) for record in records for notice in record.article.notices if notice.identifier
    }
    assert notices <= {(notice.kind, notice.identifier) for notice in merged.notices}


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORD, min_size=1, max_size=4))
def test_an_empty_value_never_wins_and_each_value_has_a_witness(records: list[Record]) -> None:
    merged = merge_records(records)
    for field in ("published_on", "language", "volume", "authors", "license"):
        said = {getattr(record.article, field): record for record in records if getattr(record.article, field)}
        assert bool(getattr(merged, field)) == bool(said)
        assert (field in merged.provenance) == bool(said)
        if said:
            assert getattr(merged, field) in said
            assert merged.provenance[field].split(" ")[0] in {record.source for record in records}


@settings(max_examples=60, deadline=None)
@given(ANY)
def test_the_empty_article_adds_nothing(a: Article) -> None:
    assert merge_articles(a, Article()) == merge_articles(a, a)


def record(source: str, article: Article, updated_on: str = "", key: str = "k") -> Record:
    return Record(source=source, key=key, article=article, updated_on=updated_on)


def test_every_field_says_where_it_comes_from() -> None:
    merged = merge_records(
        [
            record("openalex", Article(title="Moss on walls", language="en"), "2021-01-01", "W1"),
            record("crossref", Article(title="Moss on Walls", volume="3"), "2021-03-04", "doi:10.5555/x"),
        ]
    )
    assert merged.title == "Moss on Walls"
    assert merged.provenance == {
        "title": "crossref doi:10.5555/x 2021-03-04",
        "volume": "crossref doi:10.5555/x 2021-03-04",
        "language": "openalex W1 2021-01-01",
    }


def test_of_one_source_the_newer_record_wins() -> None:
    old = record("crossref", Article(title="Old"), "2020-01-01")
    new = record("crossref", Article(title="New"), "2020-01-02")
    assert merge_records([old, new]).title == merge_records([new, old]).title == "New"


@pytest.mark.parametrize("field", ["title", "type", "volume", "license", "published_on"])
def test_the_operator_outranks_every_registry(field: str) -> None:
    values = {"title": ("Ours", "Theirs"), "type": ("article", "review"), "published_on": ("2019", "2020-01-02")}
    ours, theirs = values.get(field, ("1", "2"))
    merged = merge_records(
        [
            record("crossref", msgspec.structs.replace(Article(), **{field: theirs}), "2026-01-01"),
            record("pubmed", msgspec.structs.replace(Article(), **{field: theirs}), "2026-01-01"),
            record("germane", msgspec.structs.replace(Article(), **{field: ours})),
        ]
    )
    assert getattr(merged, field) == ours


def test_a_subtitle_is_not_taken_from_another_record_than_the_title() -> None:
    merged = merge_records(
        [
            record("crossref", Article(title="Moss: a history")),
            record("openalex", Article(title="Moss", subtitle="a history")),
        ]
    )
    assert (merged.title, merged.subtitle) == ("Moss: a history", "")


def test_the_special_type_outranks_the_general_one() -> None:
    merged = merge_records(
        [record("jats", Article(type="article")), record("openalex", Article(type="clinical-trial"))]
    )
    assert merged.type == "clinical-trial"


def test_an_author_list_in_single_letters_yields_to_a_sound_one() -> None:
    letters = tuple(Author(letter) for letter in "AdaMoss")
    merged = merge_records(
        [record("crossref", Article(authors=letters)), record("ris", Article(authors=(Author("Ada Moss"),)))]
    )
    assert merged.authors == (Author("Ada Moss"),)


def test_abstracts_are_kept_one_per_source_basis_and_language() -> None:
    merged = merge_records(
        [
            record(
                "crossref",
                Article(abstracts=(Abstract("Short.", "crossref"), Abstract("Kurz.", "crossref", language="de"))),
            ),
            record("crossref", Article(abstracts=(Abstract("Much longer.", "crossref"),)), key="l"),
            record("pubmed", Article(abstracts=(Abstract("Short.", "pubmed"),))),
        ]
    )
    assert [(a.source, a.language, a.markup) for a in merged.abstracts] == [
        ("crossref", "", "Much longer."),
        ("crossref", "de", "Kurz."),
        ("pubmed", "", "Short."),
    ]


def test_a_location_is_completed_from_every_source() -> None:
    url = "https://example.org/a.pdf"
    merged = merge_records(
        [
            record("crossref", Article(locations=(Location(url, content="pdf"),))),
            record("openalex", Article(locations=(Location(url, license="cc-by-4.0", is_open=True),))),
        ]
    )
    assert merged.locations == (Location(url, content="pdf", license="cc-by-4.0", is_open=True),)


def test_a_retraction_is_kept_whoever_says_it() -> None:
    merged = merge_records(
        [
            record("crossref", Article(title="Moss", volume="1")),
            record("somebody", Article(notices=(Notice("retraction", "10.5555/r"),))),
            record("pubmed", Article(notices=(Notice("retraction", "pmid:7"), Notice("correction", "10.5555/r")))),
        ]
    )
    assert [(n.kind, n.identifier) for n in merged.notices] == [
        ("correction", "10.5555/r"),
        ("retraction", "10.5555/r"),
        ("retraction", "pmid:7"),
    ]


def test_merging_no_records_gives_an_empty_article() -> None:
    assert merge_records([]) == Article()
