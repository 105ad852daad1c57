"""Text → words with their place, their sentence and what a phrase may do with them."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import IntFlag
from functools import cache
from itertools import accumulate, chain
from threading import Lock
from zlib import crc32

import numpy as np
import snowballstemmer  # type: ignore[import-untyped]
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.stopwords import ANY_STOP, LINKS, STOP, WEAK

MASK = (1 << 64) - 1
_REMEMBERED = 60_000  # words; about 10 MB a language
_ROOM = 1 << 14
MAX_STEMS = 63
BASE = 0x9E3779B97F4A7C15  # odd, so that multiplying loses nothing

# A full stop without a space after it ends a sentence all the same: "points.This".
# A word keeps its inner hyphens, apostrophes, slashes, dots and signs: IL-2, TCP/IP, U.S., C++, Alzheimer's, β-catenin.
_RUN = r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*"
_WORD = (
    rf"(?:(?<![^\W_])\.)?{_RUN}(?:(?:[-‐‑'’/&+·]|\.(?![A-Z][a-z])|(?<=\d),(?=\d\d\d)){_RUN})*(?:\+\+(?!\w)|\#|(?:(?<=[A-Za-z]\d)|(?<=[A-Z][a-z]))\+(?!\w))?"
    r"|\$\\[A-Za-z]{2,7}\$(?:-[^\W_]+)*"
)
_LEAD_AND_WORD = re.compile(rf"(.*?)({_WORD})", re.DOTALL)
_GREEK = {
    name.rsplit(" ", 1)[1].lower(): chr(code)
    for code in range(0x3B1, 0x3CA)
    if (name := unicodedata.name(chr(code), "")) and "FINAL" not in name
}
# Between two words of one phrase nothing but white space may stand, or the apostrophe of an elision.
_JOINED = frozenset(["'", "’"])
_SENTENCE_END = frozenset(".?!:;")
_ELISION = re.compile(r"(?i)(?:[ldjmtsnc]|qu|jusqu|dell|all|nell|sull|dall|un|quest)['’](?=\w)")
_ELIDING = frozenset(["fr", "it", ""])
_CONTRACTION = re.compile(r"(?:n't|'ve|'re|'ll|'d|'m)\Z")
_ADJECTIVE = re.compile(r"(?i)(?<=\w\w\w)(?:ic|ical|ive|al|ar|ous|ary|ful|less|able|ible|ed|an|ent|ant)\Z")
_SPLIT = re.compile(r"[-‐‑/]+")
_UNIT = re.compile(
    r"[<>=≤≥±~]?[\d.,:%×x]+(?:st|nd|rd|th|s|mg|kg|g|ml|mm|cm|km|m|h|hz|khz|mhz|ghz|kb|mb|gb|nm|μm|k|ms|%)?\Z", re.I
)

_STEMMER = {
    "en": "porter",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "pt": "portuguese",
    "it": "italian",
    "nl": "dutch",
}


class Kind(IntFlag):
    """What a word may do in a phrase."""

    PLAIN = 0
    STOP = 1  # ends a phrase
    LINK = 2  # a stop word that may stand inside
    WEAK = 4  # says nothing alone
    NUMBER = 8
    SINGLE = 16  # one letter
    DIGIT = 32  # a name with a digit in it
    CAPITAL = 64  # begins with a capital
    UPPER = 128  # more than one letter, all capitals
    ING = 256  # ends so
    ED = 512
    LY = 1024
    ADJECTIVAL = 2048  # ends as adjectives do


_ENDINGS = (("ing", Kind.ING), ("ed", Kind.ED), ("ly", Kind.LY))


class Lexicon:
    """Words by number, in one language: `plain[text]` gives a spelling's number, and the columns what is known of it.

    A number never changes its meaning, so that threads may fill a lexicon at once; a full one is put away whole.
    """

    def __init__(self, language: str) -> None:
        self.plain = _Numbers(self, shouting=False)
        self.shouted = _Numbers(self, shouting=True)  # for texts that are all capitals, where they mark no acronym
        self.size = 0
        self.stems: list[tuple[int, ...]] = []  # the hash of each stem
        self.hash = np.zeros(_ROOM, dtype=np.uint64)  # of all stems: "context-free" and "context free" are one
        self.word = np.zeros(_ROOM, dtype=np.int64)  # the first number with this hash: one for all spellings
        self.n_stems = np.zeros(_ROOM, dtype=np.int64)
        self.kind = np.zeros(_ROOM, dtype=np.int64)
        self.n_letters = np.zeros(_ROOM, dtype=np.float32)
        self._language = language
        self._by_hash: dict[int, int] = {}
        self._lock = Lock()

    def enter(self, surface: str, shouting: bool) -> int:
        """Return a new number for a spelling."""
        spelled = _spell(surface) if surface[0] == "$" else surface
        parts = _parts(spelled)
        stem = _stemmer(self._language)
        hashes = tuple(stem_hash(stem(part)) for part in parts)
        with self._lock:
            number = self.size
            if number == len(self.hash):
                self._grow()
            self.stems.append(hashes)
            self.hash[number] = combine(hashes)
            self.word[number] = self._by_hash.setdefault(combine(hashes), number)
            self.n_stems[number] = min(len(hashes), MAX_STEMS)
            self.kind[number] = _kind(spelled, parts, self._language, shouting) | _looks(spelled)
            self.n_letters[number] = len(spelled)
            self.size = number + 1
        return number

    def _grow(self) -> None:
        for name in ("hash", "word", "n_stems", "kind", "n_letters"):
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.zeros_like(column)]))


class _Numbers(dict[str, int]):
    """Spelling → number, entered when first met."""

    def __init__(self, lexicon: Lexicon, shouting: bool) -> None:
        self._lexicon = lexicon
        self._shouting = shouting

    def __missing__(self, surface: str) -> int:
        number = self[surface] = self._lexicon.enter(surface, self._shouting)
        return number


class Words(Struct, frozen=True):
    """The words of some texts, as columns, shape (w,): of each text those of the title, then those of the abstract."""

    fields: list[str]  # title, abstract, title, abstract, …
    bounds: NDArray[np.int64]  # (2 · texts + 1,) the number of each field's first word
    texts: list[str]
    starts: list[int]  # characters from the beginning of its field
    ends: list[int]
    numbers: NDArray[np.int64]  # in the lexicon
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
        return tuple(stem for number in self.numbers[words.start : words.stop].tolist() for stem in stems[number])

    def lead(self, word: int) -> str:
        """Return what stands between a word and the one before it, which must be of the same field."""
        field = int(np.searchsorted(self.bounds, word, side="right")) - 1
        return self.fields[field][self.ends[word - 1] : self.starts[word]]


def stem_hash(stem: str) -> int:
    """Return a 64-bit number for a stem; the same in every process."""
    raw = crc32(stem.encode("utf-8", "surrogatepass"))
    return (raw * BASE ^ raw >> 7) & MASK


def combine(hashes: Sequence[int]) -> int:
    """Return the number of a phrase from those of its stems, in order."""
    value = 0
    for part in hashes:
        value = (value * BASE + part) & MASK
    return value


def stems_of(phrase: str, language: str = "en") -> list[str]:
    """Return the stems by which two spellings of a phrase are held for one: lower case, hyphens and slashes split."""
    stem = _stemmer(language)
    return [stem(part) for text in read_words([("", phrase)], language).texts for part in _parts(text)]


def stem_hashes(phrase: str, language: str = "en") -> tuple[int, ...]:
    """Return the hashes of a phrase's stems."""
    words = read_words([("", phrase)], language)
    return words.stems(range(len(words)))


