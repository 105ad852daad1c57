"""What the database itself refuses."""

import os
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from germane.item import ABOUT_CODES, EVIDENCE_CODES
from germane.web.catalog.models import Article, Identifier, Item, Mention, Similar

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_these_tests_have_the_database_and_the_home_that_were_chosen_for_them() -> None:
    wanted = os.environ.get("TEST_DATABASE_URL", "sqlite:").partition(":")[0]
    assert connection.vendor == wanted
    assert "germane-tests-" in str(settings.ENVIRONMENT.home)


def an_item() -> Item:
    return Item.objects.create(
        channel="blogs", key="https://example.org/1", kind="news", sort_on=20260101, storage="link-only",
        content=b"x", digest=b"x", first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip


def mention(**changes: Any) -> Mention:
    fields = {
        "item": an_item(), "article_id": 1, "tab": "news", "shelf": "about", "code": "id-link", "matched": "10.5555/a",
        "place": "https://doi.org/10.5555/a", "matcher": "links/1", "confidence": 1.0, "sort_on": 20260101,
        "first_seen_at": NOW, "last_seen_at": NOW,
    }  # fmt: skip
    return Mention.objects.create(**{**fields, **changes})


def test_a_mention_with_evidence_is_accepted() -> None:
    mention()
    assert Mention.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"matched": ""},
        {"place": ""},
        {"matcher": ""},
        {"matched": None},
        {"code": ""},
        {"code": "hunch"},
        {"code": None},
        {"confidence": 1.01},
        {"confidence": -0.01},
        {"confidence": None},
        {"shelf": "both"},
        {"tab": "rumors"},
    ],
)
def test_a_mention_without_sound_evidence_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        mention(**changes)


@pytest.mark.parametrize("code", sorted(set(EVIDENCE_CODES) - ABOUT_CODES))
def test_a_similarity_on_the_about_shelf_is_refused(code: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        mention(code=code, shelf="about")


@pytest.mark.parametrize("code", sorted(ABOUT_CODES))
def test_what_is_about_the_article_is_refused_on_the_topic_shelf(code: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        mention(code=code, shelf="topic")


def test_an_item_is_mentioned_once_an_article() -> None:
    item = mention().item
    with pytest.raises(IntegrityError), transaction.atomic():
        mention(item=item)


@pytest.mark.parametrize(("n", "n_told"), [(0, 0), (3, 2), (3, 4)])
def test_a_list_of_similar_articles_with_none_or_without_a_reason_is_refused(n: int, n_told: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Similar.objects.create(article_id=1, n=n, n_told=n_told, found=b"")


def test_two_articles_cannot_own_one_identifier() -> None:
    Identifier.objects.create(key="doi:10.5555/a", article_id=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Identifier.objects.create(key="doi:10.5555/a", article_id=2)


def test_an_article_cannot_be_merged_into_itself() -> None:
    fields = {"cluster_id": 7, "sort_on": 0, "type": "article", "content": b"", "added_at": NOW, "changed_at": NOW}
    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.create(id=7, merged_into=7, **fields)
