"""BibTeX and BibLaTeX files, with TeX in their fields and @string macros.

Format: https://www.bibtex.com/g/bibtex-format/ and the BibLaTeX manual. We read entries ourselves: an entry may hold
any mistake that BibTeX's own grammar forbids, and must then lose one field at most.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from germane.article import (
    Abstract,
    Article,
    ArticleType,
    Author,
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
    normalize_arxiv,
    normalize_doi,
    normalize_issn,
    normalize_pmcid,
    normalize_pmid,
)
from germane.reading import Piece, Text
from germane.reading.dates import date_from_text
from germane.reading.keys import record_key
from germane.reading.languages import language_code
from germane.reading.lines import split_bibtex
from germane.reading.names import read_name
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text, tex_to_markup

NAME = "bibtex"

_ENTRY = re.compile(r"@\s*([A-Za-z][\w-]*)\s*([{(])\s*([^\s,={}()\"]*)\s*(?=[,})])")
_SNIFFED = re.compile(
    r"^[ \t]*@[ \t]*(?:[A-Za-z][\w-]*\s*[{(]\s*[^\s,={}()\"]*\s*,\s*[A-Za-z][\w:.-]*\s*="
    r"|string\s*[{(]\s*[^\s={}]+\s*=)",
    re.MULTILINE | re.IGNORECASE,
)
_MACRO = re.compile(r"@\s*string\s*[{(]\s*([^\s={}\"]+)\s*=\s*", re.IGNORECASE)
_FIELD = re.compile(r"\s*,?\s*([A-Za-z][\w:.+/-]*)\s*=\s*")
_NEXT_FIELD = re.compile(r"(?:,|\n)\s*(?=[A-Za-z][\w:.+/-]*\s*=\s*[{\"\w])")
_BARE = re.compile(r"[^\s,#{}\"()]+")
_QUOTE_END = re.compile(r"\"(?=\s*(?:[,#})]|\Z|\n))")
_LOOSE_PERCENT = re.compile(r"(?<!\\)%")
_ARXIV = re.compile(
    r"\barxiv\b[\s:.]*(?:preprint\s*)?(?:arxiv:)?\s*([a-z-]+(?:\.[A-Z]{2})?/\d{7}|\d{4}\.\d{4,5})", re.IGNORECASE
)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s{}\\,\"<>]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_TYPES: Mapping[str, ArticleType] = {
    "article": "article",
    "suppperiodical": "article",
    "inproceedings": "conference-paper",
    "conference": "conference-paper",
    "book": "book",
    "mvbook": "book",
    "booklet": "book",
    "proceedings": "book",
    "mvproceedings": "book",
    "collection": "book",
    "mvcollection": "book",
    "reference": "book",
    "inbook": "chapter",
    "bookinbook": "chapter",
    "suppbook": "chapter",
    "incollection": "chapter",
    "suppcollection": "chapter",
    "inreference": "chapter",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "thesis": "thesis",
    "techreport": "report",
    "report": "report",
    "standard": "report",
    "dataset": "dataset",
    "software": "software",
    "softwareversion": "software",
    "unpublished": "preprint",
    "preprint": "preprint",
    "review": "review",
    "letter": "letter",
}
_VENUE_KINDS: Mapping[ArticleType, VenueKind] = {
    "article": "journal",
    "review": "journal",
    "conference-paper": "conference",
    "chapter": "book",
    "preprint": "repository",
}


def sniff(head: str) -> bool:
    """Tell whether the file holds BibTeX entries."""
    return not head.lstrip().startswith(("{", "[", "<")) and _SNIFFED.search(head) is not None


def split(text: Text) -> Iterator[Piece]:
    """Yield one piece per entry, with the macros that it uses."""
    return split_bibtex(text)


def parse(piece: str) -> list[Entry]:
    """Return the entry's record. Raises ParseError when it has neither title nor identifier."""
    kind, fields = read_entry(piece)
    identifiers, preprints = _identifiers(fields)
    title = _markup(fields.get("title", ""))
    if not title and not identifiers:
        raise ParseError(f"an entry (@{kind}) with neither title nor identifier")
    type_ = _type(kind, fields, identifiers)
    abstract = clean_markup(_markup(fields.get("abstract", "")), block=True)
    article = Article(
        identifiers=identifiers,
        title=title,
        subtitle=_markup(fields.get("subtitle", "")),
        original_title=_markup(fields.get("origtitle", "")),
        authors=tuple(_authors(fields.get("author") or fields.get("editor") or "")),
        venue=_venue(fields, type_),
        published_on=_published_on(fields),
        type=type_,
        language=language_code(_plain(fields.get("language") or fields.get("langid") or "")),
        volume=_plain(fields.get("volume", "")),
        issue=_plain(fields.get("number", "") or fields.get("issue", "")) if kind != "techreport" else "",
        pages=_plain(fields.get("pages", "") or fields.get("articleno", "") or fields.get("eid", "")),
        abstracts=(Abstract(abstract, NAME),) if abstract else (),
        keywords=tuple(dict.fromkeys(_keywords(fields))),
        locations=tuple(dict.fromkeys(_locations(fields))),
        relations=tuple(Relation("has-preprint", key, source=NAME) for key in preprints),
    )
    return [Record(NAME, record_key(article), article)]


