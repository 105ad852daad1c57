"""A phrase as a person would write it: names in their own case, everything else in lower case."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from germane.enrich.keyphrases.candidates import Candidates
from germane.enrich.keyphrases.model import load_model
from germane.enrich.keyphrases.words import Kind

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


def write_phrase(found: Candidates, phrase: int, language: str) -> tuple[str, int]:
    """Return the phrase as a person would write it, and its first word's number in the text."""
    words = found.words
    begin = int(found.first[phrase])
    end = int(found.first[phrase + 1]) if phrase + 1 < found.n else len(found.at)
    runs = [
        range(a, a + n) for a, n in zip(found.at[begin:end].tolist(), found.length[begin:end].tolist(), strict=True)
    ]
    shown = _best_run(found, runs)
    capitals = [_capital_share(found, place, language) for place in shown]
    is_named = (
        len(shown) > 1
        and _is_running(found, shown)
        and all(words.forms[place].kind & (Kind.CAPITAL | Kind.LINK) for place in shown)
        and (language != "en" or sum(capitals) >= 0.4 * len(shown) or words.texts[shown[-1]].lower() in _BODIES)
        and not _is_shouted(found, 1)
    )
    out: list[str] = []
    for place, capital in zip(shown, capitals, strict=True):
        if out:
            lead = words.lead(place)
            out.append(" " if lead.isspace() else lead)
        out.append(words.texts[place] if is_named else _write_word(found, place, capital, language))
    return "".join(out).removesuffix("'s").removesuffix("’s"), runs[0].start


def _best_run(found: Candidates, runs: list[range]) -> range:
    """Return the occurrence to show.

    The same stems may be "text retrieval" and "texts retrieved": the one that most often ends a run of words is the
    noun, else the title's. Running text shows its own case; a title or the head of a sentence hides it.
    """
    spelled = [" ".join(found.words.texts[run.start : run.stop]).lower() for run in runs]
    weight: dict[str, tuple[int, bool, int]] = {}
    for text, run in zip(spelled, runs, strict=True):
        n_closing, is_title, n = weight.get(text, (0, False, 0))
        weight[text] = (n_closing + _closes(found, run.stop), is_title or run.start < found.words.n_title, n + 1)
    best = max(weight, key=lambda text: weight[text])
    alike = [run for text, run in zip(spelled, runs, strict=True) if text == best]
    return next((run for run in alike if _is_running(found, run)), alike[0])


def _is_running(found: Candidates, run: range) -> bool:
    return run.start >= found.words.n_title and not found.words.opens[run.start]


def _capital_share(found: Candidates, place: int, language: str) -> float:
    """Return how often other articles capitalize a word in running text, 0..1; -1 when they do not have it."""
    form = found.words.forms[place]
    return _capitals_of(form.stems[0]) if language == "en" and form.kind & Kind.CAPITAL else 0.0


@lru_cache(maxsize=20_000)
def _capitals_of(stem: int) -> float:
    return float(load_model().background.look_up_words(np.array([stem], dtype=np.uint64))[4, 0])


def _closes(found: Candidates, place: int) -> bool:
    """Tell whether no word of the same run follows."""
    segments = found.words.segments
    return place >= len(segments) or bool(segments[place] != segments[place - 1])


def _write_word(found: Candidates, place: int, capital: float, language: str) -> str:
    words = found.words
    text, form = words.texts[place], words.forms[place]
    if text.islower() or language == "de":  # German nouns keep their capital
        return text
    shouted = _is_shouted(found, words.field(place))
    if not shouted and _has_inner_capitals(text):
        return text  # IL-2, mRNA, McDonald
    is_english = language == "en"
    if is_english and 0 <= capital < _COMMON and not form.kind & Kind.DIGIT:
        return text.lower()  # a capital here only explains an acronym: "Medication Regimen (MR)"
    seen = [
        words.texts[i]
        for i in range(words.n_title, len(words))
        if words.forms[i].hash == form.hash and not words.opens[i]
    ]
    if seen and not _is_shouted(found, 1):
        is_name = sum(t[0].isupper() for t in seen) * 2 > len(seen)
        alike = [t for t in seen if t.lower() == text.lower() and t[0].isupper() == is_name]
        if alike:
            return max(alike, key=alike.count)
        return text if is_name else text.lower()
    if form.kind & Kind.DIGIT:
        return text
    if is_english:
        if capital < _NAME:
            return text.lower()
        return text.capitalize() if shouted and len(text) > 5 else text
    hides_case = shouted or bool(words.opens[place]) or _share(_long(found, 0), lambda t: t[0].isupper()) > 0.5
    return text.lower() if hides_case else text


def _has_inner_capitals(text: str) -> bool:
    """Tell "IL-2" and "mRNA" from "Ultrasound-Guided"."""
    parts = text.split("-")
    return any(c.isupper() for part in parts for c in part[1:]) or any(len(p) == 1 and p.isupper() for p in parts)


def _is_shouted(found: Candidates, field: int) -> bool:
    """Tell whether a field is written in capitals throughout."""
    return _share(_long(found, field), str.isupper) > 0.5


def _long(found: Candidates, field: int) -> Sequence[str]:
    words = found.words
    return [t for t in (words.texts[words.n_title :] if field else words.texts[: words.n_title]) if len(t) > 3]


def _share(texts: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, texts)) / len(texts) if len(texts) > 1 else 0.0
