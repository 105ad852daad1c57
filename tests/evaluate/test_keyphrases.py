"""The measure of keyphrases counts as the published protocol does."""

import gzip
import json
import os
from pathlib import Path

import pytest

from germane.evaluate.keyphrases import (
    Document,
    count_texts,
    evaluate_keyphrases,
    evaluate_method,
    format_figures,
    ngram_baseline,
    read_collection,
    score_phrases,
    stem_phrase,
)

CHOSEN = ["context-free grammars", "Parsing", "client/server", "unseen idea"]


def test_stems_case_hyphens_and_slashes_do_not_matter() -> None:
    assert stem_phrase("Context-Free Grammars") == stem_phrase("context free grammar")
    assert stem_phrase("client/server") == stem_phrase("clients server")


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


def test_averages_are_over_documents_in_percent() -> None:
    documents = [
        Document("1", "Parsing", "Parsing of trees.", ("parsing",)),
        Document("2", "Soil", "Erosion of soil.", ("erosion", "water")),
        Document("3", "Nothing", "Chosen.", ()),
    ]
    figures = evaluate_method("first word", lambda title, _abstract, _n: [title], "made up", documents)
    assert (figures.f5, figures.f10) == (50.0, 50.0)
    assert figures.present_f5 == 50.0
    assert figures.n_documents == 3


def test_the_baseline_finds_what_is_repeated_early_and_rare() -> None:
    documents = [Document(str(i), "Trees", "A tree grows in a wood.", ()) for i in range(5)]
    subject = Document("x", "Soil erosion", "Soil erosion is studied. A tree is named. Soil erosion grows.", ())
    assert ngram_baseline(*count_texts([*documents, subject]))(subject.title, subject.abstract, 1) == ["soil eros"]


def test_collections_are_read_and_measured_with_every_baseline(tmp_path: Path) -> None:
    (tmp_path / "keyphrase").mkdir()
    row = {"id": "1", "title": "Soil erosion", "abstract": "Soil erosion by rain.", "keyphrases": ["soil erosion"]}
    with gzip.open(tmp_path / "keyphrase" / "nus.jsonl.gz", "wt") as lines:
        lines.write(json.dumps(row) + "\n")
    assert read_collection(tmp_path, "nus") == [Document("1", row["title"], row["abstract"], ("soil erosion",))]  # type: ignore[arg-type]
    results = evaluate_keyphrases(tmp_path, ["nus"])
    assert {"germane", "n-gram"} <= {r.method for r in results}
    assert all(r.documents_per_s > 0 for r in results)
    assert len(format_figures(results).splitlines()) == len(results) + 1


@pytest.mark.shared
def test_we_are_well_above_the_baseline_on_real_documents() -> None:
    folder = Path(os.environ.get("GERMANE_SHARED", "../shared")) / "data/collections"
    if not folder.exists():
        pytest.skip("GERMANE_SHARED is absent: no collections to measure on")
    ours, baseline = evaluate_keyphrases(folder, ["nus"])[:2]
    assert (ours.method, baseline.method) == ("germane", "n-gram")
    assert ours.f5 > baseline.f5 + 5
