"""How alike two articles are by their words and their vectors: computed exactly, for a few hundred candidates at once.

Words: the cosine of √count · √idf over all words of title and abstract, a title's word counted three times. The roots
share one idf between the two articles, where TF-IDF's cosine counts it twice and lets one rare word decide.
Vectors: the cosine of the embeddings. Both are 1 for a copy and about 0 for two articles with nothing in common.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.embedding import Embedder
from germane.index import Document, Forward, Index
from germane.index.terms import Counts, Terms, term_counts

# Chosen on the development parts of two collections; from .25 to 1 of vectors to 1 of words little changes.
WEIGHTS: Mapping[str, float] = MappingProxyType({"words": 0.65, "vectors": 0.35})
# With a sentence encoder, which sees the order of words, the static vectors count for less.
HIGH_WEIGHTS: Mapping[str, float] = MappingProxyType({"words": 0.45, "vectors": 0.2, "encoder": 0.35})

Values = NDArray[np.float32]


class Question(Struct, frozen=True, eq=False):
    """The article that others are compared with: its words and counts (k,), its unit vector (d,) or zeros."""

    terms: Terms
    counts: Counts
    vector: Values


class Likeness(Struct, frozen=True, eq=False):
    """How alike `m` candidates are to an article, 0..1 each: (m,). `text` is the weighted mean of what is known."""

    text: Values
    parts: Mapping[str, Values]  # "words", "vectors", "encoder"
    weights: Mapping[str, Values]  # of each part, (m,): they add up to 1


def question_of(index: Index, document: Document, embedder: Embedder | None) -> Question:
    """Return an article as others are compared with it; without the index's own embedder, its vector is zeros."""
    vector = np.zeros(index.dimensions, np.float32)
    if embedder is not None and (embedder.name, embedder.dimensions) == (index.vector_model, index.dimensions):
        vector = embedder.embed([(document.title, document.abstract)])[0]
    return Question(*term_counts(document.title, document.abstract), vector)


def compare(index: Index, asked: Question, forward: Forward, encoded: Values | None = None) -> Likeness:
    """Return how alike the documents of `forward` are to the article.

    `encoded` (m,) are the cosines of a sentence encoder where there is one, NaN where it was not asked. What is
    unknown of a candidate, as it has no vector, gives its weight to the rest.
    """
    parts = {"words": word_cosines(index, asked, forward), "vectors": _cosines(asked.vector, forward.vectors)}
    known = {"words": np.ones(len(forward.ids), np.bool_), "vectors": _have(asked.vector, forward.vectors)}
    weights = WEIGHTS
    if encoded is not None:
        parts["encoder"] = np.clip(np.nan_to_num(encoded), 0, 1).astype(np.float32)
        known["encoder"] = ~np.isnan(encoded)
        weights = HIGH_WEIGHTS
    shares = {name: np.where(known[name], weights[name], 0).astype(np.float32) for name in parts}
    whole = np.sum(list(shares.values()), axis=0)
    shares = {name: share / whole for name, share in shares.items()}
    text = np.sum([shares[name] * parts[name] for name in parts], axis=0).astype(np.float32)
    return Likeness(text, parts, shares)


def word_cosines(index: Index, asked: Question, forward: Forward) -> Values:
    """Return the cosines (m,) of the article's word weights and those of each document of `forward`."""
    width = forward.terms.shape[1]  # the index keeps so many words of each: a copy must not differ in the rest
    terms, counts = asked.terms[:width], asked.counts[:width]
    rows = weigh_words(index, forward.terms, forward.counts)
    own = weigh_words(index, terms[None, :], counts[None, :])[0]
    order = np.argsort(terms)
    at = np.searchsorted(terms[order], forward.terms)
    at[at == len(terms)] = 0
    if not len(terms):
        return np.zeros(len(forward.ids), np.float32)
    place = order[at]
    shared = np.where(terms[place] == forward.terms, own[place] * rows, 0)
    return np.asarray(shared.sum(axis=1), dtype=np.float32)


def word_shares(index: Index, asked: Question, forward: Forward) -> dict[int, float]:
    """Return what each shared word, as its number, adds to the word cosine with the one document of `forward`."""
    width = forward.terms.shape[1]
    own = weigh_words(index, asked.terms[None, :width], asked.counts[None, :width])[0]
    other = weigh_words(index, forward.terms, forward.counts)[0]
    weights = dict(zip(forward.terms[0].tolist(), other.tolist(), strict=True))
    pairs = zip(asked.terms[:width].tolist(), own.tolist(), strict=True)
    return {term: weight * weights[term] for term, weight in pairs if weights.get(term)}


def weigh_words(index: Index, terms: NDArray[np.uint32], counts: NDArray[np.uint8]) -> Values:
    """Return √(count · idf) of words (m, T), each row at unit length or zeros; idf = ln(1 + documents / with it)."""
    return weigh_counts(terms, counts, index.term_freqs(terms), index.n_documents)


def weigh_counts(
    terms: NDArray[np.uint32], counts: NDArray[np.uint8], freqs: NDArray[np.int64], n_documents: int
) -> Values:
    """Return what `weigh_words` does of words (m, T) that stand in so many documents each, `freqs` (m, T)."""
    weights = np.sqrt(counts * np.log1p(max(n_documents, 1) / np.maximum(freqs, 1))).astype(np.float32)
    weights[terms == 0] = 0
    return unit(weights)


def likeness_within(index: Index, forward: Forward) -> Values:
    """Return how alike by words all documents of `forward` are to each other: (m, m), 0..1; for tens of them."""
    words, columns = np.unique(forward.terms, return_inverse=True)
    table = np.zeros((len(forward.terms), max(len(words), 1)), np.float32)
    # a document has each word once; only the fillings share a column, and they weigh nothing
    table[np.arange(len(table))[:, None], columns.reshape(forward.terms.shape)] = weigh_words(
        index, forward.terms, forward.counts
    )
    return np.asarray(table @ table.T, dtype=np.float32)


def unit(rows: Values) -> Values:
    """Return rows (m, d) at unit length; zeros stay zeros."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _cosines(vector: Values, vectors: Values) -> Values:
    return np.asarray(np.clip(vectors @ vector, 0, 1), dtype=np.float32)


def _have(vector: Values, vectors: Values) -> NDArray[np.bool_]:
    return np.asarray(vectors.any(axis=1) & vector.any(), dtype=np.bool_)
