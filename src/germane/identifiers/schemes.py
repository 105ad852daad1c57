"""The other schemes, each by name, and the keys and addresses of all."""

import re
from collections.abc import Callable
from urllib.parse import quote

from germane.article import SCHEMES, Identifier, Scheme
from germane.identifiers.arxiv import normalize_arxiv
from germane.identifiers.doi import normalize_doi
from germane.identifiers.spelling import plain

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
ACL_OLD = r"[a-z]\d\d-\d{4}"
ACL_NEW = r"(?:19|20)\d\d\.[a-z0-9_]{1,40}-[a-z0-9_]{1,20}\.\d{1,4}"
_ACL = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:aclanthology\.org/|aclanthology\.info/papers/|aclweb\.org/anthology/"
    rf"(?:papers/[a-z]/[a-z]\d\d/)?)|acl:\s*)?(?:({ACL_OLD})|({ACL_NEW}))(?:v\d+)?(?:\.pdf|\.bib)?/?",
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
    found = _PMID.fullmatch(plain(text))
    value = (found.group(1) or found.group(2)) if found else "0"
    return value if value != "0" else None


def normalize_pmcid(text: str) -> str | None:
    """Return the PubMed Central id that `text` spells, as "PMC123" without version, or None."""
    found = _PMCID.fullmatch(plain(text))
    value = (found.group(1) or found.group(2)) if found else "0"
    return f"PMC{value}" if value != "0" else None


def normalize_openalex(text: str) -> str | None:
    """Return the OpenAlex id of a work that `text` spells, as "W123", or None (authors and venues are none)."""
    found = _OPENALEX.fullmatch(plain(text))
    return f"W{found.group(1)}" if found else None


def normalize_acl(text: str) -> str | None:
    """Return the ACL Anthology id that `text` spells ("P18-1001", "2020.acl-main.1"), or None."""
    found = _ACL.fullmatch(plain(text))
    if found is None:
        return None
    old, new = found.groups()
    return old.upper() if old else new.lower()


def normalize_orcid(text: str) -> str | None:
    """Return the ORCID iD that `text` spells, bare and with hyphens, or None (also when its check digit is wrong)."""
    found = _ORCID.fullmatch(plain(text))
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
    found = _ISSN.fullmatch(plain(text))
    if found is None:
        return None
    digits = "".join(found.groups()).upper()
    total = sum(weight * int(digit) for weight, digit in zip(range(8, 1, -1), digits[:7], strict=True))
    return f"{digits[:4]}-{digits[4:]}" if digits[-1] == "0123456789X"[-total % 11] else None


def normalize_nct(text: str) -> str | None:
    """Return the ClinicalTrials.gov id that `text` spells, as "NCT01234567", or None."""
    found = _NCT.fullmatch(plain(text))
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


SCHEME_NAMES: dict[str, Scheme] = {scheme: scheme for scheme in SCHEMES}
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
    scheme = SCHEME_NAMES.get(name)
    return Identifier(scheme, value) if scheme and value and normalize(scheme, value) == value else None


def url_of(scheme: str, value: str) -> str:
    """Return the public address of a normalized value.

    Raises KeyError when the scheme has none.
    """
    return _URLS[scheme] + quote(value, safe="/:;().-_~")
