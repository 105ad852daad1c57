"""Sitemaps (sitemaps.org 0.9) by ranges of article numbers: one read by primary key each, however large the corpus."""

from xml.sax.saxutils import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from germane.web.catalog import queries

RANGE = 20_000  # numbers a file; the protocol allows 50,000 addresses
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def index(request: HttpRequest) -> HttpResponse:
    """Return the list of sitemaps."""
    base = settings.ENVIRONMENT.base_url
    n = -(-queries.read_last_id() // RANGE)
    entries = "".join(f"<sitemap><loc>{escape(base)}/sitemap-{i}.xml</loc></sitemap>" for i in range(1, n + 1))
    return _xml(f'{_HEAD}<sitemapindex xmlns="{_SPACE}">{entries}</sitemapindex>\n')


def part(request: HttpRequest, number: int) -> HttpResponse:
    """Return the pages of one range of numbers, counted from 1."""
    if not 1 <= number <= 1 << 40:
        return HttpResponseNotFound("There is no such sitemap.\n", content_type="text/plain")
    base = escape(settings.ENVIRONMENT.base_url)
    pages = queries.read_addresses((number - 1) * RANGE + 1, number * RANGE)
    if not pages and number > 1:
        return HttpResponseNotFound("There is no such sitemap.\n", content_type="text/plain")
    entries = "".join(f"<url><loc>{base}{escape(path)}</loc><lastmod>{day}</lastmod></url>" for path, day in pages)
    return _xml(f'{_HEAD}<urlset xmlns="{_SPACE}">{entries}</urlset>\n')


def _xml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="application/xml; charset=utf-8")
