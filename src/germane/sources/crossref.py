"""Crossref works: a REST answer (one work or a page), the yearly public data file's JSON lines, or a bare work.

API: https://api.crossref.org/swagger-ui/ and https://www.crossref.org/documentation/schema-library/. Terms: metadata
are facts without any claim; an abstract may still be under its publisher's copyright, so its licence stays unknown.
Deletion: none; a withdrawn article keeps its record and gains a notice.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct, field

from germane.article import (
    Abstract,
    Article,
    ArticleType,
    Author,
    Funding,
    Identifier,
    Keyword,
    Location,
    Notice,
    NoticeKind,
    Record,
    Relation,
    RelationKind,
    Venue,
    VenueKind,
)
from germane.identifiers import normalize_doi, normalize_issn, normalize_nct, normalize_orcid
from germane.reading import Piece, Text
from germane.reading.dates import date_from_parts
from germane.reading.json import peek, split_json
from germane.reading.keys import record_key
from germane.reading.languages import language_code
from germane.reading.licenses import is_open_license, license_name
from germane.reading.names import read_name
from germane.reading.targets import find_target
from germane.reading.typed import UnreadableRecordError, read_record
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text

NAME = "crossref"

_CONTAINERS = ("message.items", "items")
_MESSAGE = re.compile(r'"message-type"\s*:\s*"([^"]*)"')
# Members that only Crossref's works have.
_MARKS = frozenset(
    {"reference-count", "references-count", "is-referenced-by-count", "deposited", "content-domain", "member"}
)

_TYPES: Mapping[str, ArticleType] = {
    "journal-article": "article",
    "proceedings-article": "conference-paper",
    "posted-content": "preprint",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
    "reference-book": "book",
    "book-set": "book",
    "book-chapter": "chapter",
    "book-section": "chapter",
    "book-part": "chapter",
    "reference-entry": "chapter",
    "dissertation": "thesis",
    "report": "report",
    "report-component": "report",
    "standard": "report",
    "dataset": "dataset",
    "peer-review": "peer-review",
}
_VENUE_KINDS: Mapping[str, VenueKind] = {
    "journal-article": "journal",
    "proceedings-article": "conference",
    "posted-content": "repository",
    "book-chapter": "book",
    "book-section": "book",
    "book-part": "book",
    "reference-entry": "book",
}
# https://www.crossref.org/documentation/crossmark/version-control-corrections-and-retractions/
_NOTICES: Mapping[str, NoticeKind] = {
    "retraction": "retraction",
    "partial_retraction": "retraction",
    "withdrawal": "retraction",
    "removal": "retraction",
    "expression_of_concern": "concern",
    "correction": "correction",
    "erratum": "correction",
    "corrigendum": "correction",
    "addendum": "correction",
    "clarification": "correction",
    "reinstatement": "reinstatement",
}
# https://www.crossref.org/documentation/schema-library/markup-guide-metadata-segments/relationships/
_RELATIONS: Mapping[str, RelationKind] = {
    "is-preprint-of": "is-preprint-of",
    "has-preprint": "has-preprint",
    "is-manuscript-of": "is-preprint-of",
    "has-manuscript": "has-preprint",
    "is-version-of": "is-version-of",
    "has-version": "is-version-of",
    "is-identical-to": "is-version-of",
    "is-same-as": "is-version-of",
    "is-variant-form-of": "is-version-of",
    "is-original-form-of": "is-version-of",
    "replaces": "is-version-of",
    "is-replaced-by": "is-version-of",
    "has-review": "has-review",
    "is-review-of": "is-review-of",
    "has-comment": "has-comment",
    "is-comment-on": "is-comment-on",
    "has-reply": "has-comment",
    "is-reply-to": "is-comment-on",
    "is-supplemented-by": "has-supplement",
    "has-related-material": "related",
    "is-based-on": "related",
    "references": "references",
    "cites": "references",
    "is-documented-by": "related",
    "is-derived-from": "related",
}
_NOT_TOLD = frozenset({"is-cited-by", "is-referenced-by", "is-part-of", "has-part", "is-financed-by"})
_VERSIONS: Mapping[str, Literal["published", "accepted", "submitted", ""]] = {"vor": "published", "am": "accepted"}
_CONTENTS: Mapping[str, Literal["pdf", "html", "xml", ""]] = {
    "application/pdf": "pdf",
    "text/html": "html",
    "text/xml": "xml",
    "application/xml": "xml",
}
_ABSTRACT_HEADING = re.compile(r"\A\s*<h4>\s*(?:abstract|summary)\s*[.:]?\s*</h4>\s*", re.IGNORECASE)


class _Date(Struct, gc=False):
    parts: list[list[int | str | None]] | None = field(default=None, name="date-parts")
    time: str | None = field(default=None, name="date-time")


class _Affiliation(Struct, gc=False):
    name: str | None = None


class _Author(Struct, gc=False):
    given: str | None = None
    family: str | None = None
    suffix: str | None = None
    name: str | None = None
    orcid: str | None = field(default=None, name="ORCID")
    affiliation: list[_Affiliation] | None = None


class _License(Struct, gc=False):
    url: str | None = field(default=None, name="URL")
    version: str | None = field(default=None, name="content-version")
    start: _Date | None = None


class _Link(Struct, gc=False):
    url: str | None = field(default=None, name="URL")
    content_type: str | None = field(default=None, name="content-type")
    version: str | None = field(default=None, name="content-version")
    intended: str | None = field(default=None, name="intended-application")


class _Funder(Struct, gc=False):
    name: str | None = None
    doi: str | None = field(default=None, name="DOI")
    award: list[str] | None = None


class _Reference(Struct, gc=False):
    doi: str | None = field(default=None, name="DOI")
    unstructured: str | None = None
    title: str | None = field(default=None, name="article-title")
    volume_title: str | None = field(default=None, name="volume-title")
    author: str | None = None
    year: str | int | None = None
    journal: str | None = field(default=None, name="journal-title")
    series: str | None = field(default=None, name="series-title")


class _Update(Struct, gc=False):
    doi: str | None = field(default=None, name="DOI")
    type: str | None = None
    source: str | None = None
    updated: _Date | None = None


class _Related(Struct, gc=False):
    id: str | None = None
    id_type: str | None = field(default=None, name="id-type")


class _Resource(Struct, gc=False):
    url: str | None = field(default=None, name="URL")


class _Resources(Struct, gc=False):
    primary: _Resource | None = None


class _Trial(Struct, gc=False):
    number: str | None = field(default=None, name="clinical-trial-number")


class _Issn(Struct, gc=False):
    value: str | None = None


class _Work(Struct, gc=False):
    message: "_Work | str | None" = None
    doi: str | None = field(default=None, name="DOI")
    type: str | None = None
    subtype: str | None = None
    title: list[str] | str | None = None
    subtitle: list[str] | str | None = None
    original_title: list[str] | str | None = field(default=None, name="original-title")
    container: list[str] | str | None = field(default=None, name="container-title")
    group: str | None = field(default=None, name="group-title")
    institution: list[_Affiliation] | _Affiliation | None = None
    publisher: str | None = None
    issn: list[str] | None = field(default=None, name="ISSN")
    issn_type: list[_Issn] | None = field(default=None, name="issn-type")
    author: list[_Author] | None = None
    editor: list[_Author] | None = None
    issued: _Date | None = None
    published: _Date | None = None
    published_online: _Date | None = field(default=None, name="published-online")
    published_print: _Date | None = field(default=None, name="published-print")
    posted: _Date | None = None
    language: str | None = None
    volume: str | None = None
    issue: str | None = None
    page: str | None = None
    article_number: str | None = field(default=None, name="article-number")
    abstract: str | None = None
    subject: list[str] | None = None
    license: list[_License] | None = None
    link: list[_Link] | None = None
    resource: _Resources | None = None
    url: str | None = field(default=None, name="URL")
    funder: list[_Funder] | None = None
    reference: list[_Reference] | None = None
    relation: dict[str, list[_Related] | _Related] | None = None
    update_to: list[_Update] | None = field(default=None, name="update-to")
    updated_by: list[_Update] | None = field(default=None, name="updated-by")
    trials: list[_Trial] | None = field(default=None, name="clinical-trial-number")
    n_cited_by: int | None = field(default=None, name="is-referenced-by-count")
    indexed: _Date | None = None
    deposited: _Date | None = None


def sniff(head: str) -> bool:
    """Tell whether the file holds Crossref works."""
    if not head.lstrip().startswith(("{", "[")):
        return False
    if match := _MESSAGE.search(head[:4096]):
        return match[1] in ("work", "work-list")
    first = peek(head, _CONTAINERS)
    n_marks = len(_MARKS & first.keys()) + ("DOI" in first)
    # Content negotiation gives the same members with plain strings for title and journal.
    return n_marks >= 2 and (first.get("title", "[") == "[" or n_marks >= 4)


def split(text: Text) -> Iterator[Piece]:
    """Yield one piece per work."""
    return split_json(text, _CONTAINERS)


def parse(piece: str) -> list[Entry]:
    """Return the work's record. Raises ParseError when it has neither DOI nor title."""
    try:
        work = read_record(piece, _Work)
    except UnreadableRecordError as error:
        raise ParseError(str(error)) from error
    if isinstance(work.message, str):
        raise ParseError(f"Crossref answered: {work.message[:200]}")
    return [_record(work.message or work)]


