"""What is told by mail at once, and how much happened on a day to what is followed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("readers", "0001_tables"),)
    operations = (
        migrations.CreateModel(
            name="FollowDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("n", models.IntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="alert",
            name="is_to_mail",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="reader",
            name="alert_mails",
            field=models.BooleanField(default=True),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                models.F("reader"), models.F("id"), condition=models.Q(("is_to_mail", True)), name="alert_to_mail"
            ),
        ),
        migrations.AddField(
            model_name="followday",
            name="follow",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="readers.follow"
            ),
        ),
        migrations.AddConstraint(
            model_name="followday",
            constraint=models.UniqueConstraint(models.F("follow"), models.F("day"), name="follow_day_once"),
        ),
    )
