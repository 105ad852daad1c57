"""Items (a story, a post, a talk, a data set, as its channel gave it) and the evidence that ties them to articles."""

from collections.abc import Mapping
from typing import Literal, get_args

from msgspec import Struct, field

Tab = Literal["more", "news", "social", "video", "recommended"]
TABS: tuple[Tab, ...] = get_args(Tab)
ItemKind = Literal["news", "social", "video", "reference"]  # the mention's kind; "reference" fills More information
ITEM_KINDS: tuple[ItemKind, ...] = get_args(ItemKind)
TAB_OF_KIND: Mapping[ItemKind, Tab] = {"news": "news", "social": "social", "video": "video", "reference": "more"}
Shelf = Literal["about", "topic"]
SHELVES: tuple[Shelf, ...] = get_args(Shelf)

EvidenceCode = Literal[
    "id-link",
    "url-known",
    "id-text",
    "declared",
    "title",
    "names",
    "curator",
    "cites",
    "co-cited",
    "coupled",
    "phrases",
    "semantic",
    "liked",
]
EVIDENCE_CODES: tuple[EvidenceCode, ...] = get_args(EvidenceCode)
# Only these tie an item to *this* article; everything else is the same topic, and the database checks it.
ABOUT_CODES: frozenset[EvidenceCode] = frozenset(
    {"id-link", "url-known", "id-text", "declared", "title", "names", "curator"}
)
PROBABLE_CODES: frozenset[EvidenceCode] = frozenset({"title", "names"})  # shown as "probably about"

# What may be done with an item's text: cc items may be exported, the others only shown as title, link and excerpt.
StorageClass = Literal["cc0", "cc-by", "link-only", "api-cached"]


class Evidence(Struct, frozen=True, gc=False):
    """Why an item is believed to belong to an article."""

    code: EvidenceCode
    matched: str  # the string that matched, or the values that the sentence needs
    where: str  # field and offset ("text:120"), a URL, or the registry that declares it
    matcher: str  # name and version of what decided ("links/1")
    confidence: float = 1.0  # 0..1


class ItemClaim(Struct, frozen=True):
    """An item's own, declared statement of the article it is about."""

    identifier: str  # "doi:10.1/x", "arxiv:2006.14799", "acl:2020.acl-main.1"
    evidence: Evidence


class Item(Struct, frozen=True):
    """One public thing around articles. Somebody else's text is kept to 200 characters (`excerpt`) for display."""

    channel: str  # the connector it came from: "feeds", "rogue-scholar", "acl" …
    key: str  # the channel's own id, else the URL; with `channel` it is unique
    kind: ItemKind
    url: str = ""
    title: str = ""
    excerpt: str = ""
    platform: str = ""  # what a reader would call the source: "Nature News", "Bluesky"
    label: str = ""  # what it is: "blog", "press release", "data", "code", "trial", "review", "talk" …
    author: str = ""
    published_on: str = ""  # ISO 8601, may be cut short or carry a time
    language: str = ""
    storage: StorageClass = "link-only"
    links: tuple[str, ...] = ()  # every link it carries, untouched
    claims: tuple[ItemClaim, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
