"""Where the collections lie: the development parts, and a held-out folder of the same layout that may take their place.

Training, statistics and corpora always come from the development folder; what is asked (queries, claims, readers,
texts with keyphrases) comes from the held-out folder when there is one.
"""

import gzip
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct


class Missing(Exception):  # noqa: N818 (a file that is not there is no error of ours)
    """A collection is not there; the message names the file."""


class Malformed(ValueError):  # noqa: N818 (it is the file that is malformed)
    """A file cannot be read; the message names it, and the line."""


class Row(dict[str, Any]):
    """One object of a file. A field that it lacks is told with the file and the line."""

    def __init__(self, fields: Mapping[str, Any], place: str) -> None:
        super().__init__(fields)
        self._place = place

    def __missing__(self, name: str) -> Any:
        raise Malformed(f"{self._place} has no field {name!r}")


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
    """Give a gzipped text file's lines, without their ends. Raises Malformed."""
    n_read = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
            for n_read, line in enumerate(file, 1):  # noqa: B007 (how far it was read is told)
                yield line.rstrip("\r\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise Malformed(f"{path} cannot be read after line {n_read}: {error}") from error


def read_rows(path: Path) -> Iterator[Row]:
    """Give the objects of a gzipped file of JSON lines, one a line; empty lines are passed over. Raises Malformed."""
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            found = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            raise Malformed(f"{place} is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise Malformed(f"{place} is no JSON object")
        yield Row(found, place)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise Missing(f"there is no {path}")
    return path
