"""PubMed by E-utilities: what changed in some days, or some numbers.

API: https://www.ncbi.nlm.nih.gov/books/NBK25499/
Terms: NLM asks for attribution, and to say that it does not endorse; abstracts may be their publishers'. No key: 3
requests a second; a free one (`api_key`): 10. Window: `mdat`, the day on which a citation changed. Look-back: two days.
Deletion: not told here, but in the update files (`pubmed_files`).

A search keeps its result on the server for some hours ("history"), of which at most 10,000 are given: a window with
more is asked for in halves. Where a single day has more, take the update files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import msgspec

from germane.fetch import Budget
from germane.harvest import (
    Ask,
    LiveSource,
    Page,
    SourceError,
    StaleCursor,
    TooMany,
    read_envelope,
    some_at_a_time,
)

if TYPE_CHECKING:
    from germane.fetch import Client

_MOST = 9_999
_NO_RECORDS = re.compile(rb"<ERROR>(.*?)</ERROR>|<eFetchResult>\s*<error>(.*?)</error>", re.IGNORECASE | re.DOTALL)


class _Result(msgspec.Struct):
    count: int | str = 0
    webenv: str = ""
    querykey: str = ""
    ERROR: str = ""


class _Search(msgspec.Struct):
    esearchresult: _Result = msgspec.field(default_factory=_Result)
    error: str = ""


class _Place(msgspec.Struct, array_like=True):
    """Where we are in a search that the server remembers."""

    webenv: str
    key: str
    start: int
    total: int


@dataclass(frozen=True)
class Live(LiveSource):
    """E-utilities. `api_key`: NCBI's own, free."""

    NAME: ClassVar[str] = "pubmed"
    READER: ClassVar[str] = "pubmed"
    LOOKS_UP: ClassVar[tuple[str, ...]] = ("pmid", "doi")
    CURSOR_S: ClassVar[float] = 3600.0

    base_url: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    page_size: int = 500
    pace_s: float = 0.34
    look_back_days: int = 2
    api_key: str = ""
    by: str = "mdat"  # or "edat" (when it came into PubMed), "pdat" (when it was published)

    def page(self, client: Client, ask: Ask, cursor: str) -> Page:
        """Return some citations."""
        if ask.ids and all(key.startswith("pmid:") for key in ask.ids):
            pmids, after = some_at_a_time(ask, cursor, 200)
            return self._fetch(client, ask, {"id": ",".join(pmids)}, len(pmids), after, len(ask.ids))
        place = msgspec.json.decode(cursor, type=_Place) if cursor else self._search(client, ask)
        if not place.total:
            return Page(b"", "", 0, 0)
        n = min(self.page_size, place.total - place.start)
        asked: dict[str, str | int] = {
            "WebEnv": place.webenv,
            "query_key": place.key,
            "retstart": place.start,
            "retmax": n,
        }
        there = _Place(place.webenv, place.key, place.start + n, place.total)
        after = msgspec.json.encode(there).decode() if there.start < there.total else ""
        return self._fetch(client, ask, asked, n, after, place.total)

    def budgets(self) -> tuple[Budget, ...]:
        """Return 3 a second, 10 with a key."""
        return (Budget(10 if self.api_key else 3, 1.0),)

    def _who(self) -> dict[str, str]:
        return {"tool": "germane", "email": self.email, "api_key": self.api_key}

    def _search(self, client: Client, ask: Ask) -> _Place:
        window = ask.window
        dois = [f'"{key.partition(":")[2]}"[doi]' for key in ask.ids if key.startswith("doi:")]
        pmids = [f"{key.partition(':')[2]}[uid]" for key in ask.ids if key.startswith("pmid:")]
        term = " OR ".join([*dois, *pmids]) or ask.query or "all[sb]"
        asked: dict[str, str | int] = {"db": "pubmed", "term": term, "usehistory": "y", "retmode": "json", "retmax": 0}
        if window.since:
            asked |= {
                "datetype": self.by,
                "mindate": window.since.replace("-", "/"),
                "maxdate": window.until.replace("-", "/"),
            }
        answer = self.get(client, ask, "/esearch.fcgi", asked | self._who())
        search = read_envelope(answer.body, _Search, "PubMed")
        result = search.esearchresult
        if told := search.error or result.ERROR:
            raise SourceError(f"PubMed answered: {told}")
        total = int(result.count)
        if total > _MOST:
            raise TooMany(
                f"PubMed has {total:,} citations there, and gives {_MOST:,} at most; narrow it with --query,"
                " or take its files: germane harvest pubmed_files",
                permanent=True,
            )
        return _Place(result.webenv, result.querykey, 0, total)

    def _fetch(self, client: Client, ask: Ask, asked: dict[str, str | int], n: int, after: str, total: int) -> Page:
        answer = self.get(client, ask, "/efetch.fcgi", {"db": "pubmed", "retmode": "xml"} | asked | self._who())
        if b"<Pubmed" not in answer.body:
            told = _NO_RECORDS.search(answer.body)
            reason = (told[1] or told[2]).decode("utf-8", "replace") if told else "an answer without citations"
            if "WebEnv" in asked:
                raise StaleCursor(f"PubMed answered: {reason}")
            raise SourceError(f"PubMed answered: {reason}")
        if b"</PubmedArticleSet>" not in answer.body:
            raise SourceError("PubMed's answer was cut off")
        return Page(answer.body, after, n, total)
