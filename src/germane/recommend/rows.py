"""Sparse rows that may lie in a file mapped into memory: a few thousand are taken at a time, of millions."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import sparse

Positions = NDArray[np.int64]


class SparseRows(Struct, frozen=True, eq=False):
    """A matrix (n, width) row after row: row i has data[bounds[i] : bounds[i + 1]] in the columns `indices` there.

    scipy's own would copy it into memory, and knows no float16.
    """

    data: NDArray[Any]  # float16 or float32
    indices: NDArray[np.int32]
    bounds: NDArray[np.int64]  # (n + 1,)
    width: int

    @property
    def n(self) -> int:
        """Return how many rows there are."""
        return len(self.bounds) - 1

    def take(self, positions: Positions) -> sparse.csr_matrix:
        """Return the rows (m, width) at some positions, as float32."""
        starts = self.bounds[positions]
        lengths = self.bounds[positions + 1] - starts
        bounds = np.append(0, np.cumsum(lengths))
        place: slice | NDArray[np.int64]
        if len(positions) and positions[-1] - positions[0] == len(positions) - 1 and (np.diff(positions) == 1).all():
            place = slice(int(starts[0]), int(starts[0] + bounds[-1]))
        else:
            place = np.repeat(starts - bounds[:-1], lengths) + np.arange(bounds[-1])
        data = np.asarray(self.data[place], np.float32)
        return sparse.csr_matrix((data, self.indices[place], bounds), shape=(len(positions), self.width))


def sparse_rows(matrix: sparse.csr_matrix) -> SparseRows:
    """Return a matrix as rows."""
    return SparseRows(
        np.asarray(matrix.data, np.float32),
        matrix.indices.astype(np.int32, copy=False),
        matrix.indptr.astype(np.int64),
        matrix.shape[1],
    )


def as_csr(rows: SparseRows) -> sparse.csr_matrix:
    """Return rows as scipy's matrix of float32."""
    return rows.take(np.arange(rows.n))


class RowsBuilder:
    """Rows put together block by block, in numbers of two bytes; memory is taken as it fills."""

    def __init__(self, n: int, most: int, width: int) -> None:
        """Make room for `n` rows of up to `most` values each."""
        self._data = np.empty(n * most, np.float16)
        self._indices = np.empty(n * most, np.int32)
        self._bounds = np.zeros(n + 1, np.int64)
        self._n = 0
        self._width = width

    def add(self, block: sparse.csr_matrix) -> None:
        """Append some rows."""
        begin = int(self._bounds[self._n])
        self._data[begin : begin + block.nnz] = block.data
        self._indices[begin : begin + block.nnz] = block.indices
        self._bounds[self._n + 1 : self._n + 1 + block.shape[0]] = begin + block.indptr[1:]
        self._n += block.shape[0]

    def rows(self) -> SparseRows:
        """Return what was added."""
        end = int(self._bounds[self._n])
        return SparseRows(self._data[:end], self._indices[:end], self._bounds[: self._n + 1], self._width)


def no_rows(n: int, width: int) -> SparseRows:
    """Return `n` empty rows."""
    return SparseRows(np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(n + 1, np.int64), width)
