"""OpenAlex's snapshot: all works, by the day on which they changed last.

API: https://developers.openalex.org/download
Terms: CC0; abstracts may be their publishers'. No key; anonymous. About 330 GB, renewed each quarter (daily for who
pays): never a part of `germane harvest all` unless its settings say `daily = true`. A work is in exactly one
partition, that of the day of its last change: we read partitions newer than the last one that was read.
Pace: one file at a time. Deletion: none here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import msgspec

from germane.harvest import Ask, LiveSource, Page, read_envelope

if TYPE_CHECKING:
    from germane.fetch import Client

_PART = re.compile(r"/works/(updated_date=(\d{4}-\d\d-\d\d)/[^/]+)$")


class _Meta(msgspec.Struct):
    record_count: int = 0


class _Entry(msgspec.Struct):
    url: str
    meta: _Meta = msgspec.field(default_factory=_Meta)


class _Manifest(msgspec.Struct):
    entries: list[_Entry]


@dataclass(frozen=True)
class Live(LiveSource):
    """The snapshot's files, oldest first. `since` (YYYY-MM-DD) leaves out partitions of before."""

    NAME: ClassVar[str] = "openalex_snapshot"
    READER: ClassVar[str] = "openalex"
    HAS_WINDOWS: ClassVar[bool] = False
    IS_STREAM: ClassVar[bool] = True

    base_url: str = "https://openalex.s3.amazonaws.com/data/jsonl/works"  # the older layout is data/works
    manifest: str = "manifest"
    daily: bool = False
    since: str = ""

    def page(self, client: Client, ask: Ask, cursor: str) -> Page:
        """Return the next file after the one that the cursor names."""
        answer = self.get(client, ask, f"/{self.manifest}")
        entries = read_envelope(answer.body, _Manifest, "OpenAlex").entries
        parts = sorted((found[1], e) for e in entries if (found := _PART.search(urlsplit(e.url).path)))
        first = max(self.since, ask.window.since)
        left = [(name, e) for name, e in parts if name > cursor and name[13:23] >= first]
        if not left:
            return Page(b"", cursor, 0, 0, is_last=True)
        name, entry = left[0]
        url = f"{self.base_url}/{name}"
        return Page(b"", name, entry.meta.record_count, None, file_url=url, is_last=len(left) == 1)
