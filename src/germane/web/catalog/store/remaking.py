"""What a rebuild writes: marks on rows whose output is to be made again, a few at a time, so that nobody waits long."""

from collections.abc import Iterable
from typing import Literal

from germane.web.catalog.store.sql import write, write_in

Flag = Literal["is_enriched", "is_indexed", "is_related"]


def mark_stale_between(table: Literal["article", "item"], flag: Flag, after: int, until: int) -> int:
    """Hand the rows with after < id ≤ until to a flag's stage again; return how many were not waiting already."""
    return write(
        f"UPDATE catalog_{table} SET {flag} = FALSE WHERE {flag} AND id > %s AND id <= %s",
        [after, until],
    )


def mark_present(ids: Iterable[int]) -> None:
    """Mark articles that wait for the index as being in it."""
    write_in("UPDATE catalog_article SET is_indexed = TRUE WHERE NOT is_indexed AND id IN ({})", ids)


def mark_absent(ids: Iterable[int]) -> None:
    """Hand articles that are marked as being in the index to it again."""
    write_in("UPDATE catalog_article SET is_indexed = FALSE WHERE is_indexed AND id IN ({})", ids)
