"""Words → candidate phrases: runs of one to five words that could be a keyphrase, each with all its occurrences."""

import re
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.background import Floats, Tables, fold_hash
from germane.enrich.keyphrases.lexicon import BASE, MASK, MAX_STEMS, Kind, combine
from germane.enrich.keyphrases.words import Words, read_words

MAX_WORDS = 5
MAX_TEXT = 60_000  # characters of a field that are read: no abstract is longer, and a whole book must not stall a page

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Hashes = NDArray[np.uint64]

_POWERS = np.array([pow(BASE, k, MASK + 1) for k in range(MAX_STEMS + 1)], dtype=np.uint64)
_CLOSED = int(Kind.STOP | Kind.LINK)
_BRACKET = re.compile(r"[(\[]\s?([^\W\d_][\w-]{1,9})(?=\s?[)\],;])")


class Acronym(Struct, frozen=True):
    """An acronym and its full form, as the text introduces them: "transarterial embolization (TAE)"."""

    short: int  # the phrase hash of the acronym
    full: int
    text: str  # as written


class Candidates(Struct, frozen=True):
    """The phrases of some texts: n phrases, ordered by text; m occurrences, ordered by phrase, then as they stand."""

    words: Words
    text_of: Ints  # (n,) the number of the phrase's text
    bounds: Ints  # (texts + 1,) each text's first phrase
    hash: Hashes  # (n,)
    known: Floats  # (4, n) what the tables have of it: log(1 + count) of texts, keywords, offered, taken
    first: Ints  # (n + 1,) each phrase's first occurrence
    at: Ints  # (m,) the occurrence's first word
    length: Ints  # (m,) in words
    longer: Ints  # (n,) the most often that a phrase one word longer occurs
    longer_known: Floats  # (n,) as a keyword
    prefix: Ints  # (n,) how often the phrase without its last word occurs; 0 for a single word
    suffix: Ints
    shorter_known: Floats  # (n,) how often the better known of those two is a keyword
    prefix_texts: Floats  # (n,) log(1 + texts with the phrase without its last word)
    acronyms: Sequence[Sequence[Acronym]]  # by text

    @property
    def n(self) -> int:
        """Return how many phrases there are."""
        return len(self.hash)

    def of(self, text: int) -> range:
        """Return the numbers of a text's phrases."""
        return range(int(self.bounds[text]), int(self.bounds[text + 1]))


def find_candidates(texts: Sequence[tuple[str, str]], language: str, tables: Tables | None) -> Candidates:
    """Return every phrase of texts, each a title and an abstract, that its form allows, without judging it."""
    words = read_words([(title[:MAX_TEXT], abstract[:MAX_TEXT]) for title, abstract in texts], language)
    at, length, hashes = _runs(words, links=1 if language == "en" else 2)
    text_of_word = np.repeat(np.arange(len(texts)), np.diff(words.bounds[::2]))
    folded = fold_hash(hashes)
    key = (text_of_word[at] << 32) | folded
    order = np.argsort(key, kind="stable")
    at, length, key = at[order], length[order], key[order]
    is_new = np.ones(len(key), dtype=bool)
    is_new[1:] = key[1:] != key[:-1]
    first = np.append(np.flatnonzero(is_new), len(key))
    phrase_of = np.cumsum(is_new) - 1
    heads = first[:-1]
    count = np.diff(first)
    known = (
        tables.look_up_phrases((key[heads] & 0xFFFFFFFF).astype(np.uint32))
        if tables
        else np.zeros((4, len(heads)), dtype=np.float32)
    )
    # Phrases one word longer or shorter. One past the last stands for none.
    none = len(heads)
    table = np.full((len(words) + 2, MAX_WORDS + 2), none, dtype=np.int64)
    table[at + 1, length] = phrase_of
    before, after = table[at, length + 1], table[at + 1, length + 1]
    counts = np.append(count, 0)
    texts_known, keywords_known = (np.append(row, np.float32(0)) for row in known[:2])
    head_at, head_length = at[heads], length[heads]
    prefix = np.where(head_length > 1, table[head_at + 1, head_length - 1], none)
    suffix = np.where(head_length > 1, table[head_at + 2, head_length - 1], none)
    most = np.maximum.reduceat if none else np.maximum  # of no occurrences reduceat takes no maximum
    text_of = text_of_word[head_at]
    return Candidates(
        words,
        text_of,
        np.searchsorted(text_of, np.arange(len(texts) + 1)),
        hashes[order][heads],
        known,
        first,
        at,
        length,
        most(np.maximum(counts[before], counts[after]), heads),
        most(np.maximum(keywords_known[before], keywords_known[after]), heads),
        counts[prefix],
        counts[suffix],
        np.maximum(keywords_known[prefix], keywords_known[suffix]),
        texts_known[prefix],
        [_find_acronyms(words, text) for text in range(len(texts))],
    )


def edges(words: Words, at: Ints, length: Ints) -> tuple[Bools, Bools]:
    """Tell of occurrences whether a run of words begins, and ends, there: a stop word, a mark or nothing follows."""
    segment = words.segments
    end = at + length
    left = (at == 0) | (segment[at - 1] != segment[at])
    right = (end >= len(segment)) | (segment[np.minimum(end, len(segment) - 1)] != segment[end - 1])
    return left, right


def _runs(words: Words, links: int) -> tuple[Ints, Ints, Hashes]:
    """Return start, length and hash of every allowed run of words; occurrences of a phrase stand in text order."""
    n_words = len(words)
    kind, hashes, segment = words.kind, words.hash, words.segments
    n_stems = words.lexicon.n_stems[words.numbers]
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
        else:  # "feature selection": whether weak words together say something is for the trees to know
            good &= is_word[:stop] | is_word[n - 1 :]
        if n == 2:
            good &= ~number[1:]
        at = np.flatnonzero(good)
        ats.append(at)
        lengths.append(np.full(len(at), n, dtype=np.int64))
        values.append(run[at])
    if not ats:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none.astype(np.uint64)
    at, length, value = np.concatenate(ats), np.concatenate(lengths), np.concatenate(values)
    order = np.argsort(at, kind="stable")
    return at[order], length[order], value[order]


def _find_acronyms(words: Words, text: int) -> list[Acronym]:
    """Return acronyms with their full forms, after Schwartz and Hearst (Pacific Symposium on Biocomputing 2003)."""
    found: dict[int, Acronym] = {}
    for field in (2 * text, 2 * text + 1):
        low, high = int(words.bounds[field]), int(words.bounds[field + 1])
        for match in _BRACKET.finditer(words.fields[field]):
            if not _is_acronym(match.group(1)):
                continue
            place = bisect_left(words.starts, match.start(1), low, high)
            if place == high or words.starts[place] != match.start(1):
                continue
            short = int(words.hash[place])
            start = _full_form(words, place, low)
            if start is not None and short not in found:
                found[short] = Acronym(short, combine(words.stems(range(start, place))), match.group(1))
    return list(found.values())


def _is_acronym(text: str) -> bool:
    return sum(c.isupper() for c in text) * 2 > len(text.rstrip("s")) - 1


def _full_form(words: Words, place: int, low: int) -> int | None:
    letters = [c for c in words.texts[place].removesuffix("s").lower() if c.isalnum()]
    reach = min(len(letters) + 5, len(letters) * 2)
    for start in range(place - 1, max(low - 1, place - 1 - reach), -1):
        if start < place - 1 and words.opens[start + 1]:
            return None
        if words.texts[start][:1].lower() != letters[0] or words.kind[start] & _CLOSED:
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
