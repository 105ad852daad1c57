"""What comparing articles in bulk needs of each, as arrays: a batch of documents at a time, a pure function."""

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from typing import Any
from zlib import crc32

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.index import Document, Index
from germane.index.analysis import phrase_key, stems
from germane.relate.bulk.clustering import Values, assign
from germane.relate.rescoring import weigh_counts
from germane.text import fold

# Marks of a title or text: two that are nearly one share one of them, with few exceptions, and others rarely do.
N_MARKS = 8
N_TOGETHER = 4  # hashes that a mark is made of
N_AUTHORS = 12  # of an article that are compared with another's
N_OWN = 3  # of the authors, whose other articles are one group
MAX_PHRASES = 32
N_RARE = 16  # of an article's words that find others outside of the nearest lists
MAX_RARE = 1_000  # articles that have such a word
_MAX_KNOWN = 400_000

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_SEEDS = np.random.default_rng(11).integers(1, 1 << 32, (N_MARKS, N_TOGETHER), dtype=np.uint32) | np.uint32(1)
_MIX = np.uint32(0x9E3779B1)
NO_MARK = np.uint32(0xFFFFFFFF)
_END = ord("\n")


class Ragged(Struct, frozen=True, eq=False):
    """Rows of differing length: row i is values[bounds[i] : bounds[i + 1]]."""

    values: NDArray[Any]
    bounds: NDArray[np.int64]


class Described(Struct, frozen=True, eq=False):
    """A batch of `m` articles. Every array has a row for each; see `corpus.Corpus`."""

    arrays: dict[str, NDArray[Any]]
    ragged: dict[str, Ragged]
    texts: dict[str, list[str]]  # "title": folded; "phrases": those of an article, separated by line breaks
    written: dict[int, str]  # word → how articles write it


def describe(index: Index, documents: list[Document], clusters: NDArray[np.int64], centers: Values) -> Described:
    """Return what is compared of some documents that are in the index; `clusters` (m,) are the works they belong to."""
    forward = index.forward([document.id for document in documents])
    freqs = index.term_freqs(forward.terms)
    weights = weigh_counts(forward.terms, forward.counts, freqs, index.n_documents)
    has_word = weights > 0
    ascending = np.argsort(forward.terms, axis=1)
    has_ascending = np.take_along_axis(has_word, ascending, axis=1)
    rare = _rare(freqs, has_word)
    titles = [fold(document.title) for document in documents]
    phrases = [_phrases(document) for document in documents]
    keys = [[key for _, key in some] for some in phrases]
    authors = [[_name(author) for author in document.authors[:N_AUTHORS]] for document in documents]
    return Described(
        arrays={
            "ids": forward.ids,
            "vectors": forward.vectors.astype(np.float16),
            "near": assign(forward.vectors, centers).astype(np.int32),
            "clusters": clusters,
            "groups": _groups(documents),
            "has_vector": np.asarray(forward.vectors.any(axis=1)),
            "is_retracted": np.array([d.is_retracted for d in documents], np.bool_),
            "has_abstract": np.array([bool(d.abstract) for d in documents], np.bool_),
            "n_own_phrases": np.array([len(set(map(_key, d.keyphrases))) for d in documents], np.int32),
            "title_marks": title_marks(titles),
            "word_marks": word_marks(forward.terms),
        },
        ragged={
            "terms": _cut(np.take_along_axis(forward.terms, ascending, axis=1), has_ascending),
            "weights": _cut(np.take_along_axis(weights, ascending, axis=1), has_ascending),
            "rare_terms": _cut(np.take_along_axis(forward.terms, rare.places, axis=1), rare.is_there),
            "rare_weights": _cut(np.take_along_axis(weights, rare.places, axis=1), rare.is_there),
            "phrase_keys": _ragged([[hash_key(key) for key in some] for some in keys], np.uint64),
            "phrase_words": _ragged([[_single(key) for key in some] for some in keys], np.uint32),
            "phrase_lengths": _ragged([[text.count(" ") for text, _ in some] for some in phrases], np.uint8),
            "authors": _ragged(authors, np.uint32),
        },
        texts={"title": titles, "phrases": ["\n".join(text for text, _ in some) for some in phrases]},
        written=_written(documents),
    )


class _Rare(Struct, frozen=True, eq=False):
    places: NDArray[np.int64]  # (m, N_RARE) of an article's words
    is_there: NDArray[np.bool_]  # (m, N_RARE): not all have so many


def _rare(freqs: NDArray[np.int64], has_word: NDArray[np.bool_]) -> _Rare:
    """Return each article's rarest words among those that others have too."""
    known = np.where(has_word & (freqs > 1) & (freqs <= MAX_RARE), freqs, np.iinfo(np.int64).max)
    n = min(N_RARE, freqs.shape[1])
    places = np.argpartition(known, n - 1, axis=1)[:, :n] if freqs.shape[1] > n else np.argsort(known, axis=1)
    return _Rare(places, np.take_along_axis(known, places, axis=1) < np.iinfo(np.int64).max)


