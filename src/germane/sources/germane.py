"""Our own JSON lines, version 1: articles and items, one a line; `docs/formats.md` describes every field."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, get_args

from msgspec import Struct, field

from germane.article import (
    ARTICLE_TYPES,
    SCHEMES,
    Abstract,
    AbstractBasis,
    Article,
    Author,
    Funding,
    Identifier,
    Keyword,
    KeywordKind,
    Location,
    Notice,
    NoticeKind,
    Record,
    Relation,
    RelationKind,
    Venue,
    VenueKind,
)
from germane.identifiers import find_identifiers, identify, normalize, normalize_issn, normalize_orcid, parse_key
from germane.item import ITEM_KINDS, Item, ItemKind, StorageClass
from germane.matching.links import claims_of
from germane.reading import Piece, Text
from germane.reading.dates import date_from_text
from germane.reading.json import peek, split_json
from germane.reading.keys import record_key
from germane.reading.licenses import license_name
from germane.reading.typed import UnreadableRecordError, read_record
from germane.sources import Entry, ParseError
from germane.text import clean_markup, excerpt, plain_text

NAME = "germane"
VERSION = 1

_ITEM_MARKS = frozenset({"articles", "platform", "channel", "links"})


class _Author(Struct, gc=False):
    name: str = ""
    family: str = ""
    given: str = ""
    orcid: str = ""
    affiliations: list[str] = []


class _Venue(Struct, gc=False):
    name: str = ""
    kind: str = ""
    issns: list[str] = []
    publisher: str = ""


class _Abstract(Struct, gc=False):
    markup: str = ""
    license: str = ""
    basis: str = "authors"
    source: str = ""
    language: str = ""


class _Keyword(Struct, gc=False):
    text: str = ""
    kind: str = "author"
    scheme: str = ""


class _Location(Struct, gc=False):
    url: str = ""
    content: str = ""
    version: str = ""
    license: str = ""
    is_open: bool | None = None
    host: str = ""


class _Relation(Struct, gc=False):
    kind: str = ""
    identifier: str = ""
    url: str = ""
    title: str = ""
    on: str = ""
    source: str = ""


class _Notice(Struct, gc=False):
    kind: str = ""
    identifier: str = ""
    on: str = ""
    url: str = ""
    reason: str = ""
    source: str = ""


class _Funding(Struct, gc=False):
    funder: str = ""
    award: str = ""
    identifier: str = ""


class _Line(Struct, gc=False):
    """Either kind of line; an item's `text`, `tags` and so on are empty in an article's, and the other way round."""

    germane: int = 0
    kind: str = ""
    source: str = ""
    key: str = ""
    updated_on: str = ""
    identifiers: list[str] = []
    title: str = ""
    subtitle: str = ""
    original_title: str = ""
    authors: list[_Author] = []
    venue: _Venue | None = None
    published_on: str = ""
    type: str = "other"
    language: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    abstracts: list[_Abstract] = []
    keywords: list[_Keyword] = []
    locations: list[_Location] = []
    relations: list[_Relation] = []
    notices: list[_Notice] = []
    funding: list[_Funding] = []
    license: str = ""
    n_cited_by: int = 0
    platform: str = ""
    channel: str = ""
    id: str = ""
    url: str = ""
    summary: str = ""
    text: str = ""
    published: str = ""
    lang: str = ""
    tags: list[str] = []
    label: str = ""
    author: str = ""
    own_doi: str = ""
    links: list[str] = []
    articles: list[dict[str, Any]] = []
    extra: dict[str, str] = field(default_factory=dict)


def sniff(head: str) -> bool:
    """Tell whether the file holds our own lines, or items in the same form without the version."""
    first = peek(head)
    if first.get("germane", "").isdecimal():
        return True
    return first.get("kind", "").strip('"') in ITEM_KINDS and bool(_ITEM_MARKS & first.keys())


def split(text: Text) -> Iterator[Piece]:
    """Yield one piece per line (or object of an array)."""
    return split_json(text)


def parse(piece: str) -> list[Entry]:
    """Return the line's article or item. Raises ParseError when it is neither, or of a later version."""
    try:
        line = read_record(piece, _Line)
    except UnreadableRecordError as error:
        raise ParseError(str(error)) from error
    if line.germane > VERSION:
        raise ParseError(f"version {line.germane} of the format is newer than this program (version {VERSION})")
    if line.kind == "article":
        return [_record(line)]
    if line.kind in ITEM_KINDS:
        return [_item(line, line.kind, line.label or _label(line.platform))]
    if line.kind == "audio":
        return [_item(line, "news", line.label or "podcast")]
    raise ParseError(f"the kind of line {line.kind!r} is not known")


def _record(line: _Line) -> Record:
    if not line.title.strip() and not line.identifiers:
        raise ParseError("an article without a title and without an identifier")
    article = Article(
        identifiers=_identifiers(line.identifiers),
        title=clean_markup(line.title),
        subtitle=clean_markup(line.subtitle),
        original_title=clean_markup(line.original_title),
        authors=tuple(_author(author) for author in line.authors if author.name or author.family),
        venue=_venue(line.venue),
        published_on=date_from_text(line.published_on),
        type=_member(line.type, ARTICLE_TYPES, "type"),
        language=line.language,
        volume=line.volume,
        issue=line.issue,
        pages=line.pages,
        abstracts=tuple(_abstract(each, line.source or NAME) for each in line.abstracts if each.markup.strip()),
        keywords=tuple(
            Keyword(each.text, _member(each.kind, get_args(KeywordKind), "keyword's kind"), each.scheme)
            for each in line.keywords
            if each.text
        ),
        locations=tuple(_location(each) for each in line.locations if each.url),
        relations=tuple(_relation(each, line.source) for each in line.relations),
        notices=tuple(
            Notice(
                kind=_member(each.kind, get_args(NoticeKind), "notice's kind"),
                identifier=each.identifier.removeprefix("doi:"),
                on=each.on,
                url=each.url,
                reason=each.reason,
                source=each.source or line.source or NAME,
            )
            for each in line.notices
        ),
        funding=tuple(Funding(each.funder, each.award, each.identifier) for each in line.funding if each.funder),
        license=license_name(line.license),
        n_cited_by=max(line.n_cited_by, 0),
    )
    return Record(line.source or NAME, line.key or record_key(article), article, line.updated_on)


