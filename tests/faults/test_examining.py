"""What a killed run leaves is found by `germane doctor`, which says what mends it, and that does."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.faults.acknowledging import Watcher
from tests.faults.campaigns import import_of
from tests.faults.cases import Half, examine
from tests.faults.corpus import File
from tests.faults.limits import with_room
from tests.faults.moments import at_once, when_rebuilt_index_grows
from tests.faults.site import Site


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with with_room(tmp_path / "disk") as folder:
        yield folder


def test_an_import_that_was_killed_is_found_until_it_is_finished(disk: Path, files: Sequence[File]) -> None:
    site = Site(disk / "home")
    with Watcher(site.home) as watcher:
        run = site.start(*import_of(files))
        assert at_once(lambda: bool(watcher.positions))(site.home, run)
        run.kill_all()
    code, found = examine(site)
    assert (code, set(found)) == (1, {"import-interrupted", "waiting"})
    site.run(*import_of(files))
    assert "import-interrupted" not in examine(site)[1]


def test_a_rebuild_that_was_killed_is_found_until_it_is_finished(disk: Path, half: Half) -> None:
    site = Site(Path(shutil.copytree(half.whole.home, disk / "home")))
    assert examine(site) == (0, [])
    run = site.start("rebuild", "index")
    assert when_rebuilt_index_grows(site.home, run)
    run.kill_all()
    assert examine(site) == (1, ["rebuild-interrupted"])
    site.run("rebuild", "index")
    assert examine(site) == (0, [])
