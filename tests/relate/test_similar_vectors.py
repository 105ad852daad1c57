"""Similar articles by meaning: what vectors and a sentence encoder add to words."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from germane.index import Document, Index, open_index
from germane.relate.similar import explain_similar, find_similar

DIRECTIONS = {"tumor": 0, "neoplasm": 0, "cancer": 0, "orbit": 1, "satellite": 1, "lake": 2}


class Meanings:
    """An embedder that knows six words of three meanings."""

    name = "meanings/1"
    dimensions = 8

    def embed(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, (title, abstract) in enumerate(texts):
            for word in f"{title} {abstract}".lower().split():
                if word in DIRECTIONS:
                    vectors[row, DIRECTIONS[word]] += 1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1), dtype=np.float32)


MEANINGS = Meanings()
ASKED = Document(id=1, title="Tumor growth", abstract="We watched a tumor")
CORPUS = (
    ASKED,
    Document(id=2, title="Neoplasm progression", abstract="A neoplasm was imaged"),
    Document(id=3, title="Growth rings", abstract="Rings of oaks and growth of a lake"),
    Document(id=4, title="Cancer recurrence", abstract="It came back", is_retracted=True),
    Document(id=5, title="Satellite images", abstract="An orbit around a planet"),
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = open_index("embedded:", tmp_path, create=True, dimensions=8, vector_model=MEANINGS.name)
    fillers = [Document(id=100 + i, title=f"Tax law of county {i}", abstract="Courts decide") for i in range(40)]
    documents = [*CORPUS, *fillers]
    vectors = MEANINGS.embed([(d.title, d.abstract) for d in documents]).astype("<f2")
    index.add(
        Document(
            id=d.id,
            title=d.title,
            abstract=d.abstract,
            is_retracted=d.is_retracted,
            vector=vector.tobytes() if vector.any() else b"",
        )
        for d, vector in zip(documents, vectors, strict=True)
    )
    index.commit()
    yield index
    index.close()


def test_what_says_the_same_in_other_words_is_found_by_its_vector_alone(index: Index) -> None:
    assert [s.article_id for s in find_similar(index, ASKED)] == [3]
    found = find_similar(index, ASKED, embedder=MEANINGS)
    assert [s.article_id for s in found] == [2, 3]
    [evidence] = found[0].evidence
    assert (evidence.code, evidence.matched) == ("semantic", "1.00")


def test_meaning_is_no_reason_where_words_say_more(index: Index) -> None:
    found = {s.article_id: s for s in find_similar(index, ASKED, embedder=MEANINGS)}
    assert [e.code for e in found[3].evidence] == ["phrases"]


def test_vectors_of_another_model_are_not_compared(index: Index) -> None:
    class Other(Meanings):
        name = "others/1"

    assert find_similar(index, ASKED, embedder=Other()) == find_similar(index, ASKED)


def test_retracted_articles_are_not_near_either(index: Index) -> None:
    assert 4 not in {s.article_id for s in find_similar(index, ASKED, embedder=MEANINGS)}


def test_the_explanation_names_the_vectors(index: Index) -> None:
    [share] = explain_similar(index, ASKED, 2, embedder=MEANINGS)
    assert (share.kind, share.what, share.share) == ("vectors", "meanings/1", 1)
    assert share.value == pytest.approx(1, abs=1e-3)
    assert "vectors" not in {share.kind for share in explain_similar(index, ASKED, 2)}


def test_an_encoder_reorders_what_was_found_and_what_it_cannot_read_stays(index: Index) -> None:
    def encoder(document: Document, ids: Sequence[int]) -> NDArray[np.float32]:
        assert document is ASKED
        return np.array([{2: 0.0}.get(i, np.nan) for i in ids], np.float32)

    plain = {s.article_id: s.score for s in find_similar(index, ASKED, embedder=MEANINGS)}
    encoded = {s.article_id: s.score for s in find_similar(index, ASKED, embedder=MEANINGS, encoder=encoder)}
    assert encoded[2] < plain[2]
    assert set(encoded) == set(plain)


def test_only_candidates_are_ranked_when_they_are_given(index: Index) -> None:
    found = find_similar(index, ASKED, embedder=MEANINGS, candidate_ids=[3, 5, 4])
    assert [s.article_id for s in found] == [3]
