"""MEDLINE text, which PubMed calls "PubMed format" and saves as .nbib.

Format: https://pubmed.ncbi.nlm.nih.gov/help/#pubmed-format · a tag of up to four letters, "- ", the value; lines that
begin with a space go on. Terms as for `pubmed`. Nothing is ever withdrawn in it.
"""

import re
from collections.abc import Iterator
from html import escape

from germane import reading
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
    Record,
    Relation,
    Venue,
)
from germane.identifiers import (
    find_identifiers,
    key_of,
    normalize_doi,
    normalize_issn,
    normalize_nct,
    normalize_orcid,
    normalize_pmcid,
    normalize_pmid,
    url_of,
)
from germane.reading import Piece, ReadingError, Text, medline
from germane.reading.dates import date_from_text
from germane.reading.languages import language_code
from germane.reading.lines import iter_lines
from germane.reading.opening import broken_before
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text

NAME = "nbib"

_SHOWN_CHARS = 64 * 1024
_LINE = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,3}-(?: +|$|(?=\d))(.*)")
# A tag that begins files of MEDLINE text, and no RIS ("TY") or Web of Science file.
_SNIFF = re.compile(
    r"\s*(?:PMID ?- ?\d|(?:OWN|STAT|FAU|PMC|PMCR|LID|AID|DCOM|PHST) {0,2}- |(?:TI|AU|PT|JT|TA|DP) {1,2}- )"
)
_TIES = {
    "CIN": "CommentIn",
    "CON": "CommentOn",
    "CRF": "CorrectedandRepublishedFrom",
    "CRI": "CorrectedandRepublishedIn",
    "ECF": "ExpressionOfConcernFor",
    "ECI": "ExpressionOfConcernIn",
    "EFR": "ErratumFor",
    "EIN": "ErratumIn",
    "ORI": "OriginalReportIn",
    "PRIN": "PartialRetractionIn",
    "PROF": "PartialRetractionOf",
    "RIN": "RetractionIn",
    "ROF": "RetractionOf",
    "RPF": "RepublishedFrom",
    "RPI": "RepublishedIn",
    "SPIN": "SummaryForPatientsIn",
    "UIN": "UpdateIn",
    "UOF": "UpdateOf",
}
_LABEL = re.compile(r"(?:^|(?<=[.?!)\]] ))([A-Z][A-Z]{2}[A-Z /&,()'-]{0,50}): ")
_KIND = re.compile(r"^(?:Publisher|AAMC|AIDS|KIE|PIP|NASA|Plain-language-summary): *", re.IGNORECASE)
_PMID = re.compile(r"\bPMID: ?(\d+)")
_PLACED = re.compile(r"(\S+)\s+\[(doi|pii|pmc|bookaccession)\]")

_Lines = list[tuple[str, str]]


def sniff(head: str) -> bool:
    """Tell whether a file begins with a tag of MEDLINE text, and holds no RIS."""
    return _SNIFF.match(head) is not None and re.search(r"^(?:TY|ER)  ?-", head, re.MULTILINE) is None


def split(text: Text) -> Iterator[Piece]:
    """Yield each record. One begins with the tag that the file begins with, and with a second PMID."""
    first = _LINE.match(text.head.lstrip())
    opening = first[1] if first else "PMID"
    position = size = offset = number = 0
    lines: list[str] = []
    seen: set[str] = set()

    def piece(end: int) -> Piece:
        n_broken = broken_before(text, end)
        error = f"{n_broken} byte(s) that its encoding does not know" if n_broken else ""
        if size > reading.MAX_PIECE_CHARS:
            error = f"larger than {reading.MAX_PIECE_CHARS:,} characters"
        body = "\n".join(lines).rstrip()
        return Piece(position, offset, body[:_SHOWN_CHARS] if error else body, error, number)

    failure: ReadingError | None = None
    at, source = 0, iter_lines(text)
    while True:
        try:
            at, line_number, line = next(source)
        except StopIteration:
            break
        except ReadingError as error:
            failure = error
            break
        match = _LINE.match(line)
        tag = match[1] if match else ""
        if tag and (tag == opening or tag == "PMID") and (tag in seen or not lines):
            if lines:
                yield piece(at)
            lines, seen, size, offset, number = [], set(), 0, at, line_number
            position += 1
        elif not lines:
            if not line.strip():
                continue
            offset, number, position = at, line_number, position + 1
        seen.add(tag)
        size += len(line) + 1
        if size <= reading.MAX_PIECE_CHARS or not lines:
            lines.append(line[: reading.MAX_PIECE_CHARS])
    if lines:
        yield piece(at + size)
    if failure is not None:
        raise failure


