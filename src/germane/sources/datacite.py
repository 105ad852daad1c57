"""DataCite records in JSON: a page of DOIs, one DOI, its attributes alone, in the versions 3 and 4 of the schema.

API: https://support.datacite.org/docs/api; schema: https://datacite-metadata-schema.readthedocs.io. Terms: CC0.
Deletion: a withdrawn DOI keeps its record with the state "registered".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from germane.article import (
    Abstract,
    Article,
    ArticleType,
    Author,
    Funding,
    Identifier,
    Keyword,
    Location,
    Record,
    Relation,
    RelationKind,
    Venue,
    VenueKind,
)
from germane.identifiers import normalize_arxiv, normalize_doi, normalize_issn, normalize_orcid
from germane.reading import Piece, Text
from germane.reading.dates import date_from_text
from germane.reading.json import peek, split_json
from germane.reading.keys import record_key
from germane.reading.languages import language_code
from germane.reading.licenses import is_open_license, license_name
from germane.reading.names import read_name
from germane.reading.targets import find_target
from germane.reading.typed import UnreadableRecordError, read_json
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text

NAME = "datacite"

_CONTAINERS = ("data",)
_MARKS = frozenset({"creators", "titles", "types", "publicationYear", "publication_year", "resourceTypeGeneral"})

# https://datacite-metadata-schema.readthedocs.io/en/4.6/appendices/appendix-1/resourceTypeGeneral/
_GENERAL_TYPES: Mapping[str, ArticleType] = {
    "journalarticle": "article",
    "datapaper": "article",
    "conferencepaper": "conference-paper",
    "preprint": "preprint",
    "book": "book",
    "bookchapter": "chapter",
    "dissertation": "thesis",
    "report": "report",
    "standard": "report",
    "peerreview": "peer-review",
    "dataset": "dataset",
    "collection": "dataset",
    "software": "software",
    "computationalnotebook": "software",
}
_WORDED_TYPES: Mapping[str, ArticleType] = {
    "articlejournal": "article",
    "article": "article",
    "journalarticle": "article",
    "researcharticle": "article",
    "scholarlyarticle": "article",
    "conferencepaper": "conference-paper",
    "proceedingsarticle": "conference-paper",
    "preprint": "preprint",
    "workingpaper": "preprint",
    "thesis": "thesis",
    "dissertation": "thesis",
    "doctoralthesis": "thesis",
    "masterthesis": "thesis",
    "report": "report",
    "technicalreport": "report",
    "book": "book",
    "bookchapter": "chapter",
    "chapter": "chapter",
    "review": "review",
    "peerreview": "peer-review",
    "dataset": "dataset",
    "software": "software",
}
_RELATIONS: Mapping[str, RelationKind] = {
    "isversionof": "is-version-of",
    "hasversion": "is-version-of",
    "isnewversionof": "is-version-of",
    "ispreviousversionof": "is-version-of",
    "isvariantformof": "is-version-of",
    "isoriginalformof": "is-version-of",
    "isidenticalto": "is-version-of",
    "istranslationof": "is-version-of",
    "hastranslation": "is-version-of",
    "obsoletes": "is-version-of",
    "isobsoletedby": "is-version-of",
    "ispreprintof": "is-preprint-of",
    "cites": "references",
    "references": "references",
    "isreviewedby": "has-review",
    "reviews": "is-review-of",
    "issupplementedby": "has-supplement",
}
_NOT_TOLD = frozenset({"iscitedby", "isreferencedby", "ispartof", "haspart", "ispublishedin", "hasmetadata"})
_ARXIV_DOI = ("10.48550/arxiv.", "10.65215/arxiv.")
_NOT_WORDS = re.compile(r"[^a-z]")
# DataCite's words for "unknown", and what stands in for the rest of a list:
# https://datacite-metadata-schema.readthedocs.io/en/4.6/appendices/appendix-3/
_NOBODY = frozenset({"unav", "unas", "unac", "unal", "unap", "unkn", "none", "null", "tba", "et al", "etal", "et. al"})
_TAGGED = re.compile(r"^\s*\([A-Z][\w ]*\)$")


def sniff(head: str) -> bool:
    """Tell whether the file holds DataCite records."""
    first = peek(head, _CONTAINERS)
    if first.get("data") == "{":
        return bool(re.search(r'"type"\s*:\s*"dois"', head[:8192]))
    if "@context" in first or "schema" in first:
        return False
    if first.get("type") == '"dois"' and "attributes" in first:
        return True
    if first.get("attributes") == "{":
        return any(f'"{name}"' in head for name in ("creators", "titles")) and '"doi"' in head
    own = first.get("creators") == "[" and first.get("titles") == "["
    return own and bool({"types", "doi", "publicationYear", "publication_year", "identifiers"} & first.keys())


def split(text: Text) -> Iterator[Piece]:
    """Yield one piece per DOI."""
    return split_json(text, _CONTAINERS)


def parse(piece: str) -> list[Entry]:
    """Return the DOI's record. Raises ParseError when it has no title: the schema demands one."""
    try:
        told = read_json(piece)
    except UnreadableRecordError as error:
        raise ParseError(str(error)) from error
    if not isinstance(told, dict):
        raise ParseError("not a JSON object")
    if errors := _dicts(told.get("errors")):
        raise ParseError(f"DataCite answered: {_text(errors[0].get('title')) or 'an error'}")
    outer = told["data"] if isinstance(told.get("data"), dict) else told
    fields = outer["attributes"] if isinstance(outer.get("attributes"), dict) else outer
    doi = _doi(fields, outer)
    titles = _dicts(fields.get("titles"))
    if not any(_text(title.get("title")) for title in titles):
        raise ParseError(f"no title (DOI {doi})" if doi else "neither a valid DOI nor a title")
    article = _article(fields, doi, titles)
    return [Record(NAME, doi or record_key(article), article, _text(fields.get("updated")))]


