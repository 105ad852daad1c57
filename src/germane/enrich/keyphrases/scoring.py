"""Texts → scored phrases, many texts in one pass."""

import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.absent import score_absent
from germane.enrich.keyphrases.background import Floats
from germane.enrich.keyphrases.candidates import Candidates, find_candidates
from germane.enrich.keyphrases.choosing import Option
from germane.enrich.keyphrases.features import FEATURES, PLAIN_FEATURES, measure
from germane.enrich.keyphrases.lexicon import Kind
from germane.enrich.keyphrases.model import Trees, load_model
from germane.enrich.keyphrases.stopwords import EMPTY
from germane.enrich.keyphrases.words import phrase_hash

OWN_KEYWORD = 3.0  # log-odds that the authors' own choice adds to a phrase
_WHOLE = 0.1  # log-odds by which a phrase is above its parts
_EMPTY = tuple(EMPTY)
_FORMULAS = ("mathbb", "mathcal", "mathrm", "mathfrak", "mathbf", "mathsf", "operatorname", "overline", "frac", "sqrt")
_KNOWN = 3  # articles with a phrase of weak words as keyword, for it to say something

Text = tuple[str, str]  # title, abstract


class Scored(Struct, frozen=True):
    """The phrases of some texts with their log-odds, shape (n,), and features, shape (f, n)."""

    found: Candidates
    scores: NDArray[np.float64]
    columns: Floats
    absent: Sequence[Sequence[Option]]  # by text


def trees_for(language: str) -> tuple[Trees, tuple[str, ...]]:
    """Return the trees of a language and the names of their features."""
    model = load_model()
    return (model.english, FEATURES) if language == "en" else (model.plain, PLAIN_FEATURES)


def score_phrases(texts: Sequence[Text], language: str, own: Sequence[Mapping[int, str]]) -> Scored:
    """Return what texts of one language may be shown with; `own` has each one's authors' keywords by phrase hash."""
    trees, names = trees_for(language)
    if language != "en":
        found = find_candidates(texts, language, None)
        columns = measure(found, None) if found.n else _no_columns(names)
        absent: Sequence[Sequence[Option]] = [[]] * len(texts)
    else:
        model = load_model()
        found = find_candidates(texts, language, model.tables)
        log_odds = model.topics.log_odds(found)
        affinity = model.topics.of_phrases(found, log_odds)
        columns = measure(found, model.tables, affinity) if found.n else _no_columns(names)
        absent = score_absent(found, log_odds, affinity)
    is_own = np.zeros(found.n, dtype=bool)
    for text, keywords in enumerate(own):
        if keywords:
            some = found.of(text)
            part = slice(some.start, some.stop)
            is_own[part] = np.isin(found.hash[part], np.array(list(keywords), dtype=np.uint64))
    scores = trees.score_best(columns, found.text_of, found.bounds, is_own)
    scores[_says_nothing(found, columns, names)] = -np.inf
    if language != "en":
        _raise_linked(found, scores)
    scores[is_own] += OWN_KEYWORD
    return Scored(found, scores, columns, absent)


def _raise_linked(found: Candidates, scores: NDArray[np.float64]) -> None:
    """Raise a phrase with a link word to its best part, where that hardly stands alone: "érosion", "sols".

    The trees know little of such phrases, as English has few; and the parts say less than the whole.
    """
    counts = np.diff(found.first)
    starts, lengths = found.at[found.first[:-1]], found.length[found.first[:-1]]
    is_link = (found.words.kind & int(Kind.LINK)) != 0
    links = np.append(0, np.cumsum(is_link))
    linked = (links[starts + lengths] > links[starts]) & (counts > 1)
    for phrase in np.flatnonzero(linked).tolist():
        some = found.of(int(found.text_of[phrase]))
        inside = range(int(starts[phrase]), int(starts[phrase] + lengths[phrase]))
        parts = slice(some.start, some.stop)
        is_part = (starts[parts] >= inside.start) & (starts[parts] + lengths[parts] <= inside.stop)
        is_part |= np.isin(found.hash[parts], found.words.hash[inside.start : inside.stop])
        is_part &= counts[parts] <= counts[phrase] + 1
        scores[phrase] = max(scores[phrase], scores[parts][is_part].max(initial=-np.inf) + _WHOLE)


def _no_columns(names: Sequence[str]) -> Floats:
    return np.zeros((len(names), 0), dtype=np.float32)


def _says_nothing(found: Candidates, columns: Floats, names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Tell which phrases are of weak words alone and nobody's keyword: "clinical study", but not "risk factors"."""
    column = {name: columns[i] for i, name in enumerate(names)}
    empty: NDArray[np.bool_] = column["weak_words"] + column["links"] >= column["words"]
    if "keywords" in column:
        empty &= column["keywords"] < math.log(1 + _KNOWN)
    # An adjective that only ever stands before another word.
    is_adjective = (found.words.kind[found.at[found.first[:-1]]] & int(Kind.ADJECTIVAL)) != 0
    empty |= is_adjective & (column["words"] == 1) & (column["right_edge"] == 0)
    # An adverb, and what is left of a formula: "mathcal H".
    is_adverb = (found.words.kind[found.at[found.first[:-1]]] & int(Kind.LY)) != 0
    empty |= is_adverb & (column["words"] == 1)
    starts = found.at[found.first[:-1]]
    formulas = np.append(0, np.cumsum(np.isin(found.words.hash, _hashes(_FORMULAS))))
    empty |= formulas[starts + found.length[found.first[:-1]]] > formulas[starts]
    return empty | np.isin(found.hash, _hashes(_EMPTY))


@cache
def _hashes(phrases: tuple[str, ...]) -> NDArray[np.uint64]:
    return np.array([phrase_hash(phrase) for phrase in phrases], dtype=np.uint64)
