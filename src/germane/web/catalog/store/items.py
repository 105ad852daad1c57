"""Write items and put them on the shelves of the articles that they claim, now or when those articles arrive."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

from germane.article import Article
from germane.item import ABOUT_CODES, TAB_OF_KIND, Evidence, Item
from germane.matching.declared import MATCHER, declared_items
from germane.web.catalog.codec import pack, unpack_item
from germane.web.catalog.rows import sort_on
from germane.web.catalog.store.sql import insert_many, rows_in, write_in, write_many

Outcome = Literal["new", "changed", "unchanged"]
MAX_ON_TOPIC_SHELF = 5  # items a tab: the same topic is a hint, not a flood
_ITEM_COLUMNS = (
    "channel", "key", "kind", "platform", "label", "url", "title", "excerpt", "author", "published_on", "sort_on",
    "language", "storage", "content", "digest", "is_hidden", "is_related", "first_seen_at", "last_seen_at",
)  # fmt: skip
_ITEM_KEPT = {"channel", "key", "is_hidden", "first_seen_at"}
_MENTION_COLUMNS = (
    "item_id", "article_id", "tab", "shelf", "code", "matched", "place", "matcher", "confidence", "sort_on",
    "is_hidden", "first_seen_at", "last_seen_at",
)  # fmt: skip
_MENTION_KEPT = {"item_id", "article_id", "is_hidden", "first_seen_at"}


class Tie(NamedTuple):
    """An item and an article that belong together, and why."""

    item_id: int
    article_id: int
    item: Item
    evidence: Evidence


def write_items(items: Sequence[Item], now: datetime) -> tuple[list[Outcome], set[int]]:
    """Keep items and tie them to the articles that they claim.

    Returns what each item was, and the articles whose shelves changed. No two may share (channel, key).
    """
    held = _held(items)
    outcomes: list[Outcome] = []
    fresh: list[Item] = []
    for item in items:
        before = held.get((item.channel, item.key))
        if before and before[1] == _digest(item):
            outcomes.append("unchanged")
        else:
            outcomes.append("changed" if before else "new")
            fresh.append(item)
    ids = _upsert(fresh, now)
    write_in("DELETE FROM catalog_claim WHERE item_id IN ({})", ids.values())
    insert_many(
        "claim",
        ("key", "item_id"),
        [(k, ids[i.channel, i.key]) for i in fresh for k in {c.identifier for c in i.claims}],
    )
    touched = _tie_claims({ids[i.channel, i.key]: i for i in fresh}, now)
    return outcomes, touched


def resolve_claims(keys: Iterable[str], now: datetime) -> set[int]:
    """Tie the items that have been waiting for an article of one of these identifiers; returns articles touched."""
    ids = [r[0] for r in rows_in("SELECT DISTINCT item_id FROM catalog_claim WHERE key IN ({})", keys)]
    found = rows_in("SELECT id, content FROM catalog_item WHERE id IN ({})", ids)
    return _tie_claims({number: unpack_item(content) for number, content in found}, now)


def write_declared(articles: Mapping[int, Article], now: datetime) -> None:
    """Tie what articles' own records declare, and take away what they no longer do."""
    declared = {number: declared_items(article) for number, article in articles.items()}
    unique = {(d.item.channel, d.item.key): d.item for some in declared.values() for d in some}
    ids = _upsert(list(unique.values()), now, only_new=True)
    ties = [
        Tie(ids[d.item.channel, d.item.key], number, d.item, d.evidence)
        for number, some in declared.items()
        for d in some
    ]
    wanted = {(t.item_id, t.article_id) for t in ties}
    gone = [
        r[0]
        for r in rows_in(
            f"SELECT id, item_id, article_id FROM catalog_mention WHERE matcher = '{MATCHER}' AND article_id IN ({{}})",
            articles,
        )
        if (r[1], r[2]) not in wanted
    ]
    write_in("DELETE FROM catalog_mention WHERE id IN ({})", gone)
    write_mentions(ties, now)


def write_mentions(ties: Iterable[Tie], now: datetime) -> None:
    """Put items on shelves. The shelf follows from the evidence: only its kind can say *about*."""
    best: dict[tuple[int, int], Tie] = {}
    for tie in ties:
        pair = (tie.item_id, tie.article_id)
        if pair not in best or _strength(tie.evidence) > _strength(best[pair].evidence):
            best[pair] = tie
    changes = ", ".join(f"{c} = EXCLUDED.{c}" for c in _MENTION_COLUMNS if c not in _MENTION_KEPT)
    insert_many(
        "mention",
        _MENTION_COLUMNS,
        [_mention_row(tie, now) for tie in best.values()],
        f"(item_id, article_id) DO UPDATE SET {changes}"
        # What is about an article never becomes merely the same topic.
        " WHERE catalog_mention.shelf = 'topic' OR EXCLUDED.shelf = 'about'",
    )


