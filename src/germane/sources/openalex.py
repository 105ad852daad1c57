"""OpenAlex works of both schema ages: the snapshot's JSON lines, a page of results, or one work.

API: https://developers.openalex.org. Terms: CC0, but an abstract's rights stay with its publisher, so its licence is
unknown. Deletion: a merged work disappears; its identifier stays an alias of the surviving one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from germane.article import (
    Abstract,
    Article,
    ArticleType,
    Author,
    Funding,
    Identifier,
    Keyword,
    Notice,
    Record,
    Relation,
    Venue,
    VenueKind,
)
from germane.article import Location as Place
from germane.identifiers import (
    identify,
    key_of,
    normalize_arxiv,
    normalize_doi,
    normalize_issn,
    normalize_openalex,
    normalize_orcid,
    normalize_pmcid,
    normalize_pmid,
)
from germane.reading import Piece, Text
from germane.reading.dates import date_from_text, iso_date
from germane.reading.json import peek, split_json
from germane.reading.keys import record_key
from germane.reading.languages import language_code
from germane.reading.licenses import license_name
from germane.reading.names import read_name
from germane.reading.typed import UnreadableRecordError, read_record
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text

NAME = "openalex"

_CONTAINERS = ("results",)
_MIN_SCORE = 0.3  # weaker topics and concepts are mostly wrong

# OpenAlex's own types, and Crossref's, which it used before 2023.
_TYPES: Mapping[str, ArticleType] = {
    "article": "article",
    "journal-article": "article",
    "proceedings-article": "conference-paper",
    "preprint": "preprint",
    "posted-content": "preprint",
    "review": "review",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
    "reference-book": "book",
    "book-chapter": "chapter",
    "book-section": "chapter",
    "book-part": "chapter",
    "reference-entry": "chapter",
    "dissertation": "thesis",
    "report": "report",
    "report-component": "report",
    "standard": "report",
    "dataset": "dataset",
    "software": "software",
    "peer-review": "peer-review",
    "editorial": "editorial",
    "letter": "letter",
    "erratum": "correction",
    "retraction": "retraction",
}
_VENUE_KINDS: Mapping[str, VenueKind] = {
    "journal": "journal",
    "conference": "conference",
    "repository": "repository",
    "ebook platform": "book",
    "book series": "book",
    "book": "book",
}
_VERSIONS: Mapping[str, Literal["published", "accepted", "submitted", ""]] = {
    "publishedVersion": "published",
    "acceptedVersion": "accepted",
    "submittedVersion": "submitted",
}


class _Ids(Struct, gc=False):
    pmid: str | int | None = None
    pmcid: str | int | None = None


class _Source(Struct, gc=False):
    display_name: str | None = None
    issn_l: str | None = None
    issn: list[str] | None = None
    host_organization_name: str | None = None
    type: str | None = None


class _Location(Struct, gc=False):
    """A location, or a host venue of the older schema."""

    source: _Source | None = None
    landing_page_url: str | None = None
    pdf_url: str | None = None
    is_oa: bool | None = None
    version: str | None = None
    license: str | None = None
    raw_source_name: str | None = None
    display_name: str | None = None
    issn_l: str | None = None
    issn: list[str] | None = None
    publisher: str | None = None
    type: str | None = None
    url: str | None = None


class _OpenAccess(Struct, gc=False):
    is_oa: bool | None = None
    oa_url: str | None = None


class _Named(Struct, gc=False):
    display_name: str | None = None
    orcid: str | None = None


class _Authorship(Struct, gc=False):
    author: _Named | None = None
    raw_author_name: str | None = None
    institutions: list[_Named] | None = None
    raw_affiliation_strings: list[str] | None = None


class _Biblio(Struct, gc=False):
    volume: str | None = None
    issue: str | None = None
    first_page: str | None = None
    last_page: str | None = None


class _Mesh(Struct, gc=False):
    descriptor_name: str | None = None
    qualifier_name: str | None = None


class _Topic(Struct, gc=False):
    display_name: str | None = None
    keyword: str | None = None  # of a keyword in early 2024
    score: float | None = None


class _Grant(Struct, gc=False):
    """A grant of the older schema, an award of the newer, or a funder."""

    funder_display_name: str | None = None
    award_id: str | None = None
    funder_award_id: str | None = None
    display_name: str | None = None
    ror: str | None = None


class _Work(Struct, gc=False):
    id: str | None = None
    doi: str | None = None
    title: str | None = None
    display_name: str | None = None
    publication_year: int | None = None
    publication_date: str | None = None
    ids: _Ids | None = None
    language: str | None = None
    type: str | None = None
    type_crossref: str | None = None
    primary_location: _Location | None = None
    best_oa_location: _Location | None = None
    locations: list[_Location] | None = None
    host_venue: _Location | None = None
    alternate_host_venues: list[_Location] | None = None
    open_access: _OpenAccess | None = None
    authorships: list[_Authorship] | None = None
    cited_by_count: int | None = None
    biblio: _Biblio | None = None
    is_retracted: bool | None = None
    mesh: list[_Mesh] | None = None
    keywords: list[_Topic] | None = None
    topics: list[_Topic] | None = None
    concepts: list[_Topic] | None = None
    grants: list[_Grant] | None = None
    awards: list[_Grant] | None = None
    funders: list[_Grant] | None = None
    referenced_works: list[str] | None = None
    abstract_inverted_index: dict[str, list[int]] | str | None = None
    updated_date: str | None = None
    error: str | None = None
    message: str | None = None


def sniff(head: str) -> bool:
    """Tell whether the file holds OpenAlex works."""
    first = peek(head, _CONTAINERS)
    if first.get("id", "").startswith(('"https://openalex.org/W', '"http://openalex.org/W')):
        return True
    return not first and '"meta"' in head[:4096] and '"group_by"' in head[:4096] and '"results"' in head[:4096]


def split(text: Text) -> Iterator[Piece]:
    """Yield one piece per work."""
    return split_json(text, _CONTAINERS)


def parse(piece: str) -> list[Entry]:
    """Return the work's record. Raises ParseError when it has neither OpenAlex identifier nor title."""
    try:
        work = read_record(piece, _Work)
    except UnreadableRecordError as error:
        raise ParseError(str(error)) from error
    if work.error and not work.id:
        raise ParseError(f"OpenAlex answered: {work.message or work.error}")
    key = normalize_openalex(work.id) if work.id else None
    title = work.title or work.display_name or ""
    if key is None and not title:
        raise ParseError(f"a work with neither title nor valid identifier ({work.id!r})")
    article = _article(work, key, title)
    return [Record(NAME, key or record_key(article), article, work.updated_date or "")]


