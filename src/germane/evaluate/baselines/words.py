"""The word models that similar-article and retrieval studies compare with: BM25, TF-IDF, pmra, more-like-this, LSA.

All see the same words: stems without stop words, the title's three times. Document statistics are those of the texts
that the model was made of; a word that none of them has says nothing.

Sources. BM25: Robertson & Zaragoza, Foundations and Trends in Information Retrieval 3(4), 2009, with Lucene's idf and
parameters. pmra: Lin & Wilbur, BMC Bioinformatics 8:423, 2007. LSA: Deerwester et al., JASIS 41(6), 1990; its truncated
decomposition by Halko, Martinsson & Tropp, SIAM Review 53(2), 2011, algorithm 4.4.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from germane.index.analysis import STOP_WORDS, WORDS, stems
from germane.relate.rescoring import unit

Text = tuple[str, str]  # title, body; either may be empty
Scores = NDArray[np.float32]  # (n,): one a document

TITLE_WEIGHT = 3
K1, B = 1.2, 0.75
LAMBDA, MU = 0.022, 0.013  # pmra's rates of a word in the documents that are about it, and in the others
N_MLT = 25
N_LSA = 200
N_SPARE, N_POWERS = 16, 3  # of the randomized decomposition
LSA_WEIGHT = 0.6  # beside TF-IDF
SEED = 2007

_STOP_STEMS = frozenset(WORDS.analyze(" ".join(STOP_WORDS)))


class WordModel:
    """Word statistics of `n` texts, by which any text can be compared with all of them."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self._column: dict[str, int] = {}
        indices: list[int] = []
        values: list[int] = []
        ends = [0]
        for text in texts:
            for word, count in count_words(text).items():
                indices.append(self._column.setdefault(word, len(self._column)))
                values.append(count)
            ends.append(len(indices))
        shape = (len(texts), len(self._column))
        self._counts = sparse.csr_matrix((np.array(values, np.float32), indices, ends), shape=shape)
        self._lengths = np.asarray(self._counts.sum(axis=1)).ravel()
        self._n_with = np.bincount(self._counts.indices, minlength=shape[1])

    @property
    def n(self) -> int:
        """Return how many texts the model was made of."""
        return int(self._counts.shape[0])

    def bm25(self, query: Text) -> Scores:
        """Return Σ query count · idf · BM25's saturated count, over all words of the query."""
        return self._summed(self._bm25_weights, self._row(query))

    def mlt25(self, query: Text) -> Scores:
        """Return BM25 for the query's 25 words of the largest count · idf, each asked for once, as Lucene does."""
        row = self._row(query)
        told = row.data * self._bm25_idf[row.indices]
        chosen = row.indices[np.lexsort((row.indices, -told))[:N_MLT]]
        return self._summed(self._bm25_weights, self._as_row(chosen, np.ones(chosen.size, np.float32)))

    def tfidf(self, query: Text) -> Scores:
        """Return the cosine of (1 + ln count) · ln(n / documents with the word), 0..1."""
        return self._summed(self._tfidf_weights, self._tfidf_row(query))

    def pmra(self, query: Text) -> Scores:
        """Return PubMed's measure of related articles: Σ of the product of both texts' word weights."""
        row = self._row(query)
        lengths = np.full(row.data.size, row.data.sum(), np.float32)
        weights = pmra_weights(row.data, lengths, self._idf[row.indices])
        return self._summed(self._pmra_weights, self._as_row(row.indices, weights))

    def lsa(self, query: Text) -> Scores:
        """Return the cosine of the TF-IDF vectors in their 200 strongest dimensions, -1..1."""
        vector = unit(np.asarray(self._tfidf_row(query) @ self._directions))[0]
        scores: Scores = (self._places @ vector).astype(np.float32)
        return scores

    def tfidf_lsa(self, query: Text) -> Scores:
        """Return TF-IDF's cosine plus .6 that of LSA."""
        return np.asarray(self.tfidf(query) + LSA_WEIGHT * self.lsa(query), dtype=np.float32)

    def methods(self) -> dict[str, Callable[[Text], Scores]]:
        """Return the methods under the names that reports give them."""
        return {
            "bm25": self.bm25,
            "tfidf": self.tfidf,
            "pmra": self.pmra,
            "mlt25": self.mlt25,
            "lsa": self.lsa,
            "tfidf+lsa": self.tfidf_lsa,
        }

    @cached_property
    def _idf(self) -> NDArray[np.float32]:
        return np.log(max(self.n, 1) / np.maximum(self._n_with, 1)).astype(np.float32)

    @cached_property
    def _bm25_idf(self) -> NDArray[np.float32]:
        return np.asarray(np.log(1 + (self.n - self._n_with + 0.5) / (self._n_with + 0.5)), dtype=np.float32)

    @cached_property
    def _bm25_weights(self) -> sparse.csr_matrix:
        counts = self._counts.data
        norm = K1 * (1 - B + B * self._by_entry(self._lengths) / max(self._lengths.mean(), 1e-9))
        return self._by_word(self._bm25_idf[self._counts.indices] * counts * (K1 + 1) / (counts + norm))

    @cached_property
    def _tfidf_documents(self) -> sparse.csr_matrix:
        weights = (1 + np.log(self._counts.data)) * self._idf[self._counts.indices]
        norms = np.sqrt(np.bincount(self._rows, weights=weights**2, minlength=self.n))
        return self._with(weights / self._by_entry(np.maximum(norms, 1e-9)))

    @cached_property
    def _tfidf_weights(self) -> sparse.csr_matrix:
        return self._by_word(self._tfidf_documents.data)

    @cached_property
    def _pmra_weights(self) -> sparse.csr_matrix:
        idf = self._idf[self._counts.indices]
        return self._by_word(pmra_weights(self._counts.data, self._by_entry(self._lengths), idf))

    @cached_property
    def _directions(self) -> NDArray[np.float32]:
        return strongest_directions(self._tfidf_documents, N_LSA)

    @cached_property
    def _places(self) -> NDArray[np.float32]:
        return unit(np.asarray(self._tfidf_documents @ self._directions))

    @cached_property
    def _rows(self) -> NDArray[np.int32]:
        return np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self._counts.indptr))

    def _by_entry(self, of_documents: NDArray[np.floating]) -> NDArray[np.float32]:
        return of_documents.astype(np.float32)[self._rows]

    def _with(self, values: NDArray[np.floating]) -> sparse.csr_matrix:
        parts = (values.astype(np.float32), self._counts.indices, self._counts.indptr)
        return sparse.csr_matrix(parts, shape=self._counts.shape)

    def _by_word(self, values: NDArray[np.floating]) -> sparse.csr_matrix:
        """Return the weights with a row a word, so that a query reads only its own words'."""
        return self._with(values).T.tocsr()

    def _row(self, query: Text) -> sparse.csr_matrix:
        known = {self._column[word]: n for word, n in count_words(query).items() if word in self._column}
        columns = sorted(known)
        return self._as_row(np.array(columns, np.int32), np.array([known[c] for c in columns], np.float32))

    def _tfidf_row(self, query: Text) -> sparse.csr_matrix:
        row = self._row(query)
        weights = (1 + np.log(row.data)) * self._idf[row.indices]
        return self._as_row(row.indices, weights / max(float(np.linalg.norm(weights)), 1e-9))

    def _as_row(self, columns: NDArray[np.integer], values: NDArray[np.floating]) -> sparse.csr_matrix:
        parts = (values.astype(np.float32), columns, np.array([0, columns.size]))
        return sparse.csr_matrix(parts, shape=(1, len(self._column)))

    def _summed(self, by_word: sparse.csr_matrix, row: sparse.csr_matrix) -> Scores:
        return np.asarray((row @ by_word).toarray(), dtype=np.float32).ravel()


