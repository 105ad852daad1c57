"""Scores → the list a reader sees: nothing known, withdrawn or twice, not all from one place, each with its because."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.recommend import Because, Recommendation
from germane.recommend.model import Model
from germane.recommend.profile import Profile
from germane.recommend.scoring import N_CANDIDATES, find_candidates, make_lens, rate, shares
from germane.recommend.steering import Steering, steer

N_POOL = 20  # times as many candidates as are asked for are looked at, and more when too few of these are fit
N_POOLS = 8  # that are looked at, at most
N_BECAUSE = 3
PAGE = 10
MAX_PER_VENUE_YEAR = 2  # among any ten that stand together
OUTSIDE = 0.25  # the part of the pool that has least to do with what is liked: a step outside comes from it
_NO_STEERING = Steering()


class Facts(Struct, frozen=True):
    """What decides whether an article may be recommended, and beside which."""

    venue_id: int = 0  # 0: none known, and such articles are not counted as one venue
    year: int | None = None
    work_id: int = 0  # versions of one work share it; 0: the only version
    is_retracted: bool = False
    is_unwanted: bool = False  # of an author, a venue or a topic that the reader excludes


FactsOf = Callable[[Sequence[int]], Mapping[int, Facts]]  # articles that are gone are left out
SimilarOf = Callable[[Sequence[int]], Mapping[int, Sequence[tuple[int, float]]]]  # of each: (article, likeness 0..1)


class _Ranked(Struct, frozen=True, eq=False):
    """Candidates, best first."""

    ids: NDArray[np.int64]
    scores: NDArray[np.float32]
    nearness: NDArray[np.float32]  # how much each resembles what is liked


def recommend(
    model: Model,
    profile: Profile,
    facts_of: FactsOf,
    *,
    n: int = PAGE,
    n_because: int = N_BECAUSE,
    steering: Steering = _NO_STEERING,
) -> list[Recommendation]:
    """Return up to `n` articles for a reader, best first; fewer when there are not so many fit ones, never padded.

    What the profile excludes, what is retracted or unwanted and other versions of what the reader knows or is being
    shown are left out. Among any ten that stand together at most two are of one venue and year, and each tenth is a
    step outside: the best of those that resemble the liked articles least. Every recommendation names the likes and
    phrases that speak for it; an article that none speaks for is not recommended. Equal scores go by ascending id.
    """
    lens = make_lens(model, profile.weights)
    if not np.any(lens.weights > 0):
        return []
    positions = find_candidates(model, lens, max(N_CANDIDATES, N_POOL * n))
    rated, years = rate(model, lens, positions), model.years_of(positions)
    scores = steer(rated.scores, rated.nearness, years, steering)
    ranked = _rank(model.ids_of(positions), scores, rated.nearness, profile)
    listed = _choose_fit(ranked, facts_of, profile, n)
    given = shares(model, lens, model.positions_of(np.array([each for each, _ in listed], np.int64)))
    given[lens.weights <= 0] = 0
    because = _because(model.ids_of(lens.positions), given, profile.phrase_of, n_because)
    return _told(ranked, listed, because)


def recommend_similar(
    similar_of: SimilarOf,
    profile: Profile,
    facts_of: FactsOf,
    *,
    n: int = PAGE,
    n_because: int = N_BECAUSE,
    steering: Steering = _NO_STEERING,
) -> list[Recommendation]:
    """Return what `recommend` does without a model: the articles that are similar to the liked ones, by content alone.

    `similar_of` gives each marked article's stored list. A score is the sum of the likenesses to the marked articles,
    each times its mark's weight.
    """
    marks = sorted(profile.weights)
    lists = similar_of(marks)
    owners = np.array([at for at, mark in enumerate(marks) for _ in lists.get(mark, ())], np.int64)
    pairs = [pair for mark in marks for pair in lists.get(mark, ())]
    ids, columns = np.unique(np.array([other for other, _ in pairs], np.int64), return_inverse=True)
    likeness = np.zeros((len(marks), len(ids)), np.float32)
    likeness[owners, columns.ravel()] = [value for _, value in pairs]
    weights = np.array([profile.weights[mark] for mark in marks], np.float32)
    given = likeness * weights[:, None]
    near = likeness.max(axis=0, initial=0)
    facts = facts_of(ids.tolist()) if steering.recency else {}
    years = np.array([facts[each].year or 0 if each in facts else 0 for each in ids.tolist()], np.int16)
    ranked = _rank(ids, steer(given.sum(axis=0), near, years, steering), near, profile)
    listed = _choose_fit(ranked, facts_of, profile, n)
    chosen = np.searchsorted(ids, np.array([each for each, _ in listed], np.int64))
    because = _because(np.array(marks, np.int64), np.maximum(given, 0)[:, chosen], profile.phrase_of, n_because)
    return _told(ranked, listed, because)


def _rank(ids: NDArray[np.int64], scores: NDArray[np.float32], near: NDArray[np.float32], profile: Profile) -> _Ranked:
    """Return what is worth recommending and not excluded, best first; equal ones by ascending id."""
    is_kept = (scores > 0) & ~np.isin(ids, np.fromiter(profile.excluded_ids, np.int64))
    order = np.lexsort((ids[is_kept], -scores[is_kept]))
    return _Ranked(ids[is_kept][order], scores[is_kept][order], near[is_kept][order])


def _choose_fit(ranked: _Ranked, facts_of: FactsOf, profile: Profile, n: int) -> list[tuple[int, bool]]:
    """Return the ids to be shown, best first, and whether each is a step outside."""
    facts = dict(facts_of(sorted(profile.excluded_ids)))
    known_works = {facts[each].work_id for each in profile.excluded_ids if each in facts} - {0}
    fit: list[int] = []
    chosen: list[tuple[int, bool]] = []
    for first in range(0, min(len(ranked.ids), N_POOLS * N_POOL * n), max(N_POOL * n, 1)):
        places = np.arange(first, min(first + N_POOL * n, len(ranked.ids)))
        ids = ranked.ids[places].tolist()
        facts |= facts_of(ids)
        fit += [
            place
            for place, each in zip(places.tolist(), ids, strict=True)
            if each in facts and _may_be_shown(facts[each], known_works)
        ]
        chosen = _choose(ranked.ids[fit].tolist(), _outside(ranked, fit), facts, n)
        if len(chosen) == n:
            break
    return chosen


def _may_be_shown(facts: Facts, known_works: set[int]) -> bool:
    return not facts.is_retracted and not facts.is_unwanted and facts.work_id not in known_works


def _choose(ids: Sequence[int], outside: Iterable[int], facts: Mapping[int, Facts], n: int) -> list[tuple[int, bool]]:
    """Return ids, best first, and whether each is a step outside; `outside` are those of `ids` that may be one."""
    chosen: list[tuple[int, bool]] = []
    far = set(outside)
    left = list(ids)
    while left and len(chosen) < n:
        is_step = len(chosen) % PAGE == PAGE - 1
        recent = [facts[each] for each, _ in chosen[-(PAGE - 1) :]]
        fit = (each for each in left if _fits(facts[each], recent))
        best = next((each for each in fit if each in far), None) if is_step else next(fit, None)
        if best is None and is_step:
            best, is_step = next((each for each in left if _fits(facts[each], recent)), None), False
        if best is None:
            break
        chosen.append((best, is_step))
        work = facts[best].work_id
        left = [each for each in left if each != best and not (work and facts[each].work_id == work)]
    return chosen


def _fits(one: Facts, recent: Sequence[Facts]) -> bool:
    if not one.venue_id:
        return True
    return sum((one.venue_id, one.year) == (each.venue_id, each.year) for each in recent) < MAX_PER_VENUE_YEAR


def _outside(ranked: _Ranked, places: Sequence[int]) -> list[int]:
    """Return the ids of the part of some candidates that resembles the marks least."""
    pool = np.array(places, np.int64)
    farthest = np.lexsort((ranked.ids[pool], ranked.nearness[pool]))[: int(OUTSIDE * len(pool))]
    return [int(each) for each in ranked.ids[pool[farthest]]]


def _because(
    marks: NDArray[np.int64], given: NDArray[np.float32], phrase_of: Mapping[int, str], n: int
) -> list[tuple[Because, ...]]:
    """Return, for each column of `given` (marks, articles), who speaks for it, the greatest share of these first."""
    given = np.maximum(given, 0)
    reasons = []
    for column in given.T:
        parts: dict[tuple[int, str], float] = {}
        for mark, value in zip(marks.tolist(), column.tolist(), strict=True):
            name = (0, phrase_of[mark]) if mark in phrase_of else (mark, "")
            parts[name] = parts.get(name, 0.0) + value
        total = sum(parts.values())
        best = sorted((pair for pair in parts.items() if pair[1] > 0), key=lambda pair: (-pair[1], pair[0]))[:n]
        reasons.append(tuple(Because(article_id, value / total, phrase) for (article_id, phrase), value in best))
    return reasons


def _told(
    ranked: _Ranked, listed: Sequence[tuple[int, bool]], because: Sequence[tuple[Because, ...]]
) -> list[Recommendation]:
    score_of = dict(zip(ranked.ids.tolist(), ranked.scores.tolist(), strict=True))
    return [
        Recommendation(each, score_of[each], reasons, is_step_outside)
        for (each, is_step_outside), reasons in zip(listed, because, strict=True)
        if reasons
    ]
