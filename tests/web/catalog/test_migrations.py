"""A site of an earlier version keeps what it has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

MIGRATE = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from germane.article import Article, Identifier
from germane.web.catalog.codec import pack
from germane.web.catalog.rows import target_of

call_command("migrate", "catalog", "0003", verbosity=0)
with connection.cursor() as cursor:
    for number in (1, 2, 3):
        content = pack(Article(identifiers=(Identifier("doi", f"10.5555/{number}"),), title="A title"))
        cursor.execute(
            "INSERT INTO catalog_article (id, cluster_id, title, title_html, byline, doi, published_on, sort_on, type,"
            " language, is_open, notices, n_mentions, n_listed, counts, content, is_enriched, is_indexed, is_related,"
            " is_deleted, added_at, changed_at) VALUES (%s, %s, 'A title', 'A title', '', '', '', 0, 'article', '',"
            " FALSE, 0, 0, 0, '', %s, FALSE, FALSE, FALSE, FALSE, '2026-01-01', '2026-01-01')",
            [number, number, content],
        )
    for target, citing in ((9, 1), (5, 1), (9, 3)):
        cursor.execute("INSERT INTO catalog_citation (target, citing_id) VALUES (%s, %s)", [target, citing])
    cursor.execute(
        "INSERT INTO catalog_abstract (article_id, source, license, basis, language, markup, html)"
        " VALUES (1, 'pubmed', '', 'authors', 'en', '<p>Ünder the sea.</p>', '')"
    )
    for row in ((7, "soil-moisture", "Soil moisture", 2), (8, "unter", "Ünter", 0), (9, "sea", "sea", 1)):
        cursor.execute("INSERT INTO catalog_keyphrase (id, slug, phrase, n_articles) VALUES (%s, %s, %s, %s)", row)
    for row in ((1, 0, 9, "sea"), (1, 1, 7, "Soil moisture"), (3, 0, 7, "soil moisture")):
        cursor.execute(
            "INSERT INTO catalog_articlekeyphrase (article_id, rank, keyphrase_id, phrase, score, sort_on)"
            " VALUES (%s, %s, %s, %s, 1, 2020)", row
        )
call_command("migrate", verbosity=0)
from germane.web.catalog import queries
from germane.web.catalog.codec import unpack_targets
from germane.web.catalog.models import ReferenceList
from germane.web.catalog.store.keyphrases import count_keyphrases
from germane.web.catalog.store.references import count_unlisted, list_citations
from germane.web.catalog.store.sql import rows

assert {r.article_id: unpack_targets(r.targets) for r in ReferenceList.objects.all()} == {1: (5, 9), 3: (9,)}
assert count_unlisted() == 0 and list(list_citations()) == []
assert rows("SELECT target, citing_id FROM catalog_citation ORDER BY 1, 2") == [(5, 1), (9, 1), (9, 3)]
assert queries.read_page(1).abstract.html == "<p>Ünder the sea.</p>"
[(plan,)] = rows("SELECT sql FROM sqlite_master WHERE name = 'catalog_citation'")
assert "WITHOUT ROWID" in plan
found = queries.find_keyphrase("soil-moisture")
assert (found.name, found.slug, found.n_articles) == ("Soil moisture", "soil-moisture", 2)
assert [line.id for line in queries.read_keyphrase_articles(found.id)] == [3, 1]
assert [p.slug for p in queries.read_page(1).keyphrases] == ["sea", "soil-moisture"]
assert queries.find_keyphrase("unter").n_articles == 0 and queries.find_keyphrase("no-such") is None
count_keyphrases()
assert queries.find_keyphrase("soil-moisture") == found
[(plan,)] = rows("SELECT sql FROM sqlite_master WHERE name = 'catalog_keyphrase'")
assert "WITHOUT ROWID" in plan
assert rows("SELECT 1 FROM sqlite_master WHERE name = 'article_of_keyphrase'")
assert [row[0] for row in rows("SELECT name FROM sqlite_master WHERE name = 'renumbered'")] == []
call_command("makemigrations", "catalog", check=True, dry_run=True, verbosity=0)
"""


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="it makes a database of its own")
def test_a_database_of_an_earlier_version_is_brought_up_to_date_without_loss(tmp_path: Path) -> None:
    assert connection.vendor == "sqlite"
    done = subprocess.run(
        [sys.executable, "-c", MIGRATE],
        env={**os.environ, "GERMANE_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "germane.web.settings"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
