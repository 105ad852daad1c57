"""For you in a browser: without an account and with one, with scripts and without, and by eyes that need contrast."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_journeys import AXE
from tests.browser.test_readers_accounts import sign_up

FULL = "/doi/10.5555/interscapular.2021.7"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = [(390, "light"), (1366, "dark")]


def assert_axe_finds_nothing(page: Page) -> None:
    page.evaluate(AXE)
    found: Any = page.evaluate("tags => axe.run({runOnly: tags})", _TAGS)
    assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing to scroll sideways"


def titles(page: Page) -> list[str]:
    return page.locator("#for-you form[data-acts] ol .name").all_inner_texts()


@pytest.mark.parametrize(("width", "colors"), SIZES)
def test_without_an_account_one_picks_and_steers_and_nothing_is_kept(
    browser: Browser, site: str, width: int, colors: Any
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=colors)
    page = context.new_page()
    page.goto(f"{site}/you")
    expect(page.get_by_role("checkbox")).to_have_count(12)
    assert_axe_finds_nothing(page)
    for at in range(3):
        page.get_by_role("checkbox").nth(at).check()
    page.get_by_role("button", name="Show what is for me").click()
    expect(page.get_by_role("heading", name="What steers this")).to_be_visible()
    assert len(page.evaluate("JSON.parse(localStorage.getItem('germane.likes'))")) == 3
    page.goto(f"{site}{FULL}")
    button = page.locator("[data-like][data-here][aria-pressed]")
    if button.get_attribute("aria-pressed") == "false":  # it was not among the three
        button.click()
    page.goto(f"{site}/you")
    expect(page.locator("#for-you ol .name").first).to_be_visible()
    assert_axe_finds_nothing(page)
    before = titles(page)
    page.get_by_role("button", name=f"Less like this: {before[0]}").click()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    assert before[0] not in titles(page)
    page.reload()  # the browser keeps it
    expect(page.get_by_role("heading", name="What steers this")).to_be_visible()
    expect(page.locator("#for-you ol .name", has_text=before[0])).to_have_count(0)
    page.get_by_label("Age").select_option("2")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/you?recency=2")
    expect(page.get_by_label("Age")).to_have_value("2")
    assert [c["name"] for c in context.cookies() if c["name"] != "germane_csrf"] == []
    page.goto(f"{site}/doi/10.5555/near.1/recommended")
    expect(page.get_by_text("This article itself: Because you liked")).to_be_visible()
    assert_axe_finds_nothing(page)
    context.close()


def test_with_an_account_each_press_acts_in_place(browser: Browser, site: str, mails: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900}, color_scheme="dark")
    page = context.new_page()
    sign_up(page, site, mails, "foryou@example.org")
    page.goto(f"{site}{FULL}")
    page.locator("[data-like][data-here][aria-pressed=false]").click()
    expect(page.get_by_role("status").filter(has_text="Liked")).to_be_visible()
    page.goto(f"{site}/you")
    first = titles(page)[0]
    page.get_by_role("button", name=f"Less like this: {first}").click()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#for-you ol .name", has_text=first)).to_have_count(1)
    page.get_by_role("button", name=f"I have read it: {first}").click()
    expect(page.locator("#for-you .did")).to_contain_text("Marked as read")
    assert re.search(r"/you$", page.url)
    assert_axe_finds_nothing(page)
    for path in ("/you/profile", "/you/digest"):
        page.goto(f"{site}{path}")
        assert_axe_finds_nothing(page)
    page.goto(f"{site}/you/profile")
    page.get_by_label("Add a phrase of your own").fill("soil moisture")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("more of it")).to_be_visible()
    context.close()


def test_everything_works_without_scripts(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(f"{site}/you")
    for at in range(3):
        page.get_by_role("checkbox").nth(at).check()
    page.get_by_role("button", name="Show what is for me").click()
    page.goto(f"{site}{FULL}")
    page.locator("[data-like][data-here]").click()
    if page.get_by_role("button", name="Like", exact=True).count():  # it was not among the three
        page.get_by_role("button", name="Like", exact=True).click()
    page.goto(f"{site}/you")
    before = titles(page)
    assert before
    page.get_by_role("button", name=f"Less like this: {before[0]}").click()
    assert before[0] not in titles(page)
    page.get_by_role("button", name="Undo").click()
    assert before[0] in titles(page)
    page.get_by_label("Distance").select_option("-2")
    page.get_by_role("button", name="Apply").click()
    assert "nearness=-2" in page.url
    context.close()
