"""Collections: made, changed, shared and removed by their reader alone."""

from collections.abc import Callable

import pytest

from germane.web.readers import queries
from germane.web.readers.models import Reader
from germane.web.readers.store import collections
from germane.web.readers.store.collections import CollectionError, NoSuchCollection
from tests.web.readers.people import DAY, NOW, make_reader

pytestmark = pytest.mark.django_db


def make(reader: Reader, name: str = "To read") -> int:
    return collections.make_collection(reader.pk, name, "about it", NOW)


def test_a_collection_is_private_named_and_empty() -> None:
    ada = make_reader()
    number = collections.make_collection(ada.pk, "  To \n read ", " a\r\nb ", NOW)
    found = queries.find_collection(ada.pk, number)
    assert found == queries.CollectionLine(number, "To read", "a\nb", "", NOW, 0)
    assert queries.read_collections(ada.pk) == [found]


@pytest.mark.parametrize(
    ("name", "about"), [("", ""), (" \n", ""), ("x" * 121, ""), ("\u200b\u202e", ""), ("x", "y" * 2_001)]
)
def test_what_is_no_collection_is_refused(name: str, about: str) -> None:
    ada = make_reader()
    with pytest.raises(CollectionError):
        collections.make_collection(ada.pk, name, about, NOW)
    assert queries.read_collections(ada.pk) == []


def test_two_collections_of_a_reader_have_different_names() -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    make(ada)
    make(ben)
    with pytest.raises(CollectionError, match="another name"):
        make(ada)
    other = make(ada, "Other")
    with pytest.raises(CollectionError, match="another name"):
        collections.describe_collection(ada.pk, other, "To read", "")
    assert [c.name for c in queries.read_collections(ada.pk)] == ["Other", "To read"]


def test_articles_are_in_it_once_the_last_added_first() -> None:
    ada = make_reader()
    number = make(ada)
    assert collections.add_article(ada.pk, number, 1, NOW)
    assert collections.add_article(ada.pk, number, 2, NOW + DAY)
    assert not collections.add_article(ada.pk, number, 1, NOW + 2 * DAY)
    assert queries.entry_ids(number) == [2, 1]
    assert [m.article_id for m in queries.read_entries(number)] == [2, 1]
    assert queries.own_marks(ada.pk, 1).collections == {number}
    assert collections.remove_article(ada.pk, number, 2)
    assert not collections.remove_article(ada.pk, number, 2)
    assert queries.read_collections(ada.pk)[0].n_articles == 1


def test_a_collection_has_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collections, "MAX_ENTRIES", 2)
    monkeypatch.setattr(collections, "MAX_COLLECTIONS", 1)
    ada = make_reader()
    number = make(ada)
    for article in (1, 2):
        collections.add_article(ada.pk, number, article, NOW)
    with pytest.raises(CollectionError, match="begin another one"):
        collections.add_article(ada.pk, number, 3, NOW)
    with pytest.raises(CollectionError, match="remove one"):
        make(ada, "Second")


def test_a_link_can_be_made_renewed_and_withdrawn() -> None:
    ada = make_reader()
    number = make(ada)
    first = collections.share_collection(ada.pk, number)
    assert queries.find_shared(first) == queries.SharedCollection(number, "To read", "about it", "", 0)
    second = collections.share_collection(ada.pk, number)
    assert queries.find_shared(first) is None
    assert queries.find_shared(second)
    collections.unshare_collection(ada.pk, number)
    assert queries.find_shared(second) is None
    assert queries.find_shared("") is None


def test_a_shared_collection_names_who_wants_to_be_named() -> None:
    ada = make_reader()
    key = collections.share_collection(ada.pk, make(ada))
    Reader.objects.filter(pk=ada.pk).update(name="Ada L.")
    shared = queries.find_shared(key)
    assert shared
    assert shared.by == "Ada L."
    Reader.objects.filter(pk=ada.pk).update(is_active=False)
    assert queries.find_shared(key) is None


CHANGES: dict[str, Callable[[int, int], object]] = {
    "describe": lambda reader, number: collections.describe_collection(reader, number, "Mine now", ""),
    "add": lambda reader, number: collections.add_article(reader, number, 5, NOW),
    "remove": lambda reader, number: collections.remove_article(reader, number, 1),
    "share": collections.share_collection,
    "unshare": collections.unshare_collection,
}


@pytest.mark.parametrize("name", CHANGES)
def test_nobody_else_changes_a_collection(name: str) -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    number = make(ada)
    collections.add_article(ada.pk, number, 1, NOW)
    collections.share_collection(ada.pk, number)
    before = queries.find_collection(ada.pk, number)
    with pytest.raises(NoSuchCollection):
        CHANGES[name](ben.pk, number)
    assert queries.find_collection(ada.pk, number) == before
    assert queries.entry_ids(number) == [1]


def test_nobody_else_sees_or_removes_a_collection() -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    number = make(ada)
    assert queries.find_collection(ben.pk, number) is None
    assert not collections.delete_collection(ben.pk, number)
    assert queries.read_collections(ben.pk) == []
    assert collections.delete_collection(ada.pk, number)
    assert not collections.delete_collection(ada.pk, number)
