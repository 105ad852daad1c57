"""CSL-JSON becomes records; the ACL Anthology's items bring their talks, code and notices."""

import io
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.article import Abstract, Article, Author, Identifier, Keyword, Location, Notice, Record, Relation, Venue
from germane.reading.opening import open_text
from germane.sources import ParseError, csl

FIXTURES = Path(__file__).parent / "fixtures" / "csl"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


def records(text: str) -> list[Record]:
    stream = open_text(io.BytesIO(text.encode()), name="sample")
    assert csl.sniff(stream.head)
    return [entry for piece in csl.split(stream) for entry in csl.parse(piece.text)]  # type: ignore[misc]


def item(**fields: Any) -> Record:
    (entry,) = csl.parse(json.dumps({"type": "article-journal", "title": "T", **fields}))
    assert isinstance(entry, Record)
    return entry


def test_every_useful_variable_is_read() -> None:
    published, preprint = records((FIXTURES / "items.json").read_text())
    assert published == Record(
        "csl",
        "doi:10.5555/csl.1",
        Article(
            identifiers=(
                Identifier("doi", "10.5555/csl.1"),
                Identifier("pmid", "123456"),
                Identifier("pmcid", "PMC7654321"),
            ),
            title="Warm flies in <i>winter</i>",
            authors=(Author("Ada van Byron", "van Byron", "Ada"), Author("The Antenna Consortium")),
            venue=Venue("Journal of Invented Results", "journal", ("1234-5679", "2049-3630"), "Example Press"),
            published_on="2021-03-09",
            type="article",
            language="en",
            volume="12",
            issue="3",
            pages="101-119",
            abstracts=(Abstract("We warmed flies.", "csl"),),
            keywords=(Keyword("warmth"), Keyword("flies")),
            locations=(Location("http://arxiv.org/abs/2101.00001", "landing"),),
            relations=(Relation("has-preprint", "arxiv:2101.00001", source="csl"),),
        ),
    )
    assert preprint.key == "arxiv:2101.00002"
    assert preprint.article.type == "preprint"
    assert preprint.article.published_on == "2021-01-05"
    assert preprint.article.authors == (Author("Marie Curie", "Curie", "Marie"),)


def test_an_array_lines_one_item_and_zoteros_items_say_the_same() -> None:
    items = json.loads((FIXTURES / "items.json").read_text())
    expected = records(json.dumps(items))
    assert records("\n".join(json.dumps(each) for each in items)) == expected
    assert records(json.dumps(items[0], indent=2)) == expected[:1]
    assert records(json.dumps({"items": items})) == expected


def test_the_anthologys_items_bring_what_csl_lacks() -> None:
    new, old = records((FIXTURES / "anthology.jsonl").read_text())
    site = "https://aclanthology.org/"
    assert new.key == "2020.acl-main.9999"
    assert new.article.identifiers == (
        Identifier("doi", "10.5555/v1/2020.acl-main.9999"),
        Identifier("acl", "2020.acl-main.9999"),
    )
    assert new.article.abstracts == (Abstract("We parse.", "acl", "cc-by-4.0"),)
    assert new.article.locations == (
        Location(f"{site}2020.acl-main.9999/", "landing", "published", "cc-by-4.0", True, "publisher"),
        Location(f"{site}2020.acl-main.9999.pdf", "pdf", "published", "cc-by-4.0", True, "publisher"),
    )
    assert new.article.relations == (
        Relation("has-video", url="http://slideslive.com/1", source="acl"),
        Relation("has-video", url=f"{site}2020.acl-main.9999.mp4", source="acl"),
        Relation("has-video", url=f"{site}bare.mp4", source="acl"),
        Relation(
            "has-software", url=f"{site}attachments/2020.acl-main.9999.Software.zip", title="software", source="acl"
        ),
        Relation("has-dataset", url="https://example.org/d.zip", title="dataset", source="acl"),
        Relation("has-poster", url=f"{site}attachments/p.pdf", title="poster", source="acl"),
        Relation("has-slides", url=f"{site}attachments/s.pdf", title="presentation", source="acl"),
        Relation("has-supplement", url=f"{site}attachments/x.pdf", source="acl"),
        Relation("has-award", title="Best Invented Paper", source="acl"),
    )
    assert new.article.notices == (
        Notice("retraction", url=f"{site}2020.acl-main.9999/", source="acl"),
        Notice("correction", url=f"{site}2020.acl-main.9999e1.pdf", reason="Erratum", source="acl"),
        Notice("correction", url=f"{site}2020.acl-main.9999v3.pdf", reason="Revised: version 3", source="acl"),
    )
    assert old.article.abstracts == (Abstract("We parsed.", "acl", "cc-by-nc-sa-3.0"),)
    assert old.article.locations[1].url == f"{site}P99-1001.pdf"


