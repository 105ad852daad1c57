"""A segment: some documents' rows as columns in one immutable file, memory-mapped, sorted by id.

The file is a magic number, the columns one after another, a directory (JSON: where each column is, and its CRC-32), and
the directory's length and CRC-32 at the very end. It is written front to back, a column at a time and each in pieces,
so that merging takes constant memory. Numbers are little-endian.
"""

import mmap
import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from germane.files import written_whole
from germane.index.embedded.vectors.manifest import Broken, Entry

MAGIC = b"germane1"
T = 72  # words kept of a document: of 30,000 abstracts 3 % of the words and 2 % of their weight fall away
SMALL = 1 << 22  # bytes; a file up to this size is checked whole whenever it is opened

_ALIGNMENT = 64
_TAIL = struct.Struct("<QI")
_FIXED: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "ids": ("<i8", ()),
    "lengths": ("<u2", ()),
    "years": ("<i2", ()),  # NO_YEAR: none
    "venue_ids": ("<i8", ()),
    "types": ("<u4", ()),  # hashed
    "languages": ("<u4", ()),  # hashed; 0: none
    "flags": ("u1", ()),  # a bit for each of `rows.FLAG_BITS`
}

_FREQS = {"freq_terms", "freq_counts"}

Column = NDArray[Any]


class _Place(msgspec.Struct):
    dtype: str
    shape: tuple[int, ...]
    offset: int
    checksum: int


class _Directory(msgspec.Struct):
    n_rows: int
    columns: dict[str, _Place]


def block_dtype(dimensions: int) -> np.dtype[np.void]:
    """Return what rescoring needs of one document, side by side: it is one page of memory then, not three."""
    return np.dtype([("vectors", "<f2", (dimensions,)), ("terms", "<u4", (T,)), ("counts", "u1", (T,))])


def row_columns(dimensions: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return the columns that have a row for each document: name → (dtype, shape of one row).

    `blocks` are the bytes of `block_dtype`.
    """
    return {**_FIXED, "blocks": ("u1", (block_dtype(dimensions).itemsize,)), "bits": ("u1", (dimensions // 8,))}


class Segment:
    """An open segment. Its columns stay readable when the file is removed."""

    def __init__(self, path: Path, entry: Entry) -> None:
        """Map the file; raises Broken when it is missing, cut off or not the one that the manifest means."""
        self.path = path
        self.n_rows = entry.n_rows  # those that no longer count included
        self.checksum = entry.checksum
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise Broken(f"{path} cannot be read: {error}") from error
        self._directory = self._read_directory(entry)
        if len(self._bytes) <= SMALL:
            self.check()
        self.ids: NDArray[np.int64] = self.column("ids")
        self.blocks = self.column("blocks").view(block_dtype(entry.dimensions)).reshape(-1)
        self.vectors: NDArray[np.float16] = self.blocks["vectors"]
        self.terms: NDArray[np.uint32] = self.blocks["terms"]
        self.counts: NDArray[np.uint8] = self.blocks["counts"]
        self.bits: NDArray[np.uint8] = self.column("bits")
        self.lengths: NDArray[np.uint16] = self.column("lengths")
        self.years: NDArray[np.int16] = self.column("years")
        self.venue_ids: NDArray[np.int64] = self.column("venue_ids")
        self.types: NDArray[np.uint32] = self.column("types")
        self.languages: NDArray[np.uint32] = self.column("languages")
        self.flags: NDArray[np.uint8] = self.column("flags")
        self.freq_terms: NDArray[np.uint32] = self.column("freq_terms")
        self.freq_counts: NDArray[np.uint32] = self.column("freq_counts")

    def column(self, name: str) -> NDArray[Any]:
        """Return a column, of length n_rows except `freq_…`; its memory is the file's."""
        place = self._directory.columns[name]
        n = int(np.prod(place.shape))
        return np.frombuffer(self._bytes, place.dtype, n, place.offset).reshape(place.shape)

    def rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each id, -1 for one that is not here; dead rows are found too."""
        if not self.n_rows:
            return np.full(len(ids), -1)
        rows = np.searchsorted(self.ids, ids)
        rows[rows == self.n_rows] = 0
        return np.where(self.ids[rows] == ids, rows, -1)

    def check(self) -> None:
        """Read every column; raises Broken when one is not as it was written."""
        for name, place in self._directory.columns.items():
            size = int(np.prod(place.shape)) * np.dtype(place.dtype).itemsize
            if crc32(memoryview(self._bytes)[place.offset : place.offset + size]) != place.checksum:
                raise Broken(f"{self.path} is damaged: the checksum of its {name} is wrong")

    def _read_directory(self, entry: Entry) -> _Directory:
        data = self._bytes
        if len(data) != entry.n_bytes:
            raise Broken(f"{self.path} has {len(data)} bytes, and should have {entry.n_bytes}")
        size, checksum = _TAIL.unpack(data[-_TAIL.size :])
        content = data[-_TAIL.size - size : -_TAIL.size] if size < len(data) else b""
        if data[: len(MAGIC)] != MAGIC or checksum != entry.checksum or crc32(content) != checksum:
            raise Broken(f"{self.path} is damaged: its directory is not the one that was written")
        try:
            directory = msgspec.json.decode(content, type=_Directory)
        except msgspec.DecodeError as error:
            raise Broken(f"{self.path} has a directory that cannot be read: {error}") from error
        found = {name: (place.dtype, place.shape) for name, place in directory.columns.items()}
        if any(found.pop(name, None) != form for name, form in _forms(entry).items()) or set(found) != _FREQS:
            raise Broken(f"{self.path} has other columns than this program's: it is of another version")
        return directory


def _forms(entry: Entry) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return the dtype and shape of every column with a row for each document."""
    return {name: (dtype, (entry.n_rows, *shape)) for name, (dtype, shape) in row_columns(entry.dimensions).items()}


Pieces = Callable[[str], Iterable[Column]]


def write_segment(
    path: Path,
    n_rows: int,
    dimensions: int,
    vector_model: str,
    pieces: Pieces,
    freqs: tuple[NDArray[np.uint32], NDArray[np.uint32]],
) -> Entry:
    """Write a segment's file, durably, and return its entry.

    `pieces` gives a row column by its name, in pieces, rows by ascending id; `freqs` are the words (u,), ascending, and
    in how many documents each stands.
    """
    columns = {name: (dtype, (n_rows, *shape)) for name, (dtype, shape) in row_columns(dimensions).items()}
    n_terms = len(freqs[0])
    columns["freq_terms"] = columns["freq_counts"] = ("<u4", (n_terms,))
    places: dict[str, _Place] = {}
    with written_whole(path) as file:
        file.write(MAGIC)
        for name, (dtype, shape) in columns.items():
            file.write(bytes(-file.tell() % _ALIGNMENT))
            offset, checksum = file.tell(), 0
            source = [freqs[name == "freq_counts"]] if name.startswith("freq_") else pieces(name)
            for piece in source:
                data = np.ascontiguousarray(piece, dtype).reshape(-1).view(np.uint8).data
                file.write(data)
                checksum = crc32(data, checksum)
            places[name] = _Place(dtype, shape, offset, checksum)
        content = msgspec.json.encode(_Directory(n_rows, places))
        file.write(content)
        file.write(_TAIL.pack(len(content), crc32(content)))
        n_bytes = file.tell()
    return Entry(path.name, n_rows, n_bytes, crc32(content), vector_model, dimensions)
