"""The folder of the embedded index: what it says when it cannot be used, and what survives."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from germane.index import Document, IndexFailure, open_index, rebuild_index
from germane.index.queries import parse_query

REMEDY = "rebuild with: germane rebuild index"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    index = open_index("embedded:", tmp_path, create=True)
    index.add(Document(id=i, title=f"number {i} of many", abstract="words " * 50) for i in range(200))
    index.commit()
    index.close()
    return tmp_path / "index"


def _remove(folder: Path) -> None:
    shutil.rmtree(folder)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _make_older(folder: Path) -> None:
    (folder / "germane-index.json").write_text(json.dumps({"schema": 0}))


def _garble_version(folder: Path) -> None:
    (folder / "germane-index.json").write_bytes(b"\xff\x00{")


def _lose_version(folder: Path) -> None:
    (folder / "germane-index.json").unlink()


def _garble_meta(folder: Path) -> None:
    (folder / "meta.json").write_text('{"segments": [')


def _empty_meta(folder: Path) -> None:
    (folder / "meta.json").write_text("")


def _lose_meta(folder: Path) -> None:
    (folder / "meta.json").unlink()


def _lose_postings(folder: Path) -> None:
    for file in folder.glob("*.idx"):
        file.unlink()


def _cut_terms(folder: Path) -> None:
    for file in folder.glob("*.term"):
        file.write_bytes(file.read_bytes()[:20])


def _empty_files(folder: Path) -> None:
    for file in folder.glob("*.*"):
        if file.suffix != ".json":
            file.write_bytes(b"")


DAMAGES = (
    _remove,
    _empty,
    _make_older,
    _garble_version,
    _lose_version,
    _garble_meta,
    _empty_meta,
    _lose_meta,
    _lose_postings,
    _cut_terms,
    _empty_files,
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_index_that_cannot_be_read_says_so_when_opened_and_how_to_mend_it(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(folder)
    with pytest.raises(IndexFailure, match=REMEDY) as failure:
        open_index("embedded:", folder.parent)
    assert failure.value.permanent
    assert str(folder) in str(failure.value)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_rebuild_mends_every_damage(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder)
    with rebuild_index("embedded:", folder.parent) as index:
        index.add([Document(id=1, title="mended")])
    reader = open_index("embedded:", folder.parent)
    assert [hit.id for hit in reader.search(parse_query("mended")).hits] == [1]
    assert reader.n_documents == 1


@pytest.mark.parametrize("damage", [_make_older, _garble_meta, _lose_version])
def test_creating_leaves_a_broken_index_as_it_is(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder)
    before = sorted(file.name for file in folder.iterdir())
    with pytest.raises(IndexFailure, match=REMEDY):
        open_index("embedded:", folder.parent, create=True)
    assert sorted(file.name for file in folder.iterdir()) == before


def test_an_interrupted_rebuild_leaves_the_old_index_usable(folder: Path) -> None:
    (folder.parent / "index.new").mkdir()  # died while building
    (folder.parent / "index.new" / "meta.json").write_text("half")
    assert open_index("embedded:", folder.parent).n_documents == 200
    folder.rename(folder.parent / "index.old")  # died between its two moves
    assert open_index("embedded:", folder.parent, create=True).n_documents == 200
    with rebuild_index("embedded:", folder.parent) as index:
        index.add([Document(id=1)])
    assert open_index("embedded:", folder.parent).n_documents == 1
    assert sorted(path.name for path in folder.parent.iterdir() if path.is_dir()) == ["index"]


def test_a_rebuild_is_refused_while_another_writes(folder: Path) -> None:
    writer = open_index("embedded:", folder.parent)
    writer.add([Document(id=1)])
    with pytest.raises(IndexFailure) as refused, rebuild_index("embedded:", folder.parent):
        pass
    assert not refused.value.permanent
    writer.close()


def test_the_address_may_name_a_folder(tmp_path: Path) -> None:
    place = tmp_path / "elsewhere" / "deep"
    open_index(f"embedded:{place}", tmp_path / "unused", create=True)
    assert (place / "meta.json").exists()
    assert not (tmp_path / "unused").exists()


def test_a_place_where_no_index_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexFailure, match="file") as failure:
        open_index(f"embedded:{tmp_path / 'file' / 'index'}", tmp_path, create=True)
    assert failure.value.permanent


@pytest.mark.parametrize("url", ["opensearch://localhost:9200", "solr:x", "", "embedded", "/a/folder"])
def test_other_addresses_are_refused_with_the_setting_s_name(url: str, tmp_path: Path) -> None:
    with pytest.raises(IndexFailure, match="GERMANE_INDEX_URL") as failure:
        open_index(url, tmp_path, create=True)
    assert failure.value.permanent
