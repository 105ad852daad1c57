"""Recommenders that ours is compared with. Each gives (readers, articles) scores for the profiles of new readers.

`likes` (training readers, articles) and `profiles` (new readers, articles) hold 1 for a like; `features` (articles,
words) are unit tf-idf rows.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from germane.recommend.factors import fold_in, train_factors
from germane.recommend.links import sums, unit_sums

Scores = NDArray[np.float32]

BETA = 0.4  # RP3β: by which popular articles are held back
RIDGE = 100.0  # EASE
PENALTY = 0.1  # the SVM's C
N_AGAINST = 2_000  # articles that stand for all those a reader did not like
N_STEPS = 50
N_TOGETHER = 100  # readers
SEED = 2017


def popularity(likes: sparse.csr_matrix, profiles: sparse.csr_matrix) -> Scores:
    """Return each article's number of likes, for every reader."""
    return np.tile(sums(likes, axis=0), (profiles.shape[0], 1))


def item_knn(likes: sparse.csr_matrix, profiles: sparse.csr_matrix) -> Scores:
    """Return the sums of cosines, over common readers, with the liked articles."""
    scaled = likes @ sparse.diags(1 / np.sqrt(np.maximum(sums(likes, axis=0), 1)))
    alike = (scaled.T @ scaled).tolil()
    alike.setdiag(0)
    return _dense(profiles @ alike.tocsr())


def rp3beta(likes: sparse.csr_matrix, profiles: sparse.csr_matrix) -> Scores:
    """Return the chances of walks article → reader → article, over popularity to the β (Paudel et al., TiiS 2017)."""
    forth, back = unit_sums(likes.T.tocsr()), unit_sums(likes)
    reached = _dense((profiles @ forth) @ back)
    return np.asarray(reached / np.maximum(sums(likes, axis=0), 1) ** BETA, np.float32)


def ials(likes: sparse.csr_matrix, profiles: sparse.csr_matrix) -> Scores:
    """Return products of factors by implicit alternating least squares, 128 dimensions (`recommend.factors`)."""
    factors = train_factors(likes)
    return fold_in(profiles, factors) @ factors.T


def ease(likes: sparse.csr_matrix, profiles: sparse.csr_matrix) -> Scores:
    """Return EASE's scores (Steck, WWW 2019): the ridge regression of each article on all others.

    Solved exactly by readers instead of articles (Woodbury), since there are fewer of them.
    """
    kernel = (likes @ likes.T).toarray() + RIDGE * np.eye(likes.shape[0], dtype=np.float32)
    inverse = cho_solve(cho_factor(kernel, lower=True), np.eye(len(kernel), dtype=np.float32))
    by_article = likes.T.tocsr()
    spread = by_article @ inverse  # (articles, readers)
    own = 1 - np.asarray(by_article.multiply(spread).sum(axis=1)).ravel()  # the inverse's diagonal, times the ridge
    missed = _dense(profiles) - _dense(profiles @ by_article) @ spread.T
    return np.asarray(_dense(profiles) - missed / own, np.float32)


def rocchio(features: sparse.csr_matrix, profiles: sparse.csr_matrix) -> Scores:
    """Return products with the mean of the liked articles' words."""
    return _dense((unit_sums(profiles) @ features) @ features.T)


def linear_svm(features: sparse.csr_matrix, profiles: sparse.csr_matrix) -> Scores:
    """Return the distances to a linear SVM of liked articles against others, in balanced weights, for each reader.

    The design of arxiv-sanity-lite: squared hinge, C = 0.1. Many readers are solved together, by accelerated gradients
    (Nesterov) on the primal, against one sample of articles.
    """
    against = np.sort(np.random.default_rng(SEED).permutation(features.shape[0])[:N_AGAINST])
    starts = range(0, profiles.shape[0], N_TOGETHER)
    weights = [_svm_weights(features, profiles[start : start + N_TOGETHER], against) for start in starts]
    return np.vstack([np.asarray((features @ each).T, np.float32) for each in weights])


def _svm_weights(features: sparse.csr_matrix, profiles: sparse.csr_matrix, against: NDArray[np.int64]) -> Scores:
    used = np.union1d(against, profiles.indices)
    rows, liked = features[used], profiles[:, used].T.toarray()
    is_against = np.isin(used, against)[:, None] & (liked == 0)
    n_used = liked.sum(axis=0) + is_against.sum(axis=0)
    costs = n_used / 2 * (liked / np.maximum(liked.sum(axis=0), 1) + is_against / np.maximum(is_against.sum(axis=0), 1))
    signs = np.where(liked > 0, 1, -1).astype(np.float32)
    costs = (PENALTY * costs).astype(np.float32)
    # The objective's curvature is at most 1 + 2 · Σ cost, since the rows are of unit length.
    rate = (1 / (1 + 2 * costs.sum(axis=0))).astype(np.float32)
    weights = np.zeros((features.shape[1], profiles.shape[0]), np.float32)
    ahead, transposed = weights.copy(), rows.T.tocsr()
    for step in range(N_STEPS):
        short = np.maximum(1 - signs * (rows @ ahead), 0)
        moved = ahead - rate * (ahead - 2 * (transposed @ (costs * signs * short)))
        ahead = moved + np.float32(step / (step + 3)) * (moved - weights)
        weights = moved
    return weights


def lent_factors(lenders: sparse.csr_matrix, likes: sparse.csr_matrix, profiles: sparse.csr_matrix) -> Scores:
    """Return iALS scores in which each article has the mean of its `lenders`' factors (articles, articles)."""
    factors = train_factors(likes)
    return np.asarray(fold_in(profiles, factors) @ (unit_sums(lenders) @ factors).T, np.float32)


def _dense(matrix: sparse.csr_matrix) -> Scores:
    return np.asarray(matrix.toarray(), np.float32)
