"""The ledger never gives leave for more than a budget holds, whoever asks and whatever happens to them."""

import os
import random
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.fetch import Budget, HostPolicy
from germane.fetch.learning import Left, Told
from germane.fetch.quota import Claim, QuotaLedger, Wait
from germane.fetch.storing import FILE, Store, StoreError

NOW = 1_800_000_000.0
HOST = "api.example.org"
FREE = HostPolicy(pace_s=0, concurrency=1000, reserve=0.2)


def take(
    ledger: QuotaLedger, policy: HostPolicy, now: float, *, is_background: bool = True, told: Told | None = None
) -> bool:
    """Ask once, and tell whether leave was given."""
    found = ledger.claim(HOST, policy, now, is_background=is_background)
    if isinstance(found, Claim):
        ledger.finish(found, told or Told(), now)
    return isinstance(found, Claim)


def taken(ledger: QuotaLedger, policy: HostPolicy, now: float, *, is_background: bool = True) -> int:
    """Return how many requests are allowed at one moment, of forty tried."""
    return sum(take(ledger, policy, now, is_background=is_background) for _ in range(40))


@pytest.fixture
def ledger(tmp_path: Path) -> QuotaLedger:
    return QuotaLedger(Store(tmp_path))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(1, 6),
    st.sampled_from([0.5, 1.0, 3.0, 60.0]),
    st.lists(st.tuples(st.floats(0, 5), st.booleans()), min_size=1, max_size=25),
)
def test_in_no_stretch_of_time_are_there_more_requests_than_the_budget(
    limit: int, seconds: float, steps: list[tuple[float, bool]]
) -> None:
    policy = HostPolicy(pace_s=0, concurrency=1000, budgets=(Budget(limit, seconds),))
    with tempfile.TemporaryDirectory() as folder:
        ledger, now, at = QuotaLedger(Store(Path(folder))), NOW, []
        for step, is_background in steps:
            now += step
            if take(ledger, policy, now, is_background=is_background):
                at.append(now)
        ledger.close()
    for first in at:
        assert sum(first <= each < first + seconds for each in at) <= limit


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 5), st.lists(st.floats(0, 40_000), min_size=1, max_size=30))
def test_on_no_day_of_the_providers_are_there_more_requests_than_the_budget(limit: int, steps: list[float]) -> None:
    zone = "America/Los_Angeles"
    policy = HostPolicy(pace_s=0, concurrency=1000, budgets=(Budget(limit, "day", zone),))
    days: dict[object, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        ledger, now = QuotaLedger(Store(Path(folder))), NOW
        for step in steps:
            now += step
            if take(ledger, policy, now, is_background=False):
                day = datetime.fromtimestamp(now, ZoneInfo(zone)).date()
                days[day] = days.get(day, 0) + 1
        ledger.close()
    assert max(days.values()) <= limit


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 5), st.lists(st.floats(0, 3), min_size=1, max_size=30))
def test_requests_keep_their_pace(pace_s: float, steps: list[float]) -> None:
    policy = HostPolicy(pace_s=pace_s, concurrency=1000)
    with tempfile.TemporaryDirectory() as folder:
        ledger, now, at = QuotaLedger(Store(Path(folder))), NOW, []
        for step in steps:
            now += step
            if take(ledger, policy, now):
                at.append(now)
        ledger.close()
    assert all(later - earlier >= pace_s - 1e-6 for earlier, later in pairwise(at))


def test_a_wait_is_as_long_as_it_has_to_be_and_no_longer(ledger: QuotaLedger) -> None:
    policy = HostPolicy(pace_s=0, concurrency=10, budgets=(Budget(2, 10.0),), reserve=0)
    assert take(ledger, policy, NOW)
    assert take(ledger, policy, NOW + 4)
    found = ledger.claim(HOST, policy, NOW + 5)
    assert isinstance(found, Wait)
    assert found.until == NOW + 10
    assert "2 requests in 10 s" in found.why
    assert take(ledger, policy, found.until)


def test_a_part_of_every_budget_is_kept_for_readers_who_wait(ledger: QuotaLedger) -> None:
    policy = HostPolicy(pace_s=0, concurrency=1000, budgets=(Budget(20, "day"),), reserve=0.25)
    assert taken(ledger, policy, NOW) == 15
    assert taken(ledger, policy, NOW, is_background=False) == 5


def test_a_budget_of_one_is_open_to_the_background_too(ledger: QuotaLedger) -> None:
    assert taken(ledger, HostPolicy(pace_s=0, concurrency=1000, budgets=(Budget(1, 3.0),)), NOW) == 1


