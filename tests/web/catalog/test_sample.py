"""What the sample corpus gives on pages."""

import pytest

from germane.item import TABS
from germane.web.catalog import models, queries


@pytest.fixture
def site(sample_site: None, db: None) -> None:
    """The sample corpus, imported and brought up to date."""


def test_several_articles_have_all_five_tabs_filled(site: None) -> None:
    pages = [page for number in range(1, queries.read_last_id() + 1) if (page := queries.read_page(number))]
    full = [page for page in pages if all(page.counts.of(tab) for tab in TABS)]
    assert len(full) >= 5


def test_no_name_of_the_sample_is_contested(site: None) -> None:
    assert not models.Contest.objects.exists()
    assert not models.Article.objects.exclude(merged_into=None).exists()
