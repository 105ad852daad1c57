"""A reader steers similar articles: the address keeps the choice, with and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journeys import Visit, visit
from tests.web.pages.corpus import BARE, FULL

pytestmark = pytest.mark.browser
__all__ = ["visit"]  # the fixture: four kinds of browser


def titles(page: Page) -> list[str]:
    return page.locator("#related .name a").all_inner_texts()


def addresses(page: Page, links: str) -> list[str | None]:
    return [link.get_attribute("href") for link in page.locator(links).all()]


def years(page: Page) -> list[int]:
    return [int(y) for y in re.findall(r"20\d\d", " ".join(page.locator("#related .item .meta").all_inner_texts()))]


def test_recent_articles_come_first_when_asked_for(visit: Visit) -> None:
    page = visit.open(f"{FULL}/recommended")
    plain = titles(page)
    page.get_by_label("Age", exact=True).select_option("Much more recent")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile(r"/recommended\?recency=2"))
    expect(page.get_by_role("link", name="Remove: Much more recent")).to_be_visible()
    visit.check()
    recent, found = titles(page), years(page)
    assert recent != plain
    assert sum(found[:3]) > sum(found[-3:])
    page.get_by_role("link", name="Remove: Much more recent").click()
    expect(page).to_have_url(re.compile(r"/recommended(\?nearness=0)?(#related)?$"))
    expect(page.get_by_role("link", name="Remove: Much more recent")).to_have_count(0)
    assert titles(page) == plain
    visit.check()


def test_the_map_follows_the_list(visit: Visit) -> None:
    page = visit.open(f"{FULL}/recommended")
    page.get_by_label("Age", exact=True).select_option("Much earlier")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name="Remove: Much earlier")).to_be_visible()
    listed, drawn = addresses(page, "#related .name a"), addresses(page, "#similar-map tbody th a")
    assert len(drawn) >= 3
    assert drawn == listed[: len(drawn)]


def test_a_venue_can_be_left_out_and_let_in_again(visit: Visit) -> None:
    page = visit.open(f"{FULL}/recommended")
    item = page.locator("#related .item").filter(has_text="Anatomy Letters").first
    item.get_by_text("Without its").click()
    item.get_by_role("link", name="venue Anatomy Letters").click()
    expect(page).to_have_url(re.compile(r"not-venue=anatomy-letters"))
    expect(page.get_by_role("link", name="Remove: Without Anatomy Letters")).to_be_visible()
    assert "Anatomy Letters" not in " ".join(page.locator("#related .item .meta").all_inner_texts())
    visit.check()
    page.get_by_label("Distance").select_option("Farther")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile(r"not-venue=anatomy-letters.*nearness=-1"))
    page.get_by_role("link", name="Reset all").click()
    expect(page).to_have_url(re.compile(r"/recommended(#related)?$"))
    visit.check()


def test_an_article_without_a_list_has_one_made_at_once(visit: Visit) -> None:
    page = visit.open(f"{BARE}/recommended")
    expect(page.locator("#related-title")).to_contain_text("Recommended")
    visit.check()
