"""Compare a backup, or a home, with what the backup's manifest says: every byte, every row."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import zstandard

from germane.web.jobs.backup import (
    COMPRESSED,
    DATABASE,
    READERS,
    BackupFailure,
    Manifest,
    Progress,
    TableEntry,
    read_manifest,
)
from germane.web.jobs.backup.files import check_room, hash_file, unpack_file
from germane.web.jobs.backup.tables import compare_tables, digest_tables
from germane.web.jobs.reading_only import open_for_reading


def verify_backup(folder: Path, progress: Progress = lambda *_: None) -> list[str]:
    """Return what is wrong with a backup, a sentence each; nothing when it is whole. Raises BackupFailure.

    A compressed database is unpacked beside the backup for this, or in the folder for temporary files.
    """
    manifest = read_manifest(folder)
    problems = verify_files(folder, manifest, progress)
    if problems or not manifest.database:
        return problems
    if not manifest.database.endswith(COMPRESSED):
        return verify_home(folder, manifest, progress, immutable=True)
    with tempfile.TemporaryDirectory(prefix="germane-verify-", dir=_where_room_is(folder, manifest)) as place:
        for name in filter(None, (manifest.database, manifest.readers)):
            unpack_database(folder / name, Path(place), progress)
        return verify_home(Path(place), manifest, progress, immutable=True)


def verify_files(folder: Path, manifest: Manifest, progress: Progress = lambda *_: None) -> list[str]:
    """Return which files of a backup are missing or not as they were written."""
    problems, done, total = [], 0, sum(entry.size for entry in manifest.files)
    for entry in manifest.files:
        before = done

        def show(read: int, before: int = before) -> None:
            progress("Reading the backup", before + read, total)

        path = folder / entry.path
        try:
            size, sha256 = hash_file(path, show)
        except OSError as error:
            problems.append(f"{path} cannot be read: {error.strerror}")
            continue
        if size != entry.size:
            problems.append(f"{path} has {size:,} bytes, and should have {entry.size:,}")
        elif sha256 != entry.sha256:
            problems.append(f"{path} is damaged: its checksum is wrong")
        done += entry.size
    return problems


def verify_home(
    home: Path, manifest: Manifest, progress: Progress = lambda *_: None, *, immutable: bool = False
) -> list[str]:
    """Return in what the rows of a home's databases differ from those that were backed up. Raises BackupFailure."""
    problems = verify_rows(home / DATABASE, manifest, progress, immutable=immutable)
    if manifest.readers:
        problems += _compare(home / READERS, manifest.reader_tables, progress, immutable)
    return problems


def verify_rows(
    database: Path, manifest: Manifest, progress: Progress = lambda *_: None, *, immutable: bool = False
) -> list[str]:
    """Return in what the catalog's rows in a file differ from those that were backed up. Raises BackupFailure."""
    if not manifest.database:
        raise BackupFailure("this backup was made without the database")
    return _compare(database, manifest.tables, progress, immutable)


def unpack_database(packed: Path, target: Path, progress: Progress = lambda *_: None) -> None:
    """Write the database of a compressed backup to a folder. Raises BackupFailure."""
    size = packed.stat().st_size
    try:
        with packed.open("rb") as file:
            unpack_file(
                file,
                target / packed.name.removesuffix(COMPRESSED),
                lambda read: progress("Unpacking the database", read, size),
            )
    except zstandard.ZstdError as error:
        raise BackupFailure(f"{packed} cannot be unpacked: {error}") from error


def _compare(database: Path, expected: tuple[TableEntry, ...], progress: Progress, immutable: bool) -> list[str]:
    total = sum(table.n_rows for table in expected)
    try:
        with closing(open_for_reading(database, immutable=immutable)) as connection:
            connection.execute("BEGIN")  # one instant, whoever writes
            return compare_tables(expected, digest_tables(connection, lambda t, n, _: progress(t, n, total)))
    except (sqlite3.Error, FileNotFoundError) as error:
        return [f"{database} cannot be read: {error}"]


def _where_room_is(folder: Path, manifest: Manifest) -> str:
    needed = 5 * sum((folder / name).stat().st_size for name in (manifest.database, manifest.readers) if name)
    problems = [
        problem for place in (tempfile.gettempdir(), str(folder.parent)) if (problem := check_room(Path(place), needed))
    ]
    if len(problems) == 2:
        raise BackupFailure(f"no room to unpack the database: {'; '.join(problems)}")
    return str(folder.parent) if problems else tempfile.gettempdir()
