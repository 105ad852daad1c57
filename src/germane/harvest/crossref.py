"""Crossref: what publishers register.

API: https://api.crossref.org/swagger-ui/
Terms: facts without any claim, free to keep and to pass on; an abstract may be its publisher's. No key; a mail address
(GERMANE_CONTACT) gives the polite pool. Pace: 10 requests a second and 3 at once there, 5 and 1 without; its headers
tell (recorded June 2026). Window: `from-index-date`, all that changed in a day, also counts of citations.
Look-back: a day. Deletion: none; what is retracted keeps its record and gains a notice.

Its cursor is a place in the server's memory, the same text on every page, that lives for five minutes: a window that
was cut off is begun again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

import msgspec

from germane.harvest import Ask, LiveSource, Page, one_at_a_time, read_envelope

if TYPE_CHECKING:
    from germane.fetch import Client


class _Message(msgspec.Struct, rename="kebab"):
    items: list[msgspec.Raw]
    total_results: int | None = None
    next_cursor: str = ""


class _Answer(msgspec.Struct):
    message: _Message


@dataclass(frozen=True)
class Live(LiveSource):
    """Crossref's REST API. `page_size` is up to 1,000."""

    NAME: ClassVar[str] = "crossref"
    READER: ClassVar[str] = "crossref"
    LOOKS_UP: ClassVar[tuple[str, ...]] = ("doi",)
    IS_SCROLL: ClassVar[bool] = True
    CURSOR_S: ClassVar[float] = 240.0

    base_url: str = "https://api.crossref.org"
    page_size: int = 1000
    pace_s: float = 0.2
    by: str = "index-date"  # or "update-date" (what publishers sent again), "created-date" (what is new)

    def page(self, client: Client, ask: Ask, cursor: str) -> Page:
        """Return a page of works, or one work."""
        if ask.ids:
            return self._one(client, ask, cursor)
        window = ask.window
        answer = self.get(
            client,
            ask,
            "/works",
            {
                "filter": f"from-{self.by}:{window.since},until-{self.by}:{window.until}" if window.since else "",
                "query": ask.query,
                "rows": self.page_size,
                "cursor": cursor or "*",
                "mailto": self.email,
            },
        )
        message = read_envelope(answer.body, _Answer, "Crossref").message
        n = len(message.items)
        return Page(answer.body if n else b"", message.next_cursor if n else "", n, message.total_results)

    def _one(self, client: Client, ask: Ask, cursor: str) -> Page:
        doi, after = one_at_a_time(ask, cursor)
        answer = self.get(client, ask, f"/works/{quote(doi, safe='')}", {"mailto": self.email}, allow=(404,))
        return Page(b"", after) if answer.status == 404 else Page(answer.body, after, 1)
