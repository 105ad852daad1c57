"""DataCite: preprints, reports, theses, data and software with a DOI.

API: https://support.datacite.org/docs/api
Terms: CC0. No key. Pace: 3,000 requests in five minutes at most, fewer without a mail address: one a second.
Window: `updated`. Look-back: a day. Deletion: none is told; a hidden DOI is no longer found.

Kinds of works are told by `types.resourceTypeGeneral` only, so that datasets stay out unless `types` names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

import msgspec

from germane.fetch import Budget
from germane.harvest import Ask, LiveSource, Page, one_at_a_time, read_envelope

if TYPE_CHECKING:
    from germane.fetch import Client


class _Meta(msgspec.Struct):
    total: int | None = None


class _Links(msgspec.Struct):
    next: str | None = None


class _Answer(msgspec.Struct):
    data: list[msgspec.Raw]
    meta: _Meta = msgspec.field(default_factory=_Meta)
    links: _Links = msgspec.field(default_factory=_Links)


@dataclass(frozen=True)
class Live(LiveSource):
    """DataCite's REST API."""

    NAME: ClassVar[str] = "datacite"
    READER: ClassVar[str] = "datacite"
    LOOKS_UP: ClassVar[tuple[str, ...]] = ("doi",)

    base_url: str = "https://api.datacite.org"
    daily: bool = False
    page_size: int = 500
    types: str = "JournalArticle OR Preprint OR ConferencePaper OR DataPaper OR Report OR Dissertation"

    def page(self, client: Client, ask: Ask, cursor: str) -> Page:
        """Return a page of DOIs, or one."""
        if ask.ids:
            doi, after = one_at_a_time(ask, cursor)
            answer = self.get(client, ask, f"/dois/{quote(doi, safe='/')}", allow=(404,))
            return Page(b"", after) if answer.status == 404 else Page(answer.body, after, 1)
        window = ask.window
        parts = [
            f"updated:[{window.since}T00:00:00Z TO {window.until}T23:59:59Z]" if window.since else "",
            f"types.resourceTypeGeneral:({self.types})" if self.types else "",
            f"({ask.query})" if ask.query else "",
        ]
        asked: dict[str, str | int] = {
            "query": " AND ".join(filter(None, parts)),
            "page[size]": self.page_size,
            "page[cursor]": cursor or "1",
            "mailto": self.email,
        }
        answer = self.get(client, ask, "/dois", asked)
        read = read_envelope(answer.body, _Answer, "DataCite")
        after = parse_qs(urlsplit(read.links.next or "").query).get("page[cursor]", [""])[0]
        n = len(read.data)
        return Page(answer.body if n else b"", after if n else "", n, read.meta.total)

    def budgets(self) -> tuple[Budget, ...]:
        """Return the limit of five minutes for who says a mail address, or none."""
        return (Budget(900 if self.email else 450, 300.0),)
