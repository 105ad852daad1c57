"""Where the collections lie: the development parts, and a held-out folder of the same layout that may take their place.

Training, statistics and corpora always come from the development folder; what is asked (queries, claims, readers,
texts with keyphrases) comes from the held-out folder when there is one.
"""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct


class Missing(Exception):  # noqa: N818 (a file that is not there is no error of ours)
    """A collection is not there; the message names the file."""


class Collections(Struct, frozen=True):
    """The folders. Items and articles lie beside them, as `../items` and `../articles`."""

    development: Path
    held_out: Path | None = None

    @property
    def is_held_out(self) -> bool:
        """Tell whether data is asked that we never trained on."""
        return self.held_out is not None

    def known(self, name: str) -> Path:
        """Return a development file, for training, statistics and corpora. Raises Missing."""
        return _existing(self.development / name)

    def asked(self, name: str) -> Path:
        """Return the file to be evaluated: the held-out one when there is such a folder. Raises Missing."""
        return _existing((self.held_out or self.development) / name)


def find_collections(collections: Path | None = None, held_out: Path | None = None) -> Collections:
    """Return the folders; without `collections`, those under GERMANE_SHARED. Raises Missing for one that is absent."""
    development = collections or Path(os.environ.get("GERMANE_SHARED") or "../shared") / "data" / "collections"
    for folder in filter(None, (development, held_out)):
        if not folder.is_dir():
            raise Missing(f"there is no folder {folder}")
    return Collections(development, held_out)


def read_lines(path: Path) -> Iterator[str]:
    """Give a gzipped text file's lines, without their ends."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n")


def read_rows(path: Path) -> Iterator[Any]:
    """Give the objects of a gzipped file of JSON lines."""
    with gzip.open(path) as file:
        for line in file:
            yield msgspec.json.decode(line)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise Missing(f"there is no {path}")
    return path
