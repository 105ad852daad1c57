"""Bodies are unpacked within bounds."""

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from germane.fetch.decoding import DecodingError, TooLargeError, decode

MEGABYTE = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def chunked(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


@given(
    st.binary(max_size=2000),
    st.sampled_from(
        [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)]
    ),
    st.integers(1, 50),
)
def test_what_was_packed_comes_out(data: bytes, how: tuple[str, Callable[[bytes], bytes]], size: int) -> None:
    name, pack = how
    if name == "deflate" and pack is raw_deflate and raw_deflate(data)[0] & 0x0F == 8:
        return  # by its first byte it might have a header: nobody could tell
    assert b"".join(decode(chunked(pack(data), size), name, 10_000)) == data


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_what_is_not_packed_stays(encoding: str) -> None:
    assert b"".join(decode([b"a", b"", b"bc"], encoding, 3)) == b"abc"


@pytest.mark.parametrize(
    ("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)]
)
def test_a_bomb_is_given_up_before_it_is_unpacked(name: str, pack: Callable[[bytes], bytes]) -> None:
    pieces: list[bytes] = []
    with pytest.raises(TooLargeError):
        pieces.extend(decode([pack(bytes(20 * MEGABYTE))], name, MEGABYTE))
    assert sum(map(len, pieces)) <= MEGABYTE
    assert max(map(len, pieces)) <= 65_536


def test_many_small_files_in_one_are_a_bomb_too() -> None:
    bomb = gzip.compress(bytes(10_000)) * 1000
    with pytest.raises(TooLargeError):
        list(decode([bomb], "gzip", MEGABYTE))


def test_several_files_in_a_row_are_one_and_padding_is_none() -> None:
    assert b"".join(decode([gzip.compress(b"a") + gzip.compress(b"b") + bytes(100)], "gzip", 1000)) == b"ab"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip,deflate", "compress", "what"])
def test_what_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(DecodingError, match="not asked for"):
        list(decode([gzip.compress(gzip.compress(b"a"))], encoding, 1000))


@pytest.mark.parametrize("n_bytes", [1, 10, 20])
def test_a_body_that_is_cut_off_is_damaged(n_bytes: int) -> None:
    with pytest.raises(DecodingError, match="middle"):
        list(decode([gzip.compress(b"some words")[:n_bytes]], "gzip", 1000))


def test_bytes_that_are_not_packed_though_they_say_so_are_damaged() -> None:
    with pytest.raises(DecodingError, match="damaged"):
        list(decode([b"<html>"], "gzip", 1000))
    damaged = bytearray(gzip.compress(b"some words" * 100))
    damaged[-6] ^= 0xFF  # its sum no longer fits
    with pytest.raises(DecodingError, match="damaged"):
        list(decode([bytes(damaged)], "gzip", 10_000))


def test_more_than_was_allowed_is_refused_unpacked_too() -> None:
    with pytest.raises(TooLargeError, match="1,000 bytes"):
        list(decode([bytes(600), bytes(600)], "", 1000))
