"""What can be wrong with a site or its machine: each finding says what, why it matters, and what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from germane.web.env import Environment

Level = Literal["note", "warning", "error"]
EXIT_CODES: dict[Level, int] = {"note": 0, "warning": 1, "error": 2}


class Finding(Struct, frozen=True):
    """One thing that is not as it should be. `code` is for programs, and a heading of `docs/doctor.md`."""

    code: str
    level: Level
    what: str
    why: str
    advice: str  # a command, or what else to do
    fix: Callable[[], None] | None = None  # does it, where nothing can go wrong
    is_fixed: bool = False


class Site(Struct, frozen=True):
    """What is looked at: a home, and the settings with which commands use it."""

    environment: Environment
    database: Path | None  # the SQLite file; None: PostgreSQL
    is_deep: bool = False

    @property
    def readers(self) -> Path | None:
        """Return the SQLite file of the readers' accounts and marks; None where all tables are in PostgreSQL."""
        return self.home / "readers.sqlite3" if self.database else None

    @property
    def home(self) -> Path:
        """Return the folder of the site's data."""
        return self.environment.home
