"""What a request brings: an answer, or an error that says whether trying again can help."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

# An api is asked as its terms say; a page is made for people, so robots.txt is obeyed; a file is large and lies still.
Kind = Literal["api", "page", "file"]
# Interactive is somebody who waits; a part of each budget is kept for those.
Priority = Literal["background", "interactive"]

_TOLD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `body` is decoded (no gzip) and complete; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str  # where redirects led
    asked_url: str
    fetched_at: datetime
    is_unchanged: bool = False  # the server said 304: what the caller has is still so, and `body` is empty


@dataclass(slots=True, eq=False)
class FetchError(Exception):
    """A request that brought nothing. Its text is a sentence for people, and holds no secret.

    `permanent`: trying the same again cannot help. `retry_at`: before then it cannot help either; None is unknown.
    `status` and `body` (at most 4 KB, decoded) are there when the server answered.
    """

    message: str
    host: str
    permanent: bool
    retry_at: datetime | None = None
    status: int | None = None
    body: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        self.body = self.body[:_TOLD_BYTES]
        # All of it, so that the error can travel between processes.
        Exception.__init__(self, self.message, self.host, self.permanent, self.retry_at, self.status, self.body)

    def __str__(self) -> str:
        return self.message


def as_time(moment: float) -> datetime:
    """Return seconds since 1970 as an aware moment."""
    return datetime.fromtimestamp(moment, UTC)


def hide_secrets(url: str) -> str:
    """Return an address as it may stand in logs and errors: no user, and of the query only names of fields."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    fields = "&".join(f"{pair.partition('=')[0]}=…" if "=" in pair else "…" for pair in parts.query.split("&") if pair)
    return urlunsplit((parts.scheme, host, parts.path, fields, ""))
