"""A body's bytes, decompressed within bounds: what would grow beyond them is given up, not unpacked."""

import zlib
from collections.abc import Iterable, Iterator

ACCEPTED = "gzip, deflate"  # no more is asked for, so whatever else comes is a mistake of theirs
_STEP = 65_536


class DecodingError(Exception):
    """A body that is not what its Content-Encoding says, or is cut off."""


class TooLargeError(Exception):
    """A body that is larger than was allowed."""


def decode(chunks: Iterable[bytes], encoding: str, max_bytes: int) -> Iterator[bytes]:
    """Yield a body's decoded bytes, at most 64 KB at once.

    Args:
        chunks: the bytes as they came.
        encoding: the value of Content-Encoding; "" is none. Only one coding is taken: bombs are nested, bodies are not.
        max_bytes: the most that is taken, of what comes and of what it unpacks to.

    Raises:
        TooLargeError: there is more; no more than 64 KB beyond the limit were unpacked.
        DecodingError: it is compressed in another way, or damaged, or cut off.
    """
    name = encoding.strip().lower()
    if name not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise DecodingError(f"it is compressed with {name!r}, which was not asked for")
    pieces = _bounded(chunks, max_bytes)
    if name not in {"", "identity"}:
        pieces = _bounded(_inflate(pieces, is_gzip=name != "deflate"), max_bytes)
    yield from pieces


def _bounded(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    n_bytes = 0
    for chunk in chunks:
        n_bytes += len(chunk)
        if n_bytes > max_bytes:
            raise TooLargeError(f"it is larger than {max_bytes:,} bytes")
        yield chunk


def _inflate(chunks: Iterable[bytes], *, is_gzip: bool) -> Iterator[bytes]:
    unpacker, is_begun = None, False
    for chunk in chunks:
        rest = chunk
        while rest:
            if unpacker is None:
                if is_begun and not rest.strip(b"\0"):  # zeros after the end are padding
                    break
                unpacker = zlib.decompressobj(31 if is_gzip else _deflate_bits(rest))
                is_begun = True
            try:
                yield unpacker.decompress(rest, _STEP)
            except zlib.error as error:
                raise DecodingError(f"its compressed bytes are damaged ({error})") from error
            rest = unpacker.unconsumed_tail
            while not rest and not unpacker.eof and (more := unpacker.decompress(b"", _STEP)):
                yield more
            if unpacker.eof:  # gzip allows several in a row
                rest, unpacker = unpacker.unused_data if is_gzip else b"", None
    if unpacker is not None and not unpacker.eof:
        raise DecodingError("it ends in the middle")


def _deflate_bits(head: bytes) -> int:
    """Return zlib's window bits: by RFC 9110 deflate has a zlib header, but some servers leave it out."""
    is_zlib = head[0] & 0x0F == 8 and (len(head) < 2 or (head[0] * 256 + head[1]) % 31 == 0)
    return 15 if is_zlib else -15
