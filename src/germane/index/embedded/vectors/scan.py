"""The nearest vectors: best by sign bits, then by the exact cosine.

The number of differing signs is near enough to the angle to find the candidates, at a sixteenth of the bytes; what is
answered is measured on the vectors themselves.
"""

from collections.abc import Callable

import faiss
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.index import Filters
from germane.index.embedded.vectors.binary_ivf import ivf_of, one_thread
from germane.index.embedded.vectors.rows import FLAG_BITS, HAS_VECTOR, MAX_YEAR, NO_YEAR, hash_text, signs, unit
from germane.index.embedded.vectors.snapshot import Mask, Part, Snapshot

RESCORED = 1_000  # candidates by sign bits whose cosine is computed
EXACT = 2_000  # so few are all compared by cosine
SPARSE = 0.05  # when fewer of the rows pass the filters, they alone are compared
HEAPED = 4_000
N_SAMPLED = 4_000  # rows by which that is estimated

_MAX_ID = 1 << 62
_RETRACTED = FLAG_BITS["is_retracted"]
_EVERYTHING = Filters()

Rows = NDArray[np.int64]
Passes = Callable[[list[int]], set[int]]


class Near(Struct, frozen=True):
    """One neighbor; `score` is the cosine."""

    id: int
    score: float
    year: int | None
    venue_id: int


class _Ranking(Struct, frozen=True):
    """Rows, best first."""

    ids: NDArray[np.int64]  # (m,)
    scores: NDArray[np.float32]  # (m,)
    places: NDArray[np.int64]  # (m, 2): which part, which of its rows


def nearest(
    snapshot: Snapshot,
    vector: NDArray[np.float32],
    n: int,
    excluded: frozenset[int],
    filters: Filters,
    passes: Passes | None = None,
) -> list[Near]:
    """Return the `n` nearest; see `Index.nearest`. `passes` tells which of some ids may be answered."""
    asked = read_question(vector, snapshot.dimensions)
    parts = list(snapshot.current)
    if asked is None or n < 1 or not parts:
        return []
    n_rows = sum(part.segment.n_rows for part in parts)
    depth = max(RESCORED, 4 * (n + len(excluded)))
    while True:
        found = _ranked(parts, asked, depth, filters)
        kept = _kept(found, n, excluded, passes)
        if len(kept) == n or depth >= n_rows:
            return [_near(parts, found, place) for place in kept.tolist()]
        depth *= 8


def read_question(vector: NDArray[np.float32], dimensions: int) -> NDArray[np.float32] | None:
    """Return the vector at unit length, None for zeros; raises ValueError for a wrong shape or numbers not finite."""
    asked = np.asarray(vector, np.float32)
    if asked.shape != (dimensions,):
        raise ValueError(f"a vector has the shape ({dimensions},), not {asked.shape}")
    return unit(asked)


def wanted(part: Part, filters: Filters, rows: Rows | slice) -> Mask:
    """Return which of these rows count, have a vector, are not retracted and pass the filters."""
    segment = part.segment
    flags = np.asarray(segment.flags[rows])
    needed, forbidden = HAS_VECTOR, _RETRACTED
    for name, bit in FLAG_BITS.items():
        value = getattr(filters, name)
        needed |= bit if value is True else 0
        forbidden |= bit if value is False else 0
    mask: Mask = part.alive[rows] & (flags & needed == needed) & (flags & forbidden == 0)
    if filters.year_from is not None or filters.year_to is not None:
        years = np.asarray(segment.years[rows])
        low, high = _bounded(filters.year_from, -MAX_YEAR), _bounded(filters.year_to, MAX_YEAR)
        mask &= (years != NO_YEAR) & (years >= low) & (years <= high)
    if filters.id_from is not None or filters.id_to is not None:
        ids = np.asarray(segment.ids[rows])
        low, high = _bounded_id(filters.id_from, 0), _bounded_id(filters.id_to, _MAX_ID)
        mask &= (ids >= low) & (ids <= high)
    if filters.venue_ids:
        venues = [value for value in filters.venue_ids if 0 < value < 1 << 63]
        mask &= np.isin(segment.venue_ids[rows], np.array(venues, np.int64))
    for column, values in ((segment.types, filters.types), (segment.languages, filters.languages)):
        if values:
            hashed = [number for value in values if (number := hash_text(value))]
            mask &= np.isin(column[rows], np.array(hashed, np.uint32))
    return mask


