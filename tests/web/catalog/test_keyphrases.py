"""Keyphrases are written with their article; of how many articles each is, is counted later, and each once."""

import pytest
from django.db import transaction

from germane.enrich.keyphrases import Keyphrase
from germane.web.catalog import models, queries
from germane.web.catalog.rows import phrase_number, phrase_slug
from germane.web.catalog.store import keyphrases
from germane.web.catalog.store.keyphrases import count_keyphrases, forget_keyphrases, write_keyphrases

pytestmark = pytest.mark.django_db


def write(phrases: dict[int, tuple[str, ...]]) -> None:
    rows = {
        i: keyphrases.phrase_rows([Keyphrase(p, 1 / (rank + 1), 0, "title") for rank, p in enumerate(some)])
        for i, some in phrases.items()
    }
    write_keyphrases(rows, dict.fromkeys(rows, 20200101))


def counted() -> dict[str, int]:
    return {k.phrase: k.n_articles for k in models.Keyphrase.objects.all()}


def listed() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in models.ArticleKeyphrase.objects.order_by("article_id", "rank"):
        assert row.keyphrase_id == phrase_number(phrase_slug(row.phrase))
        found.setdefault(row.article_id, []).append(row.phrase)
    return found


def test_new_articles_have_their_keyphrases_at_once_and_are_counted_later() -> None:
    write({1: ("Soil moisture", "alpine meadow"), 2: ("soil moisture",)})
    assert listed() == {1: ["Soil moisture", "alpine meadow"], 2: ["soil moisture"]}
    assert queries.read_keyphrases([2])[2][0].slug == "soil-moisture"
    assert counted() == {}
    count_keyphrases()
    assert counted() == {"Soil moisture": 2, "alpine meadow": 1}  # as the first article writes it
    count_keyphrases()
    assert counted() == {"Soil moisture": 2, "alpine meadow": 1}


def test_the_first_writing_of_a_phrase_stays() -> None:
    write({1: ("soil Moisture",)})
    count_keyphrases()
    write({2: ("SOIL moisture",), 3: ("Soil moisture",)})
    count_keyphrases()
    assert counted() == {"soil Moisture": 3}


def test_a_counted_article_that_changes_is_counted_anew_at_once() -> None:
    write({1: ("soil", "meadow"), 2: ("soil",)})
    count_keyphrases()
    write({1: ("soil", "glacier")})
    assert counted() == {"soil": 2, "meadow": 0, "glacier": 1}
    forget_keyphrases([1])
    assert counted() == {"soil": 1, "meadow": 0, "glacier": 0}
    assert listed() == {2: ["soil"]}
    count_keyphrases()
    assert counted() == {"soil": 1, "meadow": 0, "glacier": 0}


def test_an_article_that_changes_before_it_is_counted_is_counted_once() -> None:
    write({1: ("soil", "meadow"), 2: ("soil",)})
    write({1: ("soil", "glacier")})
    forget_keyphrases([2])
    count_keyphrases()
    assert counted() == {"soil": 1, "glacier": 1}


def test_an_article_below_the_last_one_that_was_counted_is_counted_when_it_is_written() -> None:
    write({5: ("soil",)})
    count_keyphrases()
    write({3: ("soil", "meadow"), 7: ("soil",)})  # 3 had failed before
    assert counted() == {"soil": 2, "meadow": 1}
    count_keyphrases()
    assert counted() == {"soil": 3, "meadow": 1}


def test_many_are_counted_while_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyphrases, "_ARTICLES", 3)
    write({1: ("soil",), 2: ("soil",)})
    assert counted() == {}
    write({n: ("soil", f"meadow {n}") for n in (3, 4, 5, 6, 7)})
    assert counted()["soil"] == 6  # twice three; one is waiting
    count_keyphrases()
    assert counted() == {"soil": 7, **{f"meadow {n}": 1 for n in (3, 4, 5, 6, 7)}}


def test_counting_that_is_undone_is_done_again() -> None:
    write({1: ("soil",)})
    with transaction.atomic():
        count_keyphrases()
        assert counted() == {"soil": 1}
        transaction.set_rollback(True)  # as when it is killed here
    assert counted() == {}
    count_keyphrases()
    assert counted() == {"soil": 1}


def test_phrases_of_one_slug_are_one_and_those_without_any_are_none() -> None:
    write({1: ("naïve Bayes", "Naive bayes", "…")})
    assert listed() == {1: ["naïve Bayes"]}
    count_keyphrases()
    assert queries.find_keyphrase("naive-bayes") == queries.Heading(
        phrase_number("naive-bayes"), "naïve Bayes", "naive-bayes", "", 1
    )
    assert queries.find_keyphrase("bayes") is None
    assert queries.find_keyphrase("\ud800") is None