def count_words(text: Text) -> Counter[str]:
    """Return the text's stems without stop words and how often each stands there, the title's weighted."""
    title, body = text
    counts: Counter[str] = Counter()
    for part, weight in ((title, TITLE_WEIGHT), (body, 1)):
        for word, n in Counter(stems(part)).items():
            if word not in _STOP_STEMS:
                counts[word] += n * weight
    return counts


def pmra_weights(
    counts: NDArray[np.floating], lengths: NDArray[np.floating], idf: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return √idf times the probability that a text is about a word that it has `counts` times in `lengths` words.

    Two Poisson distributions of a word's count, in texts that are about it and in the others (Lin & Wilbur 2007, eq.
    12): 1 / (1 + (μ/λ)^(count − 1) · e^(−(μ − λ) · length)). All arrays are (entries,).
    """
    odds = (MU / LAMBDA) ** (counts - 1) * np.exp((LAMBDA - MU) * lengths)
    return np.asarray(np.sqrt(np.maximum(idf, 0)) / (1 + odds), dtype=np.float32)


def strongest_directions(matrix: sparse.csr_matrix, n: int) -> NDArray[np.float32]:
    """Return the `n` first right singular vectors of a sparse matrix as columns (its columns, ≤ n); seeded."""
    n = min(n, *matrix.shape)
    start = np.random.default_rng(SEED).standard_normal((matrix.shape[1], min(n + N_SPARE, *matrix.shape)))
    basis = np.asarray(matrix @ start.astype(np.float32))
    for _ in range(N_POWERS):
        basis = np.asarray(matrix @ (matrix.T @ np.linalg.qr(basis)[0]))
    small = np.asarray(matrix.T @ np.linalg.qr(basis)[0])  # (columns, n + spare): the matrix within the basis
    return np.ascontiguousarray(np.linalg.svd(small, full_matrices=False)[0][:, :n], dtype=np.float32)
