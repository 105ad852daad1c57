"""Records → article: which source wins a field, and how what several sources say is joined.

Articles form a join-semilattice under `merge_articles`: it is commutative, associative and idempotent. Each scalar
field is the maximum of a total order over (quality, trust in the source for this field, date, value, provenance);
each set field is a union, where two elements of one key join attribute by attribute, again by maxima. So the outcome
does not depend on the order in which sources are harvested, and merging can be done again at any time.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from germane.article import (
    SCHEMES,
    Abstract,
    Article,
    Author,
    Funding,
    Identifier,
    Location,
    Notice,
    Record,
    Relation,
    Venue,
)

T = TypeVar("T")
Key = str | tuple[str, ...]
Value = str | tuple[Author, ...] | Venue | tuple[str, str, str] | None

# Most trusted first; "germane" is the operator's own word. A registry that speaks of its own (arXiv, bioRxiv) stands
# high for what it knows best; files of references, which people edit, stand low; a source that is not named, lowest.
_DEFAULT = (
    "germane", "jats", "crossref", "datacite", "arxiv", "biorxiv", "pubmed", "medline", "nbib", "europepmc", "doaj",
    "openalex", "csl", "bibtex", "ris",
)  # fmt: skip
_TRUST: dict[str, tuple[str, ...]] = {
    "title": ("germane", "jats", "arxiv", "biorxiv", "crossref", "datacite", "europepmc", "pubmed", "medline", "nbib"),
    "type": ("germane", "jats", "pubmed", "medline", "nbib", "europepmc", "arxiv", "biorxiv", "crossref", "datacite"),
    "language": ("germane", "jats", "pubmed", "medline", "nbib", "europepmc", "crossref", "datacite", "csl"),
    "venue": ("germane", "crossref", "jats", "pubmed", "medline", "nbib", "europepmc", "datacite", "openalex"),
}
_OPERATOR = 2  # above every quality: what the operator says is meant
_DAY = re.compile(r"\d{4}-\d\d")
_SCALARS = ("title", "authors", "venue", "published_on", "type", "language", "volume", "issue", "pages", "license")
_TITLES = ("title", "subtitle", "original_title")


def _ranks(field: str) -> dict[str, int]:
    order = _TRUST.get(field, ())
    order += tuple(source for source in _DEFAULT if source not in order)
    return {source: rank for rank, source in enumerate(reversed(order), start=1)}


_RANKS = {field: _ranks(field) for field in _SCALARS}


def merge_records(records: Iterable[Record]) -> Article:
    """Return the article that the records of one article make together; an empty one of none.

    `provenance` of the result names for each field who said it: source, key and date of its record. Title, subtitle
    and original title are taken from one record, and so are all authors.
    """
    articles = [_stamped(record) for record in records]
    return reduce(merge_articles, articles) if articles else Article()


def merge_articles(a: Article, b: Article) -> Article:
    """Return what two articles, or two halves of one, say together.

    Commutative and associative; idempotent for what `merge_records` or this function returned (any other article
    comes out with its sets in canonical order). Every identifier and every notice of both is kept; an empty value
    never wins.
    """
    provenance: dict[str, str] = {}
    fields: dict[str, Any] = _joined_sets(a, b)
    for field in _SCALARS:
        value, origin = _winner(field, _value(a, field), a.provenance, _value(b, field), b.provenance)
        if field == "title":
            fields.update(zip(_TITLES, cast("tuple[str, str, str]", value), strict=True))
        else:
            fields[field] = value
        if origin:
            provenance[field] = origin
    return Article(**fields, n_cited_by=max(a.n_cited_by, b.n_cited_by), provenance=provenance)


def _stamped(record: Record) -> Article:
    """Return the record's article in canonical form, each field stamped with where it comes from."""
    article = record.article
    stamp = f"{record.source} {record.key} {record.updated_on}".rstrip()
    provenance = {field: stamp for field in _SCALARS if not _is_empty(field, _value(article, field))}
    venue = article.venue if "venue" in provenance else None  # one without a name is none
    return replace(article, **_joined_sets(article, None), venue=venue, provenance=provenance)


# --- one value ----------------------------------------------------------------------------------------------------


def _value(article: Article, field: str) -> Value:
    if field == "title":
        return article.title, article.subtitle, article.original_title
    return cast("Value", getattr(article, field))


def _is_empty(field: str, value: Value) -> bool:
    if field == "title":
        return value == ("", "", "")
    return not value or (field == "type" and value == "other") or (field == "venue" and value == Venue(""))


def _winner(
    field: str, a: Value, a_origins: Mapping[str, str], b: Value, b_origins: Mapping[str, str]
) -> tuple[Value, str]:
    if _is_empty(field, a) and _is_empty(field, b):
        return (None if field == "venue" else a), ""
    a_origin, b_origin = a_origins.get(field, ""), b_origins.get(field, "")
    if a == b:  # the better witness of the two
        return a, max(a_origin, b_origin, key=lambda origin: _order(field, a, origin))
    if _is_empty(field, b):
        return a, a_origin
    if _is_empty(field, a):
        return b, b_origin
    return max(((a, a_origin), (b, b_origin)), key=lambda said: _order(field, *said))


