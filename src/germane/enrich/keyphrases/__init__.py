"""Keyphrases: the few phrases of a text that its readers would look for.

Candidates (runs of one to five words) are measured (`features`), scored by boosted trees learned from articles with
their authors' keywords (`model`), and the best are chosen without overlap (`choosing`). Thread-safe.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.background import Floats
from germane.enrich.keyphrases.candidates import FIELDS, Candidates, find_candidates
from germane.enrich.keyphrases.choosing import choose_phrases
from germane.enrich.keyphrases.features import FEATURES, PLAIN_FEATURES, measure
from germane.enrich.keyphrases.model import Trees, load_model
from germane.enrich.keyphrases.stopwords import EMPTY
from germane.enrich.keyphrases.words import Kind, phrase_hash, stems_of
from germane.enrich.keyphrases.writing import write_phrase

Where = Literal["title", "abstract", "keywords"]


class Keyphrase(Struct, frozen=True):
    """A phrase found in a text."""

    phrase: str
    score: float  # 0..1: how likely authors are to choose it
    position: int  # characters from the beginning of its field to its first occurrence
    where: Where
    acronym: str = ""  # the short form that the text introduces for it, if any


class Explanation(Struct, frozen=True):
    """Why a phrase has its score: `shares` add up, with `base`, to the log-odds of it."""

    phrase: str
    score: float
    base: float
    values: dict[str, float]
    shares: dict[str, float]


# Log-odds that the authors' own choice adds to a phrase; what a keyword gets that the text does not contain.
_OWN_KEYWORD = 3.0
_ABSENT_KEYWORD = 0.0
_KNOWN = 3  # articles with a phrase of weak words as keyword, for it to say something
_NO_KEYWORDS = frozenset(
    ["human", "humans", "male", "female", "adult", "aged", "animals", "middle aged", "adolescent", "child"]
)


def extract_keyphrases(
    title: str, abstract: str, *, n: int = 5, language: str = "en", keywords: Sequence[str] = ()
) -> list[Keyphrase]:
    """Return at most `n` keyphrases of a plain text, best first; fewer or none when the text says little.

    `language` is ISO 639-1; "" means unknown. `keywords` are the authors' own, which count for much.
    """
    if n < 1:
        return []
    own = {phrase_hash(k, language): k for k in keywords if k.strip()}
    found, scores, _ = _score(title, abstract, language, own)
    acronyms = {a.full: a.text for a in found.acronyms}
    result: list[Keyphrase] = []
    for number in choose_phrases(found, scores, n):
        phrase, at = write_phrase(found, number, language)
        result.append(
            Keyphrase(
                phrase,
                _probability(scores[number]),
                found.words.starts[at],
                FIELDS[found.words.field(at)],
                acronyms.get(int(found.hash[number]), ""),
            )
        )
    return _with_absent(result, own, found, keywords, n, language)


def explain_keyphrases(
    title: str, abstract: str, *, n: int = 5, language: str = "en", keywords: Sequence[str] = ()
) -> list[Explanation]:
    """Return, for the phrases that `extract_keyphrases` finds in the text, every feature's value and share."""
    own = {phrase_hash(k, language): k for k in keywords if k.strip()}
    found, scores, rows = _score(title, abstract, language, own)
    trees, names = _trees(language)
    chosen = choose_phrases(found, scores, n)
    explanations: list[Explanation] = []
    for number in chosen:
        base, shares = trees.explain(rows[number])
        named = {name: float(share) for name, share in zip(names, shares, strict=True)}
        if int(found.hash[number]) in own:
            named["own_keyword"] = _OWN_KEYWORD
        # What is left is what the acronym lends to its full form.
        lent = float(scores[number]) - base - math.fsum(named.values())
        if abs(lent) > 1e-3:
            named["acronym_score"] = lent
        values = {name: float(value) for name, value in zip(names, rows[number], strict=True)}
        phrase, _ = write_phrase(found, number, language)
        explanations.append(Explanation(phrase, _probability(scores[number]), base, values, named))
    return explanations


def _score(
    title: str, abstract: str, language: str, own: Mapping[int, str]
) -> tuple[Candidates, NDArray[np.float64], Floats]:
    """Return the candidates, the log-odds of each, shape (n,), and their features, shape (n, f)."""
    found = find_candidates(title, abstract, language)
    trees, names = _trees(language)
    if not found.n:
        return found, np.zeros(0), np.zeros((0, len(names)), dtype=np.float32)
    rows = measure(found, load_model().background if language == "en" else None)
    scores = trees.score(rows)
    scores[_says_nothing(found, rows, names)] = -np.inf
    if own:
        scores += _OWN_KEYWORD * np.isin(found.hash, np.array(list(own), dtype=np.uint64))
    return found, scores, rows


def _says_nothing(found: Candidates, rows: Floats, names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Tell which phrases are of weak words alone and nobody's keyword: "clinical study", but not "risk factors"."""
    column = {name: rows[:, i] for i, name in enumerate(names)}
    empty = column["weak_words"] + column["links"] >= column["words"]
    if "keywords" in column:
        empty &= column["keywords"] < math.log(1 + _KNOWN)
    # An adjective that only ever stands before another word.
    kinds = np.array([found.words.forms[at].kind for at in found.at[found.first].tolist()])
    is_adjective = (kinds & int(Kind.ADJECTIVAL)) != 0
    empty |= is_adjective & (column["words"] == 1) & (column["right_edge"] == 0)
    return empty | np.isin(found.hash, _empty_phrases())


@cache
def _empty_phrases() -> NDArray[np.uint64]:
    return np.array([phrase_hash(phrase) for phrase in EMPTY], dtype=np.uint64)


def _trees(language: str) -> tuple[Trees, tuple[str, ...]]:
    model = load_model()
    return (model.english, FEATURES) if language == "en" else (model.plain, PLAIN_FEATURES)


def _probability(score: float) -> float:
    return round(1 / (1 + math.exp(-float(score))), 4)


def _with_absent(
    result: list[Keyphrase], own: Mapping[int, str], found: Candidates, keywords: Sequence[str], n: int, language: str
) -> list[Keyphrase]:
    """Return the phrases together with the authors' keywords that the text does not contain."""
    if not own:
        return result
    in_text = {int(h) for h in found.hash}
    used = {stem for item in result for stem in stems_of(item.phrase, language)}
    place = 0
    absent: list[Keyphrase] = []
    for keyword in keywords:
        number = phrase_hash(keyword, language)
        stems = set(stems_of(keyword, language))
        if (
            number in own
            and number not in in_text
            and stems
            and not stems & used
            and keyword.lower() not in _NO_KEYWORDS
        ):
            used |= stems
            absent.append(Keyphrase(" ".join(keyword.split()), _probability(_ABSENT_KEYWORD), place, "keywords"))
        place += len(keyword) + len("; ")
    return sorted([*result, *absent], key=lambda item: -item.score)[:n]
