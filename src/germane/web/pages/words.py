"""Small things in plain English: dates, counts, names of types, licences, notices and languages."""

import re
from html import unescape
from typing import cast

from germane.article import ArticleType, NoticeKind, Scheme

_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
TYPE_NAMES: dict[ArticleType, str] = {
    "article": "Journal article",
    "conference-paper": "Conference paper",
    "preprint": "Preprint",
    "review": "Review article",
    "systematic-review": "Systematic review",
    "clinical-trial": "Clinical trial",
    "case-report": "Case report",
    "book": "Book",
    "chapter": "Book chapter",
    "thesis": "Thesis",
    "report": "Report",
    "dataset": "Data set",
    "software": "Software",
    "peer-review": "Peer review",
    "editorial": "Editorial",
    "letter": "Letter",
    "correction": "Correction",
    "retraction": "Retraction notice",
    "other": "",
}
NOTICE_NAMES: dict[NoticeKind, str] = {
    "retraction": "Retracted",
    "concern": "Expression of concern",
    "correction": "Corrected",
    "reinstatement": "Reinstated",
}
IDENTIFIER_NAMES: dict[Scheme, str] = {
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "arxiv": "arXiv",
    "openalex": "OpenAlex",
    "acl": "ACL Anthology",
}
_SPEAKERS = frozenset({"the operator", "the publisher", "the venue"})  # who declare, where others are declared in
_SOURCE_NAMES = {
    "acl": "the ACL Anthology",
    "arxiv": "arXiv",
    "bibtex": "an imported BibTeX file",
    "biorxiv": "bioRxiv",
    "crossref": "Crossref",
    "csl": "an imported CSL-JSON file",
    "datacite": "DataCite",
    "elife": "eLife",
    "europepmc": "Europe PMC",
    "germane": "an imported file",
    "jats": "the article’s own XML",
    "medline": "MEDLINE",
    "nbib": "MEDLINE",
    "openalex": "OpenAlex",
    "pubmed": "PubMed",
    "ris": "an imported RIS file",
    "rogue-scholar": "Rogue Scholar",
    "sample": "the sample corpus",
    "wikidata": "Wikidata",
}
_ANNOTATION = re.compile(r"<annotation\b.*?</annotation>", re.DOTALL)
_BLOCK = re.compile(r"</?(?:p|li|ul|ol|br|h4)\b[^>]*>?")
_TAG = re.compile(r"<[^>]*>?")
_LICENSES = {
    "cc0": "CC0",
    "cc-zero": "CC0",
    "pd": "public domain",
    "public-domain": "public domain",
}
# Languages that are written from right to left, for the labels that stand next to such text.
RTL = frozenset({"ar", "arc", "dv", "fa", "he", "ckb", "ps", "sd", "ug", "ur", "yi"})


def date_words(date: str) -> str:
    """Return an ISO date, perhaps cut short, in words: "14 March 2021", "March 2021", "2021"; others as they are."""
    year, month, day = [*date[:10].split("-"), "", ""][:3]
    if not (year.isdigit() and len(year) == 4):
        return date
    if not (month.isdigit() and 1 <= int(month) <= 12):
        return year
    name = _MONTHS[int(month) - 1]
    return f"{int(day)} {name} {year}" if day.isdigit() and int(day) else f"{name} {year}"


def date_short(date: str) -> str:
    """Return an ISO date in few letters: "14 Mar 2021"."""
    words = date_words(date).split()
    return " ".join(word[:3] if word in _MONTHS else word for word in words)


def count(number: int) -> str:
    """Return a number with commas."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: "1 item", "1,204 items"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
            ("Linux", "Linux"))  # fmt: skip


def browser_name(user_agent: str) -> str:
    """Return what a browser says of itself as people know it: "Firefox on Linux"."""
    name = next((name for mark, name in _BROWSERS if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{name} on {system}" if system else name


def license_name(name: str) -> str:
    """Return a licence's short name as people write it: "CC BY 4.0"."""
    key = name.lower().strip()
    if key in _LICENSES:
        return _LICENSES[key]
    if key.startswith("cc-"):
        words = key.split("-")
        number = words.pop() if words[-1][:1].isdigit() else ""
        return f"CC {'-'.join(words[1:]).upper()} {number}".strip()
    return name


def source_name(name: str) -> str:
    """Return a source as a sentence names it."""
    return _SOURCE_NAMES.get(name.lower(), name)


def declared_words(source: str) -> str:
    """Return where or by whom something was declared: "in PubMed", "by the publisher"."""
    name = source_name(source)
    return f"by {name}" if name in _SPEAKERS else f"in {name}"


def identifier_name(key: str) -> str:
    """Return an identifier key as people write it: "arXiv 1902.07694"; what is none as it is."""
    scheme, colon, value = key.partition(":")
    name = IDENTIFIER_NAMES.get(cast("Scheme", scheme))
    return f"{name} {value}" if name and colon else key


def language_tag(code: str) -> str:
    """Return a language code fit for `lang`, or "" when it is none."""
    return code if 2 <= len(code) <= 8 and code.isascii() and code.replace("-", "").isalpha() else ""


def teaser(markup: str, limit: int = 260) -> str:
    """Return the first words of clean markup as plain text. Only as much of it as is needed is looked at."""
    text = " ".join(unescape(_TAG.sub("", _BLOCK.sub(" ", _ANNOTATION.sub("", markup[: limit * 8])))).split())
    if len(text) <= limit:
        return text
    return f"{text[:limit].rpartition(' ')[0] or text[:limit]}…"
