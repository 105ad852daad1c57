"""A list of recommendations as one packed column: numbers, shares and phrases, without titles."""

import msgspec

from germane.recommend import Because, Recommendation

_VERSION = 1
_Row = tuple[int, float, bool, list[tuple[int, float, str]]]
_decoder = msgspec.msgpack.Decoder(tuple[int, list[_Row]])


def pack_list(found: list[Recommendation]) -> bytes:
    """Return recommendations as `unpack_list` reads them."""
    rows: list[_Row] = [
        (each.article_id, round(each.score, 4), each.is_step_outside,
         [(b.article_id, round(b.share, 3), b.phrase) for b in each.because])
        for each in found
    ]  # fmt: skip
    return msgspec.msgpack.encode((_VERSION, rows))


def unpack_list(blob: bytes | memoryview) -> list[Recommendation]:
    """Return what `pack_list` packed; nothing of another version, for the list is made again every night."""
    try:
        version, rows = _decoder.decode(bytes(blob))
    except msgspec.DecodeError:
        return []
    if version != _VERSION:
        return []
    return [
        Recommendation(article_id, score, tuple(Because(*told) for told in because), is_step_outside)
        for article_id, score, is_step_outside, because in rows
    ]
