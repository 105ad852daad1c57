"""Addresses of articles: what a path names, which article that is, and in which form it is wanted.

A DOI may end in anything, "/news" and ".json" included. So the whole string is looked up first, and only when nobody
has that name is a tab or the suffix of an export taken off.
"""

import re
from functools import lru_cache
from typing import Literal, NamedTuple, cast, get_args
from urllib.parse import quote, unquote, urlencode, urlsplit

from germane.article import Identifier, Scheme
from germane.identifiers import arxiv_version, identify, normalize, parse_key, url_of
from germane.item import TABS, Tab
from germane.web.catalog import queries
from germane.web.catalog.queries import Place

Export = Literal["bib", "ris", "csl.json", "jsonld", "json", "atom"]
EXPORTS: tuple[Export, ...] = get_args(Export)
Form = Tab | Export | Literal["", "png"]  # "png": the picture of its link

TAB_NAMES: dict[Tab, str] = {
    "more": "More information",
    "news": "News",
    "social": "Social media",
    "video": "Video",
    "recommended": "Recommended",
}
EXPORT_NAMES: dict[Export, str] = {
    "bib": "BibTeX",
    "ris": "RIS",
    "csl.json": "CSL-JSON",
    "jsonld": "JSON-LD",
    "json": "JSON",
    "atom": "Atom",
}
# "csl.json" before "json": the longest suffix that fits is meant.
_SUFFIXES: tuple[tuple[str, Form], ...] = (
    *((f"/{tab}", tab) for tab in TABS),
    *((f".{export}", export) for export in EXPORTS),
    (".png", "png"),
)


class Located(NamedTuple):
    """An article, and the form of it that an address asks for."""

    place: Place
    form: Form

    @property
    def address(self) -> str:
        """Return the canonical path of this form."""
        return address_of_form(self.place.address, self.form)


def address_of_form(address: str, form: Form) -> str:
    """Return the path of a tab or an export of the article at `address`."""
    if not form:
        return address
    return f"{address}/{form}" if form in TABS else f"{address}.{form}"


def locate(scheme: Scheme, text: str) -> Located | None:
    """Return what a path names after `/doi/`, `/pmid/` and the like, or None when nobody here has that name."""
    tried: set[str] = set()
    for rest, form in _readings(text):
        value = normalize(scheme, rest)
        if value is None or value in tried or (not form and _is_cut(value, rest)):
            continue
        tried.add(value)
        place = queries.find_article(Identifier(scheme, value))
        if place:
            return Located(place, form)
    return None


def locate_number(text: str) -> Located | None:
    """Return what `/article/…` names."""
    for rest, form in _readings(text):
        if rest.isascii() and rest.isdigit() and len(rest) < 19:
            place = queries.find_article_id(int(rest))
            return Located(place, form) if place else None
    return None


def locate_any(text: str) -> Located | None:
    """Return the article that a person or a program names in any way: by identifier, number, or an address of ours."""
    text = text.strip()
    own = re.fullmatch(r"(?:https?://[^/]+)?/(doi|pmid|pmcid|arxiv|openalex|acl|article)/(.+)", text)
    if own:
        rest = unquote(own[2].partition("?")[0].partition("#")[0])
        located = locate_number(rest) if own[1] == "article" else locate(cast("Scheme", own[1]), rest)
        if located:  # else it is a publisher's address that looks like ours
            return located
    found = parse_key(text) or identify(text)
    if found is None:
        return locate_number(text)
    place = queries.find_article(found)
    return Located(place, "") if place else None


def is_canonical(located: Located, path: str) -> bool:
    """Tell whether an article was asked for at its one address.

    Decoded paths are compared: servers and proxies may write one path in several ways, "%2F" for a slash among them.
    """
    return unquote(located.address) == path


def search_address(**values: str | int) -> str:
    """Return the search page's path for some of its fields; empty ones are left out."""
    given = {name: value for name, value in values.items() if value not in ("", 0)}
    return f"/search?{urlencode(given)}" if given else "/search"


def outside_address(scheme: str, value: str) -> str:
    """Return where an identifier leads outside this site."""
    return url_of(scheme, value)


@lru_cache(maxsize=8_192)  # a page asks for the same few again and again
def safe_url(url: str) -> str:
    """Return an address of somebody else that a link may lead to, or "" when it is no plain web address."""
    url = url.strip()
    if re.search(r"[\x00-\x20<>\"\\]", url):
        url = quote(url, safe="%/:?#[]@!$&'()*+,;=~-._")
    try:
        parts = urlsplit(url)
        is_web = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return url if is_web else ""


def host_of(url: str) -> str:
    """Return the host of a web address without "www.", or ""."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def dashboard_doi(text: str) -> str | None:
    """Return the DOI of `/dashboard/?doi=…`, which people write raw, percent-encoded once, or twice."""
    for _ in range(3):
        value = normalize("doi", text)
        if value and "%" not in value:
            return value
        decoded = unquote(text)
        if decoded == text:
            return value
        text = decoded
    return normalize("doi", text)


def version_of(text: str) -> int | None:
    """Return the version that an arXiv id names ("1501.00001v2"), or None."""
    return arxiv_version(text)


def _is_cut(value: str, text: str) -> bool:
    """Tell whether what an identifier was cleaned of is the tab or the suffix that stood after it."""
    return any(text.endswith(suffix) and not value.endswith(suffix) for suffix, _ in _SUFFIXES)


def _readings(text: str) -> list[tuple[str, Form]]:
    text = text.rstrip("/")
    readings: list[tuple[str, Form]] = [(text, "")]
    readings += [(text.removesuffix(suffix), form) for suffix, form in _SUFFIXES if text.endswith(suffix)]
    return readings
