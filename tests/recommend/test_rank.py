"""What a reader sees: fit articles only, from several places, each with its because."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from germane.recommend.model import Model
from germane.recommend.profile import make_profile
from germane.recommend.rank import MAX_PER_VENUE_YEAR, PAGE, Facts, FactsOf, _choose, recommend
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
