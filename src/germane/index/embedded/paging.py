"""Pages of answers: each begins after the last one's final (tier, score, id), or (newest) number."""

import base64
import binascii
import math
import struct

import tantivy
from msgspec import Struct
from tantivy import FieldType, Occur, Searcher

from germane.index import MAX_WINDOW
from germane.index.embedded.schema import ID_BITS

_SLACK = 16  # read a little further than the page, so that equal scores at its end stand by id
_TOKEN = struct.Struct(">BHdQ")


class Place(Struct, frozen=True):
    """Where a page ended. `n_before`: answers up to there. `score` is unused when sorted by newest."""

    tier: int = 0
    n_before: int = 0
    score: float = 0.0
    id: int = 0


Scored = tuple[float, int]  # score, id

START = Place()


def write_place(place: Place) -> str:
    """Return the place as a page token."""
    packed = _TOKEN.pack(place.tier, min(place.n_before, 0xFFFF), place.score, place.id)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_place(token: str) -> Place:
    """Return the place that a page token names; `START` when it is no token of ours."""
    try:
        tier, n_before, score, article_id = _TOKEN.unpack(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, struct.error, ValueError):
        return START
    if tier > 1 or not math.isfinite(score) or article_id >= 1 << 63:
        return START
    return Place(tier, n_before, score, article_id)


def best_after(
    searcher: Searcher, query: tantivy.Query, place: Place, n: int, *, skip: frozenset[int] = frozenset(), count: bool
) -> tuple[list[Scored], int]:
    """Return up to `n` + 1 answers after a place, by (score descending, id), and how many there are in all if asked.

    One more than `n` tells that more follow. Answers in `skip` are passed over. Reads no deeper than MAX_WINDOW.
    """
    depth = place.n_before + n + 1 + len(skip) + _SLACK
    while True:
        depth = min(depth, MAX_WINDOW + n + 1)
        result = searcher.search(query, depth, count=count)
        found = result.hits
        ids = searcher.fast_field_values("id", [address for _, address in found])
        scored = sorted(
            (-float(score), int(article_id or 0)) for (score, _), article_id in zip(found, ids, strict=True)
        )
        is_all = len(found) < depth or depth > MAX_WINDOW
        if not is_all:  # the last group of equal scores may be cut off: it is read whole, or not yet
            scored = [pair for pair in scored if pair[0] < scored[-1][0]]
        key = (-place.score, place.id)
        rest = [pair for pair in scored if pair[1] not in skip and (place.n_before == 0 or pair > key)]
        if is_all or len(rest) > n:
            return [(-score, article_id) for score, article_id in rest[: n + 1]], int(result.count or 0)  # type: ignore[attr-defined]
        depth *= 2


def newest_after(searcher: Searcher, query: tantivy.Query, schema: tantivy.Schema, place: Place, n: int) -> list[int]:
    """Return up to `n` + 1 numbers (`schema.newest`) after a place, highest first; to any depth."""
    if place.id:
        older = tantivy.Query.range_query(
            schema, "newest", FieldType.Integer, upper_bound=place.id, include_upper=False
        )
        query = tantivy.Query.boolean_query([(Occur.Must, query), (Occur.Must, older)])
    found = searcher.search(query, n + 1, count=False, order_by_field="newest").hits
    return [int(value) for value, _ in found]


def id_of(number: int) -> int:
    """Return the article's id in a `newest` number."""
    return number & ((1 << ID_BITS) - 1)


def count(searcher: Searcher, query: tantivy.Query) -> int:
    """Return how many answers a query has."""
    return int(searcher.search(query, 1, count=True).count or 0)  # type: ignore[attr-defined]  # missing in its stubs
