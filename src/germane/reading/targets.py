"""Understand what a record's relation points at: an identifier, an address, or only words."""

from germane.identifiers import identify, key_of, normalize, normalize_nct

_SCHEMES = {
    "doi": "doi",
    "pmid": "pmid",
    "pubmed": "pmid",
    "pmcid": "pmcid",
    "pmc": "pmcid",
    "arxiv": "arxiv",
    "openalex": "openalex",
    "acl": "acl",
    "nct": "nct",
}


def find_target(text: str, id_type: str = "") -> tuple[str, str, str] | None:
    """Return (identifier, url, title) of a relation's target, one of them filled; None when there is nothing.

    `id_type` is what the source calls the identifier's kind, in any case ("DOI", "uri", "PMID").
    """
    text = text.strip()
    if not text:
        return None
    scheme = _SCHEMES.get(id_type.lower(), "")
    if scheme and (value := normalize(scheme, text)):
        return f"{scheme}:{value}", "", ""
    if found := identify(text):
        return key_of(found), "", ""
    if trial := normalize_nct(text):
        return f"nct:{trial}", "", ""
    if text.startswith(("http://", "https://")) and not any(c.isspace() for c in text):
        return "", text, ""
    return "", "", text
