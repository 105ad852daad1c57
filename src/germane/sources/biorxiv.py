"""bioRxiv's and medRxiv's details: preprints, a version a record.

API: https://api.biorxiv.org. Terms: metadata free to use; text as each preprint's own licence says. Of several versions
of a preprint the last one that is read stands. Deletion: none; a withdrawn preprint keeps its record.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from germane.article import Abstract, Article, Author, Identifier, Keyword, Location, Record, Relation, Venue
from germane.identifiers import normalize_doi
from germane.reading import Piece, Text
from germane.reading.dates import date_from_text
from germane.reading.json import peek, split_json
from germane.reading.licenses import is_open_license, license_name
from germane.reading.names import read_name
from germane.reading.typed import UnreadableRecordError, read_record
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text

NAME = "biorxiv"

_CONTAINERS = ("collection",)
_MARKS = frozenset({"author_corresponding", "jatsxml", "category", "server", "version", "license"})
_SERVERS = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
_RESTRICTED = re.compile(r"cc_?no\b", re.IGNORECASE)  # as the servers write "all rights reserved"


class _Details(Struct):
    doi: str | None = None
    title: str | None = None
    authors: str | None = None
    date: str | None = None
    version: str | None = None
    license: str | None = None
    category: str | None = None
    abstract: str | None = None
    published: str | None = None
    server: str | None = None


def sniff(head: str) -> bool:
    """Tell whether the file holds details of preprints of bioRxiv or medRxiv."""
    first = peek(head, _CONTAINERS)
    return "doi" in first and len(_MARKS & first.keys()) >= 2


def split(text: Text) -> Iterator[Piece]:
    """Yield one piece per version of a preprint."""
    return split_json(text, _CONTAINERS)


def parse(piece: str) -> list[Entry]:
    """Return the preprint's record. Raises ParseError when it has neither a DOI nor a title."""
    try:
        told = read_record(piece, _Details)
    except UnreadableRecordError as error:
        raise ParseError(str(error)) from error
    doi = normalize_doi(told.doi or "")
    title = clean_markup(told.title or "")
    if doi is None or not title:
        raise ParseError(f"a preprint without a DOI ({told.doi!r}) or a title")
    return [Record(NAME, doi, _article(told, doi, title), date_from_text(told.date or ""))]


def _article(told: _Details, doi: str, title: str) -> Article:
    given = "" if _RESTRICTED.fullmatch(told.license or "") else license_name(told.license or "")
    abstract = clean_markup(told.abstract or "", block=True)
    server = _SERVERS.get((told.server or "").strip().lower(), "bioRxiv")
    published = normalize_doi(told.published or "")
    place = Location(
        f"https://doi.org/{doi}",
        "landing",
        "submitted",
        given if is_open_license(given) else "",
        is_open=True,
        host="repository",
    )
    return Article(
        identifiers=(Identifier("doi", doi),),
        title=title,
        authors=tuple(_authors(told.authors or "")),
        venue=Venue(server, "repository"),
        published_on=date_from_text(told.date or ""),
        type="preprint",
        abstracts=(Abstract(abstract, NAME, given),) if abstract else (),
        keywords=(Keyword(plain_text(clean_markup(told.category)), "topic", NAME),) if told.category else (),
        locations=(place,),
        relations=(Relation("is-preprint-of", f"doi:{published}", source=NAME),) if published else (),
        license=given,
    )


def _authors(text: str) -> Iterator[Author]:
    for name in text.split(";"):
        if name.strip():
            yield read_name(plain_text(clean_markup(name)))