def phrase_hash(phrase: str, language: str = "en") -> int:
    """Return the number of a phrase, however it is spelled: as a candidate of the same stems has it."""
    return combine(stem_hashes(phrase, language))


def read_words(texts: Sequence[tuple[str, str]], language: str = "en") -> Words:
    """Return the words of some texts, each a title and an abstract, in order."""
    lexicon = _lexicon(language if language in STOP else "")
    fields = [field for text in texts for field in text]
    found: list[str] = []
    leads: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    numbers: list[int] = []
    bounds = [0]
    for field in fields:
        before, words = _split(field, language)
        known = lexicon.shouted if field.isupper() else lexicon.plain
        # Every second place of the running length is where a word starts.
        places = list(accumulate(map(len, chain.from_iterable(zip(before, words, strict=True)))))
        starts += places[::2]
        ends += places[1::2]
        numbers += map(known.__getitem__, words)
        leads += before
        found += words
        bounds.append(len(found))
    breaks = np.array([0 if lead == " " else _break(lead) for lead in leads], dtype=np.int64)
    heads = np.array(bounds[:-1], dtype=np.int64)
    breaks[heads[heads < len(found)]] = 2
    number = np.array(numbers, dtype=np.int64)
    kind = lexicon.kind[number]
    is_stop = kind & int(Kind.STOP)
    parted = (breaks > 0) | (is_stop > 0)
    parted[1:] |= is_stop[:-1] > 0
    return Words(
        fields,
        np.array(bounds, dtype=np.int64),
        [_spell(text) if text[0] == "$" else text for text in found]
        if any("$" in field for field in fields)
        else found,
        starts,
        ends,
        number,
        np.cumsum(parted, dtype=np.int64),
        breaks == 2,
        lexicon.hash[number],
        kind,
        lexicon,
    )


