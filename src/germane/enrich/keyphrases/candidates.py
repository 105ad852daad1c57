"""Words → candidate phrases: runs of one to five words that could be a keyphrase, each with all its occurrences."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.words import BASE, MASK, Kind, Words, combine, read_words

MAX_WORDS = 5
MAX_TEXT = 60_000  # characters of a field that are read: no abstract is longer, and a whole book must not stall a page
FIELDS: tuple[Literal["title", "abstract"], ...] = ("title", "abstract")

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

_POWERS = np.array([pow(BASE, k, MASK + 1) for k in range(64)], dtype=np.uint64)
_BRACKET = re.compile(r"[(\[]\s?([^\W\d_][\w-]{1,9})(?=\s?[)\],;])")


class Acronym(Struct, frozen=True):
    """An acronym and its full form, as the text introduces them: "transarterial embolization (TAE)"."""

    short: int  # the phrase hash of the acronym
    full: int
    text: str  # as written


class Candidates(Struct, frozen=True):
    """The phrases of one text. Arrays ending in `_of` or starting with `at` have one entry per occurrence."""

    words: Words
    hash: Hashes  # (n,) one entry per phrase, ascending
    first: Ints  # (n,) the occurrence that comes first
    at: Ints  # (m,) the occurrence's first word
    length: Ints  # (m,) in words
    phrase_of: Ints  # (m,) which phrase it is an occurrence of
    acronyms: Sequence[Acronym]

    @property
    def n(self) -> int:
        """Return how many phrases there are."""
        return len(self.hash)


def find_candidates(title: str, abstract: str, language: str = "en") -> Candidates:
    """Return every phrase of the text that its form allows, without judging it."""
    words = read_words(title[:MAX_TEXT], abstract[:MAX_TEXT], language)
    at, length, hashes = _runs(words, links=1 if language == "en" else 2)
    order = np.argsort(hashes, kind="stable")
    at, length, hashes = at[order], length[order], hashes[order]
    is_new = np.ones(len(hashes), dtype=bool)
    is_new[1:] = hashes[1:] != hashes[:-1]
    phrase_of = np.cumsum(is_new) - 1
    first = np.flatnonzero(is_new)
    return Candidates(words, hashes[is_new], first, at, length, phrase_of, _find_acronyms(words))


def _runs(words: Words, links: int) -> tuple[Ints, Ints, Hashes]:
    """Return start, length and hash of every allowed run of words; occurrences of a phrase stand in text order."""
    n_words = len(words)
    if not n_words:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none.astype(np.uint64)
    hash_list, stem_list, kind_list, _, _ = zip(*words.forms, strict=True)
    kind = np.array(kind_list, dtype=np.int64)
    hashes = np.array(hash_list, dtype=np.uint64)
    n_stems = np.minimum(np.array(stem_list, dtype=np.int64), 63)
    segment = words.segments
    number = (kind & Kind.NUMBER) != 0
    closed = (kind & (Kind.STOP | Kind.LINK)) != 0
    may_open = ~closed & ~number
    # "Horizon 2020", "type 2": a short number may close a phrase that has another word before it.
    may_close = ~closed
    linked = np.concatenate([[0], np.cumsum((kind & Kind.LINK) != 0)])
    says_something = (kind & (Kind.WEAK | Kind.SINGLE | Kind.NUMBER | Kind.LINK)) == 0
    is_word = (kind & (Kind.SINGLE | Kind.NUMBER | Kind.LINK)) == 0
    ats, lengths, values = [], [], []
    run = hashes
    for n in range(1, min(MAX_WORDS, n_words) + 1):
        stop = n_words - n + 1
        if n > 1:
            run = run[:stop] * _POWERS[n_stems[n - 1 :]] + hashes[n - 1 :]
        good = may_open[:stop] & may_close[n - 1 :] & (segment[:stop] == segment[n - 1 :])
        good &= linked[n:] - linked[:stop] <= links
        if n == 1:
            good &= says_something
        else:  # "feature selection": whether weak words together say something is for `scoring` to know
            good &= is_word[:stop] | is_word[n - 1 :]
        if n == 2:
            good &= ~number[1:]
        at = np.flatnonzero(good)
        ats.append(at)
        lengths.append(np.full(len(at), n, dtype=np.int64))
        values.append(run[at])
    at, length, value = np.concatenate(ats), np.concatenate(lengths), np.concatenate(values)
    order = np.argsort(at, kind="stable")
    return at[order], length[order], value[order]


def _find_acronyms(words: Words) -> list[Acronym]:
    """Return acronyms with their full forms, after Schwartz and Hearst (Pacific Symposium on Biocomputing 2003)."""
    found: dict[int, Acronym] = {}
    for field, text in enumerate(words.fields):
        low, high = (0, words.n_title) if field == 0 else (words.n_title, len(words))
        for match in _BRACKET.finditer(text):
            place = bisect_left(words.starts, match.start(1), low, high)
            if place == high or words.starts[place] != match.start(1) or not _is_acronym(match.group(1)):
                continue
            form = words.forms[place]
            start = _full_form(words, place, low)
            if start is not None and form.hash not in found:
                full = combine([h for f in words.forms[start:place] for h in f.stems])
                found[form.hash] = Acronym(form.hash, full, match.group(1))
    return list(found.values())


def _is_acronym(text: str) -> bool:
    return sum(c.isupper() for c in text) * 2 > len(text.rstrip("s")) - 1


def _full_form(words: Words, place: int, low: int) -> int | None:
    letters = [c for c in words.texts[place].removesuffix("s").lower() if c.isalnum()]
    reach = min(len(letters) + 5, len(letters) * 2)
    for start in range(place - 1, max(low - 1, place - 1 - reach), -1):
        if start < place - 1 and words.opens[start + 1]:
            return None
        if words.texts[start][:1].lower() != letters[0] or words.forms[start].kind & (Kind.STOP | Kind.LINK):
            continue
        if _spells(letters, " ".join(words.texts[start:place]).lower()):
            return start
    return None


def _spells(letters: Sequence[str], text: str) -> bool:
    """Tell whether the letters stand in the text in order, the last in the last word or so."""
    place = 0
    for letter in letters:
        place = text.find(letter, place)
        if place < 0:
            return False
        place += 1
    initials = [part[0] for part in re.split(r"[\s\-‐‑/]+", text) if part]
    return sum(letter in initials for letter in letters) * 2 >= len(letters) and len(initials) <= len(letters) + 2