def write_topic_mentions(item_ids: Iterable[int], ties: Sequence[Tie], now: datetime) -> None:
    """Replace what some items are on the topic of; an article keeps the surest few in each tab."""
    write_in("DELETE FROM catalog_mention WHERE shelf = 'topic' AND item_id IN ({})", item_ids)
    write_mentions(ties, now)
    shelves: dict[tuple[int, str], list[tuple[float, int]]] = {}
    for number, article_id, tab, confidence in rows_in(
        "SELECT id, article_id, tab, confidence FROM catalog_mention WHERE shelf = 'topic' AND article_id IN ({})",
        [t.article_id for t in ties],
    ):
        shelves.setdefault((article_id, tab), []).append((-confidence, number))
    write_in(
        "DELETE FROM catalog_mention WHERE id IN ({})",
        [number for some in shelves.values() for _, number in sorted(some)[MAX_ON_TOPIC_SHELF:]],
    )


def _tie_claims(items: Mapping[int, Item], now: datetime) -> set[int]:
    keys = [c.identifier for item in items.values() for c in item.claims]
    owners = dict(
        rows_in(
            "SELECT i.key, i.article_id FROM catalog_identifier i JOIN catalog_article a ON a.id = i.article_id"
            " WHERE a.merged_into IS NULL AND i.key IN ({})",
            keys,
        )
    )
    ties = [
        Tie(number, owners[c.identifier], item, c.evidence)
        for number, item in items.items()
        for c in item.claims
        if c.identifier in owners
    ]
    claimed = {(t.item_id, t.article_id) for t in ties}
    gone = [
        (number, article_id)
        for number, item_id, article_id in rows_in(
            "SELECT id, item_id, article_id FROM catalog_mention WHERE shelf = 'about' AND code <> 'curator'"
            f" AND matcher <> '{MATCHER}' AND item_id IN ({{}})",
            items,
        )
        if (item_id, article_id) not in claimed
    ]
    write_in("DELETE FROM catalog_mention WHERE id IN ({})", [number for number, _ in gone])
    write_mentions(ties, now)
    return {t.article_id for t in ties} | {article_id for _, article_id in gone}


def _upsert(items: Sequence[Item], now: datetime, *, only_new: bool = False) -> dict[tuple[str, str], int]:
    """Write items and return their numbers by (channel, key)."""
    if not items:
        return {}
    changes = ", ".join(f"{c} = EXCLUDED.{c}" for c in _ITEM_COLUMNS if c not in _ITEM_KEPT)
    insert_many(
        "item",
        _ITEM_COLUMNS,
        [_item_row(item, now) for item in items],
        "(channel, key) DO NOTHING" if only_new else f"(channel, key) DO UPDATE SET {changes}",
    )
    return {pair: number for pair, (number, _) in _held(items).items()}


def _held(items: Sequence[Item]) -> dict[tuple[str, str], tuple[int, bytes]]:
    return {
        (channel, key): (number, bytes(mark))
        for channel in dict.fromkeys(item.channel for item in items)
        for key, number, mark in rows_in(
            "SELECT key, id, digest FROM catalog_item WHERE channel = %s AND key IN ({})",
            [item.key for item in items if item.channel == channel],
            channel,
        )
    }


def _digest(item: Item) -> bytes:
    return blake2b(pack(item), digest_size=16).digest()


def _item_row(item: Item, now: datetime) -> tuple[Any, ...]:
    return (
        item.channel,
        item.key,
        item.kind,
        item.platform,
        item.label[:40],
        item.url,
        item.title,
        item.excerpt[:201],
        item.author,
        item.published_on[:32],
        sort_on(item.published_on),
        item.language[:8],
        item.storage,
        pack(item),
        _digest(item),
        False,
        item.kind == "reference",  # data, code and reviews are about their article and nothing else
        now,
        now,
    )


def _mention_row(tie: Tie, now: datetime) -> tuple[Any, ...]:
    evidence = tie.evidence
    return (
        tie.item_id,
        tie.article_id,
        TAB_OF_KIND[tie.item.kind],
        "about" if evidence.code in ABOUT_CODES else "topic",
        evidence.code,
        evidence.matched,
        evidence.where,
        evidence.matcher,
        evidence.confidence,
        sort_on(tie.item.published_on),
        False,
        now,
        now,
    )


def _strength(evidence: Evidence) -> tuple[bool, float]:
    return (evidence.code in ABOUT_CODES, evidence.confidence)


def hide_mentions(ids: Iterable[int]) -> None:
    """Take mentions off their shelves without forgetting them, as an operator does."""
    write_many("UPDATE catalog_mention SET is_hidden = %s WHERE id = %s", [(True, i) for i in ids])
