"""Words and what is known of them, by number; and the pieces of text in which they stand, cut up once each."""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from enum import IntFlag
from functools import cache
from threading import Lock
from zlib import crc32

import numpy as np
import snowballstemmer  # type: ignore[import-untyped]

from germane.enrich.keyphrases.porter import stem_porter
from germane.enrich.keyphrases.stopwords import ANY_STOP, LINKS, STOP, WEAK

MASK = (1 << 64) - 1
_REMEMBERED = 200_000  # words; about 35 MB a language
_PIECES = 400_000  # about 100 MB
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
ELIDING = frozenset(["fr", "it", ""])
_CONTRACTION = re.compile(r"(?:n't|'ve|'re|'ll|'d|'m)\Z")
_ADJECTIVE_ENDS = (
    "ic",
    "ical",
    "ive",
    "al",
    "ar",
    "ous",
    "ary",
    "ful",
    "less",
    "able",
    "ible",
    "ed",
    "an",
    "ent",
    "ant",
)
_ADJECTIVE = re.compile(rf"(?i)(?<=\w\w\w)(?:{'|'.join(_ADJECTIVE_ENDS)})\Z")
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


# Plain numbers: combining flags takes longer than all the rest.
_STOP, _LINK, _WEAK, _NUMBER, _SINGLE = map(int, (Kind.STOP, Kind.LINK, Kind.WEAK, Kind.NUMBER, Kind.SINGLE))
_DIGIT, _CAPITAL, _UPPER, _ADJECTIVAL = map(int, (Kind.DIGIT, Kind.CAPITAL, Kind.UPPER, Kind.ADJECTIVAL))
_ENDINGS = ((("ing", "ING"), int(Kind.ING)), (("ed", "ED"), int(Kind.ED)), (("ly", "LY"), int(Kind.LY)))


class Lexicon:
    """Words by number, in one language: `plain[text]` gives a spelling's number, and the columns what is known of it.

    A number never changes its meaning, so that threads may fill a lexicon at once; a full one is put away whole.
    """

    def __init__(self, language: str, *, is_eliding: bool = False) -> None:
        self.language = language
        self.plain = _Numbers(self, shouting=False)
        self.shouted = _Numbers(self, shouting=True)  # for texts that are all capitals, where they mark no acronym
        self.plain_pieces = Pieces(self.plain, is_eliding=is_eliding)
        self.shouted_pieces = Pieces(self.shouted, is_eliding=is_eliding)
        self.size = 0
        self.stems: list[tuple[int, ...]] = []  # the hash of each stem
        self.texts: list[str] = []  # as it is shown
        self.hash = np.zeros(_ROOM, dtype=np.uint64)  # of all stems: "context-free" and "context free" are one
        self.word = np.zeros(_ROOM, dtype=np.int64)  # the first number with this hash: one for all spellings
        self.n_stems = np.zeros(_ROOM, dtype=np.int64)
        self.kind = np.zeros(_ROOM, dtype=np.int64)
        self.n_letters = np.zeros(_ROOM, dtype=np.float32)
        self._by_hash: dict[int, int] = {}
        self._lock = Lock()

    @property
    def is_full(self) -> bool:
        """Tell whether it is time for a new one."""
        return self.size > _REMEMBERED or self.plain_pieces.size + self.shouted_pieces.size > _PIECES

    def enter(self, surface: str, shouting: bool) -> int:
        """Return a new number for a spelling."""
        spelled = _spell(surface) if surface[0] == "$" else surface
        parts = parts_of(spelled)
        stem = stemmer(self.language)
        hashes = tuple(stem_hash(stem(part)) for part in parts)
        with self._lock:
            number = self.size
            if number == len(self.hash):
                self._grow()
            self.stems.append(hashes)
            self.texts.append(spelled)
            self.hash[number] = combine(hashes)
            self.word[number] = self._by_hash.setdefault(combine(hashes), number)
            self.n_stems[number] = min(len(hashes), MAX_STEMS)
            self.kind[number] = _kind(spelled, parts, self.language, shouting) | _looks(spelled)
            self.n_letters[number] = len(spelled)
            self.size = number + 1
        return number

    def _grow(self) -> None:
        for name in ("hash", "word", "n_stems", "kind", "n_letters"):
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.zeros_like(column)]))


