"""An inverted file over a large segment's sign bits (faiss's binary IVF), so that only some of them are compared.

It is derived from the segment and may be missing or broken at any time: then every row is compared, and the next
writer makes it again. faiss saves to memory; the file is ours, with a checksum, and put into place whole.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary
from zlib import crc32

import faiss
import numpy as np
from numpy.typing import NDArray

from germane.files import written_whole
from germane.index.embedded.vectors.rows import HAS_VECTOR
from germane.index.embedded.vectors.segments import Segment

FROM_ROWS = 1_000_000  # below, comparing every row is as quick, and finds more
N_LISTS = 1_024
N_PROBED = 320  # 256 found .958 of the twenty nearest of 1.5 million, 128 .942, 384 .970
N_TRAINED = 64 * N_LISTS
N_ROUNDS = 8
SEED = 7

_OPENED: "WeakKeyDictionary[Segment, tuple[tuple[int, int], BinaryIVF | None]]" = WeakKeyDictionary()
_HEAD = struct.Struct("<8sII")  # magic, the segment's checksum, the content's
_MAGIC = b"germivf1"


class BinaryIVF:
    """An open inverted file."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._index.nprobe = N_PROBED

    def search(self, sign: NDArray[np.uint8], n: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return (distances, rows) of up to `n` rows that differ least from `sign` (1, d / 8)."""
        with one_thread():
            distances, rows = self._index.search(sign, n)
        is_found = rows[0] >= 0
        return distances[0][is_found], rows[0][is_found]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let faiss compute in the calling thread alone: at one question the others only spin, for ten times the CPU."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def ivf_path(segment: Segment) -> Path:
    """Return where a segment's inverted file stands."""
    return segment.path.with_suffix(".ivf")


def is_sound(segment: Segment) -> bool:
    """Tell whether a segment's inverted file is there and whole."""
    return _read(segment) is not None


def ivf_of(segment: Segment) -> BinaryIVF | None:
    """Return a segment's inverted file, or None when it is too small for one, or there is none that is whole.

    Opened once; the folder is looked at each time, so that one that is made later is found.
    """
    if segment.n_rows < FROM_ROWS:
        return None
    try:
        status = ivf_path(segment).stat()
    except OSError:
        return None
    stamp = (status.st_ino, status.st_mtime_ns)
    known = _OPENED.get(segment)
    if known is None or known[0] != stamp:
        known = _OPENED[segment] = (stamp, _open(segment))
    return known[1]


def build_ivf(segment: Segment) -> None:
    """Write a segment's inverted file; rows without a vector are left out."""
    bits = np.asarray(segment.bits)
    d = bits.shape[1] * 8
    quantizer = faiss.IndexBinaryFlat(d)
    index = faiss.IndexBinaryIVF(quantizer, d, N_LISTS)
    index.cp.niter = N_ROUNDS
    index.cp.seed = SEED
    rows = np.flatnonzero(np.asarray(segment.flags) & HAS_VECTOR)
    sample = np.random.default_rng(SEED).choice(rows, min(N_TRAINED, len(rows)), replace=False)
    index.train(bits[np.sort(sample)])
    for begin in range(0, len(rows), 1 << 17):
        some = rows[begin : begin + (1 << 17)]
        index.add_with_ids(bits[some], some)
    content = faiss.serialize_index_binary(index).tobytes()
    with written_whole(ivf_path(segment)) as file:
        file.write(_HEAD.pack(_MAGIC, segment.checksum, crc32(content)))
        file.write(content)


def _open(segment: Segment) -> BinaryIVF | None:
    content = _read(segment)
    if content is None:
        return None
    return BinaryIVF(faiss.deserialize_index_binary(np.frombuffer(content, np.uint8)))


def _read(segment: Segment) -> bytes | None:
    try:
        data = ivf_path(segment).read_bytes()
    except OSError:
        return None
    if len(data) < _HEAD.size:
        return None
    magic, owner, checksum = _HEAD.unpack(data[: _HEAD.size])
    content = data[_HEAD.size :]
    return content if (magic, owner, checksum) == (_MAGIC, segment.checksum, crc32(content)) else None
