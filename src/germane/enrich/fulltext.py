"""Which of an article's locations to offer first: the best copy that everyone may read."""

from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from germane.article import Location

Tier = Literal[
    "published-open-license", "open-pdf", "open-text", "open-landing", "unknown-repository", "publisher", "other"
]
_TIERS: tuple[Tier, ...] = (
    "published-open-license",  # the version of record, and its licence lets it be used
    "open-pdf",
    "open-text",  # free to read as HTML or XML, or a repository's page
    "open-landing",
    "unknown-repository",  # repositories mostly hold free copies
    "publisher",  # the landing page: may ask for money
    "other",
)
_VERSIONS = {"published": 0, "accepted": 1, "": 2, "submitted": 3}
_CONTENTS = {"pdf": 0, "html": 1, "xml": 2, "landing": 3, "": 4}
_OPEN_LICENSES = ("cc0", "cc-0", "cc-by", "cc by", "public-domain", "public domain", "pd", "pdm")


class RankedLocation(Struct, frozen=True):
    """A location with its place in the order and why it has it."""

    location: Location
    tier: Tier
    reasons: tuple[str, ...]


def choose_location(locations: Iterable[Location]) -> Location | None:
    """Return the best place to read the article, or None when there is no usable address."""
    ranked = rank_locations(locations)
    return ranked[0].location if ranked else None


def rank_locations(locations: Iterable[Location]) -> list[RankedLocation]:
    """Return every usable location once, best first, with reasons; the order does not depend on the order given."""
    ranked = [_judge(location) for location in set(locations) if _is_web_address(location.url)]
    ranked.sort(key=_sort_key)
    seen: set[str] = set()
    first: list[RankedLocation] = []
    for item in ranked:
        address = _address_key(item.location.url)
        if address not in seen:
            seen.add(address)
            first.append(item)
    return first


def is_open_license(license_name: str) -> bool:
    """Tell whether a licence, by its short name or its Creative Commons address, lets everyone copy the text."""
    name = license_name.strip().lower()
    if "creativecommons.org" in name:
        return "/licenses/" in name or "/publicdomain/" in name
    return name.startswith(_OPEN_LICENSES)


def _judge(location: Location) -> RankedLocation:
    is_open = _is_open(location)
    reasons = [_openness(location)]
    if location.version:
        reasons.append(f"{location.version} version")
    if location.license:
        reasons.append(f"license {location.license}")
    if location.content:
        reasons.append("landing page" if location.content == "landing" else location.content.upper())
    if location.host:
        reasons.append(f"at the {location.host}" if location.host == "publisher" else "in a repository")
    return RankedLocation(location, _tier(location, is_open), tuple(reasons))


def _is_open(location: Location) -> bool | None:
    """A location that is said to be closed is closed, whatever licence the article has elsewhere."""
    if location.is_open is None and is_open_license(location.license):
        return True
    return location.is_open


def _openness(location: Location) -> str:
    if location.is_open is None:
        return "open by its license" if is_open_license(location.license) else "openness unknown"
    return "free to read" if location.is_open else "not free to read"


def _tier(location: Location, is_open: bool | None) -> Tier:
    if is_open and location.version == "published" and is_open_license(location.license):
        return "published-open-license"
    if is_open and location.content == "pdf":
        return "open-pdf"
    if is_open:
        is_text = location.content in ("html", "xml") or location.host == "repository"
        return "open-text" if is_text else "open-landing"
    if is_open is None and location.host == "repository":
        return "unknown-repository"
    return "publisher" if location.host == "publisher" else "other"


def _sort_key(item: RankedLocation) -> tuple[int | str, ...]:
    location = item.location
    return (
        _TIERS.index(item.tier),
        location.is_open is False,
        _VERSIONS[location.version],
        _CONTENTS[location.content],
        not is_open_license(location.license),
        _limits(location.license),
        location.host != "publisher",
        not location.url.startswith("https:"),
        len(location.url),
        location.url,
        location.license,
    )


def _limits(license_name: str) -> int:
    """Return how many conditions a Creative Commons licence adds to naming the author."""
    return sum(part in ("nc", "nd", "sa") for part in license_name.lower().replace(" ", "-").split("-"))


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "")


def _address_key(url: str) -> str:
    return url.partition("://")[2].removeprefix("www.").rstrip("/")
