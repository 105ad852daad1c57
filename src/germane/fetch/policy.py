"""What a host is asked at most, as its terms say."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

# Seconds count back from now (never more than `limit` in any such time); days and months go by the provider's clock.
Period = float | Literal["day", "month"]
LONGEST_SLIDING_S = 3600.0


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `limit` requests a `per`: seconds (up to an hour), or a day or month that begins at `zone`'s midnight."""

    limit: int
    per: Period
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError("a budget allows one request at least")
        if not isinstance(self.per, str) and not 0 < self.per <= LONGEST_SLIDING_S:
            raise ValueError("a budget is for up to 3600 seconds, or for a day or a month")


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """What is taken of one host at most. Its own headers can lower that, never raise it.

    `pace_s`: so many seconds between the beginnings of two requests; `concurrency`: so many at once, over all
    processes of a site; `reserve`: the part of each budget that is kept for readers who wait.
    """

    pace_s: float = 1.0
    concurrency: int = 1
    budgets: tuple[Budget, ...] = ()
    reserve: float = 0.2

    def __post_init__(self) -> None:
        if self.pace_s < 0 or self.concurrency < 1 or not 0 <= self.reserve < 1:
            raise ValueError("a pace is 0 or more seconds, a concurrency 1 or more, a reserve from 0 to below 1")


def share(limit: int, reserve: float) -> int:
    """Return how many of a budget the background may take: one at least, or it would never do anything."""
    return max(1, int(limit * (1 - reserve) + 1e-9))


def window(per: Literal["day", "month"], zone: str, now: float) -> tuple[float, float]:
    """Return when the provider's day or month that holds `now` began and ends, in seconds since 1970."""
    local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone))
    start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if per == "month":
        start = start.replace(day=1)
        end = (start + timedelta(days=32)).replace(day=1)
    else:
        end = start + timedelta(days=1)  # by the wall: a day of 23 or 25 hours where clocks are changed
    return start.timestamp(), end.timestamp()
