"""Keep readers' marks true: they follow articles that turned out to be one, and public counts are derived again."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from germane.web.catalog.numbers import read_absorbed
from germane.web.readers.store.absorbed import follow_absorbed
from germane.web.readers.store.counting import recount_likes

_AT_ONCE = 5_000  # merged articles that are looked for among the marks in one go


class Tended(NamedTuple):
    """What there was to do."""

    n_moved: int  # marks that stand at another article now
    n_recounted: int  # likes that are counted which were not, or no longer are


def tend_marks(now: datetime) -> Tended:
    """Move marks of merged articles to those that absorbed them, and count likes anew. Twice changes nothing."""
    return Tended(move_marks(), recount_likes(now))


def move_marks() -> int:
    """Move marks of merged articles, and what follows them, to those that absorbed them; return how many moved."""
    return sum(map(follow_absorbed, _absorbed()))


def _absorbed() -> Iterator[dict[int, int]]:
    after = 0
    while some := read_absorbed(after, _AT_ONCE):
        yield some
        after = max(some)
