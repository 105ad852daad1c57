"""A keyphrase's number follows from its slug: neither is looked up any more, and the tree of slugs goes.

What articles have keeps its place and its words; its numbers change, and so do those of the keyphrases.
"""

from collections.abc import Iterator
from typing import Any

from django.db import migrations, models

from germane.web.catalog.rows import phrase_number

_AT_ONCE = 100_000
_INDEX = "article_of_keyphrase"


def number_anew(apps: Any, schema_editor: Any) -> None:
    """Keep the keyphrases aside with their new numbers, and let articles have these."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE renumbered"
            " (was bigint PRIMARY KEY, id bigint NOT NULL, phrase text NOT NULL, n_articles integer NOT NULL)"
        )
        for some in _batches(schema_editor.connection):
            cursor.executemany(
                "INSERT INTO renumbered VALUES (%s, %s, %s, %s)",
                [(was, phrase_number(slug), phrase, n) for was, slug, phrase, n in some],
            )
        cursor.execute(f"DROP INDEX IF EXISTS {_INDEX}")  # entry by entry, it would be written twice
        cursor.execute(
            "UPDATE catalog_articlekeyphrase SET keyphrase_id ="
            " (SELECT id FROM renumbered WHERE was = catalog_articlekeyphrase.keyphrase_id)"
        )
        cursor.execute(f"CREATE INDEX {_INDEX} ON catalog_articlekeyphrase (keyphrase_id, sort_on, article_id)")
        cursor.execute(
            "INSERT INTO catalog_derivation (what, made_by)"
            " SELECT 'keyphrases', COALESCE(MAX(article_id), 0) FROM catalog_articlekeyphrase"
        )


def bring_back(apps: Any, schema_editor: Any) -> None:
    """Put the keyphrases in a new table, in the order of their numbers and, on SQLite, without a second tree."""
    compact = " WITHOUT ROWID" if schema_editor.connection.vendor == "sqlite" else ""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DROP TABLE catalog_keyphrase")
        cursor.execute(
            "CREATE TABLE catalog_keyphrase"
            f" (id bigint NOT NULL PRIMARY KEY, phrase text NOT NULL, n_articles integer NOT NULL){compact}"
        )
        cursor.execute(
            "INSERT INTO catalog_keyphrase (id, phrase, n_articles) SELECT id, phrase, n_articles FROM renumbered"
            " ORDER BY id"
        )
        cursor.execute("DROP TABLE renumbered")


def _batches(connection: Any) -> Iterator[list[tuple[int, str, str, int]]]:
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, slug, phrase, n_articles FROM catalog_keyphrase WHERE id > %s ORDER BY id LIMIT %s",
                [after, _AT_ONCE],
            )
            found = cursor.fetchall()
        if not found:
            return
        yield found
        after = found[-1][0]


class Migration(migrations.Migration):
    dependencies = (("catalog", "0005_similar"),)
    operations = (
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunPython(number_anew, migrations.RunPython.noop),
                migrations.RunPython(bring_back, migrations.RunPython.noop),
            ],
            state_operations=[
                migrations.DeleteModel("Keyphrase"),
                migrations.CreateModel(
                    name="Keyphrase",
                    fields=[
                        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("phrase", models.TextField()),
                        ("n_articles", models.IntegerField(default=0)),
                    ],
                ),
            ],
        ),
    )
