"""Crossref's JSON lines, with reference lists by DOI and abstracts as JATS. The mark is the publisher."""

from typing import Any

import msgspec

from germane.synth import MARK
from germane.synth.article import Article, Cited

ENDING = ".jsonl.gz"
HEADER = FOOTER = ""

_LICENSE = "http://creativecommons.org/licenses/by/4.0/"
_encode = msgspec.json.Encoder().encode


def render(article: Article) -> bytes:
    """Return the article's work, one line. It must have a DOI."""
    venue = article.venue
    day = [int(part) for part in article.date.split("-")]
    stamp = f"{article.revised_on or article.date}T00:00:00Z"
    work: dict[str, Any] = {
        "DOI": article.doi,
        "type": "proceedings-article" if venue.is_conference else "journal-article",
        "title": [article.original_title or article.title],
        "container-title": [venue.name],
        "short-container-title": [venue.short],
        "publisher": MARK,
        "prefix": "10.5555",
        "member": "0",
        "ISSN": [venue.issn],
        "author": [
            {
                "given": author.given,
                "family": author.family,
                "sequence": "additional" if place else "first",
                "affiliation": [{"name": author.affiliation}] if author.affiliation else [],
                **({"ORCID": f"http://orcid.org/{author.orcid}"} if author.orcid else {}),
            }
            for place, author in enumerate(article.authors)
        ],
        "issued": {"date-parts": [day]},
        "volume": str(article.volume),
        "issue": str(article.issue),
        "page": f"{article.page}-{article.page + 9}",
        "language": article.language,
        "URL": f"https://doi.org/{article.doi}",
        "is-referenced-by-count": article.n_cited_by,
        "reference-count": len(article.references),
        "indexed": {"date-time": stamp},
    }
    if article.original_title:
        work["original-title"] = [article.original_title]
    if article.sentences:
        text = article.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        work["abstract"] = f"<jats:p>{text}</jats:p>"
    if article.is_open:
        work["license"] = [{"URL": _LICENSE, "content-version": "vor", "start": {"date-parts": [day]}}]
    if article.references:
        work["reference"] = msgspec.Raw(f"[{','.join(map(_reference, range(1, 200), article.references))}]".encode())
    if article.is_retracted:
        notice = {"DOI": f"{article.doi}.retraction", "type": "retraction", "updated": {"date-time": stamp}}
        work["updated-by"] = [notice]
    return _encode(work) + b"\n"


def _reference(place: int, cited: Cited) -> str:
    """Return one reference as JSON; there are so many that an object for each would take long."""
    number, doi, pmid = cited
    if doi:
        return f'{{"key":"ref{place}","DOI":"{doi}","doi-asserted-by":"publisher"}}'
    told = f"PMID: {pmid}" if pmid else f"Preprint {number}"
    return f'{{"key":"ref{place}","unstructured":"Synthetic reference. {told}."}}'
