"""Open a site's SQLite database to look at it, beside whoever writes, without Django and without a change."""

import errno
import os
import shutil
import sqlite3
from pathlib import Path

_SHARED = 1 << 15  # bytes that SQLite's shared-memory file has at least when somebody has the database open


def open_for_reading(path: Path, *, immutable: bool = False, timeout_s: float = 30) -> sqlite3.Connection:
    """Return a connection that writes nothing. `immutable`: nobody else has the file, and nothing is made beside it.

    Raises FileNotFoundError, and sqlite3.Error when it cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if immutable:
        return _connect(path, "mode=ro&immutable=1", timeout_s)
    try:
        # Not mode=ro: that leaves the write-ahead log and its index behind, which a last reader that may write removes.
        return _connect(path, "mode=rw", timeout_s)
    except sqlite3.OperationalError:
        if not _is_left_alone(path):
            raise
        return _connect(path, "mode=ro&immutable=1", timeout_s)


def _is_left_alone(path: Path) -> bool:
    """Tell whether nobody writes: the disk is read-only, or so full that the log's index cannot be made."""
    log, shared = (path.with_name(f"{path.name}-{suffix}") for suffix in ("wal", "shm"))
    if log.exists() and (log.stat().st_size or not os.access(log, os.R_OK)):
        return False
    if not os.access(path.parent, os.W_OK):
        return True
    is_open = shared.exists() and shared.stat().st_size >= _SHARED
    return not is_open and shutil.disk_usage(path.parent).free < 2 * _SHARED


def _connect(path: Path, mode: str, timeout_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=timeout_s
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