def _record(work: _Work) -> Record:
    doi = normalize_doi(work.doi) if work.doi else None
    title = clean_markup(_first(work.title))
    if doi is None and not title:
        raise ParseError(f"a work with neither title nor valid DOI ({work.doi!r})")
    kind = work.type or ""
    article = Article(
        identifiers=(Identifier("doi", doi),) if doi else (),
        title=title,
        subtitle=clean_markup(_first(work.subtitle)),
        original_title=clean_markup(_first(work.original_title)),
        authors=tuple(_authors(work.author or work.editor or ())),
        venue=_venue(work),
        published_on=_published_on(work),
        type=_type(work, doi),
        language=language_code(work.language or ""),
        volume=work.volume or "",
        issue=work.issue or "",
        pages=work.page or work.article_number or "",
        abstracts=_abstracts(work.abstract),
        keywords=tuple(Keyword(text, "subject", "asjc") for text in work.subject or () if text),
        locations=tuple(_locations(work, is_preprint=kind == "posted-content")),
        relations=tuple(_without_repeats(_relations(work, doi))),
        notices=tuple(dict.fromkeys(_notices(work, doi))),
        funding=tuple(_funding(work.funder or ())),
        license=_license(work.license or ()),
        n_cited_by=max(work.n_cited_by or 0, 0),
    )
    stamp = work.indexed or work.deposited
    return Record(NAME, doi or record_key(article), article, (stamp.time or "") if stamp else "")


