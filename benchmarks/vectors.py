"""Nearest vectors: milliseconds, recall, building time and bytes, against reading the sign bits once from memory."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from germane.index import Filters
from germane.index.embedded.vectors import binary_ivf
from germane.index.embedded.vectors.manifest import Entry
from germane.index.embedded.vectors.merging import merge
from germane.index.embedded.vectors.rows import HAS_VECTOR, count_terms, signs
from germane.index.embedded.vectors.scan import hamming, nearest
from germane.index.embedded.vectors.segments import Column, T, block_dtype, row_columns, write_segment
from germane.index.embedded.vectors.snapshot import Snapshot, open_part

SIZES = (150_000, 1_500_000)
D = 256
N_QUESTIONS = 200
N_ASKED = 20
N_GATHERED = 1_000
MODEL = "made-up/1"
_EVERYTHING = Filters()
_N_FIELDS, _PER_TOPIC = 300, 20
_PIECE = 50_000


def run(folder: Path, n_records: int, n_requests: int) -> dict[str, Any]:
    """Measure clustered made-up vectors in one segment, every row compared and with the inverted file."""
    results: dict[str, Any] = {}
    sys.stdout.write(
        "| vectors | way | CPU ms | recall@20 | CPU ms, a filter that one in ten passes | built in, CPU s |"
        " bytes an article | reading all sign bits, ms | 1,000 documents' forward data, ms |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
    )
    for n in SIZES:
        home = folder / f"vectors-{n}"
        home.mkdir()
        results[str(n)] = _measure(home, n)
        for way, row in results[str(n)].items():
            cells = (f"{row[key]:,.3g}" if row.get(key) is not None else "" for key in _COLUMNS)
            sys.stdout.write(f"| {n:,} | {way} | {' | '.join(cells)} |\n")
        sys.stdout.flush()
    return results


_COLUMNS = ("cpu_ms", "recall", "filtered_cpu_ms", "build_s", "bytes", "memory_ms", "forward_ms")


def _measure(home: Path, n: int) -> dict[str, Any]:
    space = _Space(np.random.default_rng(5), n // _PER_TOPIC)
    halves = [_write(home / f"{i:08}.rows", space, n // 2, i) for i in (1, 2)]
    parts = [open_part(home, entry) for entry in halves]
    started = time.process_time()
    entry = merge(home / "00000003.rows", parts)
    merge_s = time.process_time() - started
    for half in halves:
        (home / half.name).unlink()
    snapshot = Snapshot({entry: open_part(home, entry)}, D, MODEL)
    (part,) = snapshot.parts.values()
    questions = space.draw(np.random.default_rng(99), N_QUESTIONS)
    exact = _exact(part.segment.vectors, part.segment.ids, questions)
    bits = part.segment.bits
    words = np.ascontiguousarray(bits).view(np.uint64)
    some = np.random.default_rng(3).integers(0, n, (20, N_GATHERED))
    common = {
        "memory_ms": _cpu_ms(lambda _: words.sum(), 5),
        "forward_ms": _cpu_ms(lambda i: snapshot.forward(some[i]), 20),
        "merge_s": merge_s,
        "hamming_ms": _cpu_ms(lambda i: hamming(signs(questions[i : i + 1]), bits, 1_000), 20),
    }
    flat = {**_asked(snapshot, questions, exact), **common, "build_s": None, "bytes": entry.n_bytes / n}
    results = {"every row": flat}
    if n >= binary_ivf.FROM_ROWS:
        started = time.process_time()
        binary_ivf.build_ivf(part.segment)
        build_s = time.process_time() - started
        n_bytes = entry.n_bytes + binary_ivf.ivf_path(part.segment).stat().st_size
        results["inverted file"] = {
            **_asked(snapshot, questions, exact),
            **common,
            "build_s": build_s,
            "bytes": n_bytes / n,
        }
    results["every row"]["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return results


def _asked(snapshot: Snapshot, questions: NDArray[np.float32], exact: list[set[int]]) -> dict[str, Any]:
    def ask(i: int, filters: Filters = _EVERYTHING) -> set[int]:
        return {near.id for near in nearest(snapshot, questions[i], N_ASKED, frozenset(), filters)}

    found = [ask(i) for i in range(len(questions))]
    recall = sum(len(a & b) for a, b in zip(found, exact, strict=True)) / sum(map(len, exact))
    decade = Filters(year_from=2000, year_to=2003)
    return {
        "cpu_ms": _cpu_ms(ask, len(questions)),
        "recall": recall,
        "filtered_cpu_ms": _cpu_ms(lambda i: ask(i, decade), 20),
    }


class _Space:
    """Topics within fields, as texts lie: most of a vector is its field and topic, the rest its own."""

    def __init__(self, random: np.random.Generator, n_topics: int) -> None:
        fields = _unit(random.standard_normal((_N_FIELDS, D), np.float32))
        topics = _unit(random.standard_normal((n_topics, D), np.float32))
        self._topics = _unit(fields[random.integers(0, _N_FIELDS, n_topics)] + topics)

    def draw(self, random: np.random.Generator, n: int) -> NDArray[np.float32]:
        """Return n unit vectors (n, D)."""
        own = _unit(random.standard_normal((n, D), np.float32))
        return _unit(self._topics[random.integers(0, len(self._topics), n)] + 0.8 * own)


def _write(path: Path, space: _Space, n: int, seed: int) -> Entry:
    """Write a segment of n rows; its words are drawn as those of real texts are."""

    def pieces(name: str) -> Iterator[Column]:
        dtype, shape = row_columns(D)[name]
        random = np.random.default_rng((seed, len(name)))
        vectors = np.random.default_rng(seed)
        for begin in range(0, n, _PIECE):
            m = min(_PIECE, n - begin)
            if name == "bits":
                yield signs(space.draw(vectors, m).astype(np.float16))
            elif name == "blocks":
                blocks = np.zeros(m, block_dtype(D))
                blocks["vectors"], blocks["terms"], blocks["counts"] = space.draw(vectors, m), _terms(random, m), 1
                yield blocks.view(np.uint8).reshape(m, -1)
            elif name == "ids":
                yield np.arange(begin, begin + m) * 2 + seed - 1
            elif name == "years":
                yield random.integers(1985, 2025, m)
            elif name == "flags":
                yield np.full(m, HAS_VECTOR)
            else:
                yield random.integers(1, 200, (m, *shape)).astype(dtype)

    random = np.random.default_rng((seed, len("blocks")))
    terms, counts = count_terms(_terms(random, min(_PIECE, n - begin)) for begin in range(0, n, _PIECE))
    return write_segment(path, n, D, MODEL, pieces, (terms, counts.astype(np.uint32)))


def _terms(random: np.random.Generator, n: int) -> NDArray[np.uint32]:
    return (np.minimum(random.zipf(1.35, (n, T)), 1 << 31)).astype(np.uint32)


def _exact(vectors: NDArray[np.float16], ids: NDArray[np.int64], questions: NDArray[np.float32]) -> list[set[int]]:
    """Return the ids of the nearest by every cosine, a set a question."""
    best = np.full((len(questions), N_ASKED), -2.0, np.float32)
    whose = np.zeros((len(questions), N_ASKED), np.int64)
    for begin in range(0, len(vectors), _PIECE):
        scores = questions @ _unit(vectors[begin : begin + _PIECE].astype(np.float32)).T
        joined = np.concatenate([best, scores], axis=1)
        owners = np.concatenate([whose, np.broadcast_to(ids[begin : begin + _PIECE], scores.shape)], axis=1)
        order = np.argpartition(-joined, N_ASKED - 1, axis=1)[:, :N_ASKED]
        best, whose = np.take_along_axis(joined, order, 1), np.take_along_axis(owners, order, 1)
    return [set(row.tolist()) for row in whose]


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def _cpu_ms(work: Callable[[int], object], n: int) -> float:
    """Return the median CPU milliseconds of `work(i)` for i < n."""
    took = []
    for i in range(n):
        started = time.process_time()
        work(i)
        took.append(time.process_time() - started)
    return float(np.median(took)) * 1_000
