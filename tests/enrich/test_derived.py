"""What is derived of texts stays what it was: `derived.json` holds made-up texts and what was made of them once.

A change that is meant to change it (another model, another choice) makes the file's answers anew, and says so.
"""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import snowballstemmer  # type: ignore[import-untyped]

from germane.enrich.embedding import load_embedder
from germane.enrich.embedding.static import stem
from germane.enrich.keyphrases import Keyphrase, extract_keyphrases, extract_many
from germane.enrich.keyphrases.forest import Forest
from germane.enrich.keyphrases.porter import stem_porter
from germane.index import Document
from germane.index.embedded.preparing import prepare_embedded
from germane.index.embedded.vectors.segments import block_dtype

FROZEN: list[dict[str, Any]] = json.loads(Path(__file__).with_name("derived.json").read_text(encoding="utf-8"))
TEXTS = [(text["title"], text["abstract"]) for text in FROZEN]
ENDINGS = (
    *"aeiouyystlbxwé",
    "ion",
    "ing",
    "ed",
    "eed",
    "ies",
    "sses",
    "ational",
    "ll",
    "bb",
    "ement",
    "tional",
    "iviti",
)


def of_all(n: int) -> list[list[Keyphrase]]:
    languages, keywords = ([text[name] for text in FROZEN] for name in ("language", "keywords"))
    return extract_many(TEXTS, n=n, languages=languages, keywords=keywords)


def said(phrases: list[Keyphrase]) -> list[tuple[str, int, str, str]]:
    return [(p.phrase, p.position, p.where, p.acronym) for p in phrases]


def test_keyphrases_are_those_of_before() -> None:
    for text, found in zip(FROZEN, of_all(5), strict=True):
        expected = [Keyphrase(*phrase) for phrase in text["keyphrases"]]
        assert said(found) == said(expected)
        assert [p.score for p in found] == pytest.approx([p.score for p in expected], abs=1e-6)


def test_longer_lists_are_those_of_before() -> None:
    assert [[p.phrase for p in found] for found in of_all(12)] == [text["twelve"] for text in FROZEN]


def test_one_text_alone_has_the_keyphrases_that_it_has_among_others() -> None:
    for text, found in list(zip(FROZEN, of_all(5), strict=True))[::3]:
        alone = extract_keyphrases(
            text["title"], text["abstract"], language=text["language"], keywords=text["keywords"]
        )
        assert alone == found


def test_vectors_and_what_the_index_keeps_are_those_of_before() -> None:
    embedder = load_embedder()
    vectors = embedder.embed(TEXTS).astype("<f2")
    documents = [
        Document(
            id=number,
            title=text["title"],
            abstract=text["abstract"],
            keyphrases=tuple(phrase for phrase, *_ in text["keyphrases"]),
            keywords=tuple(text["keywords"]),
            authors=("Ana Test",),
            venue="Test Letters",
            venue_id=3,
            year=2000 + (number - 1) % 20,
            language=text["language"],
            identifiers=(f"doi:10.5555/{number - 1}",),
            vector=vector.tobytes() if vector.any() else b"",
        )
        for number, (text, vector) in enumerate(zip(FROZEN, vectors, strict=True), 1)
    ]
    prepared = prepare_embedded(documents, embedder.dimensions)
    blocks = prepared.columns["blocks"].view(block_dtype(embedder.dimensions)).reshape(-1)
    for number, text in enumerate(FROZEN):
        counts = blocks["counts"][number]
        assert vectors[number][:6].tolist() == pytest.approx(text["vector"], abs=2e-4)
        assert crc32(prepared.texts[number].encode()) == text["text"]
        assert crc32(blocks["terms"][number].tobytes()) == text["terms"]
        assert counts[counts > 0][:12].tolist() == text["counts"]
        assert prepared.columns["lengths"][number] == text["length"]


@pytest.mark.parametrize(("ours", "algorithm"), [(stem_porter, "porter"), (stem, "english")])
def test_stems_are_those_of_snowball(ours: Callable[[str], str], algorithm: str) -> None:
    chance = random.Random(5)
    words = {
        word for text in FROZEN for word in re.findall(r"[^\W\d_]+", f"{text['title']} {text['abstract']}".lower())
    }
    made = ["".join(chance.choices(ENDINGS, k=chance.randint(1, 6))) for _ in range(3_000)]
    theirs = snowballstemmer.stemmer(algorithm)
    for word in [*sorted(words), *made]:
        assert ours(word) == theirs.stemWord(word)


@pytest.mark.parametrize("n_trees", [1, 2, 7])
def test_a_forest_is_the_sum_of_its_trees(n_trees: int) -> None:
    chance = np.random.default_rng(n_trees)
    feature = chance.integers(0, 4, (n_trees, 3))
    border = np.array(chance.integers(-2, 3, (n_trees, 3)) / 4, dtype=np.float32)
    leaf = chance.normal(size=(n_trees, 8)).astype(np.float32)
    columns = chance.normal(size=(4, 1_500)).astype(np.float32)
    columns[0, :50] = 0.25  # exactly on a border is not above it
    expected = np.zeros(1_500)
    for tree in range(n_trees):
        bits = columns[feature[tree]] > border[tree, :, None]
        expected += leaf[tree][(bits * np.array([[1], [2], [4]])).sum(axis=0)]
    assert Forest.plant(feature, border, leaf).sum(columns).tolist() == pytest.approx(expected.tolist(), abs=1e-6)
