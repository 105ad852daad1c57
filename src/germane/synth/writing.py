"""Files that are whole or not there: written beside, renamed when finished, listed with their digests."""

import hashlib
import shutil
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from germane.synth import SynthError

MANIFEST = "manifest.json"
_LEVEL = 1  # of compression: a third of the usual level's time, for a fifth more bytes
_PART = ".part"


class Member(msgspec.Struct, frozen=True):
    """Some records of a file, compressed by themselves; members one after the other make a gzip file."""

    data: bytes
    n_records: int


def compress(records: Iterable[bytes]) -> Member:
    """Return records as a member."""
    listed = list(records)
    return Member(_gzip(b"".join(listed)), len(listed))


def _gzip(data: bytes) -> bytes:
    # wbits 31: with gzip's header, whose time is 0, so that the same data give the same bytes.
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


class Series:
    """Files of one kind; `name` has a place for their number: "pubmed/synthetic-{:04d}.xml.gz".

    Use it in a `with` block. A file is finished when it holds `most` records, the last one at the end of the block;
    where the block fails, the file at work is removed. `finished` has name, size, records and digest of each.
    """

    def __init__(self, root: Path, name: str, header: str = "", footer: str = "", most: int = 30_000) -> None:
        self._root, self._name, self._most = root, name, most
        self._header, self._footer = header, footer
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self._n = 0
        self.finished: list[dict[str, str | int]] = []

    @property
    def n_records(self) -> int:
        """Return the records of all finished files."""
        return sum(int(each["records"]) for each in self.finished)

    def add(self, member: Member) -> None:
        """Write some records."""
        if not member.n_records:
            return
        if self._file is None:
            self._open()
        self._write(member.data)
        self._n += member.n_records
        if self._n >= self._most:
            self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        if kind is None:
            self._finish()
        else:
            self._file.close()
            self._part.unlink(missing_ok=True)

    def _open(self) -> None:
        self._target = self._root / self._name.format(len(self.finished) + 1)
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._part = self._target.with_name(self._target.name + _PART)
        self._file = self._part.open("wb")
        self._digest, self._n = hashlib.sha256(), 0
        if self._header:
            self._write(_gzip(self._header.encode()))

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        self._file.write(data)
        self._digest.update(data)

    def _finish(self) -> None:
        assert self._file is not None
        if self._footer:
            self._write(_gzip(self._footer.encode()))
        n_bytes = self._file.tell()
        self._file.close()
        self._file = None
        self._part.replace(self._target)
        name = self._target.relative_to(self._root).as_posix()
        self.finished.append({"name": name, "bytes": n_bytes, "records": self._n, "sha256": self._digest.hexdigest()})


def prepare_folder(root: Path, parts: Iterable[str], *, force: bool) -> None:
    """Make an empty folder, or take `parts` and manifest out of one that holds an unfinished corpus, or when `force`.

    Raises SynthError when there is something else in it and `force` is not given.
    """
    if root.exists() and not root.is_dir():
        raise SynthError(f"{root} is a file, not a folder")
    unfinished = root / (MANIFEST + _PART)
    if root.exists() and any(root.iterdir()):
        if not force and not unfinished.exists():
            raise SynthError(f"{root} is not empty: name another folder, or write over the corpus there with --force")
        (root / MANIFEST).unlink(missing_ok=True)
        for part in parts:
            shutil.rmtree(root / part, ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    unfinished.touch()


def write_manifest(root: Path, manifest: object) -> None:
    """Write the manifest, last of all: a folder with a manifest is whole."""
    part = root / (MANIFEST + _PART)
    part.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    part.replace(root / MANIFEST)
