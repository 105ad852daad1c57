"""OpenAlex: one work at a time, to complete articles.

API: https://developers.openalex.org
Terms: CC0; abstracts may be their publishers'. Pace: 10 a second. Without a key 1,000 look-ups a day (recorded July
2026), with a free one (`api_key`) ten times as many; its headers tell what is left. Window: none without payment, so
what is new comes from `openalex_snapshot`. Deletion: a merged work disappears (404), its number leads to the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from germane.fetch import Budget
from germane.harvest import Ask, LiveSource, Page, SourceError

if TYPE_CHECKING:
    from germane.fetch import Client


@dataclass(frozen=True)
class Live(LiveSource):
    """Single look-ups."""

    NAME: ClassVar[str] = "openalex"
    READER: ClassVar[str] = "openalex"
    LOOKS_UP: ClassVar[tuple[str, ...]] = ("doi", "pmid", "openalex")
    HAS_WINDOWS: ClassVar[bool] = False

    base_url: str = "https://api.openalex.org"
    daily: bool = False
    pace_s: float = 0.1
    api_key: str = ""

    def page(self, client: Client, ask: Ask, cursor: str) -> Page:
        """Return one work."""
        if not ask.ids:
            raise SourceError("OpenAlex gives works by name only: --ids, or openalex_snapshot", permanent=True)
        at = int(cursor or 0)
        name = ask.ids[at].removeprefix("openalex:")
        after = str(at + 1) if at + 1 < len(ask.ids) else ""
        asked = {"api_key": self.api_key, "mailto": self.email}
        answer = self.get(client, ask, f"/works/{quote(name, safe=':/')}", asked, allow=(404,))
        return Page(b"", after) if answer.status == 404 else Page(answer.body, after, 1)

    def budgets(self) -> tuple[Budget, ...]:
        """Return the calls of a day that are free."""
        return (Budget(10_000 if self.api_key else 1_000, "day"),)
