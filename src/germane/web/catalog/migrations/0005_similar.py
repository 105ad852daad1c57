"""The similar articles of an article in one row: a fifth of the space, and no second tree that every list changes.

Lists are derived: the old ones go, and every article is handed to the stage that makes them.
"""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = (("catalog", "0004_reference_lists"),)
    operations = (
        migrations.DeleteModel("Similar"),
        migrations.CreateModel(
            name="Similar",
            fields=[
                ("article_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("n", models.SmallIntegerField()),
                ("n_told", models.SmallIntegerField()),
                ("found", models.BinaryField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(n__gt=0), name="similar_is_no_empty_list"),
                    models.CheckConstraint(condition=Q(n_told=F("n")), name="similar_has_evidence"),
                ],
            },
        ),
        migrations.RunSQL("DELETE FROM catalog_refresh", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE catalog_article SET is_related = FALSE WHERE is_related", migrations.RunSQL.noop),
    )
