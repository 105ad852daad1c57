"""Files that are written whole or not at all."""

from pathlib import Path

import pytest

from germane.files import written_whole


def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"old")
    with written_whole(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


def test_the_old_file_stays_and_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="no space"):
        _fail_halfway(path)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


def _fail_halfway(path: Path) -> None:
    with written_whole(path) as file:
        file.write(b"half")
        raise OSError("no space")
