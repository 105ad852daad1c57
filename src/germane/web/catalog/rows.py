"""What reads return and writes take: plain records, and the small encodings that some columns use."""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import cast
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from germane.article import Article, ArticleType, Notice, NoticeKind, Relation
from germane.item import Evidence, ItemKind, Shelf, Tab
from germane.text import fold

MAX_VERSIONS = 50  # that a page lists and a tab counts
# What `is_retracted` says, in SQL of an article called `a`.
NOT_RETRACTED = "a.notices & 9 <> 1"
_PLAIN = re.compile(r"[A-Za-z0-9_.~/:;()!,@-]+").fullmatch  # what an address says as it is: nearly every DOI
NOTICE_BITS: dict[NoticeKind, int] = {"retraction": 1, "concern": 2, "correction": 4, "reinstatement": 8}


class Counts(Struct, frozen=True):
    """How many things each tab lists, on both shelves together and about this article alone."""

    more: int = 0
    news: int = 0
    social: int = 0
    video: int = 0
    recommended: int = 0  # filled on an article's own page alone: an article is listed by others unbeknown to it
    news_about: int = 0
    social_about: int = 0
    video_about: int = 0

    def of(self, tab: Tab) -> int:
        """Return the number of things in a tab."""
        return cast("int", getattr(self, tab))

    def about(self, tab: Tab) -> int:
        """Return how many of them are about the article itself; in More information all are."""
        return 0 if tab == "recommended" else cast("int", getattr(self, f"{tab}_about", self.more))


def write_counts(counts: Counts) -> str:
    """Return counts as the column keeps them: numbers with spaces, in the order of the fields."""
    return " ".join(str(getattr(counts, f)) for f in Counts.__struct_fields__)


def read_counts(text: str) -> Counts:
    """Return the counts that `write_counts` wrote; all 0 for an empty column."""
    return Counts(*map(int, text.split()))


class Line(Struct, frozen=True):
    """An article as one entry of a list."""

    id: int
    address: str  # its page: "/doi/10.1/x", "/article/7"
    title: str
    title_html: str
    byline: str
    venue: str
    venue_slug: str
    published_on: str
    sort_on: int
    type: ArticleType
    language: str
    is_open: bool
    notices: tuple[NoticeKind, ...]
    counts: Counts

    @property
    def year(self) -> str:
        """Return the year as text, "" when unknown."""
        return self.published_on[:4]

    @property
    def is_retracted(self) -> bool:
        """Tell whether its notices leave it retracted."""
        return "retraction" in self.notices and "reinstatement" not in self.notices


class Phrase(Struct, frozen=True):
    """A keyphrase as a page shows it."""

    phrase: str
    slug: str


class ShownAbstract(Struct, frozen=True):
    """An abstract that the operator's policy permits."""

    html: str
    source: str
    license: str
    basis: str
    language: str


class SimilarLine(Struct, frozen=True):
    """A similar article with why."""

    line: Line
    score: float
    evidence: tuple[Evidence, ...]


class MentionLine(Struct, frozen=True):
    """An item on a shelf, with why."""

    id: int
    kind: ItemKind
    shelf: Shelf
    platform: str
    label: str
    url: str
    title: str
    excerpt: str
    author: str
    published_on: str
    sort_on: int
    language: str
    evidence: Evidence


class ReferenceLine(Struct, frozen=True):
    """An entry of an article's reference list: the article here, when it is known, or what the record says."""

    identifier: str
    url: str
    title: str
    line: Line | None


class Page(Struct, frozen=True):
    """Everything that an article's page shows whichever tab is open. One more query fills each tab."""

    line: Line
    article: Article  # without abstracts
    abstract: ShownAbstract | None
    is_abstract_withheld: bool  # there is one, and the policy does not permit it
    keyphrases: tuple[Phrase, ...]
    versions: tuple[Line, ...]  # the other articles of its cluster
    notices: tuple[Notice, ...]
    similar: tuple[SimilarLine, ...]
    mentions: tuple[MentionLine, ...]  # the newest of each tab and shelf, about first
    months: tuple[tuple[str, int], ...]  # ("2020-06", 3): items about it per month
    changed_at: str
    is_related: bool = True  # False: its similar articles have not been looked for yet
    elsewhere: tuple[Relation, ...] = ()  # other versions that its records declare and that have no page here

    @property
    def counts(self) -> Counts:
        """Return what the tabs list: what the row counts, the versions elsewhere, and the similar ones as they are."""
        counts = self.line.counts
        return replace(counts, more=counts.more + len(self.elsewhere), recommended=len(self.similar))


def notices_of(bits: int) -> tuple[NoticeKind, ...]:
    """Return the kinds of notice that a column's bits stand for, gravest first."""
    return tuple(kind for kind, bit in NOTICE_BITS.items() if bits & bit)


def is_retracted(bits: int) -> bool:
    """Tell whether these notices leave an article retracted: a reinstatement takes the retraction back."""
    return bits & (NOTICE_BITS["retraction"] | NOTICE_BITS["reinstatement"]) == NOTICE_BITS["retraction"]


def bits_of(kinds: Iterable[NoticeKind]) -> int:
    """Return the bits for some kinds of notice."""
    bits = 0
    for kind in kinds:
        bits |= NOTICE_BITS[kind]
    return bits


def address_of(article_id: int, doi: str) -> str:
    """Return an article's canonical path. A DOI keeps its slashes, everything else unsafe is percent-encoded."""
    if not doi:
        return f"/article/{article_id}"
    return f"/doi/{doi if _PLAIN(doi) else quote(doi, safe='/:;()!,@')}"


def phrase_slug(phrase: str) -> str:
    """Return a keyphrase as addresses have it; "" when nothing is left of it."""
    return fold(phrase).replace(" ", "-")[:200]


def phrase_number(slug: str) -> int:
    """Return the 63-bit number of the keyphrase that has a slug."""
    return _number(slug)


def sort_on(date: str) -> int:
    """Return an ISO date, perhaps cut short, as YYYYMMDD with 0 for unknown parts; 0 for none."""
    digits = date[:10].replace("-", "")
    return int(digits.ljust(8, "0")) if digits[:4].isdigit() and digits.isdigit() else 0


def target_of(key: str) -> int:
    """Return the 63-bit number by which citations find an identifier key such as "doi:10.1/x"."""
    return _number(key)


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1
