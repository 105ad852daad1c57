"""What a reader may ask of a list of similar articles: newer or older, nearer or farther, without someone or something.

The order is a pure function of scores and years; what is excluded is left out when candidates are looked for.
"""

import math
from collections.abc import Sequence
from statistics import median

from msgspec import Struct

from germane.index import Clause

RECENCY = 0.6  # how much of its score an article can win or lose by its year
YEARS = 5.0  # after so many years most of that is reached
# Of what the nearest has, the likeness that is wanted most at the far end: half as like, and nothing in common at 0.
FAR = 0.5


class Steering(Struct, frozen=True):
    """What is wanted of similar articles; 0 and () ask for nothing."""

    recency: float = 0.0  # -1 the established … 1 the recent
    nearness: float = 0.0  # -1 the farther ones, still related … 1 the same words, nothing else
    excluded_venue_ids: Sequence[int] = ()
    excluded_authors: Sequence[str] = ()
    excluded_topics: Sequence[str] = ()


class Steerable(Struct, frozen=True):
    """A candidate as steering sees it: how alike it is, 0..1, also by words alone, and when it appeared."""

    score: float
    words: float
    year: int | None = None


def steer(candidates: Sequence[Steerable], steering: Steering) -> list[float]:
    """Return a value for each candidate, by which the list is ordered: as wanted, else by their scores."""
    values = _by_nearness(candidates, max(-1.0, min(steering.nearness, 1.0)))
    recency = max(-1.0, min(steering.recency, 1.0))
    years = [c.year for c in candidates if c.year is not None]
    if not recency or not years:
        return values
    middle = median(years)
    return [
        value * (1 + RECENCY * recency * (math.tanh((c.year - middle) / YEARS) if c.year is not None else 0.0))
        for value, c in zip(values, candidates, strict=True)
    ]


def clauses_without(steering: Steering) -> list[Clause]:
    """Return what no candidate may satisfy: an author's name, a topic in title or keywords."""
    authors = [Clause(name, "author", is_phrase=True) for name in steering.excluded_authors if name.strip()]
    topics = [
        Clause(topic, field, is_phrase=True)
        for topic in steering.excluded_topics
        if topic.strip()
        for field in ("keyword", "title")
    ]
    return authors + topics


def _by_nearness(candidates: Sequence[Steerable], nearness: float) -> list[float]:
    if nearness >= 0:
        return [(1 - nearness) * c.score + nearness * c.words for c in candidates]
    best = max((c.score for c in candidates), default=0.0)
    wanted = best * (1 + FAR * nearness)
    return [max(best - abs(c.score - wanted), 0.0) for c in candidates]
