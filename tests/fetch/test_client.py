"""The client: who it says it is, when it tries again, what it gives up, what it tells whom."""

import gzip
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from germane import __version__
from germane.fetch import Budget, Client, FetchError, HostPolicy
from germane.fetch.answer import as_time, hide_secrets
from germane.fetch.client import user_agent
from tests.fetch.serving import Asked, Clock, asking, serving


def in_turn(*answers: Callable[[Asked], None]) -> Callable[[Asked], None]:
    """Answer each request by the next of these, and all later ones by the last."""
    left = list(answers)
    return lambda asked: (left.pop(0) if len(left) > 1 else left[0])(asked)


def fine(asked: Asked) -> None:
    asked.answer(b"fine")


def status(code: int, **headers: object) -> Callable[[Asked], None]:
    return lambda asked: asked.answer(b"said why", code, **headers)


def fails(client: Client, url: str, **options: object) -> FetchError:
    with pytest.raises(FetchError) as failure:
        client.get(url, **options)  # type: ignore[arg-type]
    return failure.value


def test_a_request_says_who_asks_and_how_to_reach_them(tmp_path: Path) -> None:
    with serving(fine) as server, asking(tmp_path, server, base_url="https://articles.example.org") as client:
        answer = client.get(server.url("/works"), {"query": "a b", "page[size]": 3}, {"Accept": "application/json"})
    assert answer.body == b"fine"
    assert answer.status == 200
    assert answer.headers["content-length"] == "4"
    assert server.paths == ["/works?query=a+b&page%5Bsize%5D=3"]
    headers = server.asked[0].headers
    assert headers["user-agent"] == f"Germane/{__version__} (+https://articles.example.org; mailto:library@example.org)"
    assert headers["accept"] == "application/json"
    assert "cookie" not in headers


@pytest.mark.parametrize(
    ("contact", "base_url", "told"),
    [
        ("a@b.example", "", "(mailto:a@b.example)"),
        ("a@b.example", "http://127.0.0.1:8000", "(mailto:a@b.example)"),
        ("https://b.example/contact", "https://b.example", "(+https://b.example; https://b.example/contact)"),
        ("ä@b.example", "", "(mailto:?@b.example)"),
    ],
)
def test_addresses_that_nobody_else_reaches_are_not_told(contact: str, base_url: str, told: str) -> None:
    assert user_agent(contact, base_url) == f"Germane/{__version__} {told}"


def test_without_a_contact_nothing_is_fetched(tmp_path: Path) -> None:
    with serving(fine) as server, asking(tmp_path, server, contact="") as client:
        error = fails(client, server.url())
        with pytest.raises(FetchError, match="GERMANE_CONTACT"):
            client.download(server.url(), tmp_path / "file")
    assert error.permanent
    assert "GERMANE_CONTACT" in str(error)
    assert not server.asked


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(code: int, tmp_path: Path) -> None:
    with serving(in_turn(status(code), status(code), fine)) as server, asking(tmp_path, server) as client:
        assert client.get(server.url()).body == b"fine"
    assert len(server.asked) == 3


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 410, 422, 451, 501])
def test_what_does_not_pass_is_not_tried_again(code: int, tmp_path: Path) -> None:
    with serving(status(code)) as server, asking(tmp_path, server) as client:
        error = fails(client, server.url("/works?key=secret"))
        assert client.get(server.url(), allow=(code,)).status == code
        assert client.ledger.report(server.host, Clock().at).last_failure is None
    assert (error.permanent, error.status, error.body, error.host) == (True, code, b"said why", server.host)
    assert "secret" not in str(error)
    assert len(server.asked) == 2


def test_tries_end_and_their_waits_grow_within_bounds(tmp_path: Path) -> None:
    clock = Clock()
    with serving(status(500)) as server, asking(tmp_path, server, clock) as client:
        error = fails(client, server.url())
    assert not error.permanent
    assert error.status == 500
    assert len(server.asked) == 5
    assert all(slept <= 2.0**n for n, slept in enumerate(clock.slept, start=1))


