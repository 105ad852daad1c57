"""Make a home ready: its folder, the database's tables as this version wants them, and what the settings name."""

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from germane.web import wiring


def prepare_home() -> None:
    """Create what is missing. Raises OSError or DatabaseError when it cannot be."""
    settings.ENVIRONMENT.home.mkdir(parents=True, exist_ok=True)
    for connection in connections.all():
        _prepare_database(connection)


def _prepare_database(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", database=connection.alias, verbosity=0, interactive=False)
        call_command("createcachetable", database=connection.alias, verbosity=0)


def check_embedder() -> None:
    """Load what GERMANE_EMBEDDER names, unless it comes with Germane. Raises EmbeddingFailure when it cannot be."""
    if settings.ENVIRONMENT.embedder != "static":
        wiring.embedder()
