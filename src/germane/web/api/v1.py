"""JSON for programs, version 1: an article with everything around it, and search. Described in `docs/api.md`."""

from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from germane.article import Author
from germane.identifiers import url_of
from germane.index import IndexFailure
from germane.item import SHELVES, TABS, Evidence
from germane.text import plain_text
from germane.web.catalog import asking, queries
from germane.web.catalog.rows import Line, MentionLine, Page
from germane.web.pages import evidence
from germane.web.pages.addresses import Located, address_of_form, locate_any, safe_url
from germane.web.pages.article import tab_of

_N_HITS = 25


def article(request: HttpRequest, text: str) -> HttpResponse:
    """Return an article by any of its identifiers ("10.1/x", "pmid:1", "arxiv:1501.00001", its number)."""
    located = locate_any(text)
    if located is None:
        return _problem(404, f"No article here has the identifier {text[:200]!r}")
    if located.place.is_deleted:
        return _problem(410, "Every source has withdrawn this article")
    return article_form(request, located)


def article_form(request: HttpRequest, located: Located) -> HttpResponse:
    """Return a located article; also what `/doi/….json` answers."""
    page = queries.read_page(located.place.article_id)
    if page is None:
        return _problem(410, "Every source has withdrawn this article")
    return _json(article_json(page, settings.ENVIRONMENT.base_url))


def search(request: HttpRequest) -> HttpResponse:
    """Return one page of search results; the fields are those of the search page."""
    asked = asking.read_fields(request.GET)
    try:
        answers = asking.answer(asked, _N_HITS, with_facets=request.GET.get("facets") == "1")
    except IndexFailure:
        return _problem(503, "The search index cannot be read just now")
    results, base = answers.results, settings.ENVIRONMENT.base_url
    hits = {hit.id: hit for hit in results.hits}
    return _json(
        {
            "n_total": results.n_total,
            "is_at_least": results.is_at_least,
            "suggestion": results.suggestion,
            "results": [
                {
                    **_line(line, base),
                    "matched": [{"field": m.field, "text": m.text} for m in hits[line.id].matched],
                }
                for line in answers.lines
            ],
            "facets": {f.name: [{"value": v.value, "n": v.n} for v in f.values] for f in results.facets},
            "next": results.next_page,
        }
    )


def article_json(page: Page, base: str) -> dict[str, Any]:
    """Return everything that an article's page shows. The abstract has passed the licence gate."""
    a, line = page.article, page.line
    address = base + line.address
    return {
        "version": 1,
        **_line(line, base),
        "original_title": a.original_title,
        "authors": [_author(author) for author in a.authors],
        "identifiers": [
            {"scheme": i.scheme, "value": i.value, "url": url_of(i.scheme, i.value)} for i in a.identifiers
        ],
        "volume": a.volume,
        "issue": a.issue,
        "pages": a.pages,
        "language": a.language,
        "license": a.license,
        "n_cited_by": a.n_cited_by,
        "abstract": {
            "text": plain_text(page.abstract.html),
            "source": page.abstract.source,
            "license": page.abstract.license,
            "basis": page.abstract.basis,
        }
        if page.abstract
        else None,
        "is_abstract_withheld": page.is_abstract_withheld,
        "keyphrases": [{"phrase": p.phrase, "url": f"{base}/keyword/{p.slug}"} for p in page.keyphrases],
        "keywords": [{"text": k.text, "kind": k.kind, "scheme": k.scheme} for k in a.keywords],
        "notices": [msgspec.to_builtins(notice) for notice in page.notices],
        "locations": [msgspec.to_builtins(location) for location in a.locations if safe_url(location.url)],
        "relations": [msgspec.to_builtins(relation) for relation in a.relations],
        "funding": [msgspec.to_builtins(funding) for funding in a.funding],
        "versions": [_line(version, base) for version in page.versions],
        "counts": msgspec.to_builtins(page.counts),
        "related": {
            tab: {
                shelf: [_mention(m) for m in page.mentions if tab_of(m) == tab and m.shelf == shelf]
                for shelf in SHELVES
            }
            for tab in TABS
            if tab != "recommended"
        },
        "similar": [
            {**_line(near.line, base), "score": near.score, "evidence": [_evidence(e) for e in near.evidence]}
            for near in page.similar
        ],
        "provenance": dict(a.provenance),
        "forms": {form: address_of_form(address, form) for form in ("bib", "ris", "csl.json", "jsonld", "atom")},
        "changed_at": page.changed_at,
    }


def _line(line: Line, base: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "url": base + line.address,
        "title": line.title,
        "byline": line.byline,
        "venue": line.venue,
        "published_on": line.published_on,
        "type": line.type,
        "is_open": line.is_open,
        "is_retracted": line.is_retracted,
        "standing": list(line.notices),
    }


def _author(author: Author) -> dict[str, Any]:
    data = {"name": author.name, "family": author.family, "given": author.given, "orcid": author.orcid}
    return {**data, "affiliations": list(author.affiliations)}


def _mention(mention: MentionLine) -> dict[str, Any]:
    return {
        "kind": mention.kind,
        "platform": mention.platform,
        "label": mention.label,
        "url": safe_url(mention.url),
        "title": mention.title,
        "excerpt": mention.excerpt,
        "author": mention.author,
        "published_on": mention.published_on,
        "language": mention.language,
        "evidence": _evidence(mention.evidence),
    }


def _evidence(found: Evidence) -> dict[str, Any]:
    return {
        "code": found.code,
        "matched": found.matched,
        "where": found.where,
        "matcher": found.matcher,
        "confidence": found.confidence,
        "sentence": evidence.sentence(found),
    }


def _json(data: Any, status: int = 200) -> HttpResponse:
    response = HttpResponse(msgspec.json.encode(data), status=status, content_type="application/json; charset=utf-8")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _problem(status: int, words: str) -> HttpResponse:
    return _json({"status": status, "title": words}, status)
