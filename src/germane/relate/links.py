"""What the citation graph says of two articles, and how much it adds to their likeness."""

import math
from collections.abc import Mapping, Set
from types import MappingProxyType

from msgspec import Struct

# What a link adds of what is left to 1, and after how many shared links most of it is reached: chosen on which articles
# the same people like, where more of both would still help; but there the texts were titles alone.
LINK_WEIGHTS: Mapping[str, float] = MappingProxyType({"cites": 0.25, "cited-by": 0.25, "co-cited": 0.5, "coupled": 0.5})
LINK_SCALE = 3.0

_NOBODY: frozenset[int] = frozenset()
_NOTHING: Mapping[int, int] = MappingProxyType({})


class Links(Struct, frozen=True):
    """What the citation graph says of one article: ids, and for the last two how many articles tie them."""

    cites: Set[int] = _NOBODY
    cited_by: Set[int] = _NOBODY
    co_cited: Mapping[int, int] = _NOTHING  # id → articles that cite both
    coupled: Mapping[int, int] = _NOTHING  # id → references that both have


def link_strengths(links: Links, article_id: int) -> dict[str, tuple[int, float]]:
    """Return, for every kind of link to an article, how many there are and how much they say, 0..1."""
    counts = {
        "cites": int(article_id in links.cites),
        "cited-by": int(article_id in links.cited_by),
        "co-cited": links.co_cited.get(article_id, 0),
        "coupled": links.coupled.get(article_id, 0),
    }
    strengths = {}
    for kind, n_links in counts.items():
        if n_links > 0:
            strengths[kind] = (n_links, link_strength(kind, n_links))
    return strengths


def link_strength(kind: str, n_links: int) -> float:
    """Return how much so many links of a kind say, 0..1."""
    reach = 1.0 if kind in ("cites", "cited-by") else 1.0 - math.exp(-n_links / LINK_SCALE)
    return LINK_WEIGHTS[kind] * reach


def with_links(text: float, strengths: Mapping[str, tuple[int, float]]) -> float:
    """Return the likeness by text and links together: each takes its part of what is left of 1."""
    left = 1.0 - text
    for _, strength in strengths.values():
        left *= 1.0 - strength
    return 1.0 - left


def strongest_links(links: Links, known: Set[int], n: int) -> list[int]:
    """Return the `n` articles that links alone tie most, without those known already."""
    linked = {*links.cites, *links.cited_by, *links.co_cited, *links.coupled} - known
    told = {i: sum(strength for _, strength in link_strengths(links, i).values()) for i in linked}
    return sorted(linked, key=lambda i: (-told[i], i))[:n]
