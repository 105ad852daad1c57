"""The protocol of similar articles, on collections of a few lines."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from germane.evaluate.collections import Collections
from germane.evaluate.report import Report
from germane.evaluate.similar import (
    Asked,
    Paper,
    citing_metrics,
    citing_queries,
    evaluate_similar,
    judged_metrics,
    judged_queries,
    read_papers,
)

WORDLISTS = ("neural parsing of sentences", "tree banks for parsing", "routing in sensor networks", "queues of packets")


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def _paper(number: int, words: str) -> dict[str, Any]:
    return {"id": f"p{number}", "title": words, "abstract": f"We look at {words}.", "year": "2001", "extra": 1}


def _collections(folder: Path, query: str) -> None:
    papers = [_paper(number, words) for number, words in enumerate(WORDLISTS)]
    _write(folder / "csfcube/docs.jsonl.gz", papers)
    judged = {"facet": "method", "qid": "p0", "cands": ["p0", "p1", "p2", "p3"], "rel": [3, 2, 1, 0]}
    _write(folder / "csfcube/queries.jsonl.gz", [judged, {**judged, "rel": [3, 1, 1, 0]}])
    citing = {
        "id": query,
        "title": "Grammars",
        "abstract": "Parsing by grammars and tree banks",
        "relevant": ["p1", "unknown"],
    }
    _write(folder / "acm/cite_queries.jsonl.gz", [citing])
    _write(folder / "acm/corpus.jsonl.gz", papers)


def test_the_judged_pool_is_ranked_without_the_query_and_queries_without_an_answer_are_left_out(tmp_path: Path) -> None:
    _collections(tmp_path, "p0")
    papers = read_papers(tmp_path / "csfcube/docs.jsonl.gz")
    [asked] = judged_queries(tmp_path / "csfcube/queries.jsonl.gz", papers)
    assert asked.pool == ["p1", "p2", "p3"]
    assert asked.gains == {"p1": 2, "p2": 1, "p3": 0}
    assert asked.paper == papers[0]


def test_only_cited_papers_of_the_corpus_are_relevant(tmp_path: Path) -> None:
    _collections(tmp_path, "p0")
    papers = read_papers(tmp_path / "acm/corpus.jsonl.gz")
    [asked] = citing_queries(tmp_path / "acm/cite_queries.jsonl.gz", papers)
    assert asked.gains == {"p1": 1.0}


def test_the_metrics_are_those_of_the_protocol() -> None:
    gains = {f"c{i}": float(grade) for i, grade in enumerate([3, 2, 1, 0, 0, 0, 0, 0, 0, 0])}
    asked = Asked(Paper("q", "", ""), list(gains), gains)
    ranking = ["c2", "c0", "c9", "c1", *(f"c{i}" for i in range(3, 9))]
    found = judged_metrics(asked, ranking)
    assert found["map"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    # a fifth of ten is two: 1 + 3 / log2(3) against 3 + 2 / log2(3)
    assert found["ndcg20"] == pytest.approx((1 + 3 / 1.5849625) / (3 + 2 / 1.5849625))
    cited = Asked(Paper("q", "", ""), None, {"a": 1.0, "b": 1.0})
    many = ["x", "a", *(f"y{i}" for i in range(98)), "b"]
    assert citing_metrics(cited, many)["r100"] == 0.5
    assert citing_metrics(cited, many)["ndcg10"] == pytest.approx((1 / 1.5849625) / (1 + 1 / 1.5849625))


def test_every_method_answers_the_same_queries_and_ours_is_the_product(tmp_path: Path) -> None:
    _collections(tmp_path / "known", "p0")
    report = Report()
    evaluate_similar(Collections(tmp_path / "known"), report, with_encoder=False)
    assert not report.skipped
    tree = report.to_json()["similar"]
    methods = {"germane", "bm25", "tfidf", "pmra", "mlt25", "lsa", "tfidf+lsa", "static"}
    for collection, metric in (("csfcube", "map"), ("csfcube", "ndcg20"), ("acm", "ndcg10"), ("acm", "r100")):
        assert set(tree[collection][metric]) == methods
        # a fifth of three candidates is none of them
        assert tree[collection][metric]["germane"] == (0.0 if metric == "ndcg20" else 1.0)
    assert all(len(values) == 1 for m in report.measured for values in m.values.values())


def test_held_out_queries_are_asked_of_the_development_corpus(tmp_path: Path) -> None:
    _collections(tmp_path / "known", "p0")
    _collections(tmp_path / "held", "p3")
    (tmp_path / "held/acm/corpus.jsonl.gz").unlink()
    (tmp_path / "known/csfcube/docs.jsonl.gz").unlink()
    report = Report()
    evaluate_similar(Collections(tmp_path / "known", tmp_path / "held"), report, with_encoder=False)
    assert not report.skipped
    assert report.to_json()["similar"]["acm"]["r100"]["germane"] == 1.0


def test_a_collection_that_is_missing_is_told(tmp_path: Path) -> None:
    report = Report()
    evaluate_similar(Collections(tmp_path), report)
    assert set(report.skipped) == {"similar.csfcube", "similar.acm"}


@pytest.mark.shared
def test_experts_agree_with_our_lists_more_than_with_any_word_model(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "csfcube").symlink_to(shared / "data/collections/csfcube")
    report = Report()
    evaluate_similar(Collections(tmp_path), report, with_encoder=False)
    figures = report.to_json()["similar"]["csfcube"]
    assert figures["map"]["germane"] >= 0.40
    assert figures["ndcg20"]["germane"] >= 0.61
    for metric in ("map", "ndcg20"):
        assert max(figures[metric], key=figures[metric].__getitem__) == "germane"