@pytest.mark.parametrize("said", ["7", "date"])
def test_retry_after_is_sat_out(said: str, tmp_path: Path) -> None:
    clock = Clock()
    text = as_time(clock.at + 7).strftime("%a, %d %b %Y %H:%M:%S GMT") if said == "date" else said
    with serving(in_turn(status(429, retry_after=text), fine)) as server, asking(tmp_path, server, clock) as client:
        assert client.get(server.url()).body == b"fine"
    assert sum(clock.slept) == pytest.approx(7)


@pytest.mark.parametrize("code", [403, 429, 503])
def test_a_wait_that_is_too_long_is_told_and_kept_by_all(code: int, tmp_path: Path) -> None:
    clock = Clock()
    with (
        serving(in_turn(status(code, retry_after=3600), fine)) as server,
        asking(tmp_path, server, clock) as client,
        asking(tmp_path, server, clock) as other,
    ):
        error = fails(client, server.url())
        later = fails(other, server.url())
        for each in (error, later):
            assert (each.permanent, each.retry_at) == (False, as_time(clock.at + 3600))
        assert len(server.asked) == 1
        clock.at += 3600
        assert other.get(server.url()).body == b"fine"
    assert not clock.slept


def test_who_waits_waits_for_seconds_and_not_for_a_minute(tmp_path: Path) -> None:
    with serving(in_turn(status(429, retry_after=30), fine)) as server, asking(tmp_path, server) as client:
        error = fails(client, server.url(), priority="interactive")
    assert not error.permanent
    assert error.retry_at is not None


def test_a_host_that_fails_and_fails_is_no_longer_asked(tmp_path: Path) -> None:
    clock = Clock()
    with serving(status(500)) as server, asking(tmp_path, server, clock) as client:
        fails(client, server.url())
        error = fails(client, server.url())
        assert error.status is None
        assert error.retry_at is not None
        assert 0 < (error.retry_at - as_time(clock.at)).total_seconds() <= 60
        assert len(server.asked) == 5
        server.handle = fine
        clock.at += 61
        assert client.get(server.url()).body == b"fine"


def test_requests_keep_their_hosts_pace(tmp_path: Path) -> None:
    clock = Clock()
    with serving(fine) as server, asking(tmp_path, server, clock) as client:
        client.use(server.host, HostPolicy(pace_s=3))
        for _ in range(4):
            client.get(server.url())
    assert sum(clock.slept) == pytest.approx(9)


def test_a_budget_that_is_used_up_says_when_it_comes_back(tmp_path: Path) -> None:
    clock = Clock()
    with serving(fine) as server, asking(tmp_path, server, clock) as client:
        client.use(server.host, HostPolicy(pace_s=0, budgets=(Budget(2, "day"),), reserve=0.5))
        client.get(server.url())
        error = fails(client, server.url())
        assert "2 requests a day" in str(error)
        assert error.retry_at is not None
        assert error.retry_at.hour == 0
        assert client.get(server.url(), priority="interactive").body == b"fine"


def test_what_headers_say_is_left_is_learned(tmp_path: Path) -> None:
    clock = Clock()
    used_up = status(200, x_ratelimit_remaining=0, x_ratelimit_reset=500)
    with serving(used_up) as server, asking(tmp_path, server, clock) as client:
        client.get(server.url())
        assert fails(client, server.url()).retry_at == as_time(clock.at + 500)
        assert client.ledger.report(server.host, clock.at).left[0].remaining == 0


def test_an_error_inside_a_200_can_be_held_against_its_host(tmp_path: Path) -> None:
    clock = Clock()
    with serving(fine) as server, asking(tmp_path, server, clock) as client:
        client.hold(server.url(), 90, "Rate exceeded.")
        assert "Rate exceeded." in str(fails(client, server.url()))
        clock.at += 90
        assert client.get(server.url()).body == b"fine"
        for _ in range(5):
            client.blame(server.url(), "errCode 404")
        assert "errCode 404" in str(fails(client, server.url()))


