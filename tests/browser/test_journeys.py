"""What a reader does: search, an article, a tab, a similar article; with and without scripts, on a desk and a phone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from tests.web.pages.corpus import ARABIC, BARE, FULL, LONG_WORD, RETRACTED

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
DESK = ViewportSize(width=1366, height=860)
PHONE = ViewportSize(width=390, height=844)
SMALL = ViewportSize(width=320, height=640)
PAGES = [
    "/",
    "/search?q=injection+pain",
    "/search?q=nothinglikethis",
    FULL,
    f"{FULL}/more?show=references",
    f"{FULL}/news",
    f"{FULL}/social",
    f"{FULL}/video",
    f"{FULL}/recommended",
    f"{FULL}/recommended?recency=2&nearness=-1&not-venue=anatomy-letters&not-author=Nobody",
    RETRACTED,
    ARABIC,
    BARE,
    LONG_WORD,
    f"{BARE}/video",
    "/keyword/injection",
    "/venue/clinical-desk-medicine",
    "/author/0000-0002-1825-0097",
    "/newest",
    "/about",
    "/quality",
    "/doi/10.5555/nobody.has.this",
]


class Visit:
    """A page in a context that notes what must not happen: requests elsewhere, errors in the console."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.site, self.page = site, context.new_page()
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", self._note)
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.site, "data:", "about:")):
            self.elsewhere.append(request.url)

    def open(self, path: str) -> Page:
        self.page.goto(self.site + path)
        return self.page

    def check(self) -> None:
        assert self.elsewhere == []
        assert [e for e in self.errors if "404 (Not Found)" not in e] == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.fixture(params=[(DESK, True), (DESK, False), (PHONE, True), (PHONE, False)],
                ids=["desk", "desk-no-script", "phone", "phone-no-script"])  # fmt: skip
def visit(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Visit]:
    viewport, has_script = request.param
    context = browser.new_context(reduced_motion="reduce", viewport=viewport, java_script_enabled=has_script)
    yield Visit(context, site)
    context.close()


def test_a_reader_goes_from_search_to_a_similar_article(visit: Visit) -> None:
    page = visit.open("/")
    page.get_by_role("searchbox").fill("injection pain")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=injection"))
    visit.check()
    page.get_by_role("link", name="Injection guided by ultrasound").first.click()
    expect(page).to_have_url(visit.site + FULL)
    visit.check()
    page.locator("#tab-news").click()
    expect(page.locator("#related-title")).to_contain_text("News")
    assert page.url.startswith(f"{visit.site}{FULL}/news")
    expect(page.locator("#related")).to_contain_text("Links to doi.org/10.5555/interscapular.2021.7")
    visit.check()
    page.locator("#tab-recommended").click()
    expect(page.locator("#related-title")).to_contain_text("Recommended")
    page.locator("#related").get_by_role("link", name="Rhomboid fascia under ultrasound: an atlas", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rhomboid fascia under ultrasound: an atlas")
    visit.check()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("viewport", "colors"), [(DESK, "light"), (DESK, "dark"), (PHONE, "light")],
                         ids=["desk", "dark", "phone"])  # fmt: skip
def test_axe_finds_nothing(browser: Browser, site: str, path: str, viewport: Any, colors: Any) -> None:
    context = browser.new_context(reduced_motion="reduce", viewport=viewport, color_scheme=colors)
    visit = Visit(context, site)
    page = visit.open(path)
    for summary in page.locator("details > summary").all():
        if summary.is_visible():
            summary.evaluate("s => { s.parentElement.open = true }")
    page.evaluate(AXE)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run({runOnly: tags})", tags)
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found["violations"]] == []
    visit.check()
    context.close()


@pytest.mark.parametrize("viewport", [PHONE, SMALL], ids=["390", "320"])
def test_no_page_scrolls_sideways(browser: Browser, site: str, viewport: Any) -> None:
    context = browser.new_context(reduced_motion="reduce", viewport=viewport)
    for path in PAGES:
        visit = Visit(context, site)
        visit.open(path)
        visit.check()
        visit.page.close()
    context.close()


def test_tabs_are_aria_tabs_and_the_address_follows(browser: Browser, site: str) -> None:
    visit = Visit(browser.new_context(reduced_motion="reduce", viewport=DESK), site)
    page = visit.open(FULL)
    tabs = page.get_by_role("tab")
    assert tabs.count() == 5
    page.get_by_role("tab", selected=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="News, 4 items, 3 of them about this article")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(page).to_have_url(f"{site}{FULL}/news")
    expect(page.get_by_role("tabpanel")).to_contain_text("About this article")
    page.go_back()
    expect(page.locator("#related-title")).to_contain_text("More information")
    expect(page.get_by_role("tab", selected=True)).to_have_attribute("id", "tab-more")
    visit.check()


def test_a_video_is_loaded_only_when_play_is_pressed(browser: Browser, site: str) -> None:
    context = browser.new_context(reduced_motion="reduce", viewport=DESK)
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    context.route("https://www.youtube-nocookie.com/**", refuse)
    page = context.new_page()
    page.goto(f"{site}{FULL}/video")
    assert page.locator("iframe").count() == 0
    assert asked == []
    page.locator("#related").get_by_role("button", name="Play: How we see the needle").click()
    expect(page.locator("#related iframe")).to_have_attribute(
        "src", "https://www.youtube-nocookie.com/embed/abcdefghijk?rel=0&autoplay=1"
    )
    page.wait_for_timeout(100)
    assert asked
    context.close()


def test_colors_can_be_switched_without_a_cookie(browser: Browser, site: str) -> None:
    context = browser.new_context(reduced_motion="reduce", viewport=DESK, color_scheme="light")
    page = context.new_page()
    page.goto(site + FULL)
    before = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_role("button", name="Dark colors").click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != before
    assert context.cookies() == []
    context.close()


def test_slash_focuses_the_search_and_keys_can_be_turned_off(browser: Browser, site: str) -> None:
    page = browser.new_page(viewport=DESK, reduced_motion="reduce")
    page.goto(f"{site}{FULL}/recommended")
    page.keyboard.press("j")
    expect(page.locator("#related .name a").first).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).not_to_be_focused()
    page.close()


def test_more_references_come_in_place(browser: Browser, site: str) -> None:
    visit = Visit(browser.new_context(reduced_motion="reduce", viewport=DESK), site)
    page = visit.open(FULL)
    assert page.locator(".ref").count() == 8
    page.get_by_role("link", name="All 15 references").click()
    expect(page.locator(".ref")).to_have_count(15)
    visit.check()


def test_filters_are_asked_for_as_soon_as_they_are_chosen(browser: Browser, site: str) -> None:
    visit = Visit(browser.new_context(reduced_motion="reduce", viewport=DESK), site)
    page = visit.open("/search?q=injection")
    page.get_by_role("checkbox", name="Open access").click()
    expect(page.get_by_role("link", name="Remove: Open access")).to_be_visible()
    assert "open=1" in page.url
    visit.check()
