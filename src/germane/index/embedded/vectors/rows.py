"""Documents as rows of a segment."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from germane.index import Document
from germane.index.embedded.vectors.segments import Column, T, block_dtype
from germane.index.pieces import Pieces
from germane.index.terms import weighed_terms

FLAG_BITS = {"is_open": 1, "has_news": 2, "has_video": 4, "has_social": 8, "has_data": 16, "is_retracted": 32}
HAS_VECTOR = 64
NO_YEAR = -32_768
MAX_YEAR = 9_999
ROUNDED = 0.02


def row_columns_of(documents: Sequence[Document], pieces: Pieces, dimensions: int) -> dict[str, Column]:
    """Return what a segment keeps of documents, as `segments.row_columns` names it, in the order of the documents.

    `pieces` are those of each title and abstract, one after the other. Raises ValueError for a vector that is not
    `dimensions` finite numbers.
    """
    n = len(documents)
    vectors, has_vector = read_vectors([d.vector for d in documents], dimensions)
    blocks = np.zeros(n, block_dtype(dimensions))
    blocks["vectors"] = vectors
    blocks["terms"], blocks["counts"], lengths = weighed_terms(pieces, T)
    years = [NO_YEAR if d.year is None else min(max(d.year, -MAX_YEAR), MAX_YEAR) for d in documents]
    flags = [sum([bit for name, bit in FLAG_BITS.items() if getattr(d, name)]) for d in documents]
    return {
        "ids": np.array([d.id for d in documents], np.int64),
        "blocks": blocks.view(np.uint8).reshape(n, blocks.dtype.itemsize),
        "bits": signs(blocks["vectors"]),
        "lengths": lengths,
        "years": np.array(years, np.int16),
        "venue_ids": np.array([d.venue_id for d in documents], np.int64),
        "types": np.array([hash_text(d.type) for d in documents], np.uint32),
        "languages": np.array([hash_text(d.language) for d in documents], np.uint32),
        "flags": np.array(flags, np.uint8) | np.where(has_vector, np.uint8(HAS_VECTOR), np.uint8(0)),
    }


def read_vectors(given: Sequence[bytes], dimensions: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return documents' vectors (n, dimensions), about of unit length or zeros, and which have one.

    Raises ValueError when one is not `dimensions` finite numbers.
    """
    vectors = np.zeros((len(given), dimensions), np.float32)
    for vector in given:
        if vector and len(vector) != 2 * dimensions:
            raise ValueError(
                f"a vector is {dimensions} float16 numbers, {2 * dimensions} bytes, not {len(vector)} bytes"
            )
    rows = np.flatnonzero([bool(vector) for vector in given])
    vectors[rows] = np.frombuffer(b"".join(given), "<f2").reshape(len(rows), dimensions)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    # one that is a unit vector but for its rounding stays as it is: rounded again, it would lose a little more
    for row in rows[~(np.abs(squares[rows] - 1) < ROUNDED)].tolist():
        whole = unit(vectors[row])
        vectors[row] = 0 if whole is None else whole
    has_vector: NDArray[np.bool_] = np.any(vectors, axis=1)
    return vectors, has_vector


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return the vector at unit length, None for zeros; raises ValueError for numbers that are not finite."""
    if not np.isfinite(vector).all():
        raise ValueError("a vector's numbers are finite")
    length = float(np.sqrt(np.square(vector, dtype=np.float64).sum()))
    return (vector / np.float64(length)).astype(np.float32) if length else None


def signs(vectors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return the sign bits (n, d / 8) of vectors (n, d): 1 for a number above 0."""
    return np.packbits(vectors > 0, axis=-1)


@lru_cache(maxsize=1_000)
def hash_text(text: str) -> int:
    """Return the number that stands for a type or a language; 0 for none."""
    return (crc32(text.encode("utf-8", "replace")) or 1) if text else 0


def count_terms(terms: Iterable[NDArray[np.uint32]]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the words of some rows (m, T), ascending, and in how many rows each stands; 0 is no word."""
    parts = [part.ravel() for part in terms]
    found, counts = np.unique(np.concatenate(parts) if parts else np.zeros(0, np.uint32), return_counts=True)
    is_word = found != 0
    return found[is_word], counts[is_word]
