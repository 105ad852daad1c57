"""Europe PMC's answers become records; its error messages are told."""

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
from germane.sources import ParseError, europepmc

FIXTURES = Path(__file__).parent / "fixtures" / "europepmc"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


def records(text: str) -> list[Record]:
    stream = open_text(io.BytesIO(text.encode()), name="sample")
    assert europepmc.sniff(stream.head)
    return [entry for piece in europepmc.split(stream) for entry in europepmc.parse(piece.text)]  # type: ignore[misc]


def test_a_page_of_core_results_is_read_whole() -> None:
    article, preprint = records((FIXTURES / "search.json").read_text())
    assert article == Record(
        "europepmc",
        "MED:123456",
        Article(
            identifiers=(
                Identifier("doi", "10.5555/epmc.1"),
                Identifier("pmid", "123456"),
                Identifier("pmcid", "PMC7654321"),
            ),
            title="Warm flies in <i>winter</i>",
            authors=(
                Author("Ada Byron", "Byron", "Ada", "0000-0002-1825-0097", ("Analytical Institute.",)),
                Author("The Antenna Consortium"),
            ),
            venue=Venue("Journal of Invented Results", "journal", ("1234-5679", "2049-3630")),
            published_on="2021-03-09",
            type="clinical-trial",
            language="en",
            volume="12",
            issue="3",
            pages="101-119",
            abstracts=(Abstract("<h4>Aim</h4>We warmed flies.", "europepmc"),),
            keywords=(
                Keyword("Drosophila / physiology", "subject", "mesh"),
                Keyword("Heat", "subject", "mesh"),
                Keyword("Warmth", "author"),
            ),
            locations=(
                Location(
                    "https://europepmc.org/articles/PMC7654321?pdf=render", "pdf", "", "cc-by", True, "repository"
                ),
                Location("https://doi.org/10.5555/epmc.1", "landing", "", "", False, "publisher"),
            ),
            relations=(
                Relation("has-correction", "pmid:999002", title="J Inv Res. 2022", source="europepmc"),
                Relation("has-preprint", url="https://europepmc.org/article/PPR/PPR55", source="europepmc"),
                Relation("has-comment", "pmid:999003", source="europepmc"),
            ),
            notices=(
                Notice("retraction", "pmid:999001", source="europepmc"),
                Notice("correction", "pmid:999002", source="europepmc"),
            ),
            funding=(Funding("Fund of Examples", "A-1"),),
            license="cc-by",
            n_cited_by=9,
        ),
        "2023-01-01",
    )
    assert preprint == Record(
        "europepmc",
        "PPR:PPR55",
        Article(
            identifiers=(Identifier("doi", "10.5555/pre.55"),),
            title="Warm flies",
            authors=(Author("A van Byron", "van Byron", "A"), Author("M Curie", "Curie", "M")),
            venue=Venue("exampleRxiv", "repository"),
            published_on="2020",
            type="preprint",
        ),
    )


def test_a_single_result_and_a_list_of_citing_articles_are_read_too() -> None:
    first = json.loads((FIXTURES / "search.json").read_text())["resultList"]["result"][0]
    assert records(json.dumps({"version": "6.9", "hitCount": 1, "result": first}))[0].key == "MED:123456"
    citing = {
        "id": "5",
        "source": "MED",
        "title": "Later.",
        "authorString": "Curie M.",
        "journalAbbreviation": "J Inv",
        "pubYear": 2022,
        "volume": "3",
    }
    (record,) = records(json.dumps({"hitCount": 1, "citationList": {"citation": [citing]}}))
    assert record.article.venue == Venue("J Inv", "journal")
    assert (record.article.published_on, record.article.volume) == ("2022", "3")


def test_an_error_message_is_told() -> None:
    text = json.dumps({"version": "6.9", "errCode": 404, "errMsg": "Invalid query string"})
    assert europepmc.sniff(text)
    with pytest.raises(ParseError, match="error 404: Invalid query string"):
        europepmc.parse(text)


def test_an_empty_list_holds_nothing() -> None:
    assert records('{"version":"6.9","hitCount":0,"resultList":{"result":[]}}') == []


def test_a_retraction_without_notice_is_told_once() -> None:
    (entry,) = europepmc.parse(
        '{"id": "1", "source": "MED", "title": "T", "pubType": "retracted publication; journal article"}'
    )
    assert isinstance(entry, Record)
    assert entry.article.notices == (Notice("retraction", source="europepmc"),)


@pytest.mark.parametrize(
    "foreign", ['{"resultList": 1}', '{"id": 1, "title": "T", "source": "web"}', "--- resultList hitCount", "{}"]
)
def test_other_formats_are_left_to_others(foreign: str) -> None:
    assert not europepmc.sniff(foreign)


@pytest.mark.parametrize(
    ("piece", "message"), [("{}", "neither title"), ("[1]", "object"), ('{"id":', "not valid JSON")]
)
def test_what_cannot_be_understood_is_said_clearly(piece: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        europepmc.parse(piece)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_value_anywhere_gives_a_record_or_a_parse_error(data: st.DataObject) -> None:
    value: dict[str, Any] = json.loads((FIXTURES / "search.json").read_text())["resultList"]["result"][0]
    for key in data.draw(st.lists(st.sampled_from(sorted(value)), max_size=5)):
        value[key] = data.draw(JSON)
    try:
        (entry,) = europepmc.parse(json.dumps(value))
    except ParseError:
        return
    assert isinstance(entry, Record)


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    if not SHARED.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {SHARED}")
    expected = {"europe_pmc.json": 23, "europe_pmc_fulltext.json": 13, "europe_pmc_fulltext_nil.json": 0}
    foreign = {"europe_pmc_data.json", "europe_pmc_data_nil.json", "europe_pmc_nil.json"}  # links, or nothing of use
    found = {}
    paths = [*(SHARED / "data/files/europepmc_json").rglob("*.json"), *(SHARED / "samples/europepmc").glob("*.json")]
    for path in paths:
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            assert europepmc.sniff(text.head) == (path.name not in foreign), path.name
            if path.name in foreign:
                continue
            articles = [e.article for piece in europepmc.split(text) for e in europepmc.parse(piece.text)]  # type: ignore[union-attr]
        assert all(article.title and article.identifiers and article.authors for article in articles)
        found[path.name] = len(articles)
    assert found == expected
