"""What the articles of one list share with their candidates: phrases, words and authors, for all pairs at once."""

import numpy as np
from numpy.typing import NDArray

from germane.relate.bulk.corpus import Corpus
from germane.relate.bulk.describing import N_OWN
from germane.relate.bulk.words import Rows, WordTable, gather
from germane.relate.reasons import N_TOLD, holders, told_of, told_words

N_PHRASES = 32  # of an article that can be told
N_LOOKED_AT = 6  # shared phrases: the first of these are told
_NONE = 255


class Telling:
    """What can be told of `q` articles, and what of that each of `p` pairs (place, row) shares."""

    def __init__(self, corpus: Corpus, table: WordTable, own: Rows, owners: Rows, others: Rows) -> None:
        self._corpus = corpus
        self._own = own
        self._table = table
        self._phrases: dict[int, tuple[list[str], list[int]]] = {}  # with their holders
        self._texts: dict[tuple[int, int], tuple[str, bool]] = {}
        places, bounds = gather(corpus.phrase_places, own)
        self._places, self._bounds = places.tolist(), bounds.tolist()
        ranks, self._ranked = _ranked_words(corpus, table)
        phrase_bits, phrases = _phrase_bits(corpus, table, own)
        terms, bounds = gather(corpus.terms, others)
        lengths = np.diff(bounds)
        columns = table.place(terms)
        known = np.flatnonzero(columns >= 0)
        pairs = np.repeat(np.arange(len(owners)), lengths)[known]
        columns = columns[known]
        words = _lowest(ranks[owners[pairs], columns], pairs, len(owners))
        masks = _or_rows(phrase_bits[owners[pairs], columns], pairs, len(owners))
        masks |= _shared_phrases(corpus, phrases, owners, others)
        # what each pair shares as one number: the bits of phrases, below zero the ranks of words
        self._shared: list[int] = np.where(masks > 0, masks.astype(np.int64), -_packed(words)).tolist()

    def of(self, owner: int, pair: int) -> tuple[str, bool]:
        """Return what a pair shares as a reason tells it, "" for nothing, and whether that is keyphrases."""
        shared = self._shared[pair]
        told = self._texts.get((owner, shared))
        if told is None:
            told = (self._of_phrases(owner, shared), True) if shared > 0 else (self._of_words(owner, -shared), False)
            self._texts[owner, shared] = told
        return told

    def _of_phrases(self, owner: int, mask: int) -> str:
        if owner not in self._phrases:
            written = self._corpus.phrases(int(self._own[owner]))
            phrases = [written[place] for place in self._places[self._bounds[owner] : self._bounds[owner + 1]]]
            self._phrases[owner] = phrases, holders(phrases)
        return told_of(*self._phrases[owner], _first_bits(mask, N_LOOKED_AT))

    def _of_words(self, owner: int, packed: int) -> str:
        ranks = packed.to_bytes(N_TOLD, "little")
        places = [int(self._ranked[owner, rank]) for rank in ranks if rank != _NONE]
        return told_words([self._corpus.spelling(place) for place in places])