_lexicons: dict[str, Lexicon] = {}


def _lexicon(language: str) -> Lexicon:
    lexicon = _lexicons.get(language)
    if lexicon is None or lexicon.size > _REMEMBERED:
        lexicon = _lexicons[language] = Lexicon(language)
    return lexicon


def _split(text: str, language: str) -> tuple[list[str], list[str]]:
    """Return what stands before each word, and the words; together they are the text, but for its tail."""
    pairs = _LEAD_AND_WORD.findall(text)
    if "$" in text:
        pairs = _without_formulas(pairs)
    if language in _ELIDING and ("'" in text or "’" in text):
        pairs = [part for pair in pairs for part in _cut_elision(*pair)]
    return [lead for lead, _ in pairs], [word for _, word in pairs]


def _break(lead: str) -> int:
    """Return 0 when two words with this between them may share a phrase, 2 when a sentence ends here, else 1."""
    if lead in _JOINED or lead.isspace():
        return 0
    return 1 if _SENTENCE_END.isdisjoint(lead) else 2


def _without_formulas(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs with words that are a TeX macro made part of what stands before the next word."""
    out: list[tuple[str, str]] = []
    held = ""
    for lead, word in pairs:
        if word[0] == "$" and not _spell(word):
            held += lead + word
        else:
            out.append((held + lead, word))
            held = ""
    return out


def _cut_elision(lead: str, word: str) -> list[tuple[str, str]]:
    """Return "l'" and "étude" apart: the article is a word of its own."""
    elided = _ELISION.match(word)
    if not elided:
        return [(lead, word)]
    cut = elided.end()
    return [(lead, word[: cut - 1]), (word[cut - 1], word[cut:])]


def _spell(formula: str) -> str:
    r"""Return "β-decay" for "$\beta$-decay"; "" for any other formula."""
    name, _, rest = formula[2:].partition("$")
    return _GREEK[name.lower()] + rest if name.lower() in _GREEK else ""


def _parts(surface: str) -> list[str]:
    lower = surface.lower().replace("’", "'").removesuffix("'s")
    return [part for part in _SPLIT.split(lower) if part] or [lower]


def _kind(surface: str, parts: Sequence[str], language: str, shouting: bool) -> Kind:
    lower = surface.lower().replace("’", "'")
    kind = Kind.PLAIN
    acronym = len(surface) > 1 and surface.isupper() and not shouting
    stop = STOP.get(language, ANY_STOP)
    if not acronym:
        if lower in LINKS.get(language, ()):
            return Kind.LINK
        if lower in stop or all(part in stop for part in parts) or _CONTRACTION.search(lower):
            kind |= Kind.STOP
        if lower in WEAK.get(language, WEAK[""]) or lower.removesuffix("'s") in WEAK["en"]:
            kind |= Kind.WEAK
    if _UNIT.match(surface) and any(c.isdigit() for c in surface):
        kind |= Kind.NUMBER
    elif any(c.isdigit() for c in surface):
        kind |= Kind.DIGIT
    if len(surface) == 1 and not kind & Kind.NUMBER and (surface.isascii() or not _is_ideograph(surface)):
        kind |= Kind.SINGLE
    return kind


def _looks(surface: str) -> Kind:
    kind = Kind.PLAIN
    if surface[0].isupper():
        kind |= Kind.CAPITAL
    if len(surface) > 1 and surface.isupper():
        kind |= Kind.UPPER
    if _ADJECTIVE.search(surface):
        kind |= Kind.ADJECTIVAL
    for ending, flag in _ENDINGS:
        if surface.endswith((ending, ending.upper())):
            kind |= flag
    return kind


def _is_ideograph(letter: str) -> bool:
    return unicodedata.category(letter) == "Lo"


class _Stems(dict[str, str]):
    """The stems of the words met so far, in one language. Threads may fill it at once: they write the same."""

    def __init__(self, algorithm: str) -> None:
        self._algorithm = algorithm

    def __missing__(self, word: str) -> str:
        if len(self) > _REMEMBERED:
            self.clear()
        # Snowball's stemmers keep state while they work, so that each word has its own.
        stem = str(snowballstemmer.stemmer(self._algorithm).stemWord(word)) if word.isalpha() else word
        self[word] = stem
        return stem


@cache
def _stemmer(language: str) -> Callable[[str], str]:
    """Return a function word → stem."""
    return _Stems(_STEMMER[language]).__getitem__ if language in _STEMMER else str