def test_only_what_is_newer_is_asked_for_once_the_answer_was_kept(tmp_path: Path) -> None:
    def handle(asked: Asked) -> None:
        if asked.headers.get("if-none-match") == '"v1"':
            asked.answer(status=304)
        else:
            asked.answer(b"news", etag='"v1"', last_modified="Mon, 23 Nov 2026 01:00:00 GMT")

    with serving(handle) as server, asking(tmp_path, server) as client:
        for _ in range(2):  # not remembered: asked for whole again
            answer = client.get(server.url("/a?key=secret"), conditional=True)
            assert (answer.body, answer.is_unchanged) == (b"news", False)
        client.remember(answer)
        again = client.get(server.url("/a?key=secret"), conditional=True)
        assert (again.status, again.body, again.is_unchanged) == (304, b"", True)
        assert server.asked[-1].headers["if-modified-since"] == "Mon, 23 Nov 2026 01:00:00 GMT"
        assert client.get(server.url("/a?key=secret")).body == b"news"
        assert client.get(server.url("/b"), conditional=True).body == b"news"
    assert b"secret" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_304_that_nobody_asked_for_is_an_error(tmp_path: Path) -> None:
    with serving(status(304)) as server, asking(tmp_path, server) as client:
        assert fails(client, server.url()).status == 304


def test_secrets_stay_with_the_host_that_they_are_for(tmp_path: Path) -> None:
    with serving(fine) as other:

        def handle(asked: Asked) -> None:
            here = asked.path.startswith("/first")
            asked.answer(status=302, location="/second" if here else other.url("/third"))

        with serving(handle) as server, asking(tmp_path, server, hosts=[other.host]) as client:
            client.use(other.host, HostPolicy(pace_s=0))
            secrets = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Api-Key": "x", "Accept": "text/plain"}
            answer = client.get(server.url("/first"), headers=secrets)
        assert (answer.body, answer.url, answer.asked_url) == (b"fine", other.url("/third"), server.url("/first"))
        assert server.asked[1].headers["authorization"] == "Bearer x"
        assert {"authorization", "cookie", "x-api-key"}.isdisjoint(other.asked[0].headers)
        assert other.asked[0].headers["accept"] == "text/plain"
        assert other.asked[0].headers["user-agent"].startswith("Germane/")


def test_redirects_end(tmp_path: Path) -> None:
    with serving(status(302, location="/again")) as server, asking(tmp_path, server) as client:
        error = fails(client, server.url())
    assert error.permanent
    assert "again and again" in str(error)
    assert len(server.asked) == 6


@pytest.mark.parametrize("how", ["said", "chunked", "packed"])
def test_what_is_too_large_is_given_up(how: str, tmp_path: Path) -> None:
    def handle(asked: Asked) -> None:
        if how == "said":
            asked.answer(b"", content_length=10_000_000)
        elif how == "packed":
            asked.answer(gzip.compress(bytes(10_000_000)), content_encoding="gzip")
        else:
            asked.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                asked.send(b"1000\r\n" + bytes(4096) + b"\r\n")

    with serving(handle) as server, asking(tmp_path, server) as client:
        error = fails(client, server.url(), max_bytes=1_000_000)
    assert error.permanent
    assert "1,000,000 bytes" in str(error)
    assert len(server.asked) == 1


@pytest.mark.parametrize("where", ["head", "body", "before"])
def test_what_drips_ends_in_time(where: str, tmp_path: Path) -> None:
    def handle(asked: Asked) -> None:
        asked.send({"head": b"HTTP/1.1 200 OK\r\nX: ", "body": b"HTTP/1.1 200 OK\r\n\r\n", "before": b""}[where])
        for _ in range(1000):
            asked.send(b"HTTP/1.1 100 Continue\r\n\r\n" if where == "before" else b"x")
            time.sleep(0.01)

    began = time.monotonic()
    with serving(handle) as server, asking(tmp_path, server) as client:
        error = fails(client, server.url(), total_s=0.15, priority="interactive")
    assert not error.permanent
    assert "too long" in str(error)
    assert len(server.asked) <= 5
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive.",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfi",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"fine")[:15],
        b"what is this?\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ],
)
def test_an_answer_that_is_cut_off_is_asked_for_again(said: bytes, tmp_path: Path) -> None:
    with serving(in_turn(lambda asked: asked.send(said), fine)) as server, asking(tmp_path, server) as client:
        assert client.get(server.url()).body == b"fine"
    assert len(server.asked) == 2


