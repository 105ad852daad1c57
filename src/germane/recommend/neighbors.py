"""The nearest articles by content where comparing all with all would take too long: lists of near ones are compared.

Articles lie in lists by their vectors (k-means). Each is compared, exactly, with those of the lists
nearest to its own; one that lies elsewhere is missed.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faiss
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import sparse

from germane.recommend.links import VECTORS
from germane.recommend.rows import Positions, SparseRows, no_rows

FROM_ARTICLES = 30_000  # fewer are compared all with all
LIST_SIZE = 500  # articles
N_NEAR = 5  # lists that an article is compared with, its own one of them
N_VOTES = 4  # of an article's nearest lists that say which lists are near its own
N_SAMPLED = 32  # articles a list that k-means looks at
N_ROUNDS = 6
SEED = 7
_AT_ONCE = 20_000  # rows

Values = NDArray[np.float32]


class Lists(Struct, frozen=True, eq=False):
    """Which articles lie in which of `l` lists."""

    centers: Values  # (l, dimensions)
    bounds: NDArray[np.int64]  # (l + 1,)
    members: Positions  # (n,): list i has members[bounds[i] : bounds[i + 1]], ascending
    near: NDArray[np.int64]  # (l, k) the lists nearest to each, itself first; itself again where there are no more


class Near(Struct, frozen=True, eq=False):
    """The nearest of some articles among all, and among those that somebody likes: (m, articles) each."""

    nearest: sparse.csr_matrix
    lenders: sparse.csr_matrix


def no_lists(dimensions: int) -> Lists:
    """Return the lists of articles that are few enough to be compared all with all."""
    none = np.zeros(0, np.int64)
    return Lists(np.zeros((0, dimensions), np.float32), np.zeros(1, np.int64), none, none.reshape(0, 0))


def make_lists(vectors: NDArray[Any]) -> Lists:
    """Return lists of articles by their unit vectors (n, dimensions)."""
    n = max(1, len(vectors) // LIST_SIZE)
    kmeans = faiss.Kmeans(vectors.shape[1], n, niter=N_ROUNDS, spherical=True, seed=SEED, min_points_per_centroid=1)
    chosen = np.random.default_rng(SEED).choice(len(vectors), min(len(vectors), n * N_SAMPLED), replace=False)
    kmeans.train(np.asarray(vectors[np.sort(chosen)], np.float32))
    centers = np.asarray(kmeans.centroids, np.float32)
    assigned = _assign(vectors, centers)
    own = assigned[:, 0]
    members = np.argsort(own, kind="stable").astype(np.int64)
    bounds = np.searchsorted(own[members], np.arange(n + 1)).astype(np.int64)
    return Lists(centers, bounds, members, _nearest_lists(assigned, n))


def nearest_in_lists(
    lists: Lists,
    features: SparseRows,
    vectors: NDArray[Any],
    is_liked: NDArray[np.bool_],
    n: int,
    n_lenders: int,
) -> Near:
    """Return the `n` nearest of each article, and of those that somebody likes the `n_lenders` nearest.

    `features` and `vectors` (articles, …) have unit rows; `is_liked` is (articles,).
    """
    width = features.n

    def relate(number: int) -> Near:
        own = lists.members[lists.bounds[number] : lists.bounds[number + 1]]
        others = _members_near(lists, number)
        alike = _alike(features.take(own), vectors[own], features.take(others), vectors[others])
        alike[np.arange(len(own)), np.searchsorted(others, own)] = 0
        liked = is_liked[others]
        return Near(_best(alike, others, n, width), _best(alike[:, liked], others[liked], n_lenders, width))

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # what takes long here leaves the interpreter to others
        found = list(pool.map(relate, range(len(lists.centers))))
    return Near(
        _put(lists.members, [each.nearest for each in found]), _put(lists.members, [each.lenders for each in found])
    )


def nearest_of_new(
    lists: Lists,
    trained: SparseRows,
    trained_vectors: NDArray[Any],
    features: sparse.csr_matrix,
    vectors: Values,
    n: int,
) -> sparse.csr_matrix:
    """Return the `n` nearest of the articles in the lists, (m, articles), of `m` others by what they say."""
    if not features.shape[0]:
        return no_rows(0, trained.n).take(np.zeros(0, np.int64))
    own = _assign(vectors, lists.centers)[:, 0]
    order, found = np.argsort(own, kind="stable"), []
    for number in np.unique(own).tolist():
        some = order[np.searchsorted(own[order], number) : np.searchsorted(own[order], number, "right")]
        others = _members_near(lists, number)
        alike = _alike(features[some], vectors[some], trained.take(others), trained_vectors[others])
        found.append(_best(alike, others, n, trained.n))
    return _put(order, found)


def _members_near(lists: Lists, number: int) -> Positions:
    """Return the members of the lists near to one, ascending."""
    near = np.unique(lists.near[number])
    return np.sort(np.concatenate([lists.members[lists.bounds[each] : lists.bounds[each + 1]] for each in near]))


def _alike(
    features: sparse.csr_matrix, vectors: NDArray[Any], others: sparse.csr_matrix, other_vectors: NDArray[Any]
) -> Values:
    """Return the sums of cosines (q, m) of some articles with others."""
    meaning = np.asarray(vectors, np.float32) @ np.asarray(other_vectors, np.float32).T
    return np.asarray((features @ others.T.tocsr()).toarray() + VECTORS * meaning, np.float32)


def _best(alike: Values, others: Positions, n: int, width: int) -> sparse.csr_matrix:
    """Return the `n` greatest positive values of each row (q, width), in the columns `others`."""
    n = min(n, alike.shape[1])
    at = np.argpartition(-alike, n - 1, axis=1)[:, :n]
    values = np.take_along_axis(alike, at, axis=1)
    rows, places = np.nonzero(values > 0)
    bounds = np.searchsorted(rows, np.arange(len(alike) + 1))
    columns = others[at[rows, places]].astype(np.int32)
    return sparse.csr_matrix((values[rows, places], columns, bounds.astype(np.int32)), shape=(len(alike), width))


def _put(rows: Positions, parts: list[sparse.csr_matrix]) -> sparse.csr_matrix:
    """Return the parts' rows, of which the first is row `rows[0]`, and so on, each in its place."""
    stacked = sparse.vstack(parts).tocsr()
    places = np.empty(len(rows), np.int64)
    places[rows] = np.arange(len(rows))
    return sparse.csr_matrix(stacked[places])


