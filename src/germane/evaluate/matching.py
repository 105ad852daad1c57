"""Matching: which items are about which articles, by each rule that decides it, with the right to say nothing.

The articles to be matched are those that any item of the collection names; an item that names none is one to keep
silent on. Precision is of the claims that name an article of these, recall of the known pairs; `abstained` is the part
of the items for which a rule claimed nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from germane.article import Identifier, Scheme
from germane.evaluate.collections import Collections, read_rows
from germane.evaluate.report import OURS, Clock, Report, guarded
from germane.identifiers import key_of, normalize_acl, normalize_arxiv, normalize_doi
from germane.item import ItemClaim
from germane.matching.links import claims_of

COLLECTIONS: Mapping[str, str] = {
    "blog_posts": "../items/blog_posts.jsonl.gz",
    "elife_news": "../items/elife_news.jsonl.gz",
    "posts_arxiv": "../items/posts_arxiv.jsonl.gz",
    "videos_declared": "../items/videos_declared.jsonl.gz",
}
RULES: Mapping[str, frozenset[str]] = {
    "id_link": frozenset({"id-link"}),
    "id_text": frozenset({"id-text"}),
    "declared": frozenset({"declared"}),
    "all": frozenset({"id-link", "id-text", "declared"}),
}
UNWRITTEN = ("title", "names")  # rules that do not exist yet

_NORMALIZED: Mapping[str, tuple[Scheme, Callable[[str], str | None]]] = {
    "doi": ("doi", normalize_doi),
    "arxiv_id": ("arxiv", normalize_arxiv),
    "acl_id": ("acl", normalize_acl),
}


class Item(Struct, frozen=True):
    """One item: the articles it is about, each as the set of its names, and what the rules claim."""

    articles: tuple[frozenset[str], ...]
    claims: tuple[ItemClaim, ...]


def evaluate_matching(collections: Collections, report: Report) -> None:
    """Measure precision, recall and abstentions of every rule on every collection of items with known articles."""
    for name in COLLECTIONS:
        with guarded(report, f"matching.{name}"):
            rows = list(read_rows(_asked(collections, name)))
            with Clock() as clock:
                items = [read_item(row) for row in rows]
            figures: dict[str, list[float]] = {}
            for rule, codes in RULES.items():
                figures |= {f"{rule}.{metric}": [value] for metric, value in judge(items, codes).items()}
            report.add("matching", name, OURS, figures, clock=clock, n=len(items))
            for rule in UNWRITTEN:
                report.skip(f"matching.{name}.{rule}", "this rule does not exist yet")


def _asked(collections: Collections, name: str) -> Any:
    if name == "videos_declared":  # declared by the venue: nothing was trained on them, and there is one part only
        return collections.known(COLLECTIONS[name])
    return collections.asked(COLLECTIONS[name])


def read_item(row: Mapping[str, Any]) -> Item:
    """Return an item with what the rules claim from its text, its links, and what its channel declares.

    Links are the item's own address and those it carries. A talk's article is declared by the venue that lists it.
    """
    articles = tuple(names for article in row.get("articles") or () if (names := _names(article)))
    declared = [_identifiers(article) for article in row["articles"]] if row["kind"] == "video" else []
    claims = claims_of(
        texts={"title": row.get("title") or "", "summary": row.get("summary") or "", "text": row.get("text") or ""},
        links=row.get("links") or (),
        declared=declared,
        declared_by=row.get("platform") or "",
        own=[Identifier("doi", own)] if (own := normalize_doi(row.get("own_doi") or "")) else (),
    )
    return Item(articles, claims)


def judge(items: Iterable[Item], codes: frozenset[str]) -> dict[str, float]:
    """Return `precision` and `recall` 0..1 of the claims with these evidence codes, and `abstained`.

    A claim counts when its identifier is one of an article that some item is about; without such a claim there is no
    precision.
    """
    items = list(items)
    known = {name for item in items for article in item.articles for name in article}
    n_claims = n_right = n_found = n_wanted = n_silent = 0
    for item in items:
        claimed = {each.identifier for each in item.claims if each.evidence.code in codes and each.identifier in known}
        own = {name for article in item.articles for name in article}
        n_claims += len(claimed)
        n_right += len(claimed & own)
        n_found += sum(bool(article & claimed) for article in item.articles)
        n_wanted += len(item.articles)
        n_silent += not claimed
    figures = {"abstained": n_silent / len(items)} if items else {}
    if n_claims:
        figures["precision"] = n_right / n_claims
        if n_wanted:
            figures["recall"] = n_found / n_wanted
    return figures


def _identifiers(article: Mapping[str, Any]) -> list[Identifier]:
    found = []
    for field, (scheme, normalize) in _NORMALIZED.items():
        if value := normalize(str(article.get(field) or "")):
            found.append(Identifier(scheme, value))
    return found


def _names(article: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(key_of(each) for each in _identifiers(article))
