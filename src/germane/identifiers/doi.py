"""DOIs in every spelling: in addresses, encoded once or twice, in prose, in Markdown, with versions and formats."""

import re
from html import unescape
from urllib.parse import unquote

from germane.identifiers.arxiv import normalize_arxiv
from germane.identifiers.spelling import LOOKALIKES, ODD

DOI_START = re.compile(r"(?<![\d.])10\.\d{4,9}(?:\.\d+)*/(?=\S)")
# Most DOIs, as most sources write them: nothing else can be wrong with these.
_DOI_PLAIN = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/[A-Za-z0-9]+(?:[.\-][A-Za-z0-9]+)*)")
# SICI (ANSI/NISO Z39.56) and its relatives of AMS, ESA, BioOne: the only DOIs with "<…>", some with "#" or spaces.
DOI_SICI = re.compile(
    r"10\.\d{4,9}/(?:\(sici\))?\d{4}-\d{3}[\dx]\(\d{4,8}[^()\s]{0,9}\)[^<\[\s]{1,30}"
    r"(?:<[^>]{1,20}>|\[[^\]]{1,20}\])\s?\d\s?\.\s?\d\s?\.\s?[a-z]{2}\s?;\s?2(?:-[\da-z#])?",
    re.IGNORECASE,
)
_DOI_TAIL = re.compile(
    r"(?:/(?:full(?:/html|text)?|fulltext|e?pdf|pdfdirect|abstract|html|meta|references|summary|download)"
    r"|\.(?:full(?:-text|\.pdf)?(?:\+html)?|abstract|short|pdf|supplementary-material|article-info))$"
)
DOI_STRIP = ".,;:'\"!?*`~|\\^…’‘”“»«·。，、；：！？"
_DOI_CUT = re.compile(r"[\s\"`{|\\^“”«»<>]|\*\*|&[a-z_]+=|'(?=[\s>)\]]|$)|\.?(?:pmid|pmcid):|\(?https?:")
URL_END = re.compile(r"[#?&]")
_PREPRINT_VERSION = re.compile(r"(10\.(?:1101|64898)/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8})v\d+\b.*")  # bioRxiv, medRxiv
ARXIV_DOI = re.compile(r"10\.(?:48550|65215)/arxiv\.(.+)")
_SPACES_IN_SICI = re.compile(r"\s+")
ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+\d*);", re.IGNORECASE)
_PERCENT = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_CLOSERS = {")": "(", "]": "["}


def normalize_doi(text: str) -> str | None:
    """Return the DOI that `text` spells, in lower case and without resolver, or None.

    Reads URLs of any host, `doi:`, HTML- and percent-encoding (repeated), full-width and invisible characters; drops
    trailing punctuation, Markdown, unbalanced brackets, `/full`, `/pdf` and the like, and bioRxiv's and arXiv's `vN`.
    """
    plain = _DOI_PLAIN.fullmatch(text)
    if plain and not _has_tail(doi := plain.group(1).lower()):
        return doi
    text = unspell(text)
    start = DOI_START.search(text)
    if start is None:
        return None
    if start.start() and not _may_precede(text[: start.start()]):
        return None
    found = doi_at(text, start.start(), in_url=is_in_url(text, start.start()))
    return found[0] if found else None


def _has_tail(doi: str) -> bool:
    """Tell whether a plain DOI may end in something that is no part of it."""
    return doi.startswith(("10.1101/", "10.64898/", "10.48550/", "10.65215/")) or _DOI_TAIL.search(doi) is not None


def unspell(text: str) -> str:
    """Undo full-width, invisible, HTML- and percent-encoded spellings until nothing is left to undo."""
    if ODD.search(text):
        text = text.translate(LOOKALIKES)
    while "&" in text and ENTITY.search(text):
        before, text = text, unescape(text)
        if text == before:
            break
    if "%" in text:
        text = _unquote_doi(text)
    return text.translate(LOOKALIKES) if ODD.search(text) else text


def _unquote_doi(text: str) -> str:
    """Undo percent-encoding; in a URL first cut the query and the fragment that follow the DOI's path."""
    start = re.search(r"10\.\d{4,9}(?:\.\d+)*(?:/|%(?:25)*2f)", text, re.IGNORECASE)
    if start and is_in_url(text, start.start()):
        end = URL_END.search(text, start.end())
        text = text[: end.start()] if end else text
    while _PERCENT.search(text):
        before, text = text, unquote(text, errors="replace")
        if text == before:
            break
    return text


def _may_precede(head: str) -> bool:
    """Tell whether `head`, before a DOI, is only its label or the start of a URL, not somebody's prose."""
    if "doi" in head.lower() or "//" in head or "www." in head:
        return len(head.split()) <= 2
    return not head.strip().strip("([{<*_\"'`“‘:=/")


def is_in_url(text: str, start: int) -> bool:
    """Tell whether what begins at `start` stands in an address."""
    begin = max(text.rfind(char, 0, start) for char in " \n\t\"'<(") + 1
    head = text[begin:start].lower()
    return "//" in head or head.startswith(("www.", "doi.org/", "dx.doi.org/"))


def doi_at(text: str, start: int, *, in_url: bool) -> tuple[str, int] | None:
    """Return the DOI that starts at `start` of (decoded) text, with where it ends there."""
    sici = DOI_SICI.match(text, start)
    if sici:
        return _SPACES_IN_SICI.sub("", sici.group()).lower(), sici.end()
    candidate = text[start : start + 2048].lower()
    cut = _DOI_CUT.search(candidate)
    if cut:
        candidate = candidate[: cut.start()]
    if in_url and (end := URL_END.search(candidate)):
        candidate = candidate[: end.start()]
    candidate = _trim_doi(candidate)
    prefix, _, suffix = candidate.partition("/")
    if not any(char.isalnum() for char in suffix):
        return None
    end_in_text = start + len(candidate)
    if prefix in ("10.1101", "10.64898"):
        candidate = _PREPRINT_VERSION.sub(r"\1", candidate)
    elif arxiv := ARXIV_DOI.fullmatch(candidate):
        value = normalize_arxiv(arxiv.group(1))
        candidate = f"{prefix}/arxiv.{value.lower()}" if value else candidate
    return candidate, end_in_text


def _trim_doi(doi: str) -> str:
    """Strip what follows a DOI in text: punctuation, closing brackets that it does not open, tails of addresses."""
    depth = {"(": 0, "[": 0}
    for position, char in enumerate(doi):
        if char in depth:
            depth[char] += 1
        elif char in _CLOSERS:
            depth[_CLOSERS[char]] -= 1
            if depth[_CLOSERS[char]] < 0:
                doi = doi[:position]
                break
    while True:
        before = doi
        doi = doi.rstrip(DOI_STRIP)
        if doi.endswith(("(", "[", "{", "}", "<", ">")):
            doi = doi[:-1]
        doi = _DOI_TAIL.sub("", doi).rstrip("/")
        if doi == before:
            return doi
