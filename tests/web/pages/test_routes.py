"""Every address: it answers, it is valid HTML, it sets no cookie, it reads the same number of times from the store."""

import gzip
import re
from itertools import count
from typing import Any
from wsgiref.util import setup_testing_defaults
from xml.etree import ElementTree

import html5lib
import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from germane.article import Abstract, Relation
from germane.item import ITEM_KINDS, Evidence, Item
from germane.web.catalog import models, queries
from germane.web.pages.cache import PageCache
from tests.web.pages.corpus import ARABIC, BARE, FULL, RETRACTED
from tests.web.pages.making import bare, make_article, make_mention, make_similar, recount

TABS = ["", "/more", "/news", "/social", "/video", "/recommended"]
ARTICLES = [FULL, RETRACTED, ARABIC, BARE, "/doi/10.5555/near.1", "/doi/10.5555/tab.1/news"]
HTML = [
    "/",
    "/search",
    "/search?q=injection",
    "/search?q=nothinglikethis&open=1&type=article&year_from=2020&has=news",
    "/search?q=10.5555/nobody.has.this",
    "/keyword/injection",
    "/venue/clinical-desk-medicine",
    "/author/0000-0002-1825-0097",
    "/newest",
    "/newest?after=20200101.3",
    "/about",
    "/quality",
    *(article + tab for article in ARTICLES for tab in TABS),
    f"{FULL}/more?show=references",
    f"{FULL}/social?shelf=about&after=20210601.9999",
]
MISSING = [
    "/doi/10.5555/nobody.has.this",
    "/doi/nonsense",
    "/keyword/none",
    "/venue/none",
    "/author/0000-0002-1825-0098",
    "/author/x",
    "/article/999999",
    "/pmid/1",
    "/nowhere",
]
OTHER = [
    "/robots.txt",
    "/favicon.svg",
    "/opensearch.xml",
    "/sitemap.xml",
    "/sitemap-1.xml",
    "/keyword/injection.atom",
    "/venue/clinical-desk-medicine.atom",
    "/author/0000-0002-1825-0097.atom",
    "/newest.atom",
    *(FULL + suffix for suffix in (".bib", ".ris", ".csl.json", ".jsonld", ".json", ".atom")),
    "/api/v1/articles/10.5555/interscapular.2021.7",
    "/api/v1/search?q=injection",
]


