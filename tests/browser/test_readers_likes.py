"""Likes in a real browser: with and without scripts, with and without an account; carried over; collections shared."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_journeys import AXE, DESK, PHONE, Visit
from tests.browser.test_readers_accounts import PASSWORD, sign_up
from tests.web.pages.corpus import FULL, RETRACTED

pytestmark = pytest.mark.browser
NEAR = "/doi/10.5555/near.1"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """A desk with scripts, and nobody signed in."""
    context = browser.new_context(reduced_motion="reduce", viewport=DESK)
    yield Visit(context, site)
    context.close()


@pytest.fixture(scope="module")
def reader(browser: Browser, site: str, mails: Path) -> Iterator[BrowserContext]:
    """A browser in which a reader is signed in."""
    context = browser.new_context(reduced_motion="reduce", viewport=DESK)
    page = context.new_page()
    sign_up(page, site, mails, "collector@example.org")
    page.close()
    yield context
    context.close()


def own_button(page: Page) -> Any:
    return page.locator(".acts [data-like]")


def kept(page: Page) -> Any:
    return page.evaluate("JSON.parse(localStorage.getItem('germane.likes') || '[]').length")


def test_without_an_account_a_like_is_one_press_and_stays_in_the_browser(visit: Visit) -> None:
    sent: list[str] = []
    visit.page.on("request", lambda r: sent.append(r.url) if r.method != "GET" or "/you" in r.url else None)
    page = visit.open(FULL)
    button = own_button(page)
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".said-like")).to_contain_text("Liked. It stays in this browser.")
    expect(page.get_by_role("status")).to_contain_text("Liked.")
    page.evaluate(AXE)
    found = page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found["violations"]] == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_have_text("Taken back.")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(button).to_be_focused()
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.locator("#near-1, .lane .like").first.click()
    visit.open("/")
    expect(page.locator(".like[data-on]").first).to_be_visible()
    assert kept(page) == 2
    assert sent == []
    assert visit.page.context.cookies() == []
    visit.check()
    visit.open("/you/likes")
    expect(page.locator("#likes .like[data-on]")).to_have_count(2)
    page.locator("#likes .like").first.click()
    visit.open(FULL)
    page.keyboard.press("l")
    expect(own_button(page)).to_have_attribute("aria-pressed", "false")
    assert kept(page) == 0
    visit.check()


def test_tabs_and_pages_that_htmx_brings_have_like_buttons_too(visit: Visit) -> None:
    page = visit.open(f"{FULL}/news")
    page.locator("#tab-recommended").click()
    expect(page.locator("#related .like").first).to_have_attribute("aria-pressed", "false")
    page.locator("#related .like").first.click()
    expect(page.locator("#related .like").first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#related-title")).to_contain_text("Recommended")
    visit.check()


def test_two_windows_of_a_browser_agree(visit: Visit) -> None:
    page = visit.open(FULL)
    other = page.context.new_page()
    other.goto(visit.site + FULL)
    own_button(other).click()
    expect(own_button(page)).to_have_attribute("aria-pressed", "true")


def test_without_scripts_a_like_is_a_form_and_a_cookie_which_an_account_takes_over(
    browser: Browser, site: str, mails: Path
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(site + FULL)
    own_button(page).click()
    page.get_by_role("button", name="Like", exact=True).click()
    expect(page.get_by_text("You like this article.")).to_be_visible()
    assert {c["path"] for c in context.cookies() if c["name"] == "germane_likes"} == {"/like", "/you"}
    page.get_by_role("link", name="All your likes").click()
    expect(page.locator("#likes .item")).to_have_count(1)
    sign_up(page, site, mails, "bare@example.org")
    page.goto(f"{site}/you/likes")
    page.get_by_role("button", name="Add to your account").click()
    expect(page.get_by_text("1 like of this browser was added")).to_be_visible()
    expect(page.locator("#likes .item")).to_have_count(1)
    assert not [c for c in context.cookies() if c["name"] == "germane_likes"]
    page.goto(site + NEAR)
    own_button(page).click()
    page.get_by_role("button", name="Like", exact=True).click()
    page.get_by_role("button", name="Take the like back").click()
    expect(page.get_by_role("button", name="Like", exact=True)).to_be_visible()
    context.close()


def test_signing_up_carries_likes_over_and_an_account_with_likes_is_asked(visit: Visit, site: str, mails: Path) -> None:
    page = visit.open(FULL)
    own_button(page).click()
    visit.open(NEAR)
    own_button(page).click()
    sign_up(page, site, mails, "carrier@example.org")
    for _ in range(50):  # whichever page is open takes them
        if kept(page) == 0:
            break
        page.wait_for_timeout(100)
    visit.open("/you/likes")
    expect(page.locator("#likes .item")).to_have_count(2)
    visit.open(FULL)
    expect(own_button(page)).to_have_attribute("aria-pressed", "true")

    page.goto(f"{site}/account/")
    page.get_by_role("button", name="Sign out").click()
    visit.open(FULL)
    expect(own_button(page)).to_have_attribute("aria-pressed", "false")
    visit.open(RETRACTED)
    own_button(page).click()
    page.goto(f"{site}/account/login/")
    page.get_by_label("E-mail address").fill("carrier@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    visit.open("/you/likes")
    expect(page.get_by_role("heading", name="This browser holds 1 like")).to_be_visible()
    expect(page.locator("#likes .item")).to_have_count(2)
    page.get_by_role("button", name="Add to your account").click()
    expect(page.locator("#likes .item")).to_have_count(3)
    expect(page.locator("#likes .mark.retraction")).to_be_visible()
    assert kept(page) == 0
    visit.check()


def test_a_reader_s_press_is_kept_by_the_site(reader: BrowserContext, site: str) -> None:
    visit = Visit(reader, site)
    page = visit.open(FULL)
    with page.expect_response("**/like/*") as answer:
        own_button(page).click()
    assert answer.value.json()["liked"] is True
    expect(page.locator(".said-like")).to_contain_text("Liked.")
    page.reload()
    expect(own_button(page)).to_have_attribute("aria-pressed", "true")
    other = reader.new_page()
    other.goto(site + FULL)
    expect(own_button(other)).to_have_attribute("aria-pressed", "true")
    with other.expect_response("**/like/*"):
        own_button(other).click()
    with page.expect_response("**/like/*") as again:  # the first window does not know yet
        own_button(page).click()
    assert again.value.json()["liked"] is False
    page.reload()
    expect(own_button(page)).to_have_attribute("aria-pressed", "false")
    visit.check()


def test_what_cannot_be_saved_is_told_and_shown_as_it_was(reader: BrowserContext, site: str) -> None:
    page = reader.new_page()
    page.route("**/like/*", lambda route: route.abort())
    page.goto(site + NEAR)
    expect(own_button(page)).to_have_attribute("aria-pressed", "false")
    own_button(page).click()
    expect(page.locator(".said-like")).to_contain_text("could not be saved")
    expect(own_button(page)).to_have_attribute("aria-pressed", "false")
    page.close()


def test_a_collection_is_made_shared_and_withdrawn(reader: BrowserContext, browser: Browser, site: str) -> None:
    visit = Visit(reader, site)
    page = visit.open(FULL)
    page.get_by_role("link", name="Collect, note").click()
    page.get_by_label("Put it into a new collection, called").fill("Backs")
    page.get_by_role("button", name="Make it, and add").click()
    page.get_by_label("For you alone").fill("look at table 2")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_label("For you alone")).to_have_value("look at table 2")
    page.get_by_role("link", name="Backs").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("The link").input_value()
    look_at(
        visit,
        [
            "/you/likes",
            "/you/notes",
            "/you/read",
            "/you/collections",
            page.url.removeprefix(site).partition("#")[0],
            "/like/1",
        ],
    )

    stranger = browser.new_context(reduced_motion="reduce", viewport=PHONE)
    other = Visit(stranger, site)
    other.page.goto(link)
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Backs")
    expect(other.page.get_by_role("main")).not_to_contain_text("table 2")
    look_at(other, [link.removeprefix(site), "/like/1", "/you/likes"])
    visit.open("/you/collections")
    page.get_by_role("link", name="Backs").click()
    page.get_by_role("button", name="Withdraw the link").click()
    assert other.page.goto(link).status == 404  # type: ignore[union-attr]
    stranger.close()


def look_at(visit: Visit, paths: list[str]) -> None:
    """Let axe look at pages, wide and light, narrow and dark."""
    for viewport, colors in ((DESK, "light"), (PHONE, "dark")):
        visit.page.set_viewport_size(viewport)
        visit.page.emulate_media(color_scheme=colors)  # type: ignore[arg-type]
        for path in paths:
            page = visit.open(path)
            page.evaluate(AXE)
            found = page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
            assert [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found["violations"]] == [], path
            visit.check()
    visit.page.set_viewport_size(DESK)
