"""Who writes to the database just now, as the kernel's list of locks tells (Linux)."""

import os
from pathlib import Path
from typing import NamedTuple

# The bytes that a writer locks: of the write-ahead log's index (sqlite.org/walformat.html#locks), and of the database
# itself when it has no such log (sqlite.org/src/doc/trunk/src/os.h).
_OF_LOG = range(120, 121)
_OF_DATABASE = range(0x40000000, 0x40000000 + 512)


class Holder(NamedTuple):
    """A process that holds a lock."""

    pid: int
    command: str


def find_writers(database: Path) -> list[Holder]:
    """Return the processes that hold the right to write to a database; none where the system does not tell."""
    watched = {_inode(database.with_name(f"{database.name}-shm")): _OF_LOG, _inode(database): _OF_DATABASE}
    try:
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return []
    found = {}
    for line in lines:  # "1: POSIX  ADVISORY  WRITE 123 fd:00:4711 120 120"
        _, kind, _, access, pid, file, start, end, *_ = [*line.split(), *[""] * 8]
        held = watched.get(int(file.rpartition(":")[2] or -1))
        if not held or kind != "POSIX" or access != "WRITE":
            continue
        if int(start) < held.stop and (end == "EOF" or int(end) >= held.start):
            found[int(pid)] = Holder(int(pid), _command(int(pid)))
    return [holder for pid, holder in sorted(found.items()) if pid != os.getpid()]


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return -1


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:200]
    except OSError:
        return ""
