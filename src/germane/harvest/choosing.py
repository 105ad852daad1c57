"""The sources by their names, with the settings that an operator gave them."""

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any

from germane.harvest import LiveSource

SOURCES = (
    "crossref",
    "pubmed",
    "pubmed_files",
    "europepmc",
    "arxiv",
    "biorxiv",
    "medrxiv",
    "openalex",
    "openalex_snapshot",
    "datacite",
)


class UnknownSource(ValueError):  # noqa: N818
    """A name that no source has, or a setting that a source has not. The message tells people what would do."""

    permanent = True


def load_source(name: str, settings: Mapping[str, Any] | None = None, email: str = "") -> LiveSource:
    """Return a source with its settings. Raises UnknownSource."""
    if name not in SOURCES:
        raise UnknownSource(f"there is no source called {name!r}; known are {', '.join(SOURCES)}")
    live: type[LiveSource] = import_module(f"germane.harvest.{name}").Live
    given = dict(settings or {})
    known = {field.name: type(field.default) for field in fields(live)}
    for setting, value in given.items():
        if setting not in known:
            raise UnknownSource(f"{name} has no setting {setting!r}; it has {', '.join(known)}")
        if type(value) is int and known[setting] is float:
            given[setting] = float(value)
        elif type(value) is not known[setting]:
            raise UnknownSource(f"{name}: {setting} = {value!r} should be a {known[setting].__name__}")
    return live(**{"email": email if "@" in email else ""} | given)


def load_sources(settings: Mapping[str, Mapping[str, Any]] | None = None, email: str = "") -> list[LiveSource]:
    """Return all sources, in the order in which they are asked. Raises UnknownSource."""
    given = settings or {}
    for name in given:
        load_source(name)
    return [load_source(name, given.get(name), email) for name in SOURCES]
