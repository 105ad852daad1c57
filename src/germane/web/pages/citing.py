"""An article as others cite it: CSL-JSON (other formats are written from it), one plain style, meta tags, JSON-LD.

Integrity travels: a retraction or a concern stands in the title or the note of every form.
"""

import json
from typing import Any

from germane.article import ArticleType, Author
from germane.identifiers import url_of
from germane.text import plain_text
from germane.web.catalog.rows import Line, Page
from germane.web.pages.words import NOTICE_NAMES, license_name

_CSL_TYPES: dict[ArticleType, str] = {
    "conference-paper": "paper-conference",
    "preprint": "article",
    "book": "book",
    "chapter": "chapter",
    "thesis": "thesis",
    "report": "report",
    "dataset": "dataset",
    "software": "software",
    "peer-review": "review",
    "other": "document",
}


def notice_words(line: Line) -> str:
    """Return an article's standing in words, "" when nothing was said against it."""
    return "; ".join(NOTICE_NAMES[kind] for kind in line.notices)


def marked_title(page: Page) -> str:
    """Return the plain title, which says so itself when the article is retracted."""
    title = page.line.title or "Untitled"
    if page.line.is_retracted and not title.lower().startswith("retracted"):
        return f"RETRACTED: {title}"
    return title


def csl(page: Page, address: str) -> dict[str, Any]:
    """Return the article as one CSL-JSON item (citation-style-language/schema 1.0.2)."""
    article, line = page.article, page.line
    item: dict[str, Any] = {
        "id": citation_key(page),
        "type": _CSL_TYPES.get(article.type, "article-journal"),
        "title": marked_title(page),
        "author": [_name(author) for author in article.authors],
        "container-title": article.venue.name if article.venue else "",
        "publisher": article.venue.publisher if article.venue else "",
        "ISSN": ", ".join(article.venue.issns) if article.venue else "",
        "issued": {"date-parts": [_date_parts(line.published_on)]} if line.year else None,
        "volume": article.volume,
        "issue": article.issue,
        "page": article.pages,
        "DOI": article.identifier("doi"),
        "PMID": article.identifier("pmid"),
        "PMCID": article.identifier("pmcid"),
        "URL": _url(page, address),
        "language": article.language,
        "keyword": ", ".join(phrase.phrase for phrase in page.keyphrases),
        "abstract": plain_text(page.abstract.html) if page.abstract else "",
        "note": notice_words(line),
    }
    return {name: value for name, value in item.items() if value}


def citation_key(page: Page) -> str:
    """Return a short key such as "okafor2021interscapular", of letters and digits only."""
    first = page.article.authors[0] if page.article.authors else Author("")
    family = first.family or first.name.rpartition(" ")[2]
    word = next((w for w in page.line.title.split() if len(w) > 3 and w.isalpha()), "")
    key = "".join(c for c in f"{family}{page.line.year}{word}".lower() if c.isascii() and c.isalnum())
    return key or f"article{page.line.id}"


def formatted(page: Page, address: str) -> str:
    """Return the citation in one plain style (authors. title. venue volume(issue), pages (year). address)."""
    article = page.article
    names = [_initials(author) for author in article.authors[:6]]
    if len(article.authors) > 6:
        names = [*names[:3], "et al"]
    where = article.venue.name if article.venue else ""
    if article.volume:
        where += f" {article.volume}" + (f"({article.issue})" if article.issue else "")
    if article.pages:
        where += f"{', ' if where else ''}{article.pages}"
    year = f"({page.line.year})" if page.line.year else ""
    parts = [", ".join(names), marked_title(page), " ".join(part for part in (where, year) if part)]
    text = ". ".join(part.strip().rstrip(".") for part in parts if part.strip())
    return f"{text}. {_url(page, address)}"


def meta_tags(page: Page, address: str, pdf_url: str) -> list[tuple[str, str]]:
    """Return the `citation_*` tags that scholarly search engines read."""
    article = page.article
    pages = article.pages.replace("–", "-").partition("-")
    tags = [("citation_title", page.line.title)]
    tags += [
        ("citation_author", f"{a.family}, {a.given}" if a.family and a.given else a.name) for a in article.authors[:50]
    ]
    tags += [
        ("citation_publication_date", page.line.published_on.replace("-", "/")),
        ("citation_journal_title", article.venue.name if article.venue and article.venue.kind != "conference" else ""),
        (
            "citation_conference_title",
            article.venue.name if article.venue and article.venue.kind == "conference" else "",
        ),
        *(("citation_issn", issn) for issn in (article.venue.issns if article.venue else ())),
        ("citation_volume", article.volume),
        ("citation_issue", article.issue),
        ("citation_firstpage", pages[0]),
        ("citation_lastpage", pages[2]),
        ("citation_doi", article.identifier("doi")),
        ("citation_pmid", article.identifier("pmid")),
        ("citation_arxiv_id", article.identifier("arxiv")),
        ("citation_language", article.language),
        ("citation_pdf_url", pdf_url),
        ("citation_abstract_html_url", address),
        *(("citation_keywords", phrase.phrase) for phrase in page.keyphrases),
    ]
    return [(name, value) for name, value in tags if value]


def jsonld(page: Page, address: str) -> dict[str, Any]:
    """Return the article as schema.org JSON-LD."""
    article, line = page.article, page.line
    kind = {"dataset": "Dataset", "software": "SoftwareSourceCode", "book": "Book", "chapter": "Chapter",
            "thesis": "Thesis"}.get(article.type, "ScholarlyArticle")  # fmt: skip
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": kind,
        "@id": _url(page, address),
        "url": address,
        "name": marked_title(page),
        "headline": marked_title(page)[:110],
        "author": [_person(author) for author in article.authors[:50]],
        "datePublished": line.published_on,
        "inLanguage": article.language,
        "isAccessibleForFree": True if line.is_open else None,
        "license": article.license if article.license.startswith("http") else license_name(article.license),
        "abstract": plain_text(page.abstract.html) if page.abstract else "",
        "keywords": [phrase.phrase for phrase in page.keyphrases],
        "creativeWorkStatus": notice_words(line),
        "pagination": article.pages,
        "sameAs": [url_of(i.scheme, i.value) for i in article.identifiers],
    }
    if article.venue:
        venue = {"@type": "Periodical", "name": article.venue.name, "issn": list(article.venue.issns),
                 "publisher": article.venue.publisher}  # fmt: skip
        part = {"@type": "PublicationVolume", "volumeNumber": article.volume} if article.volume else {}
        kept = {name: value for name, value in venue.items() if value}
        data["isPartOf"] = {**part, "isPartOf": kept} if part else kept
    return {name: value for name, value in data.items() if value}


def embedded_json(data: object) -> str:
    """Return JSON that may stand inside a script element whatever it says."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _url(page: Page, address: str) -> str:
    doi = page.article.identifier("doi")
    return url_of("doi", doi) if doi else address


def _name(author: Author) -> dict[str, str]:
    if not author.family:
        return {"literal": author.name}
    return {"family": author.family, "given": author.given} if author.given else {"family": author.family}


def _initials(author: Author) -> str:
    if not author.family or not author.given:
        return author.name
    return f"{author.family} {''.join(word[0] for word in author.given.replace('-', ' ').replace('.', ' ').split())}"


def _person(author: Author) -> dict[str, str]:
    person = {"@type": "Person" if author.family else "Organization", "name": author.name}
    return {**person, "@id": url_of("orcid", author.orcid)} if author.orcid else person


def _date_parts(date: str) -> list[int]:
    return [int(part) for part in date.split("-")[:3] if part.isdigit()]
