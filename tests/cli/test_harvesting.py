"""`germane harvest`, `germane sources` and `germane article` as an operator calls them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from msgspec import structs
from typer.testing import CliRunner, Result

from germane.cli import app
from germane.harvest.choosing import SOURCES
from germane.web import wiring
from tests.replay.asking import Fault
from tests.replay.server import Replay, running
from tests.replay.world import make_world

pytestmark = pytest.mark.django_db


def germane(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[Replay]:
    """A home whose sources are all played."""
    before = settings.ENVIRONMENT
    with running(make_world(days=2, a_day=3)) as server:
        played = {name: {"base_url": server.url(name), "pace_s": 0.0} for name in SOURCES}
        played["arxiv"]["api_url"] = server.url("arxiv")
        settings.ENVIRONMENT = structs.replace(
            before, home=tmp_path, contact="me@example.org", fetch_allowed_hosts=(server.host,), sources=played
        )
        wiring.fetch_client.cache_clear()
        try:
            yield server
        finally:
            settings.ENVIRONMENT = before
            wiring.fetch_client.cache_clear()


@pytest.mark.usefixtures("replay")
def test_a_harvest_tells_what_came_and_sources_tell_it_again() -> None:
    days = ("--since", "2026-03-01", "--until", "2026-03-02")
    done = germane("harvest", "crossref", *days, "--later", "--json")
    [told] = json.loads(done.stdout)
    assert (told["source"], told["windows"], told["counts"]["new"], told["error"]) == ("crossref", 2, 6, "")
    again = germane("harvest", "crossref", *days, "--later")
    assert "2 windows were done before" in again.stdout
    [report] = [r for r in json.loads(germane("sources", "--json").stdout) if r["source"] == "crossref"]
    assert (report["harvested_until"], report["n_records"], report["n_unfinished"]) == ("2026-03-02", 6, 0)
    assert "last success" in germane("sources").stdout


def test_a_failure_is_told_with_its_reason_and_exit_code(replay: Replay) -> None:
    replay.recorded = {}
    replay.faults = [Fault("error-body", "/europepmc/", times=100)]
    days = ("--since", "2026-03-01", "--until", "2026-03-02")
    failed = germane("harvest", "europepmc", *days, "--later")
    assert failed.exit_code == 1
    assert "Invalid cursorMark" in failed.output
    assert "Invalid cursorMark" in germane("sources").stdout


@pytest.mark.usefixtures("replay")
def test_all_asks_the_daily_sources_and_goes_on_after_the_last_day() -> None:
    first = json.loads(germane("harvest", "all", "--later", "--json").stdout)
    assert [one["source"] for one in first] == ["crossref", "pubmed", "arxiv", "biorxiv", "medrxiv"]
    assert {(one["error"], one["windows"]) for one in first} == {("", 8)}  # a week, and today
    second = json.loads(germane("harvest", "all", "--later", "--json").stdout)
    assert {(one["source"], one["windows"]) for one in second} == {
        ("crossref", 2), ("pubmed", 3), ("arxiv", 3), ("biorxiv", 3), ("medrxiv", 3)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("harvest", "nowhere"), "there is no source called 'nowhere'; known are all, crossref"),
        (("harvest", "crossref", "--since", "yesterday"), "expected YYYY-MM-DD"),
        (("harvest", "crossref", "--since", "2026-03-02", "--until", "2026-03-01"), "comes after"),
        (("harvest", "crossref", "--ids", "10.5555/a 12"), "cannot be asked for '12'"),
        (("harvest", "all", "--query", "x"), "are for one source"),
        (("harvest", "openalex_snapshot", "--until", "2026-03-01"), "cannot be asked for days"),
        (("article", "a title"), "names no article"),
    ],
)
@pytest.mark.usefixtures("replay")
def test_what_is_wrong_with_a_command_is_said(arguments: tuple[str, ...], told: str) -> None:
    result = germane(*arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
