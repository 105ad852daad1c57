"""The stages: a defect costs one article, a new article reaches its neighbors' lists, nothing is redone in vain."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from msgspec import structs

import germane
from germane.index import IndexFailure
from germane.web import wiring
from germane.web.catalog import queries
from germane.web.catalog.models import Article, ArticleKeyphrase, Derivation, Failure, Refresh, Similar
from germane.web.catalog.relating import find_similar_lines, similar_to
from germane.web.catalog.store import derived
from germane.web.jobs import work
from germane.web.jobs.importing import import_files
from germane.web.jobs.rebuilding import mark_stale
from germane.web.jobs.stages import run_stages
from tests.web.jobs.test_importing import write_lines

pytestmark = pytest.mark.django_db

TOPICS = ("soil moisture in mountain meadows", "spectral gaps of random graphs", "sleep of nurses on night shifts")

# So different that no article passes for a copy of another one.
WAYS = (
    "Counting by hand in three valleys",
    "A comparison of cheap sensors",
    "What forty years of diaries tell",
    "Lessons from a failed experiment",
    "Simulations on large clusters",
    "An atlas for beginners",
    "Interviews with retired experts",
    "Bayesian estimates under missing data",
    "Two seasons of careful weighing",
    "New proofs by elementary means",
    "Costs and benefits for small towns",
    "Photographs taken from balloons",
    "Questions that nobody has asked yet",
    "Teaching it to school children",
    "Open data and how to cite them",
    *(f"Observation series {chr(65 + i) * 9} of many" for i in range(15)),
)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "ENVIRONMENT", structs.replace(settings.ENVIRONMENT, home=tmp_path / "home"))
    wiring.index.cache_clear()
    yield
    wiring.index.cache_clear()


def line(number: int, topic: str, **fields: Any) -> str:
    from tests.web.jobs.test_importing import line as made

    title = f"{WAYS[number]}: {topic}, part {number}"
    abstract = f"We looked at {topic}. Of {topic} much is unknown. {WAYS[number]} was what we did this time."
    return made(number, title=title, abstracts=[{"markup": f"<p>{abstract}</p>", "license": "cc0"}], **fields)


def grow(folder: Path, numbers: range, name: str) -> dict[str, int]:
    """Import articles, every third of one topic, and bring everything up to date."""
    path = write_lines(folder, [line(n, TOPICS[n % 3]) for n in numbers], name)
    [report] = import_files([str(path)])
    assert not report.counts.rejected
    return {stage.name: n for stage, n in run_stages()}


def test_articles_on_one_topic_are_similar_and_a_second_run_has_nothing_to_do(tmp_path: Path) -> None:
    assert grow(tmp_path, range(12), "first.jsonl") == {"enrich": 12, "index": 12, "relate": 12, "shelve": 0}
    assert not Refresh.objects.exists()  # all saw the same index
    one = Article.objects.get(doi="10.5555/0")
    near = [s.line.title for s in queries.read_similar(one.id)]
    assert TOPICS[0] in near[0]
    assert {n for _, n in run_stages()} == {0}


def test_every_article_has_its_vector_in_the_index(tmp_path: Path) -> None:
    grow(tmp_path, range(6), "first.jsonl")
    index = wiring.index()
    assert (index.n_documents, index.n_vectors, index.vector_model) == (6, 6, wiring.embedder().name)


def test_a_new_article_reaches_the_lists_of_its_neighbors_and_of_nobody_else(tmp_path: Path) -> None:
    grow(tmp_path, range(12), "first.jsonl")
    before = dict(Article.objects.values_list("doi", "related_in"))
    done = grow(tmp_path, range(12, 13), "second.jsonl")  # of the first topic
    new = Article.objects.get(doi="10.5555/12")
    told = [s.similar_id for s in Similar.objects.filter(article_id=new.id).order_by("rank")][: derived.N_TOLD]
    assert done["relate"] == 1 + len(told)
    assert not Refresh.objects.exists()
    again = {a.doi for a in Article.objects.exclude(id=new.id) if a.related_in > before[a.doi]}
    assert again == {Article.objects.get(id=number).doi for number in told}
    assert Similar.objects.filter(similar_id=new.id, article_id__in=told).exists()


def test_a_defect_costs_one_article_and_is_tried_again_by_a_new_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = work._enrich

    def failing(text: Any) -> Any:
        if "part 4" in text.title:
            raise ZeroDivisionError("a defect")
        return real(text)

    monkeypatch.setattr(work, "_enrich", failing)
    assert grow(tmp_path, range(9), "first.jsonl")["enrich"] == 9
    bad = Article.objects.get(doi="10.5555/4")
    [failure] = Failure.objects.all()
    assert (failure.stage, failure.article_id, failure.reason) == ("enrich", bad.id, "ZeroDivisionError: a defect")
    assert not ArticleKeyphrase.objects.filter(article_id=bad.id).exists()
    assert Similar.objects.filter(article_id=bad.id).exists()  # the later stages went on with it
    monkeypatch.setattr(work, "_enrich", real)
    assert {n for _, n in run_stages()} == {0}
    monkeypatch.setattr(germane, "__version__", "99.0")
    assert next(n for stage, n in run_stages() if stage.name == "enrich") == 1
    assert ArticleKeyphrase.objects.filter(article_id=bad.id).exists()
    assert not Failure.objects.exists()


def test_a_defect_in_relating_costs_one_article(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = similar_to

    def failing(near: Any) -> Any:
        if "part 4" in near.document.title:
            raise ZeroDivisionError("a defect")
        return real(near)

    monkeypatch.setattr(work, "similar_to", failing)
    assert grow(tmp_path, range(9), "first.jsonl")["relate"] == 9
    assert [f.stage for f in Failure.objects.all()] == ["relate"]
    monkeypatch.setattr(work, "similar_to", real)
    mark_stale("similar", lambda *_: None)
    list(run_stages())
    assert not Failure.objects.exists()
    assert Similar.objects.filter(article_id=Article.objects.get(doi="10.5555/4").id).exists()


def test_a_defect_of_the_stage_itself_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(text: Any) -> Any:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(work, "_enrich", failing)
    with pytest.raises(ZeroDivisionError):
        grow(tmp_path, range(30), "first.jsonl")
    assert not Failure.objects.exists()
    assert not Article.objects.filter(is_enriched=True).exists()


@pytest.mark.parametrize(("what", "stages"), [("embedding", {"index", "relate"}), ("similar", {"relate"})])
def test_what_another_model_made_is_made_again(tmp_path: Path, what: str, stages: set[str]) -> None:
    grow(tmp_path, range(6), "first.jsonl")
    Derivation.objects.filter(what=what).update(made_by="an earlier one")
    assert {stage.name for stage, n in run_stages() if n} == stages
    assert {n for _, n in run_stages()} == {0}


def test_embeddings_can_be_rebuilt(tmp_path: Path) -> None:
    grow(tmp_path, range(6), "first.jsonl")
    mark_stale("embeddings", lambda *_: None)
    assert {stage.name: n for stage, n in run_stages()} == {"enrich": 0, "index": 6, "relate": 6, "shelve": 0}
    mark_stale("index", lambda *_: None)
    wiring.index.cache_clear()
    assert wiring.index().n_vectors == 6  # taken over, not made again


@pytest.mark.parametrize("damage", ["removed", "broken"])
def test_vectors_that_a_rebuilt_index_cannot_take_over_are_made_again(tmp_path: Path, damage: str) -> None:
    grow(tmp_path, range(6), "first.jsonl")
    folder = tmp_path / "home" / "index"
    if damage == "removed":
        shutil.rmtree(folder)
    else:
        (folder / "rows" / "manifest.json").write_text("{")
    mark_stale("index", lambda *_: None)
    assert {stage.name: n for stage, n in run_stages()} == {"enrich": 0, "index": 6, "relate": 0, "shelve": 0}
    wiring.index.cache_clear()
    assert wiring.index().n_vectors == 6


def test_an_index_that_is_gone_is_made_again(tmp_path: Path) -> None:
    grow(tmp_path, range(6), "first.jsonl")
    shutil.rmtree(tmp_path / "home" / "index")
    assert {stage.name for stage, n in run_stages() if n} == {"index"}
    wiring.index.cache_clear()
    assert (wiring.index().n_documents, wiring.index().n_vectors) == (6, 6)
    assert {n for _, n in run_stages()} == {0}


def test_a_broken_index_is_told_even_when_there_is_nothing_to_do(tmp_path: Path) -> None:
    grow(tmp_path, range(3), "first.jsonl")
    (tmp_path / "home" / "index" / "rows" / "manifest.json").write_text("{")
    with pytest.raises(IndexFailure, match="germane rebuild index"):
        list(run_stages())


def test_an_article_without_a_list_is_related_on_the_spot(tmp_path: Path) -> None:
    grow(tmp_path, range(12), "first.jsonl")
    one = Article.objects.get(doi="10.5555/0")
    kept = [(s.line.id, [(e.code, e.matched) for e in s.evidence]) for s in queries.read_similar(one.id)]
    Similar.objects.all().delete()
    assert [(s.line.id, [(e.code, e.matched) for e in s.evidence]) for s in find_similar_lines(one.id)] == kept
