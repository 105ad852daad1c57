"""A replay server, a client whose clock does not wait, and a harvest of one source into the test database."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from germane.fetch import Client
from germane.harvest import LiveSource
from germane.harvest.choosing import load_source
from germane.web.catalog.store.sql import rows
from germane.web.jobs.harvesting import Harvest, Wanted, harvest_steps
from germane.web.jobs.parallel import Pool
from tests.replay.server import Replay, running
from tests.replay.world import World, make_world

SINCE, UNTIL = "2026-03-01", "2026-03-02"


class Clock:
    """A time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_772_700_000.0  # March 2026

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.0)


@dataclass
class Site:
    """A site that harvests from a replay server."""

    folder: Path
    replay: Replay
    clock: Clock = field(default_factory=Clock)

    def client(self) -> Client:
        clock = self.clock
        return Client(
            self.folder,
            contact="library@example.org",
            allowed_hosts=(self.replay.host,),
            now=clock.time,
            sleep=clock.sleep,
            ticks=clock.time,
            chance=random.Random(1),
        )

    def source(self, name: str, **settings: Any) -> LiveSource:
        found = load_source(name, {"base_url": self.replay.url(name), "pace_s": 0.0}, "library@example.org")
        if hasattr(found, "api_url"):
            found = replace(found, api_url=self.replay.url(name))  # type: ignore[call-arg]
        return replace(found, **{"page_size": 2} | settings)

    def steps(self, source: LiveSource, harvest: Harvest, **wanted: Any) -> Iterator[object]:
        days = {"since": SINCE, "until": UNTIL} if source.HAS_WINDOWS and "ids" not in wanted else {}
        asked = Wanted(**days | wanted)
        with Pool() as pool:
            yield from harvest_steps(source, asked, self.client(), self.folder / "harvest", pool, harvest)

    def harvest(self, name: str, **wanted: Any) -> Harvest:
        """Harvest two days of a source, or all of a stream, to the end."""
        source = self.source(name)
        harvest = Harvest(name)
        for _ in self.steps(source, harvest, **wanted):
            pass
        return harvest

    def waiting(self, name: str) -> list[str]:
        """Return the files of pages that were not imported."""
        return sorted(path.name for path in (self.folder / "harvest" / name).glob("*-*"))


def records() -> list[tuple[str, str, bytes, bool]]:
    """Return what the catalog keeps: source, key, digest, and whether it is withdrawn."""
    found = rows("SELECT source, key, digest, is_withdrawn FROM catalog_record ORDER BY source, key")
    return [(source, key, bytes(digest), bool(gone)) for source, key, digest, gone in found]


@pytest.fixture
def site(db: None, tmp_path: Path) -> Iterator[Site]:
    """Two days of five works each."""
    with running(make_world(days=2, a_day=5)) as replay:
        yield Site(tmp_path, replay)


@pytest.fixture
def site_of(db: None, tmp_path: Path) -> Iterator[Callable[[World], Site]]:
    """Make a site of a world."""
    with running() as replay:

        def make(world: World) -> Site:
            replay.world = world
            return Site(tmp_path, replay)

        yield make
