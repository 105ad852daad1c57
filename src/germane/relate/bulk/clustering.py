"""Lists of articles that lie near each other, by k-means on their vectors, and which lists lie nearest to which."""

import math

import faiss
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]
Places = NDArray[np.int64]

LIST_SIZE = 200  # articles; as many lists as that takes, so that comparing within lists costs the same at any size
N_NEAR = 28  # lists with which a list is compared, itself one of them: 5,600 articles
N_VOTES = 8  # of an article's nearest lists that say which lists are near its own
N_TRAINED = 32  # articles a list that k-means looks at
N_ROUNDS = 6
MOST_AT_ONCE = 1_000  # lists
SEED = 7


def n_lists(n_articles: int) -> int:
    """Return into how many lists so many articles go."""
    return max(1, n_articles // LIST_SIZE)


def train(vectors: Values, n: int) -> Values:
    """Return the centers (n, d) of `n` lists, of unit length, from a sample of unit vectors (m, d).

    Many are made in two steps, groups first and then the lists of each: all at once costs n comparisons an article,
    in groups 2 · √n, and of an article's twenty nearest half a hundredth less are then within the nearest lists.
    """
    if n <= MOST_AT_ONCE or len(vectors) <= n:
        return _kmeans(vectors, n)
    groups = _kmeans(vectors, math.isqrt(n))
    own = _nearest(vectors, groups, 1)[:, 0]
    ends = np.rint(np.cumsum(np.bincount(own, minlength=len(groups))) * (n / len(vectors))).astype(np.int64)
    sizes = np.diff(ends, prepend=0).tolist()
    return np.concatenate([_kmeans(vectors[own == group], size) for group, size in enumerate(sizes) if size])


def assign(vectors: Values, centers: Values) -> Places:
    """Return the nearest lists (m, k) of unit vectors (m, d), nearest first, k up to N_VOTES."""
    return _nearest(vectors, centers, min(N_VOTES, len(centers)))


def _kmeans(vectors: Values, n: int) -> Values:
    if len(vectors) <= n:
        return vectors[:n]
    kmeans = faiss.Kmeans(
        vectors.shape[1],
        n,
        niter=N_ROUNDS,
        spherical=True,
        seed=SEED,
        min_points_per_centroid=1,
        max_points_per_centroid=N_TRAINED,
    )
    kmeans.train(vectors)
    return np.asarray(kmeans.centroids, dtype=np.float32)


def _nearest(vectors: Values, centers: Values, n: int) -> Places:
    """Return the `n` nearest centers (m, n) of each vector."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # every core has a process of its own for this
    try:
        _, found = faiss.knn(vectors, centers, n, metric=faiss.METRIC_INNER_PRODUCT)
    finally:
        faiss.omp_set_num_threads(before)
    return np.asarray(found, dtype=np.int64)


def nearest_lists(assigned: Places, n: int) -> Places:
    """Return for each of `n` lists the lists (n, k) that its articles, (m, votes), most often lie near; itself first.

    The vote for an article's second nearest list counts a half, for its third a third.
    """
    own = assigned[:, 0]
    near = np.zeros((n, min(N_NEAR, n)), np.int64)
    order = np.argsort(own, kind="stable")
    bounds = np.searchsorted(own[order], np.arange(n + 1))
    weights = 1.0 / np.arange(1, assigned.shape[1] + 1)
    for number in range(n):
        voted = assigned[order[bounds[number] : bounds[number + 1]]]
        votes = np.bincount(voted.ravel(), np.tile(weights, len(voted)), n).astype(np.float64)  # of none: integers
        votes[number] = np.inf
        near[number] = np.argsort(-votes, kind="stable")[: near.shape[1]]
    return near