def _text(value: Any) -> str:
    """Return a string, number or {"name": …} as text; "" for anything else."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return _text(value.get("name"))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, or a lone object as a list."""
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed if isinstance(each, dict)]


def _get(fields: Mapping[str, Any], name: str) -> Any:
    """Return a member by its camelCase name, or by snake_case or kebab-case as older exports have it."""
    if name in fields:
        return fields[name]
    snake = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()
    return fields.get(snake, fields.get(snake.replace("_", "-")))


def _doi(fields: Mapping[str, Any], outer: Mapping[str, Any]) -> str | None:
    named = (
        _text(each.get("identifier"))
        for each in _dicts(fields.get("identifiers"))
        if _text(_get(each, "identifierType")).upper() == "DOI"
    )
    for text in (_text(fields.get("doi")), _text(fields.get("id")), _text(outer.get("id")), *named):
        if text and (doi := normalize_doi(text)):
            return doi
    return None


def _article(fields: dict[str, Any], doi: str | None, titles: list[dict[str, Any]]) -> Article:
    kind = _type(fields)
    container = next(iter(_dicts(fields.get("container"))), {})
    rights = [license_name(_text(_get(each, "rightsUri")) or _text(each.get("rights"))) for each in _rights(fields)]
    license_ = next((name for name in rights if is_open_license(name)), "")
    language = language_code(_text(fields.get("language")))
    return Article(
        identifiers=tuple(_identifiers(fields, doi)),
        title=clean_markup(_title(titles, "")),
        subtitle=clean_markup(_title(titles, "subtitle")),
        original_title="",
        authors=tuple(_authors(_dicts(fields.get("creators")) or _dicts(fields.get("creator")))),
        venue=_venue(fields, container, kind),
        published_on=_published_on(fields),
        type=kind,
        language=language,
        volume=_text(container.get("volume")),
        issue=_text(container.get("issue")),
        pages="–".join(dict.fromkeys(p for n in ("firstPage", "lastPage") if (p := _text(container.get(n))))),
        abstracts=tuple(_abstracts(_dicts(fields.get("descriptions")))),
        keywords=tuple(dict.fromkeys(_keywords(fields.get("subjects")))),
        locations=tuple(_locations(fields, doi, license_)),
        relations=tuple(dict.fromkeys(_relations(fields, doi))),
        funding=tuple(dict.fromkeys(_funding(_dicts(_get(fields, "fundingReferences"))))),
        license=license_,
        n_cited_by=_count(_get(fields, "citationCount")),
    )


