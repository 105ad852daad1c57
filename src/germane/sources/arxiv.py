"""arXiv: OAI-PMH (arXiv, arXivRaw, oai_dc), the Atom API, and the metadata snapshot in JSON lines.

API: https://info.arxiv.org/help/api/ · OAI-PMH: https://info.arxiv.org/help/oa/ · one request every three seconds.
Terms: the metadata, abstracts included, are CC0; each article has its own licence. A record is the preprint: the DOI
that it carries is the published version's, and so a relation. Deletions: OAI-PMH headers with status "deleted".
"""

import re
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime

import msgspec
from lxml.etree import _Element as Element

from germane.article import (
    Abstract,
    Article,
    Author,
    Deletion,
    Identifier,
    Keyword,
    Location,
    Notice,
    Record,
    Relation,
    Venue,
)
from germane.identifiers import normalize_arxiv, normalize_doi
from germane.reading import Piece, Text
from germane.reading.dates import date_from_text, iso_date
from germane.reading.elements import find, find_all, name_of, text_in
from germane.reading.json import split_json
from germane.reading.languages import language_code
from germane.reading.licenses import is_open_license, license_name
from germane.reading.typed import UnreadableRecordError, read_record
from germane.reading.xml import XmlError, parse_xml, split_xml
from germane.sources import Entry, ParseError
from germane.text import detect_language, excerpt, plain_text, sentences, tex_to_markup

NAME = "arxiv"

_VENUE = Venue("arXiv", "repository", ("2331-8422",), "Cornell University")
_SNIFF_ATOM = re.compile(
    r"<(?:\w+:)?feed[\s>].{0,6000}?(?:arxiv\.org/api|arxiv\.org/schemas/atom|arxiv query)", re.DOTALL | re.IGNORECASE
)
_SNIFF_OAI = re.compile(r"oai:arXiv\.org:|arxiv\.org/OAI/arXiv|arxiv\.org/oai2?\b", re.IGNORECASE)
# The snapshot's own member names, beside an identifier that is arXiv's or other members that are.
_SNIFF_JSON = re.compile(
    r"""\A\s*\[?\s*\{(?=.{0,30000}?"categories"\s*:)"""
    r"""(?:(?=.{0,30000}?"id"\s*:\s*"(?:\d{4}\.\d{3,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?")"""
    r"""|(?=.{0,30000}?"id"\s*:)(?=.{0,30000}?"(?:journal-ref|report-no|update_date)"\s*:))""",
    re.DOTALL,
)
_OWN_DOI = re.compile(r"10\.(?:48550|65215)/")
_SEPARATORS = re.compile(r"[\s,;]+")


class _Preprint(msgspec.Struct):
    """One record in whatever form, field by field, as arXiv gives it: TeX, not cleaned."""

    id: str
    title: str = ""
    authors: tuple[Author, ...] = ()
    abstract: str = ""
    comments: str = ""
    journal_ref: str = ""
    doi: str = ""
    categories: Sequence[str] = ()
    msc_class: str = ""
    acm_class: str = ""
    license: str = ""
    created: str = ""
    updated: str = ""
    language: str = ""


def sniff(head: str) -> bool:
    """Tell whether a file begins like an answer of arXiv's API or OAI-PMH, or like its snapshot."""
    if head.lstrip()[:1] in ("{", "["):
        return _SNIFF_JSON.match(head) is not None
    return _SNIFF_ATOM.search(head) is not None or (
        ("<record" in head or "OAI-PMH" in head) and _SNIFF_OAI.search(head) is not None
    )


def split(text: Text) -> Iterator[Piece]:
    """Yield each line of the snapshot, each OAI-PMH record, or each entry of a feed."""
    if text.head.lstrip()[:1] in ("{", "["):
        return split_json(text, ())
    return split_xml(text, ("entry",) if _SNIFF_ATOM.search(text.head) else ("record",))


