"""How a result divides by year, venue, type and open access."""

import threading

import tantivy
from tantivy import Searcher

from germane.index import Facet, FacetValue

N_VENUES = 20
N_YEARS = 1_000
N_TYPES = 50

_WANTED = {
    "year": {"terms": {"field": "year", "size": N_YEARS}},
    "venue": {"terms": {"field": "venue_id", "size": N_VENUES, "segment_size": N_VENUES * 20}},
    "type": {"terms": {"field": "type", "size": N_TYPES}},
    "is_open": {"terms": {"field": "is_open", "size": 2}},
}


class FacetCache:
    """The facets over the whole index; a new state of the index has a new cache."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._facets: tuple[Facet, ...] | None = None

    def facets(self, searcher: Searcher) -> tuple[Facet, ...]:
        """Return the facets over every document that the searcher sees."""
        with self._lock:
            if self._facets is None:
                self._facets = count_facets(searcher, tantivy.Query.all_query())
            return self._facets


def count_facets(searcher: Searcher, query: tantivy.Query) -> tuple[Facet, ...]:
    """Return the facets over a query's documents."""
    counted = searcher.aggregate(query, _WANTED)
    facets = []
    for name in ("year", "venue", "type", "is_open"):
        pairs = [(_value(name, bucket["key"]), int(bucket["doc_count"])) for bucket in counted[name]["buckets"]]
        pairs.sort(key=lambda pair: pair[0] if name in ("year", "is_open") else (-pair[1], str(pair[0])))
        facets.append(Facet(name, tuple(FacetValue(value, n) for value, n in pairs)))
    return tuple(facets)


def total(facets: tuple[Facet, ...]) -> int:
    """Return how many documents were counted: every one is open or not."""
    return sum(value.n for facet in facets if facet.name == "is_open" for value in facet.values)


def _value(name: str, key: object) -> str | int:
    return str(key) if name == "type" else int(float(str(key)))
