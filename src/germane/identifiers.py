"""Identifiers: read any spelling, write one.

Every `normalize_*` takes text that is meant to be one identifier of that scheme and returns the one spelling that we
keep, or None when it is none; `find_identifiers` looks for identifiers in running text. All of them give back what
they are given when it is already normalized.
"""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import quote, unquote

from msgspec import Struct

from germane.article import SCHEMES, Identifier, Scheme


class Found(Struct, frozen=True):
    """An identifier in running text: `text[start:end] == matched`."""

    identifier: Identifier
    start: int
    end: int
    matched: str


# --- DOI ----------------------------------------------------------------------------------------------------------

_DOI_START = re.compile(r"(?<![\d.])10\.\d{4,9}(?:\.\d+)*/(?=\S)")
# Most DOIs, as most sources write them: nothing else can be wrong with these.
_DOI_PLAIN = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/[A-Za-z0-9]+(?:[.\-][A-Za-z0-9]+)*)")
# SICI (ANSI/NISO Z39.56) and its relatives of AMS, ESA, BioOne: the only DOIs with "<…>", some with "#" or spaces.
_DOI_SICI = re.compile(
    r"10\.\d{4,9}/(?:\(sici\))?\d{4}-\d{3}[\dx]\(\d{4,8}[^()\s]{0,9}\)[^<\[\s]{1,30}"
    r"(?:<[^>]{1,20}>|\[[^\]]{1,20}\])\s?\d\s?\.\s?\d\s?\.\s?[a-z]{2}\s?;\s?2(?:-[\da-z#])?",
    re.IGNORECASE,
)
_DOI_TAIL = re.compile(
    r"(?:/(?:full(?:/html|text)?|fulltext|e?pdf|pdfdirect|abstract|html|meta|references|summary|download)"
    r"|\.(?:full(?:-text|\.pdf)?(?:\+html)?|abstract|short|pdf|supplementary-material|article-info))$"
)
_DOI_STRIP = ".,;:'\"!?*`~|\\^…’‘”“»«·。，、；：！？"
_DOI_CUT = re.compile(r"[\s\"`{|\\^“”«»<>]|\*\*|&[a-z_]+=|'(?=[\s>)\]]|$)|\.?(?:pmid|pmcid):|\(?https?:")
_URL_END = re.compile(r"[#?&]")
_PREPRINT_VERSION = re.compile(r"(10\.(?:1101|64898)/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8})v\d+\b.*")  # bioRxiv, medRxiv
_ARXIV_DOI = re.compile(r"10\.(?:48550|65215)/arxiv\.(.+)")
_SPACES_IN_SICI = re.compile(r"\s+")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+\d*);", re.IGNORECASE)
_PERCENT = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_CLOSERS = {")": "(", "]": "["}

# Full-width ASCII to ASCII; every hyphen to "-"; what cannot be seen to nothing.
_LOOKALIKES: dict[int, str | None] = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_LOOKALIKES |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0xFE63), "-")
_LOOKALIKES |= dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF))
_LOOKALIKES |= dict.fromkeys((*range(9), *range(14, 32), 0x7F))
_ODD = re.compile(r"[^\t\n\r -~]")


def normalize_doi(text: str) -> str | None:
    """Return the DOI that `text` spells, in lower case and without resolver, or None.

    Reads URLs of any host, `doi:`, HTML- and percent-encoding (repeated), full-width and invisible characters; drops
    trailing punctuation, Markdown, unbalanced brackets, `/full`, `/pdf` and the like, and bioRxiv's and arXiv's `vN`.
    """
    plain = _DOI_PLAIN.fullmatch(text)
    if plain and not _has_tail(doi := plain.group(1).lower()):
        return doi
    text = _unspell(text)
    start = _DOI_START.search(text)
    if start is None:
        return None
    if start.start() and not _may_precede(text[: start.start()]):
        return None
    found = _doi_at(text, start.start(), in_url=_in_url(text, start.start()))
    return found[0] if found else None


def _has_tail(doi: str) -> bool:
    """Tell whether a plain DOI may end in something that is no part of it."""
    return doi.startswith(("10.1101/", "10.64898/", "10.48550/", "10.65215/")) or _DOI_TAIL.search(doi) is not None


def _unspell(text: str) -> str:
    """Undo full-width, invisible, HTML- and percent-encoded spellings until nothing is left to undo."""
    if _ODD.search(text):
        text = text.translate(_LOOKALIKES)
    while "&" in text and _ENTITY.search(text):
        before, text = text, unescape(text)
        if text == before:
            break
    if "%" in text:
        text = _unquote_doi(text)
    return text.translate(_LOOKALIKES) if _ODD.search(text) else text


