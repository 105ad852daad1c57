"""The sum of many oblivious trees' answers, for many columns of features in one pass."""

from typing import Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.keyphrases.background import Floats

_AT_ONCE = 1_024  # columns: what is asked of them fits the processor's caches


class Forest(Struct, frozen=True):
    """Oblivious trees of depth d, two and two as one of twice the depth, p pairs that ask q different questions.

    Trees repeat each other's questions, so that each question is asked once; and two trees together cost one look-up.
    """

    feature: NDArray[np.int64]  # (q,) of what is asked
    border: Floats  # (q, 1) whether it is above this
    question: NDArray[np.int64]  # (2 · p, d) of each tree's levels, the first level being the lowest bit of a leaf
    leaf: NDArray[np.float64]  # (p · 4 ** d,) the second tree's number in the high bits

    @classmethod
    def plant(cls, feature: NDArray[np.int64], border: Floats, leaf: Floats) -> Self:
        """Return the forest of some trees, shapes (t, d), (t, d), (t, 2 ** d)."""
        if len(leaf) % 2:  # one that always says 0 makes the number even
            feature, border = (np.concatenate([part, part[:1]]) for part in (feature, border))
            leaf = np.concatenate([leaf, np.zeros_like(leaf[:1])])
        asked = np.stack([feature.ravel().astype(np.float64), border.ravel()])
        different, question = np.unique(asked, axis=1, return_inverse=True)
        one, other = leaf[::2].astype(np.float64), leaf[1::2].astype(np.float64)
        return cls(
            different[0].astype(np.int64),
            different[1, :, None].astype(np.float32),
            question.reshape(feature.shape),
            (other[:, :, None] + one[:, None, :]).ravel(),
        )

    def sum(self, columns: Floats) -> NDArray[np.float64]:
        """Return the sum of all trees' answers for each column of features, shape (f, n) → (n,)."""
        total = np.zeros(columns.shape[1])
        for begin in range(0, len(total), _AT_ONCE):
            total[begin : begin + _AT_ONCE] = self._sum(columns[:, begin : begin + _AT_ONCE])
        return total

    def _sum(self, columns: Floats) -> NDArray[np.float64]:
        depth = self.question.shape[1]
        answers = (columns[self.feature] > self.border).view(np.uint8)
        place = answers[self.question[:, depth - 1]]
        for level in range(depth - 2, -1, -1):
            place += place  # quicker than a shift
            place |= answers[self.question[:, level]]
        pair = place[1::2].astype(np.int64)
        pair <<= depth
        pair |= place[::2]
        pair += np.arange(0, len(self.leaf), 4**depth)[:, None]
        values: NDArray[np.float64] = self.leaf.take(pair).sum(axis=0)
        return values