def test_a_host_that_nobody_answers_at_may_answer_later(tmp_path: Path) -> None:
    with serving(fine) as server:
        pass
    with asking(tmp_path, server) as client:
        error = fails(client, server.url())
    assert not error.permanent
    assert error.host == server.host


def with_robots(robots: Callable[[Asked], None]) -> Callable[[Asked], None]:
    return lambda asked: (robots if asked.path == "/robots.txt" else fine)(asked)


def test_pages_are_read_as_robots_txt_says_which_is_asked_once_a_day(tmp_path: Path) -> None:
    clock = Clock()
    text = (
        b"User-agent: *\nDisallow: /\n\nUser-agent: germane\nDisallow: /private\nAllow: /private/open\nCrawl-delay: 4\n"
    )
    with serving(with_robots(lambda asked: asked.answer(text))) as server, asking(tmp_path, server, clock) as client:
        assert client.get(server.url("/page"), kind="page").body == b"fine"
        assert client.get(server.url("/private/open"), kind="page").body == b"fine"
        assert clock.slept == [pytest.approx(4)]
        error = fails(client, server.url("/private/x"), kind="page")
        assert error.permanent
        assert "robots.txt" in str(error)
        assert client.get(server.url("/private/x"), kind="api").body == b"fine"
        assert server.paths.count("/robots.txt") == 1
        clock.at += 86_401
        client.get(server.url("/page"), kind="page")
    assert server.paths.count("/robots.txt") == 2


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_where_there_is_no_robots_txt_pages_are_read(code: int, tmp_path: Path) -> None:
    with serving(with_robots(status(code))) as server, asking(tmp_path, server) as client:
        assert client.get(server.url("/page"), kind="page").body == b"fine"


@pytest.mark.parametrize("code", [429, 500, 503])
def test_while_robots_txt_cannot_be_read_no_page_is(code: int, tmp_path: Path) -> None:
    with serving(with_robots(status(code))) as server, asking(tmp_path, server) as client:
        error = fails(client, server.url("/page"), kind="page")
    assert not error.permanent
    assert "/page" not in server.paths


def test_a_page_that_redirects_asks_the_robots_txt_of_where_it_leads(tmp_path: Path) -> None:
    with serving(with_robots(lambda asked: asked.answer(b"User-agent: *\nDisallow: /"))) as other:

        def handle(asked: Asked) -> None:
            status(404)(asked) if asked.path == "/robots.txt" else asked.answer(status=302, location=other.url("/page"))

        with serving(handle) as server, asking(tmp_path, server, hosts=[other.host]) as client:
            assert fails(client, server.url("/doi"), kind="page").permanent
        assert other.paths == ["/robots.txt"]


def test_an_unusable_ledger_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "fetch.sqlite3").write_bytes(b"no database" * 100)
    with serving(fine) as server, asking(tmp_path, server) as client:
        assert "remove it" in str(fails(client, server.url()))
    assert not server.asked


def test_errors_travel_between_processes() -> None:
    error = FetchError("It failed.", "a.example", False, as_time(0), 503, b"x" * 9999)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.host, copy.permanent, copy.retry_at, copy.status) == (
        "It failed.",
        "a.example",
        False,
        as_time(0),
        503,
    )
    assert copy.body == b"x" * 4096


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://user:pass@a.example/w?key=s&page=2#x", "https://a.example/w?key=…&page=…"),
        ("https://a.example/w?secret", "https://a.example/w?…"),
        ("https://a.example/w", "https://a.example/w"),
    ],
)
def test_secrets_are_blanked_where_people_read(url: str, told: str) -> None:
    assert hide_secrets(url) == told
