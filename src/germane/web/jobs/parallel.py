"""Run pure work on every core, in order, holding only a few batches at a time."""

import multiprocessing
import os
import signal
import threading
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
    Whatever ends it early, Ctrl-C and `kill -9` too, ends its processes.
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
    others = set(multiprocessing.active_children())
    # Spawned, not forked: a forked child would share the parent's database connection.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n, mp_context=context, initializer=_end_with_parent) as pool:
        try:
            waiting = deque([_submit(pool, work, first), _submit(pool, work, second)])
            for batch in iterator:
                waiting.append(_submit(pool, work, batch))
                if len(waiting) > 2 * n:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:  # nobody wants the rest: do not wait for it
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
            raise


def _submit(pool: ProcessPoolExecutor, work: Callable[[list[T]], R], batch: list[T]) -> Future[R]:
    """Hand a batch over. The process that this may start never sees Ctrl-C: its parent does, and ends it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(work, batch)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """In a worker: end when the parent does, which a parent that is killed cannot ask for."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