def _first(value: list[str] | str | None) -> str:
    return value if isinstance(value, str) else value[0] if value else ""


def _authors(people: Iterable[_Author]) -> Iterator[Author]:
    for person in people:
        family = plain_text(clean_markup(person.family or ""))
        given = plain_text(clean_markup(person.given or ""))
        name = f"{given} {family}".strip() or plain_text(clean_markup(person.name or ""))
        if person.suffix and family:
            name = f"{name} {person.suffix}"
        if "," in family and not given:
            told = read_name(family)
            name, family, given = told.name, told.family, told.given
        if name:
            orcid = normalize_orcid(person.orcid) or "" if person.orcid else ""
            places = tuple(plain_text(clean_markup(each.name)) for each in person.affiliation or () if each.name)
            yield Author(name, family, given if family else "", orcid, places)


def _venue(work: _Work) -> Venue | None:
    name = _first(work.container)
    if not name and work.type == "posted-content":
        places = work.institution if isinstance(work.institution, list) else [work.institution or _Affiliation()]
        name = next((place.name for place in places if place.name), "") or work.group or work.publisher or ""
    if not name:
        return None
    texts = [*(work.issn or ()), *(each.value for each in work.issn_type or () if each.value)]
    issns = dict.fromkeys(issn for text in texts if (issn := normalize_issn(text)))
    kind = _VENUE_KINDS.get(work.type or "", "")
    return Venue(plain_text(clean_markup(name)), kind, tuple(issns), plain_text(clean_markup(work.publisher or "")))


