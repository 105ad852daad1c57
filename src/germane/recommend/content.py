"""What articles say and cite, as rows that can be compared.

The text of what an article cites, or is cited by, is mixed into its own: few words become many.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from germane.recommend.links import strongest_of_rows, unit_rows
from germane.recommend.rows import RowsBuilder, SparseRows
from germane.relate.rescoring import unit

NEIGHBOR_TEXT = 0.7  # of the texts that an article cites or is cited by, beside its own
CITATIONS = 0.5  # of citations beside words
N_WORDS = 100  # kept of an article's and its neighbors' together
N_CITATIONS = 50  # kept of an article, the rarest first
_AT_ONCE = 5_000  # rows

Values = NDArray[np.float32]


def content_features(
    words: sparse.csr_matrix, citations: sparse.csr_matrix | None = None, more: Iterable[sparse.csr_matrix] = ()
) -> sparse.csr_matrix:
    """Return what articles say and cite as unit rows (articles, features); zero for one of which nothing is known.

    `words` are counts (articles, words); `citations` (articles, articles), whichever way they go; `more` are further
    counts (subjects, authors, …) that count as much as words.
    """
    own = tfidf(words)
    parts = [own]
    if citations is not None:
        both = linked(citations)
        parts = [mixed_words(own, both, own), cited_features(with_itself(both))]
    parts.extend(tfidf(each) for each in more)
    return unit_rows(sparse.hstack(parts).tocsr())


def feature_rows(words: sparse.csr_matrix, both: sparse.csr_matrix) -> SparseRows:
    """Return what `content_features` does of very many articles, a block at a time; `both` is as of `linked`."""
    own, cited = tfidf(words), with_itself(both)
    idf = idf_of(cited)
    made = RowsBuilder(own.shape[0], N_WORDS + N_CITATIONS, own.shape[1] + both.shape[1])
    for first in range(0, own.shape[0], _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        parts = [mixed_words(own[some], both[some], own), cited_features(cited[some], idf)]
        made.add(unit_rows(sparse.hstack(parts).tocsr()))
    return made.rows()


def mixed_words(own: sparse.csr_matrix, both: sparse.csr_matrix, others: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return words (m, words) with those of what each article cites, or is cited by, mixed in: unit rows, or zero.

    `both` (m, n) tells which of the `others` (n, words) these are. The heaviest words are kept.
    """
    mixed = (own + NEIGHBOR_TEXT * unit_rows((both @ others).tocsr())).tocsr()
    return unit_rows(strongest_of_rows(mixed, N_WORDS))


def cited_features(both: sparse.csr_matrix, idf: Values | None = None) -> sparse.csr_matrix:
    """Return whom articles cite, or are cited by, as rows of the length that citations have beside words."""
    return sparse.csr_matrix(np.float32(np.sqrt(CITATIONS)) * strongest_of_rows(tfidf(both, idf), N_CITATIONS))


def mixed_vectors(vectors: NDArray[Any], both: sparse.csr_matrix) -> NDArray[Any]:
    """Return texts' vectors with those of what each article cites, or is cited by, mixed in: unit rows, or zero.

    `both` is as `linked` returns it.
    """
    mixed = np.empty(vectors.shape, vectors.dtype)
    for first in range(0, len(vectors), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        mixed[some] = unit(vectors[some] + NEIGHBOR_TEXT * unit(sparse_product(both[some], vectors)))
    return mixed


def sparse_product(left: sparse.csr_matrix, right: NDArray[Any]) -> Values:
    """Return left · right, of which only the rows that are needed are read."""
    needed, columns = np.unique(left.indices, return_inverse=True)
    narrow = sparse.csr_matrix((left.data, columns.ravel(), left.indptr), shape=(left.shape[0], len(needed)))
    return np.asarray(narrow @ np.asarray(right[needed], np.float32), np.float32)


def with_itself(both: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return whom articles cite, or are cited by, and themselves."""
    return (both + sparse.identity(both.shape[0], dtype=np.float32, format="csr")).tocsr()


def linked(citations: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return 1 where one article cites the other (articles, articles), whichever way, and no article itself."""
    both = (citations + citations.T).tocsr()
    both.setdiag(0)
    both.eliminate_zeros()
    both.data = np.ones(both.nnz, np.float32)
    return sparse.csr_matrix(both)


def tfidf(counts: sparse.csr_matrix, idf: Values | None = None) -> sparse.csr_matrix:
    """Return counts as unit rows: 1 + ln count, times `idf` of the column, by default that of these rows."""
    weights = counts.tocsr().astype(np.float32)
    idf = idf_of(weights) if idf is None else idf
    weights.data = (1 + np.log(weights.data)) * idf[weights.indices]
    return unit_rows(weights)


def idf_of(counts: sparse.csr_matrix) -> Values:
    """Return ln((n + 1) / (n with it + ½)) of each column."""
    n_with = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.log((counts.shape[0] + 1) / (n_with + 0.5)).astype(np.float32)
