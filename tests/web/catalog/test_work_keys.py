"""Blocking keys of new articles are found at once, and sorted in with those of many others."""

from typing import Any

import pytest

from germane.article import Deletion
from germane.web.catalog.models import Article, RecentWorkKey, WorkKey
from germane.web.catalog.store import work_keys
from germane.web.catalog.store.articles import withdraw_records
from germane.web.catalog.store.work_keys import find_work_keys, sort_in_work_keys
from tests.web.catalog.conftest import NOW, Write, make_record

TITLE = "Interscapular pain after injection in many adults"
OTHER = "Soil moisture and the bloom of alpine meadows"


def recent() -> set[Any]:
    return set(RecentWorkKey.objects.values_list("key", "article_id"))


def sorted_in() -> set[Any]:
    return set(WorkKey.objects.values_list("key", "article_id"))


@pytest.mark.parametrize("is_sorted_in", [True, False])
def test_a_title_is_found_wherever_its_keys_are(write: Write, is_sorted_in: bool) -> None:
    write(make_record("pubmed", "pmid:3", title=TITLE), make_record("pubmed", "pmid:4", title=OTHER))
    keys = recent()
    assert keys
    assert not sorted_in()
    if is_sorted_in:
        sort_in_work_keys()
        assert (recent(), sorted_in()) == (set(), keys)
    assert set(find_work_keys(key for key, _ in keys)) == keys
    write(make_record("openalex", "openalex:W3", title=TITLE))
    assert Article.objects.filter(merged_into=None).count() == 2
    sort_in_work_keys()
    assert (recent(), sorted_in()) == (set(), keys)


@pytest.mark.parametrize("is_sorted_in", [True, False])
def test_a_withdrawn_article_has_no_keys(write: Write, is_sorted_in: bool) -> None:
    write(make_record("pubmed", "pmid:3", title=TITLE))
    if is_sorted_in:
        sort_in_work_keys()
    withdraw_records([Deletion("pubmed", "pmid:3")], write.reparse, NOW)  # type: ignore[attr-defined]
    assert not recent() | sorted_in()


def test_keys_of_many_articles_are_sorted_in_while_they_are_written(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_keys, "_ARTICLES", 3)
    write(make_record("pubmed", "pmid:1", title=TITLE))
    assert recent()
    write(make_record("pubmed", "pmid:2", title=OTHER))
    assert not sorted_in()
    write(make_record("pubmed", "pmid:3", title="Spectral gaps of random regular graphs"))
    assert not recent()
    assert {number for _, number in sorted_in()} == {1, 2, 3}