def _assign(vectors: NDArray[Any], centers: Values) -> NDArray[np.int64]:
    """Return the nearest lists (n, up to N_VOTES) of unit vectors, nearest first."""
    n = min(N_VOTES, len(centers))
    parts = [
        faiss.knn(np.asarray(vectors[some], np.float32), centers, n, metric=faiss.METRIC_INNER_PRODUCT)[1]
        for some in _spans(len(vectors))
    ]
    return np.concatenate([np.zeros((0, n), np.int64), *parts])


def _nearest_lists(assigned: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return which lists (n, k) the articles of each list most often lie near, by (articles, votes); itself first.

    The vote for an article's second nearest list counts a half, for its third a third.
    """
    weights = np.tile(1 / np.arange(1, assigned.shape[1] + 1), (len(assigned), 1))
    weights[:, 0] = len(assigned)
    owners = np.repeat(assigned[:, 0], assigned.shape[1])
    votes = sparse.csr_matrix((weights.ravel().astype(np.float32), (owners, assigned.ravel())), shape=(n, n))
    near = np.tile(np.arange(n)[:, None], (1, min(N_NEAR, n)))
    for own, row in enumerate(near):
        span = slice(votes.indptr[own], votes.indptr[own + 1])
        best = votes.indices[span][np.argsort(-votes.data[span], kind="stable")][: len(row)]
        row[: len(best)] = best
    return near


def _spans(n: int) -> Iterator[slice]:
    return (slice(first, first + _AT_ONCE) for first in range(0, n, _AT_ONCE))
