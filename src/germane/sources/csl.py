"""CSL-JSON: an array, JSON lines or one item, from Zotero, Pandoc, DOI content negotiation or the ACL Anthology.

Schema: https://docs.citationstyles.org/en/stable/specification.html#appendix-iii-types. The ACL Anthology's items
carry a `custom` block; its terms: materials of 2016 and later are CC BY 4.0, earlier ones CC BY-NC-SA 3.0
(https://aclanthology.org/faq/copyright/).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from germane.article import (
    Abstract,
    Article,
    ArticleType,
    Author,
    Identifier,
    Keyword,
    Location,
    Notice,
    Record,
    Relation,
    RelationKind,
    Venue,
    VenueKind,
)
from germane.identifiers import (
    identify,
    key_of,
    normalize_acl,
    normalize_doi,
    normalize_issn,
    normalize_orcid,
    normalize_pmcid,
    normalize_pmid,
)
from germane.reading import Piece, Text
from germane.reading.dates import date_from_parts, date_from_text
from germane.reading.json import peek, split_json
from germane.reading.keys import record_key
from germane.reading.languages import language_code
from germane.reading.names import read_name
from germane.reading.typed import UnreadableRecordError, read_record
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text

NAME = "csl"

_CONTAINERS = ("items", "references")
_ACL = "https://aclanthology.org/"
_ACL_CC_BY_YEAR = 2016

_TYPES: Mapping[str, ArticleType] = {
    "article": "article",
    "article-journal": "article",
    "article-magazine": "other",
    "article-newspaper": "other",
    "bill": "other",
    "book": "book",
    "broadcast": "other",
    "chapter": "chapter",
    "classic": "book",
    "collection": "other",
    "dataset": "dataset",
    "document": "other",
    "entry": "chapter",
    "entry-dictionary": "chapter",
    "entry-encyclopedia": "chapter",
    "event": "other",
    "figure": "other",
    "graphic": "other",
    "hearing": "other",
    "interview": "other",
    "legal_case": "other",
    "legislation": "other",
    "manuscript": "preprint",
    "map": "other",
    "motion_picture": "other",
    "musical_score": "other",
    "pamphlet": "other",
    "paper-conference": "conference-paper",
    "patent": "other",
    "performance": "other",
    "periodical": "other",
    "personal_communication": "other",
    "post": "other",
    "post-weblog": "other",
    "regulation": "other",
    "report": "report",
    "review": "other",
    "review-book": "other",
    "software": "software",
    "song": "other",
    "speech": "other",
    "standard": "report",
    "thesis": "thesis",
    "treaty": "other",
    "webpage": "other",
}
_VENUE_KINDS: Mapping[str, VenueKind] = {
    "article-journal": "journal",
    "paper-conference": "conference",
    "chapter": "book",
    "entry-encyclopedia": "book",
    "entry-dictionary": "book",
}
_ATTACHMENTS: Sequence[tuple[str, RelationKind]] = (
    ("software", "has-software"),
    ("code", "has-software"),
    ("source", "has-software"),
    ("data", "has-dataset"),
    ("poster", "has-poster"),
    ("presentation", "has-slides"),
    ("slides", "has-slides"),
    ("video", "has-video"),
)
_PREPRINT = re.compile(r"\b(?:preprint|arxiv|biorxiv|medrxiv|chemrxiv|psyarxiv|ssrn|working paper)\b", re.IGNORECASE)
_MARKS = frozenset(
    {
        "issued",
        "container-title",
        "DOI",
        "author",
        "URL",
        "ISSN",
        "page",
        "accessed",
        "publisher",
        "editor",
        "citation-key",
    }
)
_NOTE_IDS = re.compile(r"\b(PMID|PMCID|DOI|arXiv)\s*:\s*(\S+)", re.IGNORECASE)


class _Date(Struct, gc=False):
    parts: list[list[int | str | None]] | None = field(default=None, name="date-parts")
    raw: str | None = None
    literal: str | None = None


class _Name(Struct, gc=False):
    family: str | None = None
    given: str | None = None
    literal: str | None = None
    name: str | None = None
    suffix: str | None = None
    particle: str | None = field(default=None, name="non-dropping-particle")
    dropping: str | None = field(default=None, name="dropping-particle")
    orcid: str | None = field(default=None, name="ORCID")


class _Item(Struct, gc=False):
    id: str | int | None = None
    type: str | None = None
    title: str | list[str] | None = None
    original_title: str | list[str] | None = field(default=None, name="original-title")
    author: list[_Name] | None = None
    editor: list[_Name] | None = None
    container: str | list[str] | None = field(default=None, name="container-title")
    event: str | msgspec.Raw | None = field(default=None, name="event-title")
    publisher: str | None = None
    issued: _Date | None = None
    issn: str | list[str] | None = field(default=None, name="ISSN")
    doi: str | None = field(default=None, name="DOI")
    pmid: str | int | None = field(default=None, name="PMID")
    pmcid: str | int | None = field(default=None, name="PMCID")
    url: str | None = field(default=None, name="URL")
    abstract: str | None = None
    language: str | None = None
    volume: str | int | None = None
    issue: str | int | None = None
    page: str | int | None = None
    number: str | int | None = None
    keyword: str | list[str] | None = None
    categories: list[str] | None = None
    genre: str | None = None
    archive: str | None = None
    archive_location: str | None = None
    note: str | None = None
    version: str | int | float | None = None
    custom: dict[str, Any] | None = None


def sniff(head: str) -> bool:
    """Tell whether the file holds CSL-JSON."""
    first = peek(head, _CONTAINERS)
    kind = first.get("type", "").strip('"')
    if kind not in _TYPES or "attributes" in first or "@context" in first or "titles" in first:
        return False
    if "openalex.org" in first.get("id", "") or first.get("title", '"')[:1] not in ('"', "["):
        return False
    return len(_MARKS & first.keys()) >= 1 and ("title" in first or "id" in first)


def split(text: Text) -> Iterator[Piece]:
    """Yield one piece per item."""
    return split_json(text, _CONTAINERS)


def parse(piece: str) -> list[Entry]:
    """Return the item's record. Raises ParseError when it has neither title nor identifier."""
    try:
        item = read_record(piece, _Item)
    except UnreadableRecordError as error:
        raise ParseError(str(error)) from error
    acl = _acl_id(item)
    published_on = _date(item.issued)
    identifiers, preprints = _identifiers(item, acl)
    title = clean_markup(_first(item.title))
    if not title and not identifiers:
        raise ParseError("an item with neither title nor identifier")
    custom = (item.custom or {}) if acl else {}
    license_ = _acl_license(published_on) if acl else ""
    abstract = clean_markup(item.abstract, block=True) if item.abstract else ""
    article = Article(
        identifiers=identifiers,
        title=title,
        original_title=clean_markup(_first(item.original_title)),
        authors=tuple(_authors(item.author or item.editor or ())),
        venue=_venue(item),
        published_on=published_on,
        type=_type(item, identifiers),
        language=language_code(item.language or ""),
        volume=_string(item.volume),
        issue=_string(item.issue),
        pages=_string(item.page),
        abstracts=(Abstract(abstract, "acl" if acl else NAME, license_),) if abstract else (),
        keywords=tuple(dict.fromkeys(_keywords(item))),
        locations=tuple(_locations(item, custom, license_)),
        relations=(*(Relation("has-preprint", key, source=NAME) for key in preprints), *_acl_relations(custom)),
        notices=tuple(_acl_notices(custom, acl or "")),
        license=license_,
    )
    key = acl or (key_of(identifiers[0]) if identifiers else _own_key(item) or record_key(article))
    return [Record(NAME, key, article)]


