"""The stages: a defect costs one article, a new article reaches its neighbors' lists, nothing is redone in vain."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Q
from msgspec import structs

import germane
from germane.index import IndexFailure
from germane.index.queries import parse_query
from germane.web import wiring
from germane.web.catalog import queries
from germane.web.catalog.codec import unpack_similar
from germane.web.catalog.models import (
    Article,
    ArticleKeyphrase,
    Citation,
    Derivation,
    Failure,
    Keyphrase,
    Refresh,
    Similar,
)
from germane.web.catalog.relating import find_similar_lines, similar_to
from germane.web.catalog.store import derived
from germane.web.jobs import stages, work
from germane.web.jobs.importing import import_files, import_steps
from germane.web.jobs.parallel import Pool
from germane.web.jobs.rebuilding import rebuild
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


def similar_ids(article_id: int) -> list[int]:
    return [number for number, _, _ in unpack_similar(bytes(Similar.objects.get(article_id=article_id).found))]


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
    told = similar_ids(new.id)[: derived.N_TOLD]
    assert done["relate"] == 1 + len(told)
    assert not Refresh.objects.exists()
    again = {a.doi for a in Article.objects.exclude(id=new.id) if a.related_in > before[a.doi]}
    assert again == {Article.objects.get(id=number).doi for number in told}
    assert any(new.id in similar_ids(number) for number in told)


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
    for _ in rebuild("similar", lambda _: lambda *_: None):
        pass
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


def test_articles_that_come_while_others_are_derived_are_derived_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "_AT_ONCE", 1_000)
    monkeypatch.setattr(stages, "map_batches", lambda function, batches, **_: map(function, batches))
    monkeypatch.setattr(stages, "_WRITTEN", 1)
    read(tmp_path, range(4), "first.jsonl")
    steps = stages.derive_steps()
    assert next(steps) == (4, 4)
    assert not wiring.index().n_documents  # readers see it later
    read(tmp_path, range(4, 7), "second.jsonl")
    assert list(steps) == [(3, 3)]
    assert wiring.index().n_documents == 7
    assert not Article.objects.filter(Q(is_enriched=False) | Q(is_indexed=False)).exists()
    assert list(stages.derive_steps()) == []


def test_an_article_that_changes_while_it_is_derived_is_derived_again(tmp_path: Path) -> None:
    read(tmp_path, range(4), "first.jsonl")
    steps = stages.derive_steps()
    next(steps)
    path = write_lines(tmp_path, [line(2, "glaciers of the moon")], "again.jsonl")
    assert [report.counts.changed for report in import_files([str(path)])] == [1]
    assert list(steps) == []
    assert list(stages.derive_steps()) == [(1, 1)]
    [changed] = wiring.index().search(parse_query("glaciers")).hits
    assert changed.id == Article.objects.get(doi="10.5555/2").id
    assert wiring.index().n_documents == 4
    assert list(stages.derive_steps()) == []


def test_what_changed_between_reading_and_writing_stays_in_the_queue(tmp_path: Path) -> None:
    read(tmp_path, range(3), "first.jsonl")
    ids = sorted(Article.objects.values_list("id", flat=True))
    made = work.derive(ids)
    path = write_lines(tmp_path, [line(1, "glaciers of the moon")], "again.jsonl")
    list(import_files([str(path)]))
    with stages._Indexing() as indexing:
        assert stages._write([made], indexing) == (3, 3)
    late = Article.objects.get(doi="10.5555/1")
    assert [a.id for a in Article.objects.filter(is_enriched=False, is_indexed=False)] == [late.id]
    assert list(stages.derive_steps()) == [(1, 1)]
    assert len(wiring.index().search(parse_query("glaciers")).hits) == 1


def test_deriving_that_is_broken_off_goes_on_without_finding_keyphrases_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "_WRITTEN", 1)
    read(tmp_path, range(5), "first.jsonl")
    steps = stages.derive_steps()
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert Article.objects.filter(is_enriched=True).count() == 5
    assert not wiring.index().n_documents
    assert list(stages.derive_steps()) == [(0, 5)]
    phrases = {k.phrase for k in ArticleKeyphrase.objects.all()}
    assert phrases
    assert all(wiring.index().doc_freq(phrase, "keyphrase") for phrase in phrases)


def test_keyphrases_are_counted_once_for_each_article(tmp_path: Path) -> None:
    grow(tmp_path, range(6), "first.jsonl")
    grow(tmp_path, range(3, 9), "second.jsonl")
    listed = Counter(ArticleKeyphrase.objects.values_list("keyphrase_id", flat=True))
    assert dict(Keyphrase.objects.values_list("id", "n_articles")) == dict(listed)


def read(folder: Path, numbers: range, name: str) -> None:
    """Import articles, every third of one topic."""
    list(import_files([str(write_lines(folder, [line(n, TOPICS[n % 3]) for n in numbers], name))]))


def test_citations_that_a_killed_import_left_are_there_before_articles_are_related(tmp_path: Path) -> None:
    cites = [{"kind": "references", "identifier": "doi:10.5555/1"}]
    path = write_lines(tmp_path, [line(1, TOPICS[0]), line(2, TOPICS[1], relations=cites)])
    with Pool(1) as pool:
        for report in import_steps([str(path)], pool=pool):
            if report.counts.read == 2:
                break  # killed: citations are sorted in when all files are read
    assert not Citation.objects.exists()
    list(run_stages())
    assert list(Citation.objects.values_list("citing_id", flat=True)) == [2]
