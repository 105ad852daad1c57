"""The candidates of one list's articles: of the nearest lists all are compared, of the others those with a tie.

A tie is a rare word that both have, or citations. What is compared is compared exactly; only what is never looked at
can be missed.
"""

import numpy as np
from msgspec import Struct
from scipy import sparse

from germane.relate.bulk.corpus import Corpus
from germane.relate.bulk.graph import Ties
from germane.relate.bulk.words import Rows, Values, WordTable, gather
from germane.relate.rescoring import WEIGHTS

N_KEPT = 48  # candidates of each article, for lists of twenty of which some are folded
N_BY_WORDS = 24  # of those outside of the nearest lists that share rare words
N_BY_LINKS = 40  # candidates by citations alone


class Candidates(Struct, frozen=True, eq=False):
    """The best candidates of `q` articles, best first: (q, k) each. `rows` is -1 where there are no more."""

    rows: Rows
    scores: Values  # with links
    text: Values
    words: Values
    vectors: Values


def find_candidates(
    corpus: Corpus, table: WordTable, number: int, rare: sparse.csr_array, ties: Ties | None
) -> Candidates:
    """Return the candidates of a list's articles.

    `rare` (q, n) are the cosines by rare words alone with all articles.
    """
    begin, end = int(corpus.lists[number]), int(corpus.lists[number + 1])
    own = np.arange(begin, end)
    near = np.sort(corpus.near[number])
    close = _close(corpus, table, own, near, ties)
    owners, others = _outside(corpus, rare, near, ties)
    tied = _pairs(corpus, table, own, owners, others, ties)
    return _best(corpus, own, close, owners, others, tied)


def rare_products(corpus: Corpus, begin: int, end: int) -> sparse.csr_array:
    """Return the cosines (end - begin, n) by rare words alone of some rows with all articles, themselves too."""
    n_words = len(corpus.holders.bounds) - 1
    bounds = corpus.rare_terms.bounds[begin : end + 1]
    span = slice(int(bounds[0]), int(bounds[-1]))
    values = np.asarray(corpus.rare_weights.values[span])
    columns = np.asarray(corpus.rare_terms.values[span])
    mine = sparse.csr_array((values, columns, (bounds - bounds[0]).astype(np.int32)), shape=(end - begin, n_words))
    # only the words that are asked for: the whole table is never read
    words, places = np.unique(columns, return_inverse=True)
    mine = sparse.csr_array((values, places.astype(np.int32), mine.indptr), shape=(end - begin, max(len(words), 1)))
    rows, held = gather(corpus.holders, words.astype(np.int64))
    weights = gather(corpus.holder_weights, words.astype(np.int64))[0]
    shape = (max(len(words), 1), len(corpus.ids))
    if not len(words):  # one that nobody has: a product has a row for each
        rows, weights, held = rows[:0], weights[:0], np.zeros(2, np.int64)
    return sparse.csr_array(mine @ sparse.csr_array((weights, rows, held.astype(np.int32)), shape=shape))


def _close(corpus: Corpus, table: WordTable, own: Rows, near: Rows, ties: Ties | None) -> Candidates:
    """Return the best candidates of the nearest lists."""
    spans = [(int(corpus.lists[number]), int(corpus.lists[number + 1])) for number in near]
    rows = np.concatenate([np.arange(begin, end) for begin, end in spans])
    starts = np.append(0, np.cumsum([end - begin for begin, end in spans]))
    vectors = np.empty((len(rows), corpus.vectors.shape[1]), np.float32)
    for start, (begin, end) in zip(starts.tolist(), spans, strict=False):
        vectors[start : start + end - begin] = corpus.vectors[begin:end]
    place = np.searchsorted(rows, own)
    by_vectors = vectors[place] @ vectors.T
    np.maximum(by_vectors, 0, out=by_vectors)
    by_words = _words_with(corpus, table, spans)
    text = by_words * np.float32(WEIGHTS["words"])
    text += by_vectors * np.float32(WEIGHTS["vectors"])
    has_vector = corpus.has_vector[rows]
    if not has_vector.all():
        unknown = ~(has_vector[place][:, None] & has_vector[None, :])
        text[unknown] = by_words[unknown]
    scores = text
    if ties is not None:
        scores = text.copy()
        lists = corpus.list_of[ties.rows]
        shift = np.full(corpus.n_lists, -1, np.int64)  # of each near list, from its first row to its first place
        shift[near] = starts[:-1]
        inside = np.flatnonzero(shift[lists] >= 0)
        lists = lists[inside]
        at = (ties.owners[inside], shift[lists] + ties.rows[inside] - corpus.lists[lists])
        scores[at] = 1 - (1 - text[at]) * ties.left[inside]
    scores[np.arange(len(own)), place] = -1
    k = min(N_KEPT + 8, scores.shape[1])
    best = np.argpartition(scores, scores.shape[1] - k, axis=1)[:, scores.shape[1] - k :]
    values = [np.take_along_axis(part, best, axis=1) for part in (scores, text, by_words, by_vectors)]
    return Candidates(rows[best], *values)


