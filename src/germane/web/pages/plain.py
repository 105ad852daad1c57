"""Small files at the root: robots.txt, our mark, and the description by which browsers add our search to theirs."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from germane.web.pages.environment import STATIC, render

_ROBOTS = """User-agent: *
Disallow: /search
Disallow: /api/
Disallow: /account
Disallow: /you
Disallow: /like/
Disallow: /*?

Sitemap: {base_url}/sitemap.xml
"""


def robots(request: HttpRequest) -> HttpResponse:
    """Return what crawlers may visit: every article, none of the endless combinations of filters."""
    text = _ROBOTS.format(base_url=settings.ENVIRONMENT.base_url)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def favicon(request: HttpRequest) -> HttpResponse:
    """Return our mark."""
    response = HttpResponse((STATIC / "favicon.svg").read_bytes(), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def opensearch(request: HttpRequest) -> HttpResponse:
    """Return the description of our search (OpenSearch 1.1) for browsers."""
    response = render("opensearch.xml", {})
    response.headers["Content-Type"] = "application/opensearchdescription+xml; charset=utf-8"
    return response
