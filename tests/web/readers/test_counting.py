"""Public counts of likes: derived, shown from three on, and hard to pump."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from germane.web.readers import queries
from germane.web.readers.models import Like, LikeCount, Reader
from germane.web.readers.store import absorbed, carrying, counting, marks
from tests.web.readers.people import DAY, NOW, make_reader

pytestmark = pytest.mark.django_db


def counts() -> dict[int, int]:
    return dict(LikeCount.objects.values_list("article_id", "n"))


def test_a_count_is_shown_from_three_on() -> None:
    shown = []
    for name in ("ada", "ben", "cleo"):
        marks.like(make_reader(name).pk, 7, NOW)
        shown.append(queries.n_likes_shown(7))
    assert shown == [0, 0, 3]
    marks.unlike(Reader.objects.get(email="ben@example.org").pk, 7)
    assert queries.n_likes_shown(7) == 0


def test_one_reader_counts_once_however_often_they_press() -> None:
    ada = make_reader()
    for _ in range(5):
        marks.like(ada.pk, 7, NOW)
    assert counts() == {7: 1}
    for _ in range(3):
        marks.unlike(ada.pk, 7)
    assert counts() == {}


def test_accounts_without_a_verified_address_or_a_day_of_age_do_not_count() -> None:
    marks.like(make_reader("new", age=DAY - timedelta(minutes=1)).pk, 7, NOW)
    marks.like(make_reader("unverified", is_verified=False).pk, 7, NOW)
    closed = make_reader("closed")
    Reader.objects.filter(pk=closed.pk).update(is_active=False)
    marks.like(closed.pk, 7, NOW)
    assert counts() == {}
    marks.like(make_reader("old", age=DAY).pk, 7, NOW)
    assert counts() == {7: 1}


def test_of_many_likes_in_an_hour_the_first_count() -> None:
    ada = make_reader()
    for number in range(1, 51):
        marks.like(ada.pk, number, NOW + timedelta(seconds=number))
    assert sorted(counts()) == list(range(1, counting.COUNTED_AN_HOUR + 1))
    marks.like(ada.pk, 99, NOW + timedelta(hours=1))
    assert 99 in counts()


def test_many_likes_at_once_count_no_more() -> None:
    ada = make_reader()
    carrying.like_many(ada.pk, dict.fromkeys(range(1, 501), NOW), NOW)
    assert len(counts()) == counting.COUNTED_AN_HOUR
    assert Like.objects.count() == 500


def test_recounting_finds_what_counting_found() -> None:
    for name in ("ada", "ben"):
        reader = make_reader(name)
        for number in range(1, 41):
            marks.like(reader.pk, number, NOW + timedelta(seconds=number))
    before = counts()
    assert before
    assert counting.recount_likes(NOW + timedelta(minutes=5)) == 0
    assert counts() == before


def test_recounting_mends_what_was_damaged_and_counts_those_who_have_grown_up() -> None:
    ada, new = make_reader("ada"), make_reader("new", age=timedelta(hours=1))
    marks.like(ada.pk, 7, NOW)
    marks.like(new.pk, 7, NOW)
    LikeCount.objects.update_or_create(article_id=7, defaults={"n": 500})
    LikeCount.objects.create(article_id=9_000_000_001, n=4)
    assert counting.recount_likes(NOW) == 0
    assert counts() == {7: 1}
    assert counting.recount_likes(NOW + DAY) == 1
    assert counts() == {7: 2}
    marks.unlike(new.pk, 7)
    assert counts() == {7: 1}
    Reader.objects.filter(pk=ada.pk).update(is_active=False)
    assert counting.recount_likes(NOW + DAY) == 1
    assert counts() == {}


presses = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 4), st.booleans(), st.integers(0, 10_000)), max_size=25
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(presses)
def test_whatever_is_pressed_the_counts_are_those_that_are_derived(pressed: list[tuple[str, int, bool, int]]) -> None:
    Like.objects.all().delete()
    LikeCount.objects.all().delete()
    for name in "abc":
        if not Reader.objects.filter(email=f"{name}@example.org").exists():
            make_reader(name, is_verified=name != "c")
    readers = {reader.email[0]: reader.pk for reader in Reader.objects.all()}
    for name, number, is_like, seconds in pressed:
        if is_like:
            marks.like(readers[name], number, NOW + timedelta(seconds=seconds))
        else:
            marks.unlike(readers[name], number)
    absorbed.follow_absorbed({4: 1})
    found = counts()
    counting.recount_likes(NOW + timedelta(seconds=10_000))
    assert counts() == found
