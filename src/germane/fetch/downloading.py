"""A file that comes in pieces, perhaps over several days: kept beside its place until it is whole."""

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from germane.fetch.answer import FetchError, hide_secrets
from germane.files import sync, written_whole

# Slower than 1 KB a second is given up: so many bytes have to come in each so many seconds.
SLOWEST_BYTES = 60_000
SLOWEST_S = 60.0
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)$")


class Download:
    """One file on its way. One process at a time: `path.part` is locked; a process that dies lets go of it.

    `path.part.json` says of what the bytes in `path.part` are the beginning. It is written before the first of them.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._about = path.with_name(f"{path.name}.part.json")
        self._max_bytes = max_bytes
        self._open = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._open.enter_context(self._part.open("ab"))
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not self._part.exists() or not os.path.samestat(self._part.stat(), os.fstat(self._file.fileno())):
                raise BlockingIOError  # between the two, another process put its file in its place
        except BlockingIOError as error:
            self._open.close()
            raise FetchError(f"{self._path} is being fetched by another process", "", permanent=False) from error
        except OSError as error:
            raise _unwritable(self._path, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.n_bytes:  # nothing came
            self._part.unlink(missing_ok=True)
        self._open.close()

    @property
    def n_bytes(self) -> int:
        """How much has come."""
        return os.fstat(self._file.fileno()).st_size

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers that ask for the rest, or for all if the file has changed (If-Range, RFC 9110, 13.1.5)."""
        whole = {"accept-encoding": "identity"}
        version = self._version(url)
        if not self.n_bytes or not version:
            return whole
        return {**whole, "range": f"bytes={self.n_bytes}-", "if-range": version}

    def take(self, url: str, answer: httpx.Response, extend: Callable[[float], None], keep: Callable[[], None]) -> None:
        """Write an answer to disk; when it is whole, put it in its place. Raises FetchError, and what reading raises.

        Args:
            url: what was asked, by which a later call knows its own.
            answer: 200 with all, 206 with the rest, or 416 when there is no rest.
            extend: told how many seconds more reading may take.
            keep: called after each piece.
        """
        try:
            total = self._place(url, answer)
            if answer.status_code != 416:
                self._write(answer, url, extend, keep)
            if total is not None and self.n_bytes != total:
                self._file.truncate(min(self.n_bytes, total))
                raise _failure(url, f"ended after {self.n_bytes:,} of {total:,} bytes", permanent=False)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._part.replace(self._path)
            self._about.unlink(missing_ok=True)
            sync(self._path.parent)
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def _place(self, url: str, answer: httpx.Response) -> int | None:
        """Make ready for what comes, and return how large the file will be; None when that is not said."""
        found = _RANGE.match(answer.headers.get("content-range", ""))
        total = int(found[2]) if found and found[2] != "*" else None
        if answer.status_code == 206 and found and found[1] and int(found[1]) == self.n_bytes:
            return total
        if answer.status_code == 416 and total is not None and total == self.n_bytes and self._version(url):
            return total
        self._file.truncate(0)
        self._about.unlink(missing_ok=True)
        if answer.status_code != 200:
            raise _failure(url, "sent another part than was asked for", permanent=False)
        version = _version_of(answer)
        if version:
            with written_whole(self._about) as file:
                file.write(json.dumps({"url": _digest(url), "version": version}).encode())
        length = answer.headers.get("content-length", "")
        return int(length) if length.isdigit() else None

    def _write(
        self, answer: httpx.Response, url: str, extend: Callable[[float], None], keep: Callable[[], None]
    ) -> None:
        assert isinstance(answer.stream, Iterable)
        n_bytes = n_timed = self.n_bytes
        try:
            for piece in answer.stream:
                n_bytes += len(piece)
                if n_bytes > self._max_bytes:
                    raise _failure(url, f"is larger than {self._max_bytes:,} bytes", permanent=True)
                self._file.write(piece)
                if n_bytes - n_timed >= SLOWEST_BYTES:
                    n_timed = n_bytes
                    extend(SLOWEST_S)
                keep()
        finally:
            self._file.flush()

    def _version(self, url: str) -> str:
        """Return what names the version of the file whose beginning we have; "" when that is unknown."""
        try:
            about = json.loads(self._about.read_bytes())
            return str(about["version"]) if about["url"] == _digest(url) else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""


def _version_of(answer: httpx.Response) -> str:
    """Return an answer's strong ETag, else its date; a weak ETag does not promise the same bytes."""
    etag = answer.headers.get("etag", "")
    return str(etag if etag and not etag.startswith("W/") else answer.headers.get("last-modified", ""))


def _digest(url: str) -> str:
    return sha256(url.encode()).hexdigest()


def _failure(url: str, what: str, *, permanent: bool) -> FetchError:
    return FetchError(f"{hide_secrets(url)} {what}", httpx.URL(url).host, permanent)


def _unwritable(path: Path, error: OSError) -> FetchError:
    return FetchError(f"{path} cannot be written: {error.strerror or error}", "", permanent=False)
