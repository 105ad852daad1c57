"""What all likes and all articles' words and citations say: trained at night, asked for one reader at a time.

Nothing of a reader is in it, so that a mark given a moment ago counts at once (`scoring`); and an article imported a
moment ago is a row more (`with_articles`).
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import sparse

from germane.recommend.factors import train_factors
from germane.recommend.links import like_links, nearest_links, sums, unit_sums

N_LINKS = 200  # by likes, kept of each article
N_NEAREST = 100  # by content, kept of each article
N_LENDERS = 30  # liked neighbors that an article's factors are drawn towards, or borrowed from


class Weights(Struct, frozen=True):
    """The parts' weights for articles that somebody likes, and for those that nobody does, which have no links.

    The latter weigh less, since what nobody has liked yet is less likely to be liked; among themselves that changes
    nothing.
    """

    links: float = 1.0
    taste: float = 2.0
    content: float = 2.0
    unliked_taste: float = 0.6
    unliked_content: float = 0.4
    unliked_vectors: float = 0.4  # of articles with likes they add nothing to the rest


WEIGHTS = Weights()


class Model(Struct, frozen=True):
    """Everything about `n` articles; a row or column number is a position in `article_ids`, which ascend."""

    article_ids: NDArray[np.int64]
    n_likes: NDArray[np.float32]
    links: sparse.csr_matrix  # (n, n), from a liked article to others
    nearest: sparse.csr_matrix  # (n, n), by content
    features: sparse.csr_matrix  # (n, features), unit rows
    vectors: NDArray[np.float32]  # (n, dimensions of a text's vector, or 0), unit rows
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
    vectors: NDArray[np.float32] | None = None,
    factors: NDArray[np.float32] | None = None,
    weights: Weights = WEIGHTS,
) -> Model:
    """Return the model of `likes` (readers, articles; 1 for a like) and `features` (articles, features; unit rows).

    `vectors` (articles, dimensions; unit rows) are the texts', as of `links.mixed_vectors`; `factors` those of
    `train_factors` when they are already there. Raises ValueError unless `article_ids` ascend and all speak of the
    same articles.
    """
    vectors = _no_vectors(len(article_ids)) if vectors is None else vectors
    if not (len(article_ids) == likes.shape[1] == features.shape[0] == len(vectors)):
        raise ValueError(f"{len(article_ids)} ids, {likes.shape[1]} columns of likes, {features.shape[0]} features")
    if np.any(np.diff(article_ids) <= 0):
        raise ValueError("article ids must ascend")
    n_likes = sums(likes, axis=0)
    is_liked = n_likes > 0
    lenders = squared_shares(nearest_links(features, vectors, N_LENDERS, among=is_liked))
    if factors is None:
        factors = train_factors(likes, lenders)
    factors = np.where(is_liked[:, None], factors, lenders @ factors).astype(np.float32)
    return Model(
        article_ids,
        n_likes,
        like_links(likes, N_LINKS),
        nearest_links(features, vectors, N_NEAREST),
        features,
        vectors,
        factors,
        _gram(factors[is_liked]),
        _gram(factors[~is_liked]),
        len(article_ids),
        weights,
    )


def with_articles(
    model: Model,
    article_ids: NDArray[np.int64],
    features: sparse.csr_matrix,
    vectors: NDArray[np.float32] | None = None,
) -> Model:
    """Return the model with articles that it has not seen, each with its `features` in the model's columns.

    They are found by content and by borrowed factors until the next training. Raises ValueError unless the ids are
    greater than all in the model, and ascend.
    """
    ids = np.concatenate([model.article_ids, article_ids])
    if np.any(np.diff(ids) <= 0):
        raise ValueError("new article ids must ascend, beyond those of the model")
    all_features = sparse.vstack([model.features, features]).tocsr()
    vectors = np.zeros((len(article_ids), model.vectors.shape[1]), np.float32) if vectors is None else vectors
    all_vectors = np.vstack([model.vectors, vectors])
    new = np.arange(model.n, len(ids))
    is_liked = np.append(model.n_likes > 0, np.zeros(len(new), bool))
    lenders = nearest_links(all_features, all_vectors, N_LENDERS, of=new, among=is_liked)
    lent = np.asarray(squared_shares(lenders)[:, : model.n] @ model.factors, np.float32)
    near = nearest_links(all_features, all_vectors, N_NEAREST, of=new)
    nearest = sparse.vstack([_grown(model.nearest, model.n, len(ids)), near]).tocsr()
    return Model(
        ids,
        np.concatenate([model.n_likes, np.zeros(len(article_ids), np.float32)]),
        _grown(model.links, len(ids), len(ids)),
        nearest,
        all_features,
        all_vectors,
        np.vstack([model.factors, lent]),
        model.gram,
        model.unliked_gram + _gram(lent),
        model.n_trained,
        model.weights,
    )


def squared_shares(nearest: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return each neighbor's weight, its similarity squared, in parts of the row's sum."""
    return unit_sums(nearest.multiply(nearest).tocsr())


def _no_vectors(n: int) -> NDArray[np.float32]:
    return np.zeros((n, 0), np.float32)


def _gram(factors: NDArray[np.float32]) -> NDArray[np.float32]:
    return factors.T @ factors


def _grown(matrix: sparse.csr_matrix, n_rows: int, n_columns: int) -> sparse.csr_matrix:
    rows = np.append(matrix.indptr, np.full(n_rows - matrix.shape[0], matrix.nnz))
    return sparse.csr_matrix((matrix.data, matrix.indices, rows), shape=(n_rows, n_columns))
