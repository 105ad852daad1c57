"""Readers' named lists of articles: private, until their reader makes a link for sharing, which can be withdrawn."""

import unicodedata
from datetime import datetime

from django.db import IntegrityError, transaction

from germane.web.readers import database
from germane.web.readers.models import Collection, CollectionEntry, Reader, new_key
from germane.web.readers.store.notes import clean_text

MAX_NAME, MAX_ABOUT, MAX_OWN_NAME = 120, 2_000, 100  # characters
MAX_COLLECTIONS = 200
MAX_ENTRIES = 5_000


class CollectionError(ValueError):
    """What a collection cannot be. The message says why, and what would do. Trying again cannot help."""

    permanent = True


class NoSuchCollection(LookupError):  # noqa: N818
    """A collection that this reader does not have. Trying again cannot help."""

    permanent = True


def make_collection(reader_id: int, name: str, about: str, now: datetime) -> int:
    """Make an empty, private collection and return its number. Raises CollectionError."""
    name, about = _checked(name, about)
    with transaction.atomic(using=database()):
        if Collection.objects.filter(reader_id=reader_id).count() >= MAX_COLLECTIONS:
            raise CollectionError(f"there are {MAX_COLLECTIONS} collections already; remove one you no longer need")
        made, is_new = Collection.objects.get_or_create(
            reader_id=reader_id, name=name, defaults={"about": about, "made_at": now}
        )
    if not is_new:
        raise CollectionError(f"there is a collection called “{name}” already; choose another name")
    return int(made.pk)


def describe_collection(reader_id: int, collection_id: int, name: str, about: str) -> None:
    """Give a collection another name and description. Raises CollectionError, NoSuchCollection."""
    name, about = _checked(name, about)
    try:
        with transaction.atomic(using=database()):
            n = Collection.objects.filter(reader_id=reader_id, id=collection_id).update(name=name, about=about)
    except IntegrityError as error:
        raise CollectionError(f"there is a collection called “{name}” already; choose another name") from error
    _expect(n)


def delete_collection(reader_id: int, collection_id: int) -> bool:
    """Remove a collection with its list, and return whether there was one."""
    with transaction.atomic(using=database()):
        return bool(Collection.objects.filter(reader_id=reader_id, id=collection_id).delete()[0])


def add_article(reader_id: int, collection_id: int, article_id: int, now: datetime) -> bool:
    """Put an article into a collection, and return whether that is new. Raises CollectionError, NoSuchCollection."""
    with transaction.atomic(using=database()):
        _expect_own(reader_id, collection_id)
        entries = CollectionEntry.objects.filter(collection_id=collection_id)
        if entries.filter(article_id=article_id).exists():
            return False
        if entries.count() >= MAX_ENTRIES:
            raise CollectionError(f"a collection holds at most {MAX_ENTRIES:,} articles; begin another one")
        made = {"added_at": now}
        return CollectionEntry.objects.get_or_create(collection_id=collection_id, article_id=article_id, defaults=made)[
            1
        ]


def remove_article(reader_id: int, collection_id: int, article_id: int) -> bool:
    """Take an article out of a collection, and return whether it was in it. Raises NoSuchCollection."""
    with transaction.atomic(using=database()):
        _expect_own(reader_id, collection_id)
        entry = CollectionEntry.objects.filter(collection_id=collection_id, article_id=article_id)
        return bool(entry.delete()[0])


def share_collection(reader_id: int, collection_id: int) -> str:
    """Make a link's key for a collection, a new one if it has one: then the old link leads nowhere.

    Raises NoSuchCollection.
    """
    key = new_key()
    _expect(Collection.objects.filter(reader_id=reader_id, id=collection_id).update(share_key=key))
    return key


def unshare_collection(reader_id: int, collection_id: int) -> None:
    """Make a collection private: its link leads nowhere. Raises NoSuchCollection."""
    _expect(Collection.objects.filter(reader_id=reader_id, id=collection_id).update(share_key=None))


def name_reader(reader_id: int, name: str) -> None:
    """Keep the name that a reader's shared collections show; an empty one shows none. Raises CollectionError."""
    name = " ".join(clean_text(name).split())
    if len(name) > MAX_OWN_NAME:
        raise CollectionError(f"your name has at most {MAX_OWN_NAME} characters here")
    Reader.objects.filter(pk=reader_id).update(name=name)


def _checked(name: str, about: str) -> tuple[str, str]:
    name, about = " ".join(clean_text(name).split()), clean_text(about)
    if all(unicodedata.category(c)[0] in "CZ" for c in name):  # nothing that can be seen
        raise CollectionError("a collection needs a name")
    if len(name) > MAX_NAME:
        raise CollectionError(f"a collection’s name has at most {MAX_NAME} characters")
    if len(about) > MAX_ABOUT:
        raise CollectionError(f"a collection’s description has at most {MAX_ABOUT:,} characters")
    return name, about


def _expect_own(reader_id: int, collection_id: int) -> None:
    # locked where a database locks rows, so that it is not removed meanwhile
    mine = Collection.objects.select_for_update().filter(reader_id=reader_id, id=collection_id)
    _expect(len(mine.values_list("id", flat=True)))


def _expect(n: int) -> None:
    if not n:
        raise NoSuchCollection("there is no such collection")
