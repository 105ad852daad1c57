"""What PubMed's XML and MEDLINE's text say in the same words: types, ties, data banks, pages, dates."""

import re
from functools import lru_cache

from germane.article import ArticleType, NoticeKind, RelationKind
from germane.reading.dates import date_from_text, iso_date

# Publication types (NLM's MeSH "V" tree) → ours; the first that applies wins, so the telling ones come first.
_TYPES: tuple[tuple[str, ArticleType], ...] = (
    ("retraction of publication", "retraction"),
    ("retraction notice", "retraction"),
    ("published erratum", "correction"),
    ("expression of concern", "other"),
    ("preprint", "preprint"),
    ("editorial", "editorial"),
    ("systematic review", "systematic-review"),
    ("case reports", "case-report"),
    ("clinical trial protocol", "article"),
    ("clinical trial", "clinical-trial"),
    ("randomized controlled trial", "clinical-trial"),
    ("controlled clinical trial", "clinical-trial"),
    ("pragmatic clinical trial", "clinical-trial"),
    ("adaptive clinical trial", "clinical-trial"),
    ("equivalence trial", "clinical-trial"),
    ("clinical trial, phase i", "clinical-trial"),
    ("clinical trial, phase ii", "clinical-trial"),
    ("clinical trial, phase iii", "clinical-trial"),
    ("clinical trial, phase iv", "clinical-trial"),
    ("meta-analysis", "review"),
    ("scoping review", "review"),
    ("review", "review"),
    ("letter", "letter"),
    ("dataset", "dataset"),
    ("academic dissertation", "thesis"),
    ("technical report", "report"),
    ("congress", "conference-paper"),
    ("congresses", "conference-paper"),
    ("journal article", "article"),
    ("comment", "letter"),
)
_NOT_ARTICLES = frozenset({"news", "newspaper article", "biography", "portrait", "interview", "address", "lecture"})

# RefType of PubMed's XML → what it says of this article. MEDLINE's tags are given their RefType by `nbib`.
NOTICES: dict[str, tuple[NoticeKind, str]] = {
    "RetractionIn": ("retraction", ""),
    "PartialRetractionIn": ("correction", "partial retraction"),
    "ExpressionOfConcernIn": ("concern", ""),
    "ErratumIn": ("correction", ""),
    "CorrectedandRepublishedIn": ("correction", "corrected and republished"),
    "ReinstatementIn": ("reinstatement", ""),
}
RELATIONS: dict[str, tuple[RelationKind, str]] = {
    "ErratumIn": ("has-correction", ""),
    "ErratumFor": ("is-correction-of", ""),
    "CorrectedandRepublishedIn": ("has-correction", ""),
    "CorrectedandRepublishedFrom": ("is-correction-of", ""),
    "RetractionOf": ("related", "Retracts: "),
    "PartialRetractionOf": ("related", "Retracts in part: "),
    "ExpressionOfConcernFor": ("related", "Expresses concern about: "),
    "CommentIn": ("has-comment", ""),
    "CommentOn": ("is-comment-on", ""),
    "UpdateIn": ("is-version-of", ""),
    "UpdateOf": ("is-version-of", ""),
    "RepublishedIn": ("is-version-of", ""),
    "RepublishedFrom": ("is-version-of", ""),
    "ReprintIn": ("is-version-of", ""),
    "ReprintOf": ("is-version-of", ""),
    "AssociatedDataset": ("has-dataset", ""),
    "AssociatedPublication": ("related", ""),
    "SummaryForPatientsIn": ("related", "Summary for patients: "),
    "OriginalReportIn": ("related", "Original report: "),
    "Cites": ("references", ""),
}
_PREPRINT_SERVERS = re.compile(
    r"^(?:bioRxiv|medRxiv|arXiv|Res(?:earch)? Sq|ChemRxiv|SSRN|PsyArXiv|Preprints?\b|F1000Res|OSF Prepr)", re.IGNORECASE
)

_TRIAL_REGISTERS = re.compile(
    r"(?:clinical ?trials(?:\.gov)?|isrctn|eudract|eu-?ctr|ctis|anzctr|chictr|ctri|drks|jprn|umin[- ]?ctr|irct|ntr|"
    r"rebec|rpcec|pactr|slctr|tctr|cris|repec|per|lbctr|itmctr)\b"
)
# Where an accession's page certainly is. The DOI of a repository is its own address.
_DATA_BANKS = {
    "geo": "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc={}",
    "genbank": "https://www.ncbi.nlm.nih.gov/nuccore/{}",
    "refseq": "https://www.ncbi.nlm.nih.gov/nuccore/{}",
    "bioproject": "https://www.ncbi.nlm.nih.gov/bioproject/{}",
    "biosample": "https://www.ncbi.nlm.nih.gov/biosample/{}",
    "pdb": "https://www.rcsb.org/structure/{}",
    "isrctn": "https://www.isrctn.com/{}",
}


