"""What the replayed sources know: invented works, each changed on a day. Nothing of it was recorded."""

from dataclasses import dataclass
from datetime import date, timedelta

FIRST_DAY = date(2026, 3, 1)
_KINDS = ("Warming", "Cooling", "Counting", "Folding", "Mapping", "Sorting", "Tracing", "Weighing")
_THINGS = ("antennae", "glaciers", "lattices", "membranes", "orchards", "proteins", "quasars", "rivers", "symmetries")
_PLACES = ("in winter", "under pressure", "at night", "by ear", "with patience", "in the lowlands", "after rain")


@dataclass(frozen=True)
class Work:
    """An invented article, as a source came to know it on `day`."""

    number: int
    day: str
    revision: int = 0
    is_retracted: bool = False
    is_deleted: bool = False  # where a source tells deletions
    is_malformed: bool = False  # its record is of a wrong shape
    is_sparse: bool = False  # without anything that is optional

    @property
    def doi(self) -> str:
        return f"10.5555/replay.{self.number}"

    @property
    def preprint_doi(self) -> str:
        return f"10.1101/2026.03.{self.number:06d}"

    @property
    def pmid(self) -> str:
        return str(70_000_000 + self.number)

    @property
    def arxiv(self) -> str:
        return f"2603.{10_000 + self.number}"

    @property
    def openalex(self) -> str:
        return f"W98{self.number:08d}"

    @property
    def title(self) -> str:
        n = self.number
        name = f"{_KINDS[n % 8]} {_THINGS[n // 8 % 9]} {_PLACES[n // 72 % 7]}"
        return f"{name}, part {n}" + (f", revised {self.revision}" if self.revision else "")

    @property
    def abstract(self) -> str:
        return f"We report on {self.title.lower()}: the {self.number}th of a series that nobody wrote."


@dataclass(frozen=True)
class World:
    """All works in the order in which they changed; one number may come several times."""

    works: tuple[Work, ...]

    def between(self, since: str, until: str) -> list[Work]:
        """Return the works of some days, both inclusive, each once, as it stands now."""
        latest = {work.number: work for work in self.works}
        return [work for work in latest.values() if (since or "0") <= work.day <= (until or "9")]

    def of(self, number: int) -> Work | None:
        """Return a work as it stands now."""
        return {work.number: work for work in self.works}.get(number)


def make_world(days: int = 5, a_day: int = 7, *, malformed: int = -1, sparse: int = -1, deleted: int = -1) -> World:
    """Return a world of some days; single works by their number can be malformed, sparse or deleted."""
    works = []
    for number in range(days * a_day):
        day = FIRST_DAY + timedelta(days=number // a_day)
        works.append(
            Work(
                number,
                day.isoformat(),
                is_malformed=number == malformed,
                is_sparse=number == sparse,
                is_deleted=number == deleted,
            )
        )
    return World(tuple(works))