def test_a_month_ends_at_the_providers_midnight(ledger: QuotaLedger) -> None:
    policy = HostPolicy(pace_s=0, concurrency=1000, budgets=(Budget(1, "month", "Europe/Berlin"),))
    november = datetime(2026, 11, 30, 22, 59, tzinfo=UTC).timestamp()  # 23:59 in Berlin
    assert take(ledger, policy, november)
    found = ledger.claim(HOST, policy, november + 30)
    assert isinstance(found, Wait)
    assert found.until == datetime(2026, 11, 30, 23, 0, tzinfo=UTC).timestamp()
    assert take(ledger, policy, found.until)


def test_what_a_host_says_is_left_is_obeyed_until_its_reset(ledger: QuotaLedger) -> None:
    told = Told(left=(Left("requests", 10, NOW + 3600, 40),))
    assert take(ledger, FREE, NOW, told=told)
    assert taken(ledger, FREE, NOW + 10) == 2  # 8 of 40 are kept
    assert taken(ledger, FREE, NOW + 10, is_background=False) == 8
    assert taken(ledger, FREE, NOW + 3599, is_background=False) == 0
    assert take(ledger, FREE, NOW + 3600)


def test_what_is_left_in_dollars_is_obeyed_by_what_the_last_request_cost(ledger: QuotaLedger) -> None:
    assert take(ledger, FREE, NOW, told=Told(left=(Left("usd", 0.023, NOW + 3600, 0.1, 0.001),)))
    assert taken(ledger, FREE, NOW + 10) == 3
    assert taken(ledger, FREE, NOW + 10, is_background=False) == 20


def test_answers_in_another_order_than_the_requests_give_nothing_back(ledger: QuotaLedger) -> None:
    first, second = (ledger.claim(HOST, FREE, NOW) for _ in range(2))
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    ledger.finish(second, Told(left=(Left("requests", 1, NOW + 60),)), NOW)
    ledger.finish(first, Told(left=(Left("requests", 2, NOW + 60.5),)), NOW)
    assert taken(ledger, FREE, NOW) == 1


def test_headers_lower_what_is_taken_and_never_raise_it(ledger: QuotaLedger) -> None:
    policy = HostPolicy(pace_s=0, concurrency=2, budgets=(Budget(5, 1.0),), reserve=0)
    assert take(ledger, policy, NOW, told=Told(rate=Budget(3, 1.0), concurrency=1))
    assert taken(ledger, policy, NOW + 10) == 3
    assert take(ledger, policy, NOW + 20, told=Told(rate=Budget(50, 1.0), concurrency=50))
    assert taken(ledger, policy, NOW + 30) == 5
    assert [isinstance(ledger.claim(HOST, policy, NOW + 40), Claim) for _ in range(3)] == [True, True, False]


def test_no_more_are_out_at_once_than_allowed_and_a_dead_ones_place_comes_back(ledger: QuotaLedger) -> None:
    policy = HostPolicy(pace_s=0, concurrency=1)
    claim = ledger.claim(HOST, policy, NOW, lease_s=60)
    assert isinstance(claim, Claim)
    assert isinstance(ledger.claim(HOST, policy, NOW + 59), Wait)
    ledger.renew(claim, NOW + 59, 60)
    assert isinstance(ledger.claim(HOST, policy, NOW + 100), Wait)
    assert isinstance(ledger.claim(HOST, policy, NOW + 119), Claim)


def test_a_host_in_trouble_is_left_alone_then_tried_once(ledger: QuotaLedger) -> None:
    for _ in range(5):
        claim = ledger.claim(HOST, FREE, NOW)
        assert isinstance(claim, Claim)
        ledger.finish(claim, Told(), NOW, error="it answered 500")
    found = ledger.claim(HOST, FREE, NOW + 30)
    assert isinstance(found, Wait)
    assert (found.is_refusal, found.until, found.why) == (True, NOW + 60, "it answered 500")
    report = ledger.report(HOST, NOW + 30)
    assert (report.is_open, report.retry_at, report.last_error) == (True, NOW + 60, "it answered 500")
    probe = ledger.claim(HOST, FREE, NOW + 60)
    assert isinstance(probe, Claim)
    assert isinstance(ledger.claim(HOST, FREE, NOW + 60), Wait)
    ledger.finish(probe, Told(), NOW + 61)
    assert taken(ledger, FREE, NOW + 61) == 40
    assert not ledger.report(HOST, NOW + 61).is_open


def test_a_probe_that_says_nothing_lets_another_try(ledger: QuotaLedger) -> None:
    for _ in range(5):
        ledger.blame(HOST, "it answered an error", NOW)
    probe = ledger.claim(HOST, FREE, NOW + 60)
    assert isinstance(probe, Claim)
    ledger.finish(probe, Told(), NOW + 60, error=None)
    assert isinstance(ledger.claim(HOST, FREE, NOW + 60), Claim)