def _unquote_doi(text: str) -> str:
    """Undo percent-encoding; in a URL first cut the query and the fragment that follow the DOI's path."""
    start = re.search(r"10\.\d{4,9}(?:\.\d+)*(?:/|%(?:25)*2f)", text, re.IGNORECASE)
    if start and _in_url(text, start.start()):
        end = _URL_END.search(text, start.end())
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


def _in_url(text: str, start: int) -> bool:
    begin = max(text.rfind(char, 0, start) for char in " \n\t\"'<(") + 1
    head = text[begin:start].lower()
    return "//" in head or head.startswith(("www.", "doi.org/", "dx.doi.org/"))


def _doi_at(text: str, start: int, *, in_url: bool) -> tuple[str, int] | None:
    """Return the DOI that starts at `start` of (decoded) text, with where it ends there."""
    sici = _DOI_SICI.match(text, start)
    if sici:
        return _SPACES_IN_SICI.sub("", sici.group()).lower(), sici.end()
    candidate = text[start : start + 2048].lower()
    cut = _DOI_CUT.search(candidate)
    if cut:
        candidate = candidate[: cut.start()]
    if in_url and (end := _URL_END.search(candidate)):
        candidate = candidate[: end.start()]
    candidate = _trim_doi(candidate)
    prefix, _, suffix = candidate.partition("/")
    if not any(char.isalnum() for char in suffix):
        return None
    end_in_text = start + len(candidate)
    if prefix in ("10.1101", "10.64898"):
        candidate = _PREPRINT_VERSION.sub(r"\1", candidate)
    elif arxiv := _ARXIV_DOI.fullmatch(candidate):
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
        doi = doi.rstrip(_DOI_STRIP)
        if doi.endswith(("(", "[", "{", "}", "<", ">")):
            doi = doi[:-1]
        doi = _DOI_TAIL.sub("", doi).rstrip("/")
        if doi == before:
            return doi


# --- the other schemes --------------------------------------------------------------------------------------------

_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|cond-mat|cs|dg-ga"
    "|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math-ph|math|mtrl-th|nlin|nucl-ex|nucl-th|patt-sol|physics|plasm-ph"
    "|q-alg|q-bio|quant-ph|solv-int|supr-con"
)
# https://info.arxiv.org/help/arxiv_identifier.html: four digits after the dot to 1412, five from 1501.
_ARXIV = rf"(?:(?:{_ARCHIVES})(?:\.[a-z]{{2,4}}(?:-[a-z]{{2,4}})?)?/\d{{7}}|(?:\d{{4}}\.\d{{4,5}}))(?!\d)"
_ARXIV_WHOLE = re.compile(
    r"(?:https?://)?(?:(?:[a-z]+\.)*arxiv\.org/[a-z-]+/|(?:doi:\s*|(?:dx\.)?doi\.org/)?10\.(?:48550|65215)/)?"
    rf"(?:arxiv\s*[:.]\s*|arxiv\s+)?({_ARXIV})(?:v(\d{{1,3}}))?(?:\.pdf)?(?:\s*\[[a-z.\-]+\])?",
    re.IGNORECASE,
)
_ARXIV_FLOAT = re.compile(r"(\d{3,4})\.(\d+)")


def normalize_arxiv(text: str) -> str | None:
    """Return the arXiv identifier that `text` spells, without version and subject class, or None.

    Repairs what a spreadsheet did only where one identifier can have been meant: a month whose leading zero is gone
    ("704.029": only a number loses it, and a number loses closing zeros, so 0704.0290) and the noise of floating point
    ("1501.0009599999998" is 1501.00096 to within 1e-12). "1204.029" may as well be cut short: None.
    """
    text = _plain(text)
    whole = _ARXIV_WHOLE.fullmatch(text)
    if whole:
        return _check_arxiv(whole.group(1))
    broken = _ARXIV_FLOAT.fullmatch(text)
    return _repair_arxiv(broken.group(1), broken.group(2)) if broken else None


def _check_arxiv(value: str) -> str | None:
    value = value.lower()
    if "/" in value:
        archive, _, number = value.partition("/")
        return f"{archive.partition('.')[0]}/{number}" if _is_month(number[:4], old=True) else None
    month, _, number = value.partition(".")
    return value if _is_month(month) and len(number) == _n_digits(month) else None