def _identifiers(keys: Sequence[str]) -> tuple[Identifier, ...]:
    found = []
    for key in keys:
        identifier = parse_key(key) or identify(key)
        if identifier is None:
            raise ParseError(f"not an identifier: {key!r}")
        found.append(identifier)
    return tuple(dict.fromkeys(found))


def _author(author: _Author) -> Author:
    name = author.name or f"{author.given} {author.family}".strip()
    orcid = normalize_orcid(author.orcid) or "" if author.orcid else ""
    return Author(name, author.family, author.given, orcid, tuple(author.affiliations))


def _venue(venue: _Venue | None) -> Venue | None:
    if venue is None or not venue.name:
        return None
    kind: VenueKind = _member(venue.kind, get_args(VenueKind), "venue's kind")
    issns = tuple(issn for text in venue.issns if (issn := normalize_issn(text)))
    return Venue(venue.name, kind, issns, venue.publisher)


def _abstract(abstract: _Abstract, source: str) -> Abstract:
    basis: AbstractBasis = _member(abstract.basis, get_args(AbstractBasis), "abstract's basis")
    markup = clean_markup(abstract.markup, block=True)
    return Abstract(markup, abstract.source or source, license_name(abstract.license), basis, abstract.language)


def _location(location: _Location) -> Location:
    return Location(
        url=location.url,
        content=_member(location.content, ("landing", "pdf", "html", "xml", ""), "location's content"),
        version=_member(location.version, ("published", "accepted", "submitted", ""), "location's version"),
        license=license_name(location.license),
        is_open=location.is_open,
        host=_member(location.host, ("publisher", "repository", ""), "location's host"),
    )


def _relation(relation: _Relation, source: str) -> Relation:
    kind: RelationKind = _member(relation.kind, get_args(RelationKind), "relation's kind")
    if not (relation.identifier or relation.url or relation.title):
        raise ParseError(f"a relation ({kind}) to nothing: identifier, url or title is needed")
    identifier = relation.identifier
    scheme, _, value = identifier.partition(":")
    if identifier and not (normalized := normalize(scheme, value) if scheme in _TARGETS else None):
        raise ParseError(f"not the identifier of a relation: {identifier!r}")
    identifier = f"{scheme}:{normalized}" if identifier else ""
    return Relation(kind, identifier, relation.url, relation.title, relation.on, relation.source or source or NAME)


_TARGETS = frozenset({"doi", "pmid", "pmcid", "arxiv", "openalex", "acl", "nct"})


def _member(value: str, allowed: Sequence[Any], what: str) -> Any:
    if value not in allowed:
        raise ParseError(f"the {what} {value!r} is not one of {', '.join(each or 'nothing' for each in allowed)}")
    return value


def _item(line: _Line, kind: ItemKind, label: str) -> Item:
    title = plain_text(clean_markup(line.title))
    text = plain_text(clean_markup(line.text))
    summary = plain_text(clean_markup(line.summary))
    if not (line.url or title or text or summary):
        raise ParseError("an item without address, title and text")
    links = tuple(dict.fromkeys(link for link in line.links if link))
    own = tuple(found.identifier for found in find_identifiers(line.own_doi)) if line.own_doi else ()
    claims = claims_of(
        texts={"title": title, "summary": summary, "text": text},
        links=(line.url, *links),
        declared=[_declared(article) for article in line.articles],
        declared_by=_platform(line.platform) or line.channel or NAME,
        own=own,
    )
    told = f"{line.platform}|{title}|{text or summary}|{line.published}"
    extra = dict(line.extra)
    if line.tags:
        extra["tags"] = ", ".join(line.tags)
    if own:
        extra["own_doi"] = own[0].value
    return Item(
        channel=line.channel or NAME,
        key=line.id or line.url or f"hash:{blake2b(told.encode('utf-8', 'replace'), digest_size=10).hexdigest()}",
        kind=kind,
        url=line.url,
        title=title,
        excerpt=excerpt(summary or text),
        platform=_platform(line.platform),
        label=label,
        author=line.author,
        published_on=line.published,
        language=line.lang,
        storage=_storage(line.license),
        links=links,
        claims=claims,
        extra=extra,
    )


def _declared(article: dict[str, Any]) -> list[Identifier]:
    """Return the identifiers in one entry of `articles`: {"doi": …}, {"arxiv_id": …}, {"acl_id": …}, {"pmid": …}."""
    found = []
    for name, value in article.items():
        scheme = next((each for each in SCHEMES if each == name.removesuffix("_id")), None)
        if scheme and isinstance(value, str | int) and (normalized := normalize(scheme, str(value))):
            found.append(Identifier(scheme, normalized))
    return found


def _platform(platform: str) -> str:
    """Return what readers call it: the label says already that it is a blog."""
    return platform.removeprefix("blog:").strip()


def _label(platform: str) -> str:
    return "blog" if platform.startswith("blog:") else ""


def _storage(text: str) -> StorageClass:
    name = license_name(text)
    if name in ("cc0", "public-domain"):
        return "cc0"
    return "cc-by" if name == "cc-by" or name.startswith(("cc-by-1", "cc-by-2", "cc-by-3", "cc-by-4")) else "link-only"