def test_only_the_anthologys_own_items_get_its_licence() -> None:
    entry = item(id="P99-1001", URL="https://example.org/P99-1001", abstract="Text.", custom={"video": ["v.mp4"]})
    assert entry.article.abstracts == (Abstract("Text.", "csl"),)
    assert entry.article.relations == ()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "article"}, "article"),
        ({"type": "article", "genre": "Preprint"}, "preprint"),
        ({"type": "paper-conference"}, "conference-paper"),
        ({"type": "post-weblog"}, "other"),
        ({"type": "made-up"}, "other"),
    ],
)
def test_types(fields: dict[str, Any], expected: str) -> None:
    assert item(**fields).article.type == expected


def test_a_variable_of_an_unexpected_type_costs_only_itself() -> None:
    article = item(
        author=["Ada", {"family": "Byron"}], issued="2020", ISSN=7, keyword=["a", "b"], PMID=12345, volume=[1]
    ).article
    assert article.authors == (Author("Byron", "Byron"),)
    assert article.identifiers == (Identifier("pmid", "12345"),)
    assert article.keywords == (Keyword("a"), Keyword("b"))
    assert (article.published_on, article.volume) == ("", "")


def test_items_without_a_name_of_their_own_are_told_apart() -> None:
    assert item(title="One").key.startswith("hash:")
    assert item(title="One").key == item(title="ONE ").key
    assert item(title="One").key != item(title="One", issued={"date-parts": [[2020]]}).key


@pytest.mark.parametrize(
    ("piece", "message"), [("{}", "neither title"), ("[]", "object"), ('{"title": "T",}', "not valid JSON")]
)
def test_what_cannot_be_understood_is_said_clearly(piece: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        csl.parse(piece)


@pytest.mark.parametrize(
    "foreign",
    [
        '{"id": "https://doi.org/10.5555/x", "type": "JournalArticle", "title": "T"}',
        '{"@context": "http://schema.org", "type": "book", "title": "x", "author": []}',
        '{"id": "https://openalex.org/W1", "type": "article", "title": "T", "authorships": []}',
        '{"type": "event", "id": 1}',
        '{"kind": "news", "title": "T", "url": "https://example.org"}',
        '{"id": "1", "type": "dois", "attributes": {}}',
    ],
)
def test_other_formats_are_left_to_others(foreign: str) -> None:
    assert not csl.sniff(foreign)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_value_anywhere_gives_a_record_or_a_parse_error(data: st.DataObject) -> None:
    lines = (FIXTURES / "anthology.jsonl").read_text().splitlines()
    value = data.draw(st.sampled_from([json.loads(lines[0]), *json.loads((FIXTURES / "items.json").read_text())]))
    for key in data.draw(st.lists(st.sampled_from(sorted(value)), max_size=5)):
        value[key] = data.draw(JSON)
    for key in data.draw(st.lists(st.sampled_from(["video", "attachments", "errata", "revisions", "awards", "pdf"]))):
        if isinstance(value.get("custom"), dict):
            value["custom"][key] = data.draw(JSON)
    try:
        (entry,) = csl.parse(json.dumps(value))
    except ParseError:
        return
    assert isinstance(entry, Record)


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    if not SHARED.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {SHARED}")
    expected = {
        "citeproc.json": 1,
        "citeproc_duplicate_keys.json": 1,
        "citeproc-no-author.json": 1,
        "csl-list.json": 17,
        "csl_import.json": 10,
    }
    paths = [
        *(SHARED / "data/files/csl_json").rglob("*.json"),
        *(SHARED / "data/files/crossref_works_json").rglob("csl*.json"),
    ]
    found = {}
    for path in paths:
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            assert csl.sniff(text.head) == (path.name in expected), path.name
            if path.name in expected:
                found[path.name] = sum(len(csl.parse(piece.text)) for piece in csl.split(text))
    assert found == expected


@pytest.mark.shared
def test_the_anthology_is_read_without_a_loss() -> None:
    path = SHARED / "data/articles/acl.csl.jsonl.gz"
    if not path.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {path}")
    counts: Counter[str] = Counter()
    keys = set()
    with path.open("rb") as stream:
        for piece in csl.split(open_text(stream, name=path.name)):
            (entry,) = csl.parse(piece.text)
            assert isinstance(entry, Record)
            keys.add(entry.key)
            counts["all"] += 1
            counts["acl"] += bool(entry.article.identifier("acl"))
            counts["doi"] += bool(entry.article.identifier("doi"))
            counts["abstract"] += bool(entry.article.abstracts)
            counts["video"] += any(each.kind == "has-video" for each in entry.article.relations)
            counts["retracted"] += any(each.kind == "retraction" for each in entry.article.notices)
    assert len(keys) == counts["all"] == counts["acl"] == 67_389
    assert (counts["abstract"], counts["doi"], counts["retracted"]) == (
        64_389,
        41_795,
        10,
    )  # 44 "DOIs" are handles, or lack their first digit
    assert counts["video"] >= 14_731
