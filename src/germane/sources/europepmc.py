"""Europe PMC articles: a REST answer in JSON (a page of results or one), core or lite.

API: https://europepmc.org/RestfulWebService. Terms: metadata are free, an abstract keeps its publisher's rights.
Errors come with status 200 and an `errCode`. Key: (source, id); "MED" is PubMed, "PPR" are preprints.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

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
)
from germane.identifiers import normalize_doi, normalize_issn, normalize_orcid, normalize_pmcid, normalize_pmid
from germane.reading import Piece, Text
from germane.reading.dates import date_from_text
from germane.reading.json import peek, split_json
from germane.reading.keys import record_key
from germane.reading.languages import language_code
from germane.reading.licenses import license_name
from germane.reading.names import read_indexed_name
from germane.reading.typed import UnreadableRecordError, read_record
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text

NAME = "europepmc"

_CONTAINERS = ("resultList.result", "citationList.citation")
_MARKS = frozenset(
    {
        "authorString",
        "isOpenAccess",
        "inEPMC",
        "hasTextMinedTerms",
        "firstPublicationDate",
        "journalTitle",
        "fullTextIdList",
    }
)

# The most telling type wins: a trial is also a "journal article".
_TYPES: tuple[tuple[str, ArticleType], ...] = (
    ("retraction of publication", "retraction"),
    ("published erratum", "correction"),
    ("preprint", "preprint"),
    ("systematic review", "systematic-review"),
    ("systematic-review", "systematic-review"),
    ("meta-analysis", "systematic-review"),
    ("randomized controlled trial", "clinical-trial"),
    ("clinical trial", "clinical-trial"),
    ("case reports", "case-report"),
    ("case-report", "case-report"),
    ("review", "review"),
    ("editorial", "editorial"),
    ("letter", "letter"),
    ("dissertation", "thesis"),
    ("thesis", "thesis"),
    ("book chapter", "chapter"),
    ("book", "book"),
    ("conference", "conference-paper"),
    ("journal article", "article"),
    ("research-article", "article"),
)
# NLM's words: https://www.nlm.nih.gov/bsd/mms/medlineelements.html#cc
_NOTICES: Mapping[str, NoticeKind] = {
    "retraction in": "retraction",
    "partial retraction in": "retraction",
    "expression of concern in": "concern",
    "erratum in": "correction",
    "corrected and republished in": "correction",
}
_RELATIONS: Mapping[str, RelationKind] = {
    "preprint in": "has-preprint",
    "preprint of": "is-preprint-of",
    "update in": "is-version-of",
    "update of": "is-version-of",
    "republished in": "is-version-of",
    "republished from": "is-version-of",
    "corrected and republished from": "is-version-of",
    "corrected and republished in": "is-version-of",
    "comment in": "has-comment",
    "comment on": "is-comment-on",
    "erratum in": "has-correction",
    "erratum for": "is-correction-of",
    "summary for patients in": "related",
    "retraction of": "related",
    "partial retraction of": "related",
    "expression of concern for": "related",
    "original report in": "related",
    "cites": "references",
}
_HOSTS: Mapping[str, Literal["publisher", "repository", ""]] = {
    "DOI": "publisher",
    "Europe_PMC": "repository",
    "PubMedCentral": "repository",
}
_CONTENTS: Mapping[str, Literal["pdf", "html", "landing", ""]] = {"pdf": "pdf", "html": "html"}


class _Identified(Struct, gc=False):
    type: str | None = None
    value: str | None = None


class _Detail(Struct, gc=False):
    affiliation: str | None = None


class _Details(Struct, gc=False):
    affiliations: list[_Detail] | None = field(default=None, name="authorAffiliation")


class _Author(Struct, gc=False):
    full: str | None = field(default=None, name="fullName")
    first: str | None = field(default=None, name="firstName")
    last: str | None = field(default=None, name="lastName")
    initials: str | None = None
    group: str | None = field(default=None, name="collectiveName")
    id: _Identified | None = field(default=None, name="authorId")
    affiliation: str | None = None
    details: _Details | None = field(default=None, name="authorAffiliationDetailsList")


class _Authors(Struct, gc=False):
    author: list[_Author] | None = None


class _Journal(Struct, gc=False):
    title: str | None = None
    issn: str | None = None
    essn: str | None = None


class _JournalInfo(Struct, gc=False):
    issue: str | None = None
    volume: str | None = None
    printed: str | None = field(default=None, name="printPublicationDate")
    journal: _Journal | None = None


class _BookInfo(Struct, gc=False):
    title: str | None = field(default=None, name="comprehensiveTitle")
    publisher: str | None = None
    isbn: str | None = field(default=None, name="isbn13")


class _Types(Struct, gc=False):
    types: list[str] | str | None = field(default=None, name="pubType")


class _Qualifier(Struct, gc=False):
    name: str | None = field(default=None, name="qualifierName")


class _Qualifiers(Struct, gc=False):
    qualifiers: list[_Qualifier] | None = field(default=None, name="meshQualifier")


class _Heading(Struct, gc=False):
    name: str | None = field(default=None, name="descriptorName")
    qualifiers: _Qualifiers | None = field(default=None, name="meshQualifierList")


class _Headings(Struct, gc=False):
    headings: list[_Heading] | None = field(default=None, name="meshHeading")


class _Keywords(Struct, gc=False):
    keywords: list[str] | None = field(default=None, name="keyword")


class _Grant(Struct, gc=False):
    number: str | None = field(default=None, name="grantId")
    agency: str | None = None


class _Grants(Struct, gc=False):
    grants: list[_Grant] | None = field(default=None, name="grant")


class _Url(Struct, gc=False):
    availability: str | None = field(default=None, name="availabilityCode")
    style: str | None = field(default=None, name="documentStyle")
    site: str | None = None
    url: str | None = None


class _Urls(Struct, gc=False):
    urls: list[_Url] | None = field(default=None, name="fullTextUrl")


class _Comment(Struct, gc=False):
    id: str | None = None
    source: str | None = None
    reference: str | None = None
    type: str | None = None


class _Comments(Struct, gc=False):
    comments: list[_Comment] | None = field(default=None, name="commentCorrection")


class _Result(Struct, gc=False):
    result: "_Result | None" = None
    error: str | int | None = field(default=None, name="errCode")
    error_text: str | None = field(default=None, name="errMsg")
    id: str | None = None
    source: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    doi: str | None = None
    title: str | None = None
    author_string: str | None = field(default=None, name="authorString")
    authors: _Authors | None = field(default=None, name="authorList")
    journal_info: _JournalInfo | None = field(default=None, name="journalInfo")
    journal: str | None = field(default=None, name="journalTitle")
    journal_volume: str | None = field(default=None, name="journalVolume")
    journal_short: str | None = field(default=None, name="journalAbbreviation")
    volume: str | None = None
    journal_issn: str | None = field(default=None, name="journalIssn")
    issue: str | None = None
    book: _BookInfo | None = field(default=None, name="bookOrReportDetails")
    pages: str | None = field(default=None, name="pageInfo")
    abstract: str | None = field(default=None, name="abstractText")
    language: str | None = None
    types: _Types | None = field(default=None, name="pubTypeList")
    type: str | None = field(default=None, name="pubType")
    mesh: _Headings | None = field(default=None, name="meshHeadingList")
    keywords: _Keywords | None = field(default=None, name="keywordList")
    grants: _Grants | None = field(default=None, name="grantsList")
    urls: _Urls | None = field(default=None, name="fullTextUrlList")
    comments: _Comments | None = field(default=None, name="commentCorrectionList")
    is_open: str | None = field(default=None, name="isOpenAccess")
    license: str | None = None
    n_cited_by: int | None = field(default=None, name="citedByCount")
    first_published: str | None = field(default=None, name="firstPublicationDate")
    year: str | int | None = field(default=None, name="pubYear")
    indexed: str | None = field(default=None, name="dateOfRevision")


def sniff(head: str) -> bool:
    """Tell whether the file holds Europe PMC articles, or one of its error messages."""
    first = peek(head, _CONTAINERS)
    if "errCode" in first:
        return "errMsg" in first
    if "source" in first and "id" in first and "title" in first:
        return bool(_MARKS & first.keys())
    if first.get("result") == "{":
        return "hitCount" in first or '"authorString"' in head[:8192]
    is_json = head.lstrip().startswith("{")
    return is_json and '"resultList"' in head[:8192] and '"hitCount"' in head[:8192]


def split(text: Text) -> Iterator[Piece]:
    """Yield one piece per result."""
    return split_json(text, _CONTAINERS)


def parse(piece: str) -> list[Entry]:
    """Return the result's record. Raises ParseError for an error message, and without identifier and title."""
    try:
        result = read_record(piece, _Result)
    except UnreadableRecordError as error:
        raise ParseError(str(error)) from error
    if result.error is not None:
        raise ParseError(f"Europe PMC answered with error {result.error}: {result.error_text or 'no reason given'}")
    result = result.result or result
    if not result.title and not (result.id and result.source):
        raise ParseError("a result with neither title nor source and id")
    article = _article(result)
    key = f"{result.source}:{result.id}" if result.source and result.id else record_key(article)
    return [Record(NAME, key, article, result.indexed or "")]


