"""What is made again and when: refreshes of similar articles, failures of stages, and by what things were made."""

import django.db.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("catalog", "0002_compact"),)
    operations = (
        migrations.SeparateDatabaseAndState(
            # Django would copy the whole table on SQLite, where this adds a word to its description.
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE catalog_article ADD COLUMN related_in integer NOT NULL DEFAULT 0",
                    "ALTER TABLE catalog_article DROP COLUMN related_in",
                )
            ],
            state_operations=[
                migrations.AddField("article", "related_in", models.IntegerField(db_default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Refresh",
            fields=[("article_id", models.BigIntegerField(primary_key=True, serialize=False))],
        ),
        migrations.CreateModel(
            name="Failure",
            fields=[
                (
                    "pk",
                    django.db.models.CompositePrimaryKey(
                        "stage", "article_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stage", models.CharField(max_length=12)),
                ("article_id", models.BigIntegerField(db_index=True)),
                ("reason", models.TextField()),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Derivation",
            fields=[
                ("what", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("made_by", models.TextField()),
            ],
        ),
    )
