"""Less space: an article's references in one row, and no second tree that every reference changes; abstracts packed."""

import struct
from typing import Any

from django.db import migrations, models

_ARTICLES = 10_000


def pack_lists(apps: Any, schema_editor: Any) -> None:
    """Make the lists of what citations say, some articles at a time, and note that these citations are complete."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(citing_id), 0) FROM catalog_citation")
        last = cursor.fetchone()[0]
        for after in range(0, last, _ARTICLES):
            cursor.execute(
                "SELECT citing_id, target FROM catalog_citation WHERE citing_id > %s AND citing_id <= %s"
                " ORDER BY citing_id, target",
                [after, after + _ARTICLES],
            )
            lists: dict[int, list[int]] = {}
            for number, target in cursor.fetchall():
                lists.setdefault(number, []).append(target)
            cursor.executemany(
                "INSERT INTO catalog_referencelist (article_id, targets) VALUES (%s, %s)",
                [(number, struct.pack(f"<{len(some)}q", *some)) for number, some in lists.items()],
            )
        cursor.execute("INSERT INTO catalog_derivation (what, made_by) VALUES ('citations', %s)", [str(last)])


def pack_abstracts(apps: Any, schema_editor: Any) -> None:
    """Let the column of abstracts hold bytes; on SQLite every column may. What is there is read as it is."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE catalog_abstract ALTER COLUMN markup TYPE bytea USING convert_to(markup, 'UTF8')"
        )


class Migration(migrations.Migration):
    dependencies = (("catalog", "0003_renewal"),)
    operations = (
        migrations.CreateModel(
            name="ReferenceList",
            fields=[
                ("article_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("targets", models.BinaryField()),
            ],
        ),
        migrations.RunPython(pack_lists, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            # Django would copy the whole table on SQLite, and lose how it is stored.
            database_operations=[migrations.RunSQL("DROP INDEX IF EXISTS catalog_citation_citing_id_6556f051")],
            state_operations=[migrations.AlterField("citation", "citing_id", models.BigIntegerField())],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(pack_abstracts, migrations.RunPython.noop)],
            state_operations=[migrations.AlterField("abstract", "markup", models.BinaryField())],
        ),
    )
