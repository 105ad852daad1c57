"""What waits: for the stages, for another try, for an import to go on. All are counted up to a bound."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

from germane.web.jobs.doctor import Finding, Site
from germane.web.jobs.doctor.locks import find_writers
from germane.web.jobs.doctor.machine import clock_is_behind
from germane.web.jobs.reading_only import open_for_reading

_BOUND = 100_000  # more are told as "more than"
_RECENT = 100  # rows that are looked at for times in the future
# A queue: (the articles that …, where they stand, what a reader misses).
_QUEUES = (
    ("keyphrases", "catalog_article", "is_enriched", "Their pages have no keywords, and no search finds them."),
    ("the index", "catalog_article", "is_indexed", "No search finds them as they are now."),
    ("similar articles", "catalog_article", "is_related", "Their lists are older, or made when a reader asks."),
    ("a topic shelf", "catalog_item", "is_related", "Readers see them only with the articles that they are about."),
)
_TIMES = (
    ("catalog_record", "seen_at"),
    ("catalog_article", "changed_at"),
    ("catalog_item", "last_seen_at"),
    ("catalog_checkpoint", "updated_at"),
)


def examine_queues(site: Site) -> Iterator[Finding]:
    """Yield what waits, what failed, and what was written at a time that has not come yet."""
    if site.database is None or not site.database.exists():
        return
    try:
        is_busy = bool(find_writers(site.database))
        with closing(open_for_reading(site.database, timeout_s=1.5)) as connection:
            yield from _clock(connection)
            yield from _stale(connection, is_busy)
            yield from _failures(connection)
            yield from _interrupted(connection, is_busy)
    except (sqlite3.Error, OSError):  # told by the database's check
        return


def _clock(connection: sqlite3.Connection) -> Iterator[Finding]:
    newest = 0.0
    for table, column in _TIMES:
        for (text,) in _rows(connection, f"SELECT {column} FROM {table} ORDER BY rowid DESC LIMIT {_RECENT}"):  # noqa: S608
            newest = max(newest, _seconds(text))
    yield from clock_is_behind(newest, "rows in the database")


def _stale(connection: sqlite3.Connection, is_busy: bool) -> Iterator[Finding]:
    for what, table, flag, why in _QUEUES:
        n = _count(connection, f"{table} WHERE NOT {flag}")
        if n:
            yield Finding(
                "waiting",
                "note" if is_busy else "warning",
                f"{_many(n)} {'items' if table.endswith('item') else 'articles'} wait for {what}",
                why,
                "germane work" if not is_busy else "wait: a process is at work",
            )
    if n := _count(connection, "catalog_refresh"):
        yield Finding(
            "waiting",
            "note",
            f"{_many(n)} lists of similar articles wait to be renewed for newer articles",
            "They are right, but may miss the newest.",
            "germane work",
        )


def _failures(connection: sqlite3.Connection) -> Iterator[Finding]:
    if found := _rows(connection, "SELECT stage, article_id, reason FROM catalog_failure LIMIT 1"):
        n, (stage, article, reason) = _count(connection, "catalog_failure"), found[0]
        yield Finding(
            "stage-failed",
            "warning",
            f"On {_many(n)} articles a stage failed, such as {stage} on {article}: {reason}",
            "These articles go without its output.",
            "germane rebuild keyphrases, and report it if it fails again",
        )
    if found := _rows(connection, "SELECT file, reason FROM catalog_reject ORDER BY id DESC LIMIT 1"):
        n, (file, reason) = _count(connection, "catalog_reject"), found[0]
        yield Finding(
            "rejects",
            "note",
            f"{_many(n)} records could not be understood, the latest of {file}: {reason}",
            "They are kept, and not on the site.",
            "germane rejects",
        )


def _interrupted(connection: sqlite3.Connection, is_busy: bool) -> Iterator[Finding]:
    for file, position in _rows(connection, "SELECT file, position FROM catalog_checkpoint ORDER BY file LIMIT 5"):
        if not is_busy:
            yield Finding(
                "import-interrupted",
                "warning",
                f"The import of {file} was interrupted after {position:,} records",
                "The rest of the file is not on the site.",
                f"germane import {file}",
            )
    for (state,) in _rows(connection, "SELECT made_by FROM catalog_derivation WHERE what = 'rebuild'"):
        if state and not is_busy:
            what = str(state).split()[0]
            yield Finding(
                "rebuild-interrupted",
                "warning",
                f"A rebuild of “{what}” was interrupted",
                "What it had not come to is as before: readers miss nothing, but it is not made again.",
                f"germane rebuild {what}, which goes on where it was",
            )


def _count(connection: sqlite3.Connection, of: str) -> int:
    found = _rows(connection, f"SELECT COUNT(*) FROM (SELECT 1 FROM {of} LIMIT {_BOUND + 1})")  # noqa: S608
    return int(found[0][0]) if found else 0


def _rows(connection: sqlite3.Connection, asked: str) -> list[tuple[str | int, ...]]:
    """Return what a question of ours finds; nothing when the tables are of another version, which is told elsewhere."""
    try:
        return connection.execute(asked).fetchall()
    except sqlite3.OperationalError as error:
        if "no such" in str(error):
            return []
        raise


def _many(n: int) -> str:
    return f"More than {_BOUND:,}" if n > _BOUND else f"{n:,}"


def _seconds(text: str | int) -> float:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
