"""What can be known of a record without looking at the catalog. Pure, so that every core can work it out."""

from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from germane.article import VERSION_RELATIONS, Article, Author, Record
from germane.identifiers import key_of
from germane.matching.declared import declared_items
from germane.matching.works import work_keys
from germane.merge import merge_records
from germane.text import fold, plain_text
from germane.web.catalog.codec import digest, pack, pack_targets, pack_text
from germane.web.catalog.rows import bits_of, sort_on, target_of

_OPEN_LICENSES = ("cc0", "cc-by", "public-domain")


class Incoming(NamedTuple):
    """A record as it was read."""

    record: Record
    raw: str


class VenueRow(msgspec.Struct, frozen=True, array_like=True):
    """A venue as its table keeps it."""

    slug: str
    name: str
    kind: str
    publisher: str
    issns: str


class Rows(msgspec.Struct, frozen=True, array_like=True):
    """What the tables keep of an article, but for what its neighbors decide: its number, cluster, venue's number."""

    title: str  # plain
    title_html: str
    byline: str
    doi: str
    published_on: str
    sort_on: int
    type: str
    language: str
    is_open: bool
    notices: int
    n_listed: int
    content: bytes
    venue: VenueRow | None
    names: tuple[str, ...]  # the keys of its identifiers
    name_targets: tuple[int, ...]  # `target_of` each
    work_keys: tuple[int, ...]
    abstracts: tuple[tuple[str, str, str, str, bytes], ...]  # source, license, basis, language, packed markup
    people: tuple[tuple[str, str], ...]  # ORCID, name
    references: bytes  # see `codec.pack_targets`
    versions: tuple[str, ...]  # keys of what it declares to be versions of its work
    declares_items: bool


class Prepared(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """A record ready to be written: whole, and as the article that it makes when nobody else speaks of that."""

    source: str
    key: str
    digest: bytes  # of the text that it was read from
    raw: bytes  # that text, compressed
    record: bytes  # see `record_of`
    alone: Rows


def prepare(incoming: Incoming) -> Prepared:
    """Return a record ready to be written."""
    record, raw = incoming
    return Prepared(
        source=record.source,
        key=record.key,
        digest=digest(raw),
        raw=pack_text(raw),
        record=_encoder.encode(record),
        alone=rows_of(merge_records([record])),
    )


def record_of(prepared: Prepared) -> Record:
    """Return the record itself."""
    return _records.decode(prepared.record)


def rows_of(article: Article) -> Rows:
    """Return what the tables keep of an article."""
    names = tuple(map(key_of, article.identifiers))
    relations = article.relations
    return Rows(
        title=plain_text(article.title),
        title_html=article.title,
        byline=byline(article.authors),
        doi=article.identifier("doi"),
        published_on=article.published_on[:10],
        sort_on=sort_on(article.published_on),
        type=article.type,
        language=article.language[:3],
        is_open=is_open(article),
        notices=bits_of(n.kind for n in article.notices),
        n_listed=sum(r.kind == "references" for r in relations) + len(article.notices),
        content=pack(msgspec.structs.replace(article, abstracts=())),
        venue=_venue_row(article),
        names=names,
        name_targets=tuple(map(target_of, names)),
        work_keys=work_keys(article),
        abstracts=tuple((x.source, x.license, x.basis, x.language[:3], pack_text(x.markup)) for x in article.abstracts),
        people=tuple({x.orcid: x.name for x in article.authors if x.orcid}.items()),
        references=pack_targets(
            {target_of(r.identifier) for r in relations if r.kind == "references" and r.identifier}
        ),
        versions=tuple(r.identifier for r in relations if r.kind in VERSION_RELATIONS and r.identifier),
        declares_items=any(r.kind != "references" for r in relations) and bool(declared_items(article)),
    )


def byline(authors: tuple[Author, ...], n: int = 3) -> str:
    """Return the authors as lists show them: "Mei Lin, Ravi Shankar, Ana Sousa and 4 more"."""
    names = ", ".join(a.name for a in authors[:n])
    return f"{names} and {len(authors) - n} more" if len(authors) > n else names


def is_open(article: Article) -> bool:
    """Tell whether the full text is known to be free to read somewhere."""
    return any(x.is_open for x in article.locations) or article.license.lower().startswith(_OPEN_LICENSES)


def _venue_row(article: Article) -> VenueRow | None:
    venue = article.venue
    slug = venue_slug(venue.name) if venue else ""
    return VenueRow(slug, venue.name, venue.kind, venue.publisher, " ".join(venue.issns)) if venue and slug else None


@lru_cache(maxsize=8192)
def venue_slug(name: str) -> str:
    """Return a venue's slug. Long names differ in their last words ("volume 1"), so a cut one ends in a digest."""
    slug = fold(plain_text(name)).replace(" ", "-")
    return slug if len(slug) <= 200 else f"{slug[:190]}-{blake2b(slug.encode(), digest_size=4).hexdigest()}"


_encoder = msgspec.msgpack.Encoder()
_records = msgspec.msgpack.Decoder(Record)
