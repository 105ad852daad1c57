"""Which lists articles are put into, and which lists are near."""

import numpy as np
import pytest

from germane.relate.bulk import clustering
from germane.relate.bulk.clustering import Values, assign, nearest_lists, train


@pytest.fixture(scope="module")
def vectors() -> Values:
    rng = np.random.default_rng(2)
    topics = rng.standard_normal((60, 32))
    made = topics[np.arange(3_000) % 60] + 0.6 * rng.standard_normal((3_000, 32))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)


def near_of(vectors: Values, centers: Values, n_looked_at: int = 60) -> float:
    """Return which part of some articles' ten nearest are in the lists that are nearest to theirs."""
    found = assign(vectors, centers)
    near, own = nearest_lists(found, len(centers)), found[:, 0]
    cosines = vectors[:n_looked_at] @ vectors.T
    nearest = np.argsort(-cosines, axis=1)[:, 1:11]
    return float(np.mean([np.isin(own[row], near[own[i]]).mean() for i, row in enumerate(nearest)]))


def test_an_article_is_put_into_the_list_with_the_nearest_center(vectors: Values) -> None:
    centers = train(vectors, 40)
    assert centers.shape == (40, 32)
    found = assign(vectors, centers)
    assert found.shape == (3_000, clustering.N_VOTES)
    assert (found[:, 0] == (vectors @ centers.T).argmax(axis=1)).mean() > 0.999


def test_many_centers_made_in_two_steps_are_about_as_good(vectors: Values, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = train(vectors, 90)
    monkeypatch.setattr(clustering, "MOST_AT_ONCE", 50)
    in_steps = train(vectors, 90)
    assert in_steps.shape == (90, 32)
    assert not np.array_equal(in_steps, at_once)
    assert np.allclose(np.linalg.norm(in_steps, axis=1), 1, atol=1e-3)
    assert np.bincount(assign(vectors, in_steps)[:, 0], minlength=90).max() < 5 * 3_000 / 90
    assert near_of(vectors, in_steps) > near_of(vectors, at_once) - 0.03


def test_a_list_may_be_empty() -> None:
    assert nearest_lists(np.array([[0, 2], [2, 0]]), 3)[:, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("n", [0, 1, 5])
def test_fewer_articles_than_lists_are_their_own_centers(vectors: Values, n: int) -> None:
    assert len(train(vectors[:n], 7)) == n
