"""Steering similar articles: what an address asks for, and the addresses of every other choice.

Nothing of it is remembered: the state stands in the address, so the page is the same bytes for everybody.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict
from msgspec import Struct
from msgspec.structs import replace

from germane.relate.similar import Steering
from germane.web.catalog import queries
from germane.web.catalog.rows import Line, Phrase

STEPS: Mapping[str, Mapping[int, str]] = {
    "recency": {-2: "Much earlier", -1: "Earlier", 0: "Of any age", 1: "More recent", 2: "Much more recent"},
    "nearness": {-2: "Much farther", -1: "Farther", 0: "As near as found", 1: "Nearer", 2: "Much nearer"},
}
_LAST = 2  # steps either way
MAX_EXCLUDED = 5  # of each kind
_MAX_NAME = 100
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


class Excluded(Struct, frozen=True):
    """A venue, an author or a topic that is left out: as the address names it, and as people do."""

    kind: str  # "venue", "author" or "topic"
    value: str  # a slug, or an author's name
    name: str
    venue_id: int = 0


class Steered(Struct, frozen=True):
    """What an address asks for, checked."""

    recency: int = 0  # -2..2
    nearness: int = 0
    excluded: tuple[Excluded, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Tell whether nothing is asked for: then the list that everybody gets first is shown."""
        return self == Steered()

    def fields(self) -> list[tuple[str, str]]:
        """Return the fields of the address; those that ask for nothing are left out."""
        steps = [(name, getattr(self, name)) for name in STEPS]
        return [(name, str(step)) for name, step in steps if step] + [(f"not-{x.kind}", x.value) for x in self.excluded]


class Choice(NamedTuple):
    """A link that changes one thing."""

    name: str
    address: str


def read_steering(given: QueryDict) -> Steered:
    """Return what an address asks for. What cannot be understood asks for nothing: no address is an error."""
    excluded = [
        found
        for kind in _FIND
        for value in dict.fromkeys(given.getlist(f"not-{kind}")[:MAX_EXCLUDED])
        if (found := find_excluded(kind, value))
    ]
    return Steered(_step(given.get("recency", "")), _step(given.get("nearness", "")), tuple(excluded))


def steering_of(steered: Steered) -> Steering:
    """Return what the ranking takes."""
    return Steering(
        recency=steered.recency / _LAST,
        nearness=steered.nearness / _LAST,
        excluded_venue_ids=tuple(x.venue_id for x in steered.excluded if x.kind == "venue"),
        excluded_authors=tuple(x.name for x in steered.excluded if x.kind == "author"),
        excluded_topics=tuple(x.name for x in steered.excluded if x.kind == "topic"),
    )


def address_of(address: str, steered: Steered) -> str:
    """Return the address of a state; `address` is that of the plain list."""
    fields = steered.fields()
    return f"{address}?{urlencode(fields)}" if fields else address


def removals(address: str, steered: Steered) -> list[Choice]:
    """Return what is asked for, each with the address without it."""
    choices = [
        Choice(words, address_of(address, replace(steered, **{name: 0})))
        for name in STEPS
        if (words := STEPS[name][getattr(steered, name)]) != STEPS[name][0]
    ]
    for x in steered.excluded:
        rest = tuple(y for y in steered.excluded if y != x)
        choices.append(Choice(f"Without {x.name}", address_of(address, replace(steered, excluded=rest))))
    return choices


def exclusions(address: str, steered: Steered, line: Line, phrases: Sequence[Phrase]) -> list[Choice]:
    """Return what can be left out because of one article in the list: its venue, its first author, its topics."""
    return [
        Choice(f"{x.kind} {x.name}", address_of(address, replace(steered, excluded=(*steered.excluded, x))))
        for x in offered(line, phrases)
        if sum(y.kind == x.kind for y in steered.excluded) < MAX_EXCLUDED
    ]


def offered(line: Line, phrases: Sequence[Phrase]) -> list[Excluded]:
    """Return what can be left out because of an article: its venue, its first author, its first topics."""
    found = [Excluded("venue", line.venue_slug, line.venue)] if line.venue_slug else []
    first = line.byline.split(", ")[0].partition(" and ")[0].strip()
    found += [Excluded("author", first, first)] if first and len(first) <= _MAX_NAME else []
    return found + [Excluded("topic", phrase.slug, phrase.phrase) for phrase in phrases[:2]]


def find_excluded(kind: str, value: str) -> Excluded | None:
    """Return the venue, author or topic of a kind and a value as an address has them; None when there is no such."""
    return _FIND[kind](_CONTROLS.sub(" ", value).strip()[:_MAX_NAME]) if kind in _FIND else None


def _venue(slug: str) -> Excluded | None:
    found = queries.find_venue(slug) if slug else None
    return Excluded("venue", found.slug, found.name, found.id) if found else None


def _author(name: str) -> Excluded | None:
    return Excluded("author", name, name) if any(c.isalpha() for c in name) else None


def _topic(slug: str) -> Excluded | None:
    found = queries.find_keyphrase(slug) if slug else None
    return Excluded("topic", found.slug, found.name) if found else None


_FIND = {"venue": _venue, "author": _author, "topic": _topic}


def _step(text: str) -> int:
    return int(text) if re.fullmatch(r"-?[012]", text) else 0
