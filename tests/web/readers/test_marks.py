"""Marks: set and taken back, twice with the same end, and never anybody else's."""

from datetime import datetime

import pytest

from germane.web.readers import queries
from germane.web.readers.models import Dismissal, Exclusion, Like, ProfilePhrase, ReadMark
from germane.web.readers.store import marks, notes
from tests.web.readers.people import DAY, NOW, likes_of, make_reader

pytestmark = pytest.mark.django_db


def test_a_like_is_noted_once_and_keeps_its_first_time() -> None:
    ada = make_reader()
    assert marks.like(ada.pk, 7, NOW)
    assert not marks.like(ada.pk, 7, NOW + DAY)
    assert likes_of(ada) == {7: NOW}


def test_taking_a_like_back_twice_is_taking_it_back() -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    marks.like(ada.pk, 7, NOW)
    marks.like(ben.pk, 7, NOW)
    assert marks.unlike(ada.pk, 7)
    assert not marks.unlike(ada.pk, 7)
    assert (likes_of(ada), likes_of(ben)) == ({}, {7: NOW})


def test_read_and_dismissed_are_noted_and_taken_back() -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    assert marks.mark_read(ada.pk, 7, NOW)
    assert not marks.mark_read(ada.pk, 7, NOW + DAY)
    assert marks.dismiss(ada.pk, 8, NOW)
    assert not marks.dismiss(ada.pk, 8, NOW + DAY)
    marks.mark_read(ben.pk, 7, NOW)
    assert list(ReadMark.objects.filter(reader=ada).values_list("article_id", "read_at")) == [(7, NOW)]
    assert list(Dismissal.objects.filter(reader=ada).values_list("article_id", "dismissed_at")) == [(8, NOW)]
    assert marks.unmark_read(ada.pk, 7)
    assert not marks.unmark_read(ada.pk, 7)
    assert marks.undismiss(ada.pk, 8)
    assert not marks.undismiss(ada.pk, 8)
    assert list(ReadMark.objects.values_list("reader_id", flat=True)) == [ben.pk]


def test_marks_of_a_reader_are_read_together() -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    marks.like(ada.pk, 1, NOW)
    marks.like(ada.pk, 2, NOW + DAY)
    marks.mark_read(ada.pk, 3, NOW)
    marks.dismiss(ada.pk, 4, NOW)
    Exclusion.objects.create(reader=ada, kind="venue", value="9", label="Desk Letters", made_at=NOW)
    ProfilePhrase.objects.create(reader=ada, slug="pain", phrase="pain", weight=1.5)
    for number in (1, 5):
        marks.like(ben.pk, number, NOW)
    found = queries.marks_of(ada.pk)
    assert list(found.liked.items()) == [(2, NOW + DAY), (1, NOW)]
    assert found.read == {3}
    assert found.dismissed == {4: NOW}
    assert found.exclusions == (queries.Excluded("venue", "9", "Desk Letters"),)
    assert found.phrases == (queries.Weighted("pain", "pain", 1.5),)
    assert queries.liked_ids(ada.pk) == [2, 1]


def test_lists_go_on_where_they_ended() -> None:
    ada = make_reader()
    moments = [NOW, NOW, NOW, NOW + DAY, NOW + DAY]
    Like.objects.bulk_create(Like(reader=ada, article_id=i, liked_at=at) for i, at in enumerate(moments, start=1))
    seen: list[int] = []
    after: queries.After = None
    while page := queries.read_likes(ada.pk, after, 2):
        seen += [marked.article_id for marked in page[:2]]
        micros, number = page[:2][-1].place.split(".")
        after = (int(micros), int(number))
    assert seen == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(("text", "kept"), [("  two\r\nlines\x00 ", "two\nlines"), ("x" * 20_000, "x" * 20_000)])
def test_a_note_is_kept_as_plain_text(text: str, kept: str) -> None:
    ada = make_reader()
    assert notes.write_note(ada.pk, 7, "before", NOW)
    assert notes.write_note(ada.pk, 7, text, NOW + DAY)
    assert queries.read_notes(ada.pk) == [queries.Noted(7, NOW + DAY, kept)]


def test_an_empty_note_removes_the_note_and_a_long_one_is_refused() -> None:
    ada = make_reader()
    notes.write_note(ada.pk, 7, "before", NOW)
    with pytest.raises(notes.NoteTooLong, match="20,001"):
        notes.write_note(ada.pk, 7, "x" * 20_001, NOW)
    assert queries.own_marks(ada.pk, 7).note == "before"
    assert not notes.write_note(ada.pk, 7, " \n", NOW)
    assert queries.own_marks(ada.pk, 7).note == ""


def test_the_state_of_some_articles_is_one_reader_s_own() -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    marks.like(ada.pk, 1, NOW)
    marks.mark_read(ada.pk, 2, NOW)
    marks.like(ben.pk, 3, NOW)
    assert queries.state_of(ada.pk, [1, 2, 3]) == queries.State(liked=(1,), read=(2,), has_likes=True, n_unseen=0)
    assert queries.state_of(ada.pk, [9]) == queries.State(liked=(), read=(), has_likes=True, n_unseen=0)


def test_own_marks_tell_since_when() -> None:
    ada = make_reader()
    moments: dict[str, datetime] = {"liked_at": NOW, "read_at": NOW + DAY, "dismissed_at": NOW + 2 * DAY}
    marks.like(ada.pk, 7, moments["liked_at"])
    marks.mark_read(ada.pk, 7, moments["read_at"])
    marks.dismiss(ada.pk, 7, moments["dismissed_at"])
    found = queries.own_marks(ada.pk, 7)
    assert {name: getattr(found, name) for name in moments} == moments
