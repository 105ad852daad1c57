"""Find files of records and turn their bytes into text; compression and encoding are known by content, not name.

Memory is constant whatever the size and however small it was compressed: files of many gigabytes are ordinary.
"""

import os
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from germane.reading import ReadingError, Text
from germane.reading.compression import decompress
from germane.reading.encoding import Decoder, find_encoding

_HEAD_BYTES = 64 * 1024
_READ_BYTES = 64 * 1024
_CHUNK_BYTES = 256 * 1024


class Source(Struct, frozen=True):
    """A file to read. `path` is None for standard input; with `error` set it cannot be opened, and says why."""

    name: str
    path: Path | None = None
    error: str = ""

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Open it for reading.

        Raises ReadingError when it cannot be: it is missing, unreadable, or a folder without files.
        """
        if self.error:
            raise ReadingError(self.error)
        if self.path is None:
            return nullcontext(sys.stdin.buffer)
        try:
            return self.path.open("rb")
        except OSError as error:
            raise ReadingError(f"{self.name}: cannot be opened ({error.strerror})") from error


def find_files(paths: Sequence[str]) -> Iterator[Source]:
    """Yield the files that `paths` name: a file, every file in a folder in sorted order, "-" for standard input.

    Hidden files and folders (".git", ".DS_Store") are passed over unless named themselves. Links to folders are
    not followed. Nothing is raised here: what cannot be opened is yielded with its error, so that the rest is read.
    """
    for name in paths:
        path = Path(name)
        if name == "-":
            yield Source(name="standard input")
        elif not name:
            yield Source(name=name, error="a file without a name")
        elif path.is_dir():
            yield from _walk(path)
        elif not path.exists():
            yield Source(name=name, path=path, error=f"{name}: no such file or folder")
        else:
            yield Source(name=name, path=path)


class TextStream:
    """A file's text, decompressed and decoded while it is read; the `Text` of the contract.

    A NUL is left out. A byte that its encoding does not know becomes U+FFFD; `broken_before` tells where.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._name = name
        self._stream = stream
        self._n_read = 0
        self._total = _size(stream)
        self._broken: list[int] = []  # offsets of characters that stand for broken bytes, in order
        self._data = decompress(self._raw(), name=name)
        self._first, self._failure = _take(self._data, _HEAD_BYTES)
        if not self._first:
            raise self._failure or ReadingError(f"{name}: the file is empty")
        _refuse_archives(self._first, name)
        self.encoding, self._n_bom = find_encoding(self._first)
        self._head, _ = Decoder(self.encoding).decode(self._first[self._n_bom :])

    @property
    def head(self) -> str:
        """The first 64 kB, which reading does not consume."""
        return self._head

    @property
    def consumed(self) -> int:
        """The number of bytes of the file, compressed as it is, that have been read."""
        return self._n_read

    @property
    def total(self) -> int | None:
        """The size of the file in bytes, compressed as it is; None where there is none (a pipe)."""
        return self._total

    def chunks(self) -> Iterator[str]:
        """Yield the text from its start, in chunks of about 256 kB. To be read once.

        Raises ReadingError when the rest cannot be had, after everything before it has been yielded.
        """
        decoder = Decoder(self.encoding)
        offset = 0
        for data, is_last in self._bytes():
            chunk, broken = decoder.decode(data, is_last=is_last)
            self._broken.extend(offset + i for i in broken)
            offset += len(chunk)
            if chunk:
                yield chunk
        if self._failure is not None:
            raise self._failure

    def broken_before(self, offset: int) -> int:
        """Return how many characters before `offset` stand for broken bytes, and forget them."""
        if not self._broken or self._broken[0] >= offset:
            return 0
        count = bisect_left(self._broken, offset)
        del self._broken[:count]
        return count

    def _raw(self) -> Iterator[bytes]:
        while True:
            try:
                data = self._stream.read(_READ_BYTES)
            except OSError as error:
                raise ReadingError(f"{self._name}: cannot be read ({error.strerror or error})") from error
            if not data:
                return
            self._n_read += len(data)
            yield data

    def _bytes(self) -> Iterator[tuple[bytes, bool]]:
        """Yield the decompressed bytes after the byte order mark; an empty last one flushes the decoder."""
        yield self._first[self._n_bom :], False
        self._first = b""
        while self._failure is None:
            data, self._failure = _take(self._data, _CHUNK_BYTES)
            if not data:
                break
            yield data, False
        yield b"", True


def open_text(stream: BinaryIO, *, name: str) -> TextStream:
    """Return the text of `stream`, whatever its compression (gzip, also twice; bzip2, xz) and encoding.

    Raises ReadingError when it is empty, an archive (zip, tar), or cannot be read at all.
    """
    return TextStream(stream, name)


def broken_before(text: Text, offset: int) -> int:
    """Return how many characters of `text` before `offset` stand for broken bytes, and forget them.

    A splitter asks at the end of each piece; what lies between two pieces counts to the second.
    """
    return text.broken_before(offset) if isinstance(text, TextStream) else 0


def broken_bytes(text: Text, start: int, end: int) -> str:
    """Return what is wrong with the bytes of `text` between two offsets, "" when nothing is; forgets what is before.

    A record with such bytes is to be rejected: nobody can know what they meant.
    """
    broken_before(text, start)
    n_broken = broken_before(text, end)
    return f"{n_broken} byte(s) that its encoding does not know" if n_broken else ""


def _walk(folder: Path) -> Iterator[Source]:
    denied: list[OSError] = []
    found = False
    for root, folders, names in os.walk(folder, onerror=denied.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(root, name)
            if not name.startswith(".") and path.is_file():
                found = True
                yield Source(name=str(path), path=path)
    for error in denied:
        name = str(error.filename)
        yield Source(name=name, path=Path(name), error=f"{name}: cannot be opened ({error.strerror})")
    if not found and not denied:
        yield Source(name=str(folder), path=folder, error=f"{folder}: the folder has no files")


def _size(stream: BinaryIO) -> int | None:
    try:
        if not stream.seekable():
            return None
        here = stream.tell()
        size = stream.seek(0, os.SEEK_END) - here
        stream.seek(here)
    except (OSError, AttributeError):
        return None
    return size


def _take(data: Iterator[bytes], n_bytes: int) -> tuple[bytes, ReadingError | None]:
    """Return the next `n_bytes` or somewhat more, fewer at the end, and what stopped it, if it was an error."""
    parts: list[bytes] = []
    size = 0
    try:
        for part in data:
            parts.append(part)
            size += len(part)
            if size >= n_bytes:
                break
    except ReadingError as error:
        return b"".join(parts), error
    return b"".join(parts), None


def _refuse_archives(first: bytes, name: str) -> None:
    kind = "zip" if first.startswith(b"PK\x03\x04") else "tar" if first[257:262] == b"ustar" else ""
    if kind:
        raise ReadingError(f"{name}: a {kind} archive; unpack it and import the files")
