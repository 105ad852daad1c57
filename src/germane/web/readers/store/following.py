"""What readers follow: articles, keyphrases, venues, authors, searches."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from germane.web.readers import database
from germane.web.readers.models import Follow

MAX_FOLLOWED = 500  # things, for one reader
_MAX_LABEL, _MAX_TARGET = 300, 1_000  # characters


class FollowError(ValueError):
    """What cannot be followed. The message says why, and what would do. Trying again cannot help."""

    permanent = True


class Stopped(NamedTuple):
    """What a reader follows no longer: enough to follow it again."""

    kind: str
    target: str
    label: str


def follow(reader_id: int, kind: str, target: str, label: str, seen_to: int, now: datetime) -> bool:
    """Note that a reader follows something, and return whether that is new. Raises FollowError.

    What has a number up to `seen_to` (of an article; of a mention where an article is followed) is not told.
    """
    if len(target) > _MAX_TARGET:
        raise FollowError(f"this is too long to be followed; use fewer words, at most {_MAX_TARGET:,} characters")
    with transaction.atomic(using=database()):
        mine = Follow.objects.filter(reader_id=reader_id)
        if mine.filter(kind=kind, target=target).exists():
            return False
        if mine.count() >= MAX_FOLLOWED:
            raise FollowError(f"you follow {MAX_FOLLOWED} things already; stop following one that you no longer need")
        made = {"label": label[:_MAX_LABEL], "made_at": now, "seen_to": seen_to}
        return Follow.objects.get_or_create(reader_id=reader_id, kind=kind, target=target, defaults=made)[1]


def stop_following(reader_id: int, follow_id: int) -> Stopped | None:
    """Stop following something, and return what it was, or None when this reader follows no such thing."""
    with transaction.atomic(using=database()):
        mine = Follow.objects.filter(reader_id=reader_id, id=follow_id)
        row = mine.values_list("kind", "target", "label").first()
        mine.delete()
    return Stopped(*row) if row else None


def follow_absorbed_articles(absorbed: Mapping[int, int]) -> int:
    """Let who follows a merged article follow the one that absorbed it, once; return how many that concerned."""
    names = {str(loser): str(winner) for loser, winner in absorbed.items()}
    moving = list(Follow.objects.filter(kind="article", target__in=list(names)))
    for row in moving:
        with transaction.atomic(using=database()):
            winner = names[row.target]
            if Follow.objects.filter(reader_id=row.reader_id, kind="article", target=winner).exists():
                row.delete()
            else:
                Follow.objects.filter(pk=row.pk).update(target=winner)
    return len(moving)
