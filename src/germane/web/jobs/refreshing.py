"""Make the kept lists of all active readers anew: `germane recommend refresh`, every night.

Feeds and digests are made of them; the page For you is always made afresh.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from germane.recommend import Recommendation
from germane.web.jobs.parallel import Pool, map_batches
from germane.web.readers.bulk import count_to_refresh, marks_of_many, readers_to_refresh
from germane.web.readers.recommending import recommend_for
from germane.web.readers.store.recommended import write_lists

N = 20  # articles in a list
EVERY = timedelta(hours=20)
ACTIVE = timedelta(days=60)  # since the reader last signed in; who gets a digest is active too
_AT_ONCE = 200

Progress = Callable[[int], None]  # done so far


def refresh_lists(now: datetime, progress: Progress = lambda _: None, *, pool: Pool | None = None) -> int:
    """Make every list that is missing or older than 20 hours, and return how many; interrupted, it goes on from there.

    Each batch is one transaction.
    """
    done = 0
    for lists in map_batches(make_lists, _batches(now), pool=pool):
        done += write_lists(lists, now)
        progress(done)
    return done


def count_due(now: datetime) -> int:
    """Return how many lists are to be made."""
    return count_to_refresh(made_before=now - EVERY, active_since=now - ACTIVE)


def make_lists(reader_ids: list[int]) -> dict[int, list[Recommendation]]:
    """Return what is recommended to some readers now, by their numbers."""
    return {reader_id: recommend_for(marks, n=N) for reader_id, marks in marks_of_many(reader_ids).items()}


def _batches(now: datetime) -> Iterator[list[int]]:
    after = 0
    while some := readers_to_refresh(made_before=now - EVERY, active_since=now - ACTIVE, after=after, n=_AT_ONCE):
        yield some
        after = some[-1]
