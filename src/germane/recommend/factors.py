"""A few numbers for each article's place in readers' taste: implicit alternating least squares.

Hu, Koren & Volinsky, ICDM 2008, with the weight of what is not liked and the regularization by frequency of Rendle et
al., RecSys 2022 ("Revisiting the performance of iALS"). An article is drawn towards the mean of
those that say and cite the same, instead of towards zero, so that few likes suffice. Deterministic.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

DIMENSIONS = 384
UNLIKED = 0.02  # the weight of what a reader did not like; a like weighs 1
REGULARIZATION = 0.003
ROUNDS = 6
STARTS = 2
CITED = 0.5  # of a like: that an article stands in a list of citations
MAX_LIST = 200  # citations; a longer list has no one subject
SEED = 2008
_BLOCK = 20_000  # marks at a time

Factors = NDArray[np.float32]


def train_factors(
    likes: sparse.csr_matrix,
    lenders: sparse.csr_matrix | None = None,
    *,
    n_articles: int | None = None,
    dimensions: int = DIMENSIONS,
    rounds: int = ROUNDS,
    starts: int = 1,
) -> Factors:
    """Return (articles, starts · dimensions) factors of `likes` (readers, articles); zero for one that nobody likes.

    With fewer readers or articles than `dimensions` there are only so many. `lenders` (articles, articles) has the
    weights, at most 1 in sum, of the liked articles that resemble each. `n_articles` are all that there are, when those
    that nobody likes are left out of `likes`. What comes out depends on the chance that it starts from: of several
    `starts` the products are the mean.
    """
    dimensions = max(1, min(dimensions, *likes.shape))
    by_article = likes.T.tocsr()
    found = []
    for start in range(starts):
        random = np.random.default_rng(SEED + start)
        articles = random.normal(0, 0.1 / np.sqrt(dimensions), (likes.shape[1], dimensions)).astype(np.float32)
        articles[np.diff(by_article.indptr) == 0] = 0
        for at in range(rounds):
            readers = fold_in(likes, articles, n=n_articles)
            expected = lenders @ articles if lenders is not None and at else None  # the first ones are chance
            articles = fold_in(by_article, readers, expected)
        found.append(articles / np.float32(np.sqrt(starts)))
    return np.hstack(found)


def fold_in(
    marks: sparse.csr_matrix, factors: Factors, expected: Factors | None = None, *, n: int | None = None
) -> Factors:
    """Return the factors (rows of `marks`, dimensions) that fit the marks best, `factors` of the columns being given.

    A mark of value w counts as seen w times. They are regularized towards `expected`, of the same shape, or zero; a row
    without marks is zero all the same. With `n` columns there are more than `factors` has, of which all is zero.

    Rows with equally many marks share their system but for those marks, so that each costs only as much as it has of
    them (the Woodbury identity); one with more marks than dimensions is solved outright.
    """
    dimensions, n = factors.shape[1], n or len(factors)
    everything = UNLIKED * (factors.T @ factors)
    n_marks = np.diff(marks.indptr)
    found = np.zeros((marks.shape[0], dimensions), np.float32)
    for count in np.unique(n_marks[n_marks > 0]).tolist():
        pull = REGULARIZATION * (count + UNLIKED * n)
        base = everything + pull * np.eye(dimensions, dtype=np.float32)
        rows = np.flatnonzero(n_marks == count)
        inverse = np.linalg.inv(base)
        for part in np.array_split(rows, -(-rows.size * count // _BLOCK)):
            at = marks.indptr[part][:, None] + np.arange(count)
            root = np.sqrt(marks.data[at]).astype(np.float32)
            chosen = factors[marks.indices[at]] * root[..., None]
            right = (chosen * root[..., None]).sum(axis=1)
            if expected is not None:
                right += pull * expected[part]
            found[part] = _solve_few(inverse, chosen, right) if count < dimensions else _solve_many(base, chosen, right)
    return found


def _solve_few(inverse: Factors, chosen: Factors, right: Factors) -> Factors:
    without = right @ inverse
    scaled = chosen @ inverse
    small = scaled @ chosen.transpose(0, 2, 1)
    small[:, np.arange(small.shape[1]), np.arange(small.shape[1])] += 1
    amounts = np.linalg.solve(small, chosen @ without[..., None])
    return np.asarray(without - (scaled * amounts).sum(axis=1), np.float32)


def _solve_many(base: Factors, chosen: Factors, right: Factors) -> Factors:
    left = base + chosen.transpose(0, 2, 1) @ chosen
    return np.asarray(np.linalg.solve(left, right[..., None])[..., 0], np.float32)


def fold_in_unliked(factors: Factors, both: sparse.csr_matrix, is_liked: NDArray[np.bool_]) -> Factors:
    """Return the factors (n, dimensions), with those of articles that nobody likes drawn towards whom they stand with.

    `both` (n, n) is 1 where one article cites the other, whichever way. An article with what it cites and what cites it
    is taken for a reader who likes all of these; the other way round, these readers tell of the articles without likes,
    which are regularized towards the factors they have.
    """
    lists = (both + sparse.identity(len(factors), dtype=np.float32, format="csr")).tocsr()
    sizes = np.diff(lists.indptr)
    lists.data = np.where(np.repeat((sizes > 1) & (sizes <= MAX_LIST), sizes), CITED, 0).astype(np.float32)
    lists.eliminate_zeros()
    unliked = np.flatnonzero(~is_liked)
    standing = sparse.csr_matrix(lists.T.tocsr()[unliked])
    told = np.diff(standing.indptr) > 0
    found = factors.copy()
    found[unliked[told]] = fold_in(standing, fold_in(lists, factors), factors[unliked])[told]
    return found


def turned(factors: Factors) -> tuple[Factors, Factors]:
    """Return the factors (n, dimensions) turned so that their gram matrix has values on its diagonal alone, and these.

    No product of two factors changes, and a reader costs much less.
    """
    _, axes = np.linalg.eigh(factors.T @ factors)
    found = factors @ axes
    return found, np.square(found).sum(axis=0)


def reader_parts(chosen: Factors, weights: NDArray[np.float32], diagonal: Factors, n: int) -> Factors:
    """Return what each mark adds (marks, dimensions) to a reader's factors, which are the sum.

    `chosen` are the factors of the marked articles, turned, and `diagonal` (dimensions,) is that of their gram matrix
    over all `n` articles. A mark of weight w counts as seen |w| times; a negative one as unwanted.
    """
    base = UNLIKED * diagonal + REGULARIZATION * (len(weights) + UNLIKED * n)
    scaled = chosen / base
    if len(weights) > chosen.shape[1]:
        left = np.diag(base) + (chosen.T * np.abs(weights)) @ chosen
        return np.asarray(np.linalg.solve(left, (chosen * weights[:, None]).T).T, np.float32)
    among = (chosen @ scaled.T) * np.abs(weights)
    among[np.diag_indices_from(among)] += 1
    return np.asarray(weights[:, None] * np.linalg.solve(among, scaled), np.float32)
