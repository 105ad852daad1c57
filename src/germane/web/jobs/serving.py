"""Run the web server."""

import os

from germane.web.catalog.rows import address_of
from germane.web.catalog.store.sql import rows


def run_server(host: str, port: int, workers: int) -> None:
    """Serve the site until it is told to stop. `workers` processes; 0 takes one a core."""
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces

    connections.close_all()  # workers open their own
    Granian(
        "germane.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers or os.cpu_count() or 1,
        blocking_threads=2,
        log_access=False,
        websockets=False,
    ).serve()


def best_address() -> str:
    """Return the address of an article with much around it, for people to look at first."""
    found = rows(
        "SELECT id, doi FROM catalog_article WHERE n_mentions > 0 AND merged_into IS NULL AND NOT is_deleted"
        " ORDER BY n_mentions DESC, id LIMIT 1"
    ) or rows("SELECT id, doi FROM catalog_article WHERE merged_into IS NULL AND NOT is_deleted ORDER BY id LIMIT 1")
    return address_of(*found[0]) if found else "/"
