"""Which articles an item is on the topic of, and when it keeps silent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from germane.index import Document, Index, PhraseFound, open_index
from germane.item import ABOUT_CODES, Item
from germane.relate.shelves import MAX_ARTICLES, best_items, is_topic, telling_phrases, topic_mentions


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = open_index("embedded:", tmp_path, create=True)
    index.add(
        [
            Document(id=1, title="A", keyphrases=("capillary rise", "moss stems", "forest")),
            Document(id=2, title="B", keyphrases=("capillary rise", "glass tubes")),
            Document(id=3, title="C", keyphrases=("wet northern forests",)),
        ]
    )
    index.add(Document(id=10 + i, title="D", keyphrases=("forest", f"tree {i}")) for i in range(60))
    index.add(Document(id=100 + i, title="E", keyphrases=("tax law",)) for i in range(900))
    index.commit()
    yield index
    index.close()


def item(title: str, excerpt: str = "") -> Item:
    return Item(channel="feeds", key="k", kind="news", title=title, excerpt=excerpt)


def test_two_shared_phrases_make_a_topic(index: Index) -> None:
    (found,) = topic_mentions(item("Why a moss stem drinks", "Capillary rise explains it"), index)
    assert found.article_id == 1
    assert found.evidence.code == "phrases"
    assert found.evidence.matched == "moss stem; Capillary rise"
    assert found.evidence.code not in ABOUT_CODES
    assert 0 < found.evidence.confidence < 1


def test_one_long_rare_phrase_makes_a_topic(index: Index) -> None:
    (found,) = topic_mentions(item("Birds of the wet northern forests"), index)
    assert (found.article_id, found.evidence.matched) == (3, "wet northern forests")


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Nothing of the kind",
        "A walk in the forest",  # what many articles have is no topic
        "Tax law and forest",
        "Capillary rise",  # two words, and in a small corpus rare by chance
    ],
)
def test_it_keeps_silent_when_unsure(index: Index, title: str) -> None:
    assert topic_mentions(item(title), index) == []


def test_the_whole_text_counts_where_it_is_at_hand(index: Index) -> None:
    assert topic_mentions(item("News"), index) == []
    found = topic_mentions(item("News"), index, text="Of glass tubes and capillary rise.")
    assert [mention.article_id for mention in found] == [2]


def test_articles_that_the_item_is_about_are_left_out(index: Index) -> None:
    text = "moss stems, glass tubes and capillary rise"
    assert {mention.article_id for mention in topic_mentions(item(text), index)} == {1, 2}
    assert [mention.article_id for mention in topic_mentions(item(text), index, excluded_ids=[1])] == [2]


def test_no_item_is_on_the_topic_of_more_than_a_few_articles(index: Index) -> None:
    index.add(Document(id=300 + i, title="F", keyphrases=("capillary rise", "glass tubes")) for i in range(8))
    index.commit()
    found = topic_mentions(item("glass tubes and capillary rise"), index)
    assert len(found) == MAX_ARTICLES
    assert found == topic_mentions(item("glass tubes and capillary rise"), index)


def test_parts_of_longer_phrases_do_not_count_twice() -> None:
    long = PhraseFound("wet northern forests", 1, 0, 3)
    part = PhraseFound("northern forests", 1, 4, 2)
    other = PhraseFound("moss", 2, 40, 1)
    assert telling_phrases([long, part, other], 1000) == [long, other]


def test_phrases_of_digits_are_no_topic() -> None:
    assert telling_phrases([PhraseFound("2019", 1, 0, 1)], 1000) == []


def test_common_phrases_together_are_not_enough() -> None:
    assert not is_topic([PhraseFound("a b", 9_000, 0, 2), PhraseFound("c d", 9_000, 9, 2)], 100_000)
    assert is_topic([PhraseFound("a b", 90, 0, 2), PhraseFound("c d", 90, 9, 2)], 100_000)


def test_a_tab_keeps_the_surest_items() -> None:
    scores = {"a": 0.5, "b": 0.9, "c": 0.5, "d": 0.1, "e": 0.8, "f": 0.7, "g": 0.2}
    assert best_items(scores) == ["b", "e", "f", "a", "c"]
