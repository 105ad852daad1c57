"""Likes of a browser come into the account: none is lost, and the earliest date stays."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from germane.web.readers.models import Like, Reader
from germane.web.readers.store.carrying import Carried, like_many
from tests.web.readers.people import DAY, NOW, likes_of, make_reader

pytestmark = pytest.mark.django_db


def test_likes_are_merged_and_the_earliest_date_stays() -> None:
    ada = make_reader()
    like_many(ada.pk, {1: NOW - 9 * DAY, 2: NOW - DAY}, NOW)
    assert like_many(ada.pk, {1: NOW, 2: NOW - 5 * DAY, 3: NOW - 2 * DAY}, NOW) == Carried(n_new=1, n_known=2)
    assert likes_of(ada) == {1: NOW - 9 * DAY, 2: NOW - 5 * DAY, 3: NOW - 2 * DAY}


def test_times_to_come_are_taken_as_now() -> None:
    ada = make_reader()
    like_many(ada.pk, {1: NOW + 900 * DAY}, NOW)
    assert likes_of(ada) == {1: NOW}


dated = st.dictionaries(st.integers(1, 6), st.integers(0, 40), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(dated, dated)
def test_the_order_in_which_browsers_bring_their_likes_does_not_matter(
    one: dict[int, int], two: dict[int, int]
) -> None:
    Like.objects.all().delete()
    ada, ben = (Reader.objects.filter(email=f"{n}@example.org").first() or make_reader(n) for n in ("ada", "ben"))
    for reader, order in ((ada, (one, two)), (ben, (two, one))):
        for likes in order:
            like_many(reader.pk, {number: NOW - days * DAY for number, days in likes.items()}, NOW)
    assert likes_of(ada) == likes_of(ben)
    days_of = {n: max(some[n] for some in (one, two) if n in some) for n in one | two}
    assert likes_of(ada) == {number: NOW - days * DAY for number, days in days_of.items()}
