"""A reader's marks become weights and exclusions."""

from datetime import UTC, datetime, timedelta

import pytest

from germane.recommend.profile import LESS_WEIGHT, make_profile

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_a_like_counts_half_after_a_half_life() -> None:
    profile = make_profile({1: NOW, 2: NOW - timedelta(days=100)}, now=NOW, half_life_days=100)
    assert profile.weights == {1: 1.0, 2: 0.5}


def test_less_like_this_weighs_against_and_wins_over_a_like() -> None:
    assert make_profile([1, 2], less=[2, 3]).weights == {1: 1.0, 2: LESS_WEIGHT, 3: LESS_WEIGHT}


def test_all_that_the_reader_knows_is_excluded_with_its_other_versions() -> None:
    profile = make_profile([1], less=[2], read=[3], dismissed=[4], same_works=[(1, 11), (4, 14), (7, 17)])
    assert profile.excluded_ids == {1, 2, 3, 4, 11, 14}
    assert profile.weights.keys() == {1, 2}


def test_a_half_life_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        make_profile([1], now=NOW, half_life_days=0)
