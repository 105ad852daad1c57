"""Processes that are killed at random moments lose nothing; `make faults` does this for long."""

from collections.abc import Sequence
from pathlib import Path

from tests.faults.acknowledging import Watcher, acknowledged, losses
from tests.faults.campaigns import Undisturbed, Victim, import_of, run_campaign
from tests.faults.corpus import File
from tests.faults.moments import at_once
from tests.faults.site import Site
from tests.faults.state import differences, read_state

VICTIMS: tuple[Victim, ...] = (
    *("importer", "importer", "server"),
    *("worker", "worker's child", "server's child"),
    "rebuild",
)


def test_killed_processes_lose_nothing_and_a_second_run_ends_as_if_undisturbed(
    tmp_path: Path, files: Sequence[File], undisturbed: Undisturbed
) -> None:
    outcome = run_campaign(tmp_path / "home", files, undisturbed, VICTIMS, seed=4)
    assert outcome.faults == []
    assert len(outcome.kills) >= 6
    assert outcome.n_answers > 20


def test_this_would_notice_a_checkpoint_that_is_ahead_of_its_data(
    tmp_path: Path, files: Sequence[File], undisturbed: Undisturbed
) -> None:
    site = Site(tmp_path / "home")
    command = import_of(files)
    with Watcher(site.home) as watcher:
        run = site.start(*command, sabotage="early-checkpoint")
        assert at_once(lambda: bool(watcher.positions))(site.home, run)
        run.kill_all()
    watcher.look()
    names = acknowledged(files, watcher.positions, run.told)
    assert any("acknowledged records are lost" in told for told in losses(site.home, names))
    site.run(*command)
    state = read_state(site.home)
    assert any(told.startswith("catalog_record: missing") for told in differences(undisturbed.state, state))


def test_this_would_notice_articles_marked_as_indexed_before_the_index_has_them(
    tmp_path: Path, files: Sequence[File]
) -> None:
    site = Site(tmp_path / "home")
    site.run("import", "--later", str(files[0].path))
    run = site.start("work", sabotage="early-mark")
    assert at_once(lambda: any("marked as indexed" in told for told in losses(site.home, set())))(site.home, run)
    run.kill_all()
    assert any("marked as indexed and are not" in told for told in losses(site.home, set()))


def test_this_would_notice_other_similar_articles() -> None:
    def compared(line: str) -> list[str]:
        return differences({"catalog_similar": ["1 2:0.5000 3:0.4000"]}, {"catalog_similar": [line]})

    assert compared("1 2:0.5100 3:0.4000") == []  # a document that counts twice for a while
    assert compared("1 2:0.5300 3:0.4000") != []
    assert compared("1 2:0.5000 4:0.4000") != []
    assert compared("2 2:0.5000 3:0.4000") != []


def test_this_would_notice_that_a_search_finds_something_else() -> None:
    lines = [f"1 {hit} ['moss']" for hit in (1, 2, 3, 4, 5, 6)]

    def compared(*hits: int, word: str = "moss") -> list[str]:
        return differences({"index words": lines}, {"index words": [f"1 {hit} ['{word}']" for hit in hits]})

    assert compared(1, 3, 2, 4, 5, 7) == []  # a document that counts twice for a while
    assert compared(2, 1, 3, 4, 5, 6) != []
    assert compared(1, 2, 7, 4, 5, 6) != []
    assert compared(1, 2, 3, 4, 5, 6, word="fern") != []
    assert compared() != []
