"""What all likes and all articles' words and citations say: trained at night, asked for one reader at a time.

Nothing of a reader is in it, so that a mark given a moment ago counts at once (`scoring`); articles imported a moment
ago stand beside the trained ones (`with_articles`), which stay as they are: shared by all processes.
"""

from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy import sparse

from germane.recommend.content import sparse_product
from germane.recommend.factors import DIMENSIONS, STARTS, fold_in_unliked, train_factors, turned
from germane.recommend.links import like_links, nearest_links, strongest_of_rows, sums, unit_sums
from germane.recommend.neighbors import Lists, nearest_of_new, no_lists
from germane.recommend.rows import Positions, SparseRows, as_csr, no_rows, sparse_rows

N_LINKS = 200  # by likes, kept of each article
N_NEAREST = 50  # by content, kept of each article
N_LENDERS = 30  # liked neighbors that an article's factors are drawn towards, or borrowed from
N_NEAREST_OF_NEW = 30  # and of one that came after the training: all of these are looked at for every reader
N_SAMPLE = 2_000  # articles by which the size of the content part is judged
_AT_ONCE = 50_000  # rows


class Weights(Struct, frozen=True):
    """The parts' weights for articles that somebody likes, and for those that nobody does, which have no links.

    The latter weigh less, since what nobody has liked yet is less likely to be liked; among themselves that changes
    nothing.
    """

    links: float = 0.6
    taste: float = 3.0
    content: float = 2.0
    unliked_taste: float = 0.6
    unliked_content: float = 0.3
    unliked_vectors: float = 0.5  # of articles with likes they add nothing to the rest


WEIGHTS = Weights()


class Articles(Struct, frozen=True, eq=False):
    """What is known of `n` articles, a row for each; floating numbers may be of 16 or 32 bits."""

    ids: NDArray[np.int64]  # ascending
    n_likes: NDArray[np.float32]
    years: NDArray[np.int16]  # 0: unknown
    vectors: NDArray[Any]  # (n, dimensions of a text's vector, or 0), unit rows
    factors: NDArray[Any]  # (n, dimensions)
    features: SparseRows  # (n, features), unit rows
    nearest: SparseRows  # (n, trained articles), by content


class Vocabulary(Struct, frozen=True, eq=False):
    """What the columns of features are: words by their number in the index, then citations by the trained article."""

    terms: NDArray[np.uint32]  # (words,), ascending
    idf: NDArray[np.float32]  # (words,)
    cited_idf: NDArray[np.float32]  # (trained articles,)


NO_VOCABULARY = Vocabulary(np.zeros(0, np.uint32), np.zeros(0, np.float32), np.zeros(0, np.float32))


class Taken(Struct, frozen=True, eq=False):
    """What scoring needs of some articles (m,)."""

    is_liked: NDArray[np.bool_]  # by anybody
    features: sparse.csr_matrix
    factors: NDArray[np.float32]


class Model(Struct, frozen=True, eq=False):
    """Everything about all articles. A position is a row of `trained`, or, beyond these, of `new`."""

    trained: Articles
    new: Articles  # those that came after the training
    links: SparseRows  # (trained, trained), from a liked article to others
    diagonal: NDArray[np.float32]  # of factors'factors, which is zero elsewhere (`factors.turned`)
    unliked_gram: NDArray[np.float32]  # factors'factors, of the articles that nobody likes
    vector_gram: NDArray[np.float32]  # vectors'vectors, of all
    sample: sparse.csr_matrix  # features of some articles, the same for every reader
    n_liked: int  # trained articles that somebody likes
    lists: Lists  # of the trained articles; none when they are few
    vocabulary: Vocabulary
    weights: Weights = WEIGHTS

    @property
    def n_trained(self) -> int:
        """Return how many articles there were when the model was trained."""
        return len(self.trained.ids)

    @property
    def n(self) -> int:
        """Return how many articles there are."""
        return self.n_trained + len(self.new.ids)

    def ids_of(self, positions: Positions) -> NDArray[np.int64]:
        """Return the articles at some positions."""
        return np.concatenate([part.ids[at] for part, at in self._parts(positions)])[_places(positions, self.n_trained)]

    def years_of(self, positions: Positions) -> NDArray[np.int16]:
        """Return the years of the articles at some positions; 0: unknown."""
        years = [part.years[at] for part, at in self._parts(positions)]
        return np.concatenate(years)[_places(positions, self.n_trained)]

    def positions_of(self, ids: NDArray[np.int64]) -> Positions:
        """Return where some articles stand; -1 for one that is unknown."""
        found = _find(self.trained.ids, ids)
        newer = _find(self.new.ids, ids)
        return np.where(found >= 0, found, np.where(newer >= 0, newer + self.n_trained, -1))

    def take(self, positions: Positions) -> Taken:
        """Return what scoring needs of the articles at some positions."""
        parts = self._parts(positions)
        if len(parts) == 1:
            return _take(*parts[0])
        taken = [_take(part, at) for part, at in parts]
        places = _places(positions, self.n_trained)
        return Taken(
            np.concatenate([each.is_liked for each in taken])[places],
            sparse.csr_matrix(_in_order(sparse.vstack([each.features for each in taken]).tocsr(), places)),
            np.concatenate([each.factors for each in taken])[places],
        )

    def vectors_of(self, positions: Positions) -> NDArray[np.float32]:
        """Return the texts' vectors (m, dimensions) of the articles at some positions."""
        vectors = [np.asarray(part.vectors[at], np.float32) for part, at in self._parts(positions)]
        return np.concatenate(vectors)[_places(positions, self.n_trained)]

    def _parts(self, positions: Positions) -> list[tuple[Articles, Positions]]:
        is_new = positions >= self.n_trained
        if not is_new.any():
            return [(self.trained, positions)]
        return [(self.trained, positions[~is_new]), (self.new, positions[is_new] - self.n_trained)]


