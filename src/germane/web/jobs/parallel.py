"""Run pure work on every core, in order, holding only a few batches at a time."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def map_batches(
    work: Callable[[list[T]], R], batches: Iterable[list[T]], *, processes: int | None = None
) -> Iterator[R]:
    """Yield `work` of each batch, in order, computed by some processes (by default one a core).

    A single batch is computed right here: starting processes would cost more than it. Raises what `work` raises.
    """
    iterator = iter(batches)
    first = next(iterator, None)
    if first is None:
        return
    second = next(iterator, None)
    if second is None:
        yield work(first)
        return
    n = processes or os.cpu_count() or 1
    # Spawned, not forked: a forked child would share the parent's database connection.
    with ProcessPoolExecutor(n, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting: deque[Future[R]] = deque([pool.submit(work, first), pool.submit(work, second)])
        try:
            for batch in iterator:
                waiting.append(pool.submit(work, batch))
                if len(waiting) > 2 * n:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
