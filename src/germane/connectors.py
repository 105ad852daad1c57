"""Find a connector by its name, and the reader of a file by its beginning. A connector's name is its module's name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:  # the contract stands above this layer; at run time only names are needed
    from germane.sources import Reader

# Asked in this order, the most particular formats first.
READERS = (
    "germane",
    "pubmed",
    "jats",
    "arxiv",
    "biorxiv",
    "crossref",
    "openalex",
    "europepmc",
    "datacite",
    "csl",
    "nbib",
    "ris",
    "bibtex",
)


class UnknownConnector(ValueError):  # noqa: N818
    """A name that no connector has. Trying again cannot help."""

    permanent = True


@cache
def load_reader(name: str) -> Reader:
    """Return the reader of a name: one of ours ("pubmed"), or anybody's own module ("my_package.my_source")."""
    dotted = name if "." in name else f"germane.sources.{name}"
    try:
        module: ModuleType = import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name not in {dotted, dotted.partition(".")[0]}:
            raise
        raise UnknownConnector(f"there is no source called {name!r}; known are {', '.join(READERS)}") from error
    missing = [n for n in ("NAME", "sniff", "split", "parse") if not hasattr(module, n)]
    if missing:
        raise UnknownConnector(f"the module {dotted} cannot read files: it lacks {', '.join(missing)}")
    return cast("Reader", module)


def find_reader(head: str) -> Reader | None:
    """Return the reader whose format a file beginning with `head` is in, or None when nobody's."""
    return next((r for r in map(load_reader, READERS) if r.sniff(head)), None)
