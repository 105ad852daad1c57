"""Text → words with their place, their sentence and what a phrase may do with them."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import IntFlag
from functools import cache
from itertools import accumulate, chain
from typing import NamedTuple
from zlib import crc32

import numpy as np
import snowballstemmer  # type: ignore[import-untyped]
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.stopwords import ANY_STOP, LINKS, STOP, WEAK

MASK = (1 << 64) - 1
_REMEMBERED = 60_000  # words
BASE = 0x9E3779B97F4A7C15  # odd, so that multiplying loses nothing

# A word keeps its inner hyphens, apostrophes, slashes, dots and signs: IL-2, TCP/IP, U.S., C++, Alzheimer's, β-catenin.
_RUN = r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*"
_WORD = (
    rf"\.?{_RUN}(?:(?:[-‐‑'’/&+.·]|(?<=\d),(?=\d\d\d)){_RUN})*(?:\+\+(?!\w)|\#|(?:(?<=[A-Za-z]\d)|(?<=[A-Z][a-z]))\+(?!\w))?"
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


class Form(NamedTuple):
    """What is known of a word by its spelling alone."""

    hash: int  # of its stems, so that "context-free" and "context free" are one
    n_stems: int
    kind: int
    stems: tuple[int, ...]  # the hash of each
    n_letters: int


class Words(Struct, frozen=True):
    """The words of a title and an abstract, as columns: those of the title first."""

    fields: tuple[str, str]
    n_title: int
    texts: list[str]
    starts: list[int]  # characters from the beginning of its field
    ends: list[int]
    forms: list[Form]
    segments: NDArray[np.int64]  # words of different segments never share a phrase
    opens: NDArray[np.bool_]  # stands first in its sentence

    def __len__(self) -> int:
        return len(self.texts)

    def field(self, word: int) -> int:
        """Return 0 for a word of the title, 1 for one of the abstract."""
        return int(word >= self.n_title)

    def lead(self, word: int) -> str:
        """Return what stands between the word before and this one."""
        field = self.field(word)
        begin = 0 if word in (0, self.n_title) else self.ends[word - 1]
        return self.fields[field][begin : self.starts[word]]

    def tail(self, word: int) -> str:
        """Return the character that follows a word."""
        return self.fields[self.field(word)][self.ends[word] : self.ends[word] + 1]


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
    return [stem(part) for text in read_words("", phrase, language).texts for part in _parts(text)]


def phrase_hash(phrase: str, language: str = "en") -> int:
    """Return the number of a phrase, however it is spelled: as a candidate of the same stems has it."""
    return combine([stem for form in read_words("", phrase, language).forms for stem in form.stems])


def read_words(title: str, abstract: str, language: str = "en") -> Words:
    """Return the words of a text, in order."""
    n_title = 0
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    forms: list[Form] = []
    breaks: list[int] = []
    for text in (title, abstract):
        leads, found = _split(text, language)
        known = _forms(language, text.isupper())
        n_title = len(texts)
        # Every second place of the running length is where a word starts.
        places = list(accumulate(map(len, chain.from_iterable(zip(leads, found, strict=True)))))
        starts += places[::2]
        ends += places[1::2]
        forms += [known[word] for word in found]
        breaks += [0 if lead == " " else _break(lead) for lead in leads]
        texts += found
        if n_title < len(texts):
            breaks[n_title] = 2
    is_stop = np.array([form[2] & 1 for form in forms], dtype=np.int64)
    broken = np.array(breaks, dtype=np.int64)
    parted = (broken > 0) | (is_stop > 0) | (np.append(1, is_stop)[:-1] > 0)
    segments = np.cumsum(parted, dtype=np.int64)
    return Words(
        (title, abstract),
        n_title,
        [_spell(t) if t[0] == "$" else t for t in texts],
        starts,
        ends,
        forms,
        segments,
        broken == 2,
    )


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


class _Forms(dict[str, Form]):
    """The forms of the words met so far, in one language. Threads may fill it at once: they write the same."""

    def __init__(self, language: str, shouting: bool) -> None:
        self._language = language
        self._shouting = shouting

    def __missing__(self, surface: str) -> Form:
        if len(self) > _REMEMBERED:
            self.clear()
        spelled = _spell(surface) if surface[0] == "$" else surface
        parts = _parts(spelled)
        stem = _stemmer(self._language)
        hashes = tuple(stem_hash(stem(part)) for part in parts)
        kind = _kind(spelled, parts, self._language, self._shouting) | _looks(spelled)
        form = Form(combine(hashes), len(hashes), int(kind), hashes, len(spelled))
        self[surface] = form
        return form


@cache
def _forms(language: str, shouting: bool) -> _Forms:
    return _Forms(language if language in STOP else "", shouting)


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
