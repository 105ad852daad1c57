"""Accounts in a real browser: sign-up with a code, passkey, ORCID, reset, limit, deletion; and how the pages look."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.fake_orcid import ORCID, OTHER
from tests.browser.test_journeys import AXE, DESK, PHONE, Visit

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def code_for(mails: Path, email: str) -> str:
    """Return the code in the newest mail to an address."""
    sent = [path.read_text() for path in sorted(mails.glob("*.log"), key=lambda path: path.stat().st_mtime_ns)]
    mine = [text for text in sent if f"To: {email}\n" in text]
    assert mine, f"no mail to {email}"
    return str(re.findall(r"^Your code: (\S+)$", mine[-1], re.M)[-1])


def sign_up(page: Page, site: str, mails: Path, email: str) -> None:
    """Sign up by the forms of the pages."""
    page.goto(f"{site}/account/signup/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code from your mail")
    page.get_by_label("Code").fill(code_for(mails, email))
    page.get_by_role("button", name="Go on").click()
    page.goto(f"{site}/account/")
    expect(page.get_by_text(f"Signed in as {email}")).to_be_visible()


def forget_limits(home: Path) -> None:
    """Let the time of all limits pass."""
    with closing(sqlite3.connect(home / "readers.sqlite3", isolation_level=None)) as connection:
        connection.execute("DELETE FROM readers_cache")


@pytest.fixture
def bare(browser: Browser) -> Iterator[BrowserContext]:
    """A telephone's browser in which no script runs."""
    context = browser.new_context(reduced_motion="reduce", viewport=PHONE, java_script_enabled=False)
    yield context
    context.close()


