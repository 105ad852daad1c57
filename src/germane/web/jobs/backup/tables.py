"""The rows of a SQLite database, all of them, as one number a table: two databases with equal numbers hold the same.

Rows are read in the order of their key, so the form of the file (free pages, the order of writing) does not matter.
"""

import marshal
import sqlite3
from collections.abc import Iterator
from hashlib import blake2b

from germane.web.jobs.backup import Progress, TableEntry

_BATCH = 2_000  # rows that are digested at once: part of the digest, so never change it
_MARSHAL = 2  # the version without references: equal values give equal bytes


def digest_tables(connection: sqlite3.Connection, progress: Progress = lambda *_: None) -> list[TableEntry]:
    """Return every table with the digest of its rows, in constant memory. Raises sqlite3.Error."""
    done, found = 0, []
    for name in table_names(connection):
        digest, n_rows = blake2b(digest_size=16), 0
        for batch in _batches(connection, name):
            digest.update(marshal.dumps(batch, _MARSHAL))
            n_rows += len(batch)
            progress(f"Reading {name}", done + n_rows, None)
        done += n_rows
        found.append(TableEntry(name, n_rows, digest.hexdigest()))
    return found


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Return the names of all tables but SQLite's own."""
    asked = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
    return [str(name) for (name,) in connection.execute(asked)]


def compare_tables(expected: tuple[TableEntry, ...], found: list[TableEntry]) -> list[str]:
    """Return in what the rows differ, a sentence a table; nothing when they are the same."""
    before, after = {t.name: t for t in expected}, {t.name: t for t in found}
    problems = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            problems.append(f"table {name} is {'new' if old is None else 'missing'}")
        elif old.n_rows != new.n_rows:
            problems.append(f"table {name} has {new.n_rows:,} rows, and the backup had {old.n_rows:,}")
        elif old.digest != new.digest:
            problems.append(f"table {name} has {new.n_rows:,} rows as in the backup, but not the same ones")
    return problems


def _batches(connection: sqlite3.Connection, table: str) -> Iterator[list[tuple[object, ...]]]:
    columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    names = ", ".join(f'"{column[1]}"' for column in columns)
    cursor = connection.execute(f'SELECT {names} FROM "{table}" ORDER BY {_order(connection, table, columns)}')  # noqa: S608 (names of tables, from the database itself)
    while batch := cursor.fetchmany(_BATCH):
        yield batch


def _order(connection: sqlite3.Connection, table: str, columns: list[tuple[object, ...]]) -> str:
    """Return the order in which the table lies, so that reading it is one pass through its file."""
    try:
        connection.execute(f'SELECT rowid FROM "{table}" LIMIT 0')  # noqa: S608
    except sqlite3.OperationalError:  # WITHOUT ROWID: it lies by its primary key
        return ", ".join(f'"{c[1]}"' for c in sorted((c for c in columns if c[5]), key=lambda c: int(str(c[5]))))
    return "rowid"
