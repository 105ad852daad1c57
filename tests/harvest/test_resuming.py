"""A harvest that ends anywhere: the next one goes on, and the catalog is as if nothing had happened."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection

from germane.files import written_whole
from germane.harvest import SourceError
from germane.web.catalog.store import harvests
from germane.web.catalog.store.sql import rows
from germane.web.jobs import harvesting
from germane.web.jobs.harvesting import Busy, Harvest
from germane.web.jobs.importing import import_steps
from tests.harvest.conftest import SINCE, Site, records


class Killed(BaseException):
    """The process ends here."""


class Countdown:
    """Ends the process before or after the nth of the calls that a harvest makes to disk and database."""

    def __init__(self, n: int, *, is_after: bool) -> None:
        self.n, self.is_after = n, is_after

    def around(self, call: Any) -> Any:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.n -= 1
            if self.n == 0 and not self.is_after:
                raise Killed
            result = call(*arguments, **named)
            if self.n == 0:
                raise Killed
            return result

        return counted


def harvest_until_killed(site: Site, name: str, n: int, *, is_after: bool) -> bool:
    """Harvest, ending at the nth moment; tell whether it came to that."""
    countdown = Countdown(n, is_after=is_after)
    jobs = "germane.web.jobs.harvesting"
    with (
        patch.object(harvests, "note_page", countdown.around(harvests.note_page)),
        patch.object(harvests, "note_import", countdown.around(harvests.note_import)),
        patch(f"{jobs}.import_steps", countdown.around(import_steps)),
        patch(f"{jobs}.written_whole", countdown.around(written_whole)),
        patch.object(Path, "unlink", countdown.around(Path.unlink)),
    ):
        try:
            site.harvest(name, **one_day(name))
        except Killed:
            return True
    return False


@pytest.mark.parametrize(("name", "is_after"), [("crossref", True), ("europepmc", False), ("openalex_snapshot", True)])
def test_killed_at_any_moment_it_ends_as_undisturbed(site: Site, name: str, is_after: bool) -> None:
    site.harvest(name, **one_day(name))
    expected = records()
    forget()
    n, was_killed = 0, True
    while was_killed:
        n += 1
        was_killed = harvest_until_killed(site, name, n, is_after=is_after)
        assert not site.harvest(name, **one_day(name)).error
        assert records() == expected, f"killed at moment {n}"
        assert not site.waiting(name)
        assert rows("SELECT COUNT(*) FROM catalog_harvestwindow WHERE done_at IS NULL") == [(0,)]
        forget()
    assert n > 8


def test_pages_that_a_restored_backup_lacks_are_fetched_again(site: Site) -> None:
    assert harvest_until_killed(site, "europepmc", 4, is_after=False)
    for path in (site.folder / "harvest" / "europepmc").glob("*-*"):
        path.unlink()
    assert not site.harvest("europepmc").error
    assert len(records()) == 10


def test_one_process_at_a_time_harvests_a_source(site: Site) -> None:
    running = site.steps(site.source("crossref"), Harvest("crossref"))
    next(running)
    with pytest.raises(Busy, match="another process"):
        site.harvest("crossref")
    del running


def test_a_window_of_too_many_is_asked_for_in_halves(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("germane.harvest.pubmed._MOST", 5)
    found = Harvest("pubmed")
    for _ in site.steps(site.source("pubmed", window_days=2), found):
        pass
    assert (found.error, found.windows, found.counts.new) == ("", 2, 10)


def test_a_day_of_too_many_says_what_to_do(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("germane.harvest.pubmed._MOST", 4)
    found = site.harvest("pubmed")
    assert "pubmed_files" in found.error
    assert found.permanent


def test_a_damaged_file_is_fetched_again(site: Site) -> None:
    site.harvest("openalex_snapshot")
    assert not site.waiting("openalex_snapshot")
    path = site.folder / "x.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00 and then nothing of the kind")
    with pytest.raises(SourceError, match="damaged"):
        harvesting._check_whole(path)
    assert not path.exists()


def one_day(name: str) -> dict[str, str]:
    return {} if name == "openalex_snapshot" else {"until": SINCE}


def forget() -> None:
    """Empty the catalog."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table.startswith("catalog_"):
                cursor.execute(f"DELETE FROM {table}")
