"""Crossref works become records, whatever answer they came in."""

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
from germane.sources import ParseError, crossref

FIXTURES = Path(__file__).parent / "fixtures" / "crossref"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


def records(text: str) -> list[Record]:
    stream = open_text(io.BytesIO(text.encode()), name="sample")
    assert crossref.sniff(stream.head)
    return [entry for piece in crossref.split(stream) for entry in crossref.parse(piece.text)]  # type: ignore[misc]


def work(**fields: Any) -> Article:
    (entry,) = crossref.parse(json.dumps({"DOI": "10.5555/x", "title": ["T"], **fields}))
    assert isinstance(entry, Record)
    return entry.article


def test_every_useful_member_of_an_article_is_read() -> None:
    assert records((FIXTURES / "article.json").read_text()) == [
        Record(
            "crossref",
            "10.5555/example.2021.7",
            Article(
                identifiers=(Identifier("doi", "10.5555/example.2021.7"),),
                title="Heat, light &amp; the <i>Drosophila</i> antenna",
                subtitle="A field study",
                authors=(
                    Author("Ada Byron", "Byron", "Ada", "0000-0002-1825-0097", ("Analytical Institute",)),
                    Author("The Antenna Consortium"),
                ),
                venue=Venue("Journal of Invented Results", "journal", ("1234-5679", "2049-3630"), "Example Press"),
                published_on="2021-03-09",
                type="article",
                language="en",
                volume="12",
                issue="3",
                pages="101-119",
                abstracts=(Abstract("<p>We warmed <i>flies</i> gently.</p>", "crossref"),),
                keywords=(Keyword("Insect Science", "subject", "asjc"),),
                locations=(
                    Location("https://example.org/a7", "landing", "published", "cc-by-4.0", True, "publisher"),
                    Location("https://example.org/a7.pdf", "pdf", "published", "cc-by-4.0", True, "publisher"),
                ),
                relations=(
                    Relation("has-preprint", "doi:10.5555/pre.1", source="crossref"),
                    Relation("has-review", "doi:10.5555/rev.1", source="crossref"),
                    Relation("has-supplement", url="https://example.org/data.zip", source="crossref"),
                    Relation("has-trial", "nct:NCT01234567", source="crossref"),
                    Relation("references", "doi:10.5555/old.1", source="crossref"),
                    Relation("references", title="Byron A. On flies. 1999.", source="crossref"),
                    Relation("references", title="Curie, (1901), Rays, J. Ex.", source="crossref"),
                ),
                notices=(
                    Notice(
                        "retraction",
                        "10.5555/notice.1",
                        "2023-02-01",
                        "https://doi.org/10.5555/notice.1",
                        source="retraction-watch",
                    ),
                    Notice(
                        "correction", "10.5555/notice.2", "2022", "https://doi.org/10.5555/notice.2", source="crossref"
                    ),
                ),
                funding=(
                    Funding("Fund of Examples", "A-1", "10.13039/501100000001"),
                    Funding("Fund of Examples", "A-2", "10.13039/501100000001"),
                ),
                license="cc-by-4.0",
                n_cited_by=17,
            ),
            "2024-05-02T10:00:00Z",
        )
    ]


def test_one_work_a_page_lines_and_the_public_data_file_say_the_same() -> None:
    envelope = json.loads((FIXTURES / "article.json").read_text())
    bare = envelope["message"]
    expected = records(json.dumps(envelope))
    page = {
        "status": "ok",
        "message-type": "work-list",
        "message": {"facets": {}, "total-results": 2, "items": [bare, bare]},
    }
    assert records(json.dumps(bare)) == expected
    assert records(json.dumps(page)) == expected * 2
    assert records(json.dumps({"items": [bare, bare]}, indent=2)) == expected * 2
    assert records(json.dumps([bare])) == expected
    assert records("\n".join(json.dumps(bare) for _ in range(3))) == expected * 3
    assert records("\n".join(json.dumps(page) for _ in range(3))) == expected * 6
    flattened = {**bare, "title": bare["title"][0], "container-title": bare["container-title"][0]}
    assert records(json.dumps(flattened)) == expected  # DOI content negotiation


