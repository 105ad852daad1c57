"""PubMed's update files: each day's new, changed and deleted citations.

API: https://ftp.ncbi.nlm.nih.gov/pubmed/updatefiles/
Terms: as for `pubmed`. No key. Pace: one file at a time. A baseline appears each December (`folder = "baseline"` reads
it); update files are numbered on from it, and are read once each, in their order: of several records of a citation the
last one stands. Deletion: `DeleteCitation` in these files. Instead of `pubmed`, for a site that holds all of PubMed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from germane.harvest import Ask, LiveSource, Page, SourceError

if TYPE_CHECKING:
    from germane.fetch import Client

_FILE = re.compile(rb'href="(pubmed\d\dn\d{4}\.xml\.gz)"')


@dataclass(frozen=True)
class Live(LiveSource):
    """The files of a folder after the last one that was read."""

    NAME: ClassVar[str] = "pubmed_files"
    READER: ClassVar[str] = "pubmed"
    HAS_WINDOWS: ClassVar[bool] = False
    IS_STREAM: ClassVar[bool] = True

    base_url: str = "https://ftp.ncbi.nlm.nih.gov/pubmed"
    folder: str = "updatefiles"
    daily: bool = False

    def page(self, client: Client, ask: Ask, cursor: str) -> Page:
        """Return the next file after the one that the cursor names."""
        listing = self.get(client, ask, f"/{self.folder}/").body
        names = sorted({name.decode() for name in _FILE.findall(listing)})
        if not names:
            raise SourceError("PubMed's folder lists no files")
        left = [name for name in names if name > cursor]
        if not left:
            return Page(b"", cursor, 0, 0, is_last=True)
        url = f"{self.base_url}/{self.folder}/{left[0]}"
        return Page(b"", left[0], 0, None, file_url=url, is_last=len(left) == 1)
