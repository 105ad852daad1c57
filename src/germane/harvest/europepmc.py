"""Europe PMC: life sciences, preprints and their full text.

API: https://europepmc.org/RestfulWebService
Terms: metadata free to use; an abstract may be its publisher's. No key. Pace: no limit is published; one at a
time, two a second. Window: `UPDATE_DATE`. Look-back: two days. Deletion: none is told.

Errors come with status 200 and `errCode`; the end is a page without results, or the cursor that was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import msgspec

from germane.harvest import Ask, LiveSource, Page, SourceError, read_envelope, some_at_a_time

if TYPE_CHECKING:
    from germane.fetch import Client

_FIELDS = {"doi": "DOI", "pmid": "EXT_ID", "pmcid": "PMCID"}


class _Results(msgspec.Struct):
    result: list[msgspec.Raw] = []


class _Answer(msgspec.Struct, rename="camel"):
    hit_count: int | None = None
    next_cursor_mark: str = ""
    result_list: _Results = msgspec.field(default_factory=_Results)
    err_code: int | str | None = None
    err_msg: str = ""


@dataclass(frozen=True)
class Live(LiveSource):
    """Europe PMC's search."""

    NAME: ClassVar[str] = "europepmc"
    READER: ClassVar[str] = "europepmc"
    LOOKS_UP: ClassVar[tuple[str, ...]] = ("doi", "pmid", "pmcid")

    base_url: str = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    daily: bool = False  # much of it is PubMed's
    page_size: int = 1000
    pace_s: float = 0.5
    look_back_days: int = 2
    by: str = "UPDATE_DATE"  # or "CREATION_DATE", "FIRST_PDATE" (when it was published)

    def page(self, client: Client, ask: Ask, cursor: str) -> Page:
        """Return a page of results."""
        if ask.ids:
            return self._some(client, ask, cursor)
        window = ask.window
        days = f"{self.by}:[{window.since} TO {window.until}]" if window.since else ""
        query = " AND ".join(part for part in (f"({ask.query})" if ask.query else "", days) if part)
        body, answer = self._search(client, ask, query, cursor or "*")
        n = len(answer.result_list.result)
        is_last = not n or answer.next_cursor_mark in ("", cursor)
        return Page(body if n else b"", "" if is_last else answer.next_cursor_mark, n, answer.hit_count)

    def _some(self, client: Client, ask: Ask, cursor: str) -> Page:
        keys = {key.partition(":")[2]: key.partition(":")[0] for key in ask.ids}
        values, after = some_at_a_time(ask, cursor, 20)
        query = " OR ".join(f'{_FIELDS[keys[value]]}:"{value}"' for value in values)
        body, answer = self._search(client, ask, query, "*")
        n = len(answer.result_list.result)
        return Page(body if n else b"", after, n)

    def _search(self, client: Client, ask: Ask, query: str, cursor: str) -> tuple[bytes, _Answer]:
        asked = {"query": query, "format": "json", "resultType": "core", "cursorMark": cursor}
        answer = self.get(client, ask, "/search", {**asked, "pageSize": self.page_size, "email": self.email})
        read: _Answer = read_envelope(answer.body, _Answer, "Europe PMC")
        if read.err_code is not None:
            told = f"Europe PMC answered: error {read.err_code}, {read.err_msg or 'without a reason'}"
            client.blame(answer.asked_url, told)
            raise SourceError(told)
        return answer.body, read
