"""How items → articles are measured, on tiny collections in the layout of the real ones."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from germane.evaluate import items
from germane.evaluate.collections import Collections
from germane.evaluate.corpora import TASKS, Asked, open_corpus, read_asked
from germane.evaluate.report import Report

ARTICLES = {
    "1": ("Capillary rise in moss stems", "We weigh moss after rain. Water climbs the stems."),
    "2": ("Glass tubes that sing", "Blowing over glass tubes makes tones."),
    "3": ("Renal outcomes of statins", "Statins and renal function in adults."),
}


def write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def rows_of(id_field: str = "id") -> list[dict[str, Any]]:
    return [{id_field: i, "title": title, "abstract": abstract} for i, (title, abstract) in ARTICLES.items()]


@pytest.fixture
def collections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collections:
    monkeypatch.setattr(items, "ENCODER", "none that is installed")
    dev, held = tmp_path / "dev/collections", tmp_path / "held/collections"
    claim = {"id": "a", "claim": "Moss stems drink rain", "rel": [], "cited": ["1", "absent"]}
    wrong = {"id": "b", "claim": "Nothing of it", "rel": [], "cited": ["absent"]}
    write(dev / "scifact/corpus.jsonl.gz", rows_of())
    write(dev / "scifact/claims_train.jsonl.gz", [{"id": "z", "claim": "Glass tubes", "cited": ["2"]}])
    write(held / "scifact/claims_beir_test.jsonl.gz", [claim, wrong])
    write(dev / "checkcovid/corpus.jsonl.gz", rows_of())
    unsure = {"id": "1", "claim": "Glass tubes", "cord_id": "2", "label": "NOTENOUGHINFO"}
    sure = {"id": "2", "claim": "Tubes of glass sing", "cord_id": "2", "label": "REFUTE"}
    write(held / "checkcovid/claims.jsonl.gz", [unsure, sure])
    write(dev / "insciout/abstract_conclusions.jsonl.gz", [{"id": i, "text": ARTICLES[i][1]} for i in ARTICLES])
    write(held / "insciout/press.jsonl.gz", [{"id": "3", "text": "Kidney function under statins"}])
    write(held / "cochrane_pls/pairs.jsonl.gz", [{"id": i, "abstract": a, "lay": t} for i, (t, a) in ARTICLES.items()])
    write(dev / "../items/posts_arxiv_articles.jsonl.gz", rows_of("arxiv_id"))
    post = {"text": "#GlassTubes https://t.co/x", "articles": [{"arxiv_id": "2"}]}
    write(held / "../items/posts_arxiv.jsonl.gz", [post])
    write(dev / "acm/corpus.jsonl.gz", rows_of())
    write(held / "acm/mention_sentences.jsonl.gz", [{"id": "s", "text": "Moss drinks [1].", "relevant": ["1"]}])
    write(held / "acm/cite_queries.jsonl.gz", [{"id": "q", "title": "T", "relevant": ["1", "2", "absent"]}])
    return Collections(dev, held)


def test_held_out_items_are_asked_of_the_development_articles(collections: Collections) -> None:
    corpus = open_corpus(collections, TASKS["scifact"])
    assert corpus.ids == ("1", "2", "3")
    (asked,) = read_asked(collections, TASKS["scifact"], corpus.ids)
    assert asked == Asked("Moss stems drink rain", frozenset("1"))
    (developed,) = read_asked(Collections(collections.development), TASKS["scifact"], corpus.ids)
    assert developed.text == "Glass tubes"


def test_a_claim_that_its_article_does_not_settle_is_not_asked(collections: Collections) -> None:
    corpus = open_corpus(collections, TASKS["checkcovid"])
    (asked,) = read_asked(collections, TASKS["checkcovid"], corpus.ids)
    assert asked.text == "Tubes of glass sing"


def test_every_collection_is_measured_with_every_method_or_told_as_missing(collections: Collections) -> None:
    report = Report()
    items.evaluate_items(collections, report)
    tree = report.to_json()["items"]
    for name in ("scifact", "checkcovid", "insciout", "posts_arxiv", "acm", "acm_sentences"):
        assert set(tree[name]) == {"ndcg10", "mrr5"}
        assert tree[name]["mrr5"]["germane"] == 1
        assert set(tree[name]["mrr5"]) == {"germane", "bm25", "bm25+char4", "static", "bm25+static"}
    assert tree["cochrane_pls"]["ndcg10"]["germane"] > 0
    assert "mention_contexts" in report.skipped["items.acm_contexts"]
    assert "items.scifact.germane-high" in report.skipped


def test_what_an_encoder_reads_twice_costs_once() -> None:
    class Counting:
        name, dimensions, n = "test/1", 1, 0

        def embed(self, texts: Sequence[tuple[str, str]]) -> Any:
            import numpy as np

            self.n += len(texts)
            return np.array([[float(len(title))] for title, _ in texts], np.float32)

    counting = Counting()
    remembering = items._Remembering(counting)
    assert remembering.embed([("a", ""), ("bb", ""), ("a", "")]).tolist() == [[1], [2], [1]]
    assert remembering.embed([("bb", "")]).tolist() == [[2]]
    assert counting.n == 2


@pytest.mark.shared
def test_ours_is_better_than_words_alone_on_press_releases(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "ENCODER", "none that is installed")
    report = Report()
    items.measure(Collections(shared / "data/collections"), "insciout", report)
    figures = report.to_json()["items"]["insciout"]["mrr5"]
    assert figures["germane"] > figures["bm25"] + 0.03
    assert figures["bm25+char4"] > figures["bm25"]
