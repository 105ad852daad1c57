"""A phrase as a person would write it: names in their own case, everything else in lower case."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from msgspec import Struct, field

from germane.enrich.keyphrases.candidates import Candidates
from germane.enrich.keyphrases.lexicon import Kind
from germane.enrich.keyphrases.model import load_model

# Plain numbers: looking up a flag takes longer than asking for it.
_CAPITAL, _DIGIT, _CAPITAL_OR_LINK = int(Kind.CAPITAL), int(Kind.DIGIT), int(Kind.CAPITAL | Kind.LINK)
_COMMON = 0.3  # share of capitals in other articles' running text up to which a word is no name
_NAME = 0.8  # from which on it is one
# A run of capitals that ends so names something; any other only explains an acronym: "Natural Language Processing".
_BODIES = frozenset({
    "agency", "association", "bank", "center", "centre", "classification", "college", "collider",
    "commission", "committee", "consortium", "corpus", "council", "department", "foundation", "hospital",
    "initiative", "institute", "institution", "inventory", "kingdom", "laboratory", "library", "ministry",
    "observatory", "organisation", "organization", "project", "questionnaire", "register", "registry",
    "republic", "scale", "schedule", "school", "society", "states", "survey", "telescope", "treebank",
    "union", "university",
})  # fmt: skip


class Case(Struct):
    """How a text uses capitals; found out once, when the first phrase is written."""

    found: Candidates
    text: int
    language: str
    shouted: dict[int, bool] = field(default_factory=dict)

    @property
    def title(self) -> range:
        """Return the words of the title."""
        return self._words(0)

    @property
    def abstract(self) -> range:
        """Return the words of the abstract."""
        return self._words(1)

    def is_shouted(self, part: int) -> bool:
        """Tell whether the title (0) or the abstract (1) is written in capitals throughout."""
        if part not in self.shouted:
            self.shouted[part] = _share(self.long(part), str.isupper) > 0.5
        return self.shouted[part]

    def long(self, part: int) -> list[str]:
        """Return the words of more than three letters of the title (0) or the abstract (1)."""
        some = self._words(part)
        return [t for t in self.found.words.texts[some.start : some.stop] if len(t) > 3]

    def _words(self, part: int) -> range:
        heads, field = self.found.words.heads, 2 * self.text + part
        return range(heads[field], heads[field + 1])


def write_phrase(case: Case, runs: Sequence[range]) -> str:
    """Return a phrase that occurs in `runs` of words as a person would write it."""
    words = case.found.words
    shown = _best_run(case, runs)
    surface = words.surface(shown)
    # Most are in lower case anyway, and nothing in them is to be written otherwise than it stands there.
    if surface.isascii() and surface.islower() and "$" not in surface:
        return " ".join(surface.split()).removesuffix("'s")
    capitals = [_capital_share(case, place) for place in shown]
    named = _name(case, shown, capitals)
    out: list[str] = []
    for place, capital in zip(shown, capitals, strict=True):
        if out:
            lead = words.lead(place)
            out.append(" " if lead.isspace() else lead)
        out.append(words.texts[place] if place in named else _write_word(case, place, capital))
    return "".join(out).removesuffix("'s").removesuffix("’s")


def _name(case: Case, shown: range, capitals: Sequence[float]) -> range:
    """Return the words at the end of a phrase that name something together: "western [United States]"."""
    words = case.found.words
    start = shown.stop
    while start > shown.start and words.kind[start - 1] & _CAPITAL_OR_LINK:
        start -= 1
    name = range(start, shown.stop)
    if len(name) < 2 or not _is_running(case, name) or case.is_shouted(1):
        return range(0)
    # A word that other articles do not have is mostly a name itself: "Mount Ruapehu".
    share = sum(1.0 if value < 0 else value for value in capitals[start - shown.start :])
    is_name = case.language != "en" or share >= 0.4 * len(name) or words.texts[name[-1]].lower() in _BODIES
    return name if is_name else range(0)


def _best_run(case: Case, runs: Sequence[range]) -> range:
    """Return the occurrence to show.

    The same stems may be "text retrieval" and "texts retrieved": the one that most often ends a run of words is the
    noun, else the title's. Running text shows its own case; a title or the head of a sentence hides it.
    """
    words = case.found.words
    if len(runs) == 1:
        return runs[0]
    spelled = [" ".join(words.texts[run.start : run.stop]).lower() for run in runs]
    if len(set(spelled)) > 1:
        weight: dict[str, tuple[int, bool, int]] = {}
        for text, run in zip(spelled, runs, strict=True):
            n_closing, is_title, n = weight.get(text, (0, False, 0))
            weight[text] = (n_closing + _closes(case, run.stop), is_title or run.start in case.title, n + 1)
        best = max(weight, key=lambda text: weight[text])
        runs = [run for text, run in zip(spelled, runs, strict=True) if text == best]
    return next((run for run in runs if _is_running(case, run)), runs[0])


def _is_running(case: Case, run: range) -> bool:
    return run.start in case.abstract and not case.found.words.opens[run.start]


def _capital_share(case: Case, place: int) -> float:
    """Return how often other articles capitalize a word in running text, 0..1; -1 when they do not have it."""
    words = case.found.words
    if case.language != "en" or not words.kind[place] & _CAPITAL:
        return 0.0
    return _capitals_of(words.stems(range(place, place + 1))[0])


@lru_cache(maxsize=20_000)
def _capitals_of(stem: int) -> float:
    return float(load_model().tables.look_up_words(np.array([stem], dtype=np.uint64))[4, 0])


def _closes(case: Case, place: int) -> bool:
    """Tell whether no word of the same run follows."""
    segments = case.found.words.segments
    return place >= len(segments) or bool(segments[place] != segments[place - 1])


def _write_word(case: Case, place: int, capital: float) -> str:
    words, language = case.found.words, case.language
    text, kind = words.texts[place], int(words.kind[place])
    if text.islower() or language == "de":  # German nouns keep their capital
        return text
    shouted = case.is_shouted(int(place in case.abstract))
    if not shouted and _has_inner_capitals(text):
        return text  # IL-2, mRNA, McDonald, quasi-Banach
    is_english = language == "en"
    if is_english and 0 <= capital < _COMMON and not kind & _DIGIT:
        return text.lower()  # a capital here only explains an acronym: "Medication Regimen (MR)"
    some = case.abstract
    alike = some.start + np.flatnonzero(words.hash[some.start : some.stop] == words.hash[place])
    seen = [words.texts[i] for i in alike.tolist() if not words.opens[i]]
    if seen and not case.is_shouted(1):
        is_name = sum(t[0].isupper() for t in seen) * 2 > len(seen)
        cased = [t for t in seen if t.lower() == text.lower() and t[0].isupper() == is_name]
        if cased:
            return max(cased, key=cased.count)
        return text if is_name else text.lower()
    if kind & _DIGIT:
        return text
    if is_english:
        if capital < 0 and not shouted and place in some:
            return text  # a word never met elsewhere is mostly a name
        if capital < _NAME:
            return text.lower()
        return text.capitalize() if shouted and len(text) > 5 else text
    hides_case = shouted or bool(words.opens[place]) or _share(case.long(0), lambda t: t[0].isupper()) > 0.5
    return text.lower() if hides_case else text


def _has_inner_capitals(text: str) -> bool:
    """Tell "IL-2", "mRNA" and "quasi-Banach" from "Ultrasound-Guided"; the text has some capital."""
    parts = text.split("-")
    return (
        text[0].islower()
        or any(c.isupper() for part in parts for c in part[1:])
        or any(len(p) == 1 and p.isupper() for p in parts)
    )


def _share(texts: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, texts)) / len(texts) if len(texts) > 1 else 0.0
