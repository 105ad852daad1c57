"""Alerts: what readers are told, once each; what they have seen; what is to be told by mail."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from germane.web.readers import database
from germane.web.readers.models import MAILED, Alert, Checkpoint, Follow, FollowDay, Reader

MOST_A_DAY = 50  # alerts of one thing that is followed; what comes after is counted
LIMITED = ("new", "mention")  # the kinds of which that holds: notices are all told
_WHY = 400  # characters
_AT_ONCE = 500


class News(NamedTuple):
    """What one reader is to be told, and why them."""

    reader_id: int
    kind: str
    article_id: int
    item_id: int  # of a mention, 0 of the rest
    why: str
    follow_id: int = 0  # 0: because of a like


def write_alerts(
    news: Sequence[News],
    now: datetime,
    *,
    unlisted: dict[int, int] | None = None,
    checkpoint: tuple[str, int] | None = None,
    seen_to: tuple[Collection[int], int] | None = None,
) -> int:
    """Keep alerts, and return how many are new. With them, in one transaction, how far the telling has come.

    Nobody is told a thing twice, and of one thing that is followed at most `MOST_A_DAY` alerts of the `LIMITED`
    kinds are made; `unlisted` counts by follow what happened besides. `checkpoint` is (name, number); `seen_to`
    (follows, number).
    """
    with transaction.atomic(using=database()):
        known = _known(news)
        counted = _Counted(now.date(), {one.follow_id for one in news if one.follow_id} | set(unlisted or ()))
        wanting = _wanting_mails({one.reader_id for one in news if one.kind in MAILED})
        made = []
        for one in news:
            what = (one.reader_id, one.kind, one.article_id, one.item_id)
            if what in known:
                continue
            known.add(what)
            if one.follow_id and one.kind in LIMITED and counted.add(one.follow_id, 1) > MOST_A_DAY:
                continue
            made.append(
                Alert(
                    reader_id=one.reader_id, kind=one.kind, article_id=one.article_id, item_id=one.item_id,
                    why=one.why[:_WHY], happened_at=now, is_to_mail=one.kind in MAILED and one.reader_id in wanting,
                )
            )  # fmt: skip
        Alert.objects.bulk_create(made, batch_size=_AT_ONCE, ignore_conflicts=True)
        for follow_id, n in (unlisted or {}).items():
            counted.add(follow_id, n)
        counted.write()
        if checkpoint:
            set_checkpoint(*checkpoint)
        if seen_to:
            for some in _chunks(sorted(seen_to[0])):
                Follow.objects.filter(id__in=some).update(seen_to=seen_to[1])
    return len(made)


def read_checkpoint(name: str) -> int | None:
    """Return how far a job has come, or None when it has never run."""
    return Checkpoint.objects.filter(name=name).values_list("value", flat=True).first()


def begin_checkpoint(name: str, value: int) -> None:
    """Note from where a job that has never run is to begin; for one that has, nothing changes."""
    Checkpoint.objects.get_or_create(name=name, defaults={"value": value})


def set_checkpoint(name: str, value: int) -> None:
    """Note how far a job has come."""
    Checkpoint.objects.update_or_create(name=name, defaults={"value": value})


def mark_seen(reader_id: int, up_to_id: int, now: datetime) -> int:
    """Note that a reader has seen their alerts up to a number, and return how many were new to them."""
    mine = Alert.objects.filter(reader_id=reader_id, seen_at=None, id__lte=up_to_id)
    return mine.update(seen_at=now)


def unmark_seen(reader_id: int, seen_at: datetime) -> int:
    """Take back what was marked as seen at one moment, and return how many alerts are new again."""
    return Alert.objects.filter(reader_id=reader_id, seen_at=seen_at).update(seen_at=None)


def mark_mailed(ids: Collection[int], now: datetime) -> None:
    """Note that alerts were told by mail."""
    Alert.objects.filter(id__in=list(ids)).update(is_to_mail=False, mailed_at=now)


def forget_mails(reader_id: int) -> None:
    """Leave a reader's alerts without the mail that they wait for: unwanted, or there is no confirmed address."""
    Alert.objects.filter(reader_id=reader_id, is_to_mail=True).update(is_to_mail=False)


def set_alert_mails(reader_id: int, is_wanted: bool) -> None:
    """Note whether a reader is told at once by mail of retractions; also of those that wait to be told."""
    with transaction.atomic(using=database()):
        Reader.objects.filter(id=reader_id).update(alert_mails=is_wanted)
        if not is_wanted:
            forget_mails(reader_id)


def forget_alerts(before: datetime) -> int:
    """Delete alerts and daily counts from before a time, the oldest first; return how many."""
    n = 0
    while True:  # by number, which ascends with time: no scan of what stays
        oldest = list(Alert.objects.order_by("id").values_list("id", "happened_at")[:_AT_ONCE])
        old = [number for number, happened_at in oldest if happened_at < before]
        n += Alert.objects.filter(id__in=old).delete()[0]
        if len(old) < _AT_ONCE:
            break
    FollowDay.objects.filter(day__lt=before.date()).delete()
    return n


class _Counted:
    """How much has happened today to some things that are followed."""

    def __init__(self, day: date, follow_ids: Collection[int]) -> None:
        self._day = day
        self._n: dict[int, int] = {}
        self._changed: set[int] = set()
        for some in _chunks(sorted(follow_ids)):
            found = FollowDay.objects.filter(day=day, follow_id__in=some)
            self._n |= dict(found.values_list("follow_id", "n"))

    def add(self, follow_id: int, n: int) -> int:
        """Count so many more, and return how many there are now."""
        self._n[follow_id] = self._n.get(follow_id, 0) + n
        self._changed.add(follow_id)
        return self._n[follow_id]

    def write(self) -> None:
        """Keep the counts of what is followed still."""
        alive: set[int] = set()
        for some in _chunks(sorted(self._changed)):
            alive.update(Follow.objects.filter(id__in=some).values_list("id", flat=True))
        FollowDay.objects.bulk_create(
            [FollowDay(follow_id=i, day=self._day, n=self._n[i]) for i in sorted(alive)],
            batch_size=_AT_ONCE, update_conflicts=True, unique_fields=["follow", "day"], update_fields=["n"],
        )  # fmt: skip


def _known(news: Sequence[News]) -> set[tuple[int, str, int, int]]:
    """Return those of some news that were told before."""
    known: set[tuple[int, str, int, int]] = set()
    articles = {one.article_id for one in news}
    for some in _chunks(sorted({one.reader_id for one in news})):
        mine = Alert.objects.filter(reader_id__in=some)
        for few in _chunks(sorted(articles)):
            known.update(
                mine.filter(article_id__in=few).values_list("reader_id", "kind", "article_id", "item_id")
            )  # fmt: skip
    return known


def _wanting_mails(reader_ids: Collection[int]) -> set[int]:
    found: set[int] = set()
    for some in _chunks(sorted(reader_ids)):
        wanting = Reader.objects.filter(id__in=some, alert_mails=True, is_active=True)
        found.update(wanting.values_list("id", flat=True))
    return found


def _chunks(values: Sequence[int]) -> list[Sequence[int]]:
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]
