"""From files to a site, every core busy: while records are read, what was read before is enriched and indexed.

Parts of the pipeline are generators that yield after each transaction and hand heavy work to one pool of processes.
This process alone writes, a step of one part after a step of another; meanwhile the pool computes the next ones.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from msgspec import Struct

from germane.web.jobs.importing import FileReport
from germane.web.jobs.parallel import Pool

LAG = 4_000  # articles read that wait to be derived before the import stops for them

T = TypeVar("T")


class Timing(Struct):
    """When a part of the pipeline ran, in seconds since the start, and what it cost; others may run in between."""

    rows: int = 0
    began_s: float = 0.0
    ended_s: float = 0.0
    main_cpu_s: float = 0.0  # of the process that writes, all its threads
    pool_cpu_s: float = 0.0


class Stopwatch:
    """Tells what each part of a pipeline costs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._started = time.monotonic()
        self.timings: dict[str, Timing] = {}

    def watch(self, part: str, steps: Iterable[T], count: Callable[[T], int] = lambda _: 0) -> Iterator[T]:
        """Yield the steps of a part, noting their cost; `count` tells how many rows a step brought."""
        iterator = iter(steps)
        timing = self.timings.setdefault(part, Timing(began_s=self._now()))
        while True:
            cpu, pool_cpu = time.process_time(), self._in_pool()
            try:
                step = next(iterator)
            except StopIteration:
                return
            finally:
                timing.main_cpu_s += time.process_time() - cpu
                timing.pool_cpu_s += self._in_pool() - pool_cpu
                timing.ended_s = self._now()
            timing.rows += count(step)
            yield step

    def _now(self) -> float:
        return time.monotonic() - self._started

    def _in_pool(self) -> float:
        return sum(self._pool.cpu_s.values())


def interleave(
    imported: Iterator[FileReport], derive: Callable[[], Iterator[int]], *, lag: int = LAG
) -> Iterator[FileReport]:
    """Yield the reports of an import, and in between derive what it brought; nothing is left to derive at the end.

    `derive()` yields how many articles each of its steps brought up to date, and ends when there are none left; it is
    called again when there are more.
    """
    seen: dict[str, int] = {}
    waiting = 0
    derived: Iterator[int] | None = None
    for report in imported:
        yield report
        brought = report.counts.new + report.counts.changed
        waiting += brought - seen.get(report.file, 0)
        seen[report.file] = brought
        while waiting > lag:
            derived = derive() if derived is None else derived
            done = next(derived, 0)
            if not done:  # several records were one article
                waiting, derived = 0, None
            waiting -= done
    for _ in derived or ():
        pass
    for _ in derive():
        pass
