"""Text → words with their place, their sentence and what a phrase may do with them."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import chain

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.lexicon import ELIDING, Kind, Lexicon, Pieces, combine, parts_of, stemmer
from germane.enrich.keyphrases.stopwords import STOP

Ints = NDArray[np.int64]


class Words(Struct, frozen=True):
    """The words of some texts, as columns, shape (w,): of each text those of the title, then those of the abstract."""

    fields: list[str]  # title, abstract, title, abstract, …
    bounds: NDArray[np.int64]  # (2 · texts + 1,) the number of each field's first word
    heads: list[int]  # the same
    texts: list[str]
    starts: list[int]  # characters from the beginning of its field
    ends: list[int]
    numbers: NDArray[np.int64]  # in the lexicon
    listed: list[int]  # the same
    segments: NDArray[np.int64]  # words of different segments never share a phrase
    opens: NDArray[np.bool_]  # stands first in its sentence
    hash: NDArray[np.uint64]
    kind: NDArray[np.int64]
    lexicon: Lexicon

    def __len__(self) -> int:
        return len(self.texts)

    def stems(self, words: range) -> tuple[int, ...]:
        """Return the hashes of the stems of some words in a row."""
        stems = self.lexicon.stems
        return tuple([stem for number in self.listed[words.start : words.stop] for stem in stems[number]])

    def surface(self, words: range) -> str:
        """Return what is written from the first to the last of some words, which must be of the same field."""
        field = bisect_right(self.heads, words[0]) - 1
        return self.fields[field][self.starts[words[0]] : self.ends[words[-1]]]

    def lead(self, word: int) -> str:
        """Return what stands between a word and the one before it, which must be of the same field."""
        field = bisect_right(self.heads, word) - 1
        return self.fields[field][self.ends[word - 1] : self.starts[word]]


def stems_of(phrase: str, language: str = "en") -> list[str]:
    """Return the stems by which two spellings of a phrase are held for one: lower case, hyphens and slashes split."""
    stem = stemmer(language)
    return [stem(part) for text in read_words([("", phrase)], language).texts for part in parts_of(text)]


def stem_hashes(phrase: str, language: str = "en") -> tuple[int, ...]:
    """Return the hashes of a phrase's stems."""
    words = read_words([("", phrase)], language)
    return words.stems(range(len(words)))


def phrase_hash(phrase: str, language: str = "en") -> int:
    """Return the number of a phrase, however it is spelled: as a candidate of the same stems has it."""
    return combine(stem_hashes(phrase, language))


def read_words(texts: Sequence[tuple[str, str]], language: str = "en") -> Words:
    """Return the words of some texts, each a title and an abstract, in order."""
    lexicon = _lexicon(language)
    fields = [field for text in texts for field in text]
    is_shouted = [field.isupper() for field in fields]
    if not any(is_shouted):
        columns, n_words = _read(fields, lexicon.plain_pieces)
    else:  # fields of both sorts, back in their order
        which = np.array(is_shouted)
        columns, n_words = _merged(
            which,
            _read([f for f, is_one in zip(fields, is_shouted, strict=True) if not is_one], lexicon.plain_pieces),
            _read([f for f, is_one in zip(fields, is_shouted, strict=True) if is_one], lexicon.shouted_pieces),
        )
    number, starts, ends, breaks = columns
    bounds = np.append(0, np.cumsum(n_words))
    heads = bounds[:-1]
    breaks[heads[heads < len(number)]] = 2
    kind = lexicon.kind[number]
    is_stop = kind & int(Kind.STOP)
    parted = (breaks > 0) | (is_stop > 0)
    parted[1:] |= is_stop[:-1] > 0
    shown, listed = lexicon.texts, number.tolist()
    return Words(
        fields,
        bounds,
        bounds.tolist(),
        [shown[n] for n in listed],
        starts.tolist(),
        ends.tolist(),
        number,
        listed,
        np.cumsum(parted, dtype=np.int64),
        breaks == 2,
        lexicon.hash[number],
        kind,
        lexicon,
    )


def _read(fields: Sequence[str], known: Pieces) -> tuple[Ints, Ints]:
    """Return columns of words (4, w): number, start, end, and the break before each; and each field's count (f,)."""
    pieces = [field.split(" ") for field in fields]
    flat = list(chain.from_iterable(pieces))
    if new := set(flat).difference(known.numbers):
        known.enter(new)
    bound = np.append(0, np.cumsum([len(some) for some in pieces], dtype=np.int64))
    piece = np.fromiter(map(known.numbers.__getitem__, flat), dtype=np.int64, count=len(flat))
    first, n_words, length, before, after = known.about[:, piece]
    reach = length + 1
    total = np.append(0, np.cumsum(n_words))
    owner = np.repeat(np.arange(len(piece)), n_words)
    columns = known.words[:, np.arange(len(owner)) + (first - total[:-1])[owner]]
    begin = np.cumsum(reach) - reach
    begin -= np.repeat(begin[bound[:-1]], np.diff(bound))
    columns[1:3] += begin[owner]
    # The break before a piece's first word is made by all that stands between it and the word before.
    holders = np.flatnonzero(n_words)
    if len(holders):
        between = before
        between[1:] = np.maximum(before[1:], after[:-1])
        starts = np.append(0, holders[:-1] + 1)
        columns[3, total[holders]] = np.maximum.reduceat(between[: holders[-1] + 1], starts)
    return columns, np.diff(total[bound])


def _merged(which: NDArray[np.bool_], *parts: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Return the columns and counts of two sorts of fields together; `which` tells of each field which sort it is."""
    n_words = np.zeros(len(which), dtype=np.int64)
    for sort, (_, counts) in enumerate(parts):
        n_words[which == sort] = counts
    sort_of_word = np.repeat(which, n_words)
    columns = np.zeros((4, len(sort_of_word)), dtype=np.int64)
    for sort, (some, _) in enumerate(parts):
        columns[:, sort_of_word == sort] = some
    return columns, n_words


_lexicons: dict[tuple[str, bool], Lexicon] = {}


def _lexicon(language: str) -> Lexicon:
    key = (language if language in STOP else "", language in ELIDING)
    lexicon = _lexicons.get(key)
    if lexicon is None or lexicon.is_full:
        lexicon = _lexicons[key] = Lexicon(key[0], is_eliding=key[1])
    return lexicon