def article_type(types: list[str]) -> ArticleType:
    """Return the article type that a record's publication types amount to."""
    given = {name.lower() for name in types}
    for name, kind in _TYPES:
        if name in given:
            return "other" if kind == "article" and given & _NOT_ARTICLES else kind
    return "other"


def relation_kind(reference_type: str, source: str, *, is_preprint: bool) -> RelationKind:
    """Return the relation for a RefType; an update of or into a preprint is a relation between versions."""
    kind = RELATIONS[reference_type][0]
    if kind == "is-version-of" and reference_type.startswith("Update"):
        if is_preprint and reference_type == "UpdateIn" and not _PREPRINT_SERVERS.match(source):
            return "is-preprint-of"
        if not is_preprint and reference_type == "UpdateOf" and _PREPRINT_SERVERS.match(source):
            return "has-preprint"
    return kind


def data_bank(name: str, accession: str) -> tuple[RelationKind, str]:
    """Return what an accession in a data bank is to the article, and the address of its page, "" when not certain."""
    bank = name.strip().lower()
    if _TRIAL_REGISTERS.match(bank):
        url = _DATA_BANKS["isrctn"].format(accession) if re.fullmatch(r"ISRCTN\d{8}", accession) else ""
        return "has-trial", url
    url = _DATA_BANKS.get(bank, "").format(accession) if re.fullmatch(r"[\w.-]+", accession) else ""
    return ("related" if bank in ("omim", "pubchem-substance", "pubchem-compound") else "has-dataset"), url


def expand_pages(pages: str) -> str:
    """Return MEDLINE's abbreviated page range in full: "445-52" is "445-452"."""
    pages = pages.strip()
    first, dash, last = pages.partition("-")
    if dash and first.isdecimal() and last.isdecimal() and len(last) < len(first):
        return f"{first}-{first[: len(first) - len(last)]}{last}"
    return pages


_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_AFTER_YEAR = re.compile(r"[\s/]+([A-Za-z]{3,}|\d{1,2})\b\.?(?:[\s/]+(\d{1,2})\b)?")


def date_of_issue(text: str) -> str:
    """Return the beginning of what MEDLINE calls a date: "1998 Dec-1999 Jan" is "1998-12", "2000 Spring" is "2000"."""
    year = _YEAR.search(text)
    if year is None:
        return ""
    rest = _AFTER_YEAR.match(text, year.end())
    month = month_number(rest[1]) if rest else 0
    return iso_date(int(year[1]), month, int(rest[2] or 0) if rest and month else 0)


@lru_cache(maxsize=256)
def month_number(text: str) -> int:
    """Return the number of a month's name, in part or in whole, or numeral; 0 when it is none."""
    word = text.strip(" .")
    if word.isdecimal():
        return int(word) if 1 <= int(word) <= 12 else 0
    date = max(date_from_text(f"{word} 2000"), date_from_text(f"{word[:3]} 2000"))
    return int(date[5:7] or 0)


def date_of_parts(year: str, month: str, day: str) -> str:
    """Return the date that a year, a month (numeral or name) and a day amount to, as far as they are known."""
    if not year.isdecimal():
        return date_of_issue(year)
    return iso_date(int(year), month_number(month) if month else 0, int(day) if day.isdecimal() else 0)


def earliest(*dates: str) -> str:
    """Return the earliest date; of two that may be the same, the more exact one."""
    return min((date for date in dates if date), key=lambda date: (date + "-99-99")[:10], default="")


def clean_title(markup: str) -> tuple[str, bool]:
    """Return a title without PubMed's closing stop, and whether its brackets said that it is a translation."""
    title = markup.strip()
    bare = title[:-1] if title.endswith("].") else title
    is_translated = bare.startswith("[") and bare.endswith("]") and "]" not in bare[1:-1]
    if is_translated:
        title = bare[1:-1].strip()
    if title.endswith(".") and not _ABBREVIATED.search(title):
        title = title[:-1]
    return title, is_translated


_ABBREVIATED = re.compile(r"(?:\.\.|\b[A-Z]\.|\b(?:etc|al|spp?|Inc|Jr|Ltd)\.)$")
