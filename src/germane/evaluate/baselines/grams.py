"""BM25 over the character 4-grams of words: what a word model misses when words are inflected or misspelled."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from germane.text import fold

N = 4
K1, B = 1.2, 0.75
TITLE_WEIGHT = 3

_WORD = re.compile(r"[^\W_]+")


class GramModel:
    """4-gram statistics of `n` texts, (title, body) each, by which any text can be compared with all of them."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        self._column: dict[str, int] = {}
        rows = []
        for title, body in texts:
            counts = _grams(body)
            for gram, n in _grams(title).items():
                counts[gram] += TITLE_WEIGHT * n
            rows.append(counts)
        columns = [self._column.setdefault(gram, len(self._column)) for counts in rows for gram in counts]
        values = np.array([n for counts in rows for n in counts.values()], np.float64)
        lengths = np.array([counts.total() for counts in rows], np.float64)
        ends = np.concatenate([[0], np.cumsum([len(counts) for counts in rows])]).astype(np.int64)
        n_with = np.bincount(columns, minlength=len(self._column))
        rarity = np.log1p((len(rows) - n_with + 0.5) / (n_with + 0.5))
        norms = np.repeat(K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1.0)), np.diff(ends))
        weights = rarity[columns] * values * (K1 + 1) / (values + norms)
        shape = (len(rows), len(self._column))
        self._weights = sparse.csr_matrix((weights.astype(np.float32), columns, ends), shape=shape).T.tocsr()

    def bm25(self, query: str) -> NDArray[np.float32]:
        """Return the score of each text, (n,)."""
        found = {self._column[gram]: n for gram, n in _grams(query).items() if gram in self._column}
        row = sparse.csr_matrix(
            (np.array(list(found.values()), np.float32), list(found), [0, len(found)]), shape=(1, len(self._column))
        )
        return np.asarray((row @ self._weights).toarray(), dtype=np.float32).ravel()


def _grams(text: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word in _WORD.findall(fold(text)):
        padded = f" {word} "
        counts.update(padded[i : i + N] for i in range(max(len(padded) - N + 1, 1)))
    return counts
