"""Reads of many readers at once, for the nightly jobs; what one reader's page asks is in `queries`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from allauth.account.models import EmailAddress
from django.db import connections
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from msgspec import Struct
from numpy.typing import NDArray

from germane.web.readers import database
from germane.web.readers.models import (
    Dismissal,
    Exclusion,
    Like,
    Mailed,
    ProfilePhrase,
    Reader,
    ReadMark,
    RecommendedList,
)
from germane.web.readers.queries import Excluded, Marks, Weighted

_AT_ONCE = 100_000  # rows held as Python objects

Ids = NDArray[np.int64]


class DueDigest(Struct, frozen=True):
    """A reader to whom a digest is due."""

    reader_id: int
    email: str
    digest: str  # "daily" or "weekly"
    digest_key: str
    feed_key: str
    since: datetime  # the digest before, or when they asked for it
    sent_at: datetime | None


def count_all_likes() -> tuple[int, int]:
    """Return how many likes there are, and of how many readers."""
    found = Like.objects.aggregate(likes=Count("id"), readers=Count("reader_id", distinct=True))
    return found["likes"], found["readers"]


def read_all_likes() -> tuple[Ids, Ids]:
    """Return all likes as (readers, articles), (n,) both."""
    found: list[Ids] = []
    with connections[database()].cursor() as cursor:
        cursor.execute("SELECT reader_id, article_id FROM readers_like")
        while some := cursor.fetchmany(_AT_ONCE):
            found.append(np.array(some, np.int64))
    pairs = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def marks_of_many(reader_ids: Sequence[int]) -> dict[int, Marks]:
    """Return what `queries.marks_of` does for each of some readers, in five queries for all."""
    liked: dict[int, dict[int, datetime]] = {number: {} for number in reader_ids}
    read: dict[int, set[int]] = {number: set() for number in reader_ids}
    dismissed: dict[int, dict[int, datetime]] = {number: {} for number in reader_ids}
    exclusions: dict[int, list[Excluded]] = {number: [] for number in reader_ids}
    phrases: dict[int, list[Weighted]] = {number: [] for number in reader_ids}
    theirs = Q(reader_id__in=list(reader_ids))
    newest_likes = Like.objects.filter(theirs).order_by("-liked_at", "-article_id")
    for reader, article, at in newest_likes.values_list("reader_id", "article_id", "liked_at"):
        liked[reader][article] = at
    for reader, article in ReadMark.objects.filter(theirs).values_list("reader_id", "article_id"):
        read[reader].add(article)
    newest = Dismissal.objects.filter(theirs).order_by("-dismissed_at")
    for reader, article, at in newest.values_list("reader_id", "article_id", "dismissed_at"):
        dismissed[reader][article] = at
    for reader, *said in Exclusion.objects.filter(theirs).values_list("reader_id", "kind", "value", "label"):
        exclusions[reader].append(Excluded(*said))
    for reader, slug, phrase, weight in ProfilePhrase.objects.filter(theirs).values_list(
        "reader_id", "slug", "phrase", "weight"
    ):
        phrases[reader].append(Weighted(slug, phrase, weight))
    return {
        n: Marks(liked[n], frozenset(read[n]), dismissed[n], tuple(exclusions[n]), tuple(phrases[n]))
        for n in reader_ids
    }


def readers_to_refresh(*, made_before: datetime, active_since: datetime, after: int, n: int) -> list[int]:
    """Return the next readers by number whose kept list is missing or old, of those who like anything and are active.

    Active is who signed in, or joined, since then, and who gets a digest.
    """
    due = _to_refresh(made_before, active_since).filter(pk__gt=after).order_by("pk")
    return list(due.values_list("pk", flat=True)[:n])


def count_to_refresh(*, made_before: datetime, active_since: datetime) -> int:
    """Return how many such readers there are."""
    return _to_refresh(made_before, active_since).count()


def _to_refresh(made_before: datetime, active_since: datetime) -> QuerySet[Reader]:
    is_active = Q(last_login__gte=active_since) | Q(joined_at__gte=active_since) | ~Q(digest="none")
    fresh = RecommendedList.objects.filter(reader_id=OuterRef("pk"), made_at__gte=made_before)
    likes = Like.objects.filter(reader_id=OuterRef("pk"))
    return Reader.objects.filter(is_active, ~Exists(fresh), Exists(likes), is_active=True)


def digests_due(now: datetime, *, after: int = 0, n: int = 100) -> list[DueDigest]:
    """Return the next readers by number to whom a digest is due: confirmed, to an address that is confirmed too."""
    an_hour = timedelta(hours=1)  # jobs do not start at the same second each day
    is_due = Q(digest_sent_at=None)
    for digest, days in (("daily", 1), ("weekly", 7)):
        is_due |= Q(digest=digest, digest_sent_at__lte=now - timedelta(days=days) + an_hour)
    verified = EmailAddress.objects.filter(user=OuterRef("pk"), email__iexact=OuterRef("email"), verified=True)
    found = (
        Reader.objects.filter(is_due, Exists(verified), pk__gt=after, is_active=True, digest_confirmed_at__isnull=False)
        .exclude(digest="none")
        .order_by("pk")
    )
    return [
        DueDigest(
            reader.pk,
            reader.email,
            reader.digest,
            reader.digest_key,
            reader.feed_key,
            reader.digest_sent_at or reader.digest_confirmed_at or now,
            reader.digest_sent_at,
        )
        for reader in found[:n]
    ]


def mailed_ids(reader_id: int) -> frozenset[int]:
    """Return the articles of which digests told a reader."""
    return frozenset(Mailed.objects.filter(reader_id=reader_id).values_list("article_id", flat=True))
