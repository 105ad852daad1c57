"""Notices that articles get are noted in order, for those who want to hear of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("catalog", "0007_recent_work_keys"),)
    operations = (
        migrations.CreateModel(
            name="NoticeChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("article_id", models.BigIntegerField()),
                ("gained", models.SmallIntegerField()),
                ("seen_at", models.DateTimeField()),
            ],
        ),
    )
