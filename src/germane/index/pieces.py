"""Texts → numbered stems, many texts at once.

What stands between two spaces is a piece. No word reaches from one piece into another, so each piece is analyzed once
and remembered: texts repeat their pieces so much that most of a new text is looked up.
"""

import re
from collections.abc import Sequence
from threading import Lock
from zlib import crc32

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.index.analysis import DULL_STEMS, compounds, stems

_REMEMBERED = 400_000  # pieces; about 120 MB
_ROOM = 1 << 14
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")

Ints = NDArray[np.int64]


class Vocabulary:
    """Pieces and stems by number: `numbers[piece]` gives a piece's, and the columns what is known of it.

    A number never changes its meaning, so that threads may fill a vocabulary at once; a full one is put away whole.
    """

    def __init__(self) -> None:
        self.numbers = _Numbers(self)
        self.stemmed: list[str] = []  # each piece's stems, separated by spaces
        self.compounds: list[tuple[int, ...]] = []  # each piece's compounds, as pieces of their own
        self.size = 0
        self.first = np.zeros(_ROOM, np.int64)  # where a piece's stems begin in `stems`
        self.n_stems = np.zeros(_ROOM, np.int64)
        self.n_compounds = np.zeros(_ROOM, np.int64)
        self.stems = np.zeros(_ROOM, np.int64)  # stems' numbers, piece after piece
        self.hash = np.zeros(_ROOM, np.uint64)  # of a stem, see `hash_stem`
        self.letters = np.zeros(_ROOM, np.uint64)
        self.is_telling = np.zeros(_ROOM, np.bool_)
        self._n_kept = 0  # places taken in `stems`
        self._by_stem: dict[str, int] = {}
        self._stem_of_word = _Stems()
        self._lock = Lock()

    def enter(self, piece: str) -> int:
        """Return a new number for a piece."""
        parts: tuple[int, ...] = ()
        if piece.isascii():  # a new piece is mostly a known word with another mark beside it
            found = [stem for word in _ASCII_WORD.findall(piece) if (stem := self._stem_of_word[word])]
            if "-" in piece:
                parts = self._enter_compounds(piece)
        else:
            found, parts = stems(piece), self._enter_compounds(piece)
        n = len(found)
        with self._lock:
            number, begin = self.size, self._n_kept
            if begin + n > len(self.stems) or number == len(self.first):
                self._make_room(begin + n)
            if n == 1:
                self.stems[begin] = self._enter_stem(found[0])
            else:
                self.stems[begin : begin + n] = [self._enter_stem(stem) for stem in found]
            self.first[number] = begin
            self.n_stems[number] = n
            if parts:
                self.n_compounds[number] = len(parts)
            self.stemmed.append(" ".join(found))
            self.compounds.append(parts)
            self._n_kept = begin + n
            self.size = number + 1
        return number

    def _enter_compounds(self, piece: str) -> tuple[int, ...]:
        return tuple(self.numbers[part] for part in compounds(piece).split())

    def _enter_stem(self, stem: str) -> int:
        number = self._by_stem.get(stem)
        if number is None:
            number = self._by_stem[stem] = len(self._by_stem)
            for name in ("hash", "letters", "is_telling"):
                _grow(self, name, number + 1)
            self.hash[number] = hash_stem(stem)
            self.letters[number] = len(stem)
            self.is_telling[number] = len(stem) > 1 and stem not in DULL_STEMS
        return number

    def _make_room(self, n_stems: int) -> None:
        _grow(self, "stems", n_stems)
        for name in ("first", "n_stems", "n_compounds"):
            _grow(self, name, self.size + 1)


class _Stems(dict[str, str]):
    """ASCII word → its stem, "" for one that is not kept."""

    def __missing__(self, word: str) -> str:
        stem = self[word] = next(iter(stems(word)), "")
        return stem


class _Numbers(dict[str, int]):
    """Piece → number, entered when first met."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def __missing__(self, piece: str) -> int:
        number = self[piece] = self._vocabulary.enter(piece)
        return number


class Pieces(Struct, frozen=True):
    """Some texts as pieces: p of them, field after field."""

    vocabulary: Vocabulary
    numbers: list[int]  # (p,)
    bounds: list[int]  # (fields + 1,) where each field begins

    def stemmed(self, field: int) -> str:
        """Return a field's stems in order, with one space or more between any two."""
        known = self.vocabulary.stemmed
        return " ".join([known[number] for number in self.numbers[self.bounds[field] : self.bounds[field + 1]]])


def cut(fields: Sequence[str]) -> Pieces:
    """Return some texts as pieces."""
    vocabulary = _current()
    numbers: list[int] = []
    bounds = [0]
    for field in fields:
        numbers += map(vocabulary.numbers.__getitem__, field.split(" "))
        bounds.append(len(numbers))
    return Pieces(vocabulary, numbers, bounds)


def stems_of(vocabulary: Vocabulary, pieces: Ints) -> tuple[Ints, Ints]:
    """Return (owner, stem) of all stems of some pieces (p,), in order; `owner` is the place of its piece in them."""
    n = vocabulary.n_stems[pieces]
    owner = np.repeat(np.arange(len(pieces)), n)
    begin = vocabulary.first[pieces] - (np.cumsum(n) - n)
    return owner, vocabulary.stems[np.arange(len(owner)) + begin[owner]]


def hash_stem(stem: str) -> int:
    """Return the number that stands for a stem everywhere and always, 1 ≤ number < 2**32."""
    return crc32(stem.encode()) or 1


_vocabulary = Vocabulary()


def _current() -> Vocabulary:
    global _vocabulary
    if _vocabulary.size > _REMEMBERED:
        _vocabulary = Vocabulary()
    return _vocabulary


def _grow(vocabulary: Vocabulary, name: str, size: int) -> None:
    column = getattr(vocabulary, name)
    if size > len(column):
        setattr(vocabulary, name, np.concatenate([column, np.zeros(max(len(column), size), column.dtype)]))