def rebuild_abstract(index: Mapping[str, Sequence[int]]) -> str:
    """Return the text of an inverted abstract (word → positions), whatever positions are missing or far apart."""
    slots = [""] * sum(map(len, index.values()))
    try:
        for word, positions in index.items():
            for position in positions:
                slots[position] = word
    except IndexError:
        pass
    else:
        if all(slots):
            return " ".join(slots)
    words = {position: word for word, positions in index.items() for position in positions}
    return " ".join([words[position] for position in sorted(words)])


def _article(work: _Work, key: str | None, title: str) -> Article:
    identifiers = tuple(_identifiers(work, key))
    primary = work.primary_location or work.host_venue
    biblio = work.biblio or _Biblio()
    pages = [page for page in (biblio.first_page, biblio.last_page) if page]
    return Article(
        identifiers=identifiers,
        title=clean_markup(title),
        authors=tuple(_authors(work.authorships or ())),
        venue=_venue(primary),
        published_on=date_from_text(work.publication_date or "") or iso_date(work.publication_year or 0),
        type=_type(work, primary),
        language=language_code(work.language or ""),
        volume=biblio.volume or "",
        issue=biblio.issue or "",
        pages="–".join(dict.fromkeys(pages)),
        abstracts=_abstracts(work.abstract_inverted_index),
        keywords=tuple(dict.fromkeys(_keywords(work))),
        locations=tuple(_locations(work)),
        relations=tuple(dict.fromkeys(_relations(work, identifiers))),
        notices=(Notice("retraction", source=NAME),) if work.is_retracted else (),
        funding=tuple(dict.fromkeys(_funding(work))),
        license=_license(work),
        n_cited_by=max(work.cited_by_count or 0, 0),
    )


def _identifiers(work: _Work, key: str | None) -> Iterator[Identifier]:
    if work.doi and (doi := normalize_doi(work.doi)):
        yield Identifier("doi", doi)
        if doi.startswith(("10.48550/arxiv.", "10.65215/arxiv.")) and (arxiv := normalize_arxiv(doi)):
            yield Identifier("arxiv", arxiv)
    if work.ids and work.ids.pmid and (pmid := normalize_pmid(str(work.ids.pmid))):
        yield Identifier("pmid", pmid)
    if work.ids and work.ids.pmcid and (pmcid := normalize_pmcid(_with_pmc(str(work.ids.pmcid)))):
        yield Identifier("pmcid", pmcid)
    if key:
        yield Identifier("openalex", key)


def _with_pmc(text: str) -> str:
    """Return a PMCID that OpenAlex may write as a bare number, or as an address that ends with one."""
    number = text.rstrip("/").rpartition("/")[2]
    return f"PMC{number}" if number.isdecimal() else text


def _authors(authorships: Iterable[_Authorship]) -> Iterator[Author]:
    for each in authorships:
        named = each.author or _Named()
        name = named.display_name or each.raw_author_name or ""
        if not name:
            continue
        if "&" in name or "<" in name:
            name = plain_text(clean_markup(name))
        places = [place.display_name for place in each.institutions or () if place.display_name]
        person = read_name(name)
        orcid = normalize_orcid(named.orcid) or "" if named.orcid else ""
        affiliations = tuple(dict.fromkeys(places or each.raw_affiliation_strings or ()))
        yield Author(person.name, person.family, person.given, orcid, affiliations)


