"""The page cache, a WSGI application in front of Django's: public pages are the same bytes for everybody.

A page is made and compressed once, and then answered from memory before Django hears of the request, with an ETag, so
that a reader who comes back gets 304. For `FRESH_S` seconds a page is kept whatever happens; after that for as long as
nothing was written to the catalog, and never longer than `KEPT_S`. So what is new or withdrawn shows after at most
`FRESH_S` seconds, and a site to which nobody writes makes each page once a minute.
"""

import gzip
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from msgspec import Struct

from germane.web.pages import views
from germane.web.pages.keeping import Shelf

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]
CountView = Callable[[int, str], None]  # an article's number, and what the browser calls itself

FRESH_S = 5.0
KEPT_S = 60.0
LOOK_EVERY_S = 1.0  # between two questions whether something was written
_COMPRESSIBLE = ("text/", "application/json", "application/ld+json", "application/xml", "application/atom+xml",
                 "application/vnd.citationstyles", "application/javascript", "image/svg+xml",
                 "application/opensearchdescription+xml", "application/x-")  # fmt: skip
_MIN_COMPRESSED = 600  # bytes; smaller bodies gain nothing
_LEVEL = 3  # beyond it each hundredth of the size costs a tenth more time
_MAX_KEY = 1_024  # characters; longer addresses are nobody's favourite
_MAX_BODY = 8_000_000  # bytes; larger answers go through as they come
_DROPPED = frozenset({"content-length", "etag", "vary", "last-modified"})  # of the answer as it was made
_ARTICLE = views.HEADER.lower()
_IN_304 = frozenset({"cache-control", "content-security-policy"})


class Entry(Struct, frozen=True):
    """A page as it is kept: its bytes, and the headers of each way to answer with it."""

    made_at: float
    stamp: object
    etag: str
    body: bytes
    is_gzipped: bool
    headers: Headers
    headers_304: Headers
    article_id: int = 0  # whose page it is, if it is one's

    @property
    def size(self) -> int:
        """Return about how many bytes of memory it takes."""
        return len(self.body) + 2_500


class PageCache:
    """A WSGI application that answers GET and HEAD of pages from memory, and passes everything else on."""

    def __init__(
        self,
        site: "WSGIApplication",
        n_bytes: int,
        read_stamp: Callable[[], object],
        now: Callable[[], float] = time.monotonic,
        count_view: CountView = lambda article_id, user_agent: None,
    ) -> None:
        """Keep up to `n_bytes` of the site's pages; 0: none. `read_stamp` differs after every write to the catalog."""
        self._site = site
        self._read_stamp = read_stamp
        self._now = now
        self._count_view = count_view
        self._shelf: Shelf[Entry] = Shelf(n_bytes)
        self._stamp: object = None
        self._looked_at = -LOOK_EVERY_S
        self._looking = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer from memory while the page may be kept, else have it made."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._site(environ, start_response)
        now = self._now()
        if now - self._looked_at >= LOOK_EVERY_S:
            self._look(now)
        key = f"{environ.get('HTTP_HOST', '')} {environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
        entry = self._shelf.find(key)
        if entry is None or not self._is_good(entry, now):
            stamp = self._stamp  # as of before the page is made: a write in between counts against it
            made = _make(self._site, environ)
            if not isinstance(made, _Public):
                return _pass_on(made, environ, start_response)
            entry = _entry(made, now, stamp)
            if len(key) <= _MAX_KEY:
                self._shelf.keep(key, entry, entry.size)
        if entry.article_id and _is_looked_at(environ):
            self._count_view(entry.article_id, environ.get("HTTP_USER_AGENT", ""))
        return _answer(entry, environ, start_response)

    def _is_good(self, entry: Entry, now: float) -> bool:
        age = now - entry.made_at
        return age < FRESH_S or (age < KEPT_S and entry.stamp == self._stamp)

    def _look(self, now: float) -> None:
        if self._looking.acquire(blocking=False):  # else another thread looks just now
            try:
                self._stamp = self._read_stamp()
                self._looked_at = now
            finally:
                self._looking.release()


class _Made(Struct):
    """What the site answered, without what it says to us alone."""

    status: str
    headers: Headers
    body: Iterable[bytes]


