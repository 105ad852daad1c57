"""What another model made is handed to the stages again, a few articles at a time, and all of them in the end."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from msgspec import structs

from germane.web.catalog.models import Article, Derivation
from germane.web.catalog.store import remaking
from germane.web.jobs import renewing
from tests.web.pages.making import bare, make_article

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five articles, all related by an earlier matcher, and two of them marked in a transaction."""
    monkeypatch.setattr(settings, "ENVIRONMENT", structs.replace(settings.ENVIRONMENT, home=tmp_path / "home"))
    monkeypatch.setattr(renewing, "_MARKED", 2)
    renewing.mark_outdated()
    for n in range(5):
        make_article(bare(f"Article {n}", f"10.5555/{n}"))
    Article.objects.update(is_related=True, is_indexed=True, changed_at=datetime(2026, 1, 1, tzinfo=UTC))
    Derivation.objects.filter(what="similar").update(made_by="an earlier one")


def test_all_are_marked_once() -> None:
    renewing.mark_outdated()
    assert not Article.objects.filter(is_related=True).exists()
    assert Article.objects.filter(is_indexed=True).count() == 5
    Article.objects.update(is_related=True)
    renewing.mark_outdated()
    assert Article.objects.filter(is_related=True).count() == 5


def test_marking_that_was_interrupted_is_done_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    marked, first = remaking.mark_stale_between, Article.objects.order_by("id")[0].pk

    def interrupted(table: Any, flag: Any, after: int, until: int) -> int:
        if after > first:
            raise KeyboardInterrupt
        return marked(table, flag, after, until)

    with monkeypatch.context() as patched:
        patched.setattr(remaking, "mark_stale_between", interrupted)
        with pytest.raises(KeyboardInterrupt):
            renewing.mark_outdated()
    assert 0 < Article.objects.filter(is_related=True).count() < 5
    renewing.mark_outdated()
    assert not Article.objects.filter(is_related=True).exists()
