"""Following and alerts in a real browser: with and without scripts, on a desk and on a phone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import ROOT
from tests.browser.test_journeys import AXE, DESK, PHONE, Visit
from tests.browser.test_readers_accounts import sign_up
from tests.browser.test_readers_likes import look_at
from tests.web.pages.corpus import FULL

pytestmark = pytest.mark.browser
EMAIL = "follower@example.org"

# What happens while the site runs, as an import would have it: a mention, and a notice.
_HAPPENS = """
import django; django.setup()
from datetime import UTC, datetime
from django.conf import settings
from germane.item import Evidence, Item
from germane.web.catalog.models import Article, NoticeChange
from germane.web.jobs import alerting
from tests.web.pages.making import make_mention
now = datetime.now(UTC)
article = Article.objects.get(doi="10.5555/interscapular.2021.7")
alerting.tell_readers(now)
story = Item(channel="news", key="browser", kind="news", url="https://news.example/x", title="A story since then")
make_mention(article, story, Evidence("id-link", "doi:10.5555/x", "url", "links-1", 0.99))
NoticeChange.objects.create(article_id=article.id, gained=4, seen_at=now)
print(alerting.tell_readers(now))
"""


def let_something_happen(home: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GERMANE_")} | {
        "GERMANE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "germane.web.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _HAPPENS], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def reader(browser: Browser, site: str, mails: Path) -> Iterator[BrowserContext]:
    """A browser in which a reader is signed in."""
    context = browser.new_context(reduced_motion="reduce", viewport=DESK)
    page = context.new_page()
    sign_up(page, site, mails, EMAIL)
    page.close()
    yield context
    context.close()


def test_an_article_is_followed_and_what_happens_is_told(reader: BrowserContext, site: str, home: Path) -> None:
    visit = Visit(reader, site)
    page = visit.open(FULL)
    follow = page.locator("details.menu", has_text="Follow")
    follow.locator("summary").click()
    expect(follow.get_by_role("link", name="Atom feed")).to_be_visible()
    page.evaluate(AXE)
    assert page.evaluate("axe.run('.acts').then(found => found.violations.map(v => v.id))") == []
    follow.get_by_role("link", name="Tell me here").click()
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("heading", name="You follow this")).to_be_visible()
    page.get_by_role("link", name="All that you follow").click()
    page.get_by_role("button", name="Stop following").click()
    page.get_by_role("button", name="Follow it again").click()
    expect(page.get_by_role("heading", name="You follow this")).to_be_visible()
    let_something_happen(home)
    visit.open("/")
    page.get_by_role("link", name="2 new alerts").click()
    expect(page.get_by_role("link", name="A story since then")).to_be_visible()
    expect(page.locator(".line-acts .new")).to_have_count(2)
    look_at(visit, ["/you/alerts", "/you/following", "/you/following/add?kind=keyphrase&target=injection"])
    visit.open("/you/alerts")
    page.get_by_role("button", name="Mark all as seen").click()
    expect(page.locator(".line-acts .new")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".line-acts .new")).to_have_count(2)
    page.get_by_role("button", name="Send me none").click()
    expect(page.get_by_text("You get no mail")).to_be_visible()
    visit.check()


def test_without_scripts_and_an_account_the_way_leads_over_signing_in_and_back(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/keyword/injection")
    page.locator("details.menu summary", has_text="Follow").click()
    page.get_by_role("link", name="Tell me here").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Follow", exact=True).click()
    expect(page.get_by_role("heading", name="You follow this")).to_be_visible()
    page.goto(f"{site}/search?q=pain")
    page.locator("details.menu summary", has_text="Follow").click()
    page.get_by_role("link", name="Tell me here").click()
    page.get_by_role("button", name="Follow", exact=True).click()
    page.goto(f"{site}/you/following")
    expect(page.get_by_role("link", name="pain", exact=True)).to_be_visible()
    context.close()
