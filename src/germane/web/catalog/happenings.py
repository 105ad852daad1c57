"""What has happened in the catalog since a number: articles that arrived, mentions, notices.

Each of these gets its number in the order in which it came, so that a reader of news keeps one number of each and is
told what is new: what that costs depends on how much is new, and not on how much there is.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection, transaction

from germane.article import NoticeKind
from germane.item import Evidence, Tab
from germane.web.catalog.queries import read_keyphrases
from germane.web.catalog.rows import notices_of
from germane.web.catalog.store.sql import rows, rows_in, write


class NoticeGained(NamedTuple):
    """An article that was here already got notices."""

    id: int
    article_id: int
    kinds: tuple[NoticeKind, ...]


class Mentioned(NamedTuple):
    """An item is about an article."""

    id: int
    article_id: int
    item_id: int


class Arrival(NamedTuple):
    """A new article, by what it can be followed by."""

    article_id: int
    versions: tuple[int, ...]  # the other articles of its work
    venue: str  # a slug, "" when unknown
    keyphrases: tuple[str, ...]  # slugs
    orcids: tuple[str, ...]


class ToldMention(NamedTuple):
    """An item about an article, in one line."""

    id: int
    tab: Tab
    title: str
    url: str
    platform: str
    evidence: Evidence


def read_notices(after: int, last: int, n: int) -> list[NoticeGained]:
    """Return the next notices that articles got, up to number `last`."""
    found = rows(
        "SELECT id, article_id, gained FROM catalog_noticechange WHERE id > %s AND id <= %s ORDER BY id LIMIT %s",
        [after, last, n],
    )
    return [NoticeGained(number, article_id, notices_of(bits)) for number, article_id, bits in found]


def read_mentioned(after: int, last: int, n: int) -> tuple[list[Mentioned], int]:
    """Return those of the next `n` mentions that are about their articles, and the number of the last looked at.

    None has a number beyond `last`; when there are none left, that is the number looked at.
    """
    found = rows(
        "SELECT id, article_id, item_id, shelf, is_hidden FROM catalog_mention WHERE id > %s AND id <= %s"
        " ORDER BY id LIMIT %s",
        [after, last, n],
    )
    about = [Mentioned(*row[:3]) for row in found if row[3] == "about" and not row[4]]
    return about, found[-1][0] if len(found) == n else last


def read_last_notice() -> int:
    """Return the number up to which all notices can be read, 0 when there is none."""
    return _greatest_settled("noticechange")


def read_last_mention() -> int:
    """Return the number up to which all mentions can be read, 0 when there is none."""
    return _greatest_settled("mention")


def read_last_article() -> int:
    """Return the greatest number of an article, 0 when there is none."""
    return _greatest("article")


def read_last_settled(after: int) -> int:
    """Return the number up to which all articles beyond `after` are enriched and in the index; `after` when none is."""
    waiting = rows("SELECT MIN(id) FROM catalog_article WHERE NOT is_indexed AND id > %s", [after])[0][0]
    return max(int(waiting) - 1 if waiting is not None else _greatest("article"), after)


def read_arrivals(after: int, last: int, n: int) -> list[Arrival]:
    """Return the next articles up to `last` that have a page, in five queries."""
    found = rows(
        "SELECT a.id, a.cluster_id, v.slug FROM catalog_article a LEFT JOIN catalog_venue v ON v.id = a.venue_id"
        " WHERE a.id > %s AND a.id <= %s AND a.merged_into IS NULL AND NOT a.is_deleted ORDER BY a.id LIMIT %s",
        [after, last, n],
    )
    ids = [number for number, _, _ in found]
    phrases = read_keyphrases(ids)
    people: dict[int, list[str]] = {}
    for number, orcid in rows_in("SELECT article_id, orcid FROM catalog_authorship WHERE article_id IN ({})", ids):
        people.setdefault(number, []).append(orcid)
    works: dict[int, list[int]] = {}
    for number, cluster_id in rows_in(
        "SELECT id, cluster_id FROM catalog_article WHERE merged_into IS NULL AND NOT is_deleted"
        " AND cluster_id IN ({})",
        [cluster_id for _, cluster_id, _ in found],
    ):
        works.setdefault(cluster_id, []).append(number)
    return [
        Arrival(
            number,
            tuple(other for other in works.get(cluster_id, ()) if other != number),
            venue or "",
            tuple(phrase.slug for phrase in phrases.get(number, ())),
            tuple(people.get(number, ())),
        )
        for number, cluster_id, venue in found
    ]


def read_told_mentions(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], ToldMention]:
    """Return the mentions of some (article, item), those that are still shown."""
    wanted = set(pairs)
    found = rows_in(
        "SELECT m.article_id, m.item_id, m.id, m.tab, i.title, i.excerpt, i.url, i.platform, m.code, m.matched,"
        " m.place, m.matcher, m.confidence FROM catalog_mention m JOIN catalog_item i ON i.id = m.item_id"
        " WHERE NOT m.is_hidden AND NOT i.is_hidden AND m.item_id IN ({})",
        [item_id for _, item_id in wanted],
    )
    return {
        (article_id, item_id): ToldMention(number, tab, title or excerpt, url, platform, Evidence(*evidence))
        for article_id, item_id, number, tab, title, excerpt, url, platform, *evidence in found
        if (article_id, item_id) in wanted
    }


def _greatest_settled(table: str) -> int:
    """Return the greatest number of a table, after all who write to it just now have ended.

    PostgreSQL hands numbers out before what has them is committed: a smaller one might appear after a greater one.
    """
    if connection.vendor != "postgresql":
        return _greatest(table)
    with transaction.atomic():
        write(f"LOCK TABLE catalog_{table} IN SHARE MODE")
        return _greatest(table)


def _greatest(table: str) -> int:
    return int(rows(f"SELECT COALESCE(MAX(id), 0) FROM catalog_{table}")[0][0])
