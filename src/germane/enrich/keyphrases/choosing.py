"""Scored candidates → the few that are shown: no two that say the same, none that overlap."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.candidates import Candidates

BRIEF = 5  # up to here a list is short and every phrase must be new; beyond, it is an index and may nest
ALWAYS = 3  # as many phrases as are shown even when none is likely
FLOOR = -4.5  # log-odds below which nothing is shown
LEAST = -2.5  # log-odds (about 0.08) below which a short list that has ALWAYS phrases gets no more
NESTED = 1  # pairs of phrases in a short list of which one may be inside the other: "pain", "interscapular pain"
CAUTION = 0.4  # 1: the list ends where F1 is expected to fall; 0: it never ends for that


class Option(Struct, frozen=True):
    """A phrase that may be shown: its number, its stems, and the words of the text it covers."""

    phrase: int  # among the candidates; -1 - keyword for one that the text does not contain
    score: float
    stems: frozenset[int]
    n_stems: int
    runs: Sequence[range] = ()  # one per occurrence
    cover: frozenset[int] = frozenset()
    values: Sequence[float] = ()  # features of an absent one


class Ranked(Struct, frozen=True):
    """The phrases of some texts that are likely enough to be shown: r of them, by text, best first."""

    found: Candidates
    bounds: list[int]  # (texts + 1,) each text's first one
    phrases: list[int]  # (r,) their numbers
    scores: list[float]
    likely: list[float]  # (texts,) how many keyphrases are to be expected among them
    full_of: Sequence[Mapping[int, int]]  # (texts,) acronym → full form, where both are candidates
    first: list[int]  # those of `found`, which are looked up one by one
    at: list[int]
    length: list[int]


def rank_phrases(found: Candidates, scores: NDArray[np.float64]) -> Ranked:
    """Return the phrases of texts whose log-odds, shape (n,), are FLOOR or more.

    Those of a full form are raised, in place, to that of its acronym: who looks for one looks for the other.
    """
    n_texts = len(found.bounds) - 1
    full_of = [_raise_full_forms(found, scores, text) for text in range(n_texts)]
    likely = np.flatnonzero(scores >= FLOOR)
    order = likely[np.lexsort((-scores[likely], found.text_of[likely]))]
    text_of, ordered = found.text_of[order], scores[order]
    return Ranked(
        found,
        np.searchsorted(text_of, np.arange(n_texts + 1)).tolist(),
        order.tolist(),
        ordered.tolist(),
        np.bincount(text_of, 1 / (1 + np.exp(-ordered)), n_texts).tolist(),
        full_of,
        found.first.tolist(),
        found.at.tolist(),
        found.length.tolist(),
    )


def choose_phrases(ranked: Ranked, text: int, n: int, absent: Sequence[Option] = ()) -> list[Option]:
    """Return at most `n` phrases of a text, best first, no two of which overlap or mean the same.

    `absent` are phrases that the text does not contain, best first, and compete with the others. A longer list begins
    with the shorter one.
    """
    likely = ranked.likely[text]
    brief = _take(_options(ranked, text, absent), [], min(n, BRIEF), likely, alone=1)
    if n <= BRIEF:
        return brief
    return _take(_options(ranked, text, absent), brief, n, likely, alone=0)


def probability(log_odds: float) -> float:
    """Return the probability, 0..1, of log-odds."""
    return 1 / (1 + math.exp(-log_odds)) if log_odds > -700 else 0.0


def _take(options: Iterable[Option], before: list[Option], n: int, likely: float, alone: int) -> list[Option]:
    """Return the list with what follows, up to `n`.

    It ends where another phrase would lower the F1 that is to be expected, 2 Σ p / (length + number of right phrases).
    """
    taken = list(before)
    n_nested = 0
    seen = {option.phrase for option in taken}
    hits = math.fsum(probability(option.score) for option in taken)
    for option in options:
        p = probability(option.score)
        if len(taken) >= n:
            break
        if len(taken) >= ALWAYS and ((alone and option.score < LEAST) or p < CAUTION * hits / (len(taken) + likely)):
            break
        if option.phrase in seen:
            continue
        nested = 0
        for other in taken:
            if not option.stems.isdisjoint(other.stems):  # most have nothing in common
                if not _may_stand_beside(option, other, alone):
                    break
                nested += alone and _is_nested(option, other)
        else:
            if n_nested + nested > NESTED:
                continue
            n_nested += nested
            taken.append(option)
            hits += p
    return taken


def _options(ranked: Ranked, text: int, absent: Sequence[Option]) -> Iterator[Option]:
    """Give the options, best first; not an acronym whose full form is one too, as that says more."""
    some = slice(ranked.bounds[text], ranked.bounds[text + 1])
    full_of = ranked.full_of[text]
    present = (
        _option(ranked, phrase, score)
        for phrase, score in zip(ranked.phrases[some], ranked.scores[some], strict=True)
        if phrase not in full_of
    )
    return merge(present, absent, key=lambda option: -option.score) if absent else present


def _option(ranked: Ranked, phrase: int, score: float) -> Option:
    places = range(ranked.first[phrase], ranked.first[phrase + 1])
    runs = [range(ranked.at[place], ranked.at[place] + ranked.length[place]) for place in places]
    stems = ranked.found.words.stems(runs[0])
    return Option(phrase, score, frozenset(stems), len(stems), runs, frozenset().union(*runs))


def _raise_full_forms(found: Candidates, scores: NDArray[np.float64], text: int) -> dict[int, int]:
    """Return acronym → full form, for those whose two forms are candidates: who looks for one looks for the other."""
    if not found.acronyms[text]:
        return {}
    some = found.of(text)
    number = dict(zip(found.hash[some.start : some.stop].tolist(), some, strict=True))
    full_of = {number[a.short]: number[a.full] for a in found.acronyms[text] if a.short in number and a.full in number}
    for short, full in full_of.items():
        scores[full] = max(scores[full], scores[short])
    return full_of


def _is_nested(option: Option, other: Option) -> bool:
    return option.stems <= other.stems or other.stems <= option.stems


def _may_stand_beside(option: Option, other: Option, alone: int) -> bool:
    """Tell whether two phrases may be shown together; one inside the other must stand `alone` times by itself."""
    short, long = (option, other) if option.n_stems < other.n_stems else (other, option)
    shared = short.stems & long.stems
    if not shared:
        return True
    if len(shared) == len(short.stems):
        if not (option.runs and other.runs):
            return not alone
        if short.n_stems == long.n_stems:  # the same words in another order
            return False
        # "complex networks" beside "controlling complex networks" must stand alone more than once, "pain" once.
        needed = alone if short.n_stems == 1 else 2 * alone
        return sum(long.cover.isdisjoint(run) for run in short.runs) >= needed
    # "mental health" and "health care" from "mental health care": the same place in the text, cut in two ways.
    return len(option.cover & other.cover) * 3 <= min(len(option.cover), len(other.cover))