def assert_valid_html(text: str) -> None:
    html5lib.HTMLParser(strict=True).parse(text)
    ids = re.findall(r'\sid="([^"]*)"', text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", HTML)
def test_pages_are_valid_html(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert_valid_html(response.content.decode())


@pytest.mark.parametrize("path", MISSING)
def test_what_is_not_here_is_a_helpful_404(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert_valid_html(response.content.decode())
    assert 'type="search"' in response.content.decode()


@pytest.mark.parametrize("path", [*HTML, *MISSING, *OTHER])
def test_the_same_bytes_for_everybody(client: Client, path: str) -> None:
    response = client.get(path, headers={"cookie": "sessionid=x; csrftoken=y", "accept-language": "de"})
    assert not response.cookies
    assert "cookie" not in response.get("Vary", "").lower()
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", HTML)
def test_pages_hold_nothing_that_their_policy_forbids(client: Client, path: str) -> None:
    text = client.get(path).content.decode()
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", text)
    assert "<style" not in text
    scripts = re.findall(r"<script([^>]*)>", text)
    assert all('src="/static/' in script or 'type="application/ld+json"' in script for script in scripts)
    assert not re.search(r'(?:src|href)="(?:javascript|data):', text, re.IGNORECASE)


@pytest.mark.parametrize("path", OTHER)
def test_other_forms_answer(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    if "xml" in response["Content-Type"]:
        ElementTree.fromstring(response.content)


def n_queries(client: Client, path: str) -> int:
    """Count the reads of a page that no cache has: each call asks for an address of its own."""
    with CaptureQueriesContext(connection) as read:
        assert client.get(f"{path}{'&' if '?' in path else '?'}fresh={next(_numbers)}").status_code == 200
    return len(read)


_numbers = count()


def make_filled(name: str, n: int) -> None:
    """An article with `n` of everything."""
    references = tuple(Relation("references", f"doi:10.5555/near.{i + 1}") for i in range(n))
    abstract = Abstract("Words.", "crossref")
    row = make_article(
        bare(name, f"10.5555/{name}", relations=references, abstracts=(abstract,)), keyphrases=("a", "b")[:n]
    )
    evidence = Evidence("phrases", "a", "keyphrases", "similar/1")
    others = models.Article.objects.filter(doi__startswith="10.5555/near.").order_by("id")[:n]
    make_similar(row, [(other, 0.5, (evidence,)) for other in others])
    for kind in ITEM_KINDS:
        for i in range(n * 3):
            item = Item("x", f"{name}{kind}{i}", kind, f"https://a.example/{i}", f"Item {i}", published_on="2022-01-02")
            make_mention(row, item, Evidence("id-text", "10.5555/x", "text:0", "text/1"))
    recount(row)


@pytest.mark.parametrize(("tab", "n"), [("", 10), ("/more", 12), ("/news", 10), ("/social", 10), ("/recommended", 10)])
def test_an_article_page_reads_no_more_often_the_more_it_holds(client: Client, tab: str, n: int) -> None:
    for name, held in (("little", 1), ("much", 10), ("most", 20)):
        make_filled(name, held)
    n_queries(client, "/doi/10.5555/much")  # the first one of a process may read what is then kept
    little, much, most = (n_queries(client, f"/doi/10.5555/{name}{tab}") for name in ("little", "much", "most"))
    assert little <= much == most <= n


def test_few_and_many_mentions_are_read_alike(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    number = models.Article.objects.get(doi="10.5555/interscapular.2021.7").id
    page = queries.read_page(number)
    assert page
    assert len(page.mentions) > 10
    monkeypatch.setattr(queries, "_FEW", -1)
    assert queries.read_page(number) == page


def test_lists_read_the_same_number_of_times_for_1_line_and_for_25(client: Client) -> None:
    make_article(bare("One of one", "10.5555/one"), keyphrases=("lonely",))
    one = n_queries(client, "/keyword/lonely")
    for i in range(25):
        make_article(bare(f"One of many, {i}", f"10.5555/many.{i}"), keyphrases=("crowded",))
    assert n_queries(client, "/keyword/crowded") == one <= 5


def test_more_goes_through_a_whole_list_without_gaps(client: Client) -> None:
    for i in range(60):
        make_article(bare(f"Row {i}", f"10.5555/row.{i}", published_on=f"20{i % 7 + 10}"), keyphrases=("endless",))
    seen: list[str] = []
    path: str | None = "/keyword/endless"
    while path:
        text = client.get(path).content.decode()
        seen += re.findall(r'href="(/doi/10\.5555/row\.\d+)"', text)
        found = re.search(r'class="btn" href="(/keyword/endless\?after=[^"]+)"', text)
        path = found[1] if found else None
    assert len(seen) == len(set(seen)) == 60


def test_static_files_are_found_kept_for_long_and_compressed(client: Client) -> None:
    text = client.get(FULL).content.decode()
    paths = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text))
    style = client.get(next(p for p in paths if "app.css" in p))
    paths |= {f"/static/{name}" for name in re.findall(r'url\("(?!data:)([^"]+)"\)', gunzip_bytes(style).decode())}
    assert len(paths) >= 5
    for path in paths:
        status, headers, body = fetched(path)
        assert status == "200 OK", path
        assert int(re.findall(r"max-age=(\d+)", headers["Cache-Control"])[0]) > 10_000_000
        is_packed = headers.get("Content-Encoding") == "gzip"
        content = gzip.decompress(body) if is_packed else body
        assert is_packed == ("woff2" not in path and len(content) >= 600), path
        assert client.get(path).getvalue() == content


def fetched(path: str) -> tuple[str, dict[str, str], bytes]:
    """Return what a server answers: the page cache, and the site behind it."""
    said: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> Any:
        said.append((status, headers))

    environ: dict[str, Any] = {"HTTP_HOST": "127.0.0.1", "HTTP_ACCEPT_ENCODING": "gzip"}
    setup_testing_defaults(environ)
    environ["PATH_INFO"], _, environ["QUERY_STRING"] = path.partition("?")
    body = b"".join(PageCache(get_wsgi_application(), 1_000_000, lambda: 0)(environ, start))
    return said[0][0], dict(said[0][1]), body


def gunzip_bytes(response: Any) -> bytes:
    content: bytes = response.getvalue()
    return gzip.decompress(content) if response.get("Content-Encoding") == "gzip" else content
