"""What the system refuses (room, permission, locks, files, memory) as one sentence that says what to do."""

import errno
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from germane.index import IndexFailure

_KEPT = "What was done is kept; run the same command again to go on."
_NO_ROOM = 1_000_000  # bytes
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_TOO_MANY = frozenset({errno.EMFILE, errno.ENFILE})
_BY_SQLITE = {  # the primary result code → the error of the system that it stands for
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_LOCKED: errno.EBUSY,
}
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def describe_failure(error: BaseException) -> str:
    """Return what happened and what to do about it; "" of an error that is ours, and that only a trace explains."""
    for cause in _chain(error):
        if said := _describe(cause, error):
            return said
    if isinstance(error, IndexFailure):
        return str(error)
    return f"{error}. {_KEPT}" if _is_of_the_data(error) else ""


def _describe(cause: BaseException, error: BaseException) -> str:
    code = _system_error(cause)
    if (code == errno.EIO or isinstance(cause, IndexFailure)) and _is_disk_full():  # as those two say it at times
        code = errno.ENOSPC
    if code in _FULL:
        return f"the disk is full ({error}). Make room: an article needs about 10 kB. {_KEPT}"
    if code in _FORBIDDEN:
        return f"the data of this site cannot be written to ({error}): a read-only disk, or another user's. {_KEPT}"
    if code == errno.EBUSY:
        return f"the database is locked{_by_whom()}. Wait until that has finished. {_KEPT}"
    if code in _TOO_MANY or (_is_unopened(cause) and _are_files_used_up()):
        return f"too many files are open. Allow more: ulimit -n 4096 (a service: LimitNOFILE=4096). {_KEPT}"
    if code == errno.ENOMEM or isinstance(cause, MemoryError) or "can't start new thread" in str(cause):
        return f"memory ran out. Allow more (ulimit -v, the container's limit), or work on less at once. {_KEPT}"
    if isinstance(cause, BrokenProcessPool):
        return f"a process that worked for this command was killed, as the system does when memory runs out. {_KEPT}"
    if isinstance(cause, sqlite3.Error) and _code(cause) in _BROKEN:
        return f"the database is damaged ({error}). See germane doctor --deep, and germane restore for a backup"
    return ""


def _system_error(cause: BaseException) -> int | None:
    """Return the system's number of an error, however it comes: from the system, from SQLite, or from the index."""
    if isinstance(cause, sqlite3.Error):
        return _BY_SQLITE.get(_code(cause))
    if isinstance(cause, OSError):
        return cause.errno
    found = re.search(r"\(os error (\d+)\)|code: (\d+), kind:", str(cause))  # as Rust writes it
    return int(found[1] or found[2]) if found else None


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_of_the_data(error: BaseException) -> bool:
    """Tell whether the database, the disk or the index failed: nothing that a trace would explain."""
    django_db = sys.modules.get("django.db")
    return isinstance(error, OSError | sqlite3.Error) or (
        django_db is not None and isinstance(error, django_db.DatabaseError)
    )


def _is_unopened(cause: BaseException) -> bool:
    return isinstance(cause, sqlite3.Error) and _code(cause) == sqlite3.SQLITE_CANTOPEN


def _are_files_used_up() -> bool:
    try:
        with Path("/dev/null").open():
            return False
    except OSError as error:
        return error.errno in _TOO_MANY


def _is_disk_full() -> bool:
    path = _database()
    try:
        return path is not None and shutil.disk_usage(path.parent).free < _NO_ROOM
    except OSError:
        return False


def _database() -> Path | None:
    """Return the SQLite file of the settings, if there is one."""
    from germane.web.env import SettingError, read_environment, sqlite_path

    try:
        return sqlite_path(read_environment().database_url)
    except (SettingError, OSError):
        return None


def _by_whom() -> str:
    """Return who holds the database's lock, where the system tells."""
    from germane.web.jobs.doctor.locks import find_writers

    path = _database()
    writers = find_writers(path) if path else []
    return f" by process {writers[0].pid} ({writers[0].command})" if writers else ""