def train_model(
    article_ids: NDArray[np.int64],
    likes: sparse.csr_matrix,
    features: sparse.csr_matrix | SparseRows,
    *,
    vectors: NDArray[Any] | None = None,
    nearest: sparse.csr_matrix | None = None,
    lenders: sparse.csr_matrix | None = None,
    factors: NDArray[np.float32] | None = None,
    citations: sparse.csr_matrix | None = None,
    years: NDArray[np.int16] | None = None,
    lists: Lists | None = None,
    vocabulary: Vocabulary | None = None,
    dimensions: int = DIMENSIONS,
    starts: int = STARTS,
    weights: Weights = WEIGHTS,
) -> Model:
    """Return the model of `likes` (readers, articles; 1 for a like) and `features` (articles, features; unit rows).

    `vectors` (articles, dimensions; unit rows) are the texts', as of `content.mixed_vectors`. `nearest` (articles,
    articles) are the neighbors of each by content, `lenders` likewise those that somebody likes, as
    `links.nearest_links` finds them: without them every article is compared with every other one. `factors` are those
    of `train_factors` when they are already there. `citations` (articles, articles) are 1 where one cites the other,
    whichever way: they tell more of articles that nobody likes. `lists` and `vocabulary` are kept for what comes later.
    Raises ValueError unless `article_ids` ascend and all speak of the same articles.
    """
    n = len(article_ids)
    vectors = np.zeros((n, 0), np.float32) if vectors is None else vectors
    years = np.zeros(n, np.int16) if years is None else years
    features = features if isinstance(features, SparseRows) else sparse_rows(features)
    if not (n == likes.shape[1] == features.n == len(vectors) == len(years)):
        raise ValueError(f"{n} ids, {likes.shape[1]} columns of likes, {features.n} features")
    if np.any(np.diff(article_ids) <= 0):
        raise ValueError("article ids must ascend")
    n_likes = sums(likes, axis=0)
    is_liked = n_likes > 0
    if nearest is None:
        nearest = nearest_links(as_csr(features), vectors, N_NEAREST)
    if lenders is None:
        lenders = nearest_links(as_csr(features), vectors, N_LENDERS, among=is_liked)
    shares = squared_shares(lenders)
    if factors is None:
        factors = _factors_of_liked(likes, shares, np.flatnonzero(is_liked), dimensions, starts)
    factors = lend_factors(factors, shares, is_liked)
    if citations is not None:
        factors = fold_in_unliked(factors, citations, is_liked)
    factors, diagonal = turned(factors)
    sampled = np.arange(0, n, max(-(-n // N_SAMPLE), 1))
    return Model(
        Articles(article_ids, n_likes, years, vectors, factors, features, sparse_rows(nearest)),
        _nobody(features.width, vectors.shape[1], factors.shape[1], n),
        sparse_rows(like_links(likes, N_LINKS)),
        diagonal,
        gram(factors, ~is_liked),
        gram(vectors, np.ones(n, np.bool_)),
        features.take(sampled),
        int(np.count_nonzero(is_liked)),
        no_lists(vectors.shape[1]) if lists is None else lists,
        NO_VOCABULARY if vocabulary is None else vocabulary,
        weights,
    )


def with_articles(
    model: Model,
    article_ids: NDArray[np.int64],
    features: sparse.csr_matrix,
    vectors: NDArray[np.float32] | None = None,
    *,
    nearest: sparse.csr_matrix | None = None,
    years: NDArray[np.int16] | None = None,
) -> Model:
    """Return the model with these articles as the ones that came after its training, each with its `features`.

    They are found by content and by borrowed factors until the next training. Those that were added before are
    replaced. `nearest` (articles, trained articles) are their neighbors: without it they are looked for, in the model's
    lists or among all trained ones. Raises ValueError unless the ids ascend and none is of a trained article.
    """
    if np.any(np.diff(article_ids) <= 0) or np.any(_find(model.trained.ids, article_ids) >= 0):
        raise ValueError("new article ids must ascend, and be none of the model's")
    n = len(article_ids)
    vectors = np.zeros((n, model.trained.vectors.shape[1]), np.float32) if vectors is None else vectors
    if nearest is None:
        nearest = _nearest_trained(model, features, vectors)
    is_liked = model.trained.n_likes > 0
    liked = nearest.copy()
    liked.data[~is_liked[liked.indices]] = 0
    shares = squared_shares(strongest_of_rows(liked, N_LENDERS))
    lent = sparse_product(shares, model.trained.factors)
    known = (np.zeros(n, np.float32), np.zeros(n, np.int16) if years is None else years)
    few = strongest_of_rows(nearest, N_NEAREST_OF_NEW)
    new = Articles(article_ids, *known, vectors, lent, sparse_rows(features), sparse_rows(few))
    return replace(model, new=new)


def squared_shares(nearest: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return each neighbor's weight, its similarity squared, in parts of the row's sum."""
    return unit_sums(nearest.multiply(nearest).tocsr())


def lend_factors(
    factors: NDArray[np.float32], shares: sparse.csr_matrix, is_liked: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the factors, with those of articles that nobody likes borrowed from their neighbors' (articles, …)."""
    found = factors.copy()
    unliked = np.flatnonzero(~is_liked)
    for first in range(0, len(unliked), _AT_ONCE):
        some = unliked[first : first + _AT_ONCE]
        found[some] = shares[some] @ factors
    return found


def _factors_of_liked(
    likes: sparse.csr_matrix, shares: sparse.csr_matrix, liked: Positions, dimensions: int, starts: int
) -> NDArray[np.float32]:
    """Return the factors of the articles that somebody likes, zero for the others, which training need not look at."""
    own = train_factors(
        sparse.csr_matrix(likes[:, liked]),
        sparse.csr_matrix(shares[liked][:, liked]),
        n_articles=likes.shape[1],
        dimensions=dimensions,
        starts=starts,
    )
    factors = np.zeros((likes.shape[1], own.shape[1]), np.float32)
    factors[liked] = own
    return factors


def gram(rows: NDArray[Any], kept: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return rows'rows (d, d) of those that are kept."""
    total = np.zeros((rows.shape[1], rows.shape[1]), np.float32)
    for first in range(0, len(rows), _AT_ONCE):
        some = np.asarray(rows[first : first + _AT_ONCE], np.float32)[kept[first : first + _AT_ONCE]]
        total += some.T @ some
    return total


def _nearest_trained(model: Model, features: sparse.csr_matrix, vectors: NDArray[np.float32]) -> sparse.csr_matrix:
    """Return the nearest of the trained articles, all being compared."""
    trained = model.trained
    if len(model.lists.members):
        return nearest_of_new(model.lists, trained.features, trained.vectors, features, vectors, N_NEAREST)
    all_features = sparse.vstack([as_csr(trained.features), features]).tocsr()
    all_vectors = np.concatenate([np.asarray(trained.vectors, np.float32), vectors])
    at = np.arange(model.n_trained, len(all_vectors))
    is_trained = np.arange(len(all_vectors)) < model.n_trained
    found = nearest_links(all_features, all_vectors, N_NEAREST, of=at, among=is_trained)
    return sparse.csr_matrix(found[:, : model.n_trained])


def _nobody(n_features: int, n_vector: int, n_factors: int, n_trained: int) -> Articles:
    none = np.zeros(0, np.float32)
    return Articles(
        np.zeros(0, np.int64),
        none,
        np.zeros(0, np.int16),
        none.reshape(0, n_vector),
        none.reshape(0, n_factors),
        no_rows(0, n_features),
        no_rows(0, n_trained),
    )


def _take(part: Articles, at: Positions) -> Taken:
    return Taken(part.n_likes[at] > 0, part.features.take(at), np.asarray(part.factors[at], np.float32))


def _in_order(matrix: sparse.csr_matrix, places: NDArray[np.intp]) -> sparse.csr_matrix:
    return matrix if (np.diff(places) == 1).all() else matrix[places]


def _places(positions: Positions, n_trained: int) -> NDArray[np.intp]:
    """Return where each position stands when those of trained articles come first."""
    order = np.argsort(positions >= n_trained, kind="stable")
    places = np.empty(len(order), np.intp)
    places[order] = np.arange(len(order))
    return places


def _find(sorted_ids: NDArray[np.int64], ids: NDArray[np.int64]) -> Positions:
    if not len(sorted_ids):
        return np.full(len(ids), -1, np.int64)
    at = np.minimum(np.searchsorted(sorted_ids, ids), len(sorted_ids) - 1)
    return np.where(sorted_ids[at] == ids, at, -1).astype(np.int64)
