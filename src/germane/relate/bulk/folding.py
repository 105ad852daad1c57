"""Of articles that are nearly one another only the best stays: pairs that may be are found by marks, then compared.

The rules are those of `relate.diversity`.
"""

from collections import defaultdict
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from germane.relate.bulk.candidates import Candidates
from germane.relate.bulk.corpus import Corpus
from germane.relate.bulk.describing import NO_MARK
from germane.relate.bulk.words import Rows, gather
from germane.relate.diversity import SAME_WORDS, are_titles_alike


def distinct(corpus: Corpus, own: Rows, found: Candidates) -> NDArray[np.bool_]:
    """Return which of the candidates (q, k) stay."""
    stays = (found.rows >= 0) & (found.words < SAME_WORDS)
    rows = np.concatenate([own[:, None], found.rows], axis=1)
    by_titles = _pairs(corpus.title_marks, rows)
    by_words = _pairs(corpus.word_marks, rows)
    by_words = by_words[by_words[:, 1] > 0]  # those with the article's own words have been left out
    alike = defaultdict(list)
    title = cache(corpus.title)  # an article is a candidate of many of a list
    one, other = (rows[by_titles[:, 0], by_titles[:, place]].tolist() for place in (1, 2))
    for (owner, first, second), row, later in zip(by_titles.tolist(), one, other, strict=True):
        if are_titles_alike(title(row), title(later)):
            alike[owner].append((second, first))
    cosines = _cosines(corpus, rows[by_words[:, 0], by_words[:, 1]], rows[by_words[:, 0], by_words[:, 2]])
    for owner, first, second in by_words[cosines >= SAME_WORDS].tolist():
        alike[owner].append((second, first))
    for owner, pairs in alike.items():
        for second, first in sorted(pairs):  # whoever stands before has been judged
            if stays[owner, second - 1] and (first == 0 or stays[owner, first - 1]):
                stays[owner, second - 1] = False
    return stays


def _pairs(marks: NDArray[np.uint32], rows: Rows) -> Rows:
    """Return (owner, place, later place) of pairs in the rows (q, k) that share a mark: (p, 3), each once.

    Of several that share it, each is paired with the first and with the one before it.
    """
    q, k = rows.shape
    table = np.where((rows >= 0)[:, :, None], marks[rows], NO_MARK)
    found = []
    for mark in range(table.shape[2]):
        values = table[:, :, mark]
        order = np.argsort(values, axis=1, kind="stable")
        ordered = np.take_along_axis(values, order, axis=1)
        is_next = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != NO_MARK)
        owners, places = np.nonzero(is_next)
        starts = np.where(np.append(np.ones((q, 1), np.bool_), ~is_next, axis=1), np.arange(k), 0)
        firsts = np.maximum.accumulate(starts, axis=1)[owners, places + 1]
        later = order[owners, places + 1]
        found += [(owners * k + order[owners, places]) * k + later, (owners * k + order[owners, firsts]) * k + later]
    keys = np.unique(np.concatenate(found))
    return np.stack([keys // k // k, keys // k % k, keys % k], axis=1)


def _cosines(corpus: Corpus, rows: Rows, others: Rows) -> NDArray[np.float32]:
    """Return the cosines (p,) by words of pairs of rows."""
    mine, theirs = (_matrix(corpus, some) for some in (rows, others))
    return np.asarray(mine.multiply(theirs).sum(axis=1), dtype=np.float32).ravel()


def _matrix(corpus: Corpus, rows: Rows) -> sparse.csr_array:
    terms, bounds = gather(corpus.terms, rows)  # ascending in each row, as scipy wants them
    values = gather(corpus.weights, rows)[0]
    return sparse.csr_array((values, terms.astype(np.int64), bounds), shape=(len(rows), 1 << 32))