def _rights(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    return _dicts(_get(fields, "rightsList"))


def _identifiers(fields: Mapping[str, Any], doi: str | None) -> Iterator[Identifier]:
    if doi:
        yield Identifier("doi", doi)
        if doi.startswith(_ARXIV_DOI) and (arxiv := normalize_arxiv(doi)):
            yield Identifier("arxiv", arxiv)


def _title(titles: list[dict[str, Any]], wanted: str) -> str:
    """Return the first title of a kind; without a plain title, any title is better than none."""
    for title in titles:
        kind = _NOT_WORDS.sub("", _text(_get(title, "titleType")).lower())
        if kind == wanted and (text := _text(title.get("title"))):
            return text
    return next((text for each in titles if (text := _text(each.get("title")))), "") if not wanted else ""


def _authors(creators: Iterable[dict[str, Any]]) -> Iterator[Author]:
    for each in creators:
        family, given, name = (_text(_get(each, key)) for key in ("familyName", "givenName", "name"))
        if family and given:
            person = Author(f"{given} {family}", family, given)
        elif _text(_get(each, "nameType")) == "Organizational" or each.get("type") == "Organization":
            person = Author(name)
        elif name.lower().strip("(): .") in _NOBODY or _TAGGED.match(name):
            continue
        else:
            person = read_name(name or family or given)
        if person.name:
            ids = _dicts(_get(each, "nameIdentifiers"))
            texts = [_text(_get(one, "nameIdentifier")) for one in ids] + [_text(each.get("id"))]
            orcid = next((found for text in texts if text and (found := normalize_orcid(text))), "")
            places = each.get("affiliation")
            named = [_text(place) for place in (places if isinstance(places, list) else [places])]
            yield Author(person.name, person.family, person.given, orcid, tuple(filter(None, named)))


def _type(fields: Mapping[str, Any]) -> ArticleType:
    types = next(iter(_dicts(fields.get("types"))), {})
    general = _NOT_WORDS.sub(
        "", (_text(_get(types, "resourceTypeGeneral")) or _text(_get(fields, "resourceTypeGeneral"))).lower()
    )
    if general in _GENERAL_TYPES:
        return _GENERAL_TYPES[general]
    if general not in ("", "text", "other"):
        return "other"
    for text in (_get(types, "resourceType"), types.get("citeproc"), types.get("bibtex")):
        if (kind := _WORDED_TYPES.get(_NOT_WORDS.sub("", _text(text).lower()))) is not None:
            return kind
    return "other"


def _venue(fields: Mapping[str, Any], container: Mapping[str, Any], kind: ArticleType) -> Venue | None:
    publisher = _text(fields.get("publisher"))
    name = _text(container.get("title"))
    venue_kind: VenueKind = "repository"
    if name and kind in ("article", "review", "editorial", "letter"):
        venue_kind = "journal"
    elif name and kind == "conference-paper":
        venue_kind = "conference"
    elif name and kind == "chapter":
        venue_kind = "book"
    if not name and (not publisher or publisher.startswith("(:")):
        return None
    is_issn = _text(_get(container, "identifierType")).upper() == "ISSN"
    issn = normalize_issn(_text(container.get("identifier"))) if is_issn else None
    return Venue(plain_text(clean_markup(name or publisher)), venue_kind, (issn,) if issn else (), publisher)


def _published_on(fields: Mapping[str, Any]) -> str:
    dates = {
        _text(_get(each, "dateType")).lower(): _text(each.get("date")) for each in reversed(_dicts(fields.get("dates")))
    }
    found = {name: date_from_text(text) for name, text in dates.items()}
    issued = (
        found.get("issued") or date_from_text(_text(_get(fields, "publicationYear"))) or found.get("available") or ""
    )
    fuller = [found.get(name, "") for name in ("available", "submitted")]
    return max((date for date in (issued, *fuller) if date.startswith(issued)), key=len) or date_from_text(
        _text(fields.get("published"))
    )


def _abstracts(descriptions: Iterable[dict[str, Any]]) -> Iterator[Abstract]:
    for each in descriptions:
        text = _text(each.get("description"))
        if text and _text(_get(each, "descriptionType")).lower() == "abstract":
            markup = clean_markup(text, block=True)
            if markup:
                yield Abstract(markup, NAME, "", "authors", language_code(_text(each.get("lang"))))


def _keywords(subjects: Any) -> Iterator[Keyword]:
    for each in subjects if isinstance(subjects, list) else []:
        text = plain_text(clean_markup(_text(each.get("subject")) if isinstance(each, dict) else _text(each)))
        if text:
            scheme = _text(_get(each, "subjectScheme")) if isinstance(each, dict) else ""
            is_fos = text.startswith("FOS: ")
            yield Keyword(
                text.removeprefix("FOS: "), "subject" if scheme or is_fos else "author", "fos" if is_fos else scheme
            )


def _locations(fields: Mapping[str, Any], doi: str | None, license_: str) -> Iterator[Location]:
    is_open = True if license_ else None
    landing = _text(fields.get("url"))
    if landing.startswith(("http://", "https://")):
        yield Location(landing, "landing", "", license_, is_open, "repository")
    contents = _get(fields, "contentUrl")
    for url in contents if isinstance(contents, list) else [contents]:
        if isinstance(url, str) and url.startswith(("http://", "https://")) and url != landing:
            content: Literal["pdf", ""] = "pdf" if url.lower().endswith(".pdf") else ""
            yield Location(url, content, "", license_, is_open, "repository")


def _relations(fields: Mapping[str, Any], doi: str | None) -> Iterator[Relation]:
    for each in [*_dicts(_get(fields, "relatedIdentifiers")), *_dicts(_get(fields, "relatedItems"))]:
        name = _NOT_WORDS.sub("", _text(_get(each, "relationType")).lower())
        nested = _get(each, "relatedItemIdentifier")
        text = _text(_get(each, "relatedIdentifier")) or (
            _text(_get(nested, "relatedItemIdentifier")) if isinstance(nested, dict) else ""
        )
        id_type = _text(_get(each, "relatedIdentifierType"))
        found = None if name in _NOT_TOLD else find_target(text, id_type)
        if found is None or found[0] == f"doi:{doi}" or (found[2] and not found[0] and not found[1]):
            continue
        yield Relation(_relation_kind(name, _text(_get(each, "resourceTypeGeneral"))), *found, source=NAME)


def _relation_kind(name: str, resource_type: str) -> RelationKind:
    """Return the relation; what a supplement is, the target's own type tells best."""
    if name in ("issupplementedby", "isdocumentedby", "iscompiledby", "isderivedfrom", "requires"):
        kinds: Mapping[str, RelationKind] = {
            "Dataset": "has-dataset",
            "Software": "has-software",
            "Audiovisual": "has-video",
        }
        if resource_type in kinds:
            return kinds[resource_type]
    return _RELATIONS.get(name, "related")


def _funding(references: Iterable[dict[str, Any]]) -> Iterator[Funding]:
    for each in references:
        if name := _text(_get(each, "funderName")):
            identifier = _text(_get(each, "funderIdentifier"))
            award = _text(_get(each, "awardNumber")) or _text(_get(each, "awardTitle"))
            yield Funding(name, award, normalize_doi(identifier) or identifier if identifier else "")


def _count(value: Any) -> int:
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0