def _published_on(work: _Work) -> str:
    """Return the day of issue, told further by another date that agrees with it ("2021" and "2021-03-09")."""
    dates = [
        _date(each) for each in (work.issued, work.published, work.posted, work.published_online, work.published_print)
    ]
    issued = next((date for date in dates if date), "")
    return max((date for date in dates if date.startswith(issued)), key=len, default=issued) if issued else ""


def _date(date: _Date | None) -> str:
    return date_from_parts(date.parts[0]) if date and date.parts and date.parts[0] else ""


def _type(work: _Work, doi: str | None) -> ArticleType:
    """Return the type; a notice's own record is known by the article that it updates."""
    for update in work.update_to or ():
        kind = _NOTICES.get((update.type or "").lower())
        if kind is not None and doi and update.doi and normalize_doi(update.doi) != doi:
            if kind == "retraction":
                return "retraction"
            if kind == "correction":
                return "correction"
    if work.type == "posted-content" and work.subtype in ("dissertation", "report", "letter"):
        return {"dissertation": "thesis", "report": "report", "letter": "letter"}[work.subtype]  # type: ignore[return-value]
    return _TYPES.get(work.type or "", "other")


def _abstracts(markup: str | None) -> tuple[Abstract, ...]:
    cleaned = _ABSTRACT_HEADING.sub("", clean_markup(markup, block=True)) if markup else ""
    return (Abstract(cleaned, NAME),) if cleaned else ()


def _license(licenses: Iterable[_License]) -> str:
    """Return the version of record's licence; text-mining terms say nothing about readers."""
    found = {each.version or "unspecified": license_name(each.url or "") for each in licenses if _is_for_readers(each)}
    return found.get("vor") or found.get("unspecified") or found.get("am") or ""


def _is_for_readers(license_: _License) -> bool:
    """Tell whether these are a reader's terms: some publishers give text-mining terms for the version of record."""
    return bool(license_.url) and license_.version != "tdm" and "/tdm" not in (license_.url or "")


def _locations(work: _Work, *, is_preprint: bool) -> Iterator[Location]:
    host: Literal["publisher", "repository"] = "repository" if is_preprint else "publisher"
    own: Literal["published", "submitted"] = "submitted" if is_preprint else "published"
    told_on = ((work.indexed or work.deposited or _Date()).time or "9999")[:10]
    licenses: dict[str, tuple[str, bool]] = {}
    for each in work.license or ():
        if _is_for_readers(each):
            name = license_name(each.url or "")
            # An embargoed licence is open from its start; the record's own date stands for today.
            begun = _date(each.start) <= told_on
            licenses.setdefault(each.version or "", (name, is_open_license(name) and begun))

    def terms(version: str) -> tuple[str, bool | None]:
        name, is_open = licenses.get(version) or licenses.get("unspecified") or licenses.get("", ("", False))
        return name, True if is_open else None

    primary = work.resource.primary.url if work.resource and work.resource.primary else work.url
    name, is_open = terms("vor")
    if primary:
        yield Location(primary, "landing", own, name, is_open, host)
    seen = {primary}
    for link in work.link or ():
        content = _CONTENTS.get(link.content_type or "", "")
        if content == "" and (link.url or "").lower().endswith(".pdf"):
            content = "pdf"
        name, is_open = terms(link.version or "vor")
        # Links for plagiarism checkers and keyed text-mining interfaces are for readers only when the text is open.
        for_readers = is_open or link.intended in ("syndication", "unspecified", None)
        if link.url and content and for_readers and link.url not in seen and "api.elsevier.com" not in link.url:
            seen.add(link.url)
            version = own if is_preprint else _VERSIONS.get(link.version or "", "")
            yield Location(link.url, content, version, name, is_open, host)


