"""The contract of every live source, played by the replay server: what comes, what goes wrong, and what is not lost."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from germane.harvest.choosing import SOURCES, load_source
from germane.web.catalog.store.sql import rows
from germane.web.jobs.harvesting import Harvest
from tests.harvest.conftest import Site, records
from tests.replay.asking import Fault
from tests.replay.world import World, make_world

LIVE = [name for name in SOURCES if load_source(name).HAS_WINDOWS or load_source(name).IS_STREAM]
WINDOWED = [name for name in LIVE if load_source(name).HAS_WINDOWS]
STREAMS = [name for name in LIVE if load_source(name).IS_STREAM]
LOOKED_UP = [name for name in SOURCES if "doi" in load_source(name).LOOKS_UP]
PAGES = {"pubmed": "/efetch", "pubmed_files": ".gz", "openalex_snapshot": ".gz"}  # in the addresses of pages


def where(name: str) -> str:
    return PAGES.get(name, f"/{name}/")


@pytest.mark.parametrize("name", LIVE)
def test_everything_comes_once(site: Site, name: str) -> None:
    found = site.harvest(name)
    assert not found.error
    assert (found.counts.new, found.counts.rejected) == (10, 0)
    assert len(records()) == 10
    assert not site.waiting(name)


@pytest.mark.parametrize("name", WINDOWED)
def test_days_without_changes_are_done_and_empty(site: Site, name: str) -> None:
    found = site.harvest(name, since="2026-05-01", until="2026-05-02")
    assert (found.error, found.windows, found.counts.read) == ("", 2, 0)


@pytest.mark.parametrize("name", WINDOWED)
@pytest.mark.parametrize("size", [5, 10])
def test_the_last_page_ends_it_also_when_it_is_full(site: Site, name: str, size: int) -> None:
    found = Harvest(name)
    for _ in site.steps(site.source(name, page_size=size), found):
        pass
    assert (found.error, found.windows, found.counts.new) == ("", 2, 10)


@pytest.mark.parametrize("name", WINDOWED)
def test_windows_that_are_done_and_settled_are_not_asked_for_again(site: Site, name: str) -> None:
    site.harvest(name)
    asked = len(site.replay.asked)
    again = site.harvest(name)
    assert (again.skipped, len(site.replay.asked)) == (2, asked)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_goes_on_with_new_files_only(site: Site, name: str) -> None:
    site.harvest(name)
    assert site.harvest(name).counts.read == 0
    site.replay.world = make_world(days=3, a_day=5)
    asked = len(site.replay.asked)
    found = site.harvest(name)
    assert found.counts.new == 5
    assert sum(".gz" in address for address in site.replay.asked[asked:]) == 1


@pytest.mark.parametrize("name", LIVE)
def test_what_was_cut_off_goes_on_without_loss_or_repetition(site: Site, name: str) -> None:
    site.replay.faults = [Fault("500", where(name), first=2, times=1000)]
    first = site.harvest(name)
    assert first.error
    assert first.counts.new < 10
    site.replay.faults = []
    site.clock.sleep(36_000)  # the circuit breaker lets go
    second = site.harvest(name)
    assert not second.error
    assert first.counts.new + second.counts.new == 10
    assert len(records()) == 10


@pytest.mark.parametrize("name", LIVE)
@pytest.mark.parametrize("kind", ["cut", "429", "429-after", "500"])
def test_a_fault_that_passes_costs_nothing(site: Site, name: str, kind: str) -> None:
    site.replay.faults = [Fault(kind, where(name), first=2)]
    found = site.harvest(name)
    assert not found.error
    assert len(records()) == 10


@pytest.mark.parametrize("name", LIVE)
def test_a_limit_ends_it_and_the_next_run_goes_on(site: Site, name: str) -> None:
    found = site.harvest(name, limit=3)
    if not name.startswith("pubmed_files"):  # whose files do not tell how much is in them
        assert 3 <= found.counts.new < 10
    assert not site.harvest(name).error
    assert len(records()) == 10


@pytest.mark.parametrize("name", WINDOWED)
def test_an_error_with_status_200_is_no_page(site: Site, name: str) -> None:
    site.replay.faults = [Fault("error-body", f"/{name}/", first=2, times=1000)]
    found = site.harvest(name)
    assert found.error
    assert not rows("SELECT 1 FROM catalog_reject")
    site.replay.faults = []
    site.clock.sleep(36_000)
    assert not site.harvest(name).error
    assert len(records()) == 10


@pytest.mark.parametrize("name", LIVE)
def test_a_malformed_record_is_rejected_and_the_others_come(site_of: Callable[[World], Site], name: str) -> None:
    found = site_of(make_world(days=2, a_day=5, malformed=3)).harvest(name)
    assert (found.error, found.counts.new, found.counts.rejected) == ("", 9, 1)


@pytest.mark.parametrize("name", LIVE)
def test_a_record_without_anything_optional_comes(site_of: Callable[[World], Site], name: str) -> None:
    found = site_of(make_world(days=2, a_day=5, sparse=3)).harvest(name)
    assert (found.error, found.counts.new, found.counts.rejected) == ("", 10, 0)


@pytest.mark.parametrize("name", WINDOWED)
def test_broken_bytes_cost_at_most_their_record(site: Site, name: str) -> None:
    site.replay.faults = [Fault("bad-utf8", where(name), first=2)]
    found = site.harvest(name)
    assert not found.error
    assert found.counts.new + found.counts.rejected == 10
    assert found.counts.new >= 9


@pytest.mark.parametrize("name", [n for n in WINDOWED if n not in ("pubmed", "biorxiv", "medrxiv", "europepmc")])
def test_a_cursor_that_repeats_does_not_go_on_for_ever(site: Site, name: str) -> None:
    site.replay.faults = [Fault("same-cursor", f"/{name}/", times=1000)]
    assert "again" in site.harvest(name).error
    assert len(site.replay.asked) < 10
    site.replay.faults = []
    assert not site.harvest(name).error
    assert len(records()) == 10


@pytest.mark.parametrize("name", [n for n in WINDOWED if n != "pubmed"])
def test_a_page_that_shrinks_loses_nothing(site: Site, name: str) -> None:
    site.replay.faults = [Fault("short-page", f"/{name}/", first=2, times=2)]
    found = site.harvest(name)
    assert (found.error, len(records())) == ("", 10)


@pytest.mark.parametrize("name", ["pubmed", "arxiv"])
def test_a_cursor_that_was_forgotten_begins_the_window_again(site: Site, name: str) -> None:
    site.replay.faults = [Fault("stale-cursor", where(name), first=2)]
    found = site.harvest(name)
    assert (found.error, len(records())) == ("", 10)


@pytest.mark.parametrize("name", LIVE)
def test_a_work_on_two_pages_stands_as_it_came_last(site: Site, name: str) -> None:
    site.harvest(name)
    work = site.replay.world.works[4]
    site.replay.world = World((*site.replay.world.works, replace(work, day="2026-03-03", revision=1)))
    found = site.harvest(name, **({"until": "2026-03-03"} if name in WINDOWED else {}))
    assert (found.error, found.counts.changed, found.counts.new) == ("", 1, 0)
    assert len(records()) == 10
    assert rows("SELECT title FROM catalog_article WHERE title LIKE '%%revised 1%%'")


@pytest.mark.parametrize("name", ["arxiv", "pubmed_files"])
def test_what_a_source_deletes_is_gone(site: Site, name: str) -> None:
    site.harvest(name)
    work = site.replay.world.works[4]
    site.replay.world = World((*site.replay.world.works, replace(work, day="2026-03-03", is_deleted=True)))
    site.harvest(name, **({"until": "2026-03-03"} if name in WINDOWED else {}))
    assert [gone for _, _, _, gone in records()].count(True) == 1
    assert rows("SELECT COUNT(*) FROM catalog_article WHERE is_deleted") == [(1,)]


@pytest.mark.parametrize("name", [n for n in WINDOWED if n not in ("biorxiv", "medrxiv", "datacite")])
def test_a_retraction_that_comes_later_is_noticed(site: Site, name: str) -> None:
    if name == "arxiv":
        pytest.skip("arXiv tells withdrawals in its comments, which its reader's tests see")
    site.harvest(name)
    work = site.replay.world.works[4]
    site.replay.world = World((*site.replay.world.works, replace(work, day="2026-03-03", is_retracted=True)))
    site.harvest(name, until="2026-03-03")
    assert rows("SELECT COUNT(*) FROM catalog_article WHERE notices <> 0") == [(1,)]


@pytest.mark.parametrize("name", LOOKED_UP)
def test_one_article_is_looked_up_by_its_doi(site: Site, name: str) -> None:
    work = site.replay.world.works[3]
    doi = work.preprint_doi if name in ("biorxiv", "medrxiv") else work.doi
    found = site.harvest(name, ids=(f"doi:{doi}", "doi:10.5555/nobody.knows"), is_urgent=True)
    assert (found.error, found.counts.new) == ("", 1)
    assert rows("SELECT 1 FROM catalog_identifier WHERE key = %s", [f"doi:{doi}"])
    assert not rows("SELECT 1 FROM catalog_harvestwindow")


def test_arxiv_is_asked_by_number(site: Site) -> None:
    found = site.harvest("arxiv", ids=("arxiv:2603.10003", "arxiv:2603.10004"))
    assert (found.error, found.counts.new, found.counts.rejected) == ("", 2, 0)
