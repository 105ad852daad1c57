"""What other articles say of phrases and words: how often they occur, and how often as an author's keyword."""

from typing import Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Keys = NDArray[np.uint32]

_SCALE = 16.0  # steps of a byte per unit of the natural logarithm


def fold_hash(hashes: NDArray[np.uint64]) -> Keys:
    """Return the 32 bits under which a 64-bit phrase number is kept."""
    mixed = (hashes ^ (hashes >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def to_byte(counts: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return counts as bytes on a logarithmic scale."""
    return np.clip(np.round(np.log1p(counts) * _SCALE), 0, 255).astype(np.uint8)


class Tables(Struct, frozen=True):
    """Two tables, keys ascending. Shapes: `phrase_keys` (p,), `phrases` (4, p), `word_keys` (w,), `words` (5, w)."""

    n_texts: float
    phrase_keys: Keys
    # Texts with the phrase; articles with it as keyword; articles with keywords and with it in their text; with both.
    phrases: NDArray[np.uint8]
    word_keys: Keys
    words: NDArray[np.uint8]  # texts; share of them where it is in, opens, closes a keyword; share capitalized

    def look_up_phrases(self, keys: Keys) -> Floats:
        """Return log(1 + count) of the four counts for each folded phrase, shape (4, n); 0 for one never met."""
        return _rows(self.phrase_keys, self.phrases, keys) * np.float32(1 / _SCALE)

    def look_up_words(self, hashes: NDArray[np.uint64]) -> Floats:
        """Return log(1 + texts) and four shares in 0..1 for each word, shape (5, n); shares are -1 when never met."""
        rows = _rows(self.word_keys, self.words, fold_hash(hashes))
        rows[0] *= np.float32(1 / _SCALE)
        rows[1:] /= np.float32(250.0)
        rows[1:, rows[0] == 0] = -1.0
        return rows

    @classmethod
    def load(cls, arrays: "np.lib.npyio.NpzFile") -> Self:
        """Return the tables kept in an open `.npz` file."""
        return cls(
            float(arrays["n_texts"]),
            np.cumsum(arrays["phrase_gaps"], dtype=np.uint32),
            arrays["phrases"],
            np.cumsum(arrays["word_gaps"], dtype=np.uint32),
            arrays["words"],
        )


def _rows(keys: Keys, values: NDArray[np.uint8], wanted: Keys) -> Floats:
    if not len(keys):
        return np.zeros((len(values), len(wanted)), dtype=np.float32)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    rows = values[:, place].astype(np.float32)
    rows[:, keys[place] != wanted] = 0
    return rows
