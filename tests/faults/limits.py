"""What a machine may refuse: room, writing, locks, files, memory, and a clock that goes forward."""

import contextlib
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

Started = dict[str, Any]  # what `Site.start` is given while a limit holds
_BLOCK = 1 << 16


class Limit(NamedTuple):
    """A limit: how it is set, for as long as a `with` block, and what a command that fails by it has to say."""

    hold: Callable[[Path], AbstractContextManager[Started]]
    says: str  # a pattern
    is_mounted: bool = False  # the home has to be on a disk of its own
    is_before: bool = False  # nobody may be writing when it begins
    fails: frozenset[str] = frozenset()  # the commands that cannot succeed
    finding: str = ""  # what `germane doctor` calls it


class NoDiskOfItsOwnError(Exception):
    """This machine lets nobody mount a disk."""


@contextlib.contextmanager
def mounted(folder: Path, size_mb: int = 400) -> Iterator[Path]:
    """Give a folder that is a disk of its own. Raises NoDiskOfItsOwnError where that is not allowed."""
    folder.mkdir(parents=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        raise NoDiskOfItsOwnError(made.stderr.decode().strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def with_room(folder: Path) -> Iterator[Path]:
    """Give a folder on a disk with room, so that a doctor finds nothing: of its own where one can be mounted."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(mounted(folder))
        except NoDiskOfItsOwnError:
            folder.mkdir(exist_ok=True)
        yield folder


@contextlib.contextmanager
def _full_disk(home: Path) -> Iterator[Started]:
    ballast = home.parent / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(_BLOCK))
    try:
        yield {}
    finally:
        ballast.unlink()


@contextlib.contextmanager
def _read_only_disk(home: Path) -> Iterator[Started]:
    subprocess.run(["mount", "-o", "remount,ro", str(home.parent)], check=True)
    try:
        yield {}
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(home.parent)], check=True)


@contextlib.contextmanager
def _locked_database(home: Path) -> Iterator[Started]:
    holder = sqlite3.connect(home / "germane.sqlite3", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        yield {"patience_s": "1"}
    finally:
        holder.execute("ROLLBACK")
        holder.close()


@contextlib.contextmanager
def _few_files(_: Path) -> Iterator[Started]:
    yield {"before": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))}


@contextlib.contextmanager
def little_memory(_: Path, n_bytes: int = 700 << 20) -> Iterator[Started]:
    """Limit the address space of a process, as `ulimit -v` does."""
    yield {"before": lambda: resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))}


@contextlib.contextmanager
def _old_clock(_: Path) -> Iterator[Started]:
    yield {"clock_s": str(-400 * 86_400)}


_WRITERS = frozenset({"import", "work"})
LIMITS: Mapping[str, Limit] = {
    "full disk": Limit(_full_disk, "disk is full", is_mounted=True, fails=_WRITERS, finding="disk-full"),
    "read-only disk": Limit(
        _read_only_disk,
        "read-only|cannot be written",
        is_mounted=True,
        is_before=True,
        fails=_WRITERS,
        finding="read-only",
    ),
    "locked database": Limit(_locked_database, "locked", fails=_WRITERS, finding="database-locked"),
    "few files": Limit(_few_files, "files are open", finding="few-open-files"),
    "little memory": Limit(little_memory, "memory|address space", fails=frozenset({"serve"}), finding="little-memory"),
    "old clock": Limit(_old_clock, "$^", finding="clock-back"),
}
