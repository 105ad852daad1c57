"""A phrase as a person would write it: names in their own case, everything else in lower case."""

from collections.abc import Callable, Sequence

import numpy as np

from germane.enrich.keyphrases.background import Background
from germane.enrich.keyphrases.candidates import Candidates
from germane.enrich.keyphrases.words import Kind

_NAME = 0.8  # share of capitals in other articles' running text from which on a word is a name


def write_phrase(found: Candidates, phrase: int, background: Background | None, language: str) -> tuple[str, int]:
    """Return the phrase as a person would write it, and its first word's number in the text."""
    words = found.words
    begin = int(found.first[phrase])
    end = int(found.first[phrase + 1]) if phrase + 1 < found.n else len(found.at)
    runs = [range(a, a + n) for a, n in zip(found.at[begin:end].tolist(), found.length[begin:end].tolist(), strict=True)]
    # Running text shows a phrase's own case (a title or the head of a sentence hides it), and the end of a run of
    # words its noun: "depression" rather than "depressive" in "depressive symptoms", which has the same stem.
    shown = max(runs, key=lambda run: (_closes(found, run.stop), run.start >= words.n_title and not words.opens[run.start]))
    kinds = [words.forms[place].kind for place in shown]
    is_running = shown.start >= words.n_title and not words.opens[shown.start]
    is_named = len(shown) > 1 and is_running and all(kind & (Kind.CAPITAL | Kind.LINK) for kind in kinds)
    out: list[str] = []
    for place in shown:
        if out:
            lead = words.lead(place)
            out.append(" " if lead.isspace() else lead)
        verbatim = is_named and not _is_shouted(found, 1)
        out.append(words.texts[place] if verbatim else _write_word(found, place, background, language))
    return "".join(out).removesuffix("'s").removesuffix("’s"), runs[0].start


def _closes(found: Candidates, place: int) -> bool:
    """Tell whether no word of the same run follows."""
    segments = found.words.segments
    return place >= len(segments) or bool(segments[place] != segments[place - 1])


def _write_word(found: Candidates, place: int, background: Background | None, language: str) -> str:
    words = found.words
    text, form = words.texts[place], words.forms[place]
    if text.islower() or language == "de":  # German nouns keep their capital
        return text
    shouted = _is_shouted(found, words.field(place))
    if not shouted and _has_inner_capitals(text):
        return text  # IL-2, mRNA, McDonald
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
    if background is not None:
        capitals = background.look_up_words(np.array(form.stems[:1], dtype=np.uint64))[4, 0]
        if capitals < _NAME:
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
