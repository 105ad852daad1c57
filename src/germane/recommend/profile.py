"""A reader's taste: what is liked, what there should be less of, and what is not to be shown at all."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import log
from types import MappingProxyType

from msgspec import Struct

LESS_WEIGHT = -0.5  # of a like's: "less like this" steers away without wiping out what is liked beside it
PHRASE_WEIGHT = 0.5  # of a like's: a phrase of the profile, all its articles together
_NO_PHRASES: Mapping[str, Sequence[int]] = MappingProxyType({})


class Profile(Struct, frozen=True):
    """What one reader's marks say: weights by article, and the articles that are never to be recommended."""

    weights: Mapping[int, float]  # article id → 1 for a like just given, negative for "less like this"
    excluded_ids: frozenset[int] = frozenset()
    phrase_of: Mapping[int, str] = MappingProxyType({})  # of articles that count for a phrase alone, and are not liked


def make_profile(
    liked: Mapping[int, datetime] | Iterable[int],
    *,
    less: Iterable[int] = (),
    read: Iterable[int] = (),
    dismissed: Iterable[int] = (),
    same_works: Iterable[Sequence[int]] = (),
    phrases: Mapping[str, Sequence[int]] = _NO_PHRASES,
    muted_phrases: Mapping[str, Sequence[int]] = _NO_PHRASES,
    now: datetime | None = None,
    half_life_days: float | None = None,
) -> Profile:
    """Return the profile of a reader's marks.

    A like counts 1, halved with each `half_life_days` before `now` when both are given and the likes have dates. An
    article both liked and marked "less like this" counts as the latter. `same_works` are groups of article ids that
    are versions of one work: with one of them known to the reader, all the others are excluded too. `phrases` are
    those that the reader added to the profile, each with a few articles that it stands for, such as those that have it
    among their keyphrases; `muted_phrases` are those that were taken out of it. Marks of articles come before phrases.
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
    marked = frozenset(weights)
    phrase_of: dict[int, str] = {}
    for sign, some in ((1.0, phrases), (-1.0, muted_phrases)):
        for phrase, article_ids in some.items():
            for article_id in set(article_ids) - marked - phrase_of.keys():
                weights[article_id] = sign * PHRASE_WEIGHT / len(set(article_ids))
                phrase_of[article_id] = phrase
    return Profile(weights, frozenset(known | others), phrase_of)


def telling_phrases(
    keyphrases_of: Mapping[int, Sequence[str]],
    weights: Mapping[int, float],
    n_with: Mapping[str, int],
    n_articles: int,
    *,
    n: int = 12,
) -> list[tuple[str, float]]:
    """Return the phrases that a profile's articles share most tellingly, with their scores, best first.

    `keyphrases_of` has those of the marked articles, `n_with` how many of all `n_articles` have each. A phrase's score
    is the sum of the weights of those that have it, times ln(n_articles / n_with); only positive ones are told.
    """
    sums: dict[str, float] = {}
    for article_id, phrases in keyphrases_of.items():
        for phrase in set(phrases):
            sums[phrase] = sums.get(phrase, 0.0) + weights.get(article_id, 0.0)
    scores = {phrase: total * log(max(n_articles, 1) / max(n_with.get(phrase, 1), 1)) for phrase, total in sums.items()}
    best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(phrase, value) for phrase, value in best[:n] if value > 0]
