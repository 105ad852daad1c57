"""arXiv: preprints.

API: https://info.arxiv.org/help/oa/ and https://info.arxiv.org/help/api/
Terms: metadata, abstracts included, are CC0; each preprint has its own licence. No key. Pace: one request every three
seconds, one at a time. Window: OAI-PMH's datestamp, the day on which the metadata changed; arXiv is brought up to date
once a day. Look-back: two days. Deletion: OAI-PMH headers with status "deleted".

Traps: an error of the API is an entry titled "Error" with status 200; who asks too fast gets `Rate exceeded.`, also
with 200; a resumption token lives for some hours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from germane.fetch import HostPolicy
from germane.harvest import Ask, LiveSource, Page, SourceError, StaleCursor, some_at_a_time

if TYPE_CHECKING:
    from germane.fetch import Answer, Client

_ERROR = re.compile(rb'<error\s+code="([^"]*)"[^>]*>([^<]*)')
_TOKEN = re.compile(rb"<resumptionToken([^>]*)>([^<]*)</resumptionToken>")
_SIZE = re.compile(rb'completeListSize="(\d+)"')
_API_ERROR = re.compile(rb"<id>https?://arxiv\.org/api/errors.*?<summary>([^<]*)", re.DOTALL)


@dataclass(frozen=True)
class Live(LiveSource):
    """arXiv by OAI-PMH, and by number through its API. `set_name` narrows it ("cs", "physics:hep-th")."""

    NAME: ClassVar[str] = "arxiv"
    READER: ClassVar[str] = "arxiv"
    LOOKS_UP: ClassVar[tuple[str, ...]] = ("arxiv",)
    CURSOR_S: ClassVar[float] = 3600.0

    base_url: str = "https://oaipmh.arxiv.org"
    api_url: str = "https://export.arxiv.org"
    pace_s: float = 3.0
    look_back_days: int = 2
    set_name: str = ""

    def page(self, client: Client, ask: Ask, cursor: str) -> Page:
        """Return some records of OAI-PMH, or entries of the API."""
        if ask.ids:
            return self._some(client, ask, cursor)
        if cursor:
            asked = {"verb": "ListRecords", "resumptionToken": cursor}
        else:
            asked = {"verb": "ListRecords", "metadataPrefix": "arXiv", "set": ask.query or self.set_name}
            asked |= {"from": ask.window.since, "until": ask.window.until}
        answer = self.get(client, ask, "/oai", asked)
        body = self._checked(client, answer)
        if error := _ERROR.search(body[:4096]):
            code, told = error[1].decode(), error[2].decode("utf-8", "replace").strip()
            if code == "noRecordsMatch":
                return Page(b"", "", 0, 0)
            failure = StaleCursor if code == "badResumptionToken" else SourceError
            raise failure(f"arXiv answered: {told or code}", permanent=code in ("badArgument", "noSetHierarchy"))
        if b"</OAI-PMH>" not in body:
            raise SourceError("arXiv's answer was cut off")
        token = _TOKEN.search(body)
        size = _SIZE.search(token[1]) if token else None
        n = body.count(b"<record>")
        return Page(body if n else b"", token[2].decode().strip() if token else "", n, int(size[1]) if size else None)

    def policies(self) -> Mapping[str, HostPolicy]:
        """Return the pace of both hosts."""
        policy = HostPolicy(self.pace_s, self.concurrency)
        return {urlsplit(url).netloc: policy for url in (self.base_url, self.api_url)}

    def _some(self, client: Client, ask: Ask, cursor: str) -> Page:
        numbers, after = some_at_a_time(ask, cursor, 50)
        answer = client.get(
            f"{self.api_url}/api/query",
            params={"id_list": ",".join(numbers), "max_results": str(len(numbers))},
            priority="interactive" if ask.is_urgent else "background",
        )
        body = self._checked(client, answer)
        if error := _API_ERROR.search(body):
            raise SourceError(f"arXiv answered: {error[1].decode('utf-8', 'replace')}", permanent=True)
        if b"</feed>" not in body:
            raise SourceError("arXiv's answer was cut off")
        n = body.count(b"<entry>")
        return Page(body if n else b"", after, n)

    def _checked(self, client: Client, answer: Answer) -> bytes:
        if answer.body[:64].strip() == b"Rate exceeded.":
            told = "arXiv says that it was asked too often"
            client.hold(answer.asked_url, 60, told)
            raise SourceError(told)
        return answer.body
