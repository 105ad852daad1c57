"""The few lines of SQL plumbing that all writes share."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from django.db import connection, connections

CHUNK = 500  # values in one IN list


def expect_many_writes(memory_mb: int) -> None:
    """Let this process hold so much of the database in memory (256 to 1,500 MB).

    At a million articles a transaction changes pages all over trees of several hundred megabytes.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size=-{1000 * min(max(int(memory_mb), 256), 1500)}")


def as_parameter(moment: datetime) -> datetime | str:
    """Return a time, with its zone, as the driver would write it; to be asked once for very many rows."""
    return moment.isoformat(" ") if connection.vendor == "sqlite" else moment


def rows(sql: str, parameters: Sequence[Any] = (), *, alias: str = "default") -> list[tuple[Any, ...]]:
    """Return what a query finds, in the catalog's database or in another one."""
    database = connections[alias]
    if database.vendor == "sqlite" and not (database.queries_logged or database.execute_wrappers):
        # A page asks a dozen times: what Django puts between each question and SQLite takes longer than most answers.
        database.ensure_connection()
        with database.wrap_database_errors:
            return cast("list[tuple[Any, ...]]", database.connection.execute(_marked(sql), parameters).fetchall())
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cast("list[tuple[Any, ...]]", cursor.fetchall())


def rows_in(sql: str, values: Iterable[Any], *first: Any) -> list[tuple[Any, ...]]:
    """Return what a query finds whose `{}` stands for the marks of an IN list, asked in chunks.

    `first` are the parameters of marks that stand before the list.
    """
    everything = list(dict.fromkeys(values))
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(everything), CHUNK):
        some = everything[start : start + CHUNK]
        found += rows(sql.replace("{}", ",".join(["%s"] * len(some))), [*first, *some])
    return found


def write(sql: str, parameters: Sequence[Any] = ()) -> int:
    """Execute one statement and return the number of rows that it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cast("int", cursor.rowcount)


def write_in(sql: str, values: Iterable[Any], *first: Any) -> None:
    """Execute a statement whose `{}` stands for the marks of an IN list, in chunks.

    `first` are the parameters of marks that stand before the list.
    """
    everything = list(dict.fromkeys(values))
    for start in range(0, len(everything), CHUNK):
        some = everything[start : start + CHUNK]
        write(sql.replace("{}", ",".join(["%s"] * len(some))), [*first, *some])


def write_many(sql: str, parameters: Sequence[Sequence[Any]]) -> None:
    """Execute one statement for many rows of parameters."""
    if parameters:
        with connection.cursor() as cursor:
            cursor.executemany(sql, parameters)


def insert_many(table: str, columns: Sequence[str], parameters: Sequence[Sequence[Any]], on_conflict: str = "") -> None:
    """Insert many rows. `on_conflict` is what follows ON CONFLICT, such as "DO NOTHING"."""
    conflict = f" ON CONFLICT {on_conflict}" if on_conflict else ""
    names = ", ".join(columns)
    marks = ", ".join(["%s"] * len(columns))
    write_many(f"INSERT INTO catalog_{table} ({names}) VALUES ({marks}){conflict}", parameters)


@lru_cache(maxsize=512)
def _marked(sql: str) -> str:
    """Return a query with the marks that SQLite's driver knows."""
    return sql.replace("%s", "?").replace("%%", "%")
