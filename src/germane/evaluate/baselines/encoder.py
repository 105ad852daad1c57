"""A sentence encoder's vectors of a collection's texts, made as they are asked for and kept for the run."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from germane.enrich.embedding import Embedder


class Vectors:
    """The vectors of texts by their keys; each text is encoded once, however many methods ask."""

    def __init__(self, embedder: Embedder, texts: Mapping[str, tuple[str, str]]) -> None:
        self.embedder = embedder
        self._texts = texts
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def of(self, keys: Sequence[str]) -> NDArray[np.float32]:
        """Return the unit vectors (keys, dimensions); raises KeyError for a key without a text."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._vectors]
        if missing:
            found = self.embedder.embed([self._texts[key] for key in missing])
            self._vectors |= dict(zip(missing, found, strict=True))
        if not keys:
            return np.zeros((0, self.embedder.dimensions), np.float32)
        return np.stack([self._vectors[key] for key in keys])
