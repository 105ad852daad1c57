"""Put a backup into a home: checked before, compared row by row after, and moved to its place whole or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import germane
from germane.web.jobs.backup import COMPRESSED, DATABASE, READERS, BackupFailure, Manifest, Progress, read_manifest
from germane.web.jobs.backup.files import check_room, copy_file, draft_folder, sync_tree
from germane.web.jobs.backup.verifying import unpack_database, verify_files, verify_home


class Restored(NamedTuple):
    """What was restored, and where what stood there before is now; None: nothing did."""

    manifest: Manifest
    set_aside: Path | None


def restore(folder: Path, home: Path, progress: Progress = lambda *_: None, *, force: bool = False) -> Restored:
    """Make a home of a backup. Raises BackupFailure, which says why not, and OSError; then the home is as it was.

    A home that holds something is refused, unless `force`: then it is set aside, not removed.
    """
    manifest = read_manifest(folder)
    for app, migrations in (("catalog", manifest.migrations), ("readers", manifest.reader_migrations)):
        _refuse_newer(manifest, set(migrations) - _known_migrations(app))
    is_taken = home.exists() and any(home.iterdir())
    if is_taken and not force:
        raise BackupFailure(f"{home} is not empty; restore into another folder with --home, or replace it with --force")
    if is_taken and home.is_mount():
        raise BackupFailure(f"{home} is a mount point, which cannot be set aside; empty it, or name a folder in it")
    if problems := verify_files(folder, manifest, progress):
        raise BackupFailure("; ".join(problems))
    # Where the home is a mount point (and empty), only what is in it can be moved.
    place = home / "restored" if home.is_mount() else home
    with draft_folder(place) as draft:
        if problem := check_room(draft, sum(entry.size for entry in manifest.files)):
            raise BackupFailure(f"no room for the restored home: {problem}")
        _fill(draft, folder, manifest, progress)
        if manifest.database and (problems := verify_home(draft, manifest, progress, immutable=True)):
            raise BackupFailure("; ".join(problems))
        sync_tree(draft)
        set_aside = _set_aside(home) if is_taken else None
        _move(draft, home, into=place != home)
    return Restored(manifest, set_aside)


def _fill(draft: Path, folder: Path, manifest: Manifest, progress: Progress) -> None:
    done, total = 0, sum(entry.size for entry in manifest.files)
    for entry in manifest.files:
        if entry.path.endswith(COMPRESSED):
            unpack_database(folder / entry.path, draft, progress)
        else:
            with (folder / entry.path).open("rb") as file:
                copy_file(file, draft / entry.path, _shown(progress, done, total))
        done += entry.size
    for name in ("secret-key", READERS):
        if (draft / name).exists():
            (draft / name).chmod(0o600)


def _shown(progress: Progress, before: int, total: int) -> Callable[[int], None]:
    return lambda read: progress("Copying the backup", before + read, total)


def _set_aside(home: Path) -> Path:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = home.with_name(f"{home.name}.before-{moment}")
    home.rename(aside)
    return aside


def _move(draft: Path, home: Path, *, into: bool) -> None:
    if not into:
        if home.exists():
            home.rmdir()
        draft.rename(home)
        return
    for path in sorted(draft.iterdir(), key=lambda path: path.name == DATABASE):  # last: without it, it is no home
        path.rename(home / path.name)


def _refuse_newer(manifest: Manifest, unknown: set[str]) -> None:
    if unknown:
        raise BackupFailure(
            f"this backup was made by Germane {manifest.germane}, whose tables Germane {germane.__version__} does not"
            f" know ({min(unknown)}); upgrade Germane first"
        )


def _known_migrations(app: str) -> set[str]:
    folder = Path(germane.__file__).parent / "web" / app / "migrations"
    return {path.stem for path in folder.glob("[0-9]*.py")}