def _ranked(parts: list[Part], asked: NDArray[np.float32], depth: int, filters: Filters) -> _Ranking:
    """Return the best `depth` rows, by cosine, then id."""
    sign = signs(asked[None, :])
    near = [_candidates(part, sign, depth, filters) for part in parts]
    distances = np.concatenate([distance for distance, _ in near])
    limit = None
    if len(distances) > max(depth, EXACT):
        limit = np.partition(distances, depth - 1)[depth - 1]
    rankings = []
    for i, (part, (distance, found)) in enumerate(zip(parts, near, strict=True)):
        rows = found if limit is None else found[distance <= limit]
        places = np.stack([np.full(len(rows), i), rows], axis=1)
        rankings.append(_Ranking(part.segment.ids[rows], _cosines(part, asked, rows), places))
    ids = np.concatenate([ranking.ids for ranking in rankings])
    scores = np.concatenate([ranking.scores for ranking in rankings])
    order = np.lexsort((ids, -scores))
    return _Ranking(ids[order], scores[order], np.concatenate([ranking.places for ranking in rankings])[order])


def _candidates(part: Part, sign: NDArray[np.uint8], depth: int, filters: Filters) -> tuple[NDArray[np.int32], Rows]:
    """Return (distances, rows) of the rows of a part that are nearest by sign bits among those that are wanted."""
    n_rows = part.segment.n_rows
    share = _share(part, filters)
    if n_rows > EXACT and share >= SPARSE:
        distances, rows = _all(part, sign, int(depth / share))
        kept = wanted(part, filters, rows)
        if np.count_nonzero(kept) * 2 >= depth:  # else the nearest pass more rarely than others
            return distances[kept], rows[kept]
    rows = np.flatnonzero(wanted(part, filters, slice(None)))
    distances, places = hamming(sign, part.segment.bits[rows], EXACT if len(rows) <= EXACT else depth)
    return distances, rows[places]


def _share(part: Part, filters: Filters) -> float:
    """Return about which share of a part's rows is wanted, 0..1."""
    if filters == _EVERYTHING:
        return 1.0
    sample = np.linspace(0, part.segment.n_rows - 1, min(N_SAMPLED, part.segment.n_rows)).astype(np.int64)
    return float(wanted(part, filters, sample).mean())


def _all(part: Part, sign: NDArray[np.uint8], depth: int) -> tuple[NDArray[np.int32], Rows]:
    ivf = ivf_of(part.segment)
    if ivf is not None:
        return ivf.search(sign, depth)
    return hamming(sign, part.segment.bits, depth)


def hamming(sign: NDArray[np.uint8], bits: NDArray[np.uint8], n: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return (distances, rows) of the `n` rows of `bits` (m, d / 8) that differ least from `sign` (1, d / 8)."""
    if not len(bits):
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    # a heap is quicker for few, counting for many
    with one_thread():
        distances, rows = faiss.knn_hamming(sign, bits, min(n, len(bits)), variant="hc" if n <= HEAPED else "mc")
    return distances[0], rows[0]


def _cosines(part: Part, asked: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
    vectors = part.segment.vectors[rows].astype(np.float32)
    # summed row by row, not by a matrix product, whose rounding depends on a row's place: copies score the same
    products, squares = np.einsum("ij,j->i", vectors, asked), np.einsum("ij,ij->i", vectors, vectors)
    cosines: NDArray[np.float32] = np.minimum(products / np.sqrt(squares), 1)
    return cosines


def _near(parts: list[Part], found: _Ranking, place: int) -> Near:
    part, row = found.places[place].tolist()
    segment = parts[part].segment
    year, venue_id = int(segment.years[row]), int(segment.venue_ids[row])
    return Near(int(found.ids[place]), float(found.scores[place]), None if year == NO_YEAR else year, venue_id)


def _kept(found: _Ranking, n: int, excluded: frozenset[int], passes: Passes | None) -> NDArray[np.intp]:
    """Return which are the first `n` that are not excluded and pass.

    They are asked about in bunches, since most questions need few.
    """
    left = np.flatnonzero(~np.isin(found.ids, np.array([i for i in sorted(excluded) if 0 <= i < 1 << 63], np.int64)))
    if passes is None:
        return left[:n]
    kept: list[int] = []
    bunch = n + 50
    for begin in range(0, len(left), bunch):
        some = left[begin : begin + bunch]
        allowed = passes(found.ids[some].tolist())
        kept += [place for place in some.tolist() if int(found.ids[place]) in allowed]
        if len(kept) >= n:
            break
    return np.array(kept[:n], np.intp)


def _bounded_id(number: int | None, default: int) -> int:
    return default if number is None else min(max(number, -1), _MAX_ID)


def _bounded(year: int | None, default: int) -> int:
    return default if year is None else min(max(year, -MAX_YEAR), MAX_YEAR)