def test_a_page_without_works_is_no_mistake() -> None:
    assert records('{"status":"ok","message-type":"work-list","message":{"items":[],"total-results":0}}') == []


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([[2020, 2, 30]], "2020-02"),
        ([[2020, 13]], "2020"),
        ([["2019", "7"]], "2019-07"),
        ([[None]], ""),
        ([], ""),
        ([[]], ""),
        ([[2020, None, 3]], "2020"),
    ],
)
def test_dates_with_missing_parts(parts: list[Any], expected: str) -> None:
    assert work(issued={"date-parts": parts}).published_on == expected


def test_a_notice_speaks_of_another_article() -> None:
    update = {"DOI": "10.5555/target", "type": "retraction", "updated": {"date-parts": [[2022, 1, 2]]}}
    retraction = work(**{"update-to": [update]})
    assert retraction.notices == ()
    assert retraction.type == "retraction"
    assert retraction.relations == (Relation("related", "doi:10.5555/target", on="2022-01-02", source="crossref"),)
    erratum = work(**{"update-to": [{**update, "type": "erratum"}]}, type="journal-article")
    assert erratum.type == "correction"
    assert erratum.relations[0].kind == "is-correction-of"
    edition = work(**{"update-to": [{**update, "type": "new_version"}]})
    assert edition.relations[0].kind == "is-version-of"
    itself = work(**{"update-to": [{**update, "DOI": "10.5555/X"}]})
    assert itself.notices == (Notice("retraction", on="2022-01-02", source="crossref"),)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("retraction", "retraction"),
        ("withdrawal", "retraction"),
        ("expression_of_concern", "concern"),
        ("erratum", "correction"),
        ("corrigendum", "correction"),
        ("reinstatement", "reinstatement"),
    ],
)
def test_the_four_kinds_of_notice_are_kept_apart(told: str, kind: str) -> None:
    article = work(**{"updated-by": [{"DOI": "10.5555/n", "type": told}]})
    assert [notice.kind for notice in article.notices] == [kind]


def test_a_preprint_links_to_its_published_version_and_does_not_take_its_name() -> None:
    article = work(
        type="posted-content",
        subtype="preprint",
        institution=[{"name": "exampleRxiv"}],
        posted={"date-parts": [[2020, 5, 4]]},
        relation={"is-preprint-of": [{"id-type": "doi", "id": "10.5555/published"}]},
        resource={"primary": {"URL": "https://example.org/p"}},
    )
    assert article.identifiers == (Identifier("doi", "10.5555/x"),)
    assert article.type == "preprint"
    assert article.venue == Venue("exampleRxiv", "repository")
    assert article.published_on == "2020-05-04"
    assert article.relations == (Relation("is-preprint-of", "doi:10.5555/published", source="crossref"),)
    assert article.locations == (Location("https://example.org/p", "landing", "submitted", host="repository"),)


@pytest.mark.parametrize(
    ("url", "start", "license_", "is_open"),
    [
        ("https://creativecommons.org/licenses/by-nc/4.0/", [2021, 6, 1], "cc-by-nc-4.0", True),
        ("https://creativecommons.org/licenses/by-nc/4.0/", [2031, 6, 1], "cc-by-nc-4.0", None),  # embargoed
        ("https://www.example.org/tdm", [2021], "", None),
        ("https://www.example.org/terms", [2021], "https://www.example.org/terms", None),
    ],
)
def test_a_licence_opens_from_its_start(url: str, start: list[int], license_: str, is_open: bool | None) -> None:
    article = work(
        license=[{"URL": url, "content-version": "vor", "start": {"date-parts": [start]}, "delay-in-days": 90}],
        indexed={"date-time": "2024-05-02T10:00:00Z"},
        resource={"primary": {"URL": "https://example.org/a"}},
    )
    assert article.license == license_
    assert article.locations[0].is_open is is_open


def test_a_relation_told_twice_counts_once() -> None:
    article = work(
        **{"update-to": [{"DOI": "10.5555/v1", "type": "new_version", "updated": {"date-parts": [[2024]]}}]},
        relation={"is-version-of": [{"id": "10.5555/v1", "id-type": "doi"}]},
    )
    assert article.relations == (Relation("is-version-of", "doi:10.5555/v1", source="crossref"),)


