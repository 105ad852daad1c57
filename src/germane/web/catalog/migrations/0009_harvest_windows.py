"""How far sources have been harvested."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_notice_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="HarvestWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=40)),
                ("query", models.TextField(blank=True)),
                ("since", models.CharField(blank=True, max_length=10)),
                ("until", models.CharField(blank=True, max_length=10)),
                ("cursor", models.TextField(blank=True)),
                ("n_pages", models.IntegerField(default=0)),
                ("n_imported", models.IntegerField(default=0)),
                ("n_records", models.BigIntegerField(default=0)),
                ("n_told", models.BigIntegerField(null=True)),
                ("counts", models.TextField(default="{}")),
                ("is_fetched", models.BooleanField(default=False)),
                ("is_daily", models.BooleanField(default=False)),
                ("error", models.TextField(blank=True)),
                ("retry_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(models.F("source"), models.F("done_at"), name="harvest_of_source")],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "query", "since", "until"), name="harvest_window_once"),
                    models.CheckConstraint(
                        condition=models.Q(("n_imported__lte", models.F("n_pages"))),
                        name="harvest_imported_what_was_fetched",
                    ),
                ],
            },
        ),
    ]
