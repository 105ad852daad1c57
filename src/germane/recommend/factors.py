"""A few numbers for each article's place in readers' taste: implicit alternating least squares.

Hu, Koren & Volinsky, ICDM 2008, with the weight of what is not liked and the regularization by frequency of Rendle et
al., RecSys 2022 ("Revisiting the performance of iALS"). Deterministic.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

DIMENSIONS = 128
UNLIKED = 0.02  # the weight of what a reader did not like; a like weighs 1
REGULARIZATION = 0.003
ROUNDS = 6
SEED = 2008
_BLOCK = 20_000  # marks at a time

Factors = NDArray[np.float32]


def train_factors(likes: sparse.csr_matrix, *, dimensions: int = DIMENSIONS, rounds: int = ROUNDS) -> Factors:
    """Return (articles, dimensions) factors of `likes` (readers, articles); zero for an article that nobody likes."""
    random = np.random.default_rng(SEED)
    shape = (likes.shape[1], dimensions)
    articles = random.normal(0, 0.1 / np.sqrt(dimensions), shape).astype(np.float32)
    by_article = likes.T.tocsr()
    articles[np.diff(by_article.indptr) == 0] = 0
    for _ in range(rounds):
        readers = fold_in(likes, articles)
        articles = fold_in(by_article, readers)
    return articles


def fold_in(marks: sparse.csr_matrix, factors: Factors) -> Factors:
    """Return the factors (rows of `marks`, dimensions) that fit the marks best, `factors` of the columns being given.

    Rows with equally many marks share their system but for those marks, so that each costs only as much as it has of
    them (the Woodbury identity); one with more marks than dimensions is solved outright.
    """
    n, dimensions = factors.shape
    everything = UNLIKED * (factors.T @ factors)
    n_marks = np.diff(marks.indptr)
    found = np.zeros((marks.shape[0], dimensions), np.float32)
    for count in np.unique(n_marks[n_marks > 0]).tolist():
        base = everything + REGULARIZATION * (count + UNLIKED * n) * np.eye(dimensions, dtype=np.float32)
        rows = np.flatnonzero(n_marks == count)
        inverse = np.linalg.inv(base)
        for part in np.array_split(rows, -(-rows.size * count // _BLOCK)):
            chosen = factors[marks.indices[marks.indptr[part][:, None] + np.arange(count)]]
            found[part] = _solve_few(inverse, chosen) if count < dimensions else _solve_many(base, chosen)
    return found


def _solve_few(inverse: Factors, chosen: Factors) -> Factors:
    scaled = chosen @ inverse
    small = scaled @ chosen.transpose(0, 2, 1)
    small[:, np.arange(small.shape[1]), np.arange(small.shape[1])] += 1
    amounts = np.linalg.solve(small, np.ones((*small.shape[:2], 1), np.float32))
    return np.asarray((scaled * amounts).sum(axis=1), np.float32)


def _solve_many(base: Factors, chosen: Factors) -> Factors:
    left = base + chosen.transpose(0, 2, 1) @ chosen
    return np.asarray(np.linalg.solve(left, chosen.sum(axis=1)[..., None])[..., 0], np.float32)


def reader_parts(chosen: Factors, weights: NDArray[np.float32], gram: Factors, n: int) -> Factors:
    """Return what each mark adds (marks, dimensions) to a reader's factors, which are the sum.

    `chosen` are the factors of the marked articles and `gram` (dimensions, dimensions) is factors'factors over all
    `n` articles. A mark of weight w counts as seen |w| times; a negative one as unwanted.
    """
    left = UNLIKED * gram + (chosen.T * np.abs(weights)) @ chosen
    left[np.diag_indices_from(left)] += REGULARIZATION * (len(weights) + UNLIKED * n)
    return np.asarray(np.linalg.solve(left, (chosen * weights[:, None]).T).T, np.float32)
