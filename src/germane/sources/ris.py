"""RIS files as reference managers, publishers and PubMed write them.

Format: https://en.wikipedia.org/wiki/RIS_(file_format) (the maker's specification is gone). Every exporter has its own
idea of the tags, so several tags are tried for each field, the most telling first.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from germane.article import (
    Abstract,
    Article,
    ArticleType,
    Identifier,
    Keyword,
    Location,
    Record,
    Relation,
    Venue,
    VenueKind,
)
from germane.identifiers import (
    identify,
    key_of,
    normalize_doi,
    normalize_issn,
    normalize_pmcid,
    normalize_pmid,
)
from germane.reading import Piece, Text
from germane.reading.dates import date_from_text
from germane.reading.keys import record_key
from germane.reading.languages import language_code
from germane.reading.lines import split_ris
from germane.reading.names import read_name
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text

NAME = "ris"

_TYPE_LINE = re.compile(r"^[ \t]*TY {1,3}- ?[A-Z0-9]{3,9}[ \t]*\r?$", re.MULTILINE)
_TAG_LINES = re.compile(r"^(?:T1|TI|AU|A1|JO|JF|PY|Y1|VL|SP|UR|DO|N2|AB)  - ?\S", re.MULTILINE)
_END_LINE = re.compile(r"^ER  -", re.MULTILINE)
# Two spaces before the hyphen; one or none in some exports, and then for all lines of the record.
_LINE = re.compile(r"[ \t]*([A-Z][A-Z0-9]) {2}-(?: |$)(.*)")
_LOOSE_LINE = re.compile(r"[ \t]*([A-Z][A-Z0-9]) {0,3}-(?: |$)?(.*)")
_STRICT_TYPE = re.compile(r"[ \t]*TY {2}-")

_TYPES: Mapping[str, ArticleType] = {
    "JOUR": "article",
    "JFULL": "article",
    "EJOUR": "article",
    "INPR": "article",
    "CONF": "conference-paper",
    "CPAPER": "conference-paper",
    "CHAP": "chapter",
    "ECHAP": "chapter",
    "ENCYC": "chapter",
    "DICT": "chapter",
    "BOOK": "book",
    "EBOOK": "book",
    "EDBOOK": "book",
    "CLSWK": "book",
    "THES": "thesis",
    "RPRT": "report",
    "GOVDOC": "report",
    "STAND": "report",
    "DATA": "dataset",
    "AGGR": "dataset",
    "DBASE": "dataset",
    "COMP": "software",
    "UNPB": "preprint",
    "PREPRINT": "preprint",
}
_VENUE_KINDS: Mapping[ArticleType, VenueKind] = {
    "article": "journal",
    "conference-paper": "conference",
    "chapter": "book",
    "preprint": "repository",
}
_SUFFIXED_ID = re.compile(r"\s*(\S+?)\s*\[(pmid|pmcid|doi|pii)\]", re.IGNORECASE)
_PMID = re.compile(r"\bPMID\s*:?\s*(\d{1,9})\b", re.IGNORECASE)


def sniff(head: str) -> bool:
    """Tell whether the file is RIS; a record that lacks its TY line is known by its other tags."""
    head = head.replace("\r", "\n")
    if _TYPE_LINE.search(head):
        return True
    return len(_TAG_LINES.findall(head)) >= 3 and _END_LINE.search(head) is not None


def split(text: Text) -> Iterator[Piece]:
    """Yield one piece per record."""
    return split_ris(text)


def parse(piece: str) -> list[Entry]:
    """Return the record. Raises ParseError when it has neither title nor identifier."""
    fields = _fields(piece)
    kind = _TYPES.get(fields.get("TY", [""])[0].strip().upper(), "other")
    if kind == "other" and "JF" in fields and "TY" not in fields:
        kind = "article"
    identifiers, preprints = _identifiers(fields, kind)
    title = clean_markup(_first(fields, "T1", "TI", "CT") or (_first(fields, "BT") if kind == "book" else ""))
    if not title and not identifiers:
        raise ParseError("a record with neither title nor identifier")
    if any(each.scheme == "arxiv" for each in identifiers) and kind == "other":
        kind = "preprint"
    abstract = clean_markup(_first(fields, "AB", "N2"), block=True)
    names = [name for tag in ("AU", "A1") for text in fields.get(tag, ()) for name in text.split(";")]
    if not names:
        names = [name for tag in ("A2", "ED") for text in fields.get(tag, ()) for name in text.split(";")]
    article = Article(
        identifiers=identifiers,
        title=title,
        authors=tuple(dict.fromkeys(read_name(plain_text(clean_markup(name))) for name in names if name.strip(" ,;"))),
        venue=_venue(fields, kind),
        published_on=_published_on(fields),
        type=kind,
        language=language_code(_first(fields, "LA")),
        volume=_first(fields, "VL"),
        issue=_first(fields, "IS", "CP"),
        pages=_pages(fields),
        abstracts=(Abstract(abstract, NAME),) if abstract else (),
        keywords=tuple(dict.fromkeys(_keywords(fields))),
        locations=tuple(dict.fromkeys(_locations(fields))),
        relations=tuple(Relation("has-preprint", key, source=NAME) for key in preprints),
    )
    return [Record(NAME, record_key(article), article)]


def _fields(piece: str) -> dict[str, list[str]]:
    """Return each tag's values; a line without a tag continues the one before, a new keyword under KW."""
    strict = _STRICT_TYPE.match(piece) is not None or "\nTY" not in piece[:200]
    pattern = _LINE if strict and _LINE.match(piece) else _LOOSE_LINE
    fields: dict[str, list[str]] = {}
    tag = ""
    for line in piece.split("\n"):
        if match := pattern.match(line.replace("\t", " ")):
            tag = match[1]
            fields.setdefault(tag, []).append(match[2].strip())
        elif (text := line.strip()) and tag and tag != "ER":
            if tag == "KW":
                fields[tag].append(text)
            else:
                fields[tag][-1] = f"{fields[tag][-1]} {text}".strip()
    return fields


