"""What is left when nothing more can be written: the last commit, and a writer that can go on later."""

import errno
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from germane.index import Document, Index, IndexFailure, Query, open_index, rebuild_index
from germane.index.embedded.vectors import segments, store
from germane.index.embedded.vectors.manifest import Manifest, State, read_manifest, write_manifest

D = 16


def opened(home: Path) -> Index:
    return open_index("embedded:", home, create=True, dimensions=D, vector_model="test/1")


def document(number: int, n_words: int = 5) -> Document:
    drawn = np.random.default_rng(number).standard_normal(D)
    vector = (drawn / np.linalg.norm(drawn)).astype("<f2").tobytes()
    words = " ".join(f"w{number}x{i}" for i in range(n_words))
    return Document(id=number, title=f"number {number} of many", abstract=words, vector=vector)


def ids_of(index: Index) -> tuple[set[int], set[int]]:
    """Return the ids that the text has, and those that the rows have."""
    kept = index.forward(range(100))
    return {hit.id for hit in index.search(Query(n=200)).hits}, set(kept.ids[kept.vectors.any(axis=1)].tolist())


@contextmanager
def no_file_above(n_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_merge_that_finds_no_room_loses_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    index = opened(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(store, "merge", no_room)
        for number in range(9):  # the eighth segment of one size has them merged
            index.add([document(number)])
            with suppress(IndexFailure):
                index.commit()
        with pytest.raises(IndexFailure, match="No space left"):
            index.optimize()
    index.add([document(20)])
    index.commit()
    assert ids_of(index) == ({*range(9), 20}, {*range(9), 20})
    index.optimize()
    assert ids_of(index) == ({*range(9), 20}, {*range(9), 20})
    index.close()
    assert ids_of(opened(tmp_path)) == ({*range(9), 20}, {*range(9), 20})
    assert index.verify() == []


def _add_and_commit(index: Index, *documents: Document) -> None:
    index.add(documents)
    index.commit()


def test_after_a_failed_commit_the_last_one_stands_and_closing_makes_a_new_start(tmp_path: Path) -> None:
    index = opened(tmp_path)
    index.add([document(1)])
    index.commit()
    with no_file_above(40_000):
        with pytest.raises(IndexFailure) as failure:
            _add_and_commit(index, document(2, n_words=20_000))
        assert not failure.value.permanent
        assert ids_of(index) == ({1}, {1})
    index.close()
    assert ids_of(opened(tmp_path)) == ({1}, {1})
    index.add([document(2, n_words=20_000)])
    index.commit()
    assert ids_of(index) == ({1, 2}, {1, 2})
    assert index.verify() == []
    index.close()


def _rebuild(home: Path) -> None:
    with rebuild_index("embedded:", home, dimensions=D, vector_model="test/1") as index:
        index.add([document(2)])


@pytest.mark.parametrize("write", [lambda home: opened(home).add([document(2)]), _rebuild])
def test_where_nobody_may_write_the_index_says_so_and_is_still_read(
    tmp_path: Path, write: Callable[[Path], object]
) -> None:
    index = opened(tmp_path)
    index.add([document(1)])
    index.commit()
    index.close()
    (tmp_path / "index.lock").unlink()
    (tmp_path / "index.lock").mkdir()  # no file can be opened for writing here, not even by root
    with pytest.raises(IndexFailure, match="cannot be written to") as failure:
        write(tmp_path)
    assert failure.value.permanent
    assert ids_of(opened(tmp_path)) == ({1}, {1})


def _written_by_an_older_program(rows: Path) -> None:
    """Give a segment's column another name, with every checksum right."""
    state = read_manifest(rows).after
    path = rows / state.entries[0].name
    content = path.read_bytes()
    size, _ = segments._TAIL.unpack(content[-segments._TAIL.size :])
    start = len(content) - segments._TAIL.size - size
    directory = content[start : start + size].replace(b'"blocks"', b'"vector"')
    assert msgspec.json.decode(directory)
    path.write_bytes(content[:start] + directory + segments._TAIL.pack(size, crc32(directory)))
    old = State((replace(state.entries[0], checksum=crc32(directory)), *state.entries[1:]))
    write_manifest(rows, Manifest(0, old, old))


def test_rows_of_another_form_are_told_and_a_rebuild_mends_them(tmp_path: Path) -> None:
    index = opened(tmp_path)
    index.add([document(1)])
    index.commit()
    index.close()
    _written_by_an_older_program(tmp_path / "index" / "rows")
    with pytest.raises(IndexFailure, match="rebuild with: germane rebuild index") as failure:
        opened(tmp_path)
    assert failure.value.permanent
    with rebuild_index("embedded:", tmp_path, dimensions=D, vector_model="test/1", keep_vectors=True) as fresh:
        fresh.add([document(2)])
    assert ids_of(opened(tmp_path)) == ({2}, {2})
