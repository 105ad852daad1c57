"""Disks that are small or read-only, for tests of what happens then; they need the right to mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """Mount a disk of a size such as "8m"; the test is skipped, and says so, where nobody may."""
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def make_read_only(place: Path) -> None:
    """Mount a disk that `small_disk` gave so that nothing can be written to it any more."""
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