def _is_month(yymm: str, *, old: bool = False) -> bool:
    if not "01" <= yymm[2:] <= "12":
        return False
    return (yymm >= "9107" or yymm <= "0703") if old else "0704" <= yymm < "9107"


def _n_digits(yymm: str) -> int:
    return 4 if yymm <= "1412" else 5


def _repair_arxiv(month: str, fraction: str) -> str | None:
    lost_zero = len(month) == 3
    month = month.zfill(4)
    if not _is_month(month):
        return None
    n_digits = _n_digits(month)
    if len(fraction) > 8:
        number = round(float(f"0.{fraction}"), n_digits)
        near = abs(number - float(f"0.{fraction}")) < 1e-9 and number < 1
        return f"{month}.{number:.{n_digits}f}".replace(".0.", ".") if near else None
    return f"{month}.{fraction:0<{n_digits}}" if lost_zero and len(fraction) <= n_digits else None


def arxiv_version(text: str) -> int | None:
    """Return the version that an arXiv identifier or address names ("1501.00001v2" → 2), or None."""
    whole = _ARXIV_WHOLE.fullmatch(_plain(text))
    return int(whole.group(2)) if whole and whole.group(2) else None


def _plain(text: str) -> str:
    return text.translate(_LOOKALIKES).strip() if _ODD.search(text) else text.strip()


_PMID = re.compile(
    r"(?:pmid|medline|pubmed)?\s*:?\s*0*(\d{1,8})(?:\.0|v\d)?(?:\s*\[pmid\])?"
    r"|(?:https?://)?(?:www\.)?(?:(?:m\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/(?:m/)?pubmed)/"
    r"(?:\?term=)?|europepmc\.org/(?:abstract|article)/med/|(?:identifiers\.org/)pubmed[:/])0*(\d{1,8})(?:\D.*)?",
    re.IGNORECASE,
)
_PMCID = re.compile(
    r"(?:pmcid|pmc)?\s*:?\s*(?:pmc)?\s*0*(\d{1,9})(?:\.\d+)?(?:\s*\[pmcid\])?"
    r"|(?:https?://)?(?:www\.)?(?:(?:pmc\.)?ncbi\.nlm\.nih\.gov/(?:pmc/)?articles/|europepmc\.org/"
    r"(?:articles?|abstract)/(?:pmc/)?)(?:pmc)?0*(\d{1,9})(?:\D.*)?",
    re.IGNORECASE,
)
_OPENALEX = re.compile(
    r"(?:(?:https?://)?(?:api\.|explore\.)?openalex\.org/(?:works/)?|openalex:\s*)?w(\d{1,12})(?:[/?#].*)?",
    re.IGNORECASE,
)
_ACL_OLD = r"[a-z]\d\d-\d{4}"
_ACL_NEW = r"(?:19|20)\d\d\.[a-z0-9_]{1,40}-[a-z0-9_]{1,20}\.\d{1,4}"
_ACL = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:aclanthology\.org/|aclanthology\.info/papers/|aclweb\.org/anthology/"
    rf"(?:papers/[a-z]/[a-z]\d\d/)?)|acl:\s*)?(?:({_ACL_OLD})|({_ACL_NEW}))(?:v\d+)?(?:\.pdf|\.bib)?/?",
    re.IGNORECASE,
)
_ORCID = re.compile(
    r"(?:(?:https?://)?(?:www\.)?orcid\.org/|orcid:?\s*)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dx])/?", re.I
)
_ISSN = re.compile(
    r"(?:https?://portal\.issn\.org/resource/issn/|(?:urn:)?e?-?issn:?\s*)?(\d{4})[\s-]?(\d{3}[\dx])(?:\s*\(.*\))?",
    re.I,
)
_NCT = re.compile(
    r"(?:https?://(?:www\.)?clinicaltrials\.gov/(?:ct2/show|study|show)/|nct:)?nct[\s:#-]*0*?(\d{8})\b.*", re.I
)


def normalize_pmid(text: str) -> str | None:
    """Return the PubMed id that `text` spells, as digits without leading zeros, or None."""
    found = _PMID.fullmatch(_plain(text))
    value = (found.group(1) or found.group(2)) if found else "0"
    return value if value != "0" else None


def normalize_pmcid(text: str) -> str | None:
    """Return the PubMed Central id that `text` spells, as "PMC123" without version, or None."""
    found = _PMCID.fullmatch(_plain(text))
    value = (found.group(1) or found.group(2)) if found else "0"
    return f"PMC{value}" if value != "0" else None


