"""Moments at which a process is killed: any at all, or right after something was seen in the files."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.faults.site import Run

_PAUSE_S = 0.0005
Moment = Callable[[Path, Run], bool]  # waits; False when the process ended before


def at_any_time(random: Random, duration_s: float) -> Moment:
    """Return a moment somewhere in a command that takes about so long."""
    delay_s = random.uniform(0, duration_s)
    started = time.monotonic()
    return lambda _, run: _wait(run, lambda: time.monotonic() - started >= delay_s)


def at_once(is_so: Callable[[], bool]) -> Moment:
    """Return the moment at which something is first seen to be so."""
    return lambda _, run: _wait(run, is_so)


def when_database_grows(times: int) -> Moment:
    """Return the moment at which something is written to the database's log for the `times`th time."""

    def wait(home: Path, run: Run) -> bool:
        return all(_when_changed(home / "germane.sqlite3-wal", run) for _ in range(times))

    return wait


def when_children_work(random: Random, duration_s: float) -> Moment:
    """Return a moment somewhere in a command at which it has processes of its own."""
    anywhere = at_any_time(random, duration_s)
    return lambda home, run: anywhere(home, run) and _wait(run, lambda: bool(run.children()))


def when_rows_are_ready(home: Path, run: Run) -> bool:
    """Wait until the index's rows are written, and its text is not yet committed."""
    return _when_changed(home / "index" / "rows" / "manifest.json", run)


def when_text_is_committed(home: Path, run: Run) -> bool:
    """Wait until the index's text is committed, and nothing is marked as indexed yet."""
    return _when_changed(home / "index" / "meta.json", run)


def when_rows_are_written(home: Path, run: Run) -> bool:
    """Wait until a file of rows is half-done."""
    return _wait(run, lambda: any((home / "index" / "rows").glob("*.tmp")))


def when_rebuilt_index_grows(home: Path, run: Run) -> bool:
    """Wait until a new index is being filled beside the old one."""
    return _wait(run, lambda: any((home / "index.new").glob("*.store")))


def when_indexes_are_swapped(home: Path, run: Run) -> bool:
    """Wait until the old index has been moved away."""
    return _wait(run, lambda: (home / "index.old").exists())


OF_WORKING: dict[str, Moment] = {
    "rows are ready": when_rows_are_ready,
    "text is committed": when_text_is_committed,
    "rows are written": when_rows_are_written,
}
OF_REBUILDING: dict[str, Moment] = {
    "a new index grows": when_rebuilt_index_grows,
    "indexes are swapped": when_indexes_are_swapped,
}


def _when_changed(path: Path, run: Run) -> bool:
    before = _stamp(path)
    return _wait(run, lambda: _stamp(path) != before)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def _wait(run: Run, is_there: Callable[[], bool]) -> bool:
    while not is_there():
        if not run.is_running:
            return False
        time.sleep(_PAUSE_S)
    return True
