"""What an answer's headers tell of limits. Pure: headers in, what they say out; nothing is trusted that makes no sense.

Read are Crossref's (`X-Rate-Limit-Limit` in an `-Interval`, `X-Concurrency-Limit`), the common `X-RateLimit-Limit`,
`-Remaining` and `-Reset` (OpenAlex, GitHub, NCBI, …; with `-USD` beside), `RateLimit-*` and `RateLimit` of IETF's
draft-ietf-httpapi-ratelimit-headers, and `Retry-After` (RFC 9110, 10.2.3).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

from germane.fetch.policy import LONGEST_SLIDING_S, Budget

_FAR_S = 40 * 86_400.0  # no budget lasts longer than a month
_UNTOLD_RESET_S = 1.0  # where what is left is told without when it comes back, the limit is one of seconds
_INTERVAL = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|sec|seconds?|m|min|minutes?|h|hours?)?$")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_FIELD = re.compile(r"\b(r|t|limit|remaining|reset)\s*=\s*(\d+)")


@dataclass(frozen=True, slots=True)
class Left:
    """How much of a budget is left until it comes back: requests, or "usd"."""

    unit: str
    remaining: float
    resets_at: float  # seconds since 1970
    limit: float | None = None
    cost: float | None = None  # of the request that was answered


@dataclass(frozen=True, slots=True)
class Told:
    """What one answer tells."""

    rate: Budget | None = None
    concurrency: int | None = None
    left: tuple[Left, ...] = field(default=())


def read_limits(headers: Mapping[str, str], now: float) -> Told:
    """Return what headers (names in lower case) tell of limits at the moment `now`."""
    left = [_left(headers, "x-ratelimit-", "", "requests", now), _left(headers, "x-ratelimit-", "-usd", "usd", now)]
    left += [_left(headers, "ratelimit-", "", "requests", now), _structured(headers.get("ratelimit", ""), now)]
    concurrency = _number(headers.get("x-concurrency-limit"))
    return Told(
        rate=_rate(headers),
        concurrency=int(concurrency) if concurrency and concurrency >= 1 else None,
        left=tuple({each.unit: each for each in reversed(left) if each}.values()),
    )


def read_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return before when nothing should be asked again, said in seconds or as a date; None when nothing is said."""
    text = headers.get("retry-after", "").strip()
    seconds = _number(text)
    if seconds is not None:
        return now + min(seconds, _FAR_S)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    # The provider's clock counts, not ours: what matters is how far its date lies after its own `Date`.
    try:
        theirs = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        theirs = now
    return now + min(max(at - theirs, 0.0), _FAR_S)


def _rate(headers: Mapping[str, str]) -> Budget | None:
    limit = _number(headers.get("x-rate-limit-limit"))
    found = _INTERVAL.match(headers.get("x-rate-limit-interval", "").strip().lower())
    if not limit or limit < 1 or not found:
        return None
    unit = found[2] or "s"
    seconds = float(found[1]) * _UNITS["ms" if unit == "ms" else unit[0]]
    return Budget(int(limit), seconds) if 0 < seconds <= LONGEST_SLIDING_S else None


def _left(headers: Mapping[str, str], prefix: str, suffix: str, unit: str, now: float) -> Left | None:
    remaining = _number(headers.get(f"{prefix}remaining{suffix}"))
    if remaining is None:
        return None
    resets_at = _reset(headers.get(f"{prefix}reset{suffix}") or headers.get(f"{prefix}reset"), now)
    limit = _number(headers.get(f"{prefix}limit{suffix}"))
    cost = _number(headers.get(f"{prefix}cost{suffix}"))
    return Left(unit, remaining, resets_at, limit, cost)


def _structured(text: str, now: float) -> Left | None:
    """Return what `RateLimit` says, as drafts have it: `"default";r=50;t=30` or `limit=100, remaining=50, reset=30`."""
    fields = {name: float(number) for name, number in _FIELD.findall(text.split(",")[0] if ";" in text else text)}
    remaining = fields.get("r", fields.get("remaining"))
    if remaining is None:
        return None
    seconds = fields.get("t", fields.get("reset", _UNTOLD_RESET_S))
    return Left("requests", remaining, now + min(seconds, _FAR_S), fields.get("limit"))


def _reset(text: str | None, now: float) -> float:
    """Return when a budget comes back. Some say in how many seconds, some at which second or millisecond since 1970."""
    number = _number(text)
    if number is None:
        return now + _UNTOLD_RESET_S
    if number > 1e11:
        number /= 1000
    at = number if number > 1e9 else now + number
    return min(max(at, now), now + _FAR_S)


def _number(text: str | None) -> float | None:
    """Return a finite number that is not negative; None of anything else."""
    try:
        number = float((text or "").strip())
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