def _first(value: str | list[str] | None) -> str:
    return value if isinstance(value, str) else value[0] if value else ""


def _string(value: str | int | None) -> str:
    return str(value) if value is not None else ""


def _own_key(item: _Item) -> str:
    """Return the item's own id where it is an address; a citation key or a number is unique in one file only."""
    text = _string(item.id)
    return text if text.startswith(("http://", "https://")) else ""


def _date(date: _Date | None) -> str:
    if date is None:
        return ""
    found = date_from_parts(date.parts[0]) if date.parts and date.parts[0] else ""
    return found or date_from_text(date.raw or date.literal or "")


def _acl_id(item: _Item) -> str | None:
    """Return the ACL Anthology's id when the item is one of its own records."""
    if item.custom is None or not (item.url or "").startswith((_ACL, "http://aclanthology.org/")):
        return None
    return normalize_acl(_string(item.id))


def _acl_license(published_on: str) -> str:
    if not published_on[:4].isdecimal():
        return ""
    return "cc-by-4.0" if int(published_on[:4]) >= _ACL_CC_BY_YEAR else "cc-by-nc-sa-3.0"


def _identifiers(item: _Item, acl: str | None) -> tuple[tuple[Identifier, ...], list[str]]:
    """Return the item's own identifiers, and those of its preprint: a published article may link to arXiv."""
    found: list[Identifier] = []
    if item.doi and (doi := normalize_doi(item.doi)):
        found.append(Identifier("doi", doi))
    if acl:
        found.append(Identifier("acl", acl))
    if item.pmid and (pmid := normalize_pmid(_string(item.pmid))):
        found.append(Identifier("pmid", pmid))
    if item.pmcid and (pmcid := normalize_pmcid(_string(item.pmcid))):
        found.append(Identifier("pmcid", pmcid))
    texts = [] if acl else [_string(item.id), item.url or ""]
    texts += [f"{name}:{value}" for name, value in _NOTE_IDS.findall(item.note or "")]
    if (item.archive or "").lower() == "arxiv" or _string(item.number).lower().startswith("arxiv"):
        texts.append(f"arXiv:{(item.archive_location or _string(item.number)).removeprefix('arXiv:')}")
    preprints: list[str] = []
    for text in texts:
        other = identify(text) if ":" in text else None
        if other is None or other in found:
            continue
        if other.scheme == "arxiv" and any(each.scheme == "doi" and "arxiv" not in each.value for each in found):
            preprints.append(key_of(other))
        elif not any(each.scheme == other.scheme for each in found):
            found.append(other)
    return tuple(found), preprints