def _article(result: _Result) -> Article:
    info = result.journal_info or _JournalInfo()
    identifiers = tuple(dict.fromkeys(_identifiers(result)))
    return Article(
        identifiers=identifiers,
        title=_title(result.title or ""),
        authors=tuple(_authors(result)),
        venue=_venue(result),
        published_on=_published_on(result, info),
        type=_type(result),
        language=language_code(result.language or ""),
        volume=info.volume or result.journal_volume or result.volume or "",
        issue=info.issue or result.issue or "",
        pages=result.pages or "",
        abstracts=_abstracts(result),
        keywords=tuple(dict.fromkeys(_keywords(result))),
        locations=tuple(dict.fromkeys(_locations(result))),
        relations=tuple(dict.fromkeys(_relations(result))),
        notices=tuple(dict.fromkeys(_notices(result))),
        funding=tuple(
            dict.fromkeys(
                Funding(plain_text(clean_markup(grant.agency)), grant.number or "")
                for grant in (result.grants.grants if result.grants else None) or ()
                if grant.agency
            )
        ),
        license=license_name(result.license or ""),
        n_cited_by=max(result.n_cited_by or 0, 0),
    )


def _title(text: str) -> str:
    """Return the title without the full stop that MEDLINE puts after every one."""
    text = text.strip()
    return clean_markup(text[:-1] if text.endswith(".") and not text.endswith("..") else text)


