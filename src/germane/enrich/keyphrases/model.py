"""The weights of the keyphrase extractor: tables, topics and ensembles of oblivious decision trees."""

from functools import cache
from importlib.resources import files
from typing import Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.background import Floats, Tables
from germane.enrich.keyphrases.forest import Forest
from germane.enrich.keyphrases.topics import Topics

_RESOURCE = "model.npz"
_FINALISTS = 40


class Trees(Struct, frozen=True):
    """Boosted oblivious trees: every node of a level asks the same question. Shapes (t, d), (t, d), (t, 2 ** d)."""

    feature: NDArray[np.int64]
    border: Floats
    leaf: Floats
    bias: float

    first: Forest  # a quarter of the same trees
    rest: Forest

    def score(self, columns: Floats) -> NDArray[np.float64]:
        """Return the log-odds that each column of features, shape (f, n), is of something chosen, shape (n,)."""
        return self.first.sum(columns) + self.rest.sum(columns) + self.bias

    def score_best(
        self, columns: Floats, text_of: NDArray[np.int64], bounds: NDArray[np.int64], kept: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return the log-odds of each text's finalists and of those that are kept anyway, -inf for the others.

        The first quarter of the trees parts the chaff: only what it leaves near the top is judged to the end.
        """
        scores = self.first.sum(columns) + self.bias
        order = np.lexsort((-scores, text_of))
        place = np.arange(len(order)) - bounds[text_of[order]]
        is_best = kept.copy()
        is_best[order[place < _FINALISTS]] = True
        best = np.flatnonzero(is_best)
        final = np.full(len(scores), -np.inf)
        final[best] = scores[best] + self.rest.sum(columns[:, best])
        return final

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
        feature, border = feature.astype(np.int64), border.astype(np.float32)
        parts = slice(0, len(leaf) // 4), slice(len(leaf) // 4, None)
        first, rest = (Forest.plant(feature[part], border[part], leaf[part]) for part in parts)
        return cls(feature, border, leaf.astype(np.float32), float(arrays[f"{name}_bias"]), first, rest)


class Model(Struct, frozen=True):
    """All that is learned."""

    version: str
    tables: Tables
    topics: Topics
    english: Trees  # over all features
    plain: Trees  # over those that need no tables, for every other language
    absent: Trees  # over keywords that the text does not contain


@cache
def load_model() -> Model:
    """Return the packaged weights, read once."""
    with files(__package__).joinpath(_RESOURCE).open("rb") as stream, np.load(stream) as arrays:
        return Model(
            str(arrays["version"]),
            Tables.load(arrays),
            Topics.load(arrays),
            Trees.load(arrays, "english"),
            Trees.load(arrays, "plain"),
            Trees.load(arrays, "absent"),
        )
