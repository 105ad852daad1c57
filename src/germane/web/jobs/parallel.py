"""Run pure work on every core, in order, holding only a few batches at a time."""

import multiprocessing
import os
import signal
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

import django

T = TypeVar("T")
R = TypeVar("R")


class Pool:
    """Some processes (by default one a core), started when the first work comes, shared by all who are given it.

    Whatever ends the program early, Ctrl-C and `kill -9` too, ends its processes.
    """

    def __init__(self, processes: int | None = None) -> None:
        self.processes = processes or os.cpu_count() or 1
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # a process a core: no threads beside them
            os.environ.setdefault(name, "1")
        # Spawned, not forked: a forked child would share the parent's database connection.
        context = multiprocessing.get_context("spawn")
        self._executor = ProcessPoolExecutor(self.processes, mp_context=context, initializer=_begin)
        self._others = set(multiprocessing.active_children())
        self.cpu_s: defaultdict[str, float] = defaultdict(float)  # of work done so far, by its function's name

    def submit(self, work: Callable[[list[T]], R], batch: list[T]) -> "Future[tuple[R, float]]":
        """Hand a batch over; its result comes with the CPU seconds that it took.

        The process that this may start never sees Ctrl-C: its parent does, and ends it.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return self._executor.submit(_timed, work, batch)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:  # nobody wants the rest: do not wait for it
            for process in set(multiprocessing.active_children()) - self._others:
                process.terminate()
            # Its threads may be writing into a pipe that nobody reads now, or reading the rest of an answer whose
            # sender is gone, and would for ever, as this process holds the other ends too.
            self._executor._call_queue._reader.close()  # type: ignore[attr-defined]
            self._executor._result_queue._writer.close()  # type: ignore[attr-defined]
        self._executor.shutdown(cancel_futures=kind is not None)


def map_batches(
    work: Callable[[list[T]], R],
    batches: Iterable[list[T]],
    *,
    pool: Pool | None = None,
    ahead: int | None = None,
) -> Iterator[R]:
    """Yield `work` of each batch, in order, computed by the pool's processes, or by some of its own.

    A single batch is computed right here: starting processes would cost more than it. `ahead` batches (by default two
    a process) are handed over before the first one's result is waited for. Raises what `work` raises.
    """
    iterator = iter(batches)
    first = next(iterator, None)
    if first is None:
        return
    second = next(iterator, None)
    if second is None:
        yield work(first)
        return
    if pool is None:
        with Pool() as own:
            yield from _map(work, first, second, iterator, own, ahead)
    else:
        yield from _map(work, first, second, iterator, pool, ahead)


def _map(
    work: Callable[[list[T]], R],
    first: list[T],
    second: list[T],
    rest: Iterable[list[T]],
    pool: Pool,
    ahead: int | None,
) -> Iterator[R]:
    waiting = deque([pool.submit(work, first), pool.submit(work, second)])
    try:
        for batch in rest:
            waiting.append(pool.submit(work, batch))
            if len(waiting) > (ahead or 2 * pool.processes):
                yield _result(waiting.popleft(), pool, work.__name__)
        while waiting:
            yield _result(waiting.popleft(), pool, work.__name__)
    finally:  # left early, what nobody has begun need not be done
        for future in waiting:
            future.cancel()


def _result(future: "Future[tuple[R, float]]", pool: Pool, name: str) -> R:
    result, cpu_s = future.result()
    pool.cpu_s[name] += cpu_s
    return result


def _timed(work: Callable[[list[T]], R], batch: list[T]) -> tuple[R, float]:
    started = time.process_time()
    return work(batch), time.process_time() - started


def _begin() -> None:
    """In a worker: be ready to read the catalog, and end when the parent does, which a killed one cannot ask for."""
    django.setup()
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
