"""Two articles turn out to be one: marks follow, once, and nothing that a reader wrote is lost."""

import pytest

from germane.web.readers import queries
from germane.web.readers.models import LikeCount
from germane.web.readers.store import collections, marks, notes
from germane.web.readers.store.absorbed import follow_absorbed
from tests.web.readers.people import DAY, NOW, likes_of, make_reader

pytestmark = pytest.mark.django_db


def test_marks_follow_and_the_earlier_of_two_stays() -> None:
    ada, ben, cleo = make_reader("ada"), make_reader("ben"), make_reader("cleo")
    marks.like(ada.pk, 1, NOW + DAY)
    marks.like(ada.pk, 2, NOW)
    marks.like(ben.pk, 2, NOW)
    marks.like(cleo.pk, 1, NOW)
    marks.like(cleo.pk, 3, NOW)
    marks.mark_read(ada.pk, 2, NOW)
    marks.dismiss(ben.pk, 2, NOW)
    number = collections.make_collection(ada.pk, "Both", "", NOW)
    collections.add_article(ada.pk, number, 1, NOW + DAY)
    collections.add_article(ada.pk, number, 2, NOW)
    assert follow_absorbed({2: 1}) == 5
    assert (likes_of(ada), likes_of(ben), likes_of(cleo)) == ({1: NOW}, {1: NOW}, {1: NOW, 3: NOW})
    assert queries.marks_of(ada.pk).read == {1}
    assert queries.marks_of(ben.pk).dismissed == {1: NOW}
    assert queries.read_entries(number) == [queries.Marked(1, NOW)]
    assert dict(LikeCount.objects.values_list("article_id", "n")) == {1: 3, 3: 1}


def test_following_again_moves_nothing() -> None:
    ada = make_reader()
    marks.like(ada.pk, 2, NOW)
    notes.write_note(ada.pk, 2, "words", NOW)
    assert follow_absorbed({2: 1}) == 2
    assert follow_absorbed({2: 1}) == 0


def test_notes_are_joined() -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    notes.write_note(ada.pk, 1, "one" * 3_000, NOW)
    notes.write_note(ada.pk, 2, "other" * 3_000, NOW + DAY)
    notes.write_note(ben.pk, 2, "alone", NOW)
    follow_absorbed({2: 1})
    assert queries.read_notes(ada.pk) == [queries.Noted(1, NOW + DAY, "one" * 3_000 + "\n\n" + "other" * 3_000)]
    assert queries.read_notes(ben.pk) == [queries.Noted(1, NOW, "alone")]
