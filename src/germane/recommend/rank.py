"""Scores → the list a reader sees: nothing known, withdrawn or twice, not all from one place, each with its because."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.recommend import Because, Recommendation
from germane.recommend.model import Model
from germane.recommend.profile import Profile
from germane.recommend.scoring import Lens, find_candidates, make_lens, score, shares

N_POOL = 20  # times as many candidates as are asked for are looked at
N_BECAUSE = 3
PAGE = 10
MAX_PER_VENUE_YEAR = 2  # among any ten that stand together
OUTSIDE = 0.25  # the part of the pool that has least to do with what is liked: a step outside comes from it


class Facts(Struct, frozen=True):
    """What decides whether an article may be recommended, and beside which."""

    venue_id: int = 0  # 0: none known, and such articles are not counted as one venue
    year: int | None = None
    work_id: int = 0  # versions of one work share it; 0: the only version
    is_retracted: bool = False


FactsOf = Callable[[Sequence[int]], Mapping[int, Facts]]  # articles that are gone are left out


def recommend(
    model: Model, profile: Profile, facts_of: FactsOf, *, n: int = PAGE, n_because: int = N_BECAUSE
) -> list[Recommendation]:
    """Return up to `n` articles for a reader, best first; fewer when there are not so many fit ones, never padded.

    What the profile excludes, what is retracted and other versions of what the reader knows or is being shown are left
    out. Among any ten that stand together at most two are of one venue and year, and each tenth is a step outside: the
    best of those that resemble the liked articles least. Every recommendation names the likes that speak for it; an
    article that no like speaks for is not recommended. Equal scores go by ascending id.
    """
    lens = make_lens(model, profile.weights)
    if not np.any(lens.row.data > 0):
        return []
    found = find_candidates(model, lens)
    found = found[~np.isin(model.article_ids[found], np.fromiter(profile.excluded_ids, np.int64))]
    scores = score(model, lens, found)
    best = np.lexsort((found, -scores))[: N_POOL * n]
    pool = found[best[scores[best] > 0]]
    ids: list[int] = model.article_ids[pool].tolist()
    facts = facts_of([*ids, *sorted(profile.excluded_ids)])
    known_works = {facts[each].work_id for each in profile.excluded_ids if each in facts} - {0}
    fit = [at for at, each in enumerate(ids) if each in facts and not facts[each].is_retracted]
    fit = [at for at in fit if facts[ids[at]].work_id not in known_works]
    chosen = _choose([ids[at] for at in fit], _outside(model, lens, pool[fit]), facts, n)
    position = dict(zip(ids, pool.tolist(), strict=True))
    because = _because(model, lens, np.array([position[each] for each, _ in chosen], np.int64), n_because)
    score_of = dict(zip(ids, scores[best].tolist(), strict=False))
    return [
        Recommendation(each, score_of[each], reasons, is_step_outside)
        for (each, is_step_outside), reasons in zip(chosen, because, strict=True)
        if reasons
    ]


def _choose(ids: Sequence[int], outside: Iterable[int], facts: Mapping[int, Facts], n: int) -> list[tuple[int, bool]]:
    """Return ids, best first, and whether each is a step outside; `outside` are those of `ids` that may be one."""
    chosen: list[tuple[int, bool]] = []
    far = set(outside)
    left = list(ids)
    while left and len(chosen) < n:
        is_step = len(chosen) % PAGE == PAGE - 1
        recent = [facts[each] for each, _ in chosen[-(PAGE - 1) :]]
        fit = [each for each in left if _fits(facts[each], recent)]
        best = next((each for each in fit if each in far), None) if is_step else None
        if best is None:
            best, is_step = next(iter(fit), None), False
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


def _outside(model: Model, lens: Lens, pool: NDArray[np.int64]) -> list[int]:
    """Return the ids of the part of the pool that resembles the marks least."""
    nearness = model.features[pool] @ (lens.row @ model.features).toarray().ravel()
    farthest = np.lexsort((pool, nearness))[: int(OUTSIDE * len(pool))]
    return [int(each) for each in model.article_ids[pool[farthest]]]


def _because(model: Model, lens: Lens, positions: NDArray[np.int64], n: int) -> list[tuple[Because, ...]]:
    """Return, for each position, the likes that speak for it, the greatest share of the speaking ones first."""
    if not len(positions):
        return []
    given = shares(model, lens, positions)
    given[lens.row.data <= 0] = 0
    given = np.maximum(given, 0)
    ids = model.article_ids[lens.row.indices]
    reasons = []
    for column in given.T:
        best = np.lexsort((ids, -column))[:n]
        total = float(column.sum())
        reasons.append(tuple(Because(int(ids[at]), float(column[at]) / total) for at in best if column[at] > 0))
    return reasons
