"""Words that mean nearly the same: kidney and renal, kids and children; a file of the package.

It was made by `scripts/train_matching.py` from a sentence encoder's vectors of single words, so it holds relatives
that no stemmer knows, and now and then a word that is merely of the same kind.
"""

import functools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RESOURCE = Path(__file__).with_name("thesaurus.npz")
LEAST = 0.5  # cosine below which two words are no relatives
MOST = 0.8  # how much the closest relative counts of the word itself


class Thesaurus:
    """Relatives of stems. `others` and `steps` hold those of stem i from `ends[i - 1]` to `ends[i]`.

    A step (0..255) is a likeness from LEAST to 1.
    """

    def __init__(
        self, stems: list[str], ends: NDArray[np.uint32], others: NDArray[np.uint16], steps: NDArray[np.uint8]
    ) -> None:
        self._stems, self._ends, self._others, self._steps = stems, ends, others, steps
        self._place = {stem: i for i, stem in enumerate(stems)}
        self._related = functools.lru_cache(maxsize=8_192)(self._read)

    def related(self, stem: str) -> list[tuple[str, float]]:
        """Return a stem's relatives and how much each counts, 0..MOST; nearest first."""
        return self._related(stem)

    def _read(self, stem: str) -> list[tuple[str, float]]:
        place = self._place.get(stem)
        if place is None:
            return []
        begin, end = int(self._ends[place - 1]) if place else 0, int(self._ends[place])
        others, steps = self._others[begin:end].tolist(), self._steps[begin:end].tolist()
        return [(self._stems[other], MOST * step / 255) for other, step in zip(others, steps, strict=True)]


@functools.cache
def load_thesaurus() -> Thesaurus:
    """Return the package's thesaurus."""
    with np.load(RESOURCE) as file:
        stems = file["stems"].tobytes().decode().split("\n")
        return Thesaurus(stems, file["ends"], file["others"], file["steps"])


def save_thesaurus(stems: list[str], related: list[list[tuple[int, float]]], path: Path = RESOURCE) -> None:
    """Write a thesaurus: for each stem the places of its relatives with their cosines, nearest first."""
    ends = np.cumsum([len(each) for each in related]).astype(np.uint32)
    others = np.array([other for each in related for other, _ in each], np.uint16)
    cosines = np.array([cosine for each in related for _, cosine in each], np.float32)
    steps = np.clip(np.round(255 * (cosines - LEAST) / (1 - LEAST)), 0, 255).astype(np.uint8)
    blob = np.frombuffer("\n".join(stems).encode(), np.uint8)
    np.savez_compressed(path, stems=blob, ends=ends, others=others, steps=steps)
