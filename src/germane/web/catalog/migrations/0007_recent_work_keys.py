"""The blocking keys of the newest articles are kept apart, until they are sorted in with many others."""

from typing import Any

import django.db.models
from django.db import migrations, models


def make_table(apps: Any, schema_editor: Any) -> None:
    """Make the table, on SQLite in the order of its key and without a second tree."""
    compact = " WITHOUT ROWID" if schema_editor.connection.vendor == "sqlite" else ""
    schema_editor.execute(
        "CREATE TABLE catalog_recentworkkey"
        f" (key bigint NOT NULL, article_id bigint NOT NULL, PRIMARY KEY (key, article_id)){compact}"
    )
    schema_editor.execute("CREATE INDEX recent_work_key_of_article ON catalog_recentworkkey (article_id)")


class Migration(migrations.Migration):
    dependencies = (("catalog", "0006_keyphrase_numbers"),)
    operations = (
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(make_table, migrations.RunPython.noop)],
            state_operations=[
                migrations.CreateModel(
                    name="RecentWorkKey",
                    fields=[
                        (
                            "pk",
                            django.db.models.CompositePrimaryKey(
                                "key", "article_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("key", models.BigIntegerField()),
                        ("article_id", models.BigIntegerField()),
                    ],
                    options={"indexes": [models.Index("article_id", name="recent_work_key_of_article")]},
                )
            ],
        ),
    )
