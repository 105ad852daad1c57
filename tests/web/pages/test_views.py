"""Views are counted without knowing whose they are: cached pages too, robots not, none lost, none sent to anybody."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from django.test import Client

from germane.web.pages import views
from germane.web.pages.cache import PageCache
from germane.web.pages.views import ViewCounter, is_robot
from germane.web.readers.models import PageView
from germane.web.readers.store.views import add_views, forget_views, most_viewed, sum_views
from tests.web.pages.corpus import FULL
from tests.web.pages.making import bare, make_article

DAY = date(2026, 11, 20)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def page(headers: list[tuple[str, str]]) -> Any:
    def site(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html"), *headers])
        return [b"<p>page</p>"]

    return site


def ask(site: PageCache, method: str = "GET", **more: str) -> dict[str, str]:
    told: dict[str, str] = {}
    environ = {"REQUEST_METHOD": method, "PATH_INFO": "/article/7", "HTTP_USER_AGENT": BROWSER, **more}

    def start(status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> Any:
        told.update(headers)

    b"".join(site(environ, start))
    return told


@pytest.mark.parametrize("n_bytes", [0, 1_000_000])
def test_every_look_at_an_articles_page_is_counted_and_the_header_is_never_sent(n_bytes: int) -> None:
    seen: list[tuple[int, str]] = []
    site = PageCache(page([(views.HEADER, "7")]), n_bytes, lambda: 1, count_view=lambda *one: seen.append(one))
    for _ in range(3):
        assert views.HEADER not in ask(site)
    etag = ask(site)["ETag"]
    assert views.HEADER not in ask(site, HTTP_IF_NONE_MATCH=etag)
    assert seen == [(7, BROWSER)] * 5


def test_what_is_asked_for_in_advance_or_in_part_is_no_look() -> None:
    seen: list[int] = []
    site = PageCache(page([(views.HEADER, "7")]), 10**6, lambda: 1, count_view=lambda one, _: seen.append(one))
    ask(site, "HEAD")
    ask(site, HTTP_HX_REQUEST="true")
    ask(site, HTTP_SEC_PURPOSE="prefetch;prerender")
    assert seen == []
    other = PageCache(page([]), 10**6, lambda: 1, count_view=lambda one, _: seen.append(one))
    ask(other)
    assert seen == []


def test_an_answer_that_no_cache_keeps_loses_the_header_too() -> None:
    site = PageCache(page([(views.HEADER, "7"), ("Cache-Control", "private")]), 10**6, lambda: 1)
    assert views.HEADER not in ask(site)


def test_articles_pages_say_whose_they_are_and_others_do_not(client: Client) -> None:
    assert int(client.get(FULL).headers[views.HEADER]) > 0
    assert int(client.get(f"{FULL}/news").headers[views.HEADER]) > 0
    for path in ("/", "/search?q=pain", f"{FULL}.json", "/newest", "/doi/10.5555/unknown"):
        assert views.HEADER not in client.get(path).headers, path


@pytest.mark.parametrize(
    "agent",
    [
        "", "Googlebot/2.1 (+http://www.google.com/bot.html)", "Mozilla/5.0 (compatible; bingbot/2.0)", "curl/8.5.0",
        "python-requests/2.32", "Mozilla/5.0 (X11) HeadlessChrome/120", "facebookexternalhit/1.1", "GPTBot/1.2",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0)", "Wget/1.21", "Zotero/7.0", "Feedly/1.0", "Go-http-client/2.0",
    ],
)  # fmt: skip
def test_obvious_robots_are_left_out(agent: str) -> None:
    assert is_robot(agent)


@pytest.mark.parametrize(
    "agent",
    [
        BROWSER,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; CUBOT NOTE 50) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
        "Lynx/2.9.0 libwww-FM/2.14",
    ],
)
def test_peoples_browsers_are_counted(agent: str) -> None:
    assert not is_robot(agent)


class Kept:
    """Stands where the database does."""

    def __init__(self) -> None:
        self.days: dict[date, Counter[int]] = {}
        self.is_broken = False

    def write(self, day: date, found: Mapping[int, int]) -> None:
        if self.is_broken:
            raise OSError("the disk is full")
        self.days.setdefault(day, Counter()).update(found)


def test_nothing_is_lost_by_many_threads_and_while_it_cannot_be_written() -> None:
    kept = Kept()
    counter = ViewCounter(kept.write, lambda: DAY, every_s=0.01)
    kept.is_broken = True

    def look() -> None:
        for i in range(3_000):
            counter.count(i % 3 + 1, BROWSER)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    kept.is_broken = False
    deadline = time.monotonic() + 20
    while sum(kept.days.get(DAY, Counter()).values()) < 12_000 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert kept.days == {DAY: Counter({1: 4_000, 2: 4_000, 3: 4_000})}


def test_memory_is_bounded_when_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    kept.is_broken = True
    counter = ViewCounter(kept.write, lambda: DAY, every_s=3_600)
    for i in range(views._AT_MOST + 5_000):
        counter.count(i + 1, BROWSER)
    counter.write()
    assert len(counter._seen) <= views._AT_MOST
    kept.is_broken = False


def test_counting_costs_less_than_two_microseconds() -> None:
    counter = ViewCounter(Kept().write, lambda: DAY, every_s=3_600)
    counter.count(1, BROWSER)
    best = min(_time_s(counter) for _ in range(5))
    assert best / 10_000 < 2e-6


def _time_s(counter: ViewCounter) -> float:
    start = time.thread_time()
    for _ in range(10_000):
        counter.count(7, BROWSER)
    return time.thread_time() - start


@pytest.mark.django_db
def test_sums_are_added_up_by_day() -> None:
    article = make_article(bare("Pain", "10.5555/a"))
    add_views(DAY, {article.id: 2, 9: 1})
    add_views(DAY, {article.id: 3})
    add_views(date(2026, 11, 1), {9: 7})
    assert PageView.objects.count() == 3
    assert (sum_views(DAY), sum_views(date(2026, 11, 1))) == (6, 13)
    assert most_viewed(DAY) == [(article.id, 5), (9, 1)]
    assert forget_views(DAY) == 1
    assert sum_views(date(2026, 1, 1)) == 6
