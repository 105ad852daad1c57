"""Words and randomness: each number its own, and the same again."""

import numpy as np
import pytest

from germane.synth.chance import Chance, from_quantiles
from germane.synth.topics import Topics, made_up_word, zipf


def test_every_number_has_its_own_word_and_small_ones_short_words() -> None:
    words = [made_up_word(number) for number in [*range(100_000), *range(10**7, 10**7 + 50_000)]]
    assert len(set(words)) == len(words)
    assert all(word.isalpha() and word.islower() for word in words)
    assert np.mean([len(word) for word in words[:5_000]]) < 13
    assert len({word[:5] for word in words[-20_000:]}) > 100


def test_chance_depends_on_seed_purpose_number_and_place_alone() -> None:
    numbers = np.arange(1_000)
    drawn = Chance(1).bits("x", numbers)
    assert np.array_equal(drawn[[7, 3]], Chance(1).bits("x", np.array([7, 3])))
    others = [Chance(2).bits("x", numbers), Chance(1).bits("y", numbers), Chance(1).bits("x", numbers, 1)]
    assert not any(np.intersect1d(drawn, other).size for other in others)


def test_chance_is_uniform() -> None:
    units = Chance(3).units("x", np.arange(100_000))
    assert np.histogram(units, 10, (0, 1))[0] == pytest.approx(np.full(10, 10_000), rel=0.05)
    assert abs(np.corrcoef(units[1:], units[:-1])[0, 1]) < 0.01
    assert set(Chance(3).below(5, "y", np.arange(1_000)).tolist()) == set(range(5))


def test_quantiles_and_ranks_are_as_told() -> None:
    units = (np.arange(10_000) + 0.5) / 10_000
    values = from_quantiles(units, ((0.0, 1.0), (0.5, 2.0), (1.0, 10.0)))
    assert (values.min(), np.median(values), values.max()) == pytest.approx((1, 2, 10), abs=0.01)
    ranks = zipf(units, 50, 2.0)
    counts = np.bincount(ranks, minlength=50)
    assert len(counts) == 50
    assert np.all(np.diff(counts[:20]) <= 0)
    assert counts[0] / counts[8] == pytest.approx(10.5 / 2.5, rel=0.15)


def test_topics_beside_each_other_are_of_one_field() -> None:
    topics = Topics(Chance(1), 200)
    fields = topics.fields(np.arange(200))
    assert np.all(np.diff(fields) >= 0)
    assert len(set(fields.tolist())) > 30
    assert len(set(topics.headings(3))) > 15
