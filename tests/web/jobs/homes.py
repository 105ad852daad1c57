"""Homes made by the command line, as a person's is: SQLite in a file, index, secret."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from germane.web.env import Environment, read_environment
from germane.web.jobs.backup import DATABASE
from tests.test_cli import corpus

N = 40
NO_SETTINGS: Mapping[str, str] = {}


def without_database() -> dict[str, str]:
    """Return the environment without the database that all tests may be run with: these homes have their own."""
    return {name: value for name, value in os.environ.items() if name != "GERMANE_DATABASE_URL"}


def run(home: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command with this home."""
    return subprocess.run(
        [sys.executable, "-m", "germane.cli", *arguments],
        env={**without_database(), "GERMANE_HOME": str(home), **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def make_home(folder: Path) -> Path:
    """Make a home with N articles, everything up to date."""
    done = run(folder / "home", "import", str(corpus(folder / "corpus.jsonl", N)))
    assert done.returncode == 0, done.stderr
    return folder / "home"


def environment(home: Path, more: Mapping[str, str] = NO_SETTINGS) -> Environment:
    """Return the settings of a home."""
    return read_environment({"GERMANE_HOME": str(home), **more})


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that nobody may change: copy it."""
    return make_home(tmp_path_factory.mktemp("made"))


@pytest.fixture
def home(made_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of a test's own."""
    monkeypatch.delenv("GERMANE_DATABASE_URL", raising=False)
    shutil.copytree(made_home, tmp_path / "home")
    return tmp_path / "home"


@contextmanager
def limit(what: int, soft: int) -> Iterator[None]:
    """Hold this process to a limit, such as resource.RLIMIT_NOFILE."""
    before, hard = resource.getrlimit(what)
    resource.setrlimit(what, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(what, (before, hard))


@contextmanager
def holding(home: Path, *statements: str) -> Iterator[int]:
    """Let another process do this in the database and stay; give its number."""
    script = (
        f"import sqlite3, sys; c = sqlite3.connect({str(home / DATABASE)!r}, isolation_level=None)\n"
        f"for s in {statements!r}: c.execute(s)\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()