def _identifiers(result: _Result) -> Iterator[Identifier]:
    if result.doi and (doi := normalize_doi(result.doi)):
        yield Identifier("doi", doi)
    pmid = result.pmid or (result.id if result.source == "MED" else None)
    if pmid and (value := normalize_pmid(pmid)):
        yield Identifier("pmid", value)
    pmcid = result.pmcid or (result.id if result.source == "PMC" else None)
    if pmcid and (value := normalize_pmcid(pmcid)):
        yield Identifier("pmcid", value)


def _authors(result: _Result) -> Iterator[Author]:
    authors = (result.authors.author if result.authors else None) or []
    for each in authors:
        given = each.first or each.initials or ""
        name = f"{given} {each.last}".strip() if each.last else each.group or each.full or ""
        if name:
            orcid = normalize_orcid(each.id.value or "") or "" if each.id and each.id.type == "ORCID" else ""
            told = (each.details.affiliations if each.details else None) or [_Detail(each.affiliation)]
            places = tuple(plain_text(clean_markup(place.affiliation)) for place in told if place.affiliation)
            yield Author(name, each.last or "", given if each.last else "", orcid, places)
    if not authors and result.author_string:
        for name in result.author_string.rstrip(". ").split(","):
            if name.strip():
                yield read_indexed_name(name)


