"""What a page costs does not grow with what hangs on it: hubs of hundreds and of thousands cost the database the same.

Counted are the steps of SQLite's machine, which neither other processes nor this one's mood can change.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client

from germane.article import Author, Identifier, Relation, Venue
from germane.item import Evidence, Item, ItemKind
from germane.web.api import sitemaps
from germane.web.catalog import models, queries
from germane.web.catalog.rows import Counts, target_of, write_counts
from germane.web.catalog.store.sql import rows, write_many
from tests.web.pages.making import bare, make_article, make_mention

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="counts the steps of SQLite's machine"),
]

FEW, MANY = 300, 3_000
ORCID = "0000-0002-1825-0097"
HUB = "/doi/10.5555/hub"
KINDS: tuple[ItemKind, ...] = ("news", "social", "video")
ADDRESSES = [
    "/",
    "/newest",
    "/newest?after=20200615.1500",
    "/newest.atom",
    "/sitemap.xml",
    "/sitemap-12.xml",
    HUB,
    *(HUB + form for form in ("/more", "/news", "/social", "/video", "/recommended")),
    *(HUB + form for form in (".json", ".jsonld", ".bib", ".ris", ".csl.json", ".atom")),
    f"{HUB}/more?show=references",
    f"{HUB}/news?shelf=about&after=20200615.99999",
    "/api/v1/articles/10.5555/hub",
    *(f"/{name}{form}" for name in ("keyword/hub", "venue/hub", f"author/{ORCID}") for form in ("", ".atom")),
    *(f"/{name}?after=20200615.1500" for name in ("keyword/hub", "venue/hub", f"author/{ORCID}")),
]


@contextmanager
def steps() -> Iterator[Callable[[], int]]:
    """Count the steps, in tens, that the database takes in the block."""
    n = 0

    def count() -> int:
        nonlocal n
        n += 1
        return 0

    connection.connection.set_progress_handler(count, 10)
    try:
        yield lambda: n
    finally:
        connection.connection.set_progress_handler(None, 10)


def make_hub() -> None:
    """Make an article that is everything at once: cited, mentioned, in a venue, of an author and of a keyphrase."""
    hub = make_article(
        bare("The hub of it all", "10.5555/hub", published_on="2020-06-15", venue=Venue("Hub"),
             identifiers=(Identifier("doi", "10.5555/hub"), Identifier("pmid", "1")),
             authors=(Author("Ada Example", orcid=ORCID),),
             relations=tuple(Relation("references", f"doi:10.5555/{i}") for i in range(1, 400))),
        keyphrases=("hub",),
    )  # fmt: skip
    for kind in KINDS:
        item = Item("x", kind, kind, "https://a.example/0", "An item", published_on="2020-06-15")
        make_mention(hub, item, Evidence("id-text", "10.5555/hub", "text:0", "text/1"))


def copy_rows(table: str, column: str, numbers: range, **changed: Callable[[int], object]) -> None:
    """Copy a table's first row of the hub's once for each number, which stands in `column`."""
    names = [str(row[1]) for row in rows(f"PRAGMA table_info({table})")]
    template = dict(zip(names, rows(f"SELECT * FROM {table} ORDER BY rowid LIMIT 1")[0], strict=True))
    write_many(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})",
        [[n if c == column else changed[c](n) if c in changed else template[c] for c in names] for n in numbers],
    )


def grow(first: int, last: int) -> None:
    """Let the hub have more of everything, up to `last`."""
    numbers = range(first, last)
    hub = models.Article.objects.get(doi="10.5555/hub")
    copy_rows("catalog_article", "id", numbers, doi=lambda n: f"10.5555/{n}", sort_on=lambda n: 20200000 + n % 1200)
    others = {"article_id": lambda n: n, "sort_on": lambda n: 20200000 + n % 1200}
    write_many("INSERT INTO catalog_identifier (key, article_id) VALUES (%s, %s)",
               [(f"doi:10.5555/{n}", n) for n in numbers])  # fmt: skip
    for key in ("doi:10.5555/hub", "pmid:1"):
        write_many("INSERT INTO catalog_citation (target, citing_id) VALUES (%s, %s)",
                   [(target_of(key), n) for n in numbers])  # fmt: skip
    write_many(
        "INSERT INTO catalog_articlekeyphrase (article_id, rank, keyphrase_id, phrase, score, sort_on)"
        " SELECT %s, rank, keyphrase_id, phrase, score, %s FROM catalog_articlekeyphrase WHERE article_id = %s",
        [(n, others["sort_on"](n), hub.id) for n in numbers],
    )
    write_many("INSERT INTO catalog_authorship (orcid, sort_on, article_id, name) VALUES (%s, %s, %s, %s)",
               [(ORCID, others["sort_on"](n), n, "Ada Example") for n in numbers])  # fmt: skip
    items = [number for (number,) in rows("SELECT id FROM catalog_item ORDER BY id LIMIT %s", [len(KINDS)])]
    for k, item in enumerate(items):
        made = range(k * 1_000_000 + first, k * 1_000_000 + last)
        copy_rows("catalog_item", "id", made, key=str)
        write_many(
            "INSERT INTO catalog_mention (item_id, article_id, tab, shelf, code, matched, place, matcher, confidence,"
            " sort_on, is_hidden, first_seen_at, last_seen_at) SELECT %s, article_id, tab, shelf, code, matched, place,"
            " matcher, confidence, %s, is_hidden, first_seen_at, last_seen_at FROM catalog_mention WHERE item_id = %s",
            [(n, 20200000 + n % 1200, item) for n in made],
        )
    counts = Counts(news=last, social=last, video=last, news_about=last, social_about=last, video_about=last)
    models.Article.objects.filter(id=hub.id).update(counts=write_counts(counts), n_mentions=3 * last)


def costs(client: Client, addresses: list[str]) -> dict[str, int]:
    """Return the steps of each address, asked twice: the first one of a process may read what is then kept."""
    found = {}
    for address in addresses:
        for _ in range(2):
            with steps() as told:
                response = client.get(address)
                b"".join(response)
                assert response.status_code == 200, address
                found[address] = told()
    return found


def test_no_page_costs_more_because_thousands_hang_on_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "RANGE", 100)
    monkeypatch.setattr(queries, "MAX_DATED", 100)
    make_hub()
    grow(1_000, 1_000 + FEW)
    few = costs(client, ADDRESSES)
    with steps() as told:
        rows("SELECT COUNT(*) FROM catalog_mention WHERE article_id >= 0")
        few_counted = told()
    grow(1_000 + FEW, 1_000 + MANY)
    connection.cursor().execute("ANALYZE")
    many = costs(client, ADDRESSES)
    with steps() as told:
        rows("SELECT COUNT(*) FROM catalog_mention WHERE article_id >= 0")
        many_counted = told()
    assert many_counted > 5 * few_counted  # the meter sees what grows
    grown = {address: (few[address], many[address]) for address in few if many[address] > 1.2 * few[address] + 20}
    assert not grown