def _venue(primary: _Location | None) -> Venue | None:
    if primary is None:
        return None
    source = primary.source or _Source(
        primary.display_name, primary.issn_l, primary.issn, primary.publisher, primary.type
    )
    name = source.display_name or primary.raw_source_name or ""
    if not name:
        return None
    issns = dict.fromkeys(
        issn for text in (source.issn_l, *(source.issn or ())) if text and (issn := normalize_issn(text))
    )
    kind = _VENUE_KINDS.get(source.type or "", "")
    return Venue(plain_text(clean_markup(name)), kind, tuple(issns), source.host_organization_name or "")


def _type(work: _Work, primary: _Location | None) -> ArticleType:
    kind = _TYPES.get(work.type or "", "other")
    if kind != "article":
        return kind
    source_type = (primary.source.type if primary.source else primary.type) if primary else None
    if work.type_crossref == "proceedings-article" or source_type == "conference":
        return "conference-paper"
    if work.type_crossref == "posted-content":
        return "preprint"
    if source_type == "repository" and primary is not None and primary.version == "submittedVersion":
        return "preprint"
    return kind


def _abstracts(index: dict[str, list[int]] | str | None) -> tuple[Abstract, ...]:
    if isinstance(index, str):  # as some exports have it
        try:
            index = msgspec.json.decode(index, type=dict[str, list[int]])
        except msgspec.DecodeError:
            return ()
    markup = clean_markup(rebuild_abstract(index)) if index else ""
    return (Abstract(markup, NAME),) if markup else ()


def _keywords(work: _Work) -> Iterator[Keyword]:
    for heading in work.mesh or ():
        if heading.descriptor_name:
            qualifier = f" / {heading.qualifier_name}" if heading.qualifier_name else ""
            yield Keyword(heading.descriptor_name + qualifier, "subject", "mesh")
    for topic in [*(work.topics or work.concepts or ()), *(work.keywords or ())]:
        name = topic.display_name or topic.keyword
        if name and (topic.score is None or topic.score > _MIN_SCORE):
            yield Keyword(name, "topic", NAME)


def _all_locations(work: _Work) -> Iterator[_Location]:
    for one in (work.primary_location, work.best_oa_location, work.host_venue):
        if one is not None:
            yield one
    yield from work.locations or ()
    yield from work.alternate_host_venues or ()


def _locations(work: _Work) -> Iterator[Place]:
    seen: set[str] = set()
    for each in _all_locations(work):
        source_type = each.source.type if each.source else each.type
        host: Literal["publisher", "repository", ""] = ""
        if source_type:
            host = "repository" if source_type == "repository" else "publisher"
        version = _VERSIONS.get(each.version or "", "")
        name = license_name(each.license or "")
        contents: tuple[tuple[str | None, Literal["pdf", "landing"]], ...] = (
            (each.pdf_url, "pdf"),
            (each.landing_page_url or each.url, "landing"),
        )
        for url, content in contents:
            if url and url not in seen:
                seen.add(url)
                yield Place(url, content, version, name, each.is_oa, host)
    free = work.open_access
    if free and free.oa_url and free.oa_url not in seen:
        yield Place(free.oa_url, "pdf" if ".pdf" in free.oa_url.lower() else "", is_open=free.is_oa)


def _relations(work: _Work, identifiers: Iterable[Identifier]) -> Iterator[Relation]:
    """Yield references, and preprints among the locations: OpenAlex makes one work of an article and its preprint."""
    own = set(identifiers)
    is_preprint = any(each.scheme == "arxiv" for each in own)
    for each in _all_locations(work):
        url = each.landing_page_url or each.url
        source_type = each.source.type if each.source else each.type
        if url and source_type == "repository" and not is_preprint:
            found = identify(url)
            submitted = each.version == "submittedVersion" or (found is not None and found.scheme == "arxiv")
            if found and submitted and found.scheme in ("arxiv", "doi") and found not in own:
                yield Relation("has-preprint", key_of(found), source=NAME)
    for reference in work.referenced_works or ():
        if cited := normalize_openalex(reference):
            yield Relation("references", f"openalex:{cited}", source=NAME)


def _funding(work: _Work) -> Iterator[Funding]:
    told = set()
    for grant in [*(work.awards or ()), *(work.grants or ())]:
        if grant.funder_display_name:
            told.add(grant.funder_display_name)
            yield Funding(grant.funder_display_name, grant.award_id or grant.funder_award_id or "")
    for funder in work.funders or ():
        if funder.display_name and funder.display_name not in told:
            yield Funding(funder.display_name, "", funder.ror or "")


def _license(work: _Work) -> str:
    for each in (work.primary_location, work.host_venue, work.best_oa_location):
        if each is not None and each.license:
            return license_name(each.license)
    return ""