def parse(piece: str) -> list[Entry]:
    """Return the preprint of a piece, or its deletion.

    Raises ParseError when it is malformed, has no arXiv identifier, or is an error of the API.
    """
    if piece.lstrip()[:1] == "{":
        return [_record(_from_snapshot(piece))]
    try:
        root = parse_xml(piece)
    except XmlError as error:
        raise ParseError(str(error)) from error
    if name_of(root) == "entry":
        return [_record(_from_atom(root))]
    header = find(root, "header")
    oai_id = text_in(find(header, "identifier"))
    if header is not None and header.get("status") == "deleted":
        return [Deletion(NAME, _identifier(oai_id))]
    metadata = find(root, "metadata")
    form = metadata[0] if metadata is not None and len(metadata) else None
    read = _OAI_FORMS.get(name_of(form)) if form is not None else None
    if form is None or read is None:
        raise ParseError(f"its metadata is none of {', '.join(_OAI_FORMS)}")
    preprint = read(form, oai_id)
    return [_record(preprint, date_from_text(text_in(find(header, "datestamp"))))]


def _record(raw: _Preprint, updated_on: str = "") -> Record:
    number = _identifier(raw.id)
    title = tex_to_markup(raw.title)
    if not title:
        raise ParseError("it has no title")
    abstract = tex_to_markup(raw.abstract)
    comments = plain_text(tex_to_markup(raw.comments))
    dois = [doi for part in _SEPARATORS.split(raw.doi) if (doi := normalize_doi(part))]
    license_ = license_name(raw.license)
    plain_abstract = plain_text(abstract)
    language = raw.language or _language(comments) or _language_of(plain_abstract)
    article = Article(
        identifiers=(
            Identifier("arxiv", number),
            *(Identifier("doi", doi) for doi in dict.fromkeys(dois) if _OWN_DOI.match(doi)),
        ),
        title=title,
        authors=raw.authors,
        venue=_VENUE,
        published_on=date_from_text(raw.created) or _date_of(number),
        type="preprint",
        language=language,
        abstracts=(Abstract(abstract, NAME, "cc0", language=language),) if abstract else (),
        keywords=tuple(_keywords(raw)),
        locations=_locations(number, license_),
        relations=_published(dois, plain_text(tex_to_markup(raw.journal_ref))),
        notices=_withdrawal(comments, plain_abstract),
        license=license_,
    )
    return Record(NAME, number, article, date_from_text(raw.updated) or updated_on)


def _identifier(text: str) -> str:
    number = normalize_arxiv(text.strip().removeprefix("oai:arXiv.org:"))
    if number is None:
        raise ParseError(f"“{excerpt(text, 60)}” is not an arXiv identifier" if text else "it has no arXiv identifier")
    return number


def _date_of(number: str) -> str:
    """Return the month of submission, which every arXiv identifier begins with: 9407001, 1501.00001."""
    digits = number.rpartition("/")[2]
    year = int(digits[:2])
    return iso_date(1900 + year if year > 90 else 2000 + year, int(digits[2:4]))


def _keywords(raw: _Preprint) -> Iterator[Keyword]:
    for text in dict.fromkeys(raw.categories):
        yield Keyword(text, "topic", "arxiv")
    for scheme, codes in (("msc", raw.msc_class), ("acm", raw.acm_class)):
        bare = re.sub(r"\([^)]*\)|\b(?:primary|secondary)\b:?", "", codes, flags=re.IGNORECASE)
        for code in dict.fromkeys(_SEPARATORS.split(bare)):
            if any(c.isdigit() for c in code):
                yield Keyword(code.strip("."), "subject", scheme)


def _locations(number: str, license_: str) -> tuple[Location, ...]:
    given = license_ if is_open_license(license_) else ""
    return (
        Location(f"https://arxiv.org/abs/{number}", "landing", "submitted", given, is_open=True, host="repository"),
        Location(f"https://arxiv.org/pdf/{number}", "pdf", "submitted", given, is_open=True, host="repository"),
    )


