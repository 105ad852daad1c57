"""The small database in which all processes of a site keep what they know of hosts: `fetch.sqlite3`."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE = "fetch.sqlite3"
_VERSION = 1
_WAIT_S = 30.0

_TABLES = """
CREATE TABLE host(
  key TEXT PRIMARY KEY, seen_at REAL NOT NULL DEFAULT 0, next_at REAL NOT NULL DEFAULT 0,
  held_until REAL NOT NULL DEFAULT 0, held_why TEXT NOT NULL DEFAULT '',
  told_limit INTEGER, told_per_s REAL, told_concurrency INTEGER,
  n_failures INTEGER NOT NULL DEFAULT 0, open_until REAL NOT NULL DEFAULT 0, probing_until REAL NOT NULL DEFAULT 0,
  last_success REAL, last_failure REAL, last_error TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE start(key TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX start_by_key ON start(key, at);
CREATE TABLE used(
  key TEXT NOT NULL, per TEXT NOT NULL, zone TEXT NOT NULL, began REAL NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY(key, per, zone)
) WITHOUT ROWID;
CREATE TABLE told(
  key TEXT NOT NULL, unit TEXT NOT NULL, remaining REAL NOT NULL, top REAL, cost REAL NOT NULL, resets_at REAL NOT NULL,
  PRIMARY KEY(key, unit)
) WITHOUT ROWID;
CREATE TABLE lease(id INTEGER PRIMARY KEY, key TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE seen(url TEXT PRIMARY KEY, etag TEXT NOT NULL, modified TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE robots(origin TEXT PRIMARY KEY, fetched_at REAL NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
"""


class StoreError(Exception):
    """The database cannot be used. The message says why, and what to do."""


class Store:
    """The database. Each thread of each process has its own connection; who dies leaves nothing half done."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._mine = threading.local()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose changes are made together, or not at all. Raises StoreError."""
        try:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"{self._path} cannot be used ({error}). Is the disk full, or does the file belong to another user? "
                "If it is damaged, remove it: it holds no more than how often each host was asked"
            ) from error

    def close(self) -> None:
        """Close this thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if connection is not None and self._mine.pid == os.getpid():
            connection.close()
        self._mine.connection = None

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if connection is None or self._mine.pid != os.getpid():  # a connection does not survive a fork
            connection = _open(self._path)
            self._mine.connection, self._mine.pid = connection, os.getpid()
        return connection


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        for statement in _TABLES.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={_VERSION}")
    connection.execute("COMMIT")
    return connection
