"""The measure of keyphrases counts as the published protocol does."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from germane.evaluate.collections import Collections
from germane.evaluate.keyphrases import (
    Document,
    evaluate_keyphrases,
    is_measured,
    read_documents,
    score_lists,
    score_phrases,
)
from germane.evaluate.report import Report

CHOSEN = ["context-free grammars", "Parsing", "client/server", "unseen idea"]


def test_f1_counts_exact_matches_among_the_first_n() -> None:
    found = ["context free grammar", "parsers", "client server", "tree", "graph", "parsing"]
    # Four chosen; among five found two match: precision 2/5, recall 2/4. "parsers" stems to another word.
    assert score_phrases(CHOSEN, found, 5) == pytest.approx(2 * 2 / (5 + 4))
    assert score_phrases(CHOSEN, found, 10) == pytest.approx(2 * 3 / (6 + 4))


def test_a_phrase_counts_once_on_either_side() -> None:
    assert score_phrases(["Parsing", "parsing"], ["parsing", "Parsing", "tree"], 5) == pytest.approx(2 / (2 + 1))


def test_present_leaves_out_what_the_text_does_not_say() -> None:
    text = "Parsing with a context-free grammar. Client and server."
    assert score_phrases(CHOSEN, ["parsing"], 5, text) == pytest.approx(2 / (1 + 2))
    assert score_phrases(["unseen idea"], ["parsing"], 5, text) is None


def test_nothing_found_is_zero_and_nothing_chosen_is_left_out() -> None:
    assert score_phrases(CHOSEN, [], 5) == 0
    assert score_phrases([], ["parsing"], 5) is None


def test_there_is_one_value_a_document_with_a_chosen_phrase() -> None:
    documents = [
        Document("Parsing", "Parsing of trees.", ("parsing",)),
        Document("Soil", "Erosion of soil.", ("erosion", "water")),
        Document("Nothing", "Chosen.", ()),
        Document("Nothing", "Said of it.", ("water",)),
    ]
    five = [["parsing"], ["soil"], ["nothing"], ["nothing"]]
    ten = [["parsing"], ["soil", "erosion"], ["nothing"], ["water"]]
    values = score_lists(documents, five, ten)
    assert values == {
        "f5": [1.0, 0.0, 0.0],
        "f10": [1.0, pytest.approx(2 * 1 / (2 + 2)), 1.0],
        "present_f5": [1.0, 0.0],
        "present_f10": [1.0, pytest.approx(2 * 1 / (2 + 1))],
    }


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def folders(tmp_path: Path) -> Collections:
    corpus = [
        {"id": str(i), "title": "Soil erosion", "abstract": "Erosion by rain.", "keywords": ["soil erosion"] * (i % 2)}
        for i in range(300)
    ]
    row = {"id": "1", "title": "Soil erosion", "abstract": "Soil erosion by rain.", "keyphrases": ["soil erosion"]}
    write(tmp_path / "dev/acm/corpus.jsonl.gz", corpus)
    write(tmp_path / "dev/keyphrase/nus.jsonl.gz", [row])
    write(tmp_path / "dev/keyphrase/inspec_dev.jsonl.gz", [row, row])
    write(tmp_path / "held/keyphrase/nus.jsonl.gz", [row, row | {"title": "Other"}])
    write(tmp_path / "held/keyphrase/inspec_test.jsonl.gz", [row | {"title": "Test"}])
    write(tmp_path / "held/acm/kp_heldout_keywords.jsonl.gz", [row | {"title": "ACM"}])
    return Collections(tmp_path / "dev", tmp_path / "held")


def test_development_documents_of_acm_are_the_measured_part_with_keywords(folders: Collections) -> None:
    development = Collections(folders.development)
    found = read_documents(development, "acm")
    assert 0 < len(found) == sum(is_measured(str(i)) for i in range(1, 300, 2))
    assert set(found) == {Document("Soil erosion", "Erosion by rain.", ("soil erosion",))}
    assert len(read_documents(development, "inspec")) == 2


def test_held_out_documents_are_those_of_the_held_out_files(folders: Collections) -> None:
    assert [d.title for name in ("nus", "inspec", "acm") for d in read_documents(folders, name)] == [
        "Soil erosion", "Other", "Test", "ACM",
    ]  # fmt: skip


def test_every_method_is_measured_on_the_same_documents_and_what_is_missing_is_told(folders: Collections) -> None:
    report = Report()
    evaluate_keyphrases(folders, report)
    methods = report.of("keyphrases", "nus")
    assert {"germane", "ngram", "rake", "textrank"} <= {m.method for m in methods}
    assert all(m.n == 2 and len(m.values["f5"]) == 2 for m in methods)
    assert methods[0].mean("f5") > 0
    assert methods[0].cpu_s > 0
    assert "krapivin" in report.skipped["keyphrases.krapivin"]


@pytest.mark.shared
def test_we_are_well_above_the_baselines_on_real_documents(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("germane.evaluate.keyphrases.COLLECTIONS", ("nus",))
    monkeypatch.setattr("germane.evaluate.keyphrases.AT_MOST", 40)
    monkeypatch.setattr("germane.evaluate.keyphrases._COUNTED", 500)
    monkeypatch.setattr("germane.evaluate.baselines.phrases.yake", lambda: None)  # ten times as slow as all others
    report = Report()
    evaluate_keyphrases(Collections(shared / "data/collections"), report)
    ours, *others = report.of("keyphrases", "nus")
    assert ours.method == "germane"
    assert ours.mean("f5") > 0.2
    assert all(ours.mean("f5") > other.mean("f5") + 0.05 for other in others)
