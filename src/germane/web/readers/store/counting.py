"""The public number of an article's likes: derived from `Like`, kept in `LikeCount`, and not easily pumped.

A like is counted when its reader's address is verified, their account is a day old, and it is among the first
`COUNTED_AN_HOUR` that they gave in that hour. One reader has one like of an article, so each adds at most one.
Likes that are not counted work like all others. A like's place in its hour is by its own time: so counting anew
gives the same, and a like made on an account's first day is counted by the next `recount_likes`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.db import connections, transaction
from django.db.models import F, Max

from germane.web.readers import database
from germane.web.readers.models import Like, LikeCount, Reader

COUNTED_AN_HOUR = 30
COUNTED_FROM = timedelta(days=1)  # of an account's age
_READERS_AT_ONCE = 2_000
_LIKES_AT_ONCE = 50_000
_LAST = (1 << 63) - 1  # the greatest number that a column holds

# The hour of a time, as both databases write times: "2026-11-20 10".
_HOUR = "substr(CAST(l.liked_at AS text), 1, 13)"
_MAY_COUNT = (
    "r.is_active AND r.joined_at <= %s AND EXISTS"
    " (SELECT 1 FROM account_emailaddress e WHERE e.user_id = r.id AND e.verified)"
)
_ARE_DIFFERENT = (
    f"SELECT id FROM (SELECT l.id, l.is_counted, ({_MAY_COUNT} AND"
    f" ROW_NUMBER() OVER (PARTITION BY l.reader_id, {_HOUR} ORDER BY l.liked_at, l.article_id) <= %s) AS shall"
    " FROM readers_like l JOIN readers_reader r ON r.id = l.reader_id"
    " WHERE l.reader_id > %s AND l.reader_id <= %s) x WHERE is_counted <> shall"
)


def choose_counted(reader_id: int, likes: Mapping[int, datetime], now: datetime) -> set[int]:
    """Return which of a reader's new likes, given as {article: time}, are counted."""
    if not likes or not _may_be_counted(reader_id, now):
        return set()
    first, last = min(likes.values()), max(likes.values())
    span = (_hour_of(first), _hour_of(last) + timedelta(hours=1))
    given = Like.objects.filter(reader_id=reader_id, liked_at__gte=span[0], liked_at__lt=span[1], is_counted=True)
    n_in_hour = Counter(map(_hour_of, given.values_list("liked_at", flat=True)))
    chosen = set()
    for article_id, liked_at in sorted(likes.items(), key=lambda pair: (pair[1], pair[0])):
        hour = _hour_of(liked_at)
        if n_in_hour[hour] < COUNTED_AN_HOUR:
            n_in_hour[hour] += 1
            chosen.add(article_id)
    return chosen


def add(article_id: int, change: int) -> None:
    """Change an article's count by so many likes; in the transaction of the likes themselves."""
    if not LikeCount.objects.filter(article_id=article_id).update(n=F("n") + change) and change > 0:
        _, is_new = LikeCount.objects.get_or_create(article_id=article_id, defaults={"n": change})
        if not is_new:  # another process was first
            LikeCount.objects.filter(article_id=article_id).update(n=F("n") + change)
    if change < 0:
        LikeCount.objects.filter(article_id=article_id, n__lte=0).delete()


def recount_likes(now: datetime) -> int:
    """Derive all counts again, and return how many likes are counted that were not, or no longer are.

    Some readers and some articles at a time, so that nobody's like waits for it.
    """
    n = 0
    for first in range(0, Reader.objects.aggregate(n=Max("id"))["n"] or 0, _READERS_AT_ONCE):
        n += _recount_readers(first, first + _READERS_AT_ONCE, now)
    for first, last in _ranges_of_articles():
        _sum_articles(first, last)
    return n


def _recount_readers(first: int, last: int, now: datetime) -> int:
    with transaction.atomic(using=database()), connections[database()].cursor() as cursor:
        before = connections[database()].ops.adapt_datetimefield_value(now - COUNTED_FROM)
        cursor.execute(
            f"UPDATE readers_like SET is_counted = NOT is_counted WHERE id IN ({_ARE_DIFFERENT})",
            [before, COUNTED_AN_HOUR, first, last],
        )
        return int(cursor.rowcount)


def _sum_articles(first: int, last: int) -> None:
    with transaction.atomic(using=database()), connections[database()].cursor() as cursor:
        cursor.execute("DELETE FROM readers_likecount WHERE article_id > %s AND article_id <= %s", [first, last])
        cursor.execute(
            "INSERT INTO readers_likecount (article_id, n) SELECT article_id, COUNT(*) FROM readers_like"
            " WHERE article_id > %s AND article_id <= %s AND is_counted GROUP BY article_id",
            [first, last],
        )


def _may_be_counted(reader_id: int, now: datetime) -> bool:
    with connections[database()].cursor() as cursor:
        before = connections[database()].ops.adapt_datetimefield_value(now - COUNTED_FROM)
        cursor.execute(f"SELECT 1 FROM readers_reader r WHERE r.id = %s AND {_MAY_COUNT}", [reader_id, before])
        return cursor.fetchone() is not None


def _ranges_of_articles() -> Iterator[tuple[int, int]]:
    """Yield (after, up to and with) of articles' numbers, each with about so many likes; together they are all."""
    after = 0
    while after < _LAST:
        some = Like.objects.filter(article_id__gt=after).order_by("article_id").values_list("article_id", flat=True)
        end = some[_LIKES_AT_ONCE : _LIKES_AT_ONCE + 1].first() or _LAST
        yield after, end
        after = end


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
