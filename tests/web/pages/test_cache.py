"""The page cache: once made, many times answered, never for long, never for what is not everybody's."""

import gzip

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from germane.web.pages.cache import FRESH_S, PageCacheMiddleware

BODY = b"<p>Words that compress. </p>" * 100


class Site:
    """A view that counts, behind the cache, and a clock that is set by hand."""

    def __init__(self, size_mb: int = 1, **response: object) -> None:
        self.n, self.now = 0, 0.0
        self.body, self.status, self.sets_cookie = BODY, 200, False
        self.headers: dict[str, str] = {}
        self.cached = PageCacheMiddleware(self.view, size_mb, lambda: self.now)

    def view(self, request: HttpRequest) -> HttpResponse:
        self.n += 1
        response = HttpResponse(self.body, status=self.status, headers=self.headers)
        if self.sets_cookie:
            response.set_cookie("a", "b")
        return response

    def get(self, path: str = "/a", method: str = "GET", **headers: str) -> HttpResponse:
        request = RequestFactory(headers={"host": "127.0.0.1", "accept-encoding": "gzip", **headers}).generic(
            method, path
        )
        response = self.cached(request)
        assert isinstance(response, HttpResponse)
        return response


def test_a_page_is_made_once_and_compressed_once() -> None:
    site = Site()
    for _ in range(3):
        response = site.get()
        assert gzip.decompress(response.content) == BODY
        assert (response["Content-Encoding"], response["Vary"]) == ("gzip", "Accept-Encoding")
        assert response["Content-Length"] == str(len(response.content))
    assert site.n == 1


def test_who_cannot_read_gzip_gets_plain_bytes() -> None:
    site = Site()
    for accepted in ("identity", "gzip;q=0", ""):
        response = site.get(**{"accept-encoding": accepted})
        assert response.content == BODY
        assert "Content-Encoding" not in response.headers


def test_a_page_that_has_not_changed_is_304() -> None:
    site = Site()
    etag = site.get()["ETag"]
    for given in (etag, f'"other", {etag}', "*"):
        response = site.get(**{"if-none-match": given})
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
    assert site.get(**{"if-none-match": '"other"'}).status_code == 200
    site.body, site.now = BODY + b"!", FRESH_S + 1
    assert site.get(**{"if-none-match": etag}).status_code == 200


def test_a_page_is_fresh_for_a_short_while() -> None:
    site = Site()
    site.get()
    site.now = FRESH_S - 1
    site.get()
    assert site.n == 1
    site.now = FRESH_S + 1
    site.get()
    assert site.n == 2


def test_head_has_the_headers_without_the_body() -> None:
    site = Site()
    response = site.get(method="HEAD")
    assert (response.content, int(response["Content-Length"]) > 0) == (b"", True)
    assert gzip.decompress(site.get().content) == BODY
    assert site.n == 1


def test_hosts_and_questions_are_told_apart() -> None:
    site = Site()
    site.get("/a"), site.get("/a?b=1"), site.get("/a", host="localhost")
    assert site.n == 3


@pytest.mark.parametrize(
    "change",
    [
        {"status": 404},
        {"status": 301},
        {"status": 500},
        {"sets_cookie": True},
        {"headers": {"Cache-Control": "no-store"}},
    ],
)
def test_what_is_not_everybodys_page_is_not_kept(change: dict[str, object]) -> None:
    site = Site()
    for name, value in change.items():
        setattr(site, name, value)
    site.get(), site.get()
    assert site.n == 2


def test_a_post_is_never_answered_from_memory() -> None:
    site = Site()
    site.get(), site.get(method="POST")
    assert site.n == 2


def test_memory_is_bounded_and_the_oldest_page_goes_first() -> None:
    site = Site()
    import os

    for i in range(200):
        site.body = os.urandom(20_000)
        site.get(f"/{i}")
    assert site.cached._size <= 1_000_000
    assert site.cached._size == sum(entry.size for entry in site.cached._entries.values())
    n = site.n
    site.get("/199")
    assert site.n == n
    site.get("/0")
    assert site.n == n + 1


def test_zero_turns_it_off() -> None:
    with pytest.raises(MiddlewareNotUsed):
        PageCacheMiddleware(lambda request: HttpResponse(), 0)
