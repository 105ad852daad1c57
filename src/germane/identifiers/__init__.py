"""Identifiers: read any spelling, write one.

Every `normalize_*` takes text that is meant to be one identifier of that scheme and returns the one spelling that we
keep, or None when it is none; `find_identifiers` looks for identifiers in running text. All of them give back what
they are given when it is already normalized.
"""

from germane.identifiers.arxiv import arxiv_version, normalize_arxiv
from germane.identifiers.doi import normalize_doi
from germane.identifiers.finding import Found, find_identifiers, identify
from germane.identifiers.schemes import (
    key_of,
    normalize,
    normalize_acl,
    normalize_issn,
    normalize_nct,
    normalize_openalex,
    normalize_orcid,
    normalize_pmcid,
    normalize_pmid,
    parse_key,
    url_of,
)

__all__ = [
    "Found",
    "arxiv_version",
    "find_identifiers",
    "identify",
    "key_of",
    "normalize",
    "normalize_acl",
    "normalize_arxiv",
    "normalize_doi",
    "normalize_issn",
    "normalize_nct",
    "normalize_openalex",
    "normalize_orcid",
    "normalize_pmcid",
    "normalize_pmid",
    "parse_key",
    "url_of",
]
