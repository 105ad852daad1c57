"""Store tables that are read by their whole primary key in that key's order, which on SQLite saves a second tree."""

from typing import Any

from django.db import migrations

TABLES = (
    "identifier",
    "workkey",
    "authorship",
    "articlekeyphrase",
    "citation",
    "versionlink",
    "contest",
    "similar",
    "claim",
)


def make_compact(apps: Any, schema_editor: Any) -> None:
    """Make the tables, still empty, again WITHOUT ROWID; other databases have nothing of the kind."""
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            name = f"catalog_{table}"
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL ORDER BY type DESC", [name]
            )
            statements = [row[0] for row in cursor.fetchall()]  # the table first, then its indexes
            cursor.execute(f"DROP TABLE {name}")
            for statement in statements:
                compact = f"{statement} WITHOUT ROWID" if statement.startswith("CREATE TABLE") else statement
                cursor.execute(compact)


class Migration(migrations.Migration):
    dependencies = (("catalog", "0001_tables"),)
    operations = (migrations.RunPython(make_compact, migrations.RunPython.noop),)
