"""From a search address to its answers: one reader of fields for the page, for programs, and for what is followed."""

import re
from urllib.parse import urlencode

from django.http import QueryDict
from msgspec import Struct
from msgspec.structs import replace

from germane.article import ARTICLE_TYPES, ArticleType
from germane.index import Facet, Filters, IndexFailure, Query, Results, Sort
from germane.index.queries import parse_query
from germane.web import wiring
from germane.web.catalog import queries
from germane.web.catalog.queries import Heading
from germane.web.catalog.rows import Line

N_HITS = 10
HAS = ("news", "video", "social", "data")
_MAX_TEXT = 500
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


class Asked(Struct, frozen=True):
    """What a search address asks for, field by field, as it was written but checked."""

    q: str = ""
    year_from: int | None = None
    year_to: int | None = None
    venues: tuple[Heading, ...] = ()
    types: tuple[ArticleType, ...] = ()
    is_open: bool = False
    has: tuple[str, ...] = ()
    sort: str = "relevance"
    after: str = ""

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything but the words narrows the answers."""
        return bool(self.year_from or self.year_to or self.venues or self.types or self.is_open or self.has)

    def fields(self) -> list[tuple[str, str]]:
        """Return the fields of the address, without its place in the list; unset ones are left out."""
        pairs = [("q", self.q), ("year_from", str(self.year_from or "")), ("year_to", str(self.year_to or ""))]
        pairs += [("venue", venue.slug) for venue in self.venues]
        pairs += [("type", name) for name in self.types]
        pairs += [("open", "1" if self.is_open else "")]
        pairs += [("has", name) for name in self.has]
        pairs += [("sort", "newest" if self.sort == "newest" else "")]
        return [pair for pair in pairs if pair[1]]


class Answers(Struct, frozen=True):
    """One page of answers with the articles themselves."""

    results: Results
    lines: tuple[Line, ...]  # in the order of the hits; articles withdrawn since the last indexing are left out

    def facet(self, name: str) -> Facet | None:
        """Return one facet of the answers."""
        return next((facet for facet in self.results.facets if facet.name == name), None)


def read_fields(given: QueryDict) -> Asked:
    """Return what an address asks for. What cannot be understood asks for nothing: no address is an error."""
    year_from, year_to = _year(given.get("year_from", "")), _year(given.get("year_to", ""))
    if year_from and year_to and year_from > year_to:
        year_from, year_to = year_to, year_from
    venues = [queries.find_venue(slug) for slug in dict.fromkeys(given.getlist("venue")[:5]) if slug]
    return Asked(
        q=" ".join(_CONTROLS.sub(" ", given.get("q", "")).split())[:_MAX_TEXT],
        year_from=year_from,
        year_to=year_to,
        venues=tuple(venue for venue in venues if venue),
        types=tuple(name for name in ARTICLE_TYPES if name in given.getlist("type")),
        is_open=given.get("open", "") in ("1", "on", "true", "yes"),
        has=tuple(name for name in HAS if name in given.getlist("has")),
        sort="newest" if given.get("sort") == "newest" else "relevance",
        after=given.get("after", "")[:200],
    )


def query_of(asked: Asked, n: int = N_HITS, *, with_facets: bool = False) -> Query:
    """Return the index's query."""
    filters = Filters(
        year_from=asked.year_from,
        year_to=asked.year_to,
        venue_ids=tuple(venue.id for venue in asked.venues),
        types=asked.types,
        is_open=True if asked.is_open else None,
        has_news="news" in asked.has or None,
        has_video="video" in asked.has or None,
        has_social="social" in asked.has or None,
        has_data="data" in asked.has or None,
    )
    sort: Sort = "newest" if asked.sort == "newest" else "relevance"
    return parse_query(asked.q, filters=filters, sort=sort, n=n, after=asked.after, with_facets=with_facets)


def answer(asked: Asked, n: int = N_HITS, *, with_facets: bool = False) -> Answers:
    """Return one page of answers. Raises IndexFailure when there is no index to ask."""
    results = wiring.index().search(query_of(asked, n, with_facets=with_facets))
    return Answers(results, tuple(queries.read_lines([hit.id for hit in results.hits])))


def search_target(asked: Asked) -> str:
    """Return a search as it is followed: the same for all addresses that ask for the same, "" for one of everything."""
    return urlencode(replace(asked, sort="relevance", after="").fields())


def arrivals(asked: Asked, first: int, last: int, n: int) -> tuple[list[int], int]:
    """Return which articles that have all that is asked for came with these numbers, and how many they are.

    At most `n`, the newest. Raises IndexFailure when there is no index to ask.
    """
    query = query_of(replace(asked, sort="newest", after=""), n)
    narrowed = replace(query, filters=replace(query.filters, id_from=first, id_to=last))
    results = wiring.index().search(narrowed)
    if results.is_relaxed:  # none has every word
        return [], 0
    return [hit.id for hit in results.hits], results.n_total


def nearest(words: str, n: int) -> list[Line]:
    """Return the articles nearest to some words; none when there is no index to ask."""
    try:
        hits = wiring.index().search(parse_query(words, n=n)).hits
    except IndexFailure:
        return []
    return queries.read_lines([hit.id for hit in hits])


def _year(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None
