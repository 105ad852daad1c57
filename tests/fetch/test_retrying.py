"""When to try again."""

import random

from hypothesis import given
from hypothesis import strategies as st

from germane.fetch.retrying import Circuit, back_off


@given(st.integers(1, 10_000), st.integers())
def test_waits_stay_within_twice_as_much_each_time_and_a_minute(n_tried: int, seed: int) -> None:
    assert 0 <= back_off(n_tried, random.Random(seed)) <= min(60.0, 2.0 ** min(n_tried, 6))


def test_waits_are_spread_over_all_that_they_may_be() -> None:
    chance = random.Random(1)
    waits = [back_off(3, chance) for _ in range(2000)]
    assert min(waits) < 0.1
    assert max(waits) > 7.9
    assert 3.8 < sum(waits) / len(waits) < 4.2


def test_a_host_that_fails_five_times_in_a_row_is_left_alone_for_a_minute() -> None:
    circuit = Circuit()
    for _ in range(4):
        circuit = circuit.failed(1000.0)
        assert not circuit.is_open(1000.0)
    circuit = circuit.failed(1000.0)
    assert circuit.wait_until(1000.0) == 1060.0
    assert not circuit.is_open(1060.0)


def test_one_request_tries_whether_the_host_is_well_and_others_wait_for_it() -> None:
    circuit = Circuit(n_failures=5, open_until=1060.0)
    probing = circuit.asked(1060.0)
    assert probing.is_open(1060.0)
    assert probing.failed(1070.0).wait_until(1070.0) == 1070.0 + 120
    assert not probing.is_open(1060.0 + 120)  # whoever tried has died


@given(st.integers(5, 5000))
def test_no_host_is_left_alone_for_more_than_an_hour(n_failures: int) -> None:
    assert 60 <= Circuit(n_failures - 1).failed(0.0).open_until <= 3600