def parse(piece: str) -> list[Entry]:
    """Return the article of one record.

    Raises ParseError when it has no tagged line, or names its article by neither PMID nor DOI.
    """
    lines = _read_lines(piece)
    if not lines:
        raise ParseError("it has no line that begins with a tag")
    identifiers = _identifiers(lines)
    if not identifiers:
        raise ParseError("it has neither a PMID nor a DOI")
    types = _values(lines, "PT")
    kind = medline.article_type(types)
    notices, relations = _ties(lines, types, kind)
    language = next((code for code in map(language_code, _values(lines, "LA")) if code), "")
    title, original, book = _titles(lines)
    article = Article(
        identifiers=identifiers,
        title=title,
        original_title=original,
        authors=_authors(lines),
        venue=_venue(lines, book),
        published_on=medline.earliest(medline.date_of_issue(_first(lines, "DP")), date_from_text(_first(lines, "DEP"))),
        type=("chapter" if title and title != book else "book") if book else kind,
        language=language,
        volume=_first(lines, "VI"),
        issue=_first(lines, "IP"),
        pages=_pages(lines),
        abstracts=_abstracts(lines, language),
        keywords=_keywords(lines),
        locations=tuple(
            Location(url_of("pmcid", one.value), "html", is_open=True, host="repository")
            for one in identifiers
            if one.scheme == "pmcid"
        ),
        relations=tuple(dict.fromkeys([*relations, *_data_banks(lines)])),
        notices=notices,
        funding=_funding(lines),
    )
    by_scheme = {one.scheme: one for one in reversed(identifiers)}
    key = by_scheme["pmid"].value if "pmid" in by_scheme else key_of(identifiers[0])
    return [Record(NAME, key, article, date_from_text(_first(lines, "LR") or _first(lines, "DCOM")))]


def _read_lines(piece: str) -> _Lines:
    lines: _Lines = []
    for line in piece.splitlines():
        if match := _LINE.match(line):
            lines.append((match[1], match[2].strip()))
        elif lines and line.strip():  # nearly always indented by six spaces
            tag, value = lines[-1]
            lines[-1] = (tag, f"{value} {line.strip()}")
    return lines


def _values(lines: _Lines, *tags: str) -> list[str]:
    return [value for tag, value in lines if tag in tags and value]


def _first(lines: _Lines, tag: str) -> str:
    return next((value for name, value in lines if name == tag and value), "")


def _identifiers(lines: _Lines) -> tuple[Identifier, ...]:
    found: dict[Identifier, None] = {}
    if pmid := normalize_pmid(_first(lines, "PMID")):
        found[Identifier("pmid", pmid)] = None
    for value in _values(lines, "LID", "AID"):
        for name, kind in _PLACED.findall(value):
            if kind == "doi" and (doi := normalize_doi(name)):
                found[Identifier("doi", doi)] = None
    for value in _values(lines, "DOI", "DO"):  # what other tools write
        if doi := normalize_doi(value):
            found[Identifier("doi", doi)] = None
    if pmcid := normalize_pmcid(_first(lines, "PMC")):
        found[Identifier("pmcid", pmcid)] = None
    return tuple(found)


def _titles(lines: _Lines) -> tuple[str, str, str]:
    """Return the title, the original one where it is a translation, and the book's."""
    title, is_translated = medline.clean_title(clean_markup(" ".join(_values(lines, "TI"))))
    original, _ = medline.clean_title(clean_markup(_first(lines, "TT")))
    book, _ = medline.clean_title(clean_markup(_first(lines, "BTI")))
    if title.lower() in ("", "not available", "in process citation") and (original or is_translated):
        title, original = original, ""
    return title or book, original, book


def _authors(lines: _Lines) -> tuple[Author, ...]:
    """Return the authors; what follows a name (AD, AUID) belongs to it."""
    drafts: list[dict[str, list[str]]] = []
    for tag, value in lines:
        if tag in ("FAU", "CN") or (tag == "AU" and not (drafts and "FAU" in drafts[-1] and "AU" not in drafts[-1])):
            drafts.append({tag: [value]})
        elif tag in ("AU", "AD", "AUID") and drafts:
            drafts[-1].setdefault(tag, []).append(value)
        elif tag in ("FED", "ED", "IR", "FIR"):
            drafts.append({})  # editors and investigators have addresses of their own
    return tuple(author for draft in drafts if (author := _author(draft)) is not None)


def _author(draft: dict[str, list[str]]) -> Author | None:
    orcid = next((one for one in map(normalize_orcid, draft.get("AUID", [])) if one), "")
    affiliations = tuple(plain_text(clean_markup(value)) for value in draft.get("AD", []) if value)
    if "CN" in draft:
        return Author(plain_text(clean_markup(draft["CN"][0])), affiliations=affiliations) if draft["CN"][0] else None
    if "FAU" in draft:
        family, _, given = (part.strip() for part in draft["FAU"][0].partition(","))
    elif "AU" in draft:
        family, _, initials = draft["AU"][0].rpartition(" ")
        given = " ".join(initials) if family else ""
        family = family or initials
    else:
        return None
    return Author(f"{given} {family}".strip(), family, given, orcid or "", affiliations) if family else None


