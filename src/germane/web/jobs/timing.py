"""What each part of a pipeline costs: rows, time, and CPU time here and in other processes."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from msgspec import Struct

from germane.web.jobs.parallel import Pool

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

    @contextmanager
    def measure(self, part: str) -> Iterator[Timing]:
        """Note what a block costs, with the processes that it starts and ends."""
        timing = self.timings.setdefault(part, Timing(began_s=self._now()))
        cpu, others = time.process_time(), _ended_processes()
        try:
            yield timing
        finally:
            timing.main_cpu_s += time.process_time() - cpu
            timing.pool_cpu_s += _ended_processes() - others
            timing.ended_s = self._now()

    def _now(self) -> float:
        return time.monotonic() - self._started

    def _in_pool(self) -> float:
        return sum(self._pool.cpu_s.values())


def _ended_processes() -> float:
    """Return the CPU seconds of this process's children that have ended."""
    times = os.times()
    return times.children_user + times.children_system
