"""The page cache: once made, many times answered, never for long, never for what is not everybody's."""

import gzip
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from django.db import connection

from germane.web.catalog.version import CatalogVersion
from germane.web.pages.cache import FRESH_S, KEPT_S, LOOK_EVERY_S, PageCache
from germane.web.pages.keeping import Shelf

BODY = b"<p>Words that compress. </p>" * 100
ETERNITY = 1e9


class Answer:
    """What a reader got."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = int(status.split()[0]), dict(headers), body
        assert len(self.headers) == len(headers), "a header stands twice"


class Site:
    """A site that counts how often it is asked, behind the cache; its clock and its writes are made by hand."""

    def __init__(self, n_bytes: int = 1_000_000) -> None:
        self.n, self.n_closed, self.now, self.n_writes, self.n_looks = 0, 0, 0.0, 0, 0
        self.body, self.status = BODY, "200 OK"
        self.headers = [("Content-Type", "text/html; charset=utf-8"), ("X-Frame-Options", "DENY")]
        self.on_make: Callable[[], None] = lambda: None
        self.cached = PageCache(self.view, n_bytes, self.look, lambda: self.now)

    def look(self) -> object:
        self.n_looks += 1
        return self.n_writes

    def view(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.n += 1
        self.on_make()
        start_response(self.status, [*self.headers, ("Content-Length", str(len(self.body)))])
        return _Body(self)

    def get(self, path: str = "/a", method: str = "GET", **headers: str) -> Answer:
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> object:
            said.append((status, headers))
            return None

        path, _, query = path.partition("?")
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "127.0.0.1",
                   "HTTP_ACCEPT_ENCODING": "gzip"}  # fmt: skip
        environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        body = b"".join(self.cached(environ, start))  # type: ignore[arg-type]
        return Answer(*said[-1], body)


class _Body:
    def __init__(self, site: Site) -> None:
        self.site = site

    def __iter__(self) -> Iterator[bytes]:
        yield self.site.body

    def close(self) -> None:
        self.site.n_closed += 1


def test_a_page_is_made_once_and_compressed_once() -> None:
    site = Site()
    for _ in range(3):
        answer = site.get()
        assert gzip.decompress(answer.body) == BODY
        assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert answer.headers["Content-Length"] == str(len(answer.body))
        assert answer.headers["X-Frame-Options"] == "DENY"
    assert (site.n, site.n_closed) == (1, 1)


def test_who_cannot_read_gzip_gets_plain_bytes() -> None:
    site = Site()
    for accepted in ("identity", "gzip;q=0", ""):
        answer = site.get(**{"accept-encoding": accepted})
        assert answer.body == BODY
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Content-Length"] == str(len(BODY))


def test_a_page_that_has_not_changed_is_304() -> None:
    site = Site()
    etag = site.get().headers["ETag"]
    for given in (etag, f'"other", {etag}', "*"):
        answer = site.get(**{"if-none-match": given})
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", etag)
    assert site.get(**{"if-none-match": '"other"'}).status == 200
    site.body, site.now = BODY + b"!", KEPT_S + 1
    assert site.get(**{"if-none-match": etag}).status == 200


def test_a_page_is_kept_while_nothing_is_written_but_not_for_ever() -> None:
    site = Site()
    site.get()
    site.now = KEPT_S - 1
    site.get()
    assert site.n == 1
    site.now = KEPT_S + 1
    site.get()
    assert site.n == 2


@pytest.mark.parametrize("written_at", [0.0, 0.5, 3.0, 20.0])
def test_what_was_written_shows_soon(written_at: float) -> None:
    site = Site()
    site.get()
    site.now = written_at
    site.get()
    site.body, site.n_writes = b"withdrawn", 1
    site.now = written_at + FRESH_S + 0.1
    assert site.get().body == b"withdrawn"


def test_what_is_written_while_a_page_is_made_shows_soon() -> None:
    site = Site()

    def write() -> None:
        site.n_writes += 1

    site.on_make = write
    site.get()
    site.now = FRESH_S + LOOK_EVERY_S
    site.get()
    assert site.n == 2


def test_a_rush_of_writes_does_not_make_every_page_anew() -> None:
    site = Site()
    for _ in range(40):
        site.now += 0.1
        site.n_writes += 1
        site.get()
    assert site.n == 1


def test_whether_something_was_written_is_asked_once_a_second() -> None:
    site = Site()
    for i in range(1_000):
        site.now = i / 100
        site.get()
    assert site.n_looks <= 11


def test_head_has_the_headers_without_the_body() -> None:
    site = Site()
    answer = site.get(method="HEAD")
    assert (answer.body, int(answer.headers["Content-Length"]) > 0) == (b"", True)
    assert gzip.decompress(site.get().body) == BODY
    assert site.n == 1
    site.status = "404 Not Found"
    assert site.get("/b", method="HEAD").body == b""


def test_hosts_and_questions_are_told_apart() -> None:
    site = Site()
    site.get("/a"), site.get("/a?b=1"), site.get("/a", host="localhost")
    assert site.n == 3


@pytest.mark.parametrize(
    ("status", "header"),
    [
        ("404 Not Found", None),
        ("301 Moved Permanently", None),
        ("500 Internal Server Error", None),
        ("200 OK", ("Set-Cookie", "a=b")),
        ("200 OK", ("Cache-Control", "no-store")),
        ("200 OK", ("Cache-Control", "private, max-age=60")),
        ("200 OK", ("Vary", "Accept-Language")),
    ],
)
def test_what_is_not_everybodys_page_is_not_kept(status: str, header: tuple[str, str] | None) -> None:
    site = Site()
    site.status = status
    site.headers += [header] if header else []
    answers = [site.get(), site.get()]
    assert site.n == 2
    assert {a.body for a in answers} == {BODY}
    assert header is None or answers[0].headers[header[0]] == header[1]


def test_a_post_is_never_answered_from_memory() -> None:
    site = Site()
    site.get(), site.get(method="POST")
    assert site.n == 2


def test_no_memory_means_no_cache_and_the_same_answers() -> None:
    site = Site(0)
    first, second = site.get(), site.get()
    assert site.n == 2
    assert (first.headers, first.body) == (second.headers, second.body)
    assert gzip.decompress(first.body) == BODY


def test_the_memory_is_bounded_and_favourites_outlive_a_walk_through_everything() -> None:
    shelf: Shelf[str] = Shelf(100_000)
    for name in ("/a", "/b"):
        shelf.keep(name, name, 1_000)
        assert shelf.find(name) == name
    for i in range(10_000):
        shelf.keep(f"/{i}", "once", 1_000)
        assert shelf.size <= 100_000
    assert shelf.find("/a") == "/a"
    assert shelf.find("/9999") == "once"
    assert shelf.find("/1") is None
    shelf.keep("/huge", "huge", 50_000)
    assert shelf.find("/huge") is None
    shelf.keep("/a", "huge", 50_000)  # what it was before is not true any more
    assert shelf.find("/a") is None


def test_the_catalogs_version_changes_with_every_write_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "catalog.sqlite3"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE t (n)")
    monkeypatch.setitem(connection.settings_dict, "NAME", str(path))
    monkeypatch.setattr(connection, "vendor", "sqlite")
    version = CatalogVersion()
    first = version.read()
    assert version.read() == first
    seen = [first]
    for n in range(3):
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO t VALUES (?)", [n])
        assert version.read() == seen[-1]  # not yet
        writer.execute("COMMIT")
        seen.append(version.read())
        assert version.read() == seen[-1]
    writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    writer.execute("DELETE FROM t")
    seen.append(version.read())
    assert len(set(seen)) == 5
    writer.close()

    other = sqlite3.connect(tmp_path / "other", isolation_level=None)
    other.execute("CREATE TABLE t (n)")
    other.close()
    path.rename(tmp_path / "kept")
    assert version.read() == seen[-1]  # it cannot be read just now
    (tmp_path / "other").rename(path)
    assert version.read() not in seen


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL's way of telling")
@pytest.mark.django_db(transaction=True)
def test_the_servers_count_changes_with_every_write_to_the_catalog_and_with_no_like() -> None:
    from germane.web.catalog.store.sql import write

    version = CatalogVersion()
    first = version.read()
    write("INSERT INTO readers_likecount (article_id, n) VALUES (1, 1)")
    time.sleep(11)
    assert version.read() == first
    write("INSERT INTO catalog_derivation (what, made_by) VALUES ('test', 'x')")
    for _ in range(120):
        if version.read() != first:
            break
        time.sleep(0.1)
    assert version.read() != first
