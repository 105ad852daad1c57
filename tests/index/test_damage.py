"""Damaged files of vectors: told when the index is opened or read whole, mended by a rebuild, never answered from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from germane.index import Document, Hit, Index, IndexFailure, open_index, rebuild_index
from germane.index.embedded.vectors import binary_ivf, scan, segments
from germane.index.embedded.vectors.manifest import MANIFEST
from germane.index.queries import parse_query

REMEDY = "rebuild with: germane rebuild index"
D = 16
OPTIONS = {"dimensions": D, "vector_model": "test/1"}
ASKED = np.arange(D, dtype=np.float32) - 7


def document(number: int) -> Document:
    drawn = np.random.default_rng(number).standard_normal(D)
    vector = (drawn / np.linalg.norm(drawn)).astype("<f2").tobytes()
    return Document(id=number, title=f"number {number} of many", abstract="words", vector=vector)


def opened(folder: Path) -> Index:
    return open_index("embedded:", folder.parent, **OPTIONS)  # type: ignore[arg-type]


def answers(index: Index) -> tuple[list[Hit], list[int], list[list[int]]]:
    return (
        index.nearest(ASKED, n=20),
        [hit.id for hit in index.search(parse_query("number 7", n=20)).hits],
        index.forward(range(0, 300, 7)).terms.tolist(),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _made(tmp_path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index that every test leaves as it was."""
    return _made(tmp_path_factory.mktemp("sound"))


def _made(home: Path) -> Path:
    index = open_index("embedded:", home, create=True, dimensions=D, vector_model="test/1")
    index.add(map(document, range(300)))
    index.commit()
    index.add([document(7)])
    index.delete([8])
    index.commit()
    index.close()
    return home / "index"


def _lose_manifest(rows: Path) -> None:
    (rows / MANIFEST).unlink()


def _other_format(rows: Path) -> None:
    path = rows / MANIFEST
    path.write_bytes(path.read_bytes().replace(b'"format":1', b'"format":9'))


def _garble_manifest(rows: Path) -> None:
    path = rows / MANIFEST
    path.write_bytes(path.read_bytes().replace(b'"n_rows":300', b'"n_rows":299'))


def _lose_rows(rows: Path) -> None:
    _largest(rows).unlink()


def _empty_rows(rows: Path) -> None:
    _largest(rows).write_bytes(b"")


def _cut_rows(rows: Path) -> None:
    path = _largest(rows)
    path.write_bytes(path.read_bytes()[:-40])


def _flip_directory(rows: Path) -> None:
    _flip(_largest(rows), -60)


