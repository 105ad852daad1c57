"""Which articles an item is on the topic of, and when it keeps silent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from germane.index import Document, Index, TermField, open_index
from germane.item import ABOUT_CODES, Item
from germane.relate.shelves import MAX_ARTICLES, Phrase, best_items, is_topic, telling_phrases, topic_mentions


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


def test_parts_of_longer_phrases_do_not_count_twice(index: Index) -> None:
    index.add([Document(id=400, keyphrases=("northern forests",))])
    index.commit()
    found = telling_phrases(index, "Birds of wet northern forests and moss stems", 0)
    assert [phrase.text for phrase in found] == ["wet northern forests", "moss stems"]


def test_phrases_of_digits_are_no_topic(index: Index) -> None:
    index.add([Document(id=400, keyphrases=("2019",))])
    index.commit()
    assert telling_phrases(index, "2019", 0) == []


def test_a_rare_keyphrase_that_many_texts_have_is_no_topic(index: Index) -> None:
    index.add(Document(id=2_000 + i, abstract="As moss stems do.") for i in range(100))
    index.commit()
    assert [phrase.text for phrase in telling_phrases(index, "moss stems and glass tubes", 0)] == ["glass tubes"]


def test_a_phrase_does_not_reach_over_a_full_stop(index: Index) -> None:
    assert telling_phrases(index, "Grown on moss. Stems of glass, tubes of capillary; rise", 0) == []


def test_prominent_is_what_stands_in_the_title(index: Index) -> None:
    text = "Glass tubes\n\nmoss stems, capillary rise, glass tubes"
    found = {phrase.text: phrase.is_prominent for phrase in telling_phrases(index, text, 11)}
    assert found == {"Glass tubes": True, "moss stems": False, "capillary rise": False}


class Counting:
    """An index that notes what it counts texts of."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.index, name)

    def doc_freq(self, term: str, field: TermField = "text") -> int:
        self.asked.append(term)
        return self.index.doc_freq(term, field)


def test_texts_are_counted_only_for_phrases_that_could_be_enough(index: Index) -> None:
    counting = Counting(index)
    (found,) = topic_mentions(item("Moss stems by capillary rise, tax law"), cast("Index", counting))
    assert found.article_id == 1
    assert counting.asked == ["Moss stems", "capillary rise"]  # an article with "tax law" has nothing else of the item


def test_a_phrase_of_many_texts_does_not_make_a_topic_with_another_one(index: Index) -> None:
    text = "moss stems and capillary rise"
    assert topic_mentions(item(text), index)
    index.add(Document(id=2_000 + i, abstract="As moss stems do.") for i in range(100))
    index.commit()
    assert topic_mentions(item(text), index) == []


def test_common_phrases_together_are_not_enough() -> None:
    assert not is_topic([Phrase("a b", 9_000, 2, 0, True), Phrase("c d", 9_000, 2, 9, True)], 100_000)
    assert is_topic([Phrase("a b", 90, 2, 0, False), Phrase("c d", 90, 2, 9, False)], 100_000)
    assert is_topic([Phrase("a b", 9, 2, 0, True)], 100_000)
    assert not is_topic([Phrase("a b", 9, 2, 0, False)], 100_000)


def test_a_tab_keeps_the_surest_items() -> None:
    scores = {"a": 0.5, "b": 0.9, "c": 0.5, "d": 0.1, "e": 0.8, "f": 0.7, "g": 0.2}
    assert best_items(scores) == ["b", "e", "f", "a", "c"]
