"""A reader's marks of articles: liked, read, not interested. The caller knows that there is such an article."""

from datetime import datetime

from django.db import transaction

from germane.web.readers import database
from germane.web.readers.models import Dismissal, Like, ReadMark
from germane.web.readers.store import counting


def like(reader_id: int, article_id: int, now: datetime) -> bool:
    """Note that a reader likes an article, and return whether that is new."""
    with transaction.atomic(using=database()):
        if Like.objects.filter(reader_id=reader_id, article_id=article_id).exists():
            return False
        is_counted = bool(counting.choose_counted(reader_id, {article_id: now}, now))
        made = {"liked_at": now, "is_counted": is_counted}
        _, is_new = Like.objects.get_or_create(reader_id=reader_id, article_id=article_id, defaults=made)
        if is_new and is_counted:
            counting.add(article_id, 1)
        return is_new


def unlike(reader_id: int, article_id: int) -> bool:
    """Take a like back, and return whether there was one."""
    with transaction.atomic(using=database()):
        mine = Like.objects.filter(reader_id=reader_id, article_id=article_id)
        was_counted = list(mine.values_list("is_counted", flat=True))
        n, _ = mine.delete()
        if n and was_counted[0]:
            counting.add(article_id, -1)
        return bool(n)


def mark_read(reader_id: int, article_id: int, now: datetime) -> bool:
    """Note that a reader has read an article, and return whether that is new."""
    made = {"read_at": now}
    return ReadMark.objects.get_or_create(reader_id=reader_id, article_id=article_id, defaults=made)[1]


def unmark_read(reader_id: int, article_id: int) -> bool:
    """Take that back, and return whether it had been noted."""
    return bool(ReadMark.objects.filter(reader_id=reader_id, article_id=article_id).delete()[0])


def dismiss(reader_id: int, article_id: int, now: datetime) -> bool:
    """Note that a reader wants less like an article, and return whether that is new."""
    made = {"dismissed_at": now}
    return Dismissal.objects.get_or_create(reader_id=reader_id, article_id=article_id, defaults=made)[1]


def undismiss(reader_id: int, article_id: int) -> bool:
    """Take that back, and return whether it had been noted."""
    return bool(Dismissal.objects.filter(reader_id=reader_id, article_id=article_id).delete()[0])
