"""Texts that a database refuses, in every field: a reject at worst, and never a lost neighbor."""

import json
from pathlib import Path
from typing import Any

import pytest

from germane.web.catalog.models import Article, Record
from germane.web.jobs.importing import import_files

pytestmark = pytest.mark.django_db

NEIGHBOR = {"germane": 1, "kind": "article", "identifiers": ["doi:10.5555/neighbor"], "title": "The neighbor of it all"}


def an_article(text: str) -> dict[str, Any]:
    """Every text of an article's line ends in this one."""
    return {
        "germane": 1, "kind": "article", "identifiers": ["doi:10.5555/odd"], "title": f"Odd soil {text}",
        "subtitle": text, "original_title": text, "source": f"odd{text}", "key": f"k{text}", "updated_on": text,
        "authors": [{"name": f"Ada {text}", "family": text, "given": text, "affiliations": [text]}],
        "venue": {"name": f"Journal {text}", "issns": [text], "publisher": text}, "published_on": f"2020{text}",
        "language": text, "volume": text, "issue": text, "pages": text, "license": text,
        "abstracts": [{"markup": f"<p>{text}</p>", "source": f"s{text}", "license": text, "language": text}],
        "keywords": [{"text": text, "scheme": text}], "locations": [{"url": f"https://example.org/{text}"}],
        "relations": [{"kind": "has-dataset", "url": f"https://example.org/{text}", "title": text, "source": text},
                      {"kind": "references", "title": text, "identifier": text}],
        "notices": [{"kind": "correction", "identifier": text, "on": text, "reason": text, "source": text}],
        "funding": [{"funder": text, "award": text}],
    }  # fmt: skip


def an_item(text: str) -> dict[str, Any]:
    return {
        "germane": 1, "kind": "news", "platform": f"blog: {text}", "channel": f"c{text}", "id": f"i{text}",
        "url": f"https://example.org/{text}", "title": text, "summary": text, "text": text, "published": f"2020{text}",
        "lang": text, "tags": [text], "label": text, "author": text, "links": [text],
        "articles": [{"doi": "10.5555/neighbor"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "a\x00b",
        "\ud800",
        "\udfff tail",
        "x" * 5_000,
        "\u202e\u2066",
        "\x1f\x7f\x85",
        "\ufffe\uffff",
        "'\"%s{}\\",
    ],
    ids=["nul", "nul-inside", "high-surrogate", "low-surrogate", "long", "bidi", "controls", "noncharacters", "quotes"],
)
@pytest.mark.parametrize("make", [an_article, an_item])
def test_no_text_costs_a_neighbor(tmp_path: Path, make: Any, text: str) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text("\n".join(map(json.dumps, (NEIGHBOR, make(text), {**NEIGHBOR, "volume": "2", "key": "other"}))))
    [report] = import_files([str(path)])
    assert not report.error
    counts = report.counts
    assert (counts.read, counts.new + counts.rejected) == (3, 3)
    assert counts.new >= 2
    assert Article.objects.filter(doi="10.5555/neighbor").count() == 1
    assert Record.objects.filter(key="other").exists()
    [again] = import_files([str(path)])
    assert (again.counts.unchanged, again.counts.rejected) == (counts.new, counts.rejected)
