"""When to try again, and when to leave a host alone. Pure."""

import random
from dataclasses import dataclass, replace

# Statuses after which the same request may well succeed. 403 is none: who is not let in is not let in by asking often.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 530})

_FIRST_S = 1.0
_LONGEST_S = 60.0
_FAILURES_TO_OPEN = 5
_OPEN_S = 60.0
_OPEN_LONGEST_S = 3600.0
_PROBE_S = 120.0


def back_off(n_tried: int, chance: random.Random) -> float:
    """Return how many seconds to wait after the n-th try (1, 2, …): from 0 up to 2, 4, 8, … 60, all alike likely.

    "Full jitter" of Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): many that failed together
    do not come back together.
    """
    return chance.uniform(0.0, min(_LONGEST_S, _FIRST_S * 2.0 ** min(n_tried, 30)))


@dataclass(frozen=True, slots=True)
class Circuit:
    """Whether a host is asked at all: closed (yes), open (no, until then), half-open (one may try).

    Nygard, "Release It!" (2007): a host that has failed five times in a row is left alone for a minute, then one
    request tries; if that fails too, twice as long, up to an hour.
    """

    n_failures: int = 0
    open_until: float = 0.0
    probing_until: float = 0.0

    def wait_until(self, now: float) -> float:
        """Return before when nothing is to be asked; `now` or earlier when it may be."""
        if self.n_failures < _FAILURES_TO_OPEN:
            return 0.0
        return max(self.open_until, self.probing_until)

    def asked(self, now: float) -> "Circuit":
        """Return it after a request went out: when half-open, that one is the probe, and others wait for it."""
        return replace(self, probing_until=now + _PROBE_S) if self.n_failures >= _FAILURES_TO_OPEN else self

    def failed(self, now: float) -> "Circuit":
        """Return it after a failure of the host's."""
        n = self.n_failures + 1
        if n < _FAILURES_TO_OPEN:
            return replace(self, n_failures=n)
        seconds = min(_OPEN_LONGEST_S, _OPEN_S * 2.0 ** min(n - _FAILURES_TO_OPEN, 30))
        return Circuit(n, now + seconds)

    def is_open(self, now: float) -> bool:
        """Tell whether requests are refused now."""
        return self.wait_until(now) > now
