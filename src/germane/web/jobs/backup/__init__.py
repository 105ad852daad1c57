"""A backup: a folder with a copy of the databases, of the index and of the home's small files, and what they hold.

`manifest.json` names every file with its size and SHA-256, and every table with its number of rows and their digest,
so that a copy can be compared with it row by row, wherever it lies.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

MANIFEST = "manifest.json"
FORMAT = 1
DATABASE = "germane.sqlite3"
READERS = "readers.sqlite3"  # accounts, likes and other marks
INDEX = "index"
HOME_FILES = ("secret-key", "evaluation.json")  # what else a home holds that cannot be made again
COMPRESSED = ".zst"

Progress = Callable[[str, int, int | None], None]  # what is being done, how much is done, of how much


class BackupFailure(Exception):  # noqa: N818 (the backup failed; the message says what a person can do)
    """A backup that cannot be made, is not whole, or cannot be put in its place."""


class FileEntry(msgspec.Struct, frozen=True):
    """A file of the backup; the path is relative to the backup's folder, with slashes."""

    path: str
    size: int
    sha256: str


class TableEntry(msgspec.Struct, frozen=True):
    """A table: how many rows, and the digest of all of them in the order of their key; see `tables`."""

    name: str
    n_rows: int
    digest: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds."""

    format: int
    germane: str  # the version that made it
    made_at: str
    database: str  # the path of its copy in the backup; "": it is not in it
    migrations: tuple[str, ...]  # of the catalog, as the database has them
    has_index: bool
    tables: tuple[TableEntry, ...]
    files: tuple[FileEntry, ...]
    settings: dict[str, str]  # as they were; restoring does not apply them, they are the environment's
    readers: str = ""  # the path of the copy of the readers' database; "": it is not in it
    reader_migrations: tuple[str, ...] = ()
    reader_tables: tuple[TableEntry, ...] = ()


def read_manifest(folder: Path) -> Manifest:
    """Return what a backup says that it holds. Raises BackupFailure when this is none."""
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise BackupFailure(
            f"{folder} is no backup of Germane: {path.name} cannot be read ({error.strerror})"
        ) from error
    except msgspec.DecodeError as error:
        raise BackupFailure(f"{folder} is no whole backup: {path.name} is damaged ({error})") from error
    if manifest.format != FORMAT:
        message = f"{folder} is a backup of format {manifest.format}, made by Germane {manifest.germane}; upgrade first"
        raise BackupFailure(message)
    return manifest
