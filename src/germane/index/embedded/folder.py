"""The index's folder: which version it is, who may write, and how a rebuilt one takes its place."""

import atexit
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import msgspec
import tantivy

from germane.index import IndexFailure
from germane.index.embedded.schema import VERSION, register_tokenizers, schema
from germane.index.embedded.vectors.manifest import Manifest, write_manifest

VERSION_FILE = "germane-index.json"
META = "meta.json"  # tantivy's: replaced whole by every commit
ROWS = "rows"  # the folder of what is kept beside the text
REMEDY = "rebuild with: germane rebuild index"
_SWAP_PATIENCE = 100  # hundredths of a second


class _Version(msgspec.Struct):
    schema: int


def open_folder(folder: Path, *, create: bool) -> tantivy.Index:
    """Return the tantivy index in a folder; with `create`, make it when the folder is absent or empty.

    Raises IndexFailure (permanent) when it is absent, broken or of another version.
    """
    _finish_swap(folder)
    if not folder.is_dir() or not any(folder.iterdir()):
        if not create:
            raise IndexFailure(f"there is no search index in {folder}; {REMEDY}", permanent=True)
        _create(folder)
    _check_version(folder)
    try:
        index = tantivy.Index.open(str(_mirror(folder) if _is_frozen(folder) else folder))
        register_tokenizers(index)
        index.config_reader("manual")
        index.searcher().search(tantivy.Query.all_query(), 1)
    except BaseException as error:  # a panic of the engine is a BaseException, with no name that can be imported
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        if not os.access(folder, os.W_OK):
            message = f"the search index in {folder} cannot be read: a reader locks it, so the folder must be writable"
            raise IndexFailure(message, permanent=True) from error
        raise IndexFailure(f"the search index in {folder} is broken ({error}); {REMEDY}", permanent=True) from error
    return index


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold the right to write to this folder's index; it is given back when the process ends, however it ends.

    Raises IndexFailure: not permanent when another process has it, permanent when nobody may write there.
    """
    with _opened_lock(folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"another process is writing to the search index in {folder}; try again when it has finished"
            raise IndexFailure(message, permanent=False) from error
        yield


def _opened_lock(folder: Path) -> TextIO:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return _beside(folder, ".lock").open("a")
    except OSError as error:
        message = f"the search index in {folder} cannot be written to: {error}"
        raise IndexFailure(message, permanent=True) from error


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to build an index in; when the block ends well, it takes the place of the one in `folder`.

    Readers keep the old index until then. The caller holds the lock.
    """
    fresh = _beside(folder, ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    yield fresh
    old = _beside(folder, ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    _beside(fresh, ".lock").unlink(missing_ok=True)


def fill_empty(folder: Path) -> None:
    """Make an empty index in a folder that is not there yet."""
    folder.mkdir(parents=True)
    tantivy.Index(schema(), str(folder))
    (folder / ROWS).mkdir()
    write_manifest(folder / ROWS, Manifest())
    (folder / VERSION_FILE).write_bytes(msgspec.json.encode(_Version(VERSION)))


def _create(folder: Path) -> None:
    # made beside its place and moved there whole: an interrupted first try leaves nothing half-done
    draft = _beside(folder, f".draft{os.getpid()}")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        fill_empty(draft)
        draft.rename(folder)
    except (ValueError, OSError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not (folder / VERSION_FILE).exists():  # else another process was quicker, and all is well
            raise IndexFailure(f"no search index can be made in {folder}: {error}", permanent=True) from error


def _check_version(folder: Path) -> None:
    try:
        found = msgspec.json.decode((folder / VERSION_FILE).read_bytes(), type=_Version).schema
    except (OSError, msgspec.DecodeError) as error:
        message = f"the folder {folder} holds no search index of ours ({VERSION_FILE}: {error}); {REMEDY}"
        raise IndexFailure(message, permanent=True) from error
    if found != VERSION:
        message = f"the search index in {folder} is of version {found}, and this program's is {VERSION}; {REMEDY}"
        raise IndexFailure(message, permanent=True)


def _is_frozen(folder: Path) -> bool:
    """Tell whether the folder is on a disk that is mounted read-only: nobody commits there."""
    return hasattr(os, "ST_RDONLY") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _mirror(folder: Path) -> Path:
    """Return a folder of links to the index's files, kept until the program ends: tantivy locks even to read."""
    mirror = Path(tempfile.mkdtemp(prefix="germane-index-"))
    atexit.register(shutil.rmtree, mirror, ignore_errors=True)
    for path in folder.iterdir():
        if path.suffix != ".lock":
            (mirror / path.name).symlink_to(path.absolute())
    return mirror


def _finish_swap(folder: Path) -> None:
    """Put the old index back when a rebuild died between taking it away and bringing the new one."""
    old = _beside(folder, ".old")
    for _ in range(_SWAP_PATIENCE):
        if folder.exists() or not old.is_dir():
            return
        try:
            with lock_folder(folder):
                if not folder.exists() and old.is_dir():
                    old.rename(folder)
                return
        except IndexFailure:  # the rebuild is alive, and between its two moves
            time.sleep(0.01)


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(folder.name + suffix)