def _words_with(corpus: Corpus, table: WordTable, spans: list[tuple[int, int]]) -> Values:
    bounds = corpus.terms.bounds
    pieces = [slice(int(bounds[begin]), int(bounds[end])) for begin, end in spans]
    terms = np.concatenate([corpus.terms.values[piece] for piece in pieces])
    values = np.concatenate([corpus.weights.values[piece] for piece in pieces])
    lengths = np.concatenate([np.diff(bounds[begin : end + 1]) for begin, end in spans])
    return table.cosines_with_all(terms, values, lengths)


def _outside(corpus: Corpus, rare: sparse.csr_array, near: Rows, ties: Ties | None) -> tuple[Rows, Rows]:
    """Return pairs (place, row) with articles outside of the nearest lists, the most promising of each article."""
    is_near = np.zeros(corpus.n_lists, np.bool_)
    is_near[near] = True
    owners: list[Rows] = []
    others: list[Rows] = []
    left = np.flatnonzero(~is_near[corpus.list_of[rare.indices]])
    bounds = np.searchsorted(left, rare.indptr)
    for owner in range(rare.shape[0]):
        some = left[bounds[owner] : bounds[owner + 1]]
        if len(some) > N_BY_WORDS:
            some = some[np.argpartition(rare.data[some], len(some) - N_BY_WORDS)[len(some) - N_BY_WORDS :]]
        owners.append(np.full(len(some), owner))
        others.append(rare.indices[some].astype(np.int64))
    if ties is not None:
        some = ties.strongest(np.flatnonzero(~is_near[corpus.list_of[ties.rows]]), N_BY_LINKS)
        owners.append(ties.owners[some])
        others.append(ties.rows[some])
    keys = np.unique(np.concatenate(owners) * len(corpus.ids) + np.concatenate(others))
    return keys // len(corpus.ids), keys % len(corpus.ids)


def _pairs(
    corpus: Corpus, table: WordTable, own: Rows, owners: Rows, others: Rows, ties: Ties | None
) -> tuple[Values, Values, Values, Values]:
    """Return what is known of some pairs: score, text, words and vectors (p,) each."""
    words = table.cosines_of_pairs(owners, others)
    mine = corpus.vectors[own].astype(np.float32)
    theirs = corpus.vectors[others].astype(np.float32)
    vectors = np.maximum(np.einsum("ij,ij->i", mine[owners], theirs), 0)
    known = corpus.has_vector[own][owners] & corpus.has_vector[others]
    text = np.where(known, WEIGHTS["words"] * words + WEIGHTS["vectors"] * vectors, words).astype(np.float32)
    scores = text if ties is None else 1 - (1 - text) * ties.left_of(owners, others)
    return np.asarray(scores, dtype=np.float32), text, words, np.asarray(vectors, dtype=np.float32)


def _best(
    corpus: Corpus,
    own: Rows,
    close: Candidates,
    owners: Rows,
    others: Rows,
    tied: tuple[Values, Values, Values, Values],
) -> Candidates:
    """Return the best of both, without other versions of the same work and retracted ones."""
    counts = np.bincount(owners, minlength=len(own))
    width = int(counts.max()) if len(counts) else 0
    place = np.arange(len(owners)) - np.append(0, np.cumsum(counts))[owners]
    rows = np.full((len(own), width), -1, np.int64)
    rows[owners, place] = others
    rows = np.concatenate([close.rows, rows], axis=1)
    columns = []
    for before, values in zip((close.scores, close.text, close.words, close.vectors), tied, strict=True):
        column = np.full((len(own), width), -1, np.float32)
        column[owners, place] = values
        columns.append(np.concatenate([before, column], axis=1))
    is_same = corpus.clusters[rows] == corpus.clusters[own][:, None]
    is_out = is_same | corpus.is_retracted[rows] | (columns[0] <= 0) | (rows < 0)
    rows[is_out] = -1
    columns[0][is_out] = -1
    order = np.argsort(-columns[0], axis=1, kind="stable")[:, :N_KEPT]
    return Candidates(np.take_along_axis(rows, order, axis=1), *(np.take_along_axis(c, order, axis=1) for c in columns))
