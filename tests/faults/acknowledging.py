"""What a site has acknowledged, to whoever watched it, and what of that it no longer has."""

import re
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from germane.index import Filters
from tests.faults.corpus import File
from tests.faults.state import check_sound, connect, ids_of, opened_index

_REPORT = re.compile(r"^(?P<file>/.*?): \w+(?:, resumed after record \d+)?: [\d,]+ read = ", re.MULTILINE)
_PAUSE_S = 0.005


class Watcher(threading.Thread):
    """Follows a site's checkpoints while an import runs: what stands before one is acknowledged."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self._home = home
        self._stopped = threading.Event()
        self.positions: dict[str, int] = {}  # file → how many of its pieces are done, as far as was seen

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self.join(20)

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopped.wait(_PAUSE_S):
            self.look()

    def look(self) -> None:
        """Note how far the imports have come."""
        for file, position in _checkpoints(self._home):
            self.positions[file] = max(position, self.positions.get(file, 0))


def acknowledged(files: Sequence[File], positions: dict[str, int], told: str) -> set[str]:
    """Return the names of the records that checkpoints and printed reports say are in."""
    reported = {match["file"] for match in _REPORT.finditer(told)}
    names: set[str] = set()
    for file in files:
        done = len(file.names) if str(file.path) in reported else positions.get(str(file.path), 0)
        names |= set(file.names[:done])
    return names


def losses(home: Path, names: set[str]) -> list[str]:
    """Return what a site has lost or damaged, a sentence each; `names` are of records that it has acknowledged."""
    if not (home / "germane.sqlite3").exists():
        return [f"{len(names)} records are lost with the database"] if names else []
    told = check_sound(home)
    with connect(home) as database:
        if not _has(database, "catalog_article"):
            return told + ([f"{len(names)} records are lost"] if names else [])
        kept = {row[0] for row in database.execute("SELECT key FROM catalog_identifier")}
        marked = {
            row[0]
            for row in database.execute(
                "SELECT id FROM catalog_article WHERE is_indexed AND merged_into IS NULL AND NOT is_deleted"
            )
        }
    if lost := sorted(names - kept):
        told.append(f"{len(lost)} acknowledged records are lost, such as {lost[0]}")
    if marked and (lost_ids := marked - ids_of(opened_index(home), Filters())):
        told.append(f"{len(lost_ids)} articles are marked as indexed and are not, such as {min(lost_ids)}")
    return told


def phase(home: Path, files: Sequence[File]) -> str:
    """Return what a site was at: the first thing of its journey that is not done."""
    try:
        with connect(home) as database:
            if not _has(database, "catalog_article"):
                return "starting"
            if database.execute("SELECT 1 FROM catalog_checkpoint LIMIT 1").fetchone():
                return "importing"
            kept = {row[0] for row in database.execute("SELECT key FROM catalog_identifier")}
            if not all(kept.issuperset(file.names) for file in files):
                return "importing"
            for flag, name in (("enriched", "enriching"), ("indexed", "indexing"), ("related", "relating")):
                if database.execute(f"SELECT 1 FROM catalog_article WHERE NOT is_{flag} LIMIT 1").fetchone():
                    return name
    except sqlite3.OperationalError:
        return "starting"
    return "done"


def _checkpoints(home: Path) -> list[tuple[str, int]]:
    try:
        with connect(home) as database:
            return database.execute("SELECT file, position FROM catalog_checkpoint").fetchall()
    except sqlite3.OperationalError:  # no database or no table yet
        return []


def _has(database: sqlite3.Connection, table: str) -> bool:
    return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone())
