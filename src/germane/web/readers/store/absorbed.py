"""Articles turn out to be one: what readers said of the one then stands at the other, once."""

from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import Model

from germane.web.readers import database
from germane.web.readers.models import CollectionEntry, Dismissal, Like, LikeCount, Note, ReadMark
from germane.web.readers.store import counting
from germane.web.readers.store.following import follow_absorbed_articles

# Of two marks of one reader the earlier stays.
_DATED: tuple[tuple[type[Model], str, str], ...] = (
    (Like, "reader_id", "liked_at"),
    (ReadMark, "reader_id", "read_at"),
    (Dismissal, "reader_id", "dismissed_at"),
    (CollectionEntry, "collection_id", "added_at"),
)


def follow_absorbed(absorbed: Mapping[int, int]) -> int:
    """Move the marks of articles to those that absorbed them, given as {absorbed: by whom}; return how many moved.

    Called again, it moves nothing. Of two likes the earlier stays; notes are joined.
    """
    n = follow_absorbed_articles(absorbed)
    for loser in _marked(absorbed):
        winner = absorbed[loser]
        with transaction.atomic(using=database()):
            for model, whose, when in _DATED:
                n += _move_dated(model, whose, when, loser, winner)
            n += _move_notes(loser, winner)
    return n


def _marked(ids: Collection[int]) -> list[int]:
    """Return those of some articles that anybody marked."""
    models: list[type[Model]] = [*(model for model, _, _ in _DATED), Note]
    found: set[int] = set()
    for model in models:
        some = model._default_manager.filter(article_id__in=list(ids))
        found.update(some.values_list("article_id", flat=True).distinct())
    return sorted(found)


def _move_dated(model: type[Model], whose: str, when: str, loser: int, winner: int) -> int:
    rows = model._default_manager
    moving = list(rows.filter(article_id=loser).values_list("pk", whose, when))
    if not moving:
        return 0
    there = {
        owner: (pk, at)
        for pk, owner, at in rows.filter(article_id=winner, **{f"{whose}__in": [owner for _, owner, _ in moving]})
        .values_list("pk", whose, when)
    }  # fmt: skip
    for pk, owner, at in moving:
        if owner not in there:
            rows.filter(pk=pk).update(article_id=winner)
        else:
            rows.filter(pk=pk).delete()
            if at < there[owner][1]:
                rows.filter(pk=there[owner][0]).update(**{when: at})
    if model is Like:
        _count_again(loser, winner)
    return len(moving)


def _count_again(loser: int, winner: int) -> None:
    LikeCount.objects.filter(article_id__in=[loser, winner]).delete()
    if n := Like.objects.filter(article_id=winner, is_counted=True).count():
        counting.add(winner, n)


def _move_notes(loser: int, winner: int) -> int:
    moving = list(Note.objects.filter(article_id=loser))
    for note in moving:
        other = Note.objects.filter(reader_id=note.reader_id, article_id=winner).first()
        if other is None:
            Note.objects.filter(pk=note.pk).update(article_id=winner)
            continue
        # Perhaps longer than a note may be: what a reader wrote is not cut, and their next change has to be shorter.
        text = other.text if note.text in other.text else f"{other.text}\n\n{note.text}"
        Note.objects.filter(pk=other.pk).update(text=text, changed_at=max(note.changed_at, other.changed_at))
        Note.objects.filter(pk=note.pk).delete()
    return len(moving)
