"""Make a backup while the site is served and imported into.

SQLite's online backup copies the database page by page. One read transaction is held from its first page to its last,
so that the copy is of one instant and need not begin again when somebody writes (which it would otherwise, and an
import writes all the time); nobody waits for it. Meanwhile the write-ahead log cannot be emptied, and grows by what is
written. `VACUUM INTO` would give a smaller file, but makes every b-tree anew (several times the processor time), shows
no progress and cannot be told from a copy of the same pages.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

import germane
from germane.files import sync
from germane.index import hold_index
from germane.web.env import Environment, sqlite_path
from germane.web.jobs.backup import (
    COMPRESSED,
    DATABASE,
    FORMAT,
    HOME_FILES,
    INDEX,
    MANIFEST,
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
_SECRET = {"secret_key", "database_url"}  # which may hold a password


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
    tables: list[TableEntry] = []
    migrations: tuple[str, ...] = ()
    name = ""
    if path is not None:
        with closing(open_for_reading(path)) as source:
            # From here on the database is seen as it is now. The index is opened after it: what the database says is
            # in the index is then in it, and what the index has beyond that is brought up to date like anything else.
            source.execute("BEGIN")
            source.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            if with_index:
                files += _copy_index(draft, environment, progress)
            _copy_database(source, draft / DATABASE, progress)
        with closing(open_for_reading(draft / DATABASE, immutable=True)) as copy:
            tables, migrations = digest_tables(copy, progress), read_migrations(copy)
        name = _finish_database(draft, progress, compress)
        files.append(_entry(draft, name, progress))
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
        database=name,
        migrations=migrations,
        has_index=with_index,
        tables=tuple(tables),
        files=tuple(files),
        settings={k: str(v) for k, v in msgspec.structs.asdict(environment).items() if k not in _SECRET},
    )
    (draft / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return manifest


def read_migrations(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the names of the catalog's migrations that a database has seen, in their order. Raises sqlite3.Error."""
    asked = "SELECT name FROM django_migrations WHERE app = 'catalog' ORDER BY name"
    return tuple(str(name) for (name,) in connection.execute(asked))


def _copy_database(source: sqlite3.Connection, target: Path, progress: Progress) -> None:
    [(n_pages,)], [(page_size,)] = (source.execute(f"PRAGMA {p}").fetchall() for p in ("page_count", "page_size"))
    _need_room(target.parent, n_pages * page_size)

    def show(_: int, remaining: int, total: int) -> None:
        progress("Copying the database", (total - remaining) * page_size, total * page_size)

    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = OFF")  # an unfinished copy is thrown away; a finished one is synced below
        copy.execute("PRAGMA journal_mode = OFF")
        source.backup(copy, pages=_PAGES, progress=show)


def _finish_database(draft: Path, progress: Progress, compress: bool) -> str:
    """Make the copy durable, and small if that is asked for; return its name."""
    path = draft / DATABASE
    if not compress:
        sync(path)
        return DATABASE
    packed = DATABASE + COMPRESSED
    with path.open("rb") as file:
        copy_file(
            file, draft / packed, _shown(progress, "Compressing the database", path.stat().st_size), compress=True
        )
    path.unlink()
    return packed


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
