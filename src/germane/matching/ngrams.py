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
    present = np.unique(_grams(words)[0])
    row_of = np.full(_BUCKETS, -1, np.int32)
    row_of[present] = np.arange(present.size, dtype=np.int32)
    counts = np.zeros((len(documents), present.size), np.float32)
    lengths = np.zeros(len(documents), np.float32)
    for texts, weight in (([d[0] for d in documents], title_weight), ([d[1] for d in documents], 1)):
        grams, owners = _grams(texts)
        lengths += weight * np.bincount(owners, minlength=len(documents)).astype(np.float32)
        rows = row_of[grams]
        kept = rows >= 0
        flat = owners[kept] * present.size + rows[kept]
        counts += weight * np.bincount(flat, minlength=counts.size).reshape(counts.shape).astype(np.float32)
    n_with = (counts > 0).sum(axis=0)
    rarity = np.log1p((len(documents) - n_with + 0.5) / (n_with + 0.5))
    norms = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1.0))
    scores = (counts / (counts + norms[:, None])) @ rarity / max(float(rarity.sum()), 1e-9)
    return np.asarray(scores, dtype=np.float32)


def _grams(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return every 4-gram's bucket that does not reach over a space, and which text it is of."""
    joined = [_encoded(text) for text in texts]
    buffer = _FOLDED[np.frombuffer(b"".join(joined), np.uint8)]
    if buffer.size < N:
        return np.zeros(0, np.uint32), np.zeros(0, np.int64)
    parts = [buffer[i : buffer.size - N + 1 + i].astype(np.uint32) for i in range(N)]
    keys = parts[0] | (parts[1] << np.uint32(8)) | (parts[2] << np.uint32(16)) | (parts[3] << np.uint32(24))
    inside = (parts[1] != 32) & (parts[2] != 32)
    ends = np.cumsum([len(part) for part in joined])
    starts = np.flatnonzero(inside)
    owners = np.searchsorted(ends, starts, side="right")
    return (keys[starts] * _SPREAD) >> np.uint32(32 - N_BITS), owners


def _encoded(text: str) -> bytes:
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.lower()))
    return b" " + text.encode("utf-8", "ignore") + b" "
