"""Digests: who wants one, and what has been sent. Each article is mailed to a reader once; the database sees to it."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from germane.web.readers import database
from germane.web.readers.models import DIGESTS, Mailed, Reader, new_key


def want_digest(reader_id: int, digest: str) -> bool:
    """Note how often a reader wants mail ("none", "daily", "weekly"), and return whether it has to be confirmed yet.

    Nothing is sent before it is. Who wants none, and wants it again later, confirms again. Raises ValueError for
    anything else.
    """
    if digest not in DIGESTS:
        raise ValueError(f"{digest!r} is no digest; there are {', '.join(DIGESTS)}")
    mine = Reader.objects.filter(pk=reader_id)
    if digest == "none":
        mine.update(digest="none", digest_confirmed_at=None)
        return False
    mine.update(digest=digest)
    return mine.filter(digest_confirmed_at=None).exists()


def confirm_digest(digest_key: str, now: datetime) -> bool:
    """Confirm the digest that a mailed key asks about, and return whether there is one. Again, it changes nothing."""
    mine = Reader.objects.filter(digest_key=digest_key, is_active=True).exclude(digest="none")
    return bool(mine.filter(digest_confirmed_at=None).update(digest_confirmed_at=now)) or mine.exists()


def stop_digest(digest_key: str) -> bool:
    """Send no digest any more to whom a mailed key belongs, and return whether it belongs to anybody.

    The key stays, so that the page of the mail's link goes on telling what it did.
    """
    mine = Reader.objects.filter(digest_key=digest_key)
    return bool(mine.update(digest="none", digest_confirmed_at=None))


def renew_feed_key(reader_id: int) -> None:
    """Give a reader's feed another address; the one before stops working."""
    Reader.objects.filter(pk=reader_id).update(feed_key=new_key())


def begin_sending(reader_id: int, ids: Collection[int], sent_before: datetime | None, now: datetime) -> bool:
    """Note that a digest with some articles is sent now; False when another process did so meanwhile.

    Written before the mail leaves: whoever is killed in between has sent it at most once.
    """
    with transaction.atomic(using=database()):
        mine = Reader.objects.filter(pk=reader_id, digest_sent_at=sent_before).exclude(digest="none")
        if not mine.update(digest_sent_at=now):
            return False
        rows = [Mailed(reader_id=reader_id, article_id=number, mailed_at=now) for number in ids]
        Mailed.objects.bulk_create(rows, ignore_conflicts=True)
        return True


def take_back_sending(reader_id: int, ids: Collection[int], sent_before: datetime | None, now: datetime) -> None:
    """Take that back, as the mail server did not take the mail."""
    with transaction.atomic(using=database()):
        Reader.objects.filter(pk=reader_id, digest_sent_at=now).update(digest_sent_at=sent_before)
        Mailed.objects.filter(reader_id=reader_id, article_id__in=list(ids), mailed_at=now).delete()
