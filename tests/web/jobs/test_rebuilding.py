"""Rebuilding: everything comes back as it was, readers miss nothing meanwhile, and what was killed goes on."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from django.conf import settings
from msgspec import structs

from germane.index import Query
from germane.index.queries import parse_query
from germane.web import wiring
from germane.web.catalog import queries, stale
from germane.web.catalog.models import Article, ArticleKeyphrase, Derivation
from germane.web.catalog.store.sql import rows
from germane.web.jobs import rebuilding, work
from germane.web.jobs.importing import import_files
from germane.web.jobs.rebuilding import REBUILDS, read_state, rebuild
from germane.web.jobs.stages import run_stages
from tests.web.jobs.test_importing import write_lines
from tests.web.jobs.test_stages import TOPICS, grow, line

pytestmark = pytest.mark.django_db

N = 9
Watch = Callable[[str], None]


class Killed(BaseException):
    """Stands for a signal: nothing catches it."""


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "ENVIRONMENT", structs.replace(settings.ENVIRONMENT, home=tmp_path / "home"))
    wiring.index.cache_clear()
    grow(tmp_path, range(N), "first.jsonl")
    yield
    wiring.index.cache_clear()


def run(what: str, watch: Watch = lambda _: None) -> dict[str, int]:
    """Rebuild, calling `watch` with the step's name whenever something of it has been written."""
    done: dict[str, int] = {}
    for step, n in rebuild(what, lambda step: lambda *_: watch(step.name)):
        done[step.name] = n
    return done


def seen() -> tuple[object, ...]:
    """Return what readers see of every article: keyphrases, similar articles, counts, and what a search finds."""
    index = wiring.index()
    found = [sorted(hit.id for hit in index.search(parse_query(topic.split()[0])).hits) for topic in TOPICS]
    articles = Article.objects.order_by("id").values_list("id", "title", "counts", "n_mentions")
    similar = {number: [s.line.id for s in queries.read_similar(number)] for number, *_ in articles}
    phrases = list(ArticleKeyphrase.objects.order_by("article_id", "rank").values_list("article_id", "phrase"))
    return list(articles), similar, phrases, found, index.search(Query()).n_total, index.n_vectors


@pytest.mark.parametrize("what", REBUILDS)
def test_what_readers_see_is_the_same_before_while_and_after(what: str) -> None:
    before = seen()
    steps: set[str] = set()

    def watch(name: str) -> None:
        steps.add(name)
        assert seen() == before

    run(what, watch)
    assert steps & {step.name for step in REBUILDS[what]} or what == "shelves"  # there are no items
    assert seen() == before
    assert {n for _, n in run_stages()} == {0}


def test_all_makes_everything_once() -> None:
    done = run("all")
    made = {name: n for name, n in done.items() if not name.startswith("stale")}
    assert made == {"articles": N, "enrich": N, "index": N, "relate": N, "shelve": 0, "counts": N, "likes": 0}


@pytest.mark.parametrize("what", ["index", "all"])
def test_lost_keyphrases_and_an_index_that_is_not_there_come_back(what: str, tmp_path: Path) -> None:
    before = seen()
    ArticleKeyphrase.objects.all().delete()
    Article.objects.update(is_enriched=False)
    shutil.rmtree(tmp_path / "home" / "index")
    wiring.index.cache_clear()
    run(what)
    list(run_stages())
    wiring.index.cache_clear()
    assert seen() == before


def kill_at(step: str, after: int = 1) -> Watch:
    calls = 0

    def watch(name: str) -> None:
        nonlocal calls
        calls += name == step
        if calls == after:
            raise Killed

    return watch


@pytest.mark.parametrize(
    "step", ["articles", "stale keyphrases", "enrich", "index", "stale similar articles", "counts"]
)
def test_a_rebuild_that_is_killed_leaves_the_site_whole_and_goes_on(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "_BATCH", 2)
    before = seen()
    with pytest.raises(Killed):
        run("all", kill_at(step))
    assert seen() == before
    state = read_state()
    assert state is not None
    assert REBUILDS["all"][state.step].name == step
    done = run("all")
    assert set(done) == {s.name for s in REBUILDS["all"][state.step :]}  # and nothing again that was done
    if step in {"articles", "counts"}:
        assert done[step] == N - 2
    assert read_state() is None
    assert seen() == before
    assert {n for _, n in run_stages()} == {0}


def test_another_rebuild_begins_at_its_beginning() -> None:
    with pytest.raises(Killed):
        run("all", kill_at("index"))
    assert set(run("counts")) == {"counts", "likes"}
    assert read_state() is None


def test_a_state_that_nobody_understands_is_none() -> None:
    for text in ("", "all", "all one 2", "everything 1 2", "all 1 x"):
        Derivation.objects.update_or_create(what="rebuild", defaults={"made_by": text})
        assert read_state() is None, text


@pytest.mark.parametrize("what", ["index", "embeddings"])
def test_an_article_that_changes_while_the_index_is_filled_is_indexed_again(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = stale.read_sources
    changed = line(4, "a topic of its own")

    def reading(ids: Sequence[int]) -> list[stale.Source]:
        sources = read(ids)
        for module in (stale, work):
            monkeypatch.setattr(module, "read_sources", read)
        [report] = import_files([str(write_lines(tmp_path, [changed], "changed.jsonl"))])
        assert report.counts.changed == 1
        Article.objects.filter(doi="10.5555/4").update(
            is_enriched=True, is_indexed=False
        )  # as an enriching worker would
        return sources

    for module in (stale, work):
        monkeypatch.setattr(module, "read_sources", reading)
    assert run(what)["index"] == N
    assert rows("SELECT COUNT(*) FROM catalog_article WHERE NOT is_indexed")[0][0] == 1
    assert {stage.name: n for stage, n in run_stages()}["index"] == 1
    wiring.index.cache_clear()
    [hit] = wiring.index().search(parse_query('"topic of its own"')).hits
    assert hit.id == Article.objects.get(doi="10.5555/4").id


def test_vectors_are_taken_over_by_a_rebuilt_index_and_made_by_rebuilt_embeddings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def embed(*_: object) -> None:
        raise AssertionError("made again")

    with monkeypatch.context() as patched:
        patched.setattr(work, "with_vectors", embed)
        run("index")
        with pytest.raises(AssertionError, match="made again"):
            run("embeddings")
    wiring.index.cache_clear()
    assert wiring.index().n_vectors == N


@pytest.mark.parametrize("damage", ["removed", "broken"])
def test_vectors_that_a_rebuilt_index_cannot_take_over_are_made_again(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "home" / "index"
    if damage == "removed":
        shutil.rmtree(folder)
    else:
        (folder / "rows" / "manifest.json").write_text("{")
    wiring.index.cache_clear()
    run("index")
    assert {stage.name: n for stage, n in run_stages()} == {"enrich": 0, "index": N, "relate": 0, "shelve": 0}
    wiring.index.cache_clear()
    assert wiring.index().n_vectors == N