def normalize_openalex(text: str) -> str | None:
    """Return the OpenAlex id of a work that `text` spells, as "W123", or None (authors and venues are none)."""
    found = _OPENALEX.fullmatch(_plain(text))
    return f"W{found.group(1)}" if found else None


def normalize_acl(text: str) -> str | None:
    """Return the ACL Anthology id that `text` spells ("P18-1001", "2020.acl-main.1"), or None."""
    found = _ACL.fullmatch(_plain(text))
    if found is None:
        return None
    old, new = found.groups()
    return old.upper() if old else new.lower()


def normalize_orcid(text: str) -> str | None:
    """Return the ORCID iD that `text` spells, bare and with hyphens, or None (also when its check digit is wrong)."""
    found = _ORCID.fullmatch(_plain(text))
    if found is None:
        return None
    digits = "".join(found.groups()).upper()
    total = 0
    for digit in digits[:-1]:  # ISO 7064 mod 11-2
        total = (total + int(digit)) * 2
    expected = "0123456789X"[(12 - total % 11) % 11]
    return "-".join((digits[:4], digits[4:8], digits[8:12], digits[12:])) if digits[-1] == expected else None


def normalize_issn(text: str) -> str | None:
    """Return the ISSN that `text` spells, as "1234-567X", or None (also when its check digit is wrong)."""
    found = _ISSN.fullmatch(_plain(text))
    if found is None:
        return None
    digits = "".join(found.groups()).upper()
    total = sum(weight * int(digit) for weight, digit in zip(range(8, 1, -1), digits[:7], strict=True))
    return f"{digits[:4]}-{digits[4:]}" if digits[-1] == "0123456789X"[-total % 11] else None


def normalize_nct(text: str) -> str | None:
    """Return the ClinicalTrials.gov id that `text` spells, as "NCT01234567", or None."""
    found = _NCT.fullmatch(_plain(text))
    return f"NCT{found.group(1)}" if found else None


_NORMALIZERS: dict[str, Callable[[str], str | None]] = {
    "doi": normalize_doi,
    "pmid": normalize_pmid,
    "pmcid": normalize_pmcid,
    "arxiv": normalize_arxiv,
    "openalex": normalize_openalex,
    "acl": normalize_acl,
    "orcid": normalize_orcid,
    "issn": normalize_issn,
    "nct": normalize_nct,
}


def normalize(scheme: str, text: str) -> str | None:
    """Return what `text` spells in the scheme of this name, or None; also None for a scheme that we do not know."""
    normalizer = _NORMALIZERS.get(scheme)
    return normalizer(text) if normalizer else None


# --- keys and addresses -------------------------------------------------------------------------------------------

_SCHEMES: dict[str, Scheme] = {scheme: scheme for scheme in SCHEMES}
_URLS = {
    "doi": "https://doi.org/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
    "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/",
    "arxiv": "https://arxiv.org/abs/",
    "openalex": "https://openalex.org/",
    "acl": "https://aclanthology.org/",
    "orcid": "https://orcid.org/",
    "issn": "https://portal.issn.org/resource/ISSN/",
    "nct": "https://clinicaltrials.gov/study/",
}


def key_of(identifier: Identifier) -> str:
    """Return the identifier as one string: "doi:10.1/x"."""
    return f"{identifier.scheme}:{identifier.value}"


def parse_key(key: str) -> Identifier | None:
    """Return the identifier that a key names; None when its scheme is no article's or its value is not normalized."""
    name, _, value = key.partition(":")
    scheme = _SCHEMES.get(name)
    return Identifier(scheme, value) if scheme and value and normalize(scheme, value) == value else None


def url_of(scheme: str, value: str) -> str:
    """Return the public address of a normalized value.

    Raises KeyError when the scheme has none.
    """
    return _URLS[scheme] + quote(value, safe="/:;().-_~")


# --- in text ------------------------------------------------------------------------------------------------------

