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
    """Return products of factors by implicit alternating least squares (`recommend.factors`, without neighbors)."""
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
    """Return the distances to a linear SVM of liked articles against all others, in balanced weights, for each reader.

    The design of arxiv-sanity-lite, with C = 0.1. Raises ModuleNotFoundError without scikit-learn.
    """
    from sklearn.svm import LinearSVC

    svm = LinearSVC(C=PENALTY, class_weight="balanced", tol=1e-2, random_state=SEED)
    exact = features.astype(np.float64)
    scores = [svm.fit(exact, row.toarray().ravel()).decision_function(exact) for row in profiles]
    return np.array(scores, np.float32).reshape(profiles.shape)


def lent_factors(lenders: sparse.csr_matrix, likes: sparse.csr_matrix, profiles: sparse.csr_matrix) -> Scores:
    """Return iALS scores in which each article has the mean of its `lenders`' factors (articles, articles)."""
    factors = train_factors(likes)
    return np.asarray(fold_in(profiles, factors) @ (unit_sums(lenders) @ factors).T, np.float32)


def _dense(matrix: sparse.csr_matrix) -> Scores:
    return np.asarray(matrix.toarray(), np.float32)
