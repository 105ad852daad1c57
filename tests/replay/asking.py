"""A request and a reply, between the server and the sources that it plays."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.replay.world import World

FAULTS = (
    "429", "429-after", "500", "cut", "slow", "error-body", "bad-utf8", "same-cursor", "short-page", "stale-cursor",
    "no-page", "lost-page",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What goes wrong, from the `first` request on whose address holds `where` (counted from 1), `times` times."""

    kind: str
    where: str = ""
    first: int = 1
    times: int = 1


@dataclass(frozen=True)
class Asked:
    """One request, below the source's own prefix."""

    path: str
    query: dict[str, str]
    world: World
    memory: dict[str, Any]  # what the source remembers between requests: scrolls, searches
    fault: str = ""


@dataclass(frozen=True)
class Reply:
    """One answer."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Player = Callable[[Asked], Reply]


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a value as a JSON answer."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Reply(body, status, {"Content-Type": "application/json", **(headers or {})})


def as_xml(text: str, status: int = 200) -> Reply:
    """Return text as an XML answer."""
    return Reply(text.encode(), status, {"Content-Type": "text/xml; charset=UTF-8"})
