"""What the system refuses is told in one sentence with what to do; what is our own mistake is left to its trace."""

import os
import resource
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from django.db import OperationalError

from germane.cli.failures import describe_failure
from germane.index import Document, open_index
from germane.web.jobs.backup import DATABASE
from germane.web.jobs.parallel import Pool, map_batches
from tests.disks import make_read_only, small_disk
from tests.web.jobs.homes import holding, home, limit, made_home, run

__all__ = ["home", "made_home"]  # fixtures


def said_of(fails: Callable[[], object]) -> str:
    """Return what is said of the error that this raises."""
    try:
        fails()
    except BaseException as error:
        return describe_failure(error)
    raise AssertionError("it did not fail")


def write(path: Path, n_bytes: int = 100, timeout: float = 0) -> None:
    with closing(sqlite3.connect(path, timeout=timeout)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS t (a)")
        connection.execute(f"INSERT INTO t VALUES (randomblob({n_bytes}))")


def index_much(home: Path) -> None:
    index = open_index("embedded:", home)
    try:
        index.add(Document(id=i, title=f"w{i} " * 50, abstract=os.urandom(1_500).hex()) for i in range(2_000))
        index.commit()
    finally:
        index.close()


def test_a_full_disk_is_told_whoever_meets_it(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "disk", "8m") as disk:
        shutil.copytree(home, disk / "home")
        monkeypatch.setenv("GERMANE_HOME", str(disk / "home"))
        for fails in (
            lambda: (disk / "large").write_bytes(bytes(9_000_000)),
            lambda: write(disk / "home" / DATABASE, 500_000),  # the disk is full now: there is no room even to begin
            lambda: index_much(disk / "home"),
        ):
            said = said_of(fails)
            assert said.startswith("the disk is full")
            assert "Make room" in said


def test_a_read_only_disk_is_told(home: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "60m") as disk:
        shutil.copytree(home, disk / "home")
        write(disk / "delete.sqlite3")
        make_read_only(disk)
        for fails in (
            lambda: write(disk / "delete.sqlite3"),
            lambda: (disk / "file").touch(),
        ):
            assert "a read-only disk, or another user's" in said_of(fails)


def test_who_locks_the_database_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GERMANE_HOME", str(home))
    with holding(home, "BEGIN IMMEDIATE") as pid:
        said = said_of(lambda: write(home / DATABASE))
    assert "the database is locked" in said
    if Path("/proc/locks").exists():
        assert f"by process {pid} (" in said


def test_too_few_open_files_are_told(home: Path) -> None:
    opened: list[int] = []
    with limit(resource.RLIMIT_NOFILE, 200):
        with suppress(OSError):
            while True:
                opened.append(os.dup(0))
        try:
            said = [said_of(lambda: Path("/dev/null").open().close()), said_of(lambda: write(home / DATABASE))]
        finally:
            for each in opened:
                os.close(each)
    assert all("too many files are open" in each and "ulimit -n" in each for each in said), said


def _die(_: list[int]) -> None:
    os._exit(9)


def test_a_process_that_was_killed_and_used_up_memory_are_told() -> None:
    with Pool(1) as pool:
        said = said_of(lambda: list(map_batches(_die, [[1], [2]], pool=pool)))
    assert "was killed" in said
    assert "memory ran out" in said_of(lambda: bytearray(1 << 62))


def test_a_damaged_database_is_told(home: Path) -> None:
    (home / DATABASE).write_bytes(b"\xa5" * 10_000)
    assert "germane restore" in said_of(lambda: write(home / DATABASE))


def test_what_django_says_of_it_is_understood_too() -> None:
    error = OperationalError("database or disk is full")
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.__cause__ = cause
    assert "the disk is full" in describe_failure(error)
    assert describe_failure(OperationalError("no such table: x")).startswith("no such table: x")


@pytest.mark.parametrize("error", [ValueError("a mistake"), KeyError("x"), AssertionError(), ZeroDivisionError()])
def test_a_mistake_of_ours_is_left_to_its_trace(error: Exception) -> None:
    assert describe_failure(error) == ""


def test_a_command_says_it_and_ends_with_two(home: Path, tmp_path: Path) -> None:
    (home / DATABASE).write_bytes(b"\xa5" * 10_000)
    done = run(home, "work")
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)
    assert "damaged" in done.stderr
    assert "germane doctor" in done.stderr
