"""An article leaves: it turned out to be another one, or every source has withdrawn it."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from germane.web.catalog.codec import unpack_similar
from germane.web.catalog.store import article_rows, keyphrases, references
from germane.web.catalog.store.sql import rows_in, write, write_in, write_many

_OWN_NUMBER = (("similar", "article_id"), ("refresh", "article_id"), ("failure", "article_id"))


class Siblings(NamedTuple):
    """Whom it concerns that some articles leave or come back: their versions, also as pairs."""

    ids: set[int]
    pairs: list[tuple[int, int]]


def siblings(leaving: Collection[int]) -> Siblings:
    """Return whom it concerns when these articles leave or come back; asked before they do."""
    pairs = rows_in(
        "SELECT a.id, b.id FROM catalog_article a JOIN catalog_article b ON b.cluster_id = a.cluster_id"
        " WHERE b.id <> a.id AND b.merged_into IS NULL AND a.id IN ({})",
        leaving,
    )
    return Siblings({b for _, b in pairs}, [(a, b) for a, b in pairs])


def neighbors_of(ids: Iterable[int]) -> set[int]:
    """Return the articles that some articles list as similar: nearly all of those that list them."""
    found = rows_in("SELECT found FROM catalog_similar WHERE article_id IN ({})", ids)
    return {number for (blob,) in found for number, _, _ in unpack_similar(blob)}


def absorb(loser: int, winner: int, now: datetime) -> None:
    """Hand everything that belongs to one article to another, and leave a redirect."""
    for table in ("identifier", "record"):
        write(f"UPDATE catalog_{table} SET article_id = %s WHERE article_id = %s", [winner, loser])
    write(
        "INSERT INTO catalog_contest (key, article_id) SELECT key, %s FROM catalog_contest WHERE article_id = %s"
        " ON CONFLICT DO NOTHING",
        [winner, loser],
    )
    write("DELETE FROM catalog_contest WHERE article_id = %s", [loser])
    _hand_over_mentions(loser, winner)
    write_in(
        "INSERT INTO catalog_refresh (article_id) SELECT id FROM catalog_article WHERE is_related AND id IN ({})"
        " ON CONFLICT DO NOTHING",
        neighbors_of([loser]) - {loser, winner},
    )
    _forget([loser])
    write("UPDATE catalog_article SET merged_into = %s WHERE merged_into = %s", [winner, loser])
    write(
        "UPDATE catalog_article SET merged_into = %s, is_indexed = %s, n_mentions = 0, counts = '', changed_at = %s"
        " WHERE id = %s",
        [winner, False, now, loser],
    )


def withdraw(ids: Collection[int], now: datetime) -> None:
    """Take the pages of some articles away. Their numbers and names stay, to say so and to be taken up again."""
    if not ids:
        return
    _forget(ids)
    write_in("DELETE FROM catalog_contest WHERE article_id IN ({})", ids)
    write_many(
        "UPDATE catalog_article SET is_deleted = %s, is_indexed = %s, changed_at = %s WHERE id = %s",
        [(True, False, now, number) for number in ids],
    )


def _forget(ids: Collection[int]) -> None:
    """Remove what was made of some articles."""
    for table, column in (*article_rows.OWNED, *_OWN_NUMBER):
        write_in(f"DELETE FROM catalog_{table} WHERE {column} IN ({{}})", ids)
    references.forget_references(ids)
    keyphrases.forget_keyphrases(ids)


def _hand_over_mentions(loser: int, winner: int) -> None:
    """An item that both have stays once; what is about the article goes before what is on its topic."""
    write(
        "DELETE FROM catalog_mention WHERE article_id = %s AND shelf = 'topic'"
        " AND item_id IN (SELECT item_id FROM catalog_mention WHERE article_id = %s AND shelf = 'about')",
        [winner, loser],
    )
    write(
        "DELETE FROM catalog_mention WHERE article_id = %s"
        " AND item_id IN (SELECT item_id FROM catalog_mention WHERE article_id = %s)",
        [loser, winner],
    )
    write("UPDATE catalog_mention SET article_id = %s WHERE article_id = %s", [winner, loser])