def test_without_a_script_one_signs_up_gets_a_new_password_and_leaves(
    bare: BrowserContext, site: str, mails: Path
) -> None:
    page, email = bare.new_page(), "ada@example.org"
    sign_up(page, site, mails, email)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")

    page.get_by_role("link", name="Forgot the password?").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Mail me a code").click()
    page.get_by_label("Code").fill(code_for(mails, email))
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("New password").fill("staple of a battery")
    page.get_by_label("The same once more").fill("staple of a battery")
    page.get_by_role("button", name="Take this password").click()
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill("staple of a battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"{site}/account/")

    page.get_by_role("link", name="Delete the account").click()
    page.get_by_label("Your password").fill("staple of a battery")
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
    page.goto(f"{site}/account/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_guessing_is_stopped(bare: BrowserContext, site: str) -> None:
    page = bare.new_page()
    for told in ["do not belong together"] * 5 + ["too many wrong tries"]:
        page.goto(f"{site}/account/login/")
        page.get_by_label("E-mail address").fill("guessed@example.org")
        page.get_by_label("Password", exact=True).fill("password")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text(told)


def test_a_passkey_signs_up_and_in(browser: Browser, site: str, mails: Path) -> None:
    home, email = (
        site.replace("127.0.0.1", "localhost"),
        "key@example.org",
    )  # an address of numbers can have no passkeys
    context = browser.new_context(reduced_motion="reduce", viewport=DESK)
    visit = Visit(context, home)
    page = visit.page
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    page.goto(f"{home}/account/signup/")
    page.get_by_role("link", name="Sign up with a passkey").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Sign up", exact=True).click()
    page.get_by_label("Code").fill(code_for(mails, email))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Make your passkey")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(lambda url: "/webauthn/signup" not in url)
    page.goto(f"{home}/account/")
    expect(page.get_by_text(f"Signed in as {email}")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/account/login" not in url)
    page.goto(f"{home}/account/2fa/")
    expect(page.get_by_text("You have 1 passkey.")).to_be_visible()
    page.get_by_role("link", name="Your passkeys").click()
    expect(page.get_by_text("Signs you in alone.")).to_be_visible()

    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_have_text("This device has a passkey for this account already.")
    page.goto(f"{home}/account/password/set/")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Take this password").click()
    page.goto(f"{home}/account/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The second step")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: "/account/2fa" not in url)
    page.goto(f"{home}/account/")
    expect(page.get_by_text(f"Signed in as {email}")).to_be_visible()
    visit.check()
    context.close()


def test_orcid_signs_up_in_and_may_be_refused(browser: Browser, site: str, home: Path, orcid: str, mails: Path) -> None:
    context = browser.new_context(reduced_motion="reduce", viewport=DESK)
    page, email = context.new_page(), "sofia@example.org"
    page.goto(f"{site}/account/signup/")
    page.get_by_role("button", name="Sign up with ORCID").click()
    page.wait_for_url(f"{orcid}/**")  # by a page that goes on by itself: our policy lets no form leave the site
    page.get_by_role("link", name=f"I am {ORCID}").click()
    expect(page.get_by_text(ORCID)).to_be_visible()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Code").fill(code_for(mails, email))
    page.get_by_role("button", name="Go on").click()
    page.goto(f"{site}/account/3rdparty/")
    expect(page.get_by_role("main")).to_contain_text(f"ORCID {ORCID}")
    page.goto(f"{site}/account/")
    page.get_by_role("button", name="Sign out").click()

    page.get_by_role("button", name="Sign in with ORCID").click()
    page.wait_for_url(f"{orcid}/**")
    page.get_by_role("link", name="Deny").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You went back")
    page.goto(f"{site}/account/login/")
    page.get_by_role("button", name="Sign in with ORCID").click()
    page.wait_for_url(f"{orcid}/**")
    page.get_by_role("link", name=f"I am {ORCID}").click()
    page.wait_for_url(f"{site}/**")
    page.goto(f"{site}/account/")
    expect(page.get_by_text(f"Signed in as {email}")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    page.get_by_role("button", name="Sign in with ORCID").click()  # somebody else, who says to have her address
    page.wait_for_url(f"{orcid}/**")
    page.get_by_role("link", name=f"I am {OTHER}").click()
    forget_limits(home)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code from your mail")
    page.goto(f"{site}/account/")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Your account")
    context.close()


LOOKS = [(DESK, "light"), (PHONE, "dark")]
OPEN = [
    "/account/login/",
    "/account/signup/",
    "/account/signup/passkey/",
    "/account/login/code/",
    "/account/password/reset/",
]
OWN = ["/account/", "/account/email/", "/account/password/change/", "/account/sessions/", "/account/2fa/",
       "/account/2fa/totp/activate/", "/account/2fa/webauthn/add/", "/account/2fa/webauthn/", "/account/3rdparty/",
       "/account/reauthenticate/", "/account/logout/", "/you/delete"]  # fmt: skip


def check_page(visit: Visit, path: str, looks: Any) -> None:
    """Look for what keeps people out, on a page broad and light, narrow and dark, or both."""
    page = visit.page
    for viewport, colors in looks:
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=colors)
        visit.open(path)
        page.evaluate(AXE)
        found: Any = page.evaluate("tags => axe.run({runOnly: tags})", _TAGS)
        faults = [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found["violations"]]
        assert faults == [], (path, colors)
        visit.check()


def test_axe_finds_nothing_on_the_pages_of_accounts(browser: Browser, site: str, mails: Path) -> None:
    context = browser.new_context(reduced_motion="reduce", viewport=DESK)
    visit = Visit(context, site)
    for path in OPEN:
        check_page(visit, path, LOOKS if path == "/account/login/" else LOOKS[1:])
    sign_up(visit.page, site, mails, "looks@example.org")
    visit.open("/account/reauthenticate/")
    visit.page.get_by_label("Password").fill(PASSWORD)
    visit.page.get_by_role("button", name="Go on").click()
    for i, path in enumerate(OWN):  # which have one style sheet: each other page is looked at each other way
        check_page(visit, path, LOOKS if path == "/account/" else [LOOKS[i % 2]])
    context.close()