def _published(dois: list[str], reference: str) -> tuple[Relation, ...]:
    targets = [f"doi:{doi}" for doi in dict.fromkeys(dois) if not _OWN_DOI.match(doi)]
    if not targets:
        return (Relation("is-preprint-of", title=reference, source=NAME),) if reference else ()
    return tuple(Relation("is-preprint-of", target, title=reference, source=NAME) for target in targets)


_WITHDRAWN = re.compile(
    r"(?<!version of )\b(?:paper|article|submission|manuscript|preprint|work|note|letter)\b[^.]{0,40}?"
    r"\b(?:has been|have been|is|was|is being|being)\s+(?:temporarily\s+)?withdrawn\b|^withdrawn\b",
    re.IGNORECASE,
)
_BY_AUTHORS = re.compile(r"withdrawn\s+by\s+(?:(?:the|its|all|both)\s+)*(?:authors?\b|me\b|us\b)", re.IGNORECASE)
_NOT_ITSELF = re.compile(r"\b(?:previous|earlier|old|first|original|other|companion|replaces)\b", re.IGNORECASE)


def _withdrawal(comments: str, abstract: str) -> tuple[Notice, ...]:
    """Return a notice where the comments or the abstract say plainly that this paper was withdrawn."""
    for text in (comments, abstract[:400]):
        for sentence in sentences(text) if "withdrawn" in text.lower() else ():
            if (match := _WITHDRAWN.search(sentence)) and not _NOT_ITSELF.search(sentence[: match.end()]):
                reason = excerpt(sentence, 200) if _BY_AUTHORS.search(sentence) else ""
                return (Notice("retraction", reason=reason, source=NAME),)
    return ()


_ENGLISH = frozenset({"the", "of", "and", "is", "that", "for", "with", "we", "this", "by", "are", "on"})
_IN_LANGUAGE = re.compile(
    r"\bin (French|German|Russian|Spanish|Italian|Portuguese|Japanese|Ukrainian|Chinese|Polish)\b"
)


def _language(comments: str) -> str:
    match = _IN_LANGUAGE.search(comments)
    is_partly = match is not None and re.search(r"abstract|summary|version|translat|published", comments, re.IGNORECASE)
    return language_code(match[1]) if match and not is_partly else ""


def _language_of(abstract: str) -> str:
    # Nearly all are in English, which need not be worked out each time.
    return "en" if len(_ENGLISH.intersection(abstract[:800].split())) >= 4 else detect_language(abstract)


# --- OAI-PMH and Atom ----------------------------------------------------------------------------------------------


def _from_arxiv(form: Element, oai_id: str) -> _Preprint:
    return _Preprint(
        id=text_in(find(form, "id")) or oai_id,
        title=text_in(find(form, "title")),
        authors=tuple(author for e in find_all(find(form, "authors"), "author") if (author := _keyed_author(e))),
        categories=text_in(find(form, "categories")).split(),
        created=text_in(find(form, "created")),
        updated=text_in(find(form, "updated")),
        **_shared(form),
    )


def _from_raw(form: Element, oai_id: str) -> _Preprint:
    dates = [_mail_date(text_in(find(version, "date"))) for version in find_all(form, "version")]
    return _Preprint(
        id=text_in(find(form, "id")) or oai_id,
        title=text_in(find(form, "title")),
        authors=_read_authors(text_in(find(form, "authors"))),
        categories=text_in(find(form, "categories")).split(),
        created=dates[0] if dates else "",
        updated=dates[-1] if dates else "",
        **_shared(form),
    )


def _shared(form: Element) -> dict[str, str]:
    names = ("abstract", "comments", "journal-ref", "doi", "msc-class", "acm-class", "license")
    return {name.replace("-", "_"): text_in(find(form, name)) for name in names}


