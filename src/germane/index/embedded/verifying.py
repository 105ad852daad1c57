"""Every file of an index read and checked: what `verify` tells."""

import time
from pathlib import Path
from zlib import crc32

import msgspec

from germane.index.embedded.folder import META, ROWS
from germane.index.embedded.textfiles import read_text_files
from germane.index.embedded.vectors.binary_ivf import is_sound, ivf_path
from germane.index.embedded.vectors.manifest import MANIFEST, Broken, read_manifest, read_opstamp
from germane.index.embedded.vectors.segments import Segment
from germane.index.embedded.vectors.snapshot import open_part

_MAGIC = 1337  # the end of each of tantivy's files, after a footer with the CRC-32 of what stands before it
_PATIENCE = 5
_CHUNK = 1 << 20


class _Footer(msgspec.Struct):
    crc: int


def verify(folder: Path) -> list[str]:
    """Return what is broken in a folder's index, a sentence each."""
    for _ in range(_PATIENCE):
        before = _state(folder)
        problems = _text_problems(folder) + _row_problems(folder)
        if not problems or _state(folder) == before:  # else a writer removed files under the eye
            break
        time.sleep(0.05)
    return problems


def _state(folder: Path) -> list[tuple[int, int]]:
    paths = [path for path in (folder / META, folder / ROWS / MANIFEST) if path.exists()]
    return [(path.stat().st_ino, path.stat().st_mtime_ns) for path in paths]


def _text_problems(folder: Path) -> list[str]:
    path = folder / META
    try:
        names = read_text_files(path)
    except (OSError, msgspec.DecodeError) as error:
        return [f"{path} cannot be read: {error}"]
    return [problem for name in names if (problem := _text_file_problem(folder / name))]


def _text_file_problem(path: Path) -> str:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(size - 4_096, 0))
            tail = file.read()
            length = int.from_bytes(tail[-8:-4], "little")
            if int.from_bytes(tail[-4:], "little") != _MAGIC or length > len(tail) - 8:
                return f"{path} is damaged: it does not end as it was written"
            checksum = msgspec.json.decode(tail[-8 - length : -8], type=_Footer).crc
            file.seek(0)
            left, found = size - 8 - length, 0
            while left > 0 and (piece := file.read(min(left, _CHUNK))):
                found, left = crc32(piece, found), left - len(piece)
    except (OSError, msgspec.DecodeError) as error:
        return f"{path} cannot be read: {error}"
    return "" if found == checksum else f"{path} is damaged: its checksum is wrong"


def _row_problems(folder: Path) -> list[str]:
    rows = folder / ROWS
    try:
        entries = read_manifest(rows).state_at(read_opstamp(folder / META)).entries
    except Broken as error:
        return [str(error)]
    problems = []
    for entry in entries:
        try:
            segment = open_part(rows, entry).segment
            segment.check()
        except Broken as error:
            problems.append(str(error))
            continue
        problems += _ivf_problems(segment)
    return problems


def _ivf_problems(segment: Segment) -> list[str]:
    path = ivf_path(segment)
    if not path.exists() or is_sound(segment):
        return []
    return [f"{path} is damaged; answers are right without it, only slower, and the next writer makes it again"]
