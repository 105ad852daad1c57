"""A `Document` as a row of a segment, and the columns of a batch of them."""

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.index import Document
from germane.index.embedded.vectors.segments import Column, T, block_dtype
from germane.index.terms import Counts, Terms, weighed_terms

FLAG_BITS = {"is_open": 1, "has_news": 2, "has_video": 4, "has_social": 8, "has_data": 16, "is_retracted": 32}
HAS_VECTOR = 64
NO_YEAR = -32_768
MAX_YEAR = 9_999
ROUNDED = 0.02


class Row(Struct, frozen=True):
    """What a segment keeps of one document, before it is written."""

    id: int
    vector: NDArray[np.float32] | None
    terms: Terms
    counts: Counts
    length: int
    year: int
    venue_id: int
    type: int
    language: int
    flags: int


def row_of(document: Document, dimensions: int) -> Row:
    """Return a document's row; raises ValueError for a vector that is not `dimensions` finite numbers."""
    vector = read_vector(document.vector, dimensions)
    terms, counts, length = weighed_terms(document.title, document.abstract)
    flags = sum(bit for name, bit in FLAG_BITS.items() if getattr(document, name))
    return Row(
        document.id,
        vector,
        terms[:T],
        counts[:T],
        length,
        NO_YEAR if document.year is None else min(max(document.year, -MAX_YEAR), MAX_YEAR),
        document.venue_id,
        hash_text(document.type),
        hash_text(document.language),
        flags | (HAS_VECTOR if vector is not None else 0),
    )


def read_vector(vector: bytes, dimensions: int) -> NDArray[np.float32] | None:
    """Return a document's vector (dimensions,), about of unit length; None when it has none, or only zeros.

    Raises ValueError when it is not `dimensions` finite numbers.
    """
    if not vector:
        return None
    if len(vector) != 2 * dimensions:
        raise ValueError(f"a vector is {dimensions} float16 numbers, {2 * dimensions} bytes, not {len(vector)} bytes")
    given = np.frombuffer(vector, "<f2").astype(np.float32)
    # one that is a unit vector but for its rounding stays as it is: rounded again, it would lose a little more
    return given if abs(float(given @ given) - 1) < ROUNDED else unit(given)


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return the vector at unit length, None for zeros; raises ValueError for numbers that are not finite."""
    if not np.isfinite(vector).all():
        raise ValueError("a vector's numbers are finite")
    length = float(np.sqrt(np.square(vector, dtype=np.float64).sum()))
    return (vector / np.float64(length)).astype(np.float32) if length else None


def signs(vectors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return the sign bits (n, d / 8) of vectors (n, d): 1 for a number above 0."""
    return np.packbits(vectors > 0, axis=-1)


def hash_text(text: str) -> int:
    """Return the number that stands for a type or a language; 0 for none."""
    return (crc32(text.encode("utf-8", "replace")) or 1) if text else 0


def columns_of(rows: Sequence[Row], dimensions: int) -> dict[str, Column]:
    """Return the row columns of some rows."""
    n = len(rows)
    blocks = np.zeros(n, block_dtype(dimensions))
    for i, row in enumerate(rows):
        if row.vector is not None:
            blocks["vectors"][i] = row.vector
        blocks["terms"][i, : len(row.terms)] = row.terms
        blocks["counts"][i, : len(row.counts)] = row.counts
    return {
        "ids": np.array([row.id for row in rows], np.int64),
        "blocks": blocks.view(np.uint8).reshape(n, -1),
        "bits": signs(blocks["vectors"]),
        "lengths": np.array([row.length for row in rows], np.uint16),
        "years": np.array([row.year for row in rows], np.int16),
        "venue_ids": np.array([row.venue_id for row in rows], np.int64),
        "types": np.array([row.type for row in rows], np.uint32),
        "languages": np.array([row.language for row in rows], np.uint32),
        "flags": np.array([row.flags for row in rows], np.uint8),
    }


def count_terms(terms: Iterable[NDArray[np.uint32]]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the words of some rows (m, T), ascending, and in how many rows each stands; 0 is no word."""
    parts = [part.ravel() for part in terms]
    found, counts = np.unique(np.concatenate(parts) if parts else np.zeros(0, np.uint32), return_counts=True)
    is_word = found != 0
    return found[is_word], counts[is_word]
