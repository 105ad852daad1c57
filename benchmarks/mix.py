"""What readers and robots ask of a site: addresses found on the site itself, in realistic shares and popularity."""

import gzip
import html
import random
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from benchmarks.client import Ask, fetch

# Shares of requests, in hundredths.
MIX: Mapping[str, int] = {
    "article": 60,
    "tab": 8,
    "recommended": 5,
    "search": 8,
    "filter": 4,
    "keyword": 3,
    "venue": 2,
    "author": 2,
    "year": 1,
    "front": 1,
    "sitemap": 1,
    "api": 3,
    "feed": 2,
}
_N_PAGES_READ = 200
_TABS = ("more", "news", "social", "video")


class Addresses(NamedTuple):
    """What there is to ask for, each kind in an order that has nothing to do with its age."""

    by_kind: Mapping[str, Sequence[str]]

    def of(self, kind: str) -> Sequence[str]:
        """Return the addresses of a kind."""
        return self.by_kind[kind]


def read_sitemaps(port: int) -> tuple[list[str], list[str]]:
    """Return the paths of all sitemaps and those of all pages that they name. Raises AssertionError when one fails."""
    sitemaps = [urlsplit(address).path for address in _locations(port, "/sitemap.xml")]
    pages: list[str] = []
    for path in sitemaps:
        pages += [urlsplit(address).path for address in _locations(port, path)]
    return sitemaps, pages


def find_addresses(port: int, sitemaps: Sequence[str], pages: Sequence[str], chance: random.Random) -> Addresses:
    """Return addresses of every kind, the words and names in them from some articles' own pages."""
    articles = [p for p in pages if p.startswith(("/doi/", "/article/"))]
    chance.shuffle(articles)
    titles: list[str] = []
    found: dict[str, set[str]] = {"keyword": set(), "venue": set(), "author": set(), "year": set()}
    for path in articles[-_N_PAGES_READ:]:  # the least popular ones: reading them makes no favourite quicker
        text = _text(port, path)
        titles += [html.unescape(t) for t in re.findall(r'name="citation_title" content="([^"]+)"', text)]
        for kind in ("keyword", "venue", "author"):
            found[kind] |= {html.unescape(p) for p in re.findall(rf'href="(/{kind}/[^"?#]+)"', text)}
        years = re.findall(r'name="citation_publication_date" content="(\d{4})', text)
        found["year"] |= {f"/search?year_from={year}&year_to={year}" for year in years}
    asked = [words for title in titles for _ in range(4) if (words := _some_words(title, chance))]
    searches = [f"/search?q={quote(words)}" for words in dict.fromkeys(asked)]
    filters = [f"{s}{f}" for s, f in zip(searches[::2], _filters(chance), strict=False)]
    lists = [*found["keyword"], *found["venue"]]
    kinds: dict[str, list[str]] = {
        "article": articles,
        "tab": [f"{p}/{chance.choice(_TABS)}" for p in articles[:50_000]],
        "recommended": [f"{p}/recommended" for p in articles[:50_000]],
        "search": searches,
        "filter": filters,
        "front": ["/", "/newest", "/about"],
        "sitemap": list(sitemaps),
        "api": [f"/api/v1/articles/{p.split('/', 2)[2]}" for p in articles[:50_000]],
        "feed": [*(f"{p}.atom" for p in articles[:2_000]), *(f"{p}.atom" for p in lists), "/newest.atom"],
        **{kind: sorted(some) for kind, some in found.items()},
    }
    for some in kinds.values():
        chance.shuffle(some)
    kinds["article"] = articles
    return Addresses({kind: some for kind, some in kinds.items() if some})


def mixed(addresses: Addresses, n: int, chance: random.Random) -> list[Ask]:
    """Return requests in the shares of the mix. A page of rank r is asked for 1/r as often as the first (Zipf)."""
    kinds = [kind for kind in MIX if kind in addresses.by_kind]
    chosen = chance.choices(kinds, [MIX[kind] for kind in kinds], k=n)
    return [Ask(kind, _popular(addresses.of(kind), chance)) for kind in chosen]


def once_each(addresses: Addresses, kind: str, n: int) -> list[Ask]:
    """Return requests for pages of one kind, none twice."""
    some = addresses.of(kind)
    return [Ask(kind, path) for path in some[len(some) // 2 :][:n]]  # the middle of the ranks: not in memory yet


def _popular(some: Sequence[str], chance: random.Random) -> str:
    """Return one of them, by Zipf's law with exponent 1: the logarithm of the rank is spread evenly."""
    return some[min(int((len(some) + 1) ** chance.random()) - 1, len(some) - 1)]


def _some_words(title: str, chance: random.Random) -> str:
    words: list[str] = re.findall(r"[^\W\d_]{4,}", title)
    n = chance.randint(2, 4)
    return " ".join(chance.sample(words, n)) if len(words) >= n else ""


def _filters(chance: random.Random) -> list[str]:
    years = [(year, year + chance.randint(0, 5)) for year in range(2000, 2024)]
    some = [f"&year_from={first}&year_to={last}" for first, last in years]
    return [*some, "&open=1", "&type=article", "&type=preprint", "&sort=newest"] * 50


def _locations(port: int, path: str) -> list[str]:
    return [html.unescape(address) for address in re.findall(r"<loc>([^<]+)</loc>", _text(port, path))]


def _text(port: int, path: str) -> str:
    status, body = fetch(port, path)
    if status != 200:
        raise AssertionError(f"{path} answered {status}")
    return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()