def _order(field: str, value: Value, origin: str) -> tuple[int, int, str, Any, str]:
    """Return the place of a value in the total order of its field. All of it can be had again from value and origin."""
    source, _, rest = origin.partition(" ")
    last = rest.rpartition(" ")[2]
    updated_on = last if _DAY.match(last) else ""
    quality = _OPERATOR if source == "germane" else _quality(field, value)
    return quality, _RANKS[field].get(source, 0), updated_on, value, origin


def _quality(field: str, value: Value) -> int:
    """Return how good a value is in itself, whoever says it; this outweighs trust."""
    if field == "authors":
        return 0 if _is_shattered(cast("tuple[Author, ...]", value)) else 1
    if field == "type":
        return (
            0 if value in ("article", "preprint") else 1
        )  # all others say more, where "article" is said of everything
    if field == "title":
        return 1 if cast("tuple[str, str, str]", value)[0] else 0
    return 1 if isinstance(value, Venue) and value.name else 0


def _is_shattered(authors: tuple[Author, ...]) -> bool:
    """Tell whether a list is one of those that some programs write a letter an author."""
    return len(authors) > 3 and 2 * sum(len(author.name) < 2 for author in authors) > len(authors)


# --- sets ---------------------------------------------------------------------------------------------------------

_SCHEME_ORDER = {scheme: position for position, scheme in enumerate(SCHEMES)}


def _identifiers(identifiers: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    if len(identifiers) < 2:
        return identifiers
    return tuple(sorted(set(identifiers), key=lambda i: (_SCHEME_ORDER[i.scheme], i.value)))


def _joined_sets(a: Article, b: Article | None) -> dict[str, Any]:
    """Return the set fields of one or two articles, joined and in canonical order."""
    sets: dict[str, Any] = {"identifiers": _identifiers(a.identifiers + b.identifiers if b else a.identifiers)}
    for name, (key, join) in _SETS.items():
        elements = getattr(a, name)
        if b is not None:
            elements = elements + getattr(b, name)
        sets[name] = _union(elements, key, join) if elements else ()
    return sets


def _union(elements: tuple[T, ...], key: Callable[[T], Key], join: Callable[[T, T], T]) -> tuple[T, ...]:
    if len(elements) == 1:
        return elements
    joined: dict[Key, T] = {}
    for element in elements:
        its_key = key(element)
        other = joined.get(its_key)
        joined[its_key] = element if other is None or other == element else join(other, element)
    return tuple(joined[its_key] for its_key in sorted(joined))


def _longest(a: str, b: str) -> str:
    return max(a, b, key=lambda text: (len(text), text))


def _source(a: str, b: str) -> str:
    return a if a == b else max(a, b, key=lambda source: (_RANKS["title"].get(source, 0), source))


def _join_abstracts(a: Abstract, b: Abstract) -> Abstract:
    return max(a, b, key=lambda abstract: (len(abstract.markup), abstract.markup, abstract.license))


def _openness(location: Location) -> int:
    return -1 if location.is_open is None else int(location.is_open)


def _join_locations(a: Location, b: Location) -> Location:
    return Location(
        url=a.url,
        content=max(a.content, b.content),
        version=max(a.version, b.version),
        license=max(a.license, b.license),
        is_open=max(a, b, key=_openness).is_open,
        host=max(a.host, b.host),
    )


def _relation_key(relation: Relation) -> Key:
    return relation.kind, relation.identifier or relation.url or relation.title


def _join_relations(a: Relation, b: Relation) -> Relation:
    return Relation(
        kind=a.kind,
        identifier=max(a.identifier, b.identifier),
        url=max(a.url, b.url),
        title=_longest(a.title, b.title),
        on=max(a.on, b.on),
        source=_source(a.source, b.source),
    )


def _join_notices(a: Notice, b: Notice) -> Notice:
    return Notice(
        kind=a.kind,
        identifier=max(a.identifier, b.identifier),
        on=max(a.on, b.on),
        url=max(a.url, b.url),
        reason=_longest(a.reason, b.reason),
        source=_source(a.source, b.source),
    )


def _join_funding(a: Funding, b: Funding) -> Funding:
    return Funding(funder=max(a.funder, b.funder), award=a.award, identifier=max(a.identifier, b.identifier))


# field → (key of an element, a tuple of strings; join of two elements of one key)
_SETS: dict[str, tuple[Callable[..., Key], Callable[..., object]]] = {
    "abstracts": (lambda abstract: (abstract.source, abstract.basis, abstract.language), _join_abstracts),
    "keywords": (lambda keyword: (keyword.kind, keyword.scheme, keyword.text.casefold()), max),
    "locations": (lambda location: location.url, _join_locations),
    "relations": (_relation_key, _join_relations),
    "notices": (lambda notice: (notice.kind, notice.identifier or notice.url or notice.on), _join_notices),
    "funding": (lambda funding: (funding.funder.casefold(), funding.award), _join_funding),
}
