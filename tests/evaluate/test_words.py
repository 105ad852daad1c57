"""The word models on texts small enough to reckon by hand."""

import math

import numpy as np
import pytest
from scipy import sparse

from germane.evaluate.baselines.words import (
    LAMBDA,
    LSA_WEIGHT,
    MU,
    N_MLT,
    WordModel,
    count_words,
    strongest_directions,
)

# Counts, with the title's words three times: moss 3, rain 1 | moss 1, soil 2 | rain 1, owl 3 | nothing.
TEXTS = (("Moss", "The rain."), ("", "Moss and soil, soil!"), ("Owls", "in rain"), ("", ""))
N = 4


@pytest.fixture
def model() -> WordModel:
    return WordModel(TEXTS)


def test_words_are_stems_without_stop_words_and_the_titles_count_three_times() -> None:
    assert count_words(("Mosses of rain", "The moss and its rains.")) == {"moss": 4, "rain": 4}


def test_bm25_is_the_formula_of_the_paper(model: WordModel) -> None:
    # "moss" stands in two of four texts; their lengths are 4, 3, 4, 0, on average 2.75
    idf = math.log(1 + (N - 2 + 0.5) / (2 + 0.5))

    def saturated(count: float, length: float) -> float:
        return count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / 2.75))

    one = idf * saturated(3, 4)
    assert model.bm25(("", "moss")) == pytest.approx([one, idf * saturated(1, 3), 0, 0])
    # said twice, it weighs twice; a second word adds its own
    both = model.bm25(("", "moss moss rain"))
    assert both == pytest.approx([2 * one + idf * saturated(1, 4), 2 * idf * saturated(1, 3), idf * saturated(1, 4), 0])


def test_tfidf_is_a_cosine(model: WordModel) -> None:
    two, one = math.log(2), math.log(4)  # idf of a word in two texts of four, and in one
    first = np.array([(1 + math.log(3)) * two, two])  # moss, rain
    owl = (1 + math.log(3)) * one
    scores = model.tfidf(TEXTS[0])
    assert scores[0] == pytest.approx(1)
    soil = (1 + math.log(2)) * one
    assert scores[1] == pytest.approx(first[0] * two / (np.linalg.norm(first) * math.hypot(two, soil)))
    assert scores[2] == pytest.approx(first[1] * two / (np.linalg.norm(first) * math.hypot(two, owl)))
    assert scores[3] == 0


def test_pmra_is_the_formula_of_the_paper(model: WordModel) -> None:
    def weight(count: int, length: int, n_with: int) -> float:
        return math.sqrt(math.log(N / n_with)) / (1 + (MU / LAMBDA) ** (count - 1) * math.exp(-(MU - LAMBDA) * length))

    scores = model.pmra(("Moss", ""))  # three times in three words
    assert scores[0] == pytest.approx(weight(3, 3, 2) * weight(3, 4, 2), rel=1e-5)
    assert scores[1] == pytest.approx(weight(3, 3, 2) * weight(1, 3, 2), rel=1e-5)
    assert list(scores[2:]) == [0, 0]


def test_more_like_this_asks_for_the_25_most_telling_words_once_each() -> None:
    words = [f"q{i:02}x" for i in range(N_MLT + 5)]
    model = WordModel([("", word) for word in words])
    # the last five stand once in the question, all others twice
    scores = model.mlt25(("", " ".join(words[:N_MLT] * 2 + words[N_MLT:])))
    assert (scores > 0).tolist() == [True] * N_MLT + [False] * 5
    assert scores[:N_MLT] == pytest.approx(model.bm25(("", words[0]))[0])


def test_latent_dimensions_tie_words_that_stand_with_the_same_ones() -> None:
    texts = [("", "car engine"), ("", "automobile engine"), ("", "owl forest"), ("", "owl night")] * 3
    model = WordModel(texts)
    few = strongest_directions(model._tfidf_documents, 2)
    assert few.shape == (6, 2)
    places = np.asarray(model._tfidf_documents @ few)
    assert abs(places[0] @ places[1]) == pytest.approx(np.linalg.norm(places[0]) * np.linalg.norm(places[1]), rel=1e-3)
    assert abs(places[0] @ places[2]) < 1e-3
    # with as many dimensions as there are, it is TF-IDF again
    assert model.lsa(texts[0]) == pytest.approx(model.tfidf(texts[0]), abs=1e-4)
    assert model.tfidf_lsa(texts[0]) == pytest.approx((1 + LSA_WEIGHT) * model.tfidf(texts[0]), abs=1e-4)


def test_the_decomposition_is_that_of_the_whole_matrix() -> None:
    dense = np.random.default_rng(3).standard_normal((60, 40)) * np.linspace(3, 0.01, 40)
    found = strongest_directions(sparse.csr_matrix(dense.astype(np.float32)), 5)
    exact = np.linalg.svd(dense)[2][:5].T
    assert np.abs(np.sum(found * exact, axis=0)) == pytest.approx(np.ones(5), abs=1e-3)


def test_a_question_without_a_known_word_is_like_nothing(model: WordModel) -> None:
    for method in model.methods().values():
        assert np.all(method(("", "whales")) == 0)
        assert method(("", "")).shape == (N,)
