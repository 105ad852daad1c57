"""Copy files durably, compressed or not, and know what was written."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import zstandard

from germane.files import sync
from germane.web.jobs.backup import BackupFailure

_CHUNK = 1 << 20
_LEFT = 20_000_000  # bytes that others on the same disk shall find
_LEVEL = 1  # what is large is compressed already, row by row: a higher level gains little
Show = Callable[[int], None]  # bytes read so far


class _Hashed:
    """A file for writing that hashes what goes into it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.sha256, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        self.size += len(data)
        return self._file.write(data)


def copy_file(
    source: BinaryIO, target: Path, show: Show = lambda _: None, *, compress: bool = False
) -> tuple[int, str]:
    """Copy an open file to a new one, durably, and return the new one's size and SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        hashed = _Hashed(file)
        if compress:
            compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
            with compressor.stream_writer(hashed, closefd=False) as packed:  # type: ignore[arg-type]
                _pump(source, packed.write, show)
        else:
            _pump(source, hashed.write, show)
        file.flush()
        os.fsync(file.fileno())
    return hashed.size, hashed.sha256.hexdigest()


def unpack_file(source: BinaryIO, target: Path, show: Show = lambda _: None) -> None:
    """Write what a compressed file holds into a new one, durably. Raises zstandard.ZstdError."""
    with target.open("xb") as file:
        with zstandard.ZstdDecompressor().stream_reader(source, closefd=False) as unpacked:
            while chunk := unpacked.read(_CHUNK):
                file.write(chunk)
                show(source.tell())
        file.flush()
        os.fsync(file.fileno())


def hash_file(path: Path, show: Show = lambda _: None) -> tuple[int, str]:
    """Return a file's size and SHA-256."""
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        _pump(file, sha256.update, show)
        return file.tell(), sha256.hexdigest()


@contextmanager
def draft_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder beside a path, for what shall be moved there when it is whole; it is removed if it is not.

    What a killed process left of one is removed first. Raises BackupFailure while another process fills it.
    """
    draft = target.with_name(f"{target.name}.unfinished")
    lock = target.with_name(f"{target.name}.unfinished.lock")
    draft.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BackupFailure(f"another process is filling {draft}; wait until it has finished") from error
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            lock.unlink(missing_ok=True)


def sync_tree(folder: Path) -> None:
    """Make the names in a folder and in all below it durable."""
    for at in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        sync(at)


def check_room(folder: Path, needed: int) -> str:
    """Return what is wrong when a folder's file system has no room for so many bytes, else ""."""
    free = shutil.disk_usage(folder).free
    if free >= needed + _LEFT:
        return ""
    return f"{folder} has {free / 1e9:.2f} GB free, and {(needed + _LEFT) / 1e9:.2f} GB are needed"


def _pump(source: BinaryIO, write: Callable[[bytes], object], show: Show) -> None:
    done = 0
    while chunk := source.read(_CHUNK):
        write(chunk)
        done += len(chunk)
        show(done)
