"""Many likes at once: those that a browser kept before its reader had an account, and those of a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from germane.web.readers import database
from germane.web.readers.models import Like
from germane.web.readers.store import counting

_AT_ONCE = 500


class Carried(NamedTuple):
    """What became of some likes."""

    n_new: int
    n_known: int  # liked already: the earlier date stays


def like_many(reader_id: int, likes: Mapping[int, datetime], now: datetime) -> Carried:
    """Note that a reader likes some articles, each since a time. None is lost, and the earliest time of each is kept.

    Times to come are taken as now.
    """
    wanted = {article_id: min(liked_at, now) for article_id, liked_at in likes.items()}
    n_new = 0
    with transaction.atomic(using=database()):
        known = _known(reader_id, list(wanted))
        new = {article_id: at for article_id, at in wanted.items() if article_id not in known}
        counted = counting.choose_counted(reader_id, new, now)
        rows = [Like(reader_id=reader_id, article_id=i, liked_at=at, is_counted=i in counted) for i, at in new.items()]
        Like.objects.bulk_create(rows, batch_size=_AT_ONCE)
        n_new = len(rows)
        for article_id in counted:
            counting.add(article_id, 1)
        for article_id, liked_at in known.items():
            if wanted[article_id] < liked_at:
                mine = Like.objects.filter(reader_id=reader_id, article_id=article_id)
                mine.update(liked_at=wanted[article_id])
    return Carried(n_new, len(known))


def _known(reader_id: int, ids: list[int]) -> dict[int, datetime]:
    known: dict[int, datetime] = {}
    for start in range(0, len(ids), _AT_ONCE):
        mine = Like.objects.filter(reader_id=reader_id, article_id__in=ids[start : start + _AT_ONCE])
        known |= dict(mine.values_list("article_id", "liked_at"))
    return known