def _from_dublin_core(form: Element, oai_id: str) -> _Preprint:
    """Read oai_dc: a second description is a comment, an identifier is an address, a DOI or the journal's reference."""
    descriptions = [text_in(e) for e in find_all(form, "description")]
    ids = [text_in(e) for e in find_all(form, "identifier")]
    dates = sorted(date_from_text(text_in(e)) for e in find_all(form, "date"))
    subjects = [text_in(e) for e in find_all(form, "subject")]
    is_class = [re.search(r"\d", subject) is not None for subject in subjects]
    return _Preprint(
        id=oai_id,
        title=text_in(find(form, "title")),
        authors=tuple(_author(*_inverted(text_in(e))) for e in find_all(form, "creator") if text_in(e)),
        abstract=next((text for text in descriptions if not text.startswith("Comment:")), ""),
        comments=" ".join(
            text.removeprefix("Comment:").strip() for text in descriptions if text.startswith("Comment:")
        ),
        journal_ref=next((text for text in ids if not re.match(r"https?://|doi:", text)), ""),
        doi=" ".join(text for text in ids if text.startswith("doi:")),
        categories=[subject for subject, coded in zip(subjects, is_class, strict=True) if not coded],
        msc_class=" ".join(subject for subject, coded in zip(subjects, is_class, strict=True) if coded),
        license=next((text_in(e) for e in find_all(form, "rights")), ""),
        created=dates[0] if dates else "",
        updated=dates[-1] if dates else "",
        language=language_code(text_in(find(form, "language"))),
    )


_OAI_FORMS = {"arXiv": _from_arxiv, "arXivRaw": _from_raw, "dc": _from_dublin_core}


def _from_atom(entry: Element) -> _Preprint:
    title = text_in(find(entry, "title"))
    number = text_in(find(entry, "id"))
    if title == "Error" and "arxiv.org/api/errors" in number:
        raise ParseError(f"arXiv answers with an error: {text_in(find(entry, 'summary')) or number}")
    links = [e.get("href", "") for e in find_all(entry, "link") if e.get("title") == "doi"]
    authors = []
    for element in find_all(entry, "author"):
        if name := plain_text(tex_to_markup(text_in(find(element, "name")))):
            places = tuple(plain_text(tex_to_markup(text_in(e))) for e in find_all(element, "affiliation"))
            authors.append(_author(*_split_name(name), affiliations=places))
    terms = [e.get("term", "") for e in find_all(entry, "primary_category", "category")]
    return _Preprint(
        id=number,
        title=title,
        authors=tuple(authors),
        abstract=text_in(find(entry, "summary")),
        comments=text_in(find(entry, "comment")),
        journal_ref=text_in(find(entry, "journal_ref")),
        doi=text_in(find(entry, "doi")) or " ".join(links),
        categories=[term for term in terms if re.fullmatch(r"[a-z-]+(?:\.[A-Za-z-]+)?", term)],
        msc_class=" ".join(term for term in terms if re.search(r"\d", term)),
        created=text_in(find(entry, "published")),
        updated=text_in(find(entry, "updated")),
    )


def _mail_date(text: str) -> str:
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except ValueError:
        return date_from_text(text)


# --- the snapshot --------------------------------------------------------------------------------------------------


class _Version(msgspec.Struct):
    created: str = ""


class _Snapshot(msgspec.Struct, rename="kebab"):
    id: str | int | float
    title: str | None = None
    authors: str | list[str] | None = None
    abstract: str | None = None
    comments: str | None = None
    journal_ref: str | None = None
    doi: str | None = None
    categories: str | list[str] | None = None
    license: str | None = None
    versions: list[_Version] = []
    update_date: str | None = msgspec.field(name="update_date", default=None)
    authors_parsed: list[list[str]] = msgspec.field(name="authors_parsed", default=[])


def _from_snapshot(piece: str) -> _Preprint:
    try:
        raw = read_record(piece, _Snapshot)
    except UnreadableRecordError as error:
        raise ParseError(str(error)) from error
    authors = raw.authors if isinstance(raw.authors, str) else ", ".join(raw.authors or ())
    whole = _rejoin(authors)
    categories = raw.categories if isinstance(raw.categories, str) else " ".join(raw.categories or ())
    parsed = [] if whole != authors else [_parsed_author(parts) for parts in raw.authors_parsed if any(parts)]
    return _Preprint(
        id=str(raw.id),
        title=raw.title or "",
        authors=tuple(parsed) or _read_authors(whole),
        abstract=raw.abstract or "",
        comments=raw.comments or "",
        journal_ref=raw.journal_ref or "",
        doi=raw.doi or "",
        categories=[name for name in _SEPARATORS.split(_rejoin(categories)) if name],
        license=raw.license or "",
        created=_mail_date(raw.versions[0].created) if raw.versions else "",
        updated=raw.update_date or "",
    )