def read_entry(piece: str) -> tuple[str, dict[str, str]]:
    """Return an entry's type and its fields, both in lower case, with macros replaced and TeX left as it is.

    Of a field given twice the first counts. Raises ParseError when there is no entry.
    """
    macros = {month: month.capitalize() for month in _MONTHS}
    position = 0
    while match := _MACRO.search(piece, position):
        if (entry := _ENTRY.search(piece, position)) and entry.start() < match.start():
            break
        value, position = _value(piece, match.end(), macros)
        macros[match[1].lower()] = value
    entry = _ENTRY.search(piece, position)
    if entry is None:
        raise ParseError("no BibTeX entry")
    fields: dict[str, str] = {}
    position = entry.end()
    while position < len(piece):
        field = _FIELD.match(piece, position)
        if field is None:
            following = _NEXT_FIELD.search(piece, position)
            if following is None:
                break
            position = following.end()
            continue
        value, position = _value(piece, field.end(), macros)
        name = field[1].lower()
        if value.strip() and name not in fields:
            fields[name] = value.strip()
    return entry[1].lower(), fields


def _value(text: str, position: int, macros: Mapping[str, str]) -> tuple[str, int]:
    """Return the value that begins here, its parts joined, and where it ends."""
    parts: list[str] = []
    while position < len(text):
        character = text[position]
        if character == "{":
            end = _matching_brace(text, position)
            parts.append(text[position + 1 : end])
            position = end + 1
        elif character == '"':
            end = _closing_quote(text, position)
            parts.append(text[position + 1 : end])
            position = end + 1
        elif bare := _BARE.match(text, position):
            word = bare.group()
            parts.append(macros.get(word.lower(), word))
            position = bare.end()
        else:
            break
        joint = re.compile(r"\s*#\s*").match(text, position)
        if joint is None:
            break
        position = joint.end()
    return "".join(parts), position


def _matching_brace(text: str, position: int) -> int:
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, position):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    return len(text)


def _closing_quote(text: str, position: int) -> int:
    """Return where a quoted value ends: at a quotation mark outside braces, where a value can end."""
    depth = 0
    for match in re.compile(r"[{}\"]").finditer(text, position + 1):
        if match.group() == '"':
            if depth <= 0 and _QUOTE_END.match(text, match.start()):
                return match.start()
        else:
            depth += 1 if match.group() == "{" else -1
            if depth < -1:
                return match.start()
    return len(text)


def _markup(tex: str) -> str:
    return tex_to_markup(_LOOSE_PERCENT.sub(r"\\%", tex)) if tex else ""


def _plain(tex: str) -> str:
    return plain_text(_markup(tex)) if tex else ""


def _split_outside_braces(text: str, separator: re.Pattern[str]) -> list[str]:
    parts, depth, start = [], 0, 0
    for match in re.compile(rf"[{{}}]|{separator.pattern}", separator.flags).finditer(text):
        if match.group() in "{}":
            depth += 1 if match.group() == "{" else -1
        elif depth <= 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def _authors(names: str) -> Iterator[Author]:
    separator = re.compile(r"\s*;\s*") if ";" in names and not _AND.search(names) else _AND
    for name in _split_outside_braces(names, separator):
        text = name.strip()
        if text.lower().strip("{} .") in ("", "others", "et al"):
            continue
        if text.startswith("{") and _matching_brace(text, 0) == len(text) - 1:
            yield Author(_plain(text))
        else:
            yield read_name(_plain(text))


