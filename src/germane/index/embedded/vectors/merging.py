"""Fewer, larger segments: which to put together, and how."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from germane.index.embedded.vectors.manifest import Entry
from germane.index.embedded.vectors.rows import count_terms
from germane.index.embedded.vectors.segments import Column, write_segment
from germane.index.embedded.vectors.snapshot import Part

FAN = 8  # so many segments of one size are put together: at most FAN - 1 stay of each, and sizes grow FAN-fold
SMALLEST = 1_000  # rows; smaller segments are all of one size
MANY_DEAD = 0.3  # a segment in which more of the rows no longer count is written anew
_PIECE = 1 << 15  # rows moved at once


def choose_merge(parts: Sequence[Part]) -> list[Part]:
    """Return the parts to put together next, [] when all is well. They are of one model."""
    sizes: defaultdict[tuple[str, int, int], list[Part]] = defaultdict(list)
    for part in parts:
        n_alive = int(np.count_nonzero(part.alive))
        if part.segment.n_rows - n_alive > MANY_DEAD * part.segment.n_rows:
            return [part]
        size, limit = 0, SMALLEST
        while n_alive > limit:
            size, limit = size + 1, limit * FAN
        sizes[(*_model(part), size)].append(part)
    return next((found for found in sizes.values() if len(found) >= FAN), [])


def choose_all(parts: Sequence[Part]) -> list[list[Part]]:
    """Return the parts to put together so that one stays of each model."""
    models: defaultdict[tuple[str, int], list[Part]] = defaultdict(list)
    for part in parts:
        models[_model(part)].append(part)
    return [found for found in models.values() if len(found) > 1 or not found[0].alive.all()]


def merge(path: Path, parts: Sequence[Part]) -> Entry:
    """Write the rows of some parts that count as one segment, durably, and return its entry."""
    alive = [np.flatnonzero(part.alive) for part in parts]
    ids = np.concatenate([part.segment.ids[rows] for part, rows in zip(parts, alive, strict=True)])
    order = np.argsort(ids, kind="stable")
    source = np.repeat(np.arange(len(parts)), [len(rows) for rows in alive])[order]
    rows = np.concatenate(alive)[order]
    entry = parts[0].entry

    def pieces(name: str) -> Iterable[Column]:
        columns = [part.segment.column(name) for part in parts]
        for begin in range(0, len(rows), _PIECE):
            span = slice(begin, begin + _PIECE)
            piece = np.empty((len(rows[span]), *columns[0].shape[1:]), columns[0].dtype)
            for i, column in enumerate(columns):
                mine = source[span] == i
                piece[mine] = column[rows[span][mine]]
            yield piece

    return write_segment(path, len(rows), entry.dimensions, entry.vector_model, pieces, _freqs(parts))


def _freqs(parts: Sequence[Part]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the words' frequencies: all parts' together, less those of the rows that no longer count."""
    terms = [part.segment.freq_terms for part in parts]
    counts = [part.segment.freq_counts.astype(np.int64) for part in parts]
    for part in parts:
        dead = np.flatnonzero(~part.alive)
        gone, n_gone = count_terms(part.segment.terms[rows] for rows in np.array_split(dead, len(dead) // _PIECE + 1))
        terms.append(gone)
        counts.append(-n_gone)
    known, places = np.unique(np.concatenate(terms), return_inverse=True)
    summed = np.bincount(places, np.concatenate(counts), len(known)).astype(np.int64)
    return known[summed > 0], summed[summed > 0].astype(np.uint32)


def _model(part: Part) -> tuple[str, int]:
    return part.entry.vector_model, part.entry.dimensions
