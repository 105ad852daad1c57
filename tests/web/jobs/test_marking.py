"""Readers' marks follow articles that turned out to be one; public counts are derived again."""

from datetime import timedelta

import pytest

from germane.web.catalog.numbers import follow_numbers, read_absorbed, read_citable, read_remembered
from germane.web.jobs.marking import Tended, tend_marks
from germane.web.readers.models import LikeCount
from germane.web.readers.store import marks
from tests.web.pages.making import bare, make_article
from tests.web.readers.people import NOW, likes_of, make_reader

pytestmark = pytest.mark.django_db


def test_marks_stand_at_the_article_that_stays_and_counts_are_true() -> None:
    winner = make_article(bare("Stays", "10.5555/stays")).pk
    loser = make_article(bare("Goes", "10.5555/goes"), merged_into=winner).pk
    ada, new = make_reader("ada"), make_reader("new", age=timedelta(0))
    marks.like(ada.pk, loser, NOW)
    marks.like(new.pk, loser, NOW)
    assert tend_marks(NOW) == Tended(n_moved=2, n_recounted=0)
    assert (likes_of(ada), likes_of(new)) == ({winner: NOW}, {winner: NOW})
    assert tend_marks(NOW + timedelta(days=1)) == Tended(n_moved=0, n_recounted=1)
    assert tend_marks(NOW + timedelta(days=1)) == Tended(n_moved=0, n_recounted=0)
    assert list(LikeCount.objects.values_list("article_id", "n")) == [(winner, 2)]


def test_numbers_lead_to_what_they_stand_for_today() -> None:
    alive = make_article(bare("Alive", "10.5555/alive")).pk
    twin = make_article(bare("Twin", "10.5555/twin"), merged_into=alive).pk
    gone = make_article(bare("Gone", "10.5555/gone"), is_deleted=True).pk
    of_gone = make_article(bare("Of gone", "10.5555/of.gone"), merged_into=gone).pk
    assert follow_numbers([twin, alive, gone, of_gone, 999_999]) == {twin: alive, alive: alive}
    assert read_absorbed() == {twin: alive, of_gone: gone}
    assert read_absorbed(twin, 1) == {of_gone: gone}
    found = [
        (r.article_id, r.line.id if r.line else None, r.title) for r in read_remembered([gone, twin, alive, 999_999])
    ]
    assert found == [(gone, None, "Gone"), (twin, alive, "Alive"), (999_999, None, "")]
    assert [page.line.id for page in read_citable([gone, twin, alive])] == [alive]
    assert read_remembered([]) == []
