"""Recognize a licence, whatever way a source writes it, and give it its short name."""

import re

_CC = re.compile(
    r"(?:creativecommons\.org/licen[sc]es/|\bcc[\s_:-]*|creative\s?commons[\s,:-]*)"
    r"(?P<terms>by(?:[\s_/-]*(?:nc|nd|sa))*)(?![a-z])[\s_/-]*(?:v\.?)?(?P<version>[1-4]\.\d)?",
    re.IGNORECASE,
)
_CC0 = re.compile(r"creativecommons\.org/publicdomain/zero|\bcc[\s_-]?0\b|\bcc[\s_-]?zero\b", re.IGNORECASE)
_PUBLIC_DOMAIN = re.compile(r"creativecommons\.org/publicdomain/mark|^(?:public[\s_-]?domain|pd)$", re.IGNORECASE)
_WORDS = (
    (re.compile(r"attribution", re.IGNORECASE), "by"),
    (re.compile(r"non-?\s?commercial", re.IGNORECASE), "nc"),
    (re.compile(r"share-?\s?alike", re.IGNORECASE), "sa"),
    (re.compile(r"no-?\s?deriv\w*", re.IGNORECASE), "nd"),
)
_WORDS_VERSION = re.compile(r"\b([1-4]\.\d)\b")
_TERMS = ("by", "nc", "nd", "sa")


def license_name(text: str) -> str:
    """Return the licence's short name ("cc-by-4.0", "cc0", "public-domain"), else the text itself, trimmed."""
    text = text.strip()
    if not text:
        return ""
    if _CC0.search(text):
        return "cc0"
    if match := _CC.search(text):
        return _cc(re.findall("by|nc|nd|sa", match["terms"].lower()), match["version"] or "")
    if _PUBLIC_DOMAIN.search(text):
        return "public-domain"
    lowered = text.lower()
    if "creative commons" in lowered and (terms := [term for pattern, term in _WORDS if pattern.search(text)]):
        version = _WORDS_VERSION.search(text)
        return _cc(terms, version[1] if version else "")
    return text


def is_open_license(name: str) -> bool:
    """Tell whether a short name is one that lets everyone read and share."""
    return name.startswith("cc") or name == "public-domain"


def _cc(terms: list[str], version: str) -> str:
    short = "cc-" + "-".join(term for term in _TERMS if term in terms)
    return f"{short}-{version}" if version else short