def test_a_hold_is_never_shortened(ledger: QuotaLedger) -> None:
    ledger.hold(HOST, NOW + 60, "it asked to wait", NOW)
    ledger.hold(HOST, NOW + 5, "shortly", NOW)
    assert not take(ledger, FREE, NOW + 59)
    assert take(ledger, FREE, NOW + 60)


@pytest.mark.parametrize("back_s", [2.0, 3600.0, 400 * 86_400.0])
def test_a_clock_that_is_set_back_neither_frees_budgets_nor_locks_them(ledger: QuotaLedger, back_s: float) -> None:
    policy = HostPolicy(pace_s=1, concurrency=10, budgets=(Budget(2, 60.0), Budget(3, "day")), reserve=0)
    assert take(ledger, policy, NOW)
    assert take(ledger, policy, NOW + 1)
    ledger.hold(HOST, NOW + 31, "it asked to wait", NOW + 1)
    earlier = NOW - back_s
    found = ledger.claim(HOST, policy, earlier + 1)
    assert isinstance(found, Wait)
    assert earlier + 31 - 2 <= found.until <= earlier + 1 + 61
    assert take(ledger, policy, earlier + 70)
    assert not take(ledger, policy, earlier + 140)  # three a day
    assert take(ledger, policy, earlier + 2 * 86_400)


def test_a_clock_that_was_wrong_by_years_locks_nothing(ledger: QuotaLedger) -> None:
    policy = HostPolicy(pace_s=0, concurrency=10, budgets=(Budget(1, "day"),), reserve=0)
    assert take(ledger, policy, NOW + 30 * 365 * 86_400)
    assert not take(ledger, policy, NOW)
    assert take(ledger, policy, NOW + 86_400)


def test_the_report_tells_what_was_used_and_what_is_left(ledger: QuotaLedger) -> None:
    policy = HostPolicy(pace_s=0, concurrency=10, budgets=(Budget(100, "day"), Budget(5, 1.0)))
    told = Told(rate=Budget(3, 1.0), concurrency=2, left=(Left("requests", 97, NOW + 60, 100),))
    assert take(ledger, policy, NOW, told=told)
    report = ledger.report(HOST, NOW)
    assert report.used == (("day", 1),)
    assert report.left == (Left("requests", 97, NOW + 60, 100, 1.0),)
    assert (report.rate, report.concurrency, report.last_success) == (Budget(3, 1.0), 2, NOW)
    assert ledger.report(HOST, NOW + 2 * 86_400).used == (("day", 0),)


def test_hosts_do_not_share_a_budget(ledger: QuotaLedger) -> None:
    policy = HostPolicy(pace_s=60)
    assert isinstance(ledger.claim("a.example", policy, NOW), Claim)
    assert isinstance(ledger.claim("b.example", policy, NOW), Claim)


def test_a_damaged_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="remove it"):
        take(QuotaLedger(Store(tmp_path)), FREE, NOW)


TAKER = """
import sys, time
from pathlib import Path
from germane.fetch import Budget, HostPolicy
from germane.fetch.learning import Told
from germane.fetch.quota import Claim, QuotaLedger
from germane.fetch.storing import Store
ledger = QuotaLedger(Store(Path(sys.argv[1])))
policy = HostPolicy(pace_s=0, concurrency=1000, budgets=(Budget(int(sys.argv[2]), "day"),), reserve=0)
print("ready", flush=True)
while True:
    claim = ledger.claim("api.example.org", policy, 1_800_000_000.0)
    if not isinstance(claim, Claim):
        break
    ledger.finish(claim, Told(), 1_800_000_000.0)
    print("taken", flush=True)
"""


def start_taker(folder: Path, limit: int) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", TAKER, str(folder), str(limit)], stdout=subprocess.PIPE, text=True)


def test_two_processes_share_one_budget(tmp_path: Path) -> None:
    takers = [start_taker(tmp_path, 100) for _ in range(2)]
    said = [taker.communicate(timeout=60)[0] for taker in takers]
    assert sum(each.count("taken") for each in said) == 100


def test_a_process_that_is_killed_leaves_a_ledger_that_counts_on(tmp_path: Path) -> None:
    chance, n_taken = random.Random(1), 0
    for _ in range(3):
        taker = start_taker(tmp_path, 100_000)
        assert taker.stdout is not None
        for _ in range(chance.randrange(2, 60)):
            n_taken += taker.stdout.readline() == "taken\n"
        os.kill(taker.pid, signal.SIGKILL)
        n_taken += taker.stdout.read().count("taken")
        assert taker.wait(timeout=60) == -signal.SIGKILL
    ledger = QuotaLedger(Store(tmp_path))
    ((_, n_counted),) = ledger.report(HOST, NOW).used
    assert n_taken <= n_counted <= n_taken + 3  # what was counted when the kill came may not have been told
    assert take(ledger, FREE, NOW)
