"""Lists of near articles find nearly what comparing all with all finds."""

import numpy as np
from scipy import sparse

from germane.recommend.links import nearest_links, unit_rows
from germane.recommend.neighbors import LIST_SIZE, Lists, make_lists, nearest_in_lists, nearest_of_new
from germane.recommend.rows import sparse_rows
from germane.relate.rescoring import unit

N, N_TOPICS = 5_000, 30


def corpus() -> tuple[sparse.csr_matrix, np.ndarray, Lists]:
    random = np.random.default_rng(5)
    topics = random.normal(size=(N_TOPICS, 16))
    vectors = unit((topics[random.integers(0, N_TOPICS, N)] + 0.6 * random.normal(size=(N, 16))).astype(np.float32))
    words = sparse.csr_matrix((random.random((N, 100)) < 0.05).astype(np.float32))
    return unit_rows(words), vectors, make_lists(vectors)


def overlap(found: sparse.csr_matrix, exact: sparse.csr_matrix) -> float:
    """Return how much of the exact rows was found, some rows standing for all."""
    some = range(0, exact.shape[0], 41)
    return float(np.mean([np.isin(exact[at].indices, found[at].indices).mean() for at in some]))


def test_nearest_in_lists_are_nearly_the_nearest_with_their_exact_likeness() -> None:
    features, vectors, lists = corpus()
    assert len(lists.centers) == N // LIST_SIZE > 1
    assert lists.near[:, 0].tolist() == list(range(len(lists.centers)))
    assert sorted(lists.members.tolist()) == list(range(N))
    is_liked = np.arange(N) % 3 == 0
    near = nearest_in_lists(lists, sparse_rows(features), vectors, is_liked, 20, 10)
    exact = nearest_links(features, vectors, 20)
    assert overlap(near.nearest, exact) > 0.9
    assert overlap(near.lenders, nearest_links(features, vectors, 10, among=is_liked)) > 0.9
    assert np.diff(near.lenders.indptr).max() == 10
    assert is_liked[near.lenders.indices].all()
    assert not near.nearest.diagonal().any()
    shared = near.nearest.multiply(exact > 0) - exact.multiply(near.nearest > 0)
    assert abs(shared).max() < 1e-5


def test_what_comes_later_finds_its_nearest_in_the_lists() -> None:
    features, vectors, lists = corpus()
    some = np.arange(0, N, 500)
    found = nearest_of_new(lists, sparse_rows(features), vectors, features[some], vectors[some], 5)
    assert found.shape == (len(some), N)
    assert found.toarray().argmax(axis=1).tolist() == some.tolist()  # here each is there already: a copy is nearest
    assert nearest_of_new(lists, sparse_rows(features), vectors, features[:0], vectors[:0], 5).shape == (0, N)
