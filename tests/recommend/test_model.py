"""Training, scoring, and what comes after: newcomers, and a file that others can read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from germane.recommend.content import content_features, feature_rows, linked, mixed_vectors
from germane.recommend.factors import (
    REGULARIZATION,
    UNLIKED,
    fold_in,
    fold_in_unliked,
    reader_parts,
    train_factors,
    turned,
)
from germane.recommend.links import like_links, nearest_links, strongest_of_rows
from germane.recommend.model import Model, train_model, with_articles
from germane.recommend.rows import as_csr
from germane.recommend.scoring import find_candidates, make_lens, score, shares
from tests.recommend.conftest import FIRST_ID, N_PER_CIRCLE, world
from tests.recommend.conftest import UNLIKED as UNLIKED_ID

FIRST_CIRCLE = list(range(FIRST_ID, FIRST_ID + N_PER_CIRCLE))


def test_a_link_is_the_damped_number_of_common_readers() -> None:
    likes = sparse.csr_matrix(np.array([[1, 1, 0], [1, 0, 1], [1, 0, 0]], np.float32))
    links = like_links(likes, 5).toarray()
    assert links[0, 1] == pytest.approx(3**-0.5 * 2**-0.5)
    assert links[1, 0] == pytest.approx(2**-0.5 * 3**-0.3)
    assert links[1, 2] == 0
    assert not links.diagonal().any()


def test_only_the_strongest_links_are_kept_and_equal_ones_by_position() -> None:
    kept = strongest_of_rows(sparse.csr_matrix(np.array([[1, 3, 2, 3, 2], [0, 0, 0, 0, -1]], np.float32)), 3)
    assert kept.toarray().tolist() == [[0, 3, 2, 3, 0], [0, 0, 0, 0, 0]]


def test_nearest_are_found_among_those_that_may_be_named() -> None:
    features = content_features(sparse.csr_matrix(np.array([[2, 1, 0], [2, 1, 0], [1, 3, 1], [0, 0, 4]], np.float32)))
    nearest = nearest_links(
        features, np.zeros((4, 0), np.float32), 1, among=np.array([True, False, True, True])
    ).toarray()
    assert nearest[0].argmax() == 2
    assert nearest[1].argmax() == 0
    assert np.count_nonzero(nearest, axis=1).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("cells", [1, 8, 1 << 20])
def test_nearest_by_features_and_vectors_are_the_greatest_sums_of_cosines(
    cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("germane.recommend.links._CELLS", cells)
    random = np.random.default_rng(8)
    features = content_features(sparse.csr_matrix(random.poisson(0.5, (12, 9)).astype(np.float32)))
    vectors = mixed_vectors(random.normal(size=(12, 3)).astype(np.float32), sparse.csr_matrix((12, 12)))
    among = random.random(12) < 0.7
    wanted = (features @ features.T).toarray() + vectors @ vectors.T
    wanted[:, ~among] = 0
    np.fill_diagonal(wanted, 0)
    at = np.array([3, 7, 8])
    got = nearest_links(features, vectors, 3, of=at, among=among).toarray()
    for row, values in zip(got, wanted[at], strict=True):
        best = np.sort(np.maximum(values, 0))[-3:]
        assert np.sort(row)[-3:] == pytest.approx(best, abs=1e-5)
        assert np.count_nonzero(row) == np.count_nonzero(best)
    everything = nearest_links(features, vectors, 3, among=among).toarray()
    assert everything[at] == pytest.approx(got, abs=1e-6)


def test_a_cited_texts_vector_is_mixed_in() -> None:
    citations = sparse.csr_matrix(np.array([[0, 0, 1], [0, 0, 0], [0, 0, 0]], np.float32))
    mixed = mixed_vectors(np.eye(3, dtype=np.float32), linked(citations))
    assert np.linalg.norm(mixed, axis=1) == pytest.approx(1)
    assert mixed[0, 2] == pytest.approx(0.7 * mixed[0, 0])
    assert mixed[1].tolist() == [0, 1, 0]


def test_cited_text_makes_two_articles_without_a_common_word_alike() -> None:
    words = sparse.csr_matrix(np.array([[3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0], [0, 0, 0, 3]], np.float32))
    citations = sparse.csr_matrix(np.array([[0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]], np.float32))
    alike = (content_features(words, citations) @ content_features(words, citations).T).toarray()
    assert alike[0, 1] > 0.1
    assert alike[0, 3] == 0


def test_features_of_very_many_articles_are_those_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("germane.recommend.content._AT_ONCE", 5)
    random = np.random.default_rng(9)
    words = sparse.csr_matrix(random.poisson(0.4, (23, 30)).astype(np.float32))
    both = linked(sparse.csr_matrix((random.random((23, 23)) < 0.1).astype(np.float32)))
    assert as_csr(feature_rows(words, both)).toarray() == pytest.approx(
        content_features(words, both).toarray(), abs=1e-3
    )


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 9), unique=True, max_size=9), min_size=1, max_size=6),
    st.integers(1, 6),
    st.booleans(),
)
def test_folding_in_is_the_least_squares_solution(marks: list[list[int]], dimensions: int, is_expected: bool) -> None:
    random = np.random.default_rng(1)
    factors = random.normal(size=(10, dimensions)).astype(np.float32)
    expected = random.normal(size=(len(marks), dimensions)).astype(np.float32) * is_expected
    rows = np.zeros((len(marks), 10), np.float32)
    for row, liked in zip(rows, marks, strict=True):
        row[liked] = 1
    found = fold_in(sparse.csr_matrix(rows), factors, expected if is_expected else None)
    for row, got, mean in zip(rows, found, expected, strict=True):
        if not row.any():
            assert not got.any()
            continue
        chosen = factors[row > 0].astype(np.float64)
        left = UNLIKED * factors.T @ factors + chosen.T @ chosen
        pull = REGULARIZATION * (len(chosen) + UNLIKED * 10)
        wanted = np.linalg.solve(left + pull * np.eye(dimensions), chosen.sum(axis=0) + pull * mean)
        assert got == pytest.approx(wanted, rel=1e-2, abs=1e-3)


@pytest.mark.parametrize("liked", [[2, 5], [0, 1, 2, 5, 6, 7, 8]])  # fewer than dimensions, and more
def test_a_readers_parts_add_up_to_what_folding_in_gives(liked: list[int]) -> None:
    factors, diagonal = turned(np.random.default_rng(2).normal(size=(10, 4)).astype(np.float32))
    assert np.diag(factors.T @ factors) == pytest.approx(diagonal, rel=1e-4)
    assert factors.T @ factors - np.diag(diagonal) == pytest.approx(0, abs=1e-4)
    parts = reader_parts(factors[liked], np.ones(len(liked), np.float32), diagonal, 10)
    row = np.zeros((1, 10), np.float32)
    row[0, liked] = 1
    assert parts.sum(axis=0) == pytest.approx(fold_in(sparse.csr_matrix(row), factors)[0], rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("n_marks", [3, 6])
def test_an_unwanted_mark_pulls_the_other_way(n_marks: int) -> None:
    factors, diagonal = turned(np.random.default_rng(2).normal(size=(10, 4)).astype(np.float32))
    chosen, weights = factors[:n_marks], np.array([1, -0.5, 0.3, 1, 1, -1][:n_marks], np.float32)
    left = UNLIKED * np.diag(diagonal) + (chosen.T * np.abs(weights)) @ chosen
    left += REGULARIZATION * (n_marks + UNLIKED * 10) * np.eye(4)
    wanted = np.linalg.solve(left, (chosen * weights[:, None]).T).T
    assert reader_parts(chosen, weights, diagonal, 10) == pytest.approx(wanted, rel=1e-3, abs=1e-4)


def test_an_article_that_nobody_likes_is_told_of_by_those_it_stands_with() -> None:
    factors = np.array([[1, 0], [1, 0], [0, 1], [0.1, 0.1], [0.1, 0.1]], np.float32)
    both = np.zeros((5, 5), np.float32)
    both[3, :2] = both[:2, 3] = 1
    is_liked = np.array([True, True, True, False, False])
    found = fold_in_unliked(factors, sparse.csr_matrix(both), is_liked)
    assert found[:3].tolist() == factors[:3].tolist()
    assert found[3, 0] > 1.15 * found[3, 1]
    assert found[4].tolist() == factors[4].tolist()  # it stands with nobody


def test_factors_are_the_same_each_time() -> None:
    _, likes, _ = world()
    assert np.array_equal(train_factors(likes, dimensions=5), train_factors(likes, dimensions=5))


def test_scores_divide_into_the_marks_shares(model: Model) -> None:
    lens = make_lens(model, {FIRST_ID: 1.0, FIRST_ID + 3: 0.5, FIRST_ID + 9: -0.5, 999_999: 1.0})
    everything = np.arange(model.n)
    assert shares(model, lens, everything).sum(axis=0) == pytest.approx(
        score(model, lens, everything), rel=1e-3, abs=1e-3
    )


def test_after_one_like_a_new_reader_is_led_to_its_circle(model: Model) -> None:
    lens = make_lens(model, {FIRST_ID: 1.0})
    scores = score(model, lens, np.arange(model.n))
    assert scores[1:N_PER_CIRCLE].mean() > 2 * scores[N_PER_CIRCLE : 2 * N_PER_CIRCLE].mean()


def test_less_like_this_lowers_what_resembles_it(model: Model) -> None:
    before = make_lens(model, {FIRST_ID: 1.0, FIRST_ID + 8: 1.0})
    after = make_lens(model, {FIRST_ID: 1.0, FIRST_ID + 8: -0.5})
    second = np.arange(N_PER_CIRCLE + 1, 2 * N_PER_CIRCLE)
    assert (score(model, after, second) < score(model, before, second)).all()


def test_an_article_that_nobody_likes_is_found_by_what_it_says(model: Model) -> None:
    lens = make_lens(model, dict.fromkeys(FIRST_CIRCLE[:3], 1.0))
    unliked = model.n - 1
    assert model.ids_of(np.array([unliked])) == [UNLIKED_ID]
    assert unliked in find_candidates(model, lens)
    others = score(model, lens, np.arange(N_PER_CIRCLE, 2 * N_PER_CIRCLE))
    assert score(model, lens, np.array([unliked]))[0] > 1.3 * others.mean()


def test_a_newcomer_can_be_recommended_at_once() -> None:
    ids, likes, features = world()
    trained = train_model(ids[:-1], likes[:, :-1], features[:-1])
    grown = with_articles(trained, ids[-1:], features[-1:])
    lens = make_lens(grown, {FIRST_ID: 1.0})
    newcomer = np.array([grown.n - 1])
    assert newcomer[0] in find_candidates(grown, lens)
    second = np.arange(N_PER_CIRCLE, 2 * N_PER_CIRCLE)
    assert score(grown, lens, newcomer)[0] > score(grown, lens, second).mean()
    liking_it = make_lens(grown, {int(ids[-1]): 1.0})
    assert set(range(N_PER_CIRCLE)) <= set(find_candidates(grown, liking_it).tolist())
    assert score(grown, liking_it, np.arange(N_PER_CIRCLE)).mean() > score(grown, liking_it, second).mean()
    with pytest.raises(ValueError, match="none of the model's"):
        with_articles(grown, ids[:1], features[:1])


def test_scores_divide_into_shares_with_newcomers_among_marks_and_articles() -> None:
    ids, likes, features = world()
    vectors = np.random.default_rng(3).normal(size=(len(ids), 4)).astype(np.float32)
    grown = with_articles(
        train_model(ids[:-2], likes[:, :-2], features[:-2], vectors=vectors[:-2]), ids[-2:], features[-2:], vectors[-2:]
    )
    lens = make_lens(grown, {FIRST_ID: 1.0, FIRST_ID + 9: -0.5, int(ids[-1]): 0.7})
    some = np.array([grown.n - 1, 3, 0, grown.n - 2, 9])
    assert grown.ids_of(some).tolist() == ids[some].tolist()
    assert shares(grown, lens, some).sum(axis=0) == pytest.approx(score(grown, lens, some), rel=1e-3, abs=1e-3)
    assert score(grown, lens, some) == pytest.approx(score(grown, lens, np.arange(grown.n))[some], rel=1e-3, abs=1e-4)


def test_a_newcomer_borrows_the_factors_that_training_would_lend_it() -> None:
    ids, likes, features = world()
    factors = train_factors(likes, dimensions=6)
    trained = train_model(ids, likes, features, factors=factors)
    without = train_model(ids[:-1], likes[:, :-1], features[:-1], factors=factors[:-1])
    grown = with_articles(without, ids[-1:], features[-1:])
    own, others = trained.trained.factors[-1], trained.trained.factors[:-1]
    assert grown.new.factors[0] @ grown.trained.factors.T == pytest.approx(own @ others.T, abs=1e-4)


def test_the_products_of_several_starts_are_their_mean() -> None:
    _, likes, _ = world()
    both = train_factors(likes, dimensions=5, starts=2)
    first = train_factors(likes, dimensions=5)
    assert both.shape == (likes.shape[1], 10)
    assert both[:, :5] == pytest.approx(first / np.sqrt(2))
    assert not np.allclose(both[:, 5:], both[:, :5], atol=1e-3)
    halves = [half @ half.T for half in (both[:, :5], both[:, 5:])]
    assert both @ both.T == pytest.approx(sum(halves), abs=1e-4)


def test_training_refuses_parts_that_do_not_fit() -> None:
    ids, likes, features = world()
    with pytest.raises(ValueError, match="columns of likes"):
        train_model(ids[1:], likes, features)
    with pytest.raises(ValueError, match="ascend"):
        train_model(ids[::-1], likes, features)