def _ranked_words(corpus: Corpus, table: WordTable) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return each article's words that can be told, as ranks (q, w), most telling first, and spellings' places."""
    spelled = np.searchsorted(corpus.told_words, table.numbers)
    spelled[spelled == len(corpus.told_words)] = 0
    if len(corpus.told_words):
        can_be_told = corpus.told_words[spelled] == table.numbers
    else:
        can_be_told = np.zeros(len(table.numbers), np.bool_)
    kept = can_be_told[table.columns]
    owners, columns, values = table.owners[kept], table.columns[kept], table.values[kept]
    order = np.lexsort((columns, -values, owners))
    owners, columns = owners[order], columns[order]
    place = np.arange(len(owners)) - np.searchsorted(owners, owners)
    fits = place < _NONE
    owners, columns, place = owners[fits], columns[fits], place[fits]
    ranks = np.full(table.weights.shape, _NONE, np.uint8)
    ranks[owners, columns] = place
    ranked = np.zeros((len(table.weights), _NONE), np.int32)
    ranked[owners, place] = spelled[columns]
    return ranks, ranked


def _phrase_bits(
    corpus: Corpus, table: WordTable, own: Rows
) -> tuple[NDArray[np.uint32], tuple[NDArray[np.uint64], NDArray[np.uint32]]]:
    """Return which of an article's phrases a word is (q, w), and the bits (q, k + 1) of its phrases' keys (k,)."""
    keys, bounds = gather(corpus.phrase_keys, own)
    words = gather(corpus.phrase_words, own)[0]
    lengths = np.diff(bounds)
    owners = np.repeat(np.arange(len(own)), lengths)
    place = np.arange(len(keys)) - np.repeat(bounds[:-1], lengths)
    fits = place < N_PHRASES
    keys, words, owners, place = keys[fits], words[fits], owners[fits], place[fits]
    bits = np.left_shift(np.uint32(1), place.astype(np.uint32))
    by_word = np.zeros(table.weights.shape, np.uint32)
    columns = table.place(words)
    known = (columns >= 0) & (words > 0)
    np.bitwise_or.at(by_word, (owners[known], columns[known]), bits[known])
    known_keys, column = np.unique(keys, return_inverse=True)
    by_key = np.zeros((len(own), len(known_keys) + 1), np.uint32)
    by_key[owners, column] = bits
    return by_word, (known_keys, by_key)


def _shared_phrases(
    corpus: Corpus, phrases: tuple[NDArray[np.uint64], NDArray[np.uint32]], owners: Rows, others: Rows
) -> NDArray[np.uint32]:
    """Return which of the owners' phrases are phrases of the others too, as bits (p,)."""
    known, bits = phrases
    if not len(known):
        return np.zeros(len(owners), np.uint32)
    distinct, places = np.unique(others, return_inverse=True)
    keys, bounds = gather(corpus.phrase_keys, distinct)
    column = np.searchsorted(known, keys)
    column[column == len(known)] = 0
    is_known = known[column] == keys
    rows = np.repeat(np.arange(len(distinct)), np.diff(bounds))[is_known]
    column = column[is_known]
    starts = np.searchsorted(rows, np.arange(len(distinct) + 1))
    counts = np.diff(starts)[places]
    pairs = np.repeat(np.arange(len(owners)), counts)
    first = np.append(0, np.cumsum(counts))[:-1]
    at = np.arange(len(pairs)) - np.repeat(first, counts) + np.repeat(starts[:-1][places], counts)
    return _or_rows(bits[owners[pairs], column[at]], pairs, len(owners))


def have_own_authors(corpus: Corpus, own: Rows, rows: Rows) -> NDArray[np.bool_]:
    """Return which of the candidates (q, k) are by one of the articles' first authors; a row of -1 is by nobody."""
    q, k = rows.shape
    mine, bounds = gather(corpus.authors, own)
    first = np.zeros((q, N_OWN), np.uint32)
    for place in range(N_OWN):
        has = np.diff(bounds) > place
        first[has, place] = mine[bounds[:-1][has] + place]
    is_there = rows.ravel() >= 0
    theirs, bounds = gather(corpus.authors, rows.ravel()[is_there])
    pairs = np.repeat(np.flatnonzero(is_there), np.diff(bounds))
    is_own = (theirs[:, None] == first[pairs // k]).any(axis=1)
    found = np.zeros(q * k, np.bool_)
    found[pairs[is_own]] = True
    return found.reshape(q, k)


def _lowest(ranks: NDArray[np.uint8], pairs: Rows, n: int) -> NDArray[np.uint8]:
    """Return the lowest ranks (n, N_TOLD) of each pair, ascending; values stand pair after pair."""
    is_told = ranks != _NONE
    ranks, pairs = ranks[is_told], pairs[is_told]
    keys = np.sort(pairs << 8 | ranks)
    pairs = keys >> 8
    place = np.arange(len(keys)) - np.searchsorted(pairs, np.arange(n))[pairs]
    first = place < N_TOLD
    lowest = np.full((n, N_TOLD), _NONE, np.uint8)
    lowest[pairs[first], place[first]] = keys[first] & 0xFF
    return lowest


def _packed(ranks: NDArray[np.uint8]) -> Rows:
    """Return each pair's ranks (n, N_TOLD) as one number (n,), the first in its lowest byte."""
    return np.asarray((ranks.astype(np.int64) << (8 * np.arange(N_TOLD))).sum(axis=1), dtype=np.int64)


def _or_rows(bits: NDArray[np.uint32], pairs: Rows, n: int) -> NDArray[np.uint32]:
    """Return the bits of each of `n` pairs together; values stand pair after pair."""
    found = np.zeros(n, np.uint32)
    some = np.flatnonzero(bits)
    if len(some):
        heads = np.flatnonzero(np.append(True, pairs[some][1:] != pairs[some][:-1]))
        found[pairs[some][heads]] = np.bitwise_or.reduceat(bits[some], heads)
    return found


def _first_bits(mask: int, n: int) -> int:
    """Return the mask with its `n` lowest bits alone."""
    left = mask
    for _ in range(n):
        left &= left - 1
    return mask ^ left
