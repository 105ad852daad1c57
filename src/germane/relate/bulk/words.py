"""The words of one list's articles, and of others as far as they share them: cosines of many pairs at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from germane.relate.bulk.corpus import Corpus
from germane.relate.bulk.describing import Ragged

Values = NDArray[np.float32]
Rows = NDArray[np.int64]

N_DENSE = 256  # of the words, the most frequent: for these a matrix of all is quicker than a sparse one
_SHIFT = 8  # a word's number is a checksum: its upper 24 bits find its place

_places = np.full(1 << (32 - _SHIFT), -1, np.int32)  # the table of the list that is looked at now; see `WordTable`


class WordTable:
    """The words of `q` articles: `numbers` (w,), and the articles' weights (q, w) of them.

    Two words whose upper bits agree have one place: of a few thousand words that costs one or two.
    """

    def __init__(self, corpus: Corpus, rows: Rows) -> None:
        self._corpus = corpus
        terms, bounds = gather(corpus.terms, rows)
        self.numbers = np.unique(terms)
        self.owners = np.repeat(np.arange(len(rows)), np.diff(bounds))
        _places[self.numbers >> _SHIFT] = np.arange(len(self.numbers), dtype=np.int32)
        self.columns = self.place(terms)
        self.values = gather(corpus.weights, rows)[0]
        known = self.columns >= 0
        self.owners, self.columns, self.values = self.owners[known], self.columns[known], self.values[known]
        self.weights = np.zeros((len(rows), max(len(self.numbers), 1)), np.float32)
        self.weights[self.owners, self.columns] = self.values

    def close(self) -> None:
        """Make room for the next list's table: one is open at a time."""
        _places[self.numbers >> _SHIFT] = -1

    def place(self, terms: NDArray[np.uint32]) -> NDArray[np.int32]:
        """Return the columns of some words, -1 for those that none of the articles has."""
        found = _places[terms >> _SHIFT]
        if len(self.numbers):
            found[self.numbers[found] != terms] = -1
        return np.asarray(found, dtype=np.int32)

    def cosines_with_all(self, terms: NDArray[np.uint32], values: Values, lengths: Rows) -> Values:
        """Return the cosines (q, m) with articles whose words stand one article after the other."""
        columns = self.place(terms)
        known = np.flatnonzero(columns >= 0)
        others = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)[known]
        columns, values = columns[known], values[known]
        frequent = np.argsort(-np.bincount(columns, minlength=len(self.numbers)), kind="stable")[:N_DENSE]
        dense_of = np.full(self.weights.shape[1], -1, np.int32)
        dense_of[frequent] = np.arange(len(frequent), dtype=np.int32)
        dense = dense_of[columns]
        few = np.flatnonzero(dense >= 0)
        table = np.zeros((len(lengths), max(len(frequent), 1)), np.float32)
        table[others[few], dense[few]] = values[few]
        cosines = np.zeros((len(self.weights), len(lengths)), np.float32)
        if len(frequent):
            np.matmul(self.weights[:, frequent], table.T, out=cosines)
        left = np.flatnonzero(dense < 0)
        theirs = self._matrix(values[left], columns[left], others[left], len(lengths))
        own = np.flatnonzero(dense_of[self.columns] < 0)
        mine = self._matrix(self.values[own], self.columns[own], self.owners[own], len(self.weights))
        cosines += (mine @ theirs.T).toarray()
        return cosines

    def _matrix(self, values: Values, columns: NDArray[np.int32], rows: NDArray[Any], n: int) -> sparse.csr_array:
        """Return a matrix (n, w) of what stands row after row: put together without sorting anything."""
        bounds = np.append(0, np.cumsum(np.bincount(rows, minlength=n))).astype(np.int32)
        return sparse.csr_array((values, columns, bounds), shape=(n, self.weights.shape[1]))

    def cosines_of_pairs(self, owners: Rows, rows: Rows) -> Values:
        """Return the cosines (p,) of some pairs: one of the articles by its place, another one by its row."""
        distinct, at = np.unique(rows, return_inverse=True)  # far articles are near to many of a list
        terms, bounds = gather(self._corpus.terms, distinct)
        columns = self.place(terms)
        known = columns >= 0
        bounds = np.append(0, np.cumsum(known))[bounds]
        values = gather(self._corpus.weights, distinct)[0]
        held = gather(Ragged(values[known], bounds), at)[0]
        columns, bounds = gather(Ragged(columns[known], bounds), at)
        lengths = np.diff(bounds)
        return sum_rows(self.weights[np.repeat(owners, lengths), columns] * held, lengths)


def gather(ragged: Ragged, rows: Rows) -> tuple[NDArray[Any], Rows]:
    """Return some rows' values one after the other, and their bounds (m + 1,)."""
    starts = ragged.bounds[rows]
    lengths = ragged.bounds[rows + 1] - starts
    bounds = np.append(0, np.cumsum(lengths))
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1 and bool((np.diff(rows) == 1).all()):
        return np.asarray(ragged.values[starts[0] : starts[0] + bounds[-1]]), bounds
    return ragged.values[np.repeat(starts - bounds[:-1], lengths) + np.arange(bounds[-1])], bounds


def sum_rows(values: Values, lengths: Rows) -> Values:
    """Return the sums (m,) of rows that stand one after the other."""
    owners = np.repeat(np.arange(len(lengths)), lengths)
    return np.bincount(owners, values, len(lengths)).astype(np.float32)
