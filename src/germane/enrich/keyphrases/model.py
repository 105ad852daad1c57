"""The weights of the keyphrase extractor: background tables and two ensembles of oblivious decision trees."""

from functools import cache
from importlib.resources import files
from typing import Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.background import Background, Floats

_RESOURCE = "model.npz"
_FINALISTS = 48


class Trees(Struct, frozen=True):
    """Boosted oblivious trees: every node of a level asks the same question. Shapes (t, d), (t, d), (t, 2 ** d)."""

    feature: NDArray[np.int64]
    border: Floats
    leaf: Floats
    bias: float

    def score(self, rows: Floats) -> NDArray[np.float64]:
        """Return the log-odds of each row being a keyphrase, shape (n,)."""
        begin = len(self.feature) // 4
        scores = self._sum(rows, slice(0, begin)) + self.bias
        # The first trees part the chaff: only what they leave near the top can be chosen, and is judged to the end.
        if len(rows) > _FINALISTS:
            last = np.argpartition(-scores, _FINALISTS)
            best, rest = last[:_FINALISTS], last[_FINALISTS:]
            scores[best] += self._sum(rows[best], slice(begin, None))
            scores[rest] = np.minimum(scores[rest], scores[best].min())
        else:
            scores += self._sum(rows, slice(begin, None))
        return scores

    def _sum(self, rows: Floats, part: slice) -> NDArray[np.float64]:
        """Return the sum of some of the trees' answers for each row."""
        feature, leaf = self.feature[part], self.leaf[part]
        n_trees, depth = feature.shape
        columns = np.ascontiguousarray(rows.T)
        index = np.zeros((n_trees, len(rows)), dtype=np.uint8)
        for level in range(depth):
            answers = columns[feature[:, level]] > self.border[part, level, None]
            index |= answers.view(np.uint8) << np.uint8(level)
        places = index + np.arange(0, leaf.size, 1 << depth, dtype=np.int32)[:, None]
        total: NDArray[np.float64] = leaf.ravel()[places].sum(axis=0, dtype=np.float64)
        return total

    def explain(self, row: Floats) -> tuple[float, NDArray[np.float64]]:
        """Return the mean score and how far each feature moves this row from it, shape (f,); together the score.

        A level's share is the change in the mean of the leaves still reachable, once its question is answered.
        """
        n_trees, depth = self.feature.shape
        shares = np.zeros(len(row))
        answers = row[self.feature] > self.border
        # Axes of a tree's leaves: the last level first, as the first level is the lowest bit of a leaf's number.
        leaves = self.leaf.astype(np.float64).reshape((n_trees,) + (2,) * depth)
        rows = np.arange(n_trees)
        mean = leaves.reshape(n_trees, -1).mean(axis=1)
        base = float(mean.sum()) + self.bias
        for level in range(depth):
            leaves = leaves[rows, ..., answers[:, level].astype(int)]
            after = leaves.reshape(n_trees, -1).mean(axis=1)
            np.add.at(shares, self.feature[:, level], after - mean)
            mean = after
        return base, shares

    @classmethod
    def load(cls, arrays: "np.lib.npyio.NpzFile", name: str) -> Self:
        """Return the ensemble that is kept under a name in an open `.npz` file."""
        feature, border, leaf = (arrays[f"{name}_{part}"] for part in ("feature", "border", "leaf"))
        return cls(
            feature.astype(np.int64), border.astype(np.float32), leaf.astype(np.float32), float(arrays[f"{name}_bias"])
        )


class Model(Struct, frozen=True):
    """All that is learned."""

    version: str
    background: Background
    english: Trees  # over all features
    plain: Trees  # over those that need no background, for every other language


@cache
def load_model() -> Model:
    """Return the packaged weights, read once."""
    with files(__package__).joinpath(_RESOURCE).open("rb") as stream, np.load(stream) as arrays:
        return Model(
            str(arrays["version"]),
            Background.load(arrays),
            Trees.load(arrays, "english"),
            Trees.load(arrays, "plain"),
        )
