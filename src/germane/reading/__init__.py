"""Open any file of records and cut it into pieces, in constant memory, whatever is wrong with it.

`opening` finds files and turns their bytes into text; `xml`, `json` and `lines` cut that text into pieces.
"""

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

MAX_PIECE_CHARS = 16_000_000  # a larger record is a reject: no real one comes near (the longest author lists are 1 MB)


class Piece(Struct, frozen=True):
    """One record's text, cut out of its file. With `error` set it cannot be parsed and becomes a reject."""

    position: int  # ordinal in the file, from 1
    offset: int  # characters from the start of the decoded text
    text: str  # self-contained; at most the first 64 kB of it when `error` is set
    error: str = ""
    line: int = 0  # line of the file where it starts, from 1; 0: unknown


class ReadingError(Exception):
    """A file that cannot be read any further (truncated gzip, an I/O error). What was read before it stands."""

    permanent = True


class Text(Protocol):
    """A decoded, forward-only stream of characters; see `germane.reading.opening.open_text`."""

    @property
    def head(self) -> str:
        """The first 64 kB, which reading does not consume."""
        ...

    def chunks(self) -> Iterator[str]:
        """Yield the text from its start, in chunks of about 256 kB.

        Raises ReadingError when the rest cannot be had.
        """
        ...
