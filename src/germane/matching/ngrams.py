"""Likeness by character 4-grams inside words: what inflection, a typing error or a missing space leaves alike."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

N = 4
K1, B = 1.2, 0.75  # BM25's
N_BITS = 16  # grams are told apart by so many bits of a hash

_BUCKETS = 1 << N_BITS
_SPREAD = np.uint32(2_654_435_769)  # 2**32 / golden ratio: Knuth's multiplicative hash
_ACCENTS = re.compile("[\u0300-\u036f]")
# Every byte that is no letter or digit is a space; capitals are small.
_FOLDED = np.full(256, 32, np.uint8)
_FOLDED[48:58], _FOLDED[97:123], _FOLDED[65:91] = np.arange(48, 58), np.arange(97, 123), np.arange(97, 123)
_FOLDED[128:] = np.arange(128, 256)  # other alphabets, byte by byte


def gram_scores(words: Sequence[str], documents: Sequence[tuple[str, str]], title_weight: int) -> NDArray[np.float32]:
    """Return BM25 over the 4-grams of some words, 0..1, in each (title, body): (documents,).

    A gram's weight is its rarity among these documents.
    """
    if not words or not documents:
        return np.zeros(len(documents), np.float32)
    asked = _buckets(_buffer([_encoded(word) for word in words]))
    present = np.unique(asked[asked >= 0])
    row_of = np.full(_BUCKETS + 1, -1, np.int32)  # the last: no gram
    row_of[present] = np.arange(present.size, dtype=np.int32)
    counts = np.zeros(len(documents) * present.size, np.float32)
    lengths = np.zeros(len(documents), np.float32)
    for texts, weight in (([d[0] for d in documents], title_weight), ([d[1] for d in documents], 1)):
        parts = [_encoded(text) for text in texts]
        ends = np.cumsum([len(part) for part in parts])
        buckets = _buckets(_buffer(parts))
        rows = row_of[buckets]
        hits = np.flatnonzero(rows >= 0)
        owners = np.searchsorted(ends, hits, side="right")
        counts += weight * np.bincount(owners * present.size + rows[hits], minlength=counts.size).astype(np.float32)
        n_grams = np.concatenate([[0], np.cumsum(buckets >= 0, dtype=np.int64)])
        lengths += weight * np.diff(n_grams[np.minimum(ends, buckets.size)], prepend=0).astype(np.float32)
    table = counts.reshape(len(documents), present.size)
    n_with = (table > 0).sum(axis=0)
    rarity = np.log1p((len(documents) - n_with + 0.5) / (n_with + 0.5)).astype(np.float32)
    norms = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1.0))
    scores = (table / (table + norms[:, None])) @ rarity / max(float(rarity.sum()), 1e-9)
    return np.asarray(scores, dtype=np.float32)


def _buffer(parts: Sequence[bytes]) -> NDArray[np.uint8]:
    return _FOLDED[np.frombuffer(b"".join(parts), np.uint8)]


def _buckets(buffer: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the bucket of the 4-gram that begins at each byte; -1 where it would reach over a space."""
    n = buffer.size - N + 1
    if n <= 0:
        return np.zeros(0, np.int32)
    keys = np.ndarray((n,), "<u4", buffer, strides=(1,))
    buckets = ((keys * _SPREAD) >> np.uint32(32 - N_BITS)).astype(np.int32)
    is_space = buffer == ord(" ")
    buckets[is_space[1 : n + 1] | is_space[2 : n + 2]] = -1
    return buckets


def _encoded(text: str) -> bytes:
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.lower()))
    return b" " + text.encode("utf-8", "ignore") + b" "
