"""Which articles belong together: by who likes them, and by what they say and cite.

Everything is a sparse matrix with one row an article and few links in each, so that it grows with the number of
articles and not with its square.
"""

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

# Exponents that damp the three stations of a walk: the article it starts from, the reader, the article it ends at.
START, READER, END = 0.5, 0.5, 0.3
VECTORS = 1.0  # the cosine of vectors beside that of features
_BLOCK = 500  # rows at a time
_CELLS = 1 << 24  # of a block that has a value everywhere


def like_links(likes: sparse.csr_matrix, n: int) -> sparse.csr_matrix:
    """Return the `n` strongest links (articles, articles) of each article by common readers.

    `likes` is (readers, articles), 1 for a like. A link is the walk article → reader → article, each end damped by a
    power of its number of likes: RP3β (Paudel et al., ACM TiiS 7(1), 2017), with readers and first article damped too.
    """
    of_article, of_reader = sums(likes, axis=0), sums(likes, axis=1)
    start = (likes @ _scaling(of_article, START)).T.tocsr()
    end = (_scaling(of_reader, READER) @ likes @ _scaling(of_article, END)).tocsr()
    return _strongest(start, end, n, np.arange(start.shape[0]))


def nearest_links(
    features: sparse.csr_matrix,
    vectors: NDArray[np.float32],
    n: int,
    *,
    of: NDArray[np.int64] | None = None,
    among: NDArray[np.bool_] | None = None,
) -> sparse.csr_matrix:
    """Return the `n` nearest others, by the sum of cosines, of each article (articles, articles), or of those at `of`.

    `features` and `vectors` (articles, dimensions, which may be 0) have unit rows. `among` (articles,) tells which may
    be named. With `of`, the result has a row for each of these only. Time grows with the product of rows and of those
    that may be named; memory does not.
    """
    at = np.arange(features.shape[0]) if of is None else of
    if among is not None:
        kept = _diagonal(among)
        there, vectors_there = sparse.csr_matrix(kept @ features), np.asarray(kept @ vectors)
    else:
        there, vectors_there = features, vectors
    if not vectors.shape[1]:
        return _strongest(features[at], there.T.tocsr(), n, at)
    end, blocks = there.T.tocsr(), [sparse.csr_matrix(np.zeros((0, features.shape[0]), np.float32))]
    for part in np.array_split(at, -(-len(at) * features.shape[0] // _CELLS)) if len(at) else []:
        alike = (features[part] @ end).toarray() + VECTORS * vectors[part] @ vectors_there.T
        alike[np.arange(len(part)), part] = 0
        if n < alike.shape[1]:
            alike[alike < np.partition(alike, -n, axis=1)[:, -n, None]] = 0
        blocks.append(strongest_of_rows(sparse.csr_matrix(np.maximum(alike, 0)), n))
    return sparse.csr_matrix(sparse.vstack(blocks), dtype=np.float32)


def unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the matrix with rows of length 1, or 0 where there is nothing."""
    squares = sparse.csr_matrix((np.square(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
    lengths = np.sqrt(sums(squares, axis=1))
    scales = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    data = matrix.data * np.repeat(scales, np.diff(matrix.indptr))
    return sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)  # where they stand is shared


def unit_sums(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the matrix with rows that sum to 1, or 0 where there is nothing."""
    return sparse.csr_matrix(_scaling(sums(matrix, axis=1), 1.0) @ matrix)


def sums(matrix: sparse.csr_matrix, *, axis: int) -> NDArray[np.float32]:
    """Return the sums along an axis, as a vector."""
    return np.asarray(matrix.sum(axis=axis), dtype=np.float32).ravel()


def strongest_of_rows(matrix: sparse.csr_matrix, n: int) -> sparse.csr_matrix:
    """Return the `n` greatest positive values of each row; equal ones by ascending column."""
    matrix.sort_indices()
    kept = matrix.data > 0
    for first, end in itertools.pairwise(matrix.indptr.tolist()):
        if end - first > n:
            values, mine = matrix.data[first:end], kept[first:end]
            edge = np.partition(values, -n)[-n]
            tied = np.flatnonzero(values == edge)[n - np.count_nonzero(values > edge) :]
            mine[values < edge] = False
            mine[tied] = False
    ends = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
    return sparse.csr_matrix((matrix.data[kept], matrix.indices[kept], ends), shape=matrix.shape)


def _strongest(start: sparse.csr_matrix, end: sparse.csr_matrix, n: int, at: NDArray[np.int64]) -> sparse.csr_matrix:
    """Return the greatest `n` of each row of start · end but the column that is itself, a block of rows at a time."""
    blocks = [sparse.csr_matrix(np.zeros((0, end.shape[1]), np.float32))]
    for first in range(0, start.shape[0], _BLOCK):
        block = sparse.csr_matrix(start[first : first + _BLOCK] @ end)
        itself = np.repeat(at[first : first + _BLOCK], np.diff(block.indptr))
        block.data[block.indices == itself] = 0
        blocks.append(strongest_of_rows(block, n))
    return sparse.csr_matrix(sparse.vstack(blocks), dtype=np.float32)


def _scaling(totals: NDArray[np.float32], power: float) -> sparse.dia_matrix:
    return _diagonal(np.where(totals > 0, np.maximum(totals, 1e-9) ** -power, 0))


def _diagonal(values: NDArray[np.generic]) -> sparse.dia_matrix:
    return sparse.diags(values.astype(np.float32)).astype(np.float32)