def _venue(lines: _Lines, book: str) -> Venue | None:
    publisher = _first(lines, "PB")
    if book:
        return Venue(plain_text(book), "book", publisher=publisher)
    name = _first(lines, "JT") or _first(lines, "TA")
    issns = [normalize_issn(value.partition(" ")[0]) for value in _values(lines, "IS")]
    return Venue(name, "journal", tuple(dict.fromkeys(i for i in issns if i)), publisher) if name else None


def _pages(lines: _Lines) -> str:
    if pages := _first(lines, "PG"):
        return medline.expand_pages(pages)
    numbers = [name for value in _values(lines, "LID") for name, kind in _PLACED.findall(value) if kind == "pii"]
    return next((number for number in numbers if len(number) <= 12), "")


def _abstracts(lines: _Lines, language: str) -> tuple[Abstract, ...]:
    found = []
    if text := " ".join(_values(lines, "AB")):
        found.append(Abstract(_structured(text), NAME, language="en" if " the " in text else language))
    if (text := _KIND.sub("", " ".join(_values(lines, "OAB")))) and not text.startswith("Abstract available from"):
        found.append(Abstract(_structured(text), NAME, language=language_code(_first(lines, "OABL"))))
    return tuple(found)


def _structured(text: str) -> str:
    """Return an abstract with its labels ("METHODS: …") as headings, if it begins with one."""
    first, *rest = _LABEL.split(text)
    if first.strip() or not rest:
        return clean_markup(text, block=True)
    parts = zip(rest[::2], rest[1::2], strict=True)
    return "".join(
        f"<h4>{escape(label.capitalize(), quote=False)}</h4><p>{clean_markup(body)}</p>" for label, body in parts
    )


def _keywords(lines: _Lines) -> tuple[Keyword, ...]:
    subjects = [value.partition("/")[0].strip("* ") for value in _values(lines, "MH")]
    own = [plain_text(clean_markup(value.strip("* "))) for value in _values(lines, "OT")]
    found = [Keyword(text) for text in own if text] + [Keyword(text, "subject", "mesh") for text in subjects if text]
    return tuple(dict.fromkeys(found))


def _ties(lines: _Lines, types: list[str], kind: ArticleType) -> tuple[tuple[Notice, ...], list[Relation]]:
    notices: list[Notice] = []
    relations: list[Relation] = []
    for tag, source in lines:
        reference_type = _TIES.get(tag)
        if reference_type is None or not source:
            continue
        target = _target(source)
        if reference_type in medline.NOTICES:
            notice, reason = medline.NOTICES[reference_type]
            notices.append(
                Notice(notice, target.removeprefix("doi:"), medline.date_of_issue(source), reason=reason, source=NAME)
            )
        if reference_type in medline.RELATIONS:
            relation = medline.relation_kind(reference_type, source, is_preprint=kind == "preprint")
            relations.append(
                Relation(relation, target, title=medline.RELATIONS[reference_type][1] + source, source=NAME)
            )
    if "Retracted Publication" in types and not any(notice.kind == "retraction" for notice in notices):
        notices.append(Notice("retraction", source=NAME))
    return tuple(dict.fromkeys(notices)), relations


def _target(source: str) -> str:
    if match := _PMID.search(source):
        return f"pmid:{match[1]}"
    found = find_identifiers(source)
    return key_of(found[0].identifier) if found else ""


def _data_banks(lines: _Lines) -> list[Relation]:
    relations = []
    for value in _values(lines, "SI"):
        bank, _, accession = value.partition("/")
        if not accession:
            continue
        kind, url = medline.data_bank(bank, accession)
        if kind == "has-trial" and (nct := normalize_nct(accession)):
            relations.append(Relation(kind, f"nct:{nct}", url_of("nct", nct), f"{bank} {nct}", source=NAME))
        elif doi := normalize_doi(accession):
            relations.append(Relation(kind, f"doi:{doi}", url_of("doi", doi), f"{bank} {doi}", source=NAME))
        else:
            relations.append(Relation(kind, url=url, title=f"{bank} {accession}", source=NAME))
    return relations


def _funding(lines: _Lines) -> tuple[Funding, ...]:
    """Read "award/acronym/agency/country"; the award may hold slashes itself, and the acronym is often left out."""
    found: dict[Funding, None] = {}
    for value in _values(lines, "GR"):
        *award, agency, _ = ["", *value.split("/")] if "/" in value else ["", value, ""]
        if award and re.fullmatch(r"[A-Z]{2}", award[-1]):
            award.pop()
        if agency:
            found[Funding(agency.strip(), "/".join(award).strip("/ "))] = None
    return tuple(found)
