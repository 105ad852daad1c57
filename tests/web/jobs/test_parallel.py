"""The pool of processes: whatever ends its user early ends it too, and nothing waits for what nobody will do."""

import subprocess
import sys

import pytest

from germane.web.jobs.parallel import Pool, map_batches

_LEFT_EARLY = """
import time
from germane.web.jobs.parallel import Pool
from tests.web.jobs.test_parallel import slow

if __name__ == "__main__":
    try:
        with Pool(2) as pool:
            for _ in range(12):
                pool.submit(slow, ["x" * 3_000_000])
            time.sleep(2)  # the processes are at work, and more waits than the pipe to them holds
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        print("ended")
"""


def slow(batch: list[str]) -> int:
    """Take longer than anybody waits."""
    import time

    time.sleep(60)
    return len(batch)


def double(batch: list[int]) -> list[int]:
    """Return twice each number."""
    return [2 * n for n in batch]


def test_results_come_in_order_and_their_cost_is_counted() -> None:
    with Pool(2) as pool:
        found = list(map_batches(double, [[n] for n in range(20)], pool=pool, ahead=7))
    assert found == [[2 * n] for n in range(20)]
    assert pool.cpu_s["double"] > 0


def test_left_early_it_waits_for_nothing() -> None:
    """Large batches that wait in the pipe to processes which are ended must not hold the program."""
    try:
        done = subprocess.run([sys.executable, "-c", _LEFT_EARLY], capture_output=True, timeout=40, check=False)
    except subprocess.TimeoutExpired:
        pytest.fail("the pool waits for what nobody reads any more")
    assert done.stdout == b"ended\n", done.stderr
