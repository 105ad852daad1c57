"""Indexes that pages read and no write does: a first, large load goes without them and makes them when it has ended.

Row by row, each entry would change a page of a large tree; made at once, they are sorted and written one after another.
"""

from germane.web.catalog.store.sql import rows, write

_LEFT_OUT = {
    "article_of_keyphrase": "catalog_articlekeyphrase (keyphrase_id, sort_on, article_id)",
    "article_by_venue": "catalog_article (venue_id, sort_on, id)",
}


def leave_out_indexes() -> bool:
    """Remove them if the catalog is empty, and tell whether it was. `make_indexes` is to be called when it is full."""
    if rows("SELECT 1 FROM catalog_article LIMIT 1"):
        return False
    for name in _LEFT_OUT:
        write(f"DROP INDEX IF EXISTS {name}")
    return True


def make_indexes() -> None:
    """Make those that are missing, also after a load that was killed; it costs nothing when they are there."""
    for name, columns in _LEFT_OUT.items():
        write(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")