def test_a_member_of_an_unexpected_type_costs_only_itself() -> None:
    article = work(
        author=[{"family": "Byron", "given": "Ada", "affiliation": "none"}, "nobody", {"family": 7}],
        volume=12,
        language=["en"],
        license={"URL": "x"},
        reference=[None, {"DOI": ["10.5555/y"], "unstructured": "Kept."}],
        abstract={"p": "x"},
    )
    assert [author.name for author in article.authors] == ["Ada Byron", "7"]
    assert article.volume == "12"
    assert article.relations == (Relation("references", title="Kept.", source="crossref"),)


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "object"),
        ("{}", "neither title nor valid DOI"),
        ('{"message": "Resource not found."}', "Resource not found"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "nested too deeply"),
    ],
)
def test_what_cannot_be_understood_is_said_clearly(piece: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        crossref.parse(piece)


@pytest.mark.parametrize(
    "foreign",
    [
        '{"doi": "10.5555/x", "doi_url": "https://doi.org/10.5555/x", "is_oa": true, "title": "T", "genre": "x"}',
        '{"status":"ok","message-type":"member-list","message":{"items":[{"id":1}]}}',
        '{"paperId": "abc", "externalIds": {"DOI": "10.5555/x"}, "title": "T"}',
        '{"id": "https://openalex.org/W1", "doi": "https://doi.org/10.5555/x", "title": "T"}',
        '{"DOI": "10.5555/x", "type": "article-journal", "title": "T"}',
        "TY  - JOUR\n",
        'interactions:\n- body: \'{"message-type":"work"}\'',
    ],
)
def test_other_formats_are_left_to_others(foreign: str) -> None:
    assert not crossref.sniff(foreign)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_value_anywhere_gives_a_record_or_a_parse_error(data: st.DataObject) -> None:
    value = json.loads((FIXTURES / "article.json").read_text())["message"]
    for key in data.draw(st.lists(st.sampled_from(sorted(value)), max_size=5)):
        value[key] = data.draw(JSON)
    try:
        (entry,) = crossref.parse(json.dumps(value))
    except ParseError:
        return
    assert isinstance(entry, Record)


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    if not SHARED.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {SHARED}")
    expected = {
        "1item.json.gz": 1, "3items.json.gz": 3, "affiliations.json.gz": 1, "updated.json.gz": 1,
        "crossref-2025.jsonl.gz": 3, "crossref-works.2018-01-21.badsample.json": 14, "crossref-works.single.json": 1,
        "crossref_api_works.json": 3, "crossref_import.json": 10, "crossref_import_no_rows.json": 0,
        "crossref_import_no_rows_single.json": 0, "crossref_orcid.json": 10, "crossRef.json": 3,
        "crossref-list.json": 20, "crossref-list_missing_doi.json": 20, "crossref.json": 1, "crossref_f1000.json": 1,
        "crossref_posted_content_biorxiv.json": 1, "crossref_update_correction.json": 1,
        "crossref_wellcome_open_research.json": 1, "crossref_works_single.json": 1,
    }  # fmt: skip
    foreign = {"crossref_publisher.json", "crossref_publisher_nil.json", "doi_import.json", "csl_import.json"}
    paths = [
        *(path for path in (SHARED / "data/files/crossref_works_json").rglob("*") if path.is_file()),
        *(SHARED / "data/files/csl_json/front-matter__commonmeta-py").glob("crossref*.json"),
        *(SHARED / "samples/crossref").glob("*.json"),
    ]
    found: dict[str, int] = {}
    for path in paths:
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            assert crossref.sniff(text.head) == (path.name not in foreign), path.name
            if path.name in foreign:
                continue
            pieces = list(crossref.split(text))
        assert [piece.error for piece in pieces] == [""] * len(pieces), path.name
        articles = [entry.article for piece in pieces for entry in crossref.parse(piece.text)]  # type: ignore[union-attr]
        assert all(article.title or article.identifiers for article in articles)
        found[path.name] = len(articles)
    assert found == expected
