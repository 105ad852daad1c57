"""What a reader may ask of recommendations: recent or established ones, near to what is liked or far from it."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

RECENCY = 0.8  # how much of its score an article can win or lose by its year
YEARS = 5.0  # from the middle of the candidates' years: after so many most of that is reached
DISTANCE = 0.9  # how much of its score the article loses that resembles the liked ones most

Values = NDArray[np.float32]


class Steering(Struct, frozen=True):
    """What is wanted of a list; 0 asks for nothing. Values beyond the range count as its ends."""

    recency: float = 0.0  # -1 the established … 1 the recent
    distance: float = 0.0  # 0 as near as the scores say … 1 far: what readers like beside it, not what resembles it


def steer(scores: Values, nearness: Values, years: NDArray[np.int16], steering: Steering) -> Values:
    """Return the scores (m,) as the reader wants them: positive ones stay positive, others are as they were.

    `nearness` (m,) is how much each resembles what is liked, in any unit; `years` are 0 where none is known.
    """
    recency, distance = max(-1.0, min(steering.recency, 1.0)), max(0.0, min(steering.distance, 1.0))
    change = np.ones(len(scores))
    known = years > 0
    if recency and known.any():
        change[known] += RECENCY * recency * np.tanh((years[known] - np.median(years[known])) / YEARS)
    if distance and len(scores) > 1:
        rank = np.argsort(np.argsort(nearness, kind="stable"), kind="stable")
        change *= 1 - DISTANCE * distance * rank / (len(scores) - 1)
    return np.where(scores > 0, scores * change, scores).astype(np.float32)