def _relations(work: _Work, doi: str | None) -> Iterator[Relation]:
    for name, targets in (work.relation or {}).items():
        kind = _RELATIONS.get(name, "related")
        for target in [] if name in _NOT_TOLD else targets if isinstance(targets, list) else [targets]:
            found = find_target(target.id or "", target.id_type or "")
            if found and found[0] != f"doi:{doi}":
                yield Relation(kind, found[0], found[1], found[2], source=NAME)
    for update in work.update_to or ():
        target_doi = normalize_doi(update.doi) if update.doi else None
        if target_doi and target_doi != doi:
            notice = _NOTICES.get((update.type or "").lower())
            if notice is None:
                yield Relation("is-version-of", f"doi:{target_doi}", on=_date(update.updated), source=NAME)
            else:
                # A retraction or a concern corrects nothing: it must not look like a correction from the other end.
                about: RelationKind = "is-correction-of" if notice == "correction" else "related"
                yield Relation(about, f"doi:{target_doi}", on=_date(update.updated), source=NAME)
    for trial in work.trials or ():
        if number := normalize_nct(trial.number) if trial.number else None:
            yield Relation("has-trial", f"nct:{number}", source=NAME)
        elif trial.number:
            yield Relation("has-trial", title=trial.number, source=NAME)
    for reference in work.reference or ():
        cited = normalize_doi(reference.doi) if reference.doi else None
        title = _reference_text(reference)
        if cited or title:
            yield Relation("references", f"doi:{cited}" if cited else "", title=title, source=NAME)


def _without_repeats(relations: Iterable[Relation]) -> Iterator[Relation]:
    """Yield each relation once: `relation` and `update-to` often tell the same, with and without a date."""
    seen = set()
    for each in relations:
        told = (each.kind, each.identifier, each.identifier or (each.url, each.title))
        if told not in seen:
            seen.add(told)
            yield each


def _reference_text(reference: _Reference) -> str:
    if reference.unstructured:
        return plain_text(clean_markup(reference.unstructured))
    title = reference.title or reference.volume_title or reference.series
    parts: list[Any] = [reference.author, f"({reference.year})" if reference.year else "", title, reference.journal]
    return plain_text(clean_markup(", ".join(part for part in parts if part)))


def _notices(work: _Work, doi: str | None) -> Iterator[Notice]:
    """Yield what `updated-by` says of this article; `update-to` counts only where it names the article itself."""
    own = [each for each in work.update_to or () if doi and each.doi and normalize_doi(each.doi) == doi]
    for update in [*(work.updated_by or ()), *own]:
        kind = _NOTICES.get((update.type or "").lower())
        if kind is not None:
            notice = normalize_doi(update.doi) if update.doi else None
            about = "" if notice == doi else notice or ""
            source = NAME if update.source in (None, "", "publisher") else update.source or NAME
            yield Notice(kind, about, _date(update.updated), f"https://doi.org/{about}" if about else "", "", source)


def _funding(funders: Iterable[_Funder]) -> Iterator[Funding]:
    for funder in funders:
        if funder.name:
            doi = normalize_doi(funder.doi) or "" if funder.doi else ""
            for award in funder.award or [""]:
                yield Funding(plain_text(clean_markup(funder.name)), award, doi)