def _flip_vectors(rows: Path) -> None:
    path = _largest(rows)
    _flip(path, path.stat().st_size // 2)


def _lose_dead(rows: Path) -> None:
    next(rows.glob("*.dead")).unlink()


def _flip_dead(rows: Path) -> None:
    _flip(next(rows.glob("*.dead")), 0)


def _lose_all(rows: Path) -> None:
    for path in rows.iterdir():
        path.unlink()
    rows.rmdir()


DAMAGES = (
    _lose_manifest,
    _other_format,
    _garble_manifest,
    _lose_rows,
    _empty_rows,
    _cut_rows,
    _flip_directory,
    _flip_vectors,
    _lose_dead,
    _flip_dead,
    _lose_all,
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_rows_are_told_when_the_index_is_opened_and_a_rebuild_mends_them(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(folder / "rows")
    with pytest.raises(IndexFailure, match=REMEDY) as failure:
        opened(folder)
    assert failure.value.permanent
    with rebuild_index("embedded:", folder.parent, keep_vectors=True, **OPTIONS) as index:  # type: ignore[arg-type]
        index.add([document(1)])
    assert [hit.id for hit in opened(folder).nearest(ASKED)] == [1]
    assert opened(folder).verify() == []


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), which=st.integers(0, 9))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_anywhere_is_told_or_changes_nothing(sound: Path, place: float, bit: int, which: int) -> None:
    files = sorted((sound / "rows").iterdir())
    path = files[which % len(files)]
    at = int(place * path.stat().st_size)
    expected = answers(opened(sound))
    try:
        _flip(path, at, bit)
        try:
            index = opened(sound)
        except IndexFailure as failure:
            assert REMEDY in str(failure)  # noqa: PT017 (that it is raised is only one of two right answers)
        else:
            assert answers(index) == expected
    finally:
        _flip(path, at, bit)


def test_what_is_too_large_to_be_checked_at_each_start_is_found_by_verify(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "SMALL", 0)
    _flip_vectors(folder / "rows")
    index = opened(folder)
    (problem,) = index.verify()
    assert _largest(folder / "rows").name in problem
    assert "checksum" in problem


@pytest.mark.parametrize("kind", ["term", "idx", "pos", "store", "fieldnorm", "fast"])
def test_verify_names_damaged_files_of_the_text(folder: Path, kind: str) -> None:
    index = opened(folder)
    assert index.verify() == []
    path = max(folder.glob(f"*.{kind}"), key=lambda file: file.stat().st_size)
    _flip(path, 0)
    (problem,) = index.verify()
    assert path.name in problem
    path.unlink()
    assert path.name in index.verify()[0]


def test_a_rebuild_keeps_no_vector_of_a_damaged_segment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SMALL", 0)
    _flip_vectors(folder / "rows")
    with rebuild_index("embedded:", folder.parent, keep_vectors=True, **OPTIONS) as index:  # type: ignore[arg-type]
        index.add(Document(id=number) for number in range(300))
    reader = opened(folder)
    assert (reader.n_documents, reader.n_vectors) == (300, 1)  # number 7 stood in a segment of its own


def _small_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary_ivf, "FROM_ROWS", 200)
    monkeypatch.setattr(binary_ivf, "N_LISTS", 4)
    monkeypatch.setattr(scan, "EXACT", 50)  # else so few are not looked up in it
    monkeypatch.setattr(scan, "RESCORED", 150)


def _empty_ivf(path: Path) -> None:
    path.write_bytes(b"")


def _cut_ivf(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _flip_ivf(path: Path) -> None:
    _flip(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [_empty_ivf, _cut_ivf, _flip_ivf, Path.unlink])
def test_without_its_inverted_file_an_index_answers_the_same_and_the_next_writer_makes_it_again(
    folder: Path, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    _small_lists(monkeypatch)
    index = opened(folder)
    index.optimize()
    index.close()
    (path,) = (folder / "rows").glob("*.ivf")
    expected = answers(opened(folder))
    damage(path)
    reader = opened(folder)
    assert answers(reader) == expected
    assert [problem for problem in reader.verify() if path.name not in problem] == []
    assert len(reader.verify()) == int(path.exists())
    writer = opened(folder)
    writer.add([document(500)])
    writer.commit()
    assert writer.verify() == []
    assert path.exists()


def _largest(rows: Path) -> Path:
    return max(rows.glob("*.rows"), key=lambda path: path.stat().st_size)


def _flip(path: Path, place: int, bit: int = 0) -> None:
    """Change one bit where it stands: a reader may have the file mapped, and must not find it cut off."""
    place %= path.stat().st_size
    with path.open("r+b") as file:
        file.seek(place)
        (value,) = file.read(1)
        file.seek(place)
        file.write(bytes([value ^ 1 << bit]))


def test_half_a_file_of_a_killed_writer_is_no_damage(folder: Path) -> None:
    kept = next(iter(folder.glob("*.del")))
    name, opstamp, _ = kept.name.split(".")
    (folder / f"{name}.{int(opstamp) + 1}.del").write_bytes(b"half")
    index = opened(folder)
    assert index.verify() == []
    kept.write_bytes(kept.read_bytes()[:-3])
    assert any(kept.name in problem for problem in index.verify())
