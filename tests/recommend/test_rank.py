"""What a reader sees: fit articles only, from several places, each with its because."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.recommend.model import Model
from germane.recommend.profile import make_profile
from germane.recommend.rank import MAX_PER_VENUE_YEAR, PAGE, Facts, FactsOf, _choose, recommend, recommend_similar
from germane.recommend.steering import Steering, steer
from tests.recommend.conftest import FIRST_ID, N_PER_CIRCLE, UNLIKED

LIKED = [FIRST_ID, FIRST_ID + 1]


def facts_with(**special: Facts) -> FactsOf:
    def facts_of(ids: Sequence[int]) -> dict[int, Facts]:
        return {each: special.get(f"a{each}", Facts()) for each in ids}

    return facts_of


def test_what_the_reader_knows_is_never_recommended(model: Model) -> None:
    profile = make_profile(LIKED, read=[FIRST_ID + 2], dismissed=[FIRST_ID + 3], same_works=[(FIRST_ID, FIRST_ID + 4)])
    found = {each.article_id for each in recommend(model, profile, facts_with(), n=50)}
    assert found.isdisjoint({FIRST_ID, FIRST_ID + 1, FIRST_ID + 2, FIRST_ID + 3, FIRST_ID + 4})
    assert {FIRST_ID + 5, UNLIKED} <= found


def test_retracted_gone_and_other_versions_are_never_recommended(model: Model) -> None:
    special = {
        f"a{FIRST_ID}": Facts(work_id=1),
        f"a{FIRST_ID + 2}": Facts(work_id=1),  # another version of what is liked
        f"a{FIRST_ID + 3}": Facts(is_retracted=True),
        f"a{FIRST_ID + 4}": Facts(work_id=2),
        f"a{FIRST_ID + 5}": Facts(work_id=2),
    }

    def facts_of(ids: Sequence[int]) -> dict[int, Facts]:
        return {each: facts for each, facts in facts_with(**special)(ids).items() if each != FIRST_ID + 6}

    found = [each.article_id for each in recommend(model, make_profile(LIKED), facts_of, n=50)]
    assert set(found).isdisjoint({FIRST_ID + 2, FIRST_ID + 3, FIRST_ID + 6})
    assert len({FIRST_ID + 4, FIRST_ID + 5} & set(found)) == 1
    assert len(found) == len(set(found))


def test_each_recommendation_names_the_likes_that_speak_for_it(model: Model) -> None:
    profile = make_profile([FIRST_ID, FIRST_ID + N_PER_CIRCLE], less=[FIRST_ID + 1])
    found = recommend(model, profile, facts_with(), n=8)
    assert len(found) == 8
    for each in found:
        assert {because.article_id for because in each.because} <= {FIRST_ID, FIRST_ID + N_PER_CIRCLE}
        shares = [because.share for because in each.because]
        assert shares == sorted(shares, reverse=True)
        assert 0.5 < sum(shares) < 1.001
    of_first = next(each for each in found if each.article_id < FIRST_ID + N_PER_CIRCLE)
    assert of_first.because[0].article_id == FIRST_ID


def test_the_tenth_is_a_step_outside_and_the_rest_are_by_score(model: Model) -> None:
    found = recommend(model, make_profile([FIRST_ID]), facts_with(), n=PAGE)
    assert [each.is_step_outside for each in found] == [False] * 9 + [True]
    scores = [each.score for each in found[:9]]
    assert scores == sorted(scores, reverse=True)


def test_without_a_like_nothing_is_recommended(model: Model) -> None:
    assert recommend(model, make_profile([]), facts_with()) == []
    assert recommend(model, make_profile([], less=[FIRST_ID]), facts_with()) == []
    assert recommend(model, make_profile([999_999]), facts_with()) == []


def test_the_same_marks_give_the_same_list(model: Model) -> None:
    lists = [recommend(model, make_profile(order), facts_with()) for order in (LIKED, LIKED[::-1])]
    assert lists[0] == lists[1]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(2020, 2021)), max_size=40),
    st.sets(st.integers(0, 39)),
    st.integers(1, 30),
)
def test_any_ten_hold_at_most_two_of_one_venue_and_year(
    places: list[tuple[int, int]], outside: set[int], n: int
) -> None:
    facts = {at: Facts(venue_id=venue, year=year) for at, (venue, year) in enumerate(places)}
    chosen = [each for each, _ in _choose(list(facts), outside, facts, n)]
    assert len(chosen) == len(set(chosen)) <= n
    for first in range(len(chosen)):
        page = [places[each] for each in chosen[first : first + PAGE] if places[each][0]]
        assert not page or np.unique(page, axis=0, return_counts=True)[1].max() <= MAX_PER_VENUE_YEAR


def test_what_the_reader_excludes_is_left_out_and_others_take_its_place(model: Model) -> None:
    everything = [each.article_id for each in recommend(model, make_profile(LIKED), facts_with(), n=50)]
    unwanted = {f"a{each}": Facts(is_unwanted=True) for each in everything[:3]}
    left = [each.article_id for each in recommend(model, make_profile(LIKED), facts_with(**unwanted), n=50)]
    assert sorted(left) == sorted(everything[3:])


def test_many_unfit_articles_do_not_shorten_the_list(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("germane.recommend.rank.N_POOL", 2)
    everything = [each.article_id for each in recommend(model, make_profile(LIKED), facts_with(), n=50)]
    asked: list[int] = []

    def facts_of(ids: Sequence[int]) -> dict[int, Facts]:
        asked.append(len(ids))
        return {each: Facts(is_retracted=each in everything[:6]) for each in ids}

    assert recommend(model, make_profile(LIKED), facts_of, n=1)[0].article_id == everything[6]
    assert len(asked) == 5  # the reader's own, and pools of two until one of them holds a fit one


def test_recent_ones_come_first_when_asked_for_and_established_ones_likewise() -> None:
    scores, near = np.array([5, 4, 3, -1], np.float32), np.array([3, 2, 1, 0], np.float32)
    years = np.array([2000, 0, 2020, 2010], np.int16)
    assert steer(scores, near, years, Steering()).tolist() == scores.tolist()
    recent, established = (steer(scores, near, years, Steering(recency=each)) for each in (1.0, -1.0))
    assert np.argsort(-recent).tolist() == [2, 1, 0, 3]
    assert np.argsort(-established).tolist() == [0, 1, 2, 3]
    assert recent[1] == scores[1]  # its year is unknown
    assert steer(scores, near, years, Steering(recency=7.0)).tolist() == recent.tolist()


def test_the_farther_the_less_resemble_the_first_ones_what_is_liked(model: Model) -> None:
    def first(distance: float) -> list[int]:
        steering = Steering(distance=distance)
        return [each.article_id for each in recommend(model, make_profile([FIRST_ID]), facts_with(), steering=steering)]

    assert first(0.0) == [each.article_id for each in recommend(model, make_profile([FIRST_ID]), facts_with())]
    assert first(1.0)[:3] != first(0.0)[:3]
    scores, near = np.array([5, 4, 3], np.float32), np.array([3, 2, 1], np.float32)
    assert np.argsort(-steer(scores, near, np.zeros(3, np.int16), Steering(distance=1.0))).tolist() == [2, 1, 0]


def test_a_phrase_of_the_profile_speaks_for_what_it_stands_for(model: Model) -> None:
    second = [FIRST_ID + N_PER_CIRCLE, FIRST_ID + N_PER_CIRCLE + 1]
    profile = make_profile([FIRST_ID], phrases={"second circle": second})
    because = [why for each in recommend(model, profile, facts_with(), n=12) for why in each.because]
    assert {(why.article_id, why.phrase) for why in because} == {(FIRST_ID, ""), (0, "second circle")}
    only_phrase = recommend(model, make_profile([], phrases={"second circle": second}), facts_with(), n=3)
    assert all(each.article_id >= FIRST_ID + N_PER_CIRCLE for each in only_phrase)
    muted = make_profile([FIRST_ID], muted_phrases={"second circle": second})
    assert {why.phrase for each in recommend(model, muted, facts_with(), n=12) for why in each.because} == {""}


SIMILAR = {1: [(3, 0.9), (4, 0.5), (2, 0.4)], 2: [(4, 0.6), (5, 0.3)], 6: [(3, 0.8)]}


def similar_of(ids: Sequence[int]) -> dict[int, list[tuple[int, float]]]:
    return {each: SIMILAR[each] for each in ids if each in SIMILAR}


def test_without_a_model_similar_articles_are_recommended_each_with_its_because() -> None:
    found = recommend_similar(similar_of, make_profile([1, 2]), facts_with())
    assert [each.article_id for each in found] == [4, 3, 5]
    assert [why.article_id for why in found[0].because] == [2, 1]
    assert found[0].because[0].share > 0.5
    less = recommend_similar(similar_of, make_profile([1, 2], less=[6]), facts_with())
    assert [each.article_id for each in less] == [4, 3, 5]
    assert less[1].score < found[1].score
    years = {"a4": Facts(year=1980), "a3": Facts(year=2020), "a5": Facts(year=1990)}
    steering = Steering(recency=1.0)
    recent = recommend_similar(similar_of, make_profile([1, 2]), facts_with(**years), steering=steering)
    assert recent[0].article_id == 3
    assert recommend_similar(similar_of, make_profile([]), facts_with()) == []
    assert recommend_similar(similar_of, make_profile([77]), facts_with()) == []
