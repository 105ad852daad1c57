"""The files of a commit, held: copied at leisure they are that index, whatever a writer does meanwhile."""

import shutil
from pathlib import Path
from typing import BinaryIO

import pytest

from germane.index import Document, Index, IndexFailure, Query, hold_index, open_index

D = 64


def opened(home: Path) -> Index:
    return open_index("embedded:", home, create=True, dimensions=D, vector_model="test/1")


def document(number: int) -> Document:
    return Document(id=number, title=f"moss {number}", vector=b"\x00\x3c" + b"\0" * (2 * D - 2))


def write_down(files: dict[str, BinaryIO], home: Path) -> None:
    for name, file in files.items():
        (home / "index" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "index" / name).write_bytes(file.read())


def test_what_is_held_is_the_last_commit_whatever_comes_after(tmp_path: Path) -> None:
    index = opened(tmp_path)
    for start in range(0, 40, 10):
        index.add(map(document, range(start, start + 10)))
        index.commit()
    index.delete([3])
    index.commit()
    index.add([document(99)])  # not committed: not in it
    with hold_index("embedded:", tmp_path) as files:
        index.delete(range(0, 40, 2))
        index.add(map(document, range(100, 200)))
        index.optimize()  # which removes the files that are held
        index.close()
        shutil.rmtree(tmp_path / "index")
        write_down(files, tmp_path / "copy")
    copy = opened(tmp_path / "copy")
    assert (copy.n_documents, copy.n_vectors, copy.verify()) == (39, 39, [])
    assert {hit.id for hit in copy.search(Query(n=200)).hits} == {*range(40)} - {3}
    copy.add([document(1_000)])  # and it can be written to
    copy.commit()
    copy.optimize()
    assert (copy.n_documents, copy.verify()) == (40, [])


def test_an_empty_index_can_be_held(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with hold_index("embedded:", tmp_path) as files:
        write_down(files, tmp_path / "copy")
    assert opened(tmp_path / "copy").n_documents == 0


@pytest.mark.parametrize("damage", ["absent", "meta.json", "rows/manifest.json"])
def test_an_index_that_is_not_there_or_broken_is_told(
    tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("germane.index.embedded.copying._PATIENCE", 2)
    index = opened(tmp_path)
    index.add([document(1)])
    index.commit()
    index.close()
    if damage == "absent":
        shutil.rmtree(tmp_path / "index")
    else:
        (tmp_path / "index" / damage).write_text("{")
    with pytest.raises(IndexFailure, match="germane rebuild index") as failure, hold_index("embedded:", tmp_path):
        pass
    assert failure.value.permanent
