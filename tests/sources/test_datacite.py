"""DataCite's JSON becomes records, from a page, one DOI or bare attributes."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.article import Abstract, Article, Author, Funding, Identifier, Keyword, Location, Record, Relation, Venue
from germane.reading.opening import open_text
from germane.sources import ParseError, datacite

FIXTURES = Path(__file__).parent / "fixtures" / "datacite"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


def records(data: bytes) -> list[Record]:
    stream = open_text(io.BytesIO(data), name="sample")
    assert datacite.sniff(stream.head)
    return [entry for piece in datacite.split(stream) for entry in datacite.parse(piece.text)]  # type: ignore[misc]


def attributes(**fields: Any) -> Article:
    (entry,) = datacite.parse(json.dumps({"doi": "10.5555/x", "titles": [{"title": "T"}], **fields}))
    assert isinstance(entry, Record)
    return entry.article


def test_every_useful_member_is_read() -> None:
    dataset, preprint = records((FIXTURES / "page.json").read_bytes())
    assert dataset == Record(
        "datacite",
        "10.5555/dc.1",
        Article(
            identifiers=(Identifier("doi", "10.5555/dc.1"),),
            title="Readings of <i>warm</i> flies",
            subtitle="In winter",
            authors=(
                Author("Ada Byron", "Byron", "Ada", "0000-0002-1825-0097", ("Analytical Institute",)),
                Author("Antenna Consortium", affiliations=("Paris",)),
            ),
            venue=Venue("Example Archive", "repository", (), "Example Archive"),
            published_on="2021-03-09",
            type="dataset",
            language="en",
            abstracts=(Abstract("Degrees, by minute.", "datacite", language="en"),),
            keywords=(Keyword("Biological sciences", "subject", "fos"), Keyword("warmth", "author")),
            locations=(
                Location("https://example.org/dc1", "landing", "", "cc0", True, "repository"),
                Location("https://example.org/dc1.pdf", "pdf", "", "cc0", True, "repository"),
            ),
            relations=(
                Relation("related", "doi:10.5555/oa.77", source="datacite"),
                Relation("is-version-of", "doi:10.5555/dc.0", source="datacite"),
                Relation("has-software", url="https://example.org/code", source="datacite"),
                Relation("references", "arxiv:2101.00001", source="datacite"),
            ),
            funding=(Funding("Fund of Examples", "A-1", "10.13039/501100000001"),),
            license="cc0",
            n_cited_by=3,
        ),
        "2024-01-02T00:00:00Z",
    )
    assert preprint.article.type == "preprint"
    assert preprint.article.identifiers == (
        Identifier("doi", "10.48550/arxiv.2101.00001"),
        Identifier("arxiv", "2101.00001"),
    )


def test_a_page_one_doi_attributes_and_lines_say_the_same() -> None:
    page = json.loads((FIXTURES / "page.json").read_text())
    one, bare = page["data"][0], page["data"][0]["attributes"]
    expected = records(json.dumps(page).encode())[:1]
    assert records(json.dumps({"data": one}).encode()) == expected
    assert records(json.dumps(one).encode()) == expected
    assert records(json.dumps({"attributes": bare}).encode()) == expected
    assert records(json.dumps(bare, indent=3).encode()) == expected
    assert records("\n".join([json.dumps(one)] * 3).encode()) == expected * 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_or_utf_16_is_no_obstacle(encoding: str) -> None:
    text = json.dumps(
        {"data": {"type": "dois", "attributes": {"doi": "10.5555/x", "titles": [{"title": "Żółw"}]}}},
        ensure_ascii=False,
    )
    assert records(text.encode(encoding))[0].article.title == "Żółw"


def test_older_spellings_and_a_lone_object_for_a_list_are_understood() -> None:
    article = attributes(
        creators={"name": "Byron, Ada"},
        dates={"date": "2016-03-27", "dateType": "Issued"},
        publication_year="2016",
        rights_list=[{"rights": "Creative Commons Attribution-NonCommercial 4.0"}],
        types={"resource-type-general": "Software"},
    )
    assert article.authors == (Author("Ada Byron", "Byron", "Ada"),)
    assert (article.published_on, article.type, article.license) == ("2016-03-27", "software", "cc-by-nc-4.0")


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ({"resourceTypeGeneral": "Text", "resourceType": "Dissertation"}, "thesis"),
        ({"resourceTypeGeneral": "JournalArticle"}, "article"),
        ({"resourceTypeGeneral": "Audiovisual", "citeproc": "article"}, "other"),
        ({"resourceTypeGeneral": "Instrument", "citeproc": "article"}, "other"),
        ({"resourceTypeGeneral": "PeerReview"}, "peer-review"),
        ({"citeproc": "article-journal"}, "article"),
        ({}, "other"),
        ("Text", "other"),
    ],
)
def test_types(types: Any, expected: str) -> None:
    assert attributes(types=types).type == expected


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        ('{"errors": [{"status": "404", "title": "The resource does not exist."}]}', "does not exist"),
        ('{"data": {"attributes": {"doi": "10.5555/x"}}}', "no title"),
        ("{}", "neither a valid DOI nor a title"),
        ("[]", "not a JSON object"),
        ('{"doi": "10.5555/x" "titles": []}', "not valid JSON"),
    ],
)
def test_what_cannot_be_understood_is_said_clearly(piece: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        datacite.parse(piece)


@pytest.mark.parametrize(
    "foreign",
    [
        '{"@context": "http://schema.org", "@type": "Dataset", "name": "x"}',
        '{"data": {"type": "clients", "attributes": {}}}',
        '{"data": [{"id": "youtube", "snippet": {}}]}',
        '[{"key": "x", "doc_count": 98, "creators_and_contributors": {}}]',
        '{"responseHeader": {}, "response": {"docs": [{"doi": "10.5555/x"}]}}',
        '{"DOI": "10.5555/x", "title": ["T"], "indexed": {}}',
    ],
)
def test_other_formats_are_left_to_others(foreign: str) -> None:
    assert not datacite.sniff(foreign)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_value_anywhere_gives_a_record_or_a_parse_error(data: st.DataObject) -> None:
    value = json.loads((FIXTURES / "page.json").read_text())["data"][0]["attributes"]
    for key in data.draw(st.lists(st.sampled_from(sorted(value)), max_size=5)):
        value[key] = data.draw(
            JSON | st.lists(st.dictionaries(st.sampled_from(["title", "name", "date", "relationType"]), JSON))
        )
    try:
        (entry,) = datacite.parse(json.dumps(value))
    except ParseError:
        return
    assert isinstance(entry, Record)


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    if not SHARED.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {SHARED}")
    not_ours = {
        "codemeta.json", "contributor_worktype_multi_aggs.json", "funders_aggs.json", "schema_org.json",
        "datacite_data_nil.json", "datacite_github_nil.json", "datacite_import.json", "datacite_import_nil.json",
        "datacite_import_no_rows.json", "datacite_import_no_rows_single.json", "datacite_related_nil.json",
    }  # fmt: skip
    paths = [*(SHARED / "data/files/datacite_json_xml").rglob("*.json"), *(SHARED / "samples/datacite").glob("*.json")]
    counts, rejects = 0, []
    for path in paths:
        foreign = path.name in not_ours or "lagotto" in str(path)
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            assert datacite.sniff(text.head) != foreign, path.name
            for piece in [] if foreign else datacite.split(text):
                assert piece.error == "", path.name
                try:
                    counts += len(datacite.parse(piece.text))
                except ParseError as error:
                    rejects.append(f"{path.name}: {error}")
    assert counts == 33
    assert rejects == ["datacite_89.json: no title (DOI 10.14454/119496)"]
