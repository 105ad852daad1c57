"""Writers that are killed at any moment: what they acknowledged is there, and text and rows are of one commit."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from germane.index import Document, Index, Query, open_index
from germane.index.embedded.vectors import binary_ivf, store
from germane.index.embedded.vectors.manifest import MANIFEST
from germane.index.queries import parse_query

D = 16
FRESH, STEP = 40, 10  # documents a batch, and how many of them are new: the others replace
N_KILLS = 10
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["germane.index.embedded"])


def batch(number: int) -> list[Document]:
    """Return a batch's documents; text and vector of each say which batch it is of."""
    return [
        Document(id=i, title=f"batch{number} word", vector=_vector(i, number))
        for i in range(number * STEP, number * STEP + FRESH)
    ]


def deleted(number: int) -> int:
    return number * STEP - 5


def expected(last: int) -> dict[int, int]:
    """Return id → the batch that it is of, after all batches up to the last."""
    kept: dict[int, int] = {}
    for number in range(1, last + 1):
        kept.pop(deleted(number), None)
        kept |= dict.fromkeys(range(number * STEP, number * STEP + FRESH), number)
    return kept


def state_of(index: Index) -> tuple[dict[int, int], dict[int, int]]:
    """Return id → batch as the text says, and as the vectors say; raises when an id stands in either twice."""
    by_text: dict[int, int] = {}
    after = ""
    while True:
        results = index.search(Query(n=200, after=after))
        by_text |= {hit.id: -1 for hit in results.hits}
        after = results.next_page
        if not after:
            break
    last = max(by_text, default=0) // STEP
    for number in range(max(last - 12, 1), last + 1):
        for hit in index.search(parse_query(f"batch{number}", n=100)).hits:
            assert by_text[hit.id] == -1
            by_text[hit.id] = number
    kept = index.forward(range(max(by_text, default=0) + 50))
    by_rows = {int(i): _batch_of(row) for i, row in zip(kept.ids, kept.vectors, strict=True) if row.any()}
    assert index.n_vectors == len(by_rows)
    return {i: n for i, n in by_text.items() if n > 0}, by_rows


@pytest.fixture
def home(tmp_path: Path) -> Path:
    opened(tmp_path).close()
    return tmp_path


def opened(home: Path) -> Index:
    return open_index("embedded:", home, create=True, dimensions=D, vector_model="test/1")


def killed(
    home: Path, work: Callable[[Path, int, Connection], None], first: int, delay_s: float, n_words: int = 1
) -> int:
    """Run a writer from a batch on, kill it some time after some words of it, and return its last one."""
    ours, theirs = SERVER.Pipe()
    writer = SERVER.Process(target=work, args=(home, first, theirs))
    writer.start()
    acknowledged = 0
    for _ in range(n_words):
        assert ours.poll(30)
        acknowledged = ours.recv()
    time.sleep(delay_s)
    assert writer.pid
    os.kill(writer.pid, signal.SIGKILL)
    writer.join(20)
    assert writer.exitcode == -signal.SIGKILL
    while ours.poll():
        try:
            acknowledged = ours.recv()
        except EOFError:
            break
    return acknowledged


