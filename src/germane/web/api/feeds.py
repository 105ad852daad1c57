"""Atom feeds (RFC 4287): the items about an article, and the newest articles of a keyword, a venue, an author."""

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from germane.identifiers import normalize_orcid
from germane.web.catalog import queries
from germane.web.catalog.rows import Line, MentionLine
from germane.web.pages import citing, errors, evidence
from germane.web.pages.addresses import TAB_NAMES, Located, safe_url
from germane.web.pages.article import tab_of
from germane.web.pages.words import teaser

_N = 30
_EPOCH = "1970-01-01T00:00:00Z"


def article(request: HttpRequest, located: Located) -> HttpResponse:
    """Return what is new around an article: items about it first of all, each with its evidence."""
    page = queries.read_page(located.place.article_id)
    if page is None:
        return errors.withdrawn(request, str(located.place.article_id))
    mentions = sorted(page.mentions, key=lambda m: (m.sort_on, m.id), reverse=True)
    address = settings.ENVIRONMENT.base_url + page.line.address
    return write_feed(
        f"{citing.marked_title(page)}: news, videos, posts and more",
        address,
        f"{address}.atom",
        [_mention_entry(mention, address) for mention in mentions],
        max([_instant(page.changed_at), *(_instant(m.published_on) for m in mentions)]),
    )


def keyword(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the newest articles of a keyphrase."""
    heading = queries.find_keyphrase(slug)
    if heading is None:
        return errors.no_such_list(request, "keyword", slug)
    return _lines(heading.name, f"/keyword/{heading.slug}", queries.read_keyphrase_articles(heading.id, n=_N))


def venue(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the newest articles of a venue."""
    heading = queries.find_venue(slug)
    if heading is None:
        return errors.no_such_list(request, "venue", slug)
    return _lines(heading.name, f"/venue/{heading.slug}", queries.read_venue_articles(heading.id, n=_N))


def author(request: HttpRequest, orcid: str) -> HttpResponse:
    """Return the newest articles of an author."""
    known = normalize_orcid(orcid)
    heading = queries.find_author(known) if known else None
    if heading is None:
        return errors.no_such_list(request, "author", orcid)
    return _lines(heading.name, f"/author/{heading.slug}", queries.read_author_articles(heading.slug, n=_N))


def newest(request: HttpRequest) -> HttpResponse:
    """Return the newest articles."""
    return _lines("Newest articles", "/newest", queries.read_newest(n=_N))


def _lines(name: str, path: str, lines: Sequence[Line]) -> HttpResponse:
    lines = lines[:_N]
    abstracts = queries.read_abstracts(lines)
    base = settings.ENVIRONMENT.base_url
    entries = []
    for line in lines:
        shown = abstracts.get(line.id)
        standing = citing.notice_words(line)
        title = f"[{standing}] {line.title}" if standing else line.title
        summary = teaser(shown.html, 400) if shown else ""
        about = " · ".join(part for part in (line.byline, line.venue, line.year, summary) if part)
        entries.append(
            write_entry(
                title, base + line.address, base + line.address, _instant(line.published_on), about, line.byline
            )
        )
    newest_at = max([_instant(line.published_on) for line in lines], default=_EPOCH)
    title = f"{name} · {settings.ENVIRONMENT.site_name}"
    return write_feed(title, base + path, f"{base}{path}.atom", entries, newest_at)


def _mention_entry(mention: MentionLine, address: str) -> str:
    shelf = "About this article" if mention.shelf == "about" else "On the same topic"
    why = f"{TAB_NAMES[tab_of(mention)]}, {shelf.lower()}. {evidence.sentence(mention.evidence)}."
    text = f"{mention.excerpt} – {why}" if mention.excerpt and mention.title else why
    title = mention.title or mention.excerpt or "Untitled"
    link = safe_url(mention.url) or address
    return write_entry(title, f"{address}#mention-{mention.id}", link, _instant(mention.published_on), text,
                  mention.author or mention.platform)  # fmt: skip


def write_entry(title: str, key: str, link: str, at: str, summary: str, author: str) -> str:
    """Return an entry of a feed."""
    return (
        f"<entry><title>{_text(title or 'Untitled')}</title><id>{_text(key)}</id><link href={_attribute(link)}/>"
        f"<updated>{at}</updated><author><name>{_text(author or 'unknown')}</name></author>"
        f"<summary>{_text(summary)}</summary></entry>"
    )


def write_feed(title: str, address: str, own_address: str, entries: Sequence[str], updated_at: str) -> HttpResponse:
    """Return a feed; `updated_at` is an instant as RFC 3339 writes it."""
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{_text(title)}</title><id>{_text(own_address)}</id><updated>{updated_at}</updated>"
        f'<link href={_attribute(address)}/><link rel="self" href={_attribute(own_address)}/>'
        f"<generator>Germane</generator>{''.join(entries)}</feed>\n"
    )
    response = HttpResponse(body, content_type="application/atom+xml; charset=utf-8")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _instant(date: str) -> str:
    """Return an ISO date, perhaps cut short or with a time, as RFC 3339 in UTC; the epoch for none."""
    parts = [*date[:10].split("-"), "1", "1"]
    try:
        found = datetime.fromisoformat(date if len(date) > 9 else f"{parts[0]:0>4}-{parts[1]:0>2}-{parts[2]:0>2}")
    except ValueError:
        return _EPOCH
    found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return f"{found:%Y-%m-%dT%H:%M:%SZ}"


def _text(text: str) -> str:
    """Escape text, without the characters that XML 1.0 has no way to write."""
    return escape("".join(c for c in text if c >= " " or c in "\t\n")).replace("\ufffe", "").replace("\uffff", "")


def _attribute(text: str) -> str:
    return quoteattr("".join(c for c in text if c >= " "))
