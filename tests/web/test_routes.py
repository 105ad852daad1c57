"""What holds on every route: the licence gate, no cookies, a constant number of queries, and no scan of a table."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from msgspec import structs

from germane.web import urls
from germane.web.catalog import queries
from germane.web.catalog.codec import pack_text
from germane.web.catalog.models import Abstract, Article, Authorship, Keyphrase, Mention, Venue
from germane.web.catalog.rows import address_of, phrase_slug

# For each pattern of urls.py, addresses that walk it. A test below fails when a pattern has none here.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sample_site")]
SECRET = "zyxquux"  # stands in a withheld abstract and nowhere else


# A few rows from the end of an ordered index, or a subquery that is already limited.
_READS_A_FEW = re.compile(
    r"INDEX (article_newest|article_discussed|mention_newest)$|^SCAN (c|m|x|CONSTANT ROW|\d+ CONSTANT ROWS?)$"
)
# What may be sorted: a few rows that are named one by one, or come from a limited subquery; and what stands on the
# shelves of an article of which its row says that it is not much.
_IS_SHORT = re.compile(
    r"^SEARCH \w+ USING INTEGER PRIMARY KEY \(rowid=\?\)|^SCAN (c|m|x)$|^SEARCH m USING INDEX mention_of_article"
)


def addresses() -> list[str]:
    """Return addresses of every route, for the article with the most around it among others."""
    article = Article.objects.exclude(doi="").order_by("-n_mentions").first()
    plain = Article.objects.filter(doi="").order_by("-n_mentions").first()
    assert article
    assert plain
    own = [address_of(article.id, article.doi), f"/article/{plain.id}"]
    forms = [
        "",
        "/more",
        "/news",
        "/social",
        "/video",
        "/recommended",
        ".json",
        ".jsonld",
        ".bib",
        ".ris",
        ".csl.json",
        ".atom",
    ]
    found = [
        "/",
        "/about",
        "/quality",
        "/robots.txt",
        "/opensearch.xml",
        "/favicon.svg",
        "/sitemap.xml",
        "/newest.atom",
    ]
    found += [address + form for address in own for form in forms]
    found += [f"/search?q={SECRET}", "/search?q=pain", "/search?q=&sort=newest", "/search?q=%22pain%22&open=1"]
    for key in ("pmid:", "arxiv:", "openalex:", "acl:", "pmcid:"):
        from germane.web.catalog.models import Identifier

        some = Identifier.objects.filter(key__startswith=key).first()
        if some:
            found.append("/" + some.key.replace(":", "/", 1))
    keyphrase, venue, author = (
        Keyphrase.objects.order_by("-n_articles").first(),
        Venue.objects.first(),
        Authorship.objects.first(),
    )
    assert keyphrase
    assert venue
    assert author
    topic = phrase_slug(keyphrase.phrase)
    found += [f"/keyword/{topic}", f"/venue/{venue.slug}", f"/author/{author.orcid}"]
    found += [f"/keyword/{topic}.atom", f"/venue/{venue.slug}.atom", f"/author/{author.orcid}.atom"]
    found += [
        f"{own[0]}/recommended?recency=2&nearness=-1&not-venue={venue.slug}&not-topic={topic}&not-author=X",
        f"/dashboard/?doi={article.doi}",
        f"/dashboard?doi={article.doi}",
        f"/api/v1/articles/doi:{article.doi}",
        "/api/v1/search?q=pain",
        "/sitemap-1.xml",
        "/newest",
        "/favicon.ico",
    ]
    found += ["/doi/10.5555/nobody-knows", "/article/999999", "/nowhere"]
    return found


def more_addresses() -> list[str]:
    """Return addresses that go on in lists, or show all of something."""
    article = Article.objects.exclude(doi="").order_by("-n_mentions").first()
    keyphrase, venue = Keyphrase.objects.order_by("-n_articles").first(), Venue.objects.first()
    author = Authorship.objects.first()
    assert article and keyphrase and venue and author  # noqa: PT018
    lists = ["/newest", f"/keyword/{phrase_slug(keyphrase.phrase)}", f"/venue/{venue.slug}", f"/author/{author.orcid}"]
    own = address_of(article.id, article.doi)
    shelves = [
        f"/{tab}?shelf={s}&after=20210601.9999" for tab in ("news", "social", "video") for s in ("about", "topic")
    ]
    return [
        *(f"{path}?after=20200101.3" for path in lists),
        f"{own}/more?show=references",
        *(own + shelf for shelf in shelves),
        f"/search?q=pain&venue={venue.slug}&type=article&has=news&year_from=2001&year_to=2020",
        "/search?q=pain&sort=newest",
        "/search?q=10.5555/nobody-knows",
        "/api/v1/search?q=pain&facets=1",
        "/api/v1/articles/nobody",
    ]


def bodies(client: Client) -> Iterator[tuple[str, str]]:
    """Yield what every route answers, redirects followed."""
    for address in addresses():
        response = client.get(address, follow=True)
        assert response.status_code in (200, 404), address
        yield address, b"".join(response).decode()


@pytest.mark.parametrize(("policy", "is_shown"), [("open-only", False), ("crossref", False), ("all-local", True)])
def test_no_route_shows_an_abstract_that_the_policy_withholds(
    client: Client, monkeypatch: pytest.MonkeyPatch, policy: str, is_shown: bool
) -> None:
    from germane.web.jobs.stages import run_stages

    Abstract.objects.update(
        markup=pack_text(f"<p>The word {SECRET} stands in this abstract of the authors.</p>"), html="", basis="authors",
        license="", source="pubmed",
    )  # fmt: skip
    Article.objects.update(is_indexed=False)
    list(run_stages())
    monkeypatch.setattr(
        settings, "ENVIRONMENT", structs.replace(settings.ENVIRONMENT, abstracts=policy, page_cache_mb=0)
    )
    showing = [address for address, body in bodies(client) if SECRET in body and SECRET not in address]
    assert bool(showing) is is_shown, showing


def test_no_public_page_sets_a_cookie_or_varies_by_one(client: Client) -> None:
    for address in addresses():
        response = client.get(address)
        assert not response.cookies, address
        assert "cookie" not in response.headers.get("Vary", "").lower(), address
        assert "Set-Cookie" not in response.headers, address


def test_every_page_carries_the_security_headers(client: Client) -> None:
    for address in addresses():
        response = client.get(address)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, address
        assert "unsafe" not in policy, address
        assert response.headers["X-Content-Type-Options"] == "nosniff", address


def faults_of(sql: str) -> list[str]:
    """Return why a statement may cost more the more there is; none when it cannot."""
    faults = [f"uses {word}" for word in ("OFFSET",) if word in sql.upper()]
    if re.search(r"COUNT\(", sql.upper()) and not re.search(r"COUNT\(\*\) FROM \(SELECT .* LIMIT \d+\)", sql):
        faults.append("counts what nothing limits")
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
        steps: list[tuple[int, str]] = [(row[1], row[3]) for row in cursor.fetchall()]
    for i, (parent, step) in enumerate(steps):
        if step.startswith("SCAN") and not _READS_A_FEW.search(step):
            faults.append(step)
        elif step.startswith("SCAN") and "INDEX" in step and " LIMIT " not in sql:
            faults.append(f"{step}, to its end")
        elif step.startswith("USE TEMP B-TREE"):
            sorted_first = next((s for p, s in steps[:i] if p == parent and s.startswith(("SCAN", "SEARCH"))), step)
            if not _IS_SHORT.search(sorted_first):
                faults.append(f"{step} of {sorted_first}")
    return faults


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's way of explaining")
def test_no_page_scans_counts_or_sorts_a_table(client: Client) -> None:
    """Every statement of every route is explained: each table is searched by an index, no further than is shown."""
    statements: dict[str, str] = {}
    with CaptureQueriesContext(connection) as captured:
        for address in [*addresses(), *more_addresses()]:
            before = len(captured)
            client.get(address, follow=True)
            statements |= {q["sql"]: address for q in captured.captured_queries[before:]}
    selects = {sql: a for sql, a in statements.items() if sql.lstrip().upper().startswith("SELECT")}
    assert len(selects) > 50
    faults = {sql: (address, found) for sql, address in selects.items() if (found := faults_of(sql))}
    assert not faults


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's way of explaining")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM catalog_article ORDER BY id LIMIT 25 OFFSET 5000",
        "SELECT COUNT(*) FROM catalog_mention WHERE article_id = 1",
        "SELECT * FROM catalog_article WHERE language = 'en' LIMIT 5",
        "SELECT sort_on, id FROM catalog_article WHERE merged_into IS NULL AND NOT is_deleted ORDER BY sort_on DESC",
        "SELECT * FROM catalog_article WHERE venue_id = 1 ORDER BY title LIMIT 5",
        "SELECT DISTINCT citing_id FROM catalog_citation WHERE target IN (1, 2) ORDER BY citing_id DESC LIMIT 5",
        "SELECT tab, COUNT(*) FROM catalog_mention WHERE article_id = 1 GROUP BY tab",
    ],
)
def test_what_scans_counts_or_sorts_is_found(sql: str) -> None:
    assert faults_of(sql)


def test_the_number_of_queries_of_a_page_is_constant(client: Client) -> None:
    """An article with a hundred mentions costs as many queries as one with none; other versions cost one more."""
    counts: dict[str, set[int]] = {}
    most = Article.objects.exclude(doi="").order_by("-n_mentions", "id")[:3]
    least = Article.objects.exclude(doi="").order_by("n_mentions", "-id")[:3]
    for article in (*most, *least):
        for form in ("", "/news", "/recommended"):
            address = address_of(article.id, article.doi) + form
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address, headers={"cache-control": "no-cache"}).status_code == 200
            counts.setdefault(form, set()).add(len(captured))
    assert all(max(n) - min(n) <= 1 for form, n in counts.items() if form), counts
    assert max(max(n) for n in counts.values()) <= 10  # without a form it opens the first tab that holds something


def test_every_pattern_is_walked() -> None:
    walked = addresses()
    for pattern in urls.PUBLIC:
        regex = pattern.pattern.regex
        assert any(regex.search(a.lstrip("/").partition("?")[0]) for a in walked), f"no address walks {pattern.pattern}"


def test_the_sample_fills_all_five_tabs_of_several_articles() -> None:
    full = [
        line
        for line in queries.read_discussed(100)
        if all(line.counts.about(tab) for tab in ("more", "news", "social", "video")) and queries.read_similar(line.id)
    ]
    assert len(full) >= 4
    assert Mention.objects.filter(shelf="topic").exists()
