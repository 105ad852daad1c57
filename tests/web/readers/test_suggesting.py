"""What is recommended, as it is shown."""

import pytest

from germane.recommend import Because, Recommendation
from germane.web.catalog import queries
from germane.web.readers.models import ProfilePhrase
from germane.web.readers.store import steering
from germane.web.readers.suggesting import needed, suggest
from tests.web.pages.making import bare, make_article
from tests.web.readers.people import make_reader

pytestmark = pytest.mark.django_db


def test_two_liked_versions_of_a_work_are_told_once() -> None:
    first, second, other, wanted = (
        make_article(bare(title, f"10.5555/{n}")).pk for n, title in enumerate(("BERT", "Bert", "Attention", "More"))
    )
    because = (Because(first, 0.5), Because(other, 0.3), Because(second, 0.2))
    found = [Recommendation(wanted, 1.0, because)]
    lines = {line.id: line for line in queries.read_lines(needed(found))}
    (shown,) = suggest(found, lines)
    assert [line.title for line in shown.likes if line] == ["BERT", "Attention"]


def test_a_phrase_of_ones_own_holds_nothing_that_a_database_refuses() -> None:
    ada = make_reader()
    assert steering.weigh_phrase(ada.pk, "neck\x00 pain", 1.0)
    assert not steering.weigh_phrase(ada.pk, "\x00", 1.0)
    assert list(ProfilePhrase.objects.values_list("phrase", flat=True)) == ["neck pain"]
