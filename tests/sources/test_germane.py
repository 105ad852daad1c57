"""Our own lines are read as they are documented, and refused with a reason where they are not so."""

import io
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

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
from germane.item import Evidence, Item, ItemClaim
from germane.reading.opening import open_text
from germane.sources import ParseError
from germane.sources import germane as own

FIXTURES = Path(__file__).parent / "fixtures" / "germane"
DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


def read(text: str) -> list[Any]:
    stream = open_text(io.BytesIO(text.encode()), name="sample")
    assert own.sniff(stream.head)
    return [entry for piece in own.split(stream) for entry in own.parse(piece.text)]


def test_an_article_line_is_read_whole() -> None:
    article, _, bare = read((FIXTURES / "lines.jsonl").read_text())
    assert article == Record(
        "germane",
        "doi:10.5555/own.1",
        Article(
            identifiers=(
                Identifier("doi", "10.5555/own.1"),
                Identifier("pmid", "123456"),
                Identifier("arxiv", "2101.00001"),
            ),
            title="Warm flies &amp; $x&lt;y$",
            authors=(
                Author("Ada Byron", "Byron", "Ada", "0000-0002-1825-0097", ("Analytical Institute",)),
                Author("Marie Curie", "Curie", "Marie"),
            ),
            venue=Venue("Journal of Invented Results", "journal", ("1234-5679",), "Example Press"),
            published_on="2021-03-09",
            type="article",
            language="en",
            volume="12",
            issue="3",
            pages="101-119",
            abstracts=(Abstract("<p>Our own words.</p>", "germane", "cc0", "own-summary"),),
            keywords=(Keyword("Drosophila", "subject", "mesh"), Keyword("warmth")),
            locations=(Location("https://example.org/1.pdf", "pdf", "published", "cc-by-4.0", True, "publisher"),),
            relations=(
                Relation("references", "doi:10.5555/old", source="germane"),
                Relation("has-trial", "nct:NCT01234567", source="germane"),
                Relation("has-video", url="https://example.org/v", title="Talk", on="2021", source="germane"),
            ),
            notices=(Notice("retraction", "10.5555/n", "2022-01-02", "", "Data", "germane"),),
            funding=(Funding("Fund of Examples", "A-1"),),
            license="cc-by-4.0",
            n_cited_by=3,
        ),
    )
    assert bare.key.startswith("hash:")
    assert bare.article == Article(title="Nothing but a title")


def test_an_item_line_is_read_whole() -> None:
    item = read((FIXTURES / "lines.jsonl").read_text())[1]
    text = "As shown in doi:10.5555/own.1 it is warm."
    linked, written, declared = item.claims
    assert linked == ItemClaim(
        "doi:10.5555/linked",
        Evidence("id-link", linked.evidence.matched, "https://doi.org/10.5555/linked", "links/1"),
    )
    assert "10.5555/linked" in linked.evidence.matched
    assert written.identifier == "doi:10.5555/own.1"
    assert written.evidence.code == "id-text"
    field, _, offset = written.evidence.where.partition(":")
    assert (field, text[int(offset) :].startswith(written.evidence.matched)) == ("text", True)
    assert declared == ItemClaim("pmid:77", Evidence("declared", "pmid:77", "Invented Notes", "links/1"))
    assert item == Item(
        channel="germane",
        key="https://example.org/post",
        kind="news",
        url="https://example.org/post",
        title="On warm flies",
        excerpt="A short & sweet summary.",
        platform="Invented Notes",
        label="blog",
        published_on="2021-04-01",
        language="en",
        storage="cc-by",
        links=("https://doi.org/10.5555/linked", "https://doi.org/10.5555/post.1"),
        claims=item.claims,
        extra={"tags": "flies, heat", "own_doi": "10.5555/post.1"},
    )


def line(**fields: Any) -> str:
    return json.dumps({"germane": 1, "kind": "article", "title": "T", **fields})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (line(germane=2), "version 2 of the format is newer"),
        (line(kind="poem"), "the kind of line 'poem' is not known"),
        (line(title=""), "without a title and without an identifier"),
        (line(identifiers=["doi:nonsense"]), "not an identifier: 'doi:nonsense'"),
        (line(type="novel"), "the type 'novel' is not one of article, "),
        (line(relations=[{"kind": "likes", "url": "x"}]), "the relation's kind 'likes' is not one of"),
        (line(relations=[{"kind": "references"}]), "a relation .references. to nothing"),
        (line(relations=[{"kind": "references", "identifier": "isbn:1"}]), "not the identifier of a relation"),
        (line(notices=[{"kind": "rumor"}]), "the notice's kind 'rumor'"),
        (line(kind="news", title=""), "an item without address, title and text"),
        ('{"germane": 1, "kind": "article", "title": "T"', "not valid JSON"),
        ("[1]", "object"),
    ],
)
def test_what_does_not_follow_the_format_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        own.parse(text)


def test_an_excerpt_is_never_longer_than_200_characters() -> None:
    (item,) = own.parse(json.dumps({"kind": "social", "platform": "x", "text": "word " * 400}))
    assert isinstance(item, Item)
    assert 150 < len(item.excerpt) <= 200


@pytest.mark.parametrize(
    ("license_", "expected"),
    [
        ("CC0", "cc0"),
        ("cc-by-4.0", "cc-by"),
        ("CC BY-NC 4.0", "link-only"),
        ("CC BY-ND 4.0", "link-only"),
        ("", "link-only"),
    ],
)
def test_only_free_licences_allow_export(license_: str, expected: str) -> None:
    (item,) = own.parse(json.dumps({"kind": "news", "url": "https://example.org", "license": license_}))
    assert isinstance(item, Item)
    assert item.storage == expected


@pytest.mark.parametrize(
    "foreign",
    [
        '{"kind": "youtube#video", "id": "x"}',
        '{"id": "1", "kind": "news"}',
        '{"title": "T", "articles": []}',
        '{"DOI": "10.5555/x"}',
        '{"germane": "yes"}',
    ],
)
def test_other_formats_are_left_to_others(foreign: str) -> None:
    assert not own.sniff(foreign)


def test_every_field_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    documented = set(re.findall(r"`([a-z_]+)`", text))
    fields = {
        name
        for kind in vars(own).values()
        if hasattr(kind, "__struct_fields__") and kind.__module__ == own.__name__
        for name in kind.__struct_fields__
    }
    assert len(fields) > 50
    assert fields - documented == set()


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "expected", "n_claims"),
    [
        ("blog_posts", 996, 700),
        ("elife_news", 19, 20),
        ("posts_arxiv", 1937, 1937),
        ("videos_declared", 15592, 15592),
    ],
)
def test_the_real_items_are_read_without_a_loss(name: str, expected: int, n_claims: int) -> None:
    path = SHARED / f"data/items/{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {path}")
    found: Counter[str] = Counter()
    declared: set[tuple[int, str]] = set()
    claimed: set[tuple[int, str]] = set()
    with path.open("rb") as stream:
        text = open_text(stream, name=path.name)
        assert own.sniff(text.head)
        for number, piece in enumerate(own.split(text)):
            (item,) = own.parse(piece.text)
            assert isinstance(item, Item)
            assert len(item.excerpt) <= 200
            found["all"] += 1
            claimed |= {(number, claim.identifier) for claim in item.claims}
            for article in json.loads(piece.text)["articles"]:
                declared |= {(number, f"doi:{article['doi'].lower()}")} if article.get("doi") else set()
    assert found["all"] == expected
    assert len(claimed) >= n_claims
    lost = declared - claimed
    assert len(lost) <= len(declared) * 0.02, sorted(lost)[:5]
