"""The blocking keys of articles: those of the newest in a small tree, sorted into the large one many at a time.

Keys are random numbers, so that written as articles come each would change a page of a tree of a hundred megabytes.
Who looks for a key looks in both.
"""

from collections.abc import Collection, Iterable, Mapping

from germane.web.catalog.store.incoming import Rows
from germane.web.catalog.store.sql import insert_many, rows, rows_in, write, write_many

TOO_COMMON = 30  # a key that more articles share says nothing
TABLES = ("workkey", "recentworkkey")
_ARTICLES = 150_000  # whose keys are sorted in together


def write_work_keys(articles: Mapping[int, Rows], newcomers: Collection[int]) -> None:
    """Write the keys of articles. `newcomers` are the numbers of those whose keys nobody else has."""
    insert_many(
        "recentworkkey",
        ("key", "article_id"),
        sorted((key, i) for i, a in articles.items() if i in newcomers for key in a.work_keys),
    )
    write_many(
        # A key that so many share says nothing, and a list of them would grow without end.
        "INSERT INTO catalog_workkey (key, article_id) SELECT %s, %s WHERE (SELECT COUNT(*) FROM"
        " (SELECT 1 FROM catalog_workkey WHERE key = %s UNION ALL SELECT 1 FROM catalog_recentworkkey WHERE key = %s"
        f" LIMIT {TOO_COMMON + 1}) x) <= {TOO_COMMON}",
        [(key, i, key, key) for i, a in articles.items() if i not in newcomers for key in a.work_keys],
    )
    sort_in_work_keys(at_least=_ARTICLES)


def find_work_keys(keys: Iterable[int]) -> list[tuple[int, int]]:
    """Return (key, article) of all articles that have one of these keys."""
    wanted = list(keys)
    found = [rows_in(f"SELECT key, article_id FROM catalog_{table} WHERE key IN ({{}})", wanted) for table in TABLES]
    return [(key, number) for some in found for key, number in some]


def sort_in_work_keys(at_least: int = 1) -> None:
    """Sort the recent keys into the large tree when they are of so many articles, as an import does at its end."""
    [(first, last)] = rows(  # each from the end of an index; asked for together, they would read all
        "SELECT (SELECT MIN(article_id) FROM catalog_recentworkkey),"
        " (SELECT MAX(article_id) FROM catalog_recentworkkey)"
    )
    if first is not None and last - first + 1 >= at_least:
        write(
            "INSERT INTO catalog_workkey (key, article_id) SELECT key, article_id FROM catalog_recentworkkey"
            " WHERE TRUE ORDER BY key, article_id ON CONFLICT DO NOTHING"
        )
        write("DELETE FROM catalog_recentworkkey")
