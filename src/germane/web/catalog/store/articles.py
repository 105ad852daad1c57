"""Write what sources say of articles: find whose record it is, merge, and keep every table that follows from it.

What can be known of a record alone is known before (`incoming`). Records of articles that nobody here knows are
written as they come; the others are looked up, decided on in memory (`placing`), and written with them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

from django.db import connection

from germane.article import Article, Deletion
from germane.merge import merge_records
from germane.web.catalog.store import article_rows, clusters, leaving, notices
from germane.web.catalog.store.derived import recount
from germane.web.catalog.store.incoming import Incoming, Prepared, prepare, record_of, rows_of
from germane.web.catalog.store.items import resolve_claims, write_declared
from germane.web.catalog.store.newcomers import find_newcomers
from germane.web.catalog.store.placing import Batch, RecordName, Reparse
from germane.web.catalog.store.sql import as_parameter, insert_many, rows_in, write, write_in, write_many

Outcome = Literal["new", "changed", "unchanged"]
_WRITERS = 7_202_118  # the number of the lock that lets one import at a time decide whose record it is


class _Held(NamedTuple):
    article_id: int
    digest: bytes
    is_withdrawn: bool


def write_records(incoming: Sequence[Incoming], reparse: Reparse, now: datetime) -> list[Outcome]:
    """Keep records and bring their articles up to date. No two may share (source, key); returns what each one was."""
    return write_prepared(list(map(prepare, incoming)), reparse, now)


def write_prepared(incoming: Sequence[Prepared], reparse: Reparse, now: datetime) -> list[Outcome]:
    """Do what `write_records` does with records that are ready to be written."""
    _wait_for_others()
    held = _held([(one.source, one.key) for one in incoming])
    outcomes: list[Outcome] = []
    fresh: list[tuple[Prepared, int | None]] = []
    for one in incoming:
        before = held.get((one.source, one.key))
        if before and before.digest == one.digest and not before.is_withdrawn:
            outcomes.append("unchanged")
        else:
            outcomes.append("changed" if before else "new")
            fresh.append((one, before.article_id if before else None))
    if fresh:
        _place(fresh, reparse, now)
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
    batch.settle()
    _flush(batch, now)


def _place(fresh: Sequence[tuple[Prepared, int | None]], reparse: Reparse, now: datetime) -> None:
    """Find or make the article of each record, in order, and write them all."""
    is_newcomer = find_newcomers([one for one, _ in fresh])
    is_straight = [is_new and held_by is None for is_new, (_, held_by) in zip(is_newcomer, fresh, strict=True)]
    batch, newcomers = _decide(fresh, is_straight, reparse)
    if _meet(batch, newcomers):  # merged here, articles got names or titles that no record of the catalog had
        batch, newcomers = _decide(fresh, [False] * len(fresh), reparse)
    _flush(batch, now, newcomers)


def _decide(
    fresh: Sequence[tuple[Prepared, int | None]], is_straight: Sequence[bool], reparse: Reparse
) -> tuple[Batch, dict[int, Prepared]]:
    """Return what was decided on some records, and the others, each with the number of its new article."""
    batch = Batch(reparse)
    newcomers: dict[int, Prepared] = {}
    records = [None if straight else record_of(one) for straight, (one, _) in zip(is_straight, fresh, strict=True)]
    batch.load([r.article for r in records if r], [held_by for _, held_by in fresh if held_by])
    for record, (one, held_by) in zip(records, fresh, strict=True):
        if record is None:
            newcomers[batch.give_number()] = one
        else:
            batch.place(one, record, held_by)
    batch.settle()
    return batch, newcomers


def _meet(batch: Batch, newcomers: Mapping[int, Prepared]) -> bool:
    """Tell whether what was decided on concerns a newcomer."""
    return any(
        not batch.sharing.keys().isdisjoint(one.alone.work_keys)
        or not batch.owners.keys().isdisjoint(one.alone.names)
        or not batch.leftovers.keys().isdisjoint(one.alone.names)
        for one in newcomers.values()
    )


def _flush(batch: Batch, now: datetime, newcomers: Mapping[int, Prepared] = MappingProxyType({})) -> None:
    """Write what was decided, and newcomers."""
    articles = {i: batch.articles[i] for i in batch.dirty if i not in batch.absorbed and i not in batch.gone}
    winners = {batch.final(loser) for loser in batch.absorbed}
    changed = {i: a for i, a in articles.items() if a != batch.before.get(i) or i in batch.were_gone or i in winners}
    newly_gone = batch.gone & batch.dirty.keys() - batch.were_gone - batch.absorbed.keys()
    hidden = leaving.siblings([*batch.absorbed, *newly_gone, *(batch.were_gone & changed.keys())])
    write_in("DELETE FROM catalog_contest WHERE article_id IN ({})", batch.regrouped)
    for loser in batch.absorbed:
        leaving.absorb(loser, batch.final(loser), now)
    rows = {i: rows_of(a) for i, a in changed.items()} | {i: one.alone for i, one in newcomers.items()}
    article_rows.write_articles(rows, batch.before.keys(), newcomers.keys(), now)
    notices.note_changes(batch.before, rows, {i: batch.final(i) for i in batch.absorbed}, now)
    _write_records(batch, newcomers, now)
    _write_contests(batch)
    leaving.withdraw(newly_gone, now)
    pairs = [(batch.final(a), batch.final(b)) for a, b in (*batch.versions, *hidden.pairs)]
    pairs += clusters.declared(rows)
    moved = clusters.join(pairs) | clusters.split(newly_gone | winners | _doubtful(batch, changed))
    touched = set(changed) | moved
    declaring = {i: merge_records([record_of(one)]) for i, one in newcomers.items() if one.alone.declares_items}
    write_declared(changed | declaring, now)
    touched |= declaring.keys()
    touched |= resolve_claims({name for some in rows.values() for name in some.names} | batch.released, now)
    touched |= hidden.ids
    recount((i for i in touched if i not in batch.absorbed), now)


def _write_records(batch: Batch, newcomers: Mapping[int, Prepared], now: datetime) -> None:
    moment = as_parameter(now)
    placed = [(batch.final(batch.at[name]), one) for name, one in batch.fresh.items()]
    insert_many(
        "record",
        ("source", "key", "article_id", "digest", "raw", "is_withdrawn", "seen_at"),
        [(one.source, one.key, i, one.digest, one.raw, False, moment) for i, one in (*newcomers.items(), *placed)],
        "(source, key) DO UPDATE SET article_id = EXCLUDED.article_id, digest = EXCLUDED.digest,"
        " raw = EXCLUDED.raw, is_withdrawn = EXCLUDED.is_withdrawn, seen_at = EXCLUDED.seen_at",
    )
    write_many(
        "UPDATE catalog_record SET article_id = %s WHERE source = %s AND key = %s",
        [(batch.final(at), *name) for name, at in batch.at.items() if name not in batch.fresh],
    )


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