def title_marks(titles: list[str]) -> NDArray[np.uint32]:
    """Return marks (m, N_MARKS) of titles by their runs of three letters; NO_MARK for no title."""
    data = np.frombuffer("".join(f" {title} \n" for title in titles).encode("utf-8", "replace"), np.uint8)
    if not len(data):
        return np.zeros((0, N_MARKS), np.uint32)
    wide = np.append(data, [_END, _END]).astype(np.uint32)
    runs = wide[:-2] << np.uint32(16) | wide[1:-1] << np.uint32(8) | wide[2:]
    is_cut = (wide[:-2] == _END) | (wide[1:-1] == _END) | (wide[2:] == _END)
    ends = np.flatnonzero(data == _END)
    starts = np.append(0, ends[:-1] + 1)
    marks = _marks(runs, is_cut, lambda hashed: np.minimum.reduceat(hashed, starts))
    marks[np.diff(np.append(starts, len(data))) <= len(" x \n")] = NO_MARK  # no title, or a letter
    return marks


def word_marks(terms: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return marks (m, N_MARKS) of texts by their words (m, T); NO_MARK for a text without words."""
    marks = _marks(terms, terms == 0, lambda hashed: hashed.min(axis=1))
    marks[~terms.any(axis=1)] = NO_MARK
    return marks


def _marks(
    values: NDArray[np.uint32],
    is_none: NDArray[np.bool_],
    smallest: Callable[[NDArray[np.uint32]], NDArray[np.uint32]],
) -> NDArray[np.uint32]:
    """Return marks, each made of several smallest hashes (MinHash with bands): alike in all of these, or another."""
    marks = np.zeros((N_MARKS, len(smallest(values))), np.uint32)
    for mark, seeds in zip(marks, _SEEDS, strict=True):
        for seed in seeds:
            hashed = values * seed
            hashed ^= hashed >> np.uint32(15)
            hashed *= _MIX
            hashed[is_none] = NO_MARK
            mark ^= smallest(hashed)
            mark *= _MIX
    return np.ascontiguousarray(marks.T)


def _phrases(document: Document) -> list[tuple[str, str]]:
    """Return a document's keyphrases, then its keywords, one of each key, with these keys."""
    found: dict[str, str] = {}
    for phrase in (*document.keyphrases, *document.keywords):
        if key := _key(phrase):
            found.setdefault(key, phrase.replace("\n", " "))
    return [(phrase, key) for key, phrase in found.items()][:MAX_PHRASES]


@lru_cache(maxsize=1 << 17)
def _key(phrase: str) -> str:
    return phrase_key(phrase)


@lru_cache(maxsize=1 << 17)
def hash_key(key: str) -> int:
    """Return the number of a phrase by its key."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little")


def _single(key: str) -> int:
    """Return the number of the word that a phrase is, 0 for a phrase of several."""
    return 0 if " " in key else crc32(key.encode()) or 1


@lru_cache(maxsize=1 << 16)
def _name(author: str) -> int:
    return crc32(fold(author).encode()) or 1


def _groups(documents: list[Document]) -> NDArray[np.int64]:
    """Return a number (m,) for every venue's year, 0 where one of them is unknown."""
    return np.array([d.venue_id * 10_000 + d.year if d.venue_id and d.year else 0 for d in documents], np.int64)


def _cut(rows: NDArray[Any], mask: NDArray[np.bool_]) -> Ragged:
    return Ragged(rows[mask], np.append(0, np.cumsum(mask.sum(axis=1))).astype(np.int64))


def _ragged(rows: list[list[int]], dtype: type[np.generic]) -> Ragged:
    bounds = np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int64)
    return Ragged(np.fromiter(chain.from_iterable(rows), dtype, int(bounds[-1])), bounds)


_known: set[str] = set()  # spellings that this process has told already: most words of a text


def _written(documents: list[Document]) -> dict[int, str]:
    """Return how words are written that this process has not met before, lower-case spellings preferred."""
    if len(_known) > _MAX_KNOWN:
        _known.clear()
    found: dict[int, str] = {}
    words: set[str] = set()
    for document in documents:
        words.update(_WORD.findall(document.title))
        words.update(_WORD.findall(document.abstract))
    for word in sorted(words - _known):
        _known.add(word)
        parts = stems(word.replace("-", ""))
        if len(parts) == 1:
            number = crc32(parts[0].encode()) or 1
            if number not in found or (word.islower() and not found[number].islower()):
                found[number] = word
    return found
