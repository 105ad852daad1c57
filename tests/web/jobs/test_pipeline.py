"""The pipeline: what is read is derived meanwhile, nothing is left, and each part's cost is told."""

from collections.abc import Iterator

import pytest

from germane.index import IndexFailure
from germane.web.jobs.importing import FileReport
from germane.web.jobs.parallel import Pool, map_batches
from germane.web.jobs.pipeline import interleave
from germane.web.jobs.timing import Stopwatch


class Queue:
    """Rows that wait to be derived, and what happened to them in order."""

    def __init__(self, per_step: int = 100) -> None:
        self.waiting, self.derived, self.most, self.per_step = 0, 0, 0, per_step

    def read(self, sizes: list[int], file: str = "a") -> Iterator[FileReport]:
        report = FileReport(file=file)
        for size in sizes:
            self.waiting += size
            self.most = max(self.most, self.waiting)
            report.counts.add("new", size)
            yield report

    def derive(self) -> Iterator[int]:
        while self.waiting:
            some = min(self.waiting, self.per_step)
            self.waiting -= some
            self.derived += some
            yield some


def test_deriving_keeps_pace_with_reading() -> None:
    queue = Queue()
    reports = list(interleave(queue.read([500] * 20), queue.derive, lag=1_000))
    assert len(reports) == 20
    assert (queue.waiting, queue.derived) == (0, 10_000)
    assert queue.most <= 1_500  # never more than the lag and one transaction


def test_several_files_are_counted_each_from_its_own_beginning() -> None:
    queue = Queue()

    def both() -> Iterator[FileReport]:
        yield from queue.read([500] * 4, "a")
        yield from queue.read([500] * 4, "b")

    list(interleave(both(), queue.derive, lag=600))
    assert (queue.waiting, queue.derived) == (0, 4_000)
    assert queue.most <= 1_100


def test_records_that_were_one_article_do_not_stop_it() -> None:
    queue = Queue()

    def read() -> Iterator[FileReport]:
        report = FileReport(file="a")
        for _ in range(10):
            report.counts.add("changed", 1_000)  # all of one article
            queue.waiting = 1
            yield report

    assert len(list(interleave(read(), queue.derive, lag=500))) == 10
    assert queue.waiting == 0


def test_what_came_last_is_derived_too() -> None:
    queue = Queue()
    list(interleave(queue.read([10]), queue.derive, lag=1_000))
    assert (queue.waiting, queue.derived) == (0, 10)


def test_reading_goes_on_where_the_index_fails_and_the_failure_is_told_at_the_end() -> None:
    queue = Queue()
    reports: list[FileReport] = []

    def fail() -> Iterator[int]:
        yield queue.per_step
        raise IndexFailure("no space left", permanent=False)

    with pytest.raises(IndexFailure, match="no space left"):
        reports.extend(interleave(queue.read([500] * 10), fail, lag=600))
    assert len(reports) == 10


def test_a_block_is_timed() -> None:
    with Pool(1) as pool:
        watch = Stopwatch(pool)
        with watch.measure("block"):
            sum(range(3_000_000))
    assert watch.timings["block"].main_cpu_s > 0


def test_stopwatch_tells_what_each_part_costs() -> None:
    with Pool(1) as pool:
        watch = Stopwatch(pool)
        batches = [[n] * 200_000 for n in range(4)]
        totals = list(watch.watch("sum", map_batches(_spend, batches, pool=pool), count=lambda _: 7))
        idle = list(watch.watch("nothing", [1, 2]))
    assert (totals, idle) == ([0, 200_000, 400_000, 600_000], [1, 2])
    told = watch.timings["sum"]
    assert told.rows == 28
    assert told.pool_cpu_s > 0
    assert told.ended_s >= told.began_s
    assert watch.timings["nothing"].pool_cpu_s == 0


def test_a_part_that_fails_is_timed_and_its_error_passes() -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise OSError("no space left")

    with Pool(1) as pool:
        watch = Stopwatch(pool)
        with pytest.raises(OSError, match="no space left"):
            list(watch.watch("broken", fail()))
    assert watch.timings["broken"].ended_s >= watch.timings["broken"].began_s


def _spend(batch: list[int]) -> int:
    return sum(batch)