def test_a_killed_writer_loses_nothing_acknowledged_and_mixes_nothing(home: Path) -> None:
    moments = random.Random(11)
    last = 0
    for _ in range(N_KILLS):
        acknowledged = killed(home, _write_and_tell, last + 1, moments.uniform(0, 0.1), moments.choice([1, 1, 2]))
        index = opened(home)
        by_text, by_rows = state_of(index)
        last = max(by_rows.values())
        assert last - acknowledged in (0, 1)  # the last commit may have been over, and its word not yet sent
        truth = expected(last)
        assert by_rows == truth
        assert by_text == {i: n for i, n in truth.items() if n >= max(max(truth) // STEP - 12, 1)}
        assert index.n_documents == len(truth)
        assert index.verify() == []
    assert last > N_KILLS


def test_this_would_notice_a_writer_that_acknowledges_too_early(home: Path) -> None:
    acknowledged = killed(home, _tell_and_write_not, 1, 0)
    _, by_rows = state_of(opened(home))
    assert max(by_rows.values(), default=0) < acknowledged


def test_this_would_notice_rows_of_another_commit_than_the_text(home: Path) -> None:
    index = opened(home)
    manifests = []
    for number in (1, 9):
        index.add(batch(number))
        index.commit()
        manifests.append((home / "index" / "rows" / MANIFEST).read_bytes())
    index.close()
    by_text, by_rows = state_of(opened(home))
    assert by_text == by_rows
    assert set(by_rows.values()) == {1, 9}
    (home / "index" / "rows" / MANIFEST).write_bytes(manifests[0])
    by_text, by_rows = state_of(opened(home))
    assert set(by_text.values()) == {1, 9}
    assert set(by_rows.values()) == {1}


@pytest.mark.parametrize("moment", ["before the manifest", "before the text's commit", "after it", "while merging"])
def test_a_writer_may_die_at_each_step_of_a_commit(home: Path, moment: str) -> None:
    index = opened(home)
    for number in range(1, 8):
        index.add(batch(number))
        index.delete([deleted(number)])
        index.commit()
    index.close()
    killed(home, _DYING[moment], 8, 0)
    index = opened(home)
    by_text, by_rows = state_of(index)
    done = 8 if moment in ("after it", "while merging") else 7
    assert by_text == by_rows == expected(done)
    assert index.verify() == []
    index.add(batch(9))
    index.delete([deleted(9)])
    index.commit()
    truth = expected(done)
    truth.pop(deleted(9), None)
    assert state_of(index)[1] == truth | dict.fromkeys(range(9 * STEP, 9 * STEP + FRESH), 9)
    named = {path.name for path in (home / "index" / "rows").iterdir()}
    assert not [name for name in named if name.endswith(".tmp")]


# ── processes of the tests' own ──────────────────────────────────────────────────────────────────────────────────────


def _write_and_tell(home: Path, first: int, told: Connection) -> None:
    binary_ivf.FROM_ROWS, binary_ivf.N_LISTS = 60, 2  # so that inverted files are made all the time
    index = opened(home)
    number = first
    while True:
        index.delete([deleted(number)])
        index.add(batch(number))
        index.commit()
        told.send(number)
        number += 1


def _tell_and_write_not(home: Path, first: int, told: Connection) -> None:
    index = opened(home)
    index.add(batch(first))
    told.send(first)
    time.sleep(60)


def _die_before_manifest(home: Path, number: int, told: Connection) -> None:
    _commit_until(home, number, told, "write_manifest", calls=1)


def _die_after_manifest(home: Path, number: int, told: Connection) -> None:
    rows_prepare = store.RowStore.prepare

    def prepare(self: store.RowStore) -> None:
        rows_prepare(self)
        _wait_to_die(told)

    store.RowStore.prepare = prepare  # type: ignore[method-assign]
    _commit(home, number)


def _die_after_commit(home: Path, number: int, told: Connection) -> None:
    store.RowStore.maintain = lambda self: _wait_to_die(told)  # type: ignore[method-assign]
    _commit(home, number)


def _die_while_merging(home: Path, number: int, told: Connection) -> None:
    _commit_until(home, number, told, "write_manifest", calls=2)


_DYING = {
    "before the manifest": _die_before_manifest,
    "before the text's commit": _die_after_manifest,
    "after it": _die_after_commit,
    "while merging": _die_while_merging,
}


def _commit_until(home: Path, number: int, told: Connection, name: str, *, calls: int) -> None:
    """Commit a batch, and stop before a function of the store is called for the n-th time."""
    function, n_left = getattr(store, name), [calls]

    def stop(*arguments: object) -> object:
        n_left[0] -= 1
        if not n_left[0]:
            _wait_to_die(told)
        return function(*arguments)

    setattr(store, name, stop)
    _commit(home, number)


def _commit(home: Path, number: int) -> None:
    index = opened(home)
    index.delete([deleted(number)])
    index.add(batch(number))
    index.commit()


def _wait_to_die(told: Connection) -> None:
    told.send(0)
    time.sleep(60)


def _vector(number: int, of_batch: int) -> bytes:
    """Return a unit vector whose direction tells the batch: sign bits of its number, small differences by id."""
    bits = [1.0 if of_batch >> bit & 1 else -1.0 for bit in range(D - 1)]
    v = np.array([*bits, number % 7 / 100], np.float32)
    return (v / np.linalg.norm(v)).astype("<f2").tobytes()


def _batch_of(vector: np.ndarray[tuple[int], np.dtype[np.float32]]) -> int:
    return sum(1 << bit for bit in range(D - 1) if vector[bit] > 0)