_IN_TEXT = re.compile(
    r"(?P<doi>(?<![\d.])10\.\d{4,9}(?:\.\d+)*(?:/|%(?:25)*2f)(?=\S))"
    r"|dl\.acm\.org/citation\.cfm\?(?:[^\s\"'<>]*&)?(?:doid|id)=(?:10\.1145/)?(?P<acm>\d{5,8}\.\d{5,8})"
    r"|nature\.com/articles/(?P<nature>[a-z0-9][a-z0-9.\-]{4,40}[a-z0-9])"
    r"|elifesciences\.org/(?:articles|reviewed-preprints|content/\d+/e)/?(?P<elife>\d{5,6})\b"
    rf"|(?:arxiv\.org/(?:abs|pdf|html|e-print|ps|format|list)/|\barxiv(?:\s+preprint)?(?:\s+arxiv)?\s*:\s*)(?P<arxiv>{_ARXIV})"
    r"(?:v\d{1,3}\b)?(?:\.pdf)?"
    r"|(?:\bpmid\s*:?\s*|pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/|europepmc\.org/(?:abstract|article)/med/)"
    r"(?P<pmid>[1-9]\d{0,7})\b"
    r"|(?:(?<![a-z0-9])|(?<=articles/))(?P<pmcid>pmc[1-9]\d{3,8})\b"
    r"|openalex\.org/(?:works/)?(?P<openalex>w\d{3,12})\b"
    rf"|(?:aclanthology\.org/|aclanthology\.info/papers/|aclweb\.org/anthology/(?:papers/[a-z]/[a-z]\d\d/)?)"
    rf"(?P<acl>{_ACL_OLD}|{_ACL_NEW})(?!\d)(?:v\d+)?(?:\.pdf)?",
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
    return Identifier(_SCHEMES[scheme], normalized) if normalized else None


def _add_doi(text: str, start: int, after: int, found: list[Found]) -> int:
    """Append the DOI at `start` (and its arXiv twin) and return where to go on looking."""
    stop = re.compile(r"\s").search(text, after)
    end = stop.start() if stop else len(text)
    sici = _DOI_SICI.match(text, start)
    raw = text[start : max(end, sici.end() if sici else 0)][:2048]
    in_url = _in_url(text, start)
    if "&" in raw or "%" in raw or _ODD.search(raw):  # offsets of decoded text are lost: the span is the raw run
        cut = _URL_END.search(raw) if in_url and not _ENTITY.search(raw) else None
        raw = raw[: cut.start()] if cut else raw
        decoded = _unspell(raw)
        doi = _doi_at(decoded, 0, in_url=in_url) if _DOI_START.match(decoded) else None
        if doi is None:
            return after
        kept = doi[1] if decoded[: doi[1]] == raw[: doi[1]] else len(raw.rstrip(_DOI_STRIP + ")]}>"))
        end = start + kept
    else:
        doi = _doi_at(raw, 0, in_url=in_url)
        if doi is None:
            return after
        end = start + doi[1]
    value = doi[0]
    found.append(Found(Identifier("doi", value), start, end, text[start:end]))
    arxiv = _ARXIV_DOI.fullmatch(value)
    if arxiv and (normalized := normalize_arxiv(arxiv.group(1))):
        found.append(Found(Identifier("arxiv", normalized), start, end, text[start:end]))
    return max(end, after)


_WHOLE: tuple[tuple[Scheme, re.Pattern[str]], ...] = (
    ("arxiv", re.compile(rf".*arxiv.*|{_ARXIV}(?:v\d+)?", re.IGNORECASE)),
    ("pmcid", re.compile(r"pmc(?:id)?\s*:?\s*(?:pmc)?\d+(?:\.\d+)?|.*ncbi\.nlm\.nih\.gov/(?:pmc/)?articles/.*", re.I)),
    ("pmid", re.compile(r"(?:pmid|pubmed|medline)\s*:?\s*\d+|.*(?:pubmed|/med/).*", re.IGNORECASE)),
    ("openalex", re.compile(r"(?:.*openalex.*|w\d{5,12})", re.IGNORECASE)),
    ("acl", re.compile(rf"(?:.*acl(?:anthology|web)\.|acl:).*|{_ACL_OLD}|{_ACL_NEW}", re.IGNORECASE)),
)


def identify(text: str) -> Identifier | None:
    """Return the article that a whole string names (a DOI, an address, "PMID: 1", "arXiv:1501.00001v2"), or None.

    A bare number names nothing. An arXiv DOI is given as its arXiv identifier.
    """
    text = _plain(text)
    for scheme, pattern in _WHOLE:
        if pattern.fullmatch(text) and (value := normalize(scheme, text)):
            return Identifier(scheme, value)
    doi = normalize_doi(text)
    if doi:
        arxiv = _ARXIV_DOI.fullmatch(doi)
        value = normalize_arxiv(arxiv.group(1)) if arxiv else None
        return Identifier("arxiv", value) if value else Identifier("doi", doi)
    found = find_identifiers(text) if not re.search(r"\s", text) else []
    return found[0].identifier if found else None
