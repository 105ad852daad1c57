"""Scored candidates → the few that are shown: no two that say the same, none that overlap."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.candidates import Candidates

CONSIDERED = 40  # of the best candidates, and eight more per phrase wanted; the rest is never chosen
BRIEF = 5  # up to here a list is short and every phrase must be new; beyond, it is an index and may nest
ALWAYS = 3  # as many phrases as are shown even when none is likely
LIKELY = -2.9  # log-odds (about 0.05) that any further phrase must reach
FLOOR = -4.5  # log-odds below which nothing is shown


class Chosen(Struct, frozen=True):
    """A phrase that is shown: its number among the candidates, its stems, and the words of the text it covers."""

    phrase: int
    stems: tuple[int, ...]
    runs: tuple[range, ...]  # one per occurrence
    cover: frozenset[int]


def choose_phrases(found: Candidates, scores: NDArray[np.float64], n: int) -> list[int]:
    """Return the numbers of at most `n` phrases, best first, no two of which overlap or mean the same.

    A longer list begins with the shorter one. The scores of full forms are raised to those of their acronyms.
    """
    if n < 1 or not found.n:
        return []
    full_of = _full_forms(found)
    for short, full in full_of.items():  # whoever looks for the one looks for the other
        scores[full] = max(scores[full], scores[short])
    taken: list[Chosen] = []
    for phrase in np.argsort(-scores, kind="stable")[: CONSIDERED + 8 * n].tolist():
        if scores[phrase] < (LIKELY if len(taken) >= ALWAYS else FLOOR) or len(taken) == min(n, BRIEF):
            break
        if phrase in full_of:  # the full form says more than the acronym
            continue
        option = _option(found, phrase)
        if all(_may_stand_beside(option, other, 1) for other in taken):
            taken.append(option)
    if n > BRIEF:
        taken += _further(found, scores, taken, set(full_of), n)
    return [c.phrase for c in taken]


def _further(
    found: Candidates, scores: NDArray[np.float64], brief: list[Chosen], acronyms: set[int], n: int
) -> list[Chosen]:
    """Return what follows the first phrases in a long list, where a phrase may stand inside another."""
    taken = list(brief)
    seen = {c.phrase for c in taken} | acronyms
    for phrase in np.argsort(-scores, kind="stable")[: CONSIDERED + 8 * n].tolist():
        if len(taken) == n or scores[phrase] < LIKELY:
            break
        if phrase in seen:
            continue
        option = _option(found, phrase)
        if all(_may_stand_beside(option, other, 0) for other in taken):
            taken.append(option)
    return taken[len(brief) :]


def _full_forms(found: Candidates) -> dict[int, int]:
    """Return acronym → full form, for those whose two forms are candidates."""
    pairs = ((_number(found, a.short), _number(found, a.full)) for a in found.acronyms)
    return {short: full for short, full in pairs if short is not None and full is not None}


def _number(found: Candidates, value: int) -> int | None:
    place = int(np.searchsorted(found.hash, np.uint64(value)))
    return place if place < found.n and int(found.hash[place]) == value else None


def _option(found: Candidates, phrase: int) -> Chosen:
    begin, end = _occurrences(found, phrase)
    runs = tuple(
        range(at, at + length)
        for at, length in zip(found.at[begin:end].tolist(), found.length[begin:end].tolist(), strict=True)
    )
    stems = tuple(h for form in found.words.forms[runs[0].start : runs[0].stop] for h in form.stems)
    return Chosen(phrase, stems, runs, frozenset().union(*runs))


def _occurrences(found: Candidates, phrase: int) -> tuple[int, int]:
    end = int(found.first[phrase + 1]) if phrase + 1 < found.n else len(found.at)
    return int(found.first[phrase]), end


def _may_stand_beside(option: Chosen, other: Chosen, alone: int) -> bool:
    """Tell whether two phrases may be shown together; one inside the other must stand `alone` times by itself."""
    short, long = (option, other) if len(option.stems) < len(other.stems) else (other, option)
    shared = set(short.stems) & set(long.stems)
    if not shared:
        return True
    if len(shared) == len(set(short.stems)):
        if len(short.stems) == len(long.stems):  # the same words in another order
            return False
        return sum(long.cover.isdisjoint(run) for run in short.runs) >= alone
    # "mental health" and "health care" from "mental health care": the same place in the text, cut in two ways.
    return len(option.cover & other.cover) * 3 <= min(len(option.cover), len(other.cover))
