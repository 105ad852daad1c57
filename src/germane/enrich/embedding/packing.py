"""Word vectors in four bits a number: half a byte is enough, because a text's vector is the mean of many."""

import numpy as np
from numpy.typing import NDArray

_LEVELS = 7  # −7 … 7; the sixteenth code is not used
_SPREAD = 2.5  # standard deviations that the levels span; beyond, numbers are clipped


def pack(vectors: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return codes (n, dimensions / 2) and scales (n,): vector = scale · (code − 7), two codes a byte, low one first.

    Dimensions must be even. A vector of zeros stays one.
    """
    scales: NDArray[np.float32] = (_SPREAD * vectors.std(axis=1) / _LEVELS).astype(np.float32)
    steps = np.rint(vectors / np.where(scales > 0, scales, 1)[:, None])
    codes = (np.clip(steps, -_LEVELS, _LEVELS) + _LEVELS).astype(np.uint8)
    return np.bitwise_or(codes[:, ::2], codes[:, 1::2] * np.uint8(16)), scales


def unpack(codes: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Return the steps (n, dimensions), −7 … 7, to be multiplied by the scales."""
    steps = np.empty((len(codes), 2 * codes.shape[1]), dtype=np.int8)
    steps[:, ::2] = codes & 15
    steps[:, 1::2] = codes >> 4
    steps -= _LEVELS
    return steps
