"""A reader's marks become weights and exclusions."""

from datetime import UTC, datetime, timedelta

import pytest

from germane.recommend.profile import LESS_WEIGHT, PHRASE_WEIGHT, make_profile, telling_phrases

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


def test_a_phrase_weighs_as_much_whatever_it_stands_for_and_less_than_a_like() -> None:
    profile = make_profile([1], phrases={"pain": [1, 2, 3]}, muted_phrases={"rats": [3, 4]})
    assert profile.weights == {1: 1.0, 2: PHRASE_WEIGHT / 3, 3: PHRASE_WEIGHT / 3, 4: -PHRASE_WEIGHT / 2}
    assert profile.phrase_of == {2: "pain", 3: "pain", 4: "rats"}
    assert profile.excluded_ids == {1}  # what a phrase stands for may be recommended


def test_the_telling_phrases_are_those_that_many_likes_share_and_few_other_articles() -> None:
    keyphrases = {1: ["pain", "human"], 2: ["pain", "human"], 3: ["rat"], 4: ["rat"]}
    weights = {1: 1.0, 2: 1.0, 3: 1.0, 4: -1.0}
    found = telling_phrases(keyphrases, weights, {"pain": 10, "human": 900}, 1_000, n=5)
    assert [phrase for phrase, _ in found] == ["pain", "human"]