def _rejoin(text: str) -> str:
    """Put together a value that was split into its characters, and these joined by ", " or " ", as in some copies."""
    if len(text) >= 7 and not text[1::3].strip(",") and not text[2::3].strip(" "):
        return text[::3]
    if len(text) >= 7 and not text[1::2].strip(" "):
        return text[::2]
    return text


def _parsed_author(parts: list[str]) -> Author:
    family, given, suffix, *places = [
        plain_text(tex_to_markup(part)) for part in (*parts, "", "", "")[: max(3, len(parts))]
    ]
    return _author(family, given, suffix, tuple(place for place in places if place))


# --- names ---------------------------------------------------------------------------------------------------------

_GROUP = re.compile(r"\b(?:collaborations?|consortium|group|team|project|network|society|alliance)\b", re.IGNORECASE)
_PARTICLE = re.compile(
    r"(?:v[ao]n|de[rnl]?|la|le|di|d[aou]s?|d[ei]ll[ao]|te[nr]|zu|af|al|el|bin|ibn|st\.)", re.IGNORECASE
)
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV")
_ON_BEHALF = re.compile(
    r"\b(?:on behalf of|for|and|representing)\s+(?=(?:the\s+)?[^,]*\b(?:collaboration|consortium|group|team)\b)",
    re.IGNORECASE,
)


def _keyed_author(element: Element) -> Author | None:
    family, given, suffix = (
        plain_text(tex_to_markup(text_in(find(element, name)))) for name in ("keyname", "forenames", "suffix")
    )
    places = tuple(plain_text(tex_to_markup(text_in(e))) for e in find_all(element, "affiliation"))
    return _author(family, given, suffix, places) if family or given else None


def _author(family: str, given: str, suffix: str = "", affiliations: tuple[str, ...] = ()) -> Author:
    name = " ".join(part for part in (given, family, suffix) if part)
    if not given and _GROUP.search(name):
        return Author(name, affiliations=affiliations)
    return Author(name, family or given, given if family else "", affiliations=affiliations)


def _inverted(text: str) -> tuple[str, str]:
    family, _, given = plain_text(tex_to_markup(text)).partition(",")
    return family.strip(), given.strip()


def _read_authors(text: str) -> tuple[Author, ...]:
    """Read "A. Author, B. van Author (Some University) and C. Author", TeX and footnoted addresses included."""
    text = plain_text(tex_to_markup(text))
    for _ in range(3):  # addresses hold brackets themselves: ((1) Some University, (2) Other)
        text = re.sub(r"\s*\([^()]*\)", "", text)
    text = _ON_BEHALF.sub(", ", re.sub(r"\s*[()].*$", "", text))
    found: list[Author] = []
    for part in re.split(r"\s*[,;]\s*(?:and\s+|&\s*)?|\s+(?:and|&)\s+", text):
        name = part.strip(" \\").removeprefix("the ")
        if _SUFFIX.fullmatch(name) and found:
            last = found.pop()
            found.append(Author(f"{last.name} {name}", last.family, last.given))
        elif any(c.isalpha() for c in name) and name.lower() not in ("et al", "et al.", "and", "others"):
            found.append(_author(*_split_name(name)))
    return tuple(found)


def _split_name(name: str) -> tuple[str, str, str]:
    """Return family name, given names and suffix of a name in its natural order."""
    if _GROUP.search(name):
        return name, "", ""
    words = name.split()
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    first = len(words) - 1
    while first > 1 and _PARTICLE.fullmatch(words[first - 1]) and words[first - 1][0].islower():
        first -= 1
    return " ".join(words[first:]), " ".join(words[:first]), suffix