class _Public(Struct):
    """An answer that is everybody's, read to its end."""

    headers: Headers
    kind: str
    content: bytes
    article_id: int


def _make(site: "WSGIApplication", environ: "WSGIEnvironment") -> _Made | _Public:
    """Have a page made, always as for GET: an answer to HEAD is the same without its body."""
    said: list[tuple[str, Headers]] = []

    def start(status: str, headers: Headers, exc_info: object = None, /) -> Callable[[bytes], object]:
        said.append((status, headers))
        return _no_write

    body = site({**environ, "REQUEST_METHOD": "GET"}, start)
    status, headers = said[-1]
    names = {name.lower(): value for name, value in headers}
    article_id = int(names.pop(_ARTICLE, 0))
    headers = [pair for pair in headers if pair[0].lower() != _ARTICLE]
    if (
        not status.startswith("200")
        or "set-cookie" in names
        or "no-store" in names.get("cache-control", "")
        or "private" in names.get("cache-control", "")
        or names.get("vary", "accept-encoding").lower() != "accept-encoding"
        or int(names.get("content-length") or 0) > _MAX_BODY
    ):
        return _Made(status, headers, body)
    content = b"".join(_read(body))
    if "content-encoding" in names:
        return _Made(status, headers, [content])
    return _Public(headers, names.get("content-type", ""), content, article_id)


def _pass_on(made: _Made, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response(made.status, made.headers)
    if environ["REQUEST_METHOD"] == "HEAD":
        for _ in _read(made.body):
            pass
        return [b""]
    return made.body


def _read(body: Iterable[bytes]) -> Iterator[bytes]:
    """Yield an answer's body, and close it: so the site learns that the request is over."""
    try:
        yield from body
    finally:
        if hasattr(body, "close"):
            body.close()


def _entry(made: _Public, now: float, stamp: object) -> Entry:
    content = made.content
    is_gzipped = made.kind.startswith(_COMPRESSIBLE) and len(content) >= _MIN_COMPRESSED
    # weak: the compressed and the plain form share it
    etag = f'W/"{blake2b(content, digest_size=12).hexdigest()}"'
    own = [("ETag", etag), ("Vary", "Accept-Encoding")] if is_gzipped else [("ETag", etag)]
    kept = [pair for pair in made.headers if pair[0].lower() not in _DROPPED]
    if not any(name.lower() == "cache-control" for name, _ in kept):
        kept.append(("Cache-Control", f"public, max-age={FRESH_S:.0f}"))
    body = gzip.compress(content, _LEVEL, mtime=0) if is_gzipped else content
    return Entry(
        made_at=now,
        stamp=stamp,
        etag=etag,
        body=body,
        is_gzipped=is_gzipped,
        headers=[*kept, *own, *([("Content-Encoding", "gzip")] if is_gzipped else []),
                 ("Content-Length", str(len(body)))],
        headers_304=[*(pair for pair in kept if pair[0].lower() in _IN_304), *own],
        article_id=made.article_id,
    )  # fmt: skip


def _is_looked_at(environ: "WSGIEnvironment") -> bool:
    """Tell whether a page is asked for to be looked at: not a part of it, not in advance."""
    return (
        environ["REQUEST_METHOD"] == "GET"
        and "HTTP_HX_REQUEST" not in environ
        and "HTTP_SEC_PURPOSE" not in environ
        and "HTTP_PURPOSE" not in environ
    )


def _answer(entry: Entry, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
    given = environ.get("HTTP_IF_NONE_MATCH", "")
    if given and (given.strip() == "*" or entry.etag.removeprefix("W/") in given):
        start_response("304 Not Modified", entry.headers_304)
        return [b""]
    headers, body = entry.headers, entry.body
    if entry.is_gzipped and not _accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
        body = gzip.decompress(body)
        headers = [*headers[:-2], ("Content-Length", str(len(body)))]  # without Content-Encoding
    start_response("200 OK", headers)
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@lru_cache(maxsize=256)
def _accepts_gzip(header: str) -> bool:
    for offer in header.lower().split(","):
        name, _, quality = offer.partition(";")
        if name.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _no_write(data: bytes) -> object:
    raise NotImplementedError("an answer's body is what the application returns")
