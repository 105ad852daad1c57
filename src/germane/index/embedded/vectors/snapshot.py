"""What readers see of the rows at one commit: open segments, and which of their rows count."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from germane.index import Forward
from germane.index.embedded.vectors.manifest import Broken, Entry, State
from germane.index.embedded.vectors.rows import HAS_VECTOR
from germane.index.embedded.vectors.segments import Segment, T

Mask = NDArray[np.bool_]


class Part:
    """A segment with the rows that count: those neither replaced nor deleted. Read-only once it is opened."""

    def __init__(self, entry: Entry, segment: Segment, alive: Mask) -> None:
        self.entry = entry
        self.segment = segment
        self.alive = alive

    @cached_property
    def n_vectors(self) -> int:
        """Return how many of the rows that count have a vector, of whatever model."""
        return int(np.count_nonzero((np.asarray(self.segment.flags) & HAS_VECTOR).astype(bool) & self.alive))


class Snapshot:
    """The parts of one state."""

    def __init__(self, parts: Mapping[Entry, Part], dimensions: int, vector_model: str) -> None:
        self.parts = parts
        self.dimensions = dimensions
        self.vector_model = vector_model

    @property
    def current(self) -> Iterator[Part]:
        """Yield the parts whose vectors are of this snapshot's model."""
        return (part for part in self.parts.values() if self._is_current(part))

    @property
    def n_vectors(self) -> int:
        """Return how many documents have a vector of this snapshot's model."""
        return sum(part.n_vectors for part in self.current)

    def forward(self, ids: Sequence[int]) -> Forward:
        """Return the vectors and words of many documents; see `Index.forward`."""
        wanted = np.array(ids, np.int64).reshape(-1)
        m = len(wanted)
        vectors = np.zeros((m, self.dimensions), np.float32)
        terms, counts = np.zeros((m, T), np.uint32), np.zeros((m, T), np.uint8)
        lengths = np.zeros(m, np.int32)
        for part in self.parts.values():
            here, rows = find(part, wanted)
            if not len(here):
                continue
            segment = part.segment
            blocks = segment.blocks[rows]
            terms[here], counts[here], lengths[here] = blocks["terms"], blocks["counts"], segment.lengths[rows]
            if self._is_current(part):
                vectors[here] = unit_rows(blocks["vectors"])
        return Forward(wanted, vectors, terms, counts, lengths)

    def holds(self, ids: Sequence[int]) -> NDArray[np.bool_]:
        """Return which documents there are (m,); see `Index.holds`."""
        wanted = np.array(ids, np.int64).reshape(-1)
        held = np.zeros(len(wanted), np.bool_)
        for part in self.parts.values():
            here, _ = find(part, wanted)
            held[here] = True
        return held

    def term_freqs(self, terms: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return in how many documents each term is kept; see `Index.term_freqs`."""
        wanted, places = np.unique(np.asarray(terms, np.uint32), return_inverse=True)
        freqs = np.zeros(len(wanted), np.int64)
        for part in self.parts.values():
            known, counts = part.segment.freq_terms, part.segment.freq_counts
            if not len(known):
                continue
            at = np.searchsorted(known, wanted)
            at[at == len(known)] = 0
            freqs += np.where(known[at] == wanted, counts[at], 0)
        return freqs[places].reshape(np.shape(terms))

    def _is_current(self, part: Part) -> bool:
        entry = part.entry
        return entry.vector_model == self.vector_model and entry.dimensions == self.dimensions


def open_snapshot(
    folder: Path, state: State, dimensions: int, vector_model: str, before: "Snapshot | None" = None
) -> Snapshot:
    """Return the snapshot of a state; what the one `before` has open already is shared. Raises Broken."""
    known = before.parts if before else {}
    segments = {(entry.name, entry.checksum): part.segment for entry, part in known.items()}
    parts = {
        entry: known.get(entry) or open_part(folder, entry, segments.get((entry.name, entry.checksum)))
        for entry in state.entries
    }
    return Snapshot(parts, dimensions, vector_model)


def open_part(folder: Path, entry: Entry, segment: Segment | None = None) -> Part:
    """Return an entry's segment, opened unless it is given, with the rows that count; raises Broken."""
    segment = segment or Segment(folder / entry.name, entry)
    alive = np.ones(entry.n_rows, np.bool_)
    if entry.dead:
        path = folder / entry.dead
        try:
            packed = path.read_bytes()
        except OSError as error:
            raise Broken(f"{path} cannot be read: {error}") from error
        if crc32(packed) != entry.dead_checksum:
            raise Broken(f"{path} is damaged: its checksum is wrong")
        alive = ~np.unpackbits(np.frombuffer(packed, np.uint8), count=entry.n_rows).astype(np.bool_)
    return Part(entry, segment, alive)


def find(part: Part, ids: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return which of the ids stand in a part, as places in `ids`, and their rows."""
    rows = part.segment.rows_of(ids)
    here = np.flatnonzero(rows >= 0)
    here = here[part.alive[rows[here]]]
    return here, rows[here]


def unit_rows(vectors: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return stored vectors (m, d) as float32 at unit length; zeros stay zeros."""
    wide = vectors.astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    lengths[lengths == 0] = 1
    wide /= lengths[:, None]
    return wide
