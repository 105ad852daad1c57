"""What steers a reader's recommendations for good: exclusions, and what they said of their profile's phrases."""

from datetime import datetime

from django.db import transaction

from germane.web.catalog.rows import phrase_slug
from germane.web.readers import database
from germane.web.readers.models import Dismissal, Exclusion, Like, ProfilePhrase, ReadMark, RecommendedList
from germane.web.readers.store import marks
from germane.web.readers.store.notes import clean_text

MAX_EXCLUSIONS = 200
MAX_PHRASES = 100
WEIGHTS = {"more": 1.0, "much": 2.0, "less": -1.0, "none": 0.0}


class TooMany(Exception):  # noqa: N818 (there are; nothing is broken)
    """A reader has as many exclusions or phrases as there is room for; the message says so."""


def exclude(reader_id: int, kind: str, value: str, label: str, now: datetime) -> bool:
    """Leave an author, a venue or a topic out for good, and return whether that is new. Raises TooMany."""
    mine = Exclusion.objects.filter(reader_id=reader_id)
    if mine.count() >= MAX_EXCLUSIONS:
        raise TooMany(f"At most {MAX_EXCLUSIONS} authors, venues and topics can be left out: take one back first.")
    made = {"label": label[:300], "made_at": now}
    return mine.get_or_create(reader_id=reader_id, kind=kind, value=value[:200], defaults=made)[1]


def include(reader_id: int, kind: str, value: str) -> bool:
    """Take that back, and return whether it had been left out."""
    return bool(Exclusion.objects.filter(reader_id=reader_id, kind=kind, value=value).delete()[0])


def weigh_phrase(reader_id: int, phrase: str, weight: float) -> bool:
    """Say how much a phrase of the profile counts, -1 to 2, 0 being not at all; return whether anything was said.

    Raises TooMany.
    """
    phrase = clean_text(phrase)
    slug, mine = phrase_slug(phrase), ProfilePhrase.objects.filter(reader_id=reader_id)
    if not slug:
        return False
    if mine.exclude(slug=slug).count() >= MAX_PHRASES:
        raise TooMany(f"A profile has at most {MAX_PHRASES} phrases of your own: take one out first.")
    said = {"phrase": " ".join(phrase.split())[:200], "weight": weight}
    ProfilePhrase.objects.update_or_create(reader_id=reader_id, slug=slug, defaults=said)
    return True


def forget_phrase(reader_id: int, phrase: str) -> bool:
    """Leave a phrase as the likes say, and return whether something else had been said of it."""
    mine = ProfilePhrase.objects.filter(reader_id=reader_id, slug=phrase_slug(phrase))
    return bool(mine.delete()[0])


def reset(reader_id: int, *, with_likes: bool = False) -> int:
    """Forget all that steers recommendations, on demand likes and read marks too; return how much there was."""
    with transaction.atomic(using=database()):
        n = sum(m.objects.filter(reader_id=reader_id).delete()[0] for m in (Exclusion, ProfilePhrase, Dismissal))
        RecommendedList.objects.filter(reader_id=reader_id).delete()
        if with_likes:
            liked = list(Like.objects.filter(reader_id=reader_id).values_list("article_id", flat=True))
            n += sum(marks.unlike(reader_id, number) for number in liked)
            n += ReadMark.objects.filter(reader_id=reader_id).delete()[0]
        return n