def _first(fields: Mapping[str, list[str]], *tags: str) -> str:
    return next((value for tag in tags for value in fields.get(tag, ()) if value), "")


def _identifiers(fields: Mapping[str, list[str]], kind: ArticleType) -> tuple[tuple[Identifier, ...], list[str]]:
    """Return the record's own identifiers, and its preprint's when a published article links to arXiv."""
    found: dict[str, Identifier] = {}
    dois = [
        *fields.get("DO", ()),
        *fields.get("DOI", ()),
        *fields.get("DI", ()),
        *fields.get("M3", ()),
        *fields.get("L3", ()),
    ]
    for text in dois:
        if "doi" not in found and "10." in text and (doi := normalize_doi(text)):
            found["doi"] = Identifier("doi", doi)
    for tag in ("U1", "U2", "U3", "U4"):
        for text in fields.get(tag, ()):
            if match := _SUFFIXED_ID.match(text):
                _add(found, match[2].lower(), match[1])
    for tag in ("C2", "AN", "ID"):
        for text in fields.get(tag, ()):
            if text.upper().startswith("PMC"):
                _add(found, "pmcid", text)
    if any("pubmed" in text.lower() or "nlm" in text.lower() for tag in ("DB", "DP") for text in fields.get(tag, ())):
        _add(found, "pmid", _first(fields, "AN"))
    for text in (*fields.get("AN", ()), *fields.get("N1", ()), *fields.get("C1", ())):
        if match := _PMID.search(text):
            _add(found, "pmid", match[1])
    preprints: list[str] = []
    for tag in ("UR", "L2", "LK", "L1", "N1", "M3"):
        for text in fields.get(tag, ()):
            short = text.split()[0] if tag in ("UR", "LK", "L1", "L2") and text else text
            # A note may speak of other articles: only a note that is nothing but an identifier counts.
            other = identify(short) if len(text) < 500 else None
            if other is None or (tag == "N1" and not re.match(r"(?i)\s*(?:doi|pmid|pmcid|arxiv)\s*:", text)):
                continue
            doi_of_other = "doi" in found and "arxiv" not in found["doi"].value
            if other.scheme == "arxiv" and (doi_of_other or (kind == "article" and _first(fields, "JF", "JO"))):
                preprints.append(key_of(other))
            else:
                found.setdefault(other.scheme, other)
    return tuple(found.values()), list(dict.fromkeys(preprints))


def _add(found: dict[str, Identifier], scheme: str, text: str) -> None:
    if scheme == "pmid" and (value := normalize_pmid(text)):
        found.setdefault("pmid", Identifier("pmid", value))
    elif scheme == "pmcid" and (value := normalize_pmcid(text)):
        found.setdefault("pmcid", Identifier("pmcid", value))
    elif scheme == "doi" and (value := normalize_doi(text)):
        found.setdefault("doi", Identifier("doi", value))


def _venue(fields: Mapping[str, list[str]], kind: ArticleType) -> Venue | None:
    name = _first(fields, "JF", "T2", "BT", "JO", "JA", "J2", "J1")
    if not name or kind in ("book", "thesis"):
        return None
    texts = re.split(r"[;,]|\s+(?=\d{4}-)", " ; ".join(fields.get("SN", ())))
    issns = dict.fromkeys(issn for text in texts if (issn := normalize_issn(re.sub(r"\(.*?\)", "", text))))
    publisher = plain_text(clean_markup(_first(fields, "PB")))
    return Venue(plain_text(clean_markup(name)), _VENUE_KINDS.get(kind, ""), tuple(issns), publisher)


def _published_on(fields: Mapping[str, list[str]]) -> str:
    """Return the fullest date that agrees with the year; Scopus and others add "received" and "accepted" dates."""
    texts = [text for tag in ("PY", "Y1", "DA") for text in fields.get(tag, ())]
    dates = [date for text in texts if not re.search(r"received|accepted", text) and (date := date_from_text(text))]
    if not dates:
        return ""
    return max((date for date in dates if date[:4] == dates[0][:4]), key=len)


def _pages(fields: Mapping[str, list[str]]) -> str:
    start, end = _first(fields, "SP"), _first(fields, "EP")
    if start and end and start != end and "-" not in start and "–" not in start:
        return f"{start}–{end}"
    return start or end or _first(fields, "C7")


def _keywords(fields: Mapping[str, list[str]]) -> Iterator[Keyword]:
    for told in fields.get("KW", ()):
        for word in re.split(r"\s*;\s*", told):
            if text := plain_text(clean_markup(word)).strip(" .,"):
                yield Keyword(text)


def _locations(fields: Mapping[str, list[str]]) -> Iterator[Location]:
    contents: tuple[tuple[str, Literal["pdf", "landing", ""]], ...] = (
        ("UR", "landing"),
        ("LK", "landing"),
        ("L1", "pdf"),
        ("L2", ""),
    )
    for tag, content in contents:
        for text in fields.get(tag, ()):
            for url in text.split():
                if url.startswith(("http://", "https://")):
                    is_pdf = url.lower().split("?")[0].endswith(".pdf")
                    # L1 is often a local file or, in PubMed's exports, a page.
                    yield Location(url, "pdf" if is_pdf else "landing" if content == "pdf" else content)