def _venue(result: _Result) -> Venue | None:
    if result.source == "PPR":
        publisher = result.book.publisher if result.book else None
        return Venue(publisher, "repository") if publisher else None
    journal = result.journal_info.journal if result.journal_info else None
    if name := (journal.title if journal else None) or result.journal or result.journal_short:
        texts = [
            *((result.journal_issn or "").split(";")),
            journal.issn if journal else "",
            journal.essn if journal else "",
        ]
        issns = dict.fromkeys(issn for text in texts if text and (issn := normalize_issn(text)))
        return Venue(plain_text(clean_markup(name)), "journal", tuple(issns))
    if result.book and (result.book.title or result.book.publisher):
        return Venue(result.book.title or result.book.publisher or "", "book", (), result.book.publisher or "")
    return None


def _published_on(result: _Result, info: _JournalInfo) -> str:
    for text in (result.first_published, info.printed, str(result.year or "")):
        if text and (date := date_from_text(text)):
            return date
    return ""


def _type(result: _Result) -> ArticleType:
    types = result.types.types if result.types else result.type
    told = "; ".join(types) if isinstance(types, list) else types or ""
    if result.source == "PPR":
        return "preprint"
    told = told.lower()
    return next((kind for word, kind in _TYPES if word in told), "other")


def _abstracts(result: _Result) -> tuple[Abstract, ...]:
    markup = clean_markup(result.abstract, block=True) if result.abstract else ""
    return (Abstract(markup, NAME),) if markup else ()


def _keywords(result: _Result) -> Iterator[Keyword]:
    for heading in (result.mesh.headings if result.mesh else None) or ():
        if heading.name:
            qualifiers = (heading.qualifiers.qualifiers if heading.qualifiers else None) or ()
            names = [each.name for each in qualifiers if each.name]
            for name in names or [""]:
                yield Keyword(f"{heading.name} / {name}" if name else heading.name, "subject", "mesh")
    for keyword in (result.keywords.keywords if result.keywords else None) or ():
        if text := plain_text(clean_markup(keyword)):
            yield Keyword(text, "author")


def _locations(result: _Result) -> Iterator[Location]:
    license_ = license_name(result.license or "")
    for each in (result.urls.urls if result.urls else None) or ():
        if each.url:
            is_open = {"OA": True, "F": True, "S": False}.get(each.availability or "")
            content = _CONTENTS.get(each.style or "", "landing")
            yield Location(each.url, content, "", license_ if is_open else "", is_open, _HOSTS.get(each.site or "", ""))


def _target(comment: _Comment) -> tuple[str, str]:
    """Return the identifier and label of what a comment or correction points at."""
    if comment.source == "MED" and comment.id and (pmid := normalize_pmid(comment.id)):
        return f"pmid:{pmid}", plain_text(clean_markup(comment.reference or ""))
    url = f"https://europepmc.org/article/{comment.source}/{comment.id}" if comment.source and comment.id else ""
    return url, plain_text(clean_markup(comment.reference or ""))


def _relations(result: _Result) -> Iterator[Relation]:
    for comment in (result.comments.comments if result.comments else None) or ():
        name = (comment.type or "").lower()
        kind = _RELATIONS.get(name)
        if kind is None and name not in _NOTICES:
            kind = "related"
        target, label = _target(comment)
        if kind and (target or label):
            is_url = target.startswith("https:")
            yield Relation(kind, "" if is_url else target, target if is_url else "", label, source=NAME)


def _notices(result: _Result) -> Iterator[Notice]:
    for comment in (result.comments.comments if result.comments else None) or ():
        kind = _NOTICES.get((comment.type or "").lower())
        if kind is not None:
            target, _ = _target(comment)
            is_url = target.startswith("https:")
            yield Notice(kind, "" if is_url else target, url=target if is_url else "", source=NAME)
    types = result.types.types if result.types else result.type
    told = "; ".join(types) if isinstance(types, list) else types or ""
    if "retracted publication" in told.lower() and not any(
        (comment.type or "").lower() == "retraction in"
        for comment in (result.comments.comments if result.comments else None) or ()
    ):
        yield Notice("retraction", source=NAME)
