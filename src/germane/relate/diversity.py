"""A list in which no group crowds out the rest, and no article stands twice under two titles."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np
from rapidfuzz import fuzz, process

from germane.text import fold

SAME_TITLE = 93.0  # of 100: two titles this alike are one work, or one series
SAME_WORDS = 0.9  # two articles whose words are this alike are one text
N_FIRST = 5  # the first ones stand where they are, whoever wrote them
LARGEST_GROUP = 0.25  # of a list: what one group may have before the others' turn comes
SMALLEST_CAP = 3

T = TypeVar("T")


def are_titles_alike(title: str, other: str) -> bool:
    """Tell whether two titles, folded, are those of one work or of one series."""
    return bool(title) and bool(other) and fuzz.ratio(title, other, score_cutoff=SAME_TITLE) > 0


def distinct_places(titles: Sequence[str], likeness: Callable[[int, int], float], own_title: str = "") -> list[int]:
    """Return the places of the articles that stay, in order: of those that are nearly one, the first.

    `likeness` tells how alike two of them are by their words, 0..1. Those with the article's own title are left out.
    """
    folded = [fold(title) for title in (own_title, *titles)]
    # what differs more is 0; two articles without a title are not one
    ratios = process.cdist(folded, folded, scorer=fuzz.ratio, score_cutoff=SAME_TITLE, dtype=np.uint8)
    is_alike = (ratios > 0) & np.array([bool(title) for title in folded])[None, :]
    kept: list[int] = []
    for place in range(len(titles)):
        if is_alike[place + 1, 0]:
            continue
        if any(is_alike[place + 1, other + 1] or likeness(place, other) >= SAME_WORDS for other in kept):
            continue
        kept.append(place)
    return kept


def spread(ranked: Sequence[T], groups_of: Callable[[T], Iterable[Hashable]], *, n: int) -> list[T]:
    """Return the first `n` in order, except that beyond the first few no group has more than a quarter of the list.

    Those of a full group come after all others, so a list is never shorter for it.
    """
    cap = max(SMALLEST_CAP, round(LARGEST_GROUP * n))
    sizes: dict[Hashable, int] = {}
    chosen: list[T] = []
    later: list[T] = []
    for candidate in ranked:
        groups = list(groups_of(candidate))
        if len(chosen) >= N_FIRST and any(sizes.get(group, 0) >= cap for group in groups):
            later.append(candidate)
            continue
        chosen.append(candidate)
        for group in groups:
            sizes[group] = sizes.get(group, 0) + 1
        if len(chosen) == n:
            break
    return (chosen + later)[:n]
