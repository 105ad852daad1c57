"""Identifiers in running text and in addresses."""

import re

from msgspec import Struct

from germane.article import Identifier, Scheme
from germane.identifiers.arxiv import ARXIV, normalize_arxiv
from germane.identifiers.doi import (
    ARXIV_DOI,
    DOI_SICI,
    DOI_START,
    DOI_STRIP,
    ENTITY,
    URL_END,
    doi_at,
    is_in_url,
    normalize_doi,
    unspell,
)
from germane.identifiers.schemes import ACL_NEW, ACL_OLD, SCHEME_NAMES, normalize
from germane.identifiers.spelling import ODD, plain


class Found(Struct, frozen=True):
    """An identifier in running text: `text[start:end] == matched`."""

    identifier: Identifier
    start: int
    end: int
    matched: str


_IN_TEXT = re.compile(
    r"(?P<doi>(?<![\d.])10\.\d{4,9}(?:\.\d+)*(?:/|%(?:25)*2f)(?=\S))"
    r"|dl\.acm\.org/citation\.cfm\?(?:[^\s\"'<>]*&)?(?:doid|id)=(?:10\.1145/)?(?P<acm>\d{5,8}\.\d{5,8})"
    r"|nature\.com/articles/(?P<nature>[a-z0-9][a-z0-9.\-]{4,40}[a-z0-9])"
    r"|elifesciences\.org/(?:articles|reviewed-preprints|content/\d+/e)/?(?P<elife>\d{5,6})\b"
    rf"|(?:arxiv\.org/(?:abs|pdf|html|e-print|ps|format|list)/|\barxiv(?:\s+preprint)?(?:\s+arxiv)?\s*:\s*)(?P<arxiv>{ARXIV})"
    r"(?:v\d{1,3}\b)?(?:\.pdf)?"
    r"|(?:\bpmid\s*:?\s*|pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/|europepmc\.org/(?:abstract|article)/med/)"
    r"(?P<pmid>[1-9]\d{0,7})\b"
    r"|(?:(?<![a-z0-9])|(?<=articles/))(?P<pmcid>pmc[1-9]\d{3,8})\b"
    r"|openalex\.org/(?:works/)?(?P<openalex>w\d{3,12})\b"
    rf"|(?:aclanthology\.org/|aclanthology\.info/papers/|aclweb\.org/anthology/(?:papers/[a-z]/[a-z]\d\d/)?)"
    rf"(?P<acl>{ACL_OLD}|{ACL_NEW})(?!\d)(?:v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)
_HINTS = (
    "10.",
    "arxiv",
    "pmid",
    "pubmed",
    "pmc",
    "openalex",
    "aclanth",
    "aclweb",
    "acm.org",
    "/med/",
    "nature.com",
    "elife",
)
_NATURE_ID = re.compile(
    r"(?:s\d{5}-\d{3}-\d{4,5}-[\dxyz]|[a-z]{2,12}\d{2,}[a-z0-9.]*|nature\d+|\d{5,}[a-z0-9]*)", re.IGNORECASE
)


def find_identifiers(text: str) -> list[Found]:
    """Return the article identifiers that running text or addresses name, in order.

    An arXiv DOI (10.48550/arxiv.X) is given twice over the same span: as `doi` and as `arxiv`.
    """
    lower = text.lower()
    if not any(hint in lower for hint in _HINTS):
        return []
    found: list[Found] = []
    position = 0
    while match := _IN_TEXT.search(text, position):
        scheme = match.lastgroup or ""
        if scheme == "doi":
            position = _add_doi(text, match.start(), match.end(), found)
            continue
        position = match.end()
        identifier = _linked(scheme, match.group(scheme))
        if identifier:
            found.append(Found(identifier, match.start(), match.end(), match.group()))
    return found


def _linked(scheme: str, value: str) -> Identifier | None:
    """Return the identifier that a recognized address or label carries."""
    if scheme == "acm":
        return Identifier("doi", f"10.1145/{value}")
    if scheme == "nature":
        value = value.lower().removesuffix(".pdf")
        return Identifier("doi", f"10.1038/{value}") if _NATURE_ID.fullmatch(value) else None
    if scheme == "elife":
        return Identifier("doi", f"10.7554/elife.{value.zfill(5)}")
    normalized = normalize(scheme, value)
    return Identifier(SCHEME_NAMES[scheme], normalized) if normalized else None


def _add_doi(text: str, start: int, after: int, found: list[Found]) -> int:
    """Append the DOI at `start` (and its arXiv twin) and return where to go on looking."""
    stop = re.compile(r"\s").search(text, after)
    end = stop.start() if stop else len(text)
    sici = DOI_SICI.match(text, start)
    raw = text[start : max(end, sici.end() if sici else 0)][:2048]
    in_url = is_in_url(text, start)
    if "&" in raw or "%" in raw or ODD.search(raw):  # offsets of decoded text are lost: the span is the raw run
        cut = URL_END.search(raw) if in_url and not ENTITY.search(raw) else None
        raw = raw[: cut.start()] if cut else raw
        decoded = unspell(raw)
        doi = doi_at(decoded, 0, in_url=in_url) if DOI_START.match(decoded) else None
        if doi is None:
            return after
        kept = doi[1] if decoded[: doi[1]] == raw[: doi[1]] else len(raw.rstrip(DOI_STRIP + ")]}>"))
        end = start + kept
    else:
        doi = doi_at(raw, 0, in_url=in_url)
        if doi is None:
            return after
        end = start + doi[1]
    value = doi[0]
    found.append(Found(Identifier("doi", value), start, end, text[start:end]))
    arxiv = ARXIV_DOI.fullmatch(value)
    if arxiv and (normalized := normalize_arxiv(arxiv.group(1))):
        found.append(Found(Identifier("arxiv", normalized), start, end, text[start:end]))
    return max(end, after)


_WHOLE: tuple[tuple[Scheme, re.Pattern[str]], ...] = (
    ("arxiv", re.compile(rf".*arxiv.*|{ARXIV}(?:v\d+)?", re.IGNORECASE)),
    ("pmcid", re.compile(r"pmc(?:id)?\s*:?\s*(?:pmc)?\d+(?:\.\d+)?|.*ncbi\.nlm\.nih\.gov/(?:pmc/)?articles/.*", re.I)),
    ("pmid", re.compile(r"(?:pmid|pubmed|medline)\s*:?\s*\d+|.*(?:pubmed|/med/).*", re.IGNORECASE)),
    ("openalex", re.compile(r"(?:.*openalex.*|w\d{5,12})", re.IGNORECASE)),
    ("acl", re.compile(rf"(?:.*acl(?:anthology|web)\.|acl:).*|{ACL_OLD}|{ACL_NEW}", re.IGNORECASE)),
)


def identify(text: str) -> Identifier | None:
    """Return the article that a whole string names (a DOI, an address, "PMID: 1", "arXiv:1501.00001v2"), or None.

    A bare number names nothing. An arXiv DOI is given as its arXiv identifier.
    """
    text = plain(text)
    for scheme, pattern in _WHOLE:
        if pattern.fullmatch(text) and (value := normalize(scheme, text)):
            return Identifier(scheme, value)
    doi = normalize_doi(text)
    if doi:
        arxiv = ARXIV_DOI.fullmatch(doi)
        value = normalize_arxiv(arxiv.group(1)) if arxiv else None
        return Identifier("arxiv", value) if value else Identifier("doi", doi)
    found = find_identifiers(text) if not re.search(r"\s", text) else []
    return found[0].identifier if found else None
