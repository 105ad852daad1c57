"""Note which notices articles get, so that who likes or follows them is told without a look at all articles."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from germane.article import Article
from germane.web.catalog.rows import bits_of
from germane.web.catalog.store.incoming import Rows
from germane.web.catalog.store.sql import as_parameter, insert_many


def note_changes(
    before: Mapping[int, Article], now_written: Mapping[int, Rows], absorbed: Mapping[int, int], now: datetime
) -> None:
    """Note the notices that articles which were here already have now, and had not.

    `absorbed` says which article took which up: for who knew the one, the other's notices are new.
    """
    gained: dict[tuple[int, int], None] = {}
    for number, article in before.items():
        today = absorbed.get(number, number)
        if today in now_written and (bits := now_written[today].notices & ~_bits(article)):
            gained[today, bits] = None
    insert_many("noticechange", ("article_id", "gained", "seen_at"), _rows(gained, now))


def _rows(gained: Iterable[tuple[int, int]], now: datetime) -> list[tuple[object, ...]]:
    moment = as_parameter(now)
    return [(number, bits, moment) for number, bits in sorted(gained)]


def _bits(article: Article) -> int:
    return bits_of({notice.kind for notice in article.notices})
