"""The dozen articles from which somebody picks who likes nothing yet: what is here, in its breadth."""

import threading
from datetime import datetime, timedelta
from random import Random

import numpy as np
from numpy.typing import NDArray

from germane.index import IndexFailure
from germane.web import wiring
from germane.web.catalog import queries as catalog
from germane.web.catalog import recommendable
from germane.web.readers import queries

N = 12
_N_OF_EACH = 100  # candidates: liked most, discussed most, newest, and some of all
_N_SOME = 300
_RENEWED = timedelta(hours=1)
_BONUS = 0.05  # of being liked or discussed, beside how much of the rest an article stands for

_lock = threading.Lock()
_kept: tuple[datetime, list[int]] | None = None


def find_starters(now: datetime) -> list[int]:
    """Return the numbers of up to a dozen articles, the same for everybody for an hour; none while the index is empty.

    They are chosen one after another so that together they resemble as much of what is here as can be.
    """
    global _kept
    with _lock:
        if _kept is None or not timedelta() <= now - _kept[0] < _RENEWED:
            found = _choose_all(now)
            if not found:
                return []
            _kept = now, found
        return _kept[1]


def forget_starters() -> None:
    """Let the next question choose anew."""
    global _kept
    _kept = None


def _choose_all(now: datetime) -> list[int]:
    liked = queries.most_liked(_N_OF_EACH)
    discussed = [line.id for line in catalog.read_discussed(_N_OF_EACH)]
    newest = [line.id for line in catalog.read_newest(n=_N_OF_EACH)]
    last = recommendable.greatest_number()
    some = Random(now.toordinal()).sample(range(1, last + 1), min(_N_SOME, last))  # noqa: S311 – nothing to guess
    candidates = list(dict.fromkeys([*liked, *discussed, *newest, *some]))
    standings = recommendable.read_standings(candidates)
    ids = [n for n in candidates if n in standings and standings[n].article_id == n and not standings[n].is_retracted]
    try:
        vectors = wiring.index().forward(ids).vectors
    except IndexFailure:
        return ids[:N]
    bonus = np.isin(np.array(ids, np.int64), np.array([*liked, *discussed], np.int64)) * _BONUS
    return [ids[at] for at in _cover(vectors, bonus.astype(np.float32), N)]


def _cover(vectors: NDArray[np.float32], bonus: NDArray[np.float32], n: int) -> list[int]:
    """Return the rows of `vectors` (m, dimensions) that cover the others best, greedily: facility location."""
    alike = np.maximum(vectors @ vectors.T, 0)
    covered = np.zeros(len(vectors), np.float32)
    is_left = np.ones(len(vectors), np.bool_)
    chosen: list[int] = []
    while len(chosen) < min(n, len(vectors)):
        gains = np.maximum(alike - covered[:, None], 0).mean(axis=0) + bonus * (1 - covered)
        best = int(np.argmax(np.where(is_left, gains, -1)))
        is_left[best] = False
        chosen.append(best)
        covered = np.maximum(covered, alike[best])
    return chosen
