"""The metrics, on cases worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from germane.evaluate.metrics import (
    average_precision,
    bootstrap_difference,
    ndcg_at,
    ranked,
    recall_at,
    reciprocal_rank_at,
)

RANKING = ["d", "a", "x", "b", "y"]


def test_equal_scores_stand_by_ascending_id() -> None:
    assert ranked([1.0, 2.0, 1.0, 2.0], ["c", "d", "a", "b"]) == ["b", "d", "a", "c"]


def test_the_edge_of_a_cut_keeps_its_ties_in_order() -> None:
    assert ranked([1.0, 1.0, 1.0, 3.0], ["c", "b", "a", "z"], n=2) == ["z", "a"]


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=1, max_size=30), st.integers(1, 40))
def test_a_cut_ranking_begins_as_the_whole_one(scores: list[float], n: int) -> None:
    ids = [f"{i:02}" for i in range(len(scores))]
    assert ranked(scores, ids, n=n) == ranked(scores, ids)[:n]


def test_recall() -> None:
    assert recall_at(RANKING, {"a", "b", "missing"}, 3) == pytest.approx(1 / 3)
    assert recall_at(RANKING, {"a", "b"}, 4) == 1


def test_reciprocal_rank() -> None:
    assert reciprocal_rank_at(RANKING, {"b", "x"}, 5) == pytest.approx(1 / 3)
    assert reciprocal_rank_at(RANKING, {"b"}, 3) == 0


def test_average_precision() -> None:
    # a at rank 2 (1/2), b at rank 4 (2/4), one never: (0.5 + 0.5) / 3
    assert average_precision(RANKING, {"a", "b", "missing"}) == pytest.approx(1 / 3)


def test_ndcg_with_grades() -> None:
    gains = {"a": 3.0, "b": 2.0, "missing": 1.0}
    found = 3 / math.log2(3) + 2 / math.log2(5)
    best = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)
    assert ndcg_at(RANKING, gains, 5) == pytest.approx(found / best)
    assert ndcg_at(RANKING, gains, 1) == 0
    assert ndcg_at(["a", "b", "missing"], gains, 3) == pytest.approx(1)
    assert ndcg_at(RANKING, {}, 5) == 0


def test_the_interval_of_a_constant_difference_is_that_difference() -> None:
    low, high = bootstrap_difference([0.5, 0.7, 0.9], [0.4, 0.6, 0.8])
    assert low == pytest.approx(0.1)
    assert high == pytest.approx(0.1)


def test_the_interval_of_noise_holds_zero_and_of_a_clear_gain_does_not() -> None:
    low, high = bootstrap_difference([0.0, 1.0] * 50, [1.0, 0.0] * 50)
    assert low < 0 < high
    low, high = bootstrap_difference([0.9, 0.8] * 50, [0.5, 0.6] * 50)
    assert 0.2 < low < 0.3 < high < 0.4


def test_pairs_are_needed() -> None:
    with pytest.raises(ValueError, match="pairs"):
        bootstrap_difference([1.0], [1.0, 0.0])
