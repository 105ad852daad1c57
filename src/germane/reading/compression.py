"""Decompress gzip, bzip2 and xz in constant memory; what precedes a damage is always had."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from germane.reading import ReadingError

_CHUNK_BYTES = 256 * 1024
_XZ_MEMORY_BYTES = 256 * 1024 * 1024


def decompress(data: Iterator[bytes], *, name: str, depth: int = 2) -> Iterator[bytes]:
    """Yield the bytes within: of every member of a concatenation, and of compressed data compressed again (`depth`).

    What is not compressed passes untouched. `name` is for the messages. Raises ReadingError where the data is
    damaged or ends too early, after yielding everything before that.
    """
    first = next((part for part in data if part), b"")
    while 0 < len(first) < 6 and (part := next(data, b"")):
        first += part
    found = next((c for c in _COMPRESSIONS if first.startswith(c[0])), None)
    if found is None or not depth:
        yield first
        yield from data
        return
    yield from decompress(_members(first, data, name, *found), name=name, depth=depth - 1)


def _members(
    rest: bytes, data: Iterator[bytes], name: str, magic: bytes, kind: str, make: "Callable[[], _Decompressor]"
) -> Iterator[bytes]:
    member = make()
    try:
        while rest:
            for part in member.feed(rest):
                if part:
                    yield part
            if not member.eof:
                rest = next(data, b"")
                continue
            rest = member.unused_data.lstrip(b"\0") or next((p for part in data if (p := part.lstrip(b"\0"))), b"")
            while 0 < len(rest) < len(magic) and (part := next(data, b"")):
                rest += part
            if rest and not rest.startswith(magic):
                raise ReadingError(f"{name}: bytes that are not {kind} follow the end of the {kind} data")
            member = make() if rest else member
    except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
        raise ReadingError(f"{name}: the {kind} data is damaged ({error})") from error
    if not member.eof:
        raise ReadingError(f"{name}: the {kind} data ends too early (truncated?)")


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Gzip:
    """One gzip member. A bad checksum costs none of the bytes before it."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._inflate.eof:
            before = self._inflate.copy()
            try:
                yield self._inflate.decompress(data, _CHUNK_BYTES)
            except zlib.error:
                # The failed call keeps what it had inflated: go there again in the smallest steps.
                for i in range(len(data)):
                    yield before.decompress(data[i : i + 1])
            data = self._inflate.unconsumed_tail


class _Blocks:
    """A bzip2 or xz stream."""

    def __init__(self, inflate: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._inflate = inflate

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._inflate.decompress(data, _CHUNK_BYTES)
        while not self._inflate.needs_input and not self._inflate.eof:
            yield self._inflate.decompress(b"", _CHUNK_BYTES)


_COMPRESSIONS: tuple[tuple[bytes, str, Callable[[], _Decompressor]], ...] = (
    (b"\x1f\x8b", "gzip", _Gzip),
    (b"BZh", "bzip2", lambda: _Blocks(bz2.BZ2Decompressor())),
    (b"\xfd7zXZ\x00", "xz", lambda: _Blocks(lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES))),
)
