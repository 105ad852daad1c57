"""What all likes and all articles' words and citations say: trained at night, asked for one reader at a time.

Nothing of a reader is in it, so that a mark given a moment ago counts at once (`scoring`); and an article imported a
moment ago is a row more (`with_articles`).
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import sparse

from germane.recommend.factors import DIMENSIONS, train_factors
from germane.recommend.links import like_links, nearest_links, strongest_of_rows, sums, unit_sums

N_LINKS = 200  # by likes, kept of each article
N_NEAREST = 100  # by content, kept of each article
N_LENDERS = 50  # liked neighbors that lend an article without likes their factors


class Weights(Struct, frozen=True):
    """The parts' weights for articles that somebody likes, and for those that nobody does, which have no links.

    The latter weigh less, since what nobody has liked yet is less likely to be liked; among themselves that changes
    nothing.
    """

    links: float = 1.0
    taste: float = 1.5
    content: float = 2.0
    unliked_taste: float = 0.4
    unliked_content: float = 0.6


WEIGHTS = Weights()


class Model(Struct, frozen=True):
    """Everything about `n` articles; a row or column number is a position in `article_ids`, which ascend."""

    article_ids: NDArray[np.int64]
    n_likes: NDArray[np.float32]
    links: sparse.csr_matrix  # (n, n), from a liked article to others
    nearest: sparse.csr_matrix  # (n, n), by content
    features: sparse.csr_matrix  # (n, features), unit rows
    factors: NDArray[np.float32]  # (n, dimensions)
    gram: NDArray[np.float32]  # factors'factors, of the articles with likes
    unliked_gram: NDArray[np.float32]  # and of those without
    n_trained: int  # articles beyond these came after the training
    weights: Weights = WEIGHTS

    @property
    def n(self) -> int:
        """Return how many articles there are."""
        return len(self.article_ids)


def train_model(
    article_ids: NDArray[np.int64],
    likes: sparse.csr_matrix,
    features: sparse.csr_matrix,
    *,
    factors: NDArray[np.float32] | None = None,
    weights: Weights = WEIGHTS,
) -> Model:
    """Return the model of `likes` (readers, articles; 1 for a like) and `features` (articles, features; unit rows).

    `factors` are those of `train_factors` when they are already there. Raises ValueError unless `article_ids` ascend
    and all speak of the same articles.
    """
    if not (len(article_ids) == likes.shape[1] == features.shape[0]):
        raise ValueError(f"{len(article_ids)} ids, {likes.shape[1]} columns of likes, {features.shape[0]} features")
    if np.any(np.diff(article_ids) <= 0):
        raise ValueError("article ids must ascend")
    n_likes = sums(likes, axis=0)
    is_liked = n_likes > 0
    if factors is None:
        factors = train_factors(likes, dimensions=max(1, min(DIMENSIONS, *likes.shape)))
    unliked = np.flatnonzero(~is_liked)
    lenders = nearest_links(features, N_LENDERS, of=unliked, among=is_liked)
    factors = factors.copy()
    factors[unliked] = _lent(lenders, factors)
    return Model(
        article_ids,
        n_likes,
        like_links(likes, N_LINKS),
        nearest_links(features, N_NEAREST),
        features,
        factors,
        _gram(factors[is_liked]),
        _gram(factors[~is_liked]),
        len(article_ids),
        weights,
    )


def with_articles(model: Model, article_ids: NDArray[np.int64], features: sparse.csr_matrix) -> Model:
    """Return the model with articles that it has not seen, each with its `features` in the model's columns.

    They are found by content and by borrowed factors until the next training. Raises ValueError unless the ids are
    greater than all in the model, and ascend.
    """
    ids = np.concatenate([model.article_ids, article_ids])
    if np.any(np.diff(ids) <= 0):
        raise ValueError("new article ids must ascend, beyond those of the model")
    similar = (features @ model.features.T).tocsr()
    liked_ones = sparse.diags((model.n_likes > 0).astype(np.float32))
    lent = _lent(strongest_of_rows((similar @ liked_ones).tocsr(), N_LENDERS), model.factors)
    nearest = sparse.vstack([model.nearest, strongest_of_rows(similar, N_NEAREST)]).tocsr()
    return Model(
        ids,
        np.concatenate([model.n_likes, np.zeros(len(article_ids), np.float32)]),
        _grown(model.links, len(ids)),
        _grown(nearest, len(ids)),
        sparse.vstack([model.features, features]).tocsr(),
        np.vstack([model.factors, lent]),
        model.gram,
        model.unliked_gram + _gram(lent),
        model.n_trained,
        model.weights,
    )


def _lent(nearest: sparse.csr_matrix, factors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of each row's neighbors' factors, weighted by similarity squared."""
    squared = unit_sums(nearest.multiply(nearest).tocsr())
    return np.asarray(squared @ factors, np.float32)


def _gram(factors: NDArray[np.float32]) -> NDArray[np.float32]:
    return factors.T @ factors


def _grown(matrix: sparse.csr_matrix, n: int) -> sparse.csr_matrix:
    rows = np.append(matrix.indptr, np.full(n - matrix.shape[0], matrix.nnz))
    return sparse.csr_matrix((matrix.data, matrix.indices, rows), shape=(n, n))
