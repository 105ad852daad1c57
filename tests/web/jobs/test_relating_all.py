"""All lists at once: as the stage makes them when much is new, also after a run that was killed."""

from pathlib import Path

import pytest
from django.conf import settings

from germane.web import wiring
from germane.web.catalog import queries
from germane.web.catalog.models import Article, Refresh, Similar
from germane.web.catalog.relating import find_similar_lines
from germane.web.jobs import relating_all, renewing
from germane.web.jobs.parallel import Pool
from germane.web.jobs.rebuilding import rebuild
from tests.web.jobs.test_stages import _own_home, grow  # noqa: F401 (a fixture that is used by itself)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relating_all, "MIN_STALE", 5)


def listed() -> dict[int, list[int]]:
    return {a.id: [s.line.id for s in queries.read_similar(a.id)] for a in Article.objects.all()}


def test_few_articles_of_many_are_asked_for_one_by_one() -> None:
    assert relating_all.is_worthwhile(6, 60)
    assert not relating_all.is_worthwhile(4, 60)
    assert not relating_all.is_worthwhile(6, 6_000)


def test_the_stage_makes_all_lists_at_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = grow(tmp_path, range(24), "first.jsonl")
    assert done["relate"] == 24
    assert not (settings.ENVIRONMENT.home / relating_all.FOLDER).exists()
    assert not Article.objects.filter(is_related=False).exists()
    assert not Refresh.objects.exists()
    for number, similar in listed().items():
        assert set(similar) == {line.line.id for line in find_similar_lines(number)}


def test_a_run_that_was_killed_is_ended_by_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(tmp_path, range(24), "first.jsonl")
    before = listed()
    folder = settings.ENVIRONMENT.home / relating_all.FOLDER
    folder.mkdir()
    (folder / "000000.batch").write_bytes(b"half of it")
    Article.objects.filter(id__in=list(before)[5:]).update(is_related=False)
    Similar.objects.filter(article_id__in=list(before)[5:]).delete()
    wiring.index.cache_clear()
    with Pool(1) as pool:
        assert sum(relating_all.relate_all(renewing.read_generation(), pool)) == len(before) - 5
    assert listed() == before
    assert not folder.exists()


def test_lists_of_an_earlier_generation_are_made_again(tmp_path: Path) -> None:
    grow(tmp_path, range(9), "first.jsonl")
    grow(tmp_path, range(9, 24), "second.jsonl")
    assert set(Article.objects.values_list("related_in", flat=True)) == {renewing.read_generation()}


def test_rebuilding_lists_changes_nothing(tmp_path: Path) -> None:
    grow(tmp_path, range(24), "first.jsonl")
    before = listed()
    assert sum(n for _, n in rebuild("similar", lambda _: lambda *_: None)) >= 24
    assert listed() == before


def test_a_list_that_fails_is_left_to_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> object:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(relating_all, "relate_lists", failing)  # with one list, it is related in this process
    monkeypatch.setattr(relating_all, "_LISTS", 1)
    grow(tmp_path, range(12), "first.jsonl")
    assert all(listed().values())
