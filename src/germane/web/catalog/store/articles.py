"""Write what sources say of articles: find whose record it is, merge, and keep every table that follows from it.

A batch is read, decided in memory (`placing`) and written with a few statements, so that an import's cost is the
parsing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from django.db import connection

from germane.article import Article, Deletion, Record
from germane.identifiers import key_of
from germane.web.catalog.codec import digest, pack_text
from germane.web.catalog.rows import bits_of, is_retracted
from germane.web.catalog.store import article_rows, clusters, leaving
from germane.web.catalog.store.derived import recount
from germane.web.catalog.store.items import resolve_claims, write_declared
from germane.web.catalog.store.placing import Batch, Fresh, RecordName, Reparse
from germane.web.catalog.store.sql import insert_many, rows_in, write, write_in, write_many

Outcome = Literal["new", "changed", "unchanged"]
_WRITERS = 7_202_118  # the number of the lock that lets one import at a time decide whose record it is


class Incoming(NamedTuple):
    """A record as it was read."""

    record: Record
    raw: str


class _Held(NamedTuple):
    article_id: int
    digest: bytes
    is_withdrawn: bool


def write_records(incoming: Sequence[Incoming], reparse: Reparse, now: datetime) -> list[Outcome]:
    """Keep records and bring their articles up to date. No two may share (source, key); returns what each one was."""
    _wait_for_others()
    held = _held([(i.record.source, i.record.key) for i in incoming])
    outcomes: list[Outcome] = []
    fresh: list[tuple[Fresh, int | None]] = []
    for one in incoming:
        before = held.get((one.record.source, one.record.key))
        mark = digest(one.raw)
        if before and before.digest == mark and not before.is_withdrawn:
            outcomes.append("unchanged")
        else:
            outcomes.append("changed" if before else "new")
            fresh.append((Fresh(one.record, one.raw, mark), before.article_id if before else None))
    if fresh:
        batch = Batch(reparse)
        batch.load([f.record.article for f, _ in fresh], [held_by for _, held_by in fresh if held_by])
        for one_fresh, held_by in fresh:
            batch.place(one_fresh, held_by)
        _flush(batch, now)
    return outcomes


def withdraw_records(deletions: Sequence[Deletion], reparse: Reparse, now: datetime) -> list[Outcome]:
    """Withdraw records; an article that no record is left of answers 410 from then on."""
    _wait_for_others()
    held = _held([(d.source, d.key) for d in deletions])
    outcomes: list[Outcome] = []
    poorer: list[int] = []
    for deletion in dict.fromkeys((d.source, d.key) for d in deletions):
        before = held.get(deletion)
        if before and not before.is_withdrawn:
            poorer.append(before.article_id)
            write(
                "UPDATE catalog_record SET is_withdrawn = %s, seen_at = %s WHERE source = %s AND key = %s",
                [True, now, *deletion],
            )
    changed = {name for name, before in held.items() if not before.is_withdrawn}
    for d in deletions:
        outcomes.append("changed" if (d.source, d.key) in changed else "unchanged")
        changed.discard((d.source, d.key))  # said twice, it is done once
    remerge_articles(poorer, reparse, now)
    return outcomes


def remerge_articles(ids: Iterable[int], reparse: Reparse, now: datetime) -> None:
    """Make articles again from all their records, as after a change or with a better parser."""
    _wait_for_others()
    batch = Batch(reparse)
    wanted = list(dict.fromkeys(ids))
    batch.load([], wanted)
    for article_id in wanted:
        batch.regroup(article_id)
    _flush(batch, now)


def _flush(batch: Batch, now: datetime) -> None:
    """Write what was decided."""
    batch.settle()
    articles = {i: batch.articles[i] for i in batch.dirty if i not in batch.absorbed and i not in batch.gone}
    winners = {batch.final(loser) for loser in batch.absorbed}
    changed = {i: a for i, a in articles.items() if a != batch.before.get(i) or i in batch.were_gone or i in winners}
    newly_gone = batch.gone & batch.dirty.keys() - batch.were_gone - batch.absorbed.keys()
    hidden = leaving.siblings([*batch.absorbed, *newly_gone, *(batch.were_gone & changed.keys())])
    write_in("DELETE FROM catalog_contest WHERE article_id IN ({})", batch.regrouped)
    for loser in batch.absorbed:
        leaving.absorb(loser, batch.final(loser), now)
    article_rows.write_articles(changed, known=batch.before.keys(), now=now)
    _write_records(batch, now)
    _write_contests(batch)
    leaving.withdraw(newly_gone, now)
    pairs = [(batch.final(a), batch.final(b)) for a, b in (*batch.versions, *hidden.pairs)]
    pairs += clusters.declared(changed)
    moved = clusters.join(pairs) | clusters.split(newly_gone | winners | _doubtful(batch, changed))
    touched = set(changed) | moved | leaving.listing(moved)
    write_declared(changed, now)
    names = {key_of(i) for a in changed.values() for i in a.identifiers} | batch.released
    touched |= resolve_claims(names, now)
    touched |= hidden.ids | leaving.listing(i for i, a in changed.items() if _seems_other(i, a, batch))
    recount(i for i in touched if i not in batch.absorbed)


def _write_records(batch: Batch, now: datetime) -> None:
    fresh = batch.fresh.values()
    insert_many(
        "record",
        ("source", "key", "article_id", "digest", "raw", "is_withdrawn", "seen_at"),
        [(f.record.source, f.record.key, _at(batch, f), f.digest, pack_text(f.raw), False, now) for f in fresh],
        "(source, key) DO UPDATE SET article_id = EXCLUDED.article_id, digest = EXCLUDED.digest,"
        " raw = EXCLUDED.raw, is_withdrawn = EXCLUDED.is_withdrawn, seen_at = EXCLUDED.seen_at",
    )
    write_many(
        "UPDATE catalog_record SET article_id = %s WHERE source = %s AND key = %s",
        [(batch.final(at), *name) for name, at in batch.at.items() if name not in batch.fresh],
    )


def _at(batch: Batch, fresh: Fresh) -> int:
    name: RecordName = (fresh.record.source, fresh.record.key)
    return batch.final(batch.at[name])


def _write_contests(batch: Batch) -> None:
    contests = {(key, batch.final(number)) for number, keys in batch.contests.items() for key in keys}
    insert_many("contest", ("key", "article_id"), sorted(contests), "DO NOTHING")
    write_in(
        "DELETE FROM catalog_contest WHERE article_id IN ({}) AND EXISTS (SELECT 1 FROM catalog_identifier i"
        " WHERE i.key = catalog_contest.key AND i.article_id = catalog_contest.article_id)",
        map(batch.final, batch.dirty),
    )


def _doubtful(batch: Batch, changed: Mapping[int, Article]) -> set[int]:
    """Return the articles of which others may be versions no longer."""
    poorer = {i for i, article in changed.items() if _may_leave(article, batch.before.get(i))}
    robbed = {number for key, number in batch.leftovers.items() if key in batch.owners}
    alike = {number for pair in batch.versions for number in pair}  # they may have changed since they were compared
    return poorer | {batch.final(number) for number in robbed | alike | batch.regrouped}


def _may_leave(article: Article, before: Article | None) -> bool:
    """Tell whether what made an article a version of others may be true no longer."""
    if before is None:
        return False
    lost = set(before.identifiers) - set(article.identifiers) or set(before.relations) - set(article.relations)
    return bool(lost) or any(
        getattr(article, name) != getattr(before, name) for name in ("title", "authors", "published_on", "type")
    )


def _seems_other(number: int, article: Article, batch: Batch) -> bool:
    """Tell whether lists of similar articles may show an article now, or no longer."""
    before = batch.before.get(number)
    if before is None:
        return False
    return number in batch.were_gone or _is_retracted(article) != _is_retracted(before)


def _is_retracted(article: Article) -> bool:
    return is_retracted(bits_of(notice.kind for notice in article.notices))


def _wait_for_others() -> None:
    """Let nobody else decide whose records are whose until this transaction ends; on SQLite nobody else writes."""
    if connection.vendor == "postgresql":
        write("SELECT pg_advisory_xact_lock(%s)", [_WRITERS])


def _held(keys: Sequence[RecordName]) -> dict[RecordName, _Held]:
    held: dict[RecordName, _Held] = {}
    for source in dict.fromkeys(source for source, _ in keys):
        for key, article_id, mark, is_withdrawn in rows_in(
            "SELECT key, article_id, digest, is_withdrawn FROM catalog_record WHERE source = %s AND key IN ({})",
            [k for s, k in keys if s == source],
            source,
        ):
            held[source, key] = _Held(article_id, bytes(mark), bool(is_withdrawn))
    return held