def _authors(names: Iterable[_Name]) -> Iterator[Author]:
    for each in names:
        if each.family and (each.given or "," not in each.family):
            family = " ".join(part for part in (each.particle, each.family) if part)
            given = " ".join(part for part in (each.given, each.dropping) if part)
            name = " ".join(part for part in (given, family, each.suffix) if part)
            person = Author(name, family, given) if given else Author(name, family)
        else:
            person = read_name(each.literal or each.name or each.family or each.given or "")
        if person.name:
            if "<" in person.name or "&" in person.name:
                name, family, given = (plain_text(clean_markup(part)) for part in _parts(person))
                person = Author(name, family, given)
            orcid = normalize_orcid(each.orcid) or "" if each.orcid else ""
            yield Author(person.name, person.family, person.given, orcid) if orcid else person


def _parts(person: Author) -> tuple[str, str, str]:
    return person.name, person.family, person.given


def _venue(item: _Item) -> Venue | None:
    name = _first(item.container) or (item.event if isinstance(item.event, str) else "")
    kind = _VENUE_KINDS.get(item.type or "", "")
    if not name and item.archive:
        name, kind = item.archive, "repository"
    if not name:
        return None
    texts = re.split(r"[,; ]+", item.issn) if isinstance(item.issn, str) else item.issn or []
    issns = dict.fromkeys(issn for text in texts if (issn := normalize_issn(text)))
    return Venue(plain_text(clean_markup(name)), kind, tuple(issns), item.publisher or "")


def _type(item: _Item, identifiers: tuple[Identifier, ...]) -> ArticleType:
    kind = _TYPES.get(item.type or "", "other")
    if item.type == "article":  # since CSL 1.0.2 a preprint, before that any article
        told = f"{item.genre} {item.archive} {item.publisher} {_first(item.container)}"
        if _PREPRINT.search(told) or any(each.scheme == "arxiv" for each in identifiers):
            return "preprint"
    return kind


def _keywords(item: _Item) -> Iterator[Keyword]:
    told = item.keyword
    words = re.split(r"[;\n]" if ";" in told else r"[,\n]", told) if isinstance(told, str) else told or []
    for word in [*words, *(item.categories or ())]:
        if text := plain_text(clean_markup(word)):
            yield Keyword(text)


def _locations(item: _Item, custom: Mapping[str, Any], license_: str) -> Iterator[Location]:
    if item.url and item.url.startswith(("http://", "https://")):
        content: Literal["pdf", "landing"] = "pdf" if item.url.lower().endswith(".pdf") else "landing"
        if license_:
            yield Location(item.url, content, "published", license_, is_open=True, host="publisher")
        else:
            yield Location(item.url, content)
    if isinstance(pdf := custom.get("pdf"), str) and pdf:
        yield Location(_acl_address(pdf, ".pdf"), "pdf", "published", license_, True, "publisher")


def _acl_address(text: str, ending: str = "", folder: str = "") -> str:
    """Return the address of a file that the Anthology may name without host and folder."""
    if text.startswith(("http://", "https://")):
        return text
    return f"{_ACL}{folder}{text}{'' if text.lower().endswith(ending) else ending}"


def _acl_relations(custom: Mapping[str, Any]) -> Iterator[Relation]:
    for video in _strings(custom.get("video")):
        bare_ending = "" if "." in video else ".mp4"
        yield Relation("has-video", url=_acl_address(video, bare_ending), source="acl")
    attachments = custom.get("attachments")
    for attachment in attachments if isinstance(attachments, list) else ():
        file = attachment.get("file") if isinstance(attachment, dict) else attachment
        if isinstance(file, str) and file:
            told = str(attachment.get("type") or "").lower() if isinstance(attachment, dict) else ""
            kind: RelationKind = next((kind for word, kind in _ATTACHMENTS if word in told), "has-supplement")
            yield Relation(kind, url=_acl_address(file, folder="attachments/"), title=told, source="acl")
    for award in _strings(custom.get("awards")):
        yield Relation("has-award", title=award, source="acl")


def _acl_notices(custom: Mapping[str, Any], acl: str) -> Iterator[Notice]:
    retracted = custom.get("retracted")
    if retracted:
        reason = retracted if isinstance(retracted, str) else ""
        yield Notice("retraction", url=f"{_ACL}{acl}/", reason=reason, source="acl")
    for number in range(1, _highest(custom.get("errata")) + 1):
        yield Notice("correction", url=f"{_ACL}{acl}e{number}.pdf", reason="Erratum", source="acl")
    if (latest := _highest(custom.get("revisions"))) > 1:
        yield Notice("correction", url=f"{_ACL}{acl}v{latest}.pdf", reason=f"Revised: version {latest}", source="acl")


def _highest(value: Any) -> int:
    """Return how many errata or versions there are: a number, or the length of a list."""
    if isinstance(value, bool) or value is None:
        return 0
    if isinstance(value, list):
        return len(value)
    return min(int(value), 99) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else 0


def _strings(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed if isinstance(each, str) and each]
