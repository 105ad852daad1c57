"""Articles by the numbers that others remember them by: they may have been merged or withdrawn since."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from germane.web.catalog import queries
from germane.web.catalog.codec import unpack_article
from germane.web.catalog.rows import Line, Page
from germane.web.catalog.store.sql import CHUNK, rows, rows_in


class Remembered(Struct, frozen=True):
    """What a number stands for today."""

    article_id: int  # the number that was asked for
    line: Line | None  # the article that it is now; None when it was withdrawn
    title: str  # as it was known last, "" of a number that never was

    @property
    def now_id(self) -> int:
        """Return the number of the article that it is now, or its own when it is gone."""
        return self.line.id if self.line else self.article_id


def read_remembered(ids: Sequence[int]) -> list[Remembered]:
    """Return what some numbers stand for, in their order, in two queries; two of one article give it once."""
    if not ids:
        return []
    found = {
        number: (survivor or number, title)
        for number, survivor, title in rows_in(
            "SELECT id, merged_into, title FROM catalog_article WHERE id IN ({})", ids
        )
    }
    lines = {line.id: line for line in queries.read_lines(list({survivor for survivor, _ in found.values()}))}
    shown: dict[int, Remembered] = {}
    for number in ids:
        survivor, title = found.get(number, (number, ""))
        line = lines.get(survivor)
        shown.setdefault(survivor, Remembered(number, line, line.title if line else title))
    return list(shown.values())


def follow_numbers(ids: Iterable[int]) -> dict[int, int]:
    """Return the numbers of today for some numbers, those of merged articles followed; withdrawn ones are left out."""
    found = rows_in("SELECT id, merged_into FROM catalog_article WHERE NOT is_deleted AND id IN ({})", ids)
    survivors = {survivor for _, survivor in found if survivor is not None}
    alive = {n for (n,) in rows_in("SELECT id FROM catalog_article WHERE NOT is_deleted AND id IN ({})", survivors)}
    return {
        number: survivor or number for number, survivor in found if survivor is None or survivor in alive
    }  # fmt: skip


def read_absorbed(after: int = 0, n: int = CHUNK) -> dict[int, int]:
    """Return the next merged articles by number, as {its number: the number of the article that absorbed it}."""
    found = rows(
        "SELECT id, merged_into FROM catalog_article WHERE merged_into IS NOT NULL AND id > %s ORDER BY id LIMIT %s",
        [after, n],
    )
    return dict(found)


def read_citable(ids: Sequence[int]) -> list[Page]:
    """Return what citations of some articles are written from, in their order; those without a page are left out.

    Four queries for 500 articles. What stands around an article is not read.
    """
    pages: list[Page] = []
    for start in range(0, len(ids), CHUNK):
        some = list(ids[start : start + CHUNK])
        lines = queries.read_lines(some)
        abstracts = queries.read_abstracts(lines)
        keyphrases = queries.read_keyphrases([line.id for line in lines])
        found = dict(rows_in("SELECT id, content FROM catalog_article WHERE id IN ({})", some))
        for line in lines:
            article = unpack_article(found[line.id])
            pages.append(
                Page(
                    line=line,
                    article=article,
                    abstract=abstracts.get(line.id),
                    is_abstract_withheld=False,
                    keyphrases=keyphrases.get(line.id, ()),
                    versions=(),
                    notices=article.notices,
                    similar=(),
                    mentions=(),
                    months=(),
                    changed_at="",
                )
            )
    return pages
