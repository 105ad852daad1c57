"""Whether something was written to the catalog since one looked last: one cheap question, whatever was written."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from django.db import DatabaseError, connection

from germane.web.catalog.store.sql import rows


class CatalogVersion:
    """Tells the catalog's version: a value that is another one after every write of another process.

    Asked by one thread at a time. While the catalog cannot be read it stays as it was: nobody can see anything newer.
    """

    def __init__(self) -> None:
        self._version: object = None
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    def read(self) -> object:
        """Return the version as it is now."""
        try:
            self._version = self._of_file() if connection.vendor == "sqlite" else _of_server()
        except (sqlite3.Error, DatabaseError, OSError):
            self._close()
        return self._version

    def _of_file(self) -> tuple[int, int]:
        """Return the file's number and what SQLite counts up when another connection writes (PRAGMA data_version).

        The number tells when a restored or rebuilt file has taken the place of the one that is open.
        """
        path = Path(str(connection.settings_dict["NAME"]))
        inode = path.stat().st_ino
        if self._connection is None or inode != self._inode:
            self._close()
            # a connection of its own: the count is each connection's, and leaves out what that one wrote itself
            address = f"file:{quote(str(path))}?mode=ro"
            self._connection = sqlite3.connect(address, uri=True, timeout=1, check_same_thread=False)
            self._inode = inode
        return inode, int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _of_server() -> str:
    """Return how many rows of the catalog PostgreSQL says were written so far, by whomever.

    It says so at most 10 seconds after a transaction ends. Its snapshot would tell at once, but of readers' likes and
    sessions too, which stand in the same database: then every like would have all pages made anew.
    """
    return str(rows("SELECT SUM(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
                    " WHERE relname LIKE 'catalog@_%%' ESCAPE '@'", [])[0][0])  # fmt: skip
