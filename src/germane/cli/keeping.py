"""`germane backup` and `germane restore`."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from germane.cli.failures import describe_failure
from germane.cli.printing import Json, fail, out, print_json
from germane.cli.progress import progress

if TYPE_CHECKING:
    from germane.web.env import Environment
    from germane.web.jobs.backup import Manifest

Folder = Annotated[Path, typer.Argument(help="The folder of the backup.", show_default=False)]


def backup(
    folder: Folder,
    verify: Annotated[
        bool, typer.Option("--verify", help="Make none: compare the one in FOLDER, byte by byte and row by row.")
    ] = False,
    against: Annotated[
        Path | None, typer.Option(help="With --verify: compare the rows of this home with the backup too.")
    ] = None,
    without_index: Annotated[
        bool, typer.Option("--without-index", help="`germane rebuild index` makes the index again.")
    ] = False,
    without_database: Annotated[
        bool, typer.Option("--without-database", help="Where it is in PostgreSQL, which pg_dump backs up.")
    ] = False,
    compress: Annotated[bool, typer.Option("--compress", help="Compress the database with zstandard.")] = False,
    as_json: Json = False,
) -> None:
    """Make a backup of the site while it is served and imported into, or verify one."""
    if verify:
        _verify(folder, against, as_json)
        return
    environment = _environment()
    from germane.web.jobs.backup.making import back_up

    with _failures(), _steps(as_json) as show:
        made = back_up(
            environment,
            folder,
            show,
            with_index=not without_index,
            with_database=not without_database,
            compress=compress,
        )
    _tell(made, f"Backed up to {folder}", as_json)


def restore(
    folder: Folder,
    home: Annotated[Path | None, typer.Option(help="Where to; the home of the settings when it is not said.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Set a home that is there aside.")] = False,
    as_json: Json = False,
) -> None:
    """Put a backup in place, checked and compared row by row; nothing is changed when anything is wrong with it."""
    from germane.web.env import SettingError, find_home
    from germane.web.jobs.backup.restoring import restore as restore_home

    try:
        place = home.absolute() if home else find_home()
    except SettingError as error:
        fail(str(error))
    with _failures(), _steps(as_json) as show:
        restored = restore_home(folder, place, show, force=force)
    _tell(restored.manifest, f"Restored to {place}", as_json)
    if as_json:
        return
    if restored.set_aside:
        out.print(f"What was there is in {restored.set_aside} now. Restart `germane serve`.", markup=False)
    for name in ("GERMANE_DATABASE_URL", "GERMANE_INDEX_URL"):
        if os.environ.get(name):
            out.print(f"{name} is set: the site uses what that names, and not what is in this home.")
    if not restored.manifest.has_index:
        out.print("The index is not part of it: germane work makes it again.")
    if not restored.manifest.database:
        out.print("The tables are not part of it: pg_restore brings them back.")


def _verify(folder: Path, against: Path | None, as_json: bool) -> None:
    from germane.web.jobs.backup import read_manifest
    from germane.web.jobs.backup.verifying import verify_backup, verify_home

    with _failures(), _steps(as_json) as show:
        problems = verify_backup(folder, show)
        if against:
            problems += verify_home(against, read_manifest(folder), show)
    if problems:
        fail("; ".join(problems))
    _tell(read_manifest(folder), f"{folder} is whole", as_json)


def _environment() -> "Environment":
    from germane.web.env import SettingError, read_environment

    try:
        return read_environment()
    except SettingError as error:
        fail(str(error))


@contextmanager
def _failures() -> Iterator[None]:
    from germane.index import IndexFailure
    from germane.web.jobs.backup import BackupFailure

    try:
        yield
    except BackupFailure as error:
        fail(str(error))
    except (sqlite3.Error, OSError) as error:
        fail(describe_failure(error))
    except IndexFailure as error:
        fail(f"{error}; or go without it: --without-index")


@contextmanager
def _steps(quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    with progress(quiet) as bar:
        task = bar.add_task("", total=None, rate="", is_bytes=True)
        yield lambda title, done, total: bar.update(task, description=title, completed=done, total=total)


def _tell(manifest: "Manifest", what: str, as_json: bool) -> None:
    tables = (*manifest.reader_tables, *manifest.tables)
    n_rows, n_bytes = sum(t.n_rows for t in tables), sum(f.size for f in manifest.files)
    if as_json:
        counts = {table.name: table.n_rows for table in tables}
        print_json({"made_at": manifest.made_at, "rows": counts, "bytes": n_bytes, "files": len(manifest.files)})
        return
    out.print(f"{what}: {n_rows:,} rows in {len(tables)} tables, {n_bytes / 1e6:,.1f} MB in all.", markup=False)
