"""Connectors to where articles come from; one file each, named by its module's name.

A source that reads files is a module with the four names of `Reader`. It is chosen by content: `sniff` is asked in
the order of `germane.connectors.READERS`, and the first that says yes reads the file.
"""

from collections.abc import Iterator
from typing import Protocol

from germane.article import Deletion, Record
from germane.item import Item
from germane.reading import Piece, Text

Entry = Record | Deletion | Item


class ParseError(ValueError):
    """A piece that cannot be understood. The message tells people what is wrong; trying again cannot help."""

    permanent = True


class Reader(Protocol):
    """What a source's module offers to `germane import`."""

    NAME: str
    """The connector's name: its module's, and the `source` of its records."""

    def sniff(self, head: str) -> bool:
        """Tell whether a file that begins with `head` (up to 64 kB, decoded, no BOM) is in this source's format."""
        ...

    def split(self, text: Text) -> Iterator[Piece]:
        """Yield one self-contained piece per record, in order, in constant memory; broken pieces carry an error.

        The pieces before and after a broken one are always yielded.
        """
        ...

    def parse(self, piece: str) -> list[Entry]:
        """Return what one piece says (usually one record). Pure: no clock, no I/O.

        Raises ParseError when it cannot be understood; any other exception is a defect.
        """
        ...
