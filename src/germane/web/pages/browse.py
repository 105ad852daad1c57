"""Lists of articles, newest first: of a keyword, a venue, an author, and of everything."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from germane.identifiers import normalize_orcid
from germane.web.catalog import queries
from germane.web.catalog.queries import After, Heading
from germane.web.catalog.rows import Line
from germane.web.pages import errors
from germane.web.pages.article import read_after
from germane.web.pages.environment import render
from germane.web.pages.words import plural, teaser

N_LINES = 25


def keyword(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the articles in which a keyphrase was found."""
    heading = queries.find_keyphrase(slug)
    if heading is None:
        return errors.no_such_list(request, "keyword", slug.replace("-", " "))
    lead = f"{plural(heading.n_articles, 'article')} here" if heading.n_articles else ""
    return _list(request, "Keyword", heading, lead, lambda after: queries.read_keyphrase_articles(heading.id, after))


def venue(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the articles of a venue."""
    heading = queries.find_venue(slug)
    if heading is None:
        return errors.no_such_list(request, "venue", slug.replace("-", " "))
    return _list(
        request, "Venue", heading, heading.detail, lambda after: queries.read_venue_articles(heading.id, after)
    )


def author(request: HttpRequest, orcid: str) -> HttpResponse:
    """Return the articles of the author whom an ORCID names."""
    known = normalize_orcid(orcid)
    heading = queries.find_author(known) if known else None
    if heading is None:
        return errors.no_such_list(request, "author", orcid)
    if heading.slug != orcid:
        return HttpResponsePermanentRedirect(f"/author/{heading.slug}")
    return _list(request, "Author", heading, "", lambda after: queries.read_author_articles(heading.slug, after))


def newest(request: HttpRequest) -> HttpResponse:
    """Return all articles, newest first."""
    return _list(request, "", Heading(0, "Newest articles", "", "", 0), "", queries.read_newest)


def _list(
    request: HttpRequest, kind: str, heading: Heading, lead: str, read: Callable[[After], list[Line]]
) -> HttpResponse:
    after = read_after(request)
    found = read(after)
    lines = found[:N_LINES]
    if not lines and after is None and kind:
        return errors.no_such_list(request, kind.lower(), heading.name)
    keyphrases = queries.read_keyphrases([line.id for line in lines])
    abstracts = queries.read_abstracts(lines)
    path = f"/{kind.lower()}/{heading.slug}" if kind else "/newest"
    last = lines[-1] if len(found) > N_LINES else None
    return render(
        "browse.html",
        {
            "kind": kind,
            "heading": heading,
            "lead": lead,
            "lines": lines,
            "phrases": keyphrases,
            "teasers": {number: teaser(abstract.html) for number, abstract in abstracts.items()},
            "path": path,
            "address": settings.ENVIRONMENT.base_url + path,
            "is_continued": after is not None,
            "more": f"{path}?after={last.sort_on}.{last.id}" if last else "",
        },
    )
