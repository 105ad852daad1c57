"""A text's words as numbers and counts, for comparing many documents at once without reading their texts again.

A word is its stem's CRC-32: the same number in every process and on every machine, and never 0, which stands for no
word. Among a million stems about a hundred pairs share a number.
"""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from germane.index.pieces import Pieces, cut, stems_of

TITLE_WEIGHT = 3  # how many times a title's word counts, in BM25's `text` as well
MAX_COUNT = 255
MAX_LENGTH = 65_535

_AT_ONCE = 256  # texts; their number has nine bits of the key that orders words
_MOST = (1 << 16) - 1

Terms = NDArray[np.uint32]
Counts = NDArray[np.uint8]


def term_counts(title: str, abstract: str) -> tuple[Terms, Counts]:
    """Return a plain text's telling words as (terms (k,), counts (k,)), most telling first.

    The title's words come first, then the more frequent, then the longer ones, which are the rarer. Words that say
    nothing of a subject are left out. A word of the title counts TITLE_WEIGHT times; a count ends at MAX_COUNT.
    """
    keys, counts, _ = _weighed(cut([title, abstract]), 0, 1)
    return _terms(keys), counts


def weighed_terms(pieces: Pieces, n_kept: int) -> tuple[Terms, Counts, NDArray[np.uint16]]:
    """Return the first `n_kept` words of many texts, and how long these are.

    `pieces` are those of each text's title and abstract, one after the other. Returns what `term_counts` does as
    (terms (n, n_kept), counts (n, n_kept)), filled up with 0, and the lengths (n,) in words, the title's counted
    TITLE_WEIGHT times.
    """
    n = (len(pieces.bounds) - 1) // 2
    terms, counts = np.zeros((n, n_kept), np.uint32), np.zeros((n, n_kept), np.uint8)
    lengths = np.zeros(n, np.uint16)
    for begin in range(0, n, _AT_ONCE):
        end = min(begin + _AT_ONCE, n)
        keys, some, lengths[begin:end] = _weighed(pieces, begin, end)
        text = (keys >> np.uint64(55)).astype(np.int64)
        place = np.arange(len(keys)) - np.searchsorted(text, np.arange(end - begin))[text]
        kept = place < n_kept
        terms[begin + text[kept], place[kept]] = _terms(keys[kept])
        counts[begin + text[kept], place[kept]] = some[kept]
    return terms, counts, lengths


def _weighed(pieces: Pieces, begin: int, end: int) -> tuple[NDArray[np.uint64], Counts, NDArray[np.uint16]]:
    """Return the words of some texts, and the texts' lengths.

    A word is one key (k,), and keys ascend as words are to stand: its text (9 bits), whether the title lacks it (1),
    how rarely it occurs (16), how short it is (6), and its number (32).
    """
    vocabulary, bounds = pieces.vocabulary, np.array(pieces.bounds[2 * begin : 2 * end + 1])
    numbers = np.array(pieces.numbers[bounds[0] : bounds[-1]], np.int64)
    field = np.repeat(np.arange(2 * (end - begin)), np.diff(bounds))
    owner, stem = stems_of(vocabulary, numbers)
    stem_field = field[owner]
    n_stems = np.bincount(stem_field, minlength=2 * (end - begin))
    lengths = np.minimum(TITLE_WEIGHT * n_stems[::2] + n_stems[1::2], MAX_LENGTH).astype(np.uint16)
    whole_field, whole = _compounds(pieces, numbers, field)
    field, stem = np.concatenate([stem_field, whole_field]), np.concatenate([stem, whole])
    met = np.sort((field >> 1 << 33) | (stem << 1) | (field & 1))
    heads = np.flatnonzero(np.append(True, (met[1:] >> 1) != (met[:-1] >> 1))) if len(met) else np.zeros(0, np.int64)
    weights = np.where(met & 1, 1, TITLE_WEIGHT)
    count = np.add.reduceat(weights, heads) if len(met) else weights
    text, stem, no_title = met[heads] >> 33, (met[heads] >> 1) & 0xFFFFFFFF, met[heads] & 1
    kept = vocabulary.is_telling[stem]
    text, stem, no_title, count = text[kept], stem[kept], no_title[kept], count[kept]
    rarely = _MOST - np.minimum(count, _MOST)
    short = np.uint64(63) - np.minimum(vocabulary.letters[stem], np.uint64(63))
    keys = ((text << 17 | no_title << 16 | rarely).astype(np.uint64) << np.uint64(6) | short) << np.uint64(32)
    keys = np.sort(keys | vocabulary.hash[stem])
    counts = _MOST - ((keys >> np.uint64(38)) & np.uint64(_MOST)).astype(np.int64)
    return keys, np.minimum(counts, MAX_COUNT).astype(np.uint8), lengths


def _compounds(
    pieces: Pieces, numbers: NDArray[np.int64], field: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (field, stem) of compounds without their hyphens: each once in a title, and once in the whole text."""
    vocabulary = pieces.vocabulary
    holders = np.flatnonzero(vocabulary.n_compounds[numbers])
    parts = [vocabulary.compounds[number] for number in numbers[holders].tolist()]
    place = np.repeat(field[holders], [len(part) for part in parts])
    piece = np.array(list(chain.from_iterable(parts)), np.int64)
    of_text = (place | 1) << 32 | piece  # the whole text's count as those of its abstract
    of_title = (place << 32 | piece)[place & 1 == 0]
    found = np.unique(np.concatenate([of_text, of_title]))
    owner, stem = stems_of(vocabulary, found & 0xFFFFFFFF)
    return (found >> 32)[owner], stem


def _terms(keys: NDArray[np.uint64]) -> Terms:
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32)
