"""Titles and sentences: patterns chosen and filled for a whole batch at once, then joined from ready pieces of text."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.synth import patterns, words_of
from germane.synth.chance import Bits, Chance, Numbers, Units, from_quantiles
from germane.synth.patterns import LITERAL, LITERALS, PUNCTUATION, VERB, VERBS, Patterns
from germane.synth.topics import Topics, made_up_word, phrase_ranks

# Published quantiles of titles' words, from a million records.
_TITLE_WORDS = (
    (0.0, 3.0),
    (0.05, 5.0),
    (0.25, 8.0),
    (0.5, 10.0),
    (0.75, 13.0),
    (0.95, 17.0),
    (0.99, 22.0),
    (1.0, 26.0),
)
_MAX_WORDS = 620
_N_FOCUS = 5  # phrases that an article comes back to
_MADE_UP_SHARE = 0.16  # of the words from anywhere
# New words are Pareto draws of this tail, from this rank on: so the vocabulary grows as a power of the text.
_MADE_UP_TAIL, _MADE_UP_FROM = 0.27, 1600.0
_MADE_UP_MOST = 50_000_000

TEX = [
    *(rf"$\{name}_{{{index}}}$" for name in ("alpha", "beta", "lambda", "sigma", "mu") for index in "01ijk"),
    *(rf"${name}(n^{power})$" for name in "OT" for power in "234k"),
    *(rf"$\mathbb{{{name}}}^{{{power}}}$" for name in "RZC" for power in "nd2"),
    *(rf"${name} \to \infty$" for name in "nmkx"),
    *(rf"$\frac{{{a}}}{{{b}}}$" for a in "1xk" for b in "2n"),
]
OTHER_LETTERS = words_of("""
naïve β-sheet Schrödinger café α-helix Poincaré 5µm ±3 Erdős Gödel Sjögren Ménière 37°C κ-opioid Rényi Ångström
""")
ANGLES = ["p<0.05", "p<0.001", "n>30", "<5%", "q<0.1", "T>T0", "age>65"]
_NUMBERS = [
    *(str(n) for n in range(2, 500)),
    *(f"{n / 10:.1f}%" for n in range(15, 995, 2)),
    *(f"0.{n:02d}" for n in range(1, 100)),
    *(str(n) for n in range(510, 5000, 10)),
    *(f"{n},000" for n in range(5, 200, 5)),
]


class Marks(Struct, frozen=True):
    """Which texts (n,) hold TeX, letters beyond ASCII, angle brackets."""

    tex: NDArray[np.bool_]
    letters: NDArray[np.bool_]
    angles: NDArray[np.bool_]


class Prose:
    """Writes for batches; the same numbers give the same words."""

    def __init__(self, chance: Chance, topics: Topics) -> None:
        self._chance, self._topics = chance, topics
        verbs = [form for forms in VERBS for form in forms]
        literals = [literal.replace(" ,", ",").replace(" :", ":") for literal in LITERALS]
        parts = (topics.words, literals, verbs, patterns.ADVERBS, _NUMBERS, TEX, OTHER_LETTERS, ANGLES)
        words = [word for part in parts for word in part]
        begins = np.cumsum([0, *map(len, parts)]).tolist()
        self._literals, self._verbs, self._adverbs, self._numbers, self._tex, self._letters, self._angles = begins[1:8]
        self._n = len(words)
        spaced = [word if word.startswith(PUNCTUATION) else f" {word}" for word in words]
        self._pieces = np.array([*spaced, *(f" {word[0].upper()}{word[1:]}" for word in words)], dtype=object)

    def titles(self, numbers: Numbers, topics: Numbers) -> list[str]:
        """Return a title for each article (n,)."""
        chance = self._chance
        n_words = np.rint(from_quantiles(chance.units("title words", numbers), _TITLE_WORDS)).astype(np.int64)
        begins = patterns.TITLE_BEGINS[n_words]
        n_choices = patterns.TITLE_BEGINS[n_words + 1] - begins
        chosen = begins + (chance.units("title pattern", numbers) * n_choices).astype(np.int64)
        owners, codes, ends = _lay(np.arange(len(numbers)), [(patterns.TITLE, chosen)])
        return self._join(self._fill("title", numbers, numbers, topics, owners, codes), ends)

    def sentences(
        self,
        purpose: str,
        numbers: Numbers,
        focus: Numbers,
        topics: Numbers,
        n_words: Numbers,
        marks: Marks | None = None,
    ) -> list[list[str]]:
        """Return for each number (n,) the sentences of a text of about `n_words` words.

        `focus` names the articles whose phrases come back in it: mostly its own number. Every sentence ends with ".".
        """
        n = np.maximum(1, np.rint(np.minimum(n_words, _MAX_WORDS) / patterns.WORDS_A_SENTENCE)).astype(np.int64)
        owners = np.repeat(np.arange(len(n)), n)
        places = np.arange(len(owners)) - np.repeat(np.cumsum(n) - n, n)
        bits = self._chance.bits(f"{purpose} sentence", numbers[owners], places)
        transitions = _pick(bits, places, n[owners])
        clauses = patterns.CLAUSE.choose(bits >> np.uint64(12))
        tails = patterns.TAIL.choose(bits >> np.uint64(36))
        parts = [(_STARTS, transitions), (patterns.CLAUSE, clauses), (patterns.TAIL, tails), (patterns.STOP, 0 * tails)]
        token_owners, codes, ends = _lay(owners, parts)
        ids = self._fill(purpose, numbers, focus, topics, token_owners, codes, marks)
        flat = self._join(ids, ends)
        stops = np.cumsum(n).tolist()
        return [flat[begin:end] for begin, end in zip([0, *stops], stops, strict=False)]

    def _fill(
        self,
        purpose: str,
        numbers: Numbers,
        focus: Numbers,
        topics: Numbers,
        owners: Numbers,
        codes: NDArray[np.int16],
        marks: Marks | None = None,
    ) -> Numbers:
        """Return pieces for codes (m,); `owners` (m,) are places in `numbers`; −1 − k is the made-up word k."""
        places = np.arange(len(owners)) - np.searchsorted(owners, np.arange(len(numbers)))[owners]
        # The parts of one phrase draw the same bits: those of its second word.
        places += _PHRASE_SHIFT[np.minimum(codes, LITERAL)]
        bits = self._chance.bits(purpose, numbers[owners], places)
        ids: Numbers = codes.astype(np.int64) - LITERAL + self._literals
        of = topics[owners]
        for kind, name in ((patterns.NOUN, "nouns"), (patterns.ADJECTIVE, "adjectives")):
            at = np.flatnonzero(codes == kind)
            ids[at] = self._topics.draw(name, of[at], _high(bits[at]), _low(bits[at]))
        at = np.flatnonzero(codes <= patterns.THIRD)
        at = at[codes[at] >= patterns.FIRST]
        ids[at] = self._draw_phrases(focus[owners[at]], of[at], codes[at].astype(np.int64) - patterns.FIRST, bits[at])
        at = np.flatnonzero(codes == patterns.ANY)
        ids[at] = self._draw_any(bits[at])
        at = np.flatnonzero((codes >= VERB) & (codes < LITERAL))
        verbs = np.square(_high(bits[at])) * len(VERBS)
        ids[at] = self._verbs + 4 * verbs.astype(np.int64) + codes[at] - VERB
        for kind, begin, n in (
            (patterns.ADVERB, self._adverbs, len(patterns.ADVERBS)),
            (patterns.NUMBER, self._numbers, len(_NUMBERS)),
        ):
            at = np.flatnonzero(codes == kind)
            ids[at] = begin + (np.square(_high(bits[at])) * n).astype(np.int64)
        if marks is not None:
            for chosen, begin, n in (
                (marks.tex, self._tex, len(TEX)),
                (marks.letters, self._letters, len(OTHER_LETTERS)),
                (marks.angles, self._angles, len(ANGLES)),
            ):
                at = np.flatnonzero((codes == patterns.NOUN) & chosen[owners])
                is_first = np.diff(owners[at], prepend=-1) != 0
                at = at[is_first | (_low(bits[at] << np.uint64(8)) < 0.06)]
                ids[at] = begin + (_high(bits[at]) * n).astype(np.int64)
        return ids

    def _draw_phrases(self, focus: Numbers, topics: Numbers, part: Numbers, bits: Bits) -> Numbers:
        """Return words of phrases: mostly one of the few that the article in focus comes back to."""
        which = (np.square(_low(bits)) * _N_FOCUS).astype(np.int64)
        own = _high(bits) < 0.72
        units = self._chance.units("focus", focus, which)
        ranks = phrase_ranks(np.where(own, units, (_high(bits) - 0.72) / 0.28))
        words: Numbers = self._topics.phrases(topics, ranks)[np.arange(len(part)), part].astype(np.int64)
        return words

    def _draw_any(self, bits: Bits) -> Numbers:
        units = _high(bits)
        known = self._topics.draw_any(_low(bits))
        made_up = np.minimum(_MADE_UP_FROM * np.expm1(-np.log1p(-_low(bits)) / _MADE_UP_TAIL), 2.0**60)
        return np.where(units < _MADE_UP_SHARE, -1 - made_up.astype(np.int64) % _MADE_UP_MOST, known)

    def _join(self, ids: Numbers, ends: Numbers) -> list[str]:
        """Return the texts that end at `ends` (k,), each with a capital letter."""
        begins = np.concatenate([[0], ends])[:-1]
        is_new = ids < 0
        shown = np.where(is_new, 0, ids)
        shown[begins] += self._n
        pieces = self._pieces[shown]
        pieces[is_new] = [f" {made_up_word(k)}" for k in (-1 - ids[is_new]).tolist()]
        listed = pieces.tolist()
        for at in begins[is_new[begins]].tolist():
            listed[at] = f" {listed[at][1:].capitalize()}"
        return ["".join(listed[a:b])[1:] for a, b in zip(begins.tolist(), ends.tolist(), strict=True)]


_PHRASE_SHIFT = np.zeros(LITERAL + 1, dtype=np.int64)
_PHRASE_SHIFT[patterns.FIRST], _PHRASE_SHIFT[patterns.THIRD] = 1, -1
_STARTS = Patterns(
    np.concatenate([group.codes for group in (patterns.OPENING, patterns.TRANSITION, patterns.CLOSING)]),
    np.concatenate(
        [
            patterns.OPENING.begins,
            patterns.TRANSITION.begins + len(patterns.OPENING.codes),
            patterns.CLOSING.begins + len(patterns.OPENING.codes) + len(patterns.TRANSITION.codes),
        ]
    ),
    np.concatenate([group.lengths for group in (patterns.OPENING, patterns.TRANSITION, patterns.CLOSING)]),
    np.concatenate([group.n_words for group in (patterns.OPENING, patterns.TRANSITION, patterns.CLOSING)]),
)


def _pick(bits: Bits, places: Numbers, n: Numbers) -> Numbers:
    """Return how each sentence begins: an opening for the first, a closing for the last, else a transition."""
    n_openings, n_transitions = len(patterns.OPENING.begins), len(patterns.TRANSITION.begins)
    middle = n_openings + patterns.TRANSITION.choose(bits)
    last = n_openings + n_transitions + patterns.CLOSING.choose(bits)
    return np.where(
        (places == 0) & (n > 2), patterns.OPENING.choose(bits), np.where((places == n - 1) & (n > 1), last, middle)
    )


def _lay(owners: Numbers, parts: Sequence[tuple[Patterns, Numbers]]) -> tuple[Numbers, NDArray[np.int16], Numbers]:
    """Lay patterns side by side: for each text (k,) the chosen pattern of each part, one after the other.

    Returns each code's owner (m,), the codes (m,), and where each text ends (k,).
    """
    lengths = np.stack([group.lengths[chosen] for group, chosen in parts], axis=1)
    offsets = np.cumsum([0, *(len(group.codes) for group, _ in parts[:-1])])
    begins = np.stack([group.begins[chosen] for group, chosen in parts], axis=1) + offsets
    codes = np.concatenate([group.codes for group, _ in parts])
    flat = lengths.ravel()
    ends = np.cumsum(flat)
    source = np.arange(flat.sum()) + np.repeat(begins.ravel() - ends + flat, flat)
    return np.repeat(owners, lengths.sum(axis=1)), codes[source], ends[len(parts) - 1 :: len(parts)]


def _high(bits: Bits) -> Units:
    """Return a unit of the upper half of the bits."""
    return (bits >> np.uint64(32)).astype(np.float64) * 2.0**-32


def _low(bits: Bits) -> Units:
    """Return a unit of the lower half of the bits."""
    return (bits & np.uint64(0xFFFFFFFF)).astype(np.float64) * 2.0**-32
