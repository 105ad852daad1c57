"""A small page cache, first of all middleware: public pages are the same bytes for everybody.

A page is rendered and compressed once and then answered from memory for a short while, with an ETag, so that a reader
who comes back gets 304. What is new in the store shows after at most `FRESH_S` seconds here and as many in a browser.
"""

import gzip
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import cast

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase, StreamingHttpResponse
from msgspec import Struct

FRESH_S = 30
_COMPRESSIBLE = ("text/", "application/json", "application/ld+json", "application/xml", "application/atom+xml",
                 "application/vnd.citationstyles", "application/javascript", "image/svg+xml",
                 "application/opensearchdescription+xml", "application/x-")  # fmt: skip
_MIN_COMPRESSED = 600  # bytes; smaller bodies gain nothing
_MAX_KEY = 1_024  # characters; longer addresses are nobody's favourite


class Entry(Struct, frozen=True):
    """A page as it is kept."""

    until: float
    headers: tuple[tuple[str, str], ...]
    etag: str
    body: bytes
    is_gzipped: bool

    @property
    def size(self) -> int:
        """Return about how many bytes of memory it takes."""
        return len(self.body) + 2_000


class PageCacheMiddleware:
    """Answer GET and HEAD of pages from memory while they are fresh, up to the megabytes that the settings allow."""

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase],
        size_mb: int | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        size_mb = settings.ENVIRONMENT.page_cache_mb if size_mb is None else size_mb
        if not size_mb:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self._limit = size_mb * 1_000_000
        self._now = now
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the page from memory while it is fresh, else make it."""
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        key = f"{request.META.get('HTTP_HOST', '')} {request.scheme} {request.get_full_path()}"
        entry = self._find(key)
        if entry is None:
            response = self.get_response(request)
            made = self._entry(response)
            if made is None:
                return response
            entry = made
            if len(key) <= _MAX_KEY:
                self._keep(key, entry)
        return _answer(request, entry)

    def _find(self, key: str) -> Entry | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.until < self._now():
                return None
            self._entries.move_to_end(key)
            return entry

    def _keep(self, key: str, entry: Entry) -> None:
        if entry.size > self._limit // 8:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            self._size += entry.size - (old.size if old else 0)
            self._entries[key] = entry
            while self._size > self._limit:
                self._size -= self._entries.popitem(last=False)[1].size

    def _entry(self, response: HttpResponseBase) -> Entry | None:
        """Return what to keep of an answer; None for one that is not to be kept."""
        if response.status_code != 200 or response.cookies or "no-store" in response.get("Cache-Control", ""):
            return None
        kind = response.get("Content-Type", "")
        is_text = kind.startswith(_COMPRESSIBLE)
        if response.streaming:
            if not is_text or int(response.get("Content-Length", "0") or 0) > 1_000_000:
                return None
            chunks = cast("Iterable[bytes]", cast("StreamingHttpResponse", response).streaming_content)
            content = b"".join(chunks)
            response.close()
        else:
            content = cast("HttpResponse", response).content
        is_gzipped = is_text and len(content) >= _MIN_COMPRESSED and "Content-Encoding" not in response.headers
        response.headers.setdefault("Cache-Control", f"public, max-age={FRESH_S}")
        dropped = {"content-length", "etag", "vary", "last-modified"}
        return Entry(
            until=self._now() + FRESH_S,
            headers=tuple((name, value) for name, value in response.items() if name.lower() not in dropped),
            # weak: the compressed and the plain form share it
            etag=f'W/"{blake2b(content, digest_size=12).hexdigest()}"',
            body=gzip.compress(content, 4, mtime=0) if is_gzipped else content,
            is_gzipped=is_gzipped,
        )


def _answer(request: HttpRequest, entry: Entry) -> HttpResponse:
    given = request.META.get("HTTP_IF_NONE_MATCH", "")
    if given and (given.strip() == "*" or entry.etag.removeprefix("W/") in given):
        response: HttpResponse = HttpResponseNotModified()
        wanted = {"cache-control", "content-security-policy"}
        for name, value in entry.headers:
            if name.lower() in wanted:
                response.headers[name] = value
    else:
        response = HttpResponse()
        for name, value in entry.headers:
            response.headers[name] = value
        body = entry.body
        if entry.is_gzipped and _accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            response.headers["Content-Encoding"] = "gzip"
        elif entry.is_gzipped:
            body = gzip.decompress(body)
        response.headers["Content-Length"] = str(len(body))
        response.content = b"" if request.method == "HEAD" else body
    response.headers["ETag"] = entry.etag
    if entry.is_gzipped:
        response.headers["Vary"] = "Accept-Encoding"
    return response


def _accepts_gzip(header: str) -> bool:
    for offer in header.lower().split(","):
        name, _, quality = offer.partition(";")
        if name.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
