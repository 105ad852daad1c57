"""All reads of the readers' tables. Each is told whose rows it may see; articles are numbers here.

Lists go by keyset: `after` is the place of the last line shown, as (microseconds since 1970, number).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import DatabaseError
from django.db.models import Count, Model, Q
from msgspec import Struct

from germane.web.catalog.store.sql import rows
from germane.web.readers import database
from germane.web.readers.models import (
    Alert,
    Collection,
    CollectionEntry,
    Dismissal,
    Exclusion,
    Like,
    LikeCount,
    Note,
    ProfilePhrase,
    ReadMark,
)

After = tuple[int, int] | None
SHOWN_FROM = 3  # likes; of fewer the public is told nothing, for they might tell who liked it
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SOME = 500  # values in one IN list


# Marks


class Marked(NamedTuple):
    """An article's number in one of a reader's lists, and since when it is there."""

    article_id: int
    at: datetime

    @property
    def place(self) -> str:
        """Return its place in the list, as an address carries it."""
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}.{self.article_id}"


class Excluded(NamedTuple):
    """An author, venue or topic of which a reader wants nothing recommended."""

    kind: str
    value: str
    label: str


class Weighted(NamedTuple):
    """What a reader said of a phrase of their profile: -1 (less) to 2 (much more), 0: not at all."""

    slug: str
    phrase: str
    weight: float


class Marks(Struct, frozen=True):
    """All that a reader said which recommendations are made of."""

    liked: Mapping[int, datetime]  # since when, newest first
    read: frozenset[int]
    dismissed: Mapping[int, datetime]  # newest first
    exclusions: tuple[Excluded, ...]
    phrases: tuple[Weighted, ...]


class State(Struct, frozen=True):
    """What a signed-in reader's browser is told of some articles."""

    liked: tuple[int, ...]
    read: tuple[int, ...]
    has_likes: bool  # of any article
    n_unseen: int  # alerts


class OwnMarks(Struct, frozen=True):
    """What one reader said of one article."""

    liked_at: datetime | None = None
    read_at: datetime | None = None
    dismissed_at: datetime | None = None
    note: str = ""
    collections: frozenset[int] = frozenset()  # those of theirs that it is in


def marks_of(reader_id: int) -> Marks:
    """Return all that a reader said which recommendations are made of, in five queries."""
    mine = Q(reader_id=reader_id)
    return Marks(
        liked=dict(
            Like.objects.filter(mine).order_by("-liked_at", "-article_id").values_list("article_id", "liked_at")
        ),
        read=frozenset(ReadMark.objects.filter(mine).values_list("article_id", flat=True)),
        dismissed=dict(
            Dismissal.objects.filter(mine).order_by("-dismissed_at").values_list("article_id", "dismissed_at")
        ),
        exclusions=tuple(Excluded(*row) for row in Exclusion.objects.filter(mine).order_by("kind", "label")
                         .values_list("kind", "value", "label")),
        phrases=tuple(Weighted(*row) for row in ProfilePhrase.objects.filter(mine).order_by("slug")
                      .values_list("slug", "phrase", "weight")),
    )  # fmt: skip


def liked_ids(reader_id: int) -> list[int]:
    """Return the numbers of the articles that a reader likes, the newest like first."""
    mine = Like.objects.filter(reader_id=reader_id).order_by("-liked_at", "-article_id")
    return list(mine.values_list("article_id", flat=True))


def state_of(reader_id: int, ids: Sequence[int]) -> State:
    """Return what a reader's browser is told of some articles, at most 500 of them."""
    wanted = Q(reader_id=reader_id, article_id__in=ids[:_SOME])
    liked = tuple(Like.objects.filter(wanted).values_list("article_id", flat=True))
    return State(
        liked=liked,
        read=tuple(ReadMark.objects.filter(wanted).values_list("article_id", flat=True)),
        has_likes=bool(liked) or Like.objects.filter(reader_id=reader_id).exists(),
        n_unseen=Alert.objects.filter(reader_id=reader_id, seen_at=None).count(),
    )


def own_marks(reader_id: int, article_id: int) -> OwnMarks:
    """Return what a reader said of an article."""
    mine = Q(reader_id=reader_id, article_id=article_id)
    inside = CollectionEntry.objects.filter(collection__reader_id=reader_id, article_id=article_id)
    return OwnMarks(
        liked_at=Like.objects.filter(mine).values_list("liked_at", flat=True).first(),
        read_at=ReadMark.objects.filter(mine).values_list("read_at", flat=True).first(),
        dismissed_at=Dismissal.objects.filter(mine).values_list("dismissed_at", flat=True).first(),
        note=Note.objects.filter(mine).values_list("text", flat=True).first() or "",
        collections=frozenset(inside.values_list("collection_id", flat=True)),
    )


def read_likes(reader_id: int, after: After = None, n: int = 25) -> list[Marked]:
    """Return one page of a reader's likes, newest first, and one more than `n` when there are more."""
    return _page(Like, "liked_at", Q(reader_id=reader_id), after, n)


