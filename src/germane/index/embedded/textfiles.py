"""Which of tantivy's files make up its last commit: those that its meta.json names, and no others in the folder."""

from pathlib import Path

import msgspec

_KINDS = ("term", "idx", "pos", "store", "fieldnorm", "fast")


class _Deletes(msgspec.Struct):
    opstamp: int


class _Segment(msgspec.Struct):
    segment_id: str
    deletes: _Deletes | None = None


class _Meta(msgspec.Struct):
    segments: list[_Segment]


def text_files(meta: bytes) -> list[str]:
    """Return the names of the files that a meta.json names. Raises msgspec.DecodeError."""
    return [name for segment in msgspec.json.decode(meta, type=_Meta).segments for name in _names(segment)]


def read_text_files(meta: Path) -> list[str]:
    """Return the names of the files that a meta.json on the disk names. Raises OSError, msgspec.DecodeError."""
    return text_files(meta.read_bytes())


def _names(segment: _Segment) -> list[str]:
    name = segment.segment_id.replace("-", "")
    names = [f"{name}.{kind}" for kind in _KINDS]
    if segment.deletes:  # no other of its files: a writer that was killed may have left half of one
        names.append(f"{name}.{segment.deletes.opstamp}.del")
    return names
