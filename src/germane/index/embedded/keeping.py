"""Vectors that a rebuilt index takes over from the one before, so that they need not be made again."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from germane.index import Document
from germane.index.embedded.folder import META, ROWS
from germane.index.embedded.vectors.manifest import Broken, read_manifest, read_opstamp
from germane.index.embedded.vectors.snapshot import Snapshot, open_part

_BUNCH = 1_000


class OldVectors:
    """The vectors of an index that is about to be replaced."""

    def __init__(self, rows: Snapshot) -> None:
        self._rows = rows

    def fill(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Yield the documents, those without a vector with the old one, if there is one."""
        source = iter(documents)
        while bunch := list(islice(source, _BUNCH)):
            vectors = self._rows.forward([d.id if 0 <= d.id < 1 << 63 else 0 for d in bunch]).vectors
            for document, vector in zip(bunch, vectors, strict=True):
                if document.vector or not vector.any():
                    yield document
                else:
                    yield replace(document, vector=vector.astype("<f2").tobytes())


def read_old_vectors(folder: Path, dimensions: int, vector_model: str) -> OldVectors:
    """Return the vectors of a folder's index, as far as they are of this model and undamaged."""
    try:
        state = read_manifest(folder / ROWS).state_at(read_opstamp(folder / META))
    except Broken:
        return OldVectors(Snapshot({}, dimensions, vector_model))
    parts = {}
    for entry in state.entries:
        try:
            part = open_part(folder / ROWS, entry)
            part.segment.check()
        except Broken:
            continue
        parts[entry] = part
    return OldVectors(Snapshot(parts, dimensions, vector_model))
