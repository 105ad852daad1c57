"""Make a backup while the site is served and imported into.

SQLite's online backup copies the database page by page. One read transaction is held from its first page to its last,
so that the copy is of one instant and need not begin again when somebody writes (which it would otherwise, and an
import writes all the time); nobody waits for it. Meanwhile the write-ahead log cannot be emptied, and grows by what is
written. `VACUUM INTO` would give a smaller file, but makes every b-tree anew (several times the processor time), shows
no progress and cannot be told from a copy of the same pages.
"""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

import germane
from germane.files import sync
from germane.index import hold_index
from germane.web.env import SECRET_SETTINGS, Environment, sqlite_path
from germane.web.jobs.backup import (
    COMPRESSED,
    DATABASE,
    FORMAT,
    HOME_FILES,
    INDEX,
    MANIFEST,
    READERS,
    BackupFailure,
    FileEntry,
    Manifest,
    Progress,
    TableEntry,
)
from germane.web.jobs.backup.files import Show, check_room, copy_file, draft_folder, hash_file, sync_tree
from germane.web.jobs.backup.tables import digest_tables
from germane.web.jobs.reading_only import open_for_reading

_PAGES = 2_048  # copied at once: 8 MB


class _Copied(NamedTuple):
    """A database in the backup."""

    name: str = ""  # of its file
    migrations: tuple[str, ...] = ()
    tables: tuple[TableEntry, ...] = ()
    file: FileEntry | None = None


_NONE = _Copied()


def back_up(
    environment: Environment,
    target: Path,
    progress: Progress = lambda *_: None,
    *,
    with_index: bool = True,
    with_database: bool = True,
    compress: bool = False,
) -> Manifest:
    """Make a backup in a folder that is not there yet (or is empty), and return what it holds.

    It is made beside its place and moved there when it is whole. Raises BackupFailure, IndexFailure (an index that
    cannot be copied; go without), sqlite3.Error and OSError.
    """
    path = sqlite_path(environment.database_url)
    if with_database and path is None:
        raise BackupFailure(
            "the tables of this site are in PostgreSQL, which has its own backup: pg_dump --format=custom"
            " --file=germane.dump DATABASE; for index and secret: germane backup --without-database FOLDER"
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupFailure(f"{target} is there already; name a folder that is not")
    with draft_folder(target) as draft:
        manifest = _fill(draft, environment, path if with_database else None, progress, with_index, compress)
        sync_tree(draft)
        if target.exists():
            target.rmdir()
        draft.rename(target)
    return manifest


def _fill(
    draft: Path, environment: Environment, path: Path | None, progress: Progress, with_index: bool, compress: bool
) -> Manifest:
    files: list[FileEntry] = []
    catalog, readers = _NONE, _NONE
    if path is not None:
        with ExitStack() as stack:
            # From here on the databases are seen as they are now. The index is opened after them: what the catalog says
            # is in the index is then in it, and what the index has beyond that is brought up to date as anything else.
            sources = {DATABASE: _seen_now(path, stack)}
            if (environment.home / READERS).exists():
                sources[READERS] = _seen_now(environment.home / READERS, stack)
            if with_index:
                files += _copy_index(draft, environment, progress)
            for name, source in sources.items():
                _copy_database(source, draft / name, progress)
        catalog = _finish_database(draft, DATABASE, "catalog", progress, compress)
        if READERS in sources:
            readers = _finish_database(draft, READERS, "readers", progress, compress)
            (draft / readers.name).chmod(0o600)  # what is in it is personal
        files += [copied.file for copied in (catalog, readers) if copied.file]
    elif with_index:
        files += _copy_index(draft, environment, progress)
    for small in HOME_FILES:
        if (environment.home / small).is_file():
            with (environment.home / small).open("rb") as source_file:
                size, sha256 = copy_file(source_file, draft / small)
            (draft / small).chmod(0o600)
            files.append(FileEntry(small, size, sha256))
    manifest = Manifest(
        format=FORMAT,
        germane=germane.__version__,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        database=catalog.name,
        migrations=catalog.migrations,
        has_index=with_index,
        tables=catalog.tables,
        files=tuple(files),
        settings={k: str(v) for k, v in msgspec.structs.asdict(environment).items() if k not in SECRET_SETTINGS},
        readers=readers.name,
        reader_migrations=readers.migrations,
        reader_tables=readers.tables,
    )
    (draft / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return manifest


def _seen_now(path: Path, stack: ExitStack) -> sqlite3.Connection:
    """Return a connection that sees a database as it is at this moment, for as long as the stack is there."""
    source = stack.enter_context(closing(open_for_reading(path)))
    source.execute("BEGIN")
    source.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    return source


def _copy_database(source: sqlite3.Connection, target: Path, progress: Progress) -> None:
    [(n_pages,)], [(page_size,)] = (source.execute(f"PRAGMA {p}").fetchall() for p in ("page_count", "page_size"))
    _need_room(target.parent, n_pages * page_size)
    title = "Copying the database" if target.name == DATABASE else "Copying the readers' database"

    def show(_: int, remaining: int, total: int) -> None:
        progress(title, (total - remaining) * page_size, total * page_size)

    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = OFF")  # an unfinished copy is thrown away; a finished one is synced below
        copy.execute("PRAGMA journal_mode = OFF")
        source.backup(copy, pages=_PAGES, progress=show)


def _finish_database(draft: Path, name: str, app: str, progress: Progress, compress: bool) -> _Copied:
    """Read all rows of the copy, make it durable, and small if that is asked for."""
    path = draft / name
    with closing(open_for_reading(path, immutable=True)) as copy:
        tables = tuple(digest_tables(copy, progress))
        asked = "SELECT name FROM django_migrations WHERE app = ? ORDER BY name"
        migrations = tuple(str(row[0]) for row in copy.execute(asked, [app]))
    if compress:
        shown = _shown(progress, "Compressing the database", path.stat().st_size)
        with path.open("rb") as file:
            copy_file(file, draft / (name + COMPRESSED), shown, compress=True)
        path.unlink()
        name += COMPRESSED
    else:
        sync(path)
    return _Copied(name, migrations, tables, _entry(draft, name, progress))


def _copy_index(draft: Path, environment: Environment, progress: Progress) -> list[FileEntry]:
    entries = []
    with hold_index(environment.index_url, environment.home) as held:
        sizes = {name: _size(file) for name, file in held.items()}
        _need_room(draft, sum(sizes.values()))
        done = 0
        for name, file in held.items():
            size, sha256 = copy_file(file, draft / INDEX / name)
            entries.append(FileEntry(f"{INDEX}/{name}", size, sha256))
            done += size
            progress("Copying the index", done, sum(sizes.values()))
    return entries


def _size(file: object) -> int:
    seek = file.seek  # type: ignore[attr-defined]
    size = int(seek(0, 2))
    seek(0)
    return size


def _entry(draft: Path, name: str, progress: Progress) -> FileEntry:
    size, sha256 = hash_file(draft / name, _shown(progress, "Hashing the copy", (draft / name).stat().st_size))
    return FileEntry(name, size, sha256)


def _shown(progress: Progress, title: str, total: int) -> Show:
    show: Callable[[int], None] = lambda done: progress(title, done, total)  # noqa: E731
    return show


def _need_room(folder: Path, needed: int) -> None:
    if problem := check_room(folder, needed):
        raise BackupFailure(f"no room for the backup: {problem}")