def read_read(reader_id: int, after: After = None, n: int = 25) -> list[Marked]:
    """Return one page of what a reader has read, in the same way."""
    return _page(ReadMark, "read_at", Q(reader_id=reader_id), after, n)


def count_likes(reader_id: int) -> int:
    """Return how many articles a reader likes."""
    return Like.objects.filter(reader_id=reader_id).count()


# Public counts


def n_likes_shown(article_id: int) -> int:
    """Return the number of likes that an article's page shows: 0 when there are fewer than `SHOWN_FROM`.

    0 too when the readers' database cannot be read, on a full disk for instance: the page can be served without it.
    """
    try:
        found = rows("SELECT n FROM readers_likecount WHERE article_id = %s", [article_id], alias=database())
    except DatabaseError:
        return 0
    return int(found[0][0]) if found and found[0][0] >= SHOWN_FROM else 0


def most_liked(n: int) -> list[int]:
    """Return the numbers of the articles with the most likes, of those whose likes the public is told of."""
    counted = LikeCount.objects.filter(n__gte=SHOWN_FROM).order_by("-n", "article_id")
    return list(counted.values_list("article_id", flat=True)[:n])


# For you


def newest_followed(reader_id: int, n: int) -> list[tuple[int, str]]:
    """Return the newest articles in what a reader follows, each once, with why."""
    told = Alert.objects.filter(reader_id=reader_id, kind="new").order_by("-happened_at", "-id")
    found: dict[int, str] = {}
    for article_id, why in told.values_list("article_id", "why")[:n]:
        found.setdefault(article_id, why)
    return list(found.items())


# Notes


class Noted(NamedTuple):
    """A reader's note of an article."""

    article_id: int
    at: datetime
    text: str

    @property
    def place(self) -> str:
        """Return its place in the list, as an address carries it."""
        return Marked(self.article_id, self.at).place


def read_notes(reader_id: int, after: After = None, n: int = 25) -> list[Noted]:
    """Return one page of a reader's notes, the last changed first, and one more than `n` when there are more."""
    page = _page(Note, "changed_at", Q(reader_id=reader_id), after, n)
    ids = [marked.article_id for marked in page]
    texts = dict(Note.objects.filter(reader_id=reader_id, article_id__in=ids).values_list("article_id", "text"))
    return [Noted(article_id, at, texts[article_id]) for article_id, at in page]


# Collections


class CollectionLine(NamedTuple):
    """A collection as its reader's list shows it."""

    id: int
    name: str
    about: str
    share_key: str  # "": private
    made_at: datetime
    n_articles: int


class SharedCollection(NamedTuple):
    """A collection as those see it who have its link."""

    id: int
    name: str
    about: str
    by: str  # the name that its reader has given themselves, "" when none
    n_articles: int


def read_collections(reader_id: int) -> list[CollectionLine]:
    """Return a reader's collections by name."""
    return _collections(Q(reader_id=reader_id))


def find_collection(reader_id: int, collection_id: int) -> CollectionLine | None:
    """Return a collection of a reader's, or None when they have no such."""
    found = _collections(Q(reader_id=reader_id, id=collection_id))
    return found[0] if found else None


def find_shared(share_key: str) -> SharedCollection | None:
    """Return the collection that a link leads to, or None when it leads to none (any more)."""
    found = Collection.objects.filter(share_key=share_key, reader__is_active=True)
    row = found.values_list("id", "name", "about", "reader__name").first()
    if row is None:
        return None
    return SharedCollection(*row, CollectionEntry.objects.filter(collection_id=row[0]).count())


def read_entries(collection_id: int, after: After = None, n: int = 25) -> list[Marked]:
    """Return one page of a collection, the last added first, and one more than `n` when there are more.

    Whoever asks has found the collection by `find_collection` or `find_shared`.
    """
    return _page(CollectionEntry, "added_at", Q(collection_id=collection_id), after, n)


def entry_ids(collection_id: int) -> list[int]:
    """Return the numbers of all of a collection's articles, the last added first."""
    entries = CollectionEntry.objects.filter(collection_id=collection_id).order_by("-added_at", "-article_id")
    return list(entries.values_list("article_id", flat=True))


def _collections(wanted: Q) -> list[CollectionLine]:
    rows = list(Collection.objects.filter(wanted).order_by("name").values_list(
        "id", "name", "about", "share_key", "made_at"))  # fmt: skip
    entries = CollectionEntry.objects.filter(collection_id__in=[row[0] for row in rows])
    counts = dict(entries.values_list("collection_id").annotate(n=Count("id")))
    return [
        CollectionLine(number, name, about, key or "", made_at, counts.get(number, 0))
        for number, name, about, key, made_at in rows
    ]


def _page(model: type[Model], when: str, wanted: Q, after: After, n: int) -> list[Marked]:
    if after:
        micros, number = after
        at = _EPOCH + timedelta(microseconds=micros)
        wanted &= Q(**{f"{when}__lt": at}) | Q(**{when: at, "article_id__lt": number})
    rows = model._default_manager.filter(wanted).order_by(f"-{when}", "-article_id")
    return [Marked(*row) for row in rows.values_list("article_id", when)[: n + 1]]
