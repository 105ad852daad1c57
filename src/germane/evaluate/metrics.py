"""The measures of a ranking, and how sure a difference between two methods is.

A ranking is a sequence of ids, best first; ties were broken by ascending id before it came here (`ranked`).
"""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_RESAMPLES = 10_000

T = TypeVar("T", bound=Hashable)


def ranked(scores: ArrayLike, ids: Sequence[str], *, n: int | None = None) -> list[str]:
    """Return ids by falling score, equal ones by ascending id; the first `n` when given."""
    values = np.asarray(scores, dtype=np.float64)
    if n is not None and 0 < n < values.size:  # only those that can be among the first n, with every tie at the edge
        edge = np.partition(values, values.size - n)[values.size - n]
        kept = np.flatnonzero(values >= edge)
    else:
        kept = np.arange(values.size)
    order = sorted(kept.tolist(), key=lambda i: (-values[i], ids[i]))
    return [ids[i] for i in order[:n]]


def recall_at(ranking: Sequence[T], relevant: Collection[T], n: int) -> float:
    """Return the part of the relevant ones among the first `n`."""
    return len(set(ranking[:n]) & set(relevant)) / len(set(relevant))


def reciprocal_rank_at(ranking: Sequence[T], relevant: Collection[T], n: int) -> float:
    """Return 1 / rank of the first relevant one among the first `n`, else 0."""
    return next((1.0 / rank for rank, found in enumerate(ranking[:n], 1) if found in relevant), 0.0)


def average_precision(ranking: Sequence[T], relevant: Collection[T]) -> float:
    """Return the mean, over the relevant ones, of the precision at the rank of each; 0 for one that is not ranked."""
    hits, total = 0, 0.0
    for rank, found in enumerate(ranking, 1):
        if found in relevant:
            hits += 1
            total += hits / rank
    return total / len(set(relevant))


def ndcg_at(ranking: Sequence[T], gains: Mapping[T, float], n: int) -> float:
    """Return the discounted gain of the first `n`, Σ gain / log₂(rank + 1), over that of the best order.

    `gains` are the grades themselves, not 2^grade − 1; 0 when nothing has a gain.
    """
    best = _discounted(sorted(gains.values(), reverse=True)[:n])
    return _discounted([gains.get(found, 0.0) for found in ranking[:n]]) / best if best else 0.0


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def bootstrap_difference(
    ours: ArrayLike, theirs: ArrayLike, *, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """Return the interval of mean(ours − theirs) over resampled queries: paired percentile bootstrap.

    Both hold one value a query, in the same order. Raises ValueError when their lengths differ.
    """
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"{a.size} queries against {b.size}: pairs are needed")
    if not a.size:
        return (0.0, 0.0)
    means = _resampled_means(a - b, np.random.default_rng(seed))
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return (float(low), float(high))


def _resampled_means(values: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    step = max(1, 2_000_000 // values.size)  # rows at a time, so that many queries need no gigabytes
    parts = [
        values[random.integers(values.size, size=(min(step, N_RESAMPLES - begin), values.size))].mean(axis=1)
        for begin in range(0, N_RESAMPLES, step)
    ]
    return np.concatenate(parts)
