"""bioRxiv: preprints of biology, with their versions.

API: https://api.biorxiv.org/ (`medrxiv` is the same for medicine)
Terms: metadata free to use; each preprint has its own licence. No key. Pace: none is published; one a second.
Window: the day on which a version was posted, both days inclusive; narrow ones (a day). Look-back: two days.
Deletion: none is told; withdrawn preprints keep their record.

Traps: a page has 30 versions, or fewer, and a cursor out of step leaves out records without a word: we go on by the
number that came. `total` counts versions. A wrong server is an empty answer with status 200.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

import msgspec

from germane.harvest import Ask, LiveSource, Page, SourceError, one_at_a_time, read_envelope

if TYPE_CHECKING:
    from germane.fetch import Client


class _Message(msgspec.Struct):
    status: str = ""
    total: int | str | None = None


class _Answer(msgspec.Struct):
    messages: list[_Message] = []
    collection: list[msgspec.Raw] = []


@dataclass(frozen=True)
class Live(LiveSource):
    """The details of preprints of one server."""

    NAME: ClassVar[str] = "biorxiv"
    READER: ClassVar[str] = "biorxiv"
    LOOKS_UP: ClassVar[tuple[str, ...]] = ("doi",)
    SERVER: ClassVar[str] = "biorxiv"

    base_url: str = "https://api.biorxiv.org"
    look_back_days: int = 2

    def page(self, client: Client, ask: Ask, cursor: str) -> Page:
        """Return some versions of preprints."""
        if ask.ids:
            doi, after = one_at_a_time(ask, cursor)
            if not doi.startswith(("10.1101/", "10.64898/")):
                return Page(b"", after)
            body, answer = self._details(client, ask, quote(doi, safe="/"), "na")
            n = len(answer.collection)
            return Page(body if n else b"", after, n)
        at = int(cursor or 0)
        body, answer = self._details(client, ask, f"{ask.window.since}/{ask.window.until}", str(at))
        n = len(answer.collection)
        told = answer.messages[0].total if answer.messages else None
        total = int(told) if told not in (None, "") else 0
        return Page(body if n else b"", str(at + n) if n and at + n < total else "", n, total)

    def _details(self, client: Client, ask: Ask, what: str, cursor: str) -> tuple[bytes, _Answer]:
        answer = self.get(client, ask, f"/details/{self.SERVER}/{what}/{cursor}/json")
        read: _Answer = read_envelope(answer.body, _Answer, self.SERVER)
        status = read.messages[0].status if read.messages else ""
        if not read.collection and status not in ("ok", "") and not status.startswith("no posts found"):
            raise SourceError(f"{self.SERVER} answered: {status}")
        return answer.body, read