class Pieces:
    """Pieces, which is what stands between two spaces, by number, and the columns what is known of them.

    No word reaches from one piece into another, and texts repeat their pieces, so each is cut up once.
    """

    def __init__(self, words: "_Numbers", *, is_eliding: bool) -> None:
        self._words = words
        self._is_eliding = is_eliding
        self._lock = Lock()
        self._n_kept = 0  # places taken in the columns of words
        self.numbers: dict[str, int] = {}
        self.size = 0
        # Of each piece: where its words begin in the columns of words, how many they are, its length in characters,
        # what stands before its first word, as `_mark` has it, and after its last one.
        self.about = np.zeros((5, _ROOM), dtype=np.int64)
        # Of each word of a piece: its number, where it begins and ends in the piece, the break before it.
        self.words = np.zeros((4, _ROOM), dtype=np.int64)

    def enter(self, pieces: Collection[str]) -> None:
        """Give new pieces their numbers: many at once, since most of the cost is in the call."""
        words: list[tuple[int, int, int, int]] = []
        about: list[tuple[int, int, int, int, int]] = []
        known = self._words
        with self._lock:
            for piece in pieces:
                first = self._n_kept + len(words)
                if piece.isascii() and piece.isalpha():
                    words.append((known[piece], 0, len(piece), 1))
                    about.append((first, 1, len(piece), 0, 0))
                    continue
                leads, surfaces = _split(piece, self._is_eliding)
                end = 0
                for lead, surface in zip(leads, surfaces, strict=True):
                    start = end + len(lead)
                    end = start + len(surface)
                    words.append((known[surface], start, end, _break(lead)))
                n = len(surfaces)
                about.append((first, n, len(piece), _mark(leads[0] if n else piece), _mark(piece[end:])))
            self._keep(words, about)
            self.numbers.update(zip(pieces, range(self.size - len(about), self.size), strict=True))

    def _keep(self, words: Sequence[tuple[int, ...]], about: Sequence[tuple[int, ...]]) -> None:
        self._make_room(self._n_kept + len(words), self.size + len(about))
        if words:
            self.words[:, self._n_kept : self._n_kept + len(words)] = np.array(words, dtype=np.int64).T
        self.about[:, self.size : self.size + len(about)] = np.array(about, dtype=np.int64).T
        self._n_kept += len(words)
        self.size += len(about)

    def _make_room(self, n_words: int, n_pieces: int) -> None:
        while n_words > self.words.shape[1]:
            self.words = np.concatenate([self.words, np.zeros_like(self.words)], axis=1)
        while n_pieces > self.about.shape[1]:
            self.about = np.concatenate([self.about, np.zeros_like(self.about)], axis=1)


class _Numbers(dict[str, int]):
    """Spelling → number, entered when first met."""

    def __init__(self, lexicon: Lexicon, shouting: bool) -> None:
        self._lexicon = lexicon
        self._shouting = shouting

    def __missing__(self, surface: str) -> int:
        number = self[surface] = self._lexicon.enter(surface, self._shouting)
        return number


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


def _split(text: str, is_eliding: bool) -> tuple[list[str], list[str]]:
    """Return what stands before each word, and the words; together they are the text, but for its tail."""
    pairs = _LEAD_AND_WORD.findall(text)
    if "$" in text:
        pairs = _without_formulas(pairs)
    if is_eliding and ("'" in text or "’" in text):
        pairs = [part for pair in pairs for part in _cut_elision(*pair)]
    return [lead for lead, _ in pairs], [word for _, word in pairs]


def _break(lead: str) -> int:
    """Return 0 when two words with this between them may share a phrase, 2 when a sentence ends here, else 1."""
    if lead in _JOINED or lead.isspace():
        return 0
    return 1 if _SENTENCE_END.isdisjoint(lead) else 2


def _mark(text: str) -> int:
    """Return what a part of what stands between two words says of it, if a space does too: the most is `_break`."""
    return 0 if not text or text.isspace() else 1 if _SENTENCE_END.isdisjoint(text) else 2


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


def parts_of(surface: str) -> list[str]:
    """Return the parts of a word that have a stem each: lower case, hyphens and slashes split."""
    if surface.isalnum():
        return [surface.lower()]
    lower = surface.lower().replace("’", "'").removesuffix("'s")
    return [part for part in _SPLIT.split(lower) if part] or [lower]


def _kind(surface: str, parts: Sequence[str], language: str, shouting: bool) -> int:
    lower = surface.lower().replace("’", "'")
    kind = 0
    acronym = len(surface) > 1 and surface.isupper() and not shouting
    stop = STOP.get(language, ANY_STOP)
    if not acronym:
        if lower in LINKS.get(language, ()):
            return _LINK
        if lower in stop or stop.issuperset(parts) or ("'" in lower and _CONTRACTION.search(lower)):
            kind |= _STOP
        if lower in WEAK.get(language, WEAK[""]) or lower.removesuffix("'s") in WEAK["en"]:
            kind |= _WEAK
    if not surface.isalpha() and any(map(str.isdigit, surface)):
        kind |= _NUMBER if _UNIT.match(surface) else _DIGIT
    if len(surface) == 1 and not kind & _NUMBER and (surface.isascii() or not _is_ideograph(surface)):
        kind |= _SINGLE
    return kind


def _looks(surface: str) -> int:
    kind = 0
    if surface[0].isupper():
        kind |= _CAPITAL
    if len(surface) > 1 and surface.isupper():
        kind |= _UPPER
    # most words of plain letters need no closer look
    if not (surface.isascii() and not surface.lower().endswith(_ADJECTIVE_ENDS)) and _ADJECTIVE.search(surface):
        kind |= _ADJECTIVAL
    for endings, flag in _ENDINGS:
        if surface.endswith(endings):
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
        if not word.isalpha():
            stem = word
        elif self._algorithm == "porter":
            stem = stem_porter(word)
        else:  # Snowball's stemmers keep state while they work, so that each word has its own
            stem = str(snowballstemmer.stemmer(self._algorithm).stemWord(word))
        self[word] = stem
        return stem


@cache
def stemmer(language: str) -> Callable[[str], str]:
    """Return a function word → stem."""
    return _Stems(_STEMMER[language]).__getitem__ if language in _STEMMER else str
