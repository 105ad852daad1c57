"""Random numbers without state: a number and a purpose give the same bits wherever they are asked for."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Units = NDArray[np.float64]
Bits = NDArray[np.uint64]

_SPAN = 4096  # draws of one purpose that each number has


class Chance:
    """The randomness of one seed. `purpose` tells apart draws for the same number, and so does `which` (0 … 4095)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._salts: dict[str, np.uint64] = {}

    def bits(self, purpose: str, numbers: Numbers, which: Numbers | int = 0) -> Bits:
        """Return 64 random bits for each number."""
        if purpose not in self._salts:
            digest = blake2b(f"{self.seed}/{purpose}".encode(), digest_size=8).digest()
            self._salts[purpose] = np.uint64(int.from_bytes(digest, "little"))
        counters = numbers.astype(np.uint64) * np.uint64(_SPAN) + np.asarray(which).astype(np.uint64)
        return _mix(counters + self._salts[purpose])

    def units(self, purpose: str, numbers: Numbers, which: Numbers | int = 0) -> Units:
        """Return a uniform draw in [0, 1) for each number."""
        return (self.bits(purpose, numbers, which) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, n: int, purpose: str, numbers: Numbers, which: Numbers | int = 0) -> Numbers:
        """Return a uniform draw in 0 … n − 1 for each number."""
        return (self.units(purpose, numbers, which) * n).astype(np.int64)


def _mix(x: Bits) -> Bits:
    """Return SplitMix64 of the counters (Steele, Lea, Flood 2014)."""
    x = x * np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def from_quantiles(units: Units, quantiles: tuple[tuple[float, float], ...]) -> Units:
    """Return the values of a distribution known by (probability, value) pairs, straight lines between them."""
    shares, values = zip(*quantiles, strict=True)
    return np.asarray(np.interp(units, shares, values), dtype=np.float64)


def normal(a: Units, b: Units) -> Units:
    """Return standard normal draws of two uniform ones (Box and Muller 1958)."""
    return np.sqrt(-2.0 * np.log1p(-a)) * np.cos(2.0 * np.pi * b)
