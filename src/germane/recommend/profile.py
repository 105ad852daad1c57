"""A reader's taste: what is liked, what there should be less of, and what is not to be shown at all."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

LESS_WEIGHT = -0.5  # of a like's: "less like this" steers away without wiping out what is liked beside it


class Like(Struct, frozen=True):
    """One reader's thumbs-up, and when it was given."""

    reader_id: int
    article_id: int
    at: datetime


class Profile(Struct, frozen=True):
    """What one reader's marks say: weights by article, and the articles that are never to be recommended."""

    weights: Mapping[int, float]  # article id → 1 for a like just given, negative for "less like this"
    excluded_ids: frozenset[int] = frozenset()


def make_profile(
    liked: Mapping[int, datetime] | Iterable[int],
    *,
    less: Iterable[int] = (),
    read: Iterable[int] = (),
    dismissed: Iterable[int] = (),
    same_works: Iterable[Sequence[int]] = (),
    now: datetime | None = None,
    half_life_days: float | None = None,
) -> Profile:
    """Return the profile of a reader's marks.

    A like counts 1, halved with each `half_life_days` before `now` when both are given and the likes have dates. An
    article both liked and marked "less like this" counts as the latter. `same_works` are groups of article ids that
    are versions of one work: with one of them known to the reader, all the others are excluded too.
    Raises ValueError for a half-life that is not positive.
    """
    if half_life_days is not None and half_life_days <= 0:
        raise ValueError(f"a half-life must be positive, not {half_life_days} days")
    weights: dict[int, float] = dict.fromkeys(liked, 1.0)
    if isinstance(liked, Mapping) and now is not None and half_life_days is not None:
        for article_id, at in liked.items():
            age_days = max((now - at).total_seconds() / 86_400, 0.0)
            weights[article_id] = 0.5 ** (age_days / half_life_days)
    weights.update(dict.fromkeys(less, LESS_WEIGHT))
    known = weights.keys() | set(read) | set(dismissed)
    others = {other for group in same_works if not known.isdisjoint(group) for other in group}
    return Profile(weights, frozenset(known | others))