def _identifiers(fields: Mapping[str, str]) -> tuple[tuple[Identifier, ...], list[str]]:
    """Return the entry's own identifiers, and its preprint's when a published article carries an arXiv number."""
    found: dict[str, Identifier] = {}
    for name in ("doi", "article-doi", "ee", "url", "link", "note", "howpublished"):
        told = _untex(fields.get(name, ""))
        if "doi" not in found and "10." in told and (name in ("doi", "article-doi") or "doi" in told.lower()):
            doi = normalize_doi(told) if name != "note" else next(iter(_found_doi(told)), None)
            if doi:
                found["doi"] = Identifier("doi", doi)
    if pmid := normalize_pmid(_untex(fields.get("pmid", ""))):
        found["pmid"] = Identifier("pmid", pmid)
    pmc = _untex(fields.get("pmcid") or fields.get("pmc", ""))
    if pmc and (pmcid := normalize_pmcid(pmc)):
        found["pmcid"] = Identifier("pmcid", pmcid)
    arxiv = _arxiv(fields)
    for name in ("url", "eprint", "ee"):
        other = identify(_untex(fields.get(name, "")).split(" ")[0]) if "://" in fields.get(name, "") else None
        if other is not None and other.scheme == "arxiv":
            arxiv = arxiv or other.value
        elif other is not None:
            found.setdefault(other.scheme, other)
    if not arxiv:
        return tuple(found.values()), []
    doi_found = found.get("doi")
    is_preprint = doi_found is None or "arxiv" in doi_found.value
    journal = _plain(fields.get("journal", "") or fields.get("journaltitle", "") or fields.get("booktitle", "")).lower()
    if is_preprint and (not journal or "arxiv" in journal or journal == "corr"):
        found["arxiv"] = Identifier("arxiv", arxiv)
        return tuple(found.values()), []
    return tuple(found.values()), [key_of(Identifier("arxiv", arxiv))]


def _untex(text: str) -> str:
    """Return an identifier or address without the TeX that protects its signs."""
    return re.sub(
        r"\\url\s*|\\href\s*|[{}]",
        "",
        text.replace("\\_", "_").replace("\\%", "%").replace("\\&", "&").replace("\\#", "#"),
    ).strip()


def _found_doi(text: str) -> Iterator[str]:
    for word in text.split():
        if "10." in word and (doi := normalize_doi(word)):
            yield doi


def _arxiv(fields: Mapping[str, str]) -> str | None:
    scheme = (fields.get("archiveprefix") or fields.get("eprinttype") or "").lower()
    eprint = _untex(fields.get("eprint", ""))
    if eprint and (
        scheme == "arxiv"
        or (not scheme and re.fullmatch(r"(?i)(arxiv:)?(\d{4}\.\d{4,5}|[a-z.-]+/\d{7})(v\d+)?", eprint))
    ):
        return normalize_arxiv(eprint)
    if fields.get("arxivid") and (arxiv := normalize_arxiv(_untex(fields["arxivid"]))):
        return arxiv
    for name in ("journal", "note", "howpublished", "volume", "number", "booktitle"):
        if match := _ARXIV.search(_untex(fields.get(name, ""))):
            return normalize_arxiv(match[1])
    return None


def _type(kind: str, fields: Mapping[str, str], identifiers: tuple[Identifier, ...]) -> ArticleType:
    if any(each.scheme == "arxiv" for each in identifiers):
        return "preprint"
    if kind == "misc" and "dataset" in _plain(fields.get("type", "")).lower():
        return "dataset"
    return _TYPES.get(kind, "other")


def _venue(fields: Mapping[str, str], type_: ArticleType) -> Venue | None:
    names = ("journaltitle", "journal", "fjournal", "booktitle", "series" if type_ == "book" else "eventtitle")
    name = next((plain for each in names if (plain := _plain(fields.get(each, "")))), "")
    if not name or type_ == "thesis":
        return None
    issns = dict.fromkeys(
        issn for text in re.split(r"[;, ]+", fields.get("issn", "")) if (issn := normalize_issn(text))
    )
    return Venue(name, _VENUE_KINDS.get(type_, ""), tuple(issns), _plain(fields.get("publisher", "")))


def _published_on(fields: Mapping[str, str]) -> str:
    date = date_from_text(_plain(fields.get("date", "")))
    year = _plain(fields.get("year", ""))
    month = _plain(fields.get("month", ""))
    if date or not year:
        return date or date_from_text(_plain(fields.get("issued", "")))
    if month.isdecimal():
        return date_from_text(f"{year}-{month}") or date_from_text(year)
    return date_from_text(f"{month} {year}") or date_from_text(year)


def _keywords(fields: Mapping[str, str]) -> Iterator[Keyword]:
    for name in ("keywords", "keyword", "author_keywords", "author-keywords"):
        told = fields.get(name, "")
        separator = re.compile(r"\s*;\s*") if ";" in told else re.compile(r"\s*(?:,|\\sep\b|\\and\b|\n\s*\n)\s*")
        for word in _split_outside_braces(told, separator):
            if text := _plain(word):
                yield Keyword(text)


def _locations(fields: Mapping[str, str]) -> Iterator[Location]:
    for name in ("url", "ee", "link", "howpublished", "pdf"):
        for url in _URL.findall(_untex(fields.get(name, ""))):
            content: Literal["pdf", "landing"] = "pdf" if url.lower().split("?")[0].endswith(".pdf") else "landing"
            yield Location(url.rstrip(".;)"), content)
