"""Articles that a text speaks of, found through a real index."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from germane.enrich.embedding import load_embedder
from germane.index import Document, Index, open_index
from germane.index.analysis import stems
from germane.matching.text import ArticleText
from germane.relate.finding import IndexWords, find_articles

TEXTS = {
    1: ("Capillary rise in moss stems", "We weigh moss after rain. Water climbs the stems by capillarity."),
    2: ("Glass tubes that sing", "Blowing over glass tubes makes tones. The tones follow their length."),
    3: ("Renal outcomes of statins", "Statins and renal function in 4,512 adults."),
    4: ("Wheel running of mice", "Mice run at night, and their hearts beat faster."),
    5: ("Moss gardens of Kyoto", "A history of gardens with moss."),
}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    embedder = load_embedder()
    index = open_index("embedded:", tmp_path, create=True, dimensions=embedder.dimensions, vector_model=embedder.name)
    vectors = embedder.embed(list(TEXTS.values())).astype("<f2")
    index.add(
        Document(id=i, title=title, abstract=abstract, vector=vector.tobytes())
        for (i, (title, abstract)), vector in zip(TEXTS.items(), vectors, strict=True)
    )
    index.commit()
    yield index
    index.close()


def read(ids: Sequence[int]) -> list[ArticleText]:
    return [ArticleText(i, *TEXTS[i]) for i in ids]


def test_an_article_is_found_by_its_words(index: Index) -> None:
    found = find_articles(index, "Why moss drinks: capillary rise", texts=read)
    assert found[0].id == 1
    assert {each.id for each in found} >= {1, 5}
    assert all(0 <= each.probability <= 1 for each in found)


def test_an_article_is_found_by_meaning_alone(index: Index) -> None:
    text = "rodent exercise"
    assert find_articles(index, text, texts=read) == []
    assert find_articles(index, text, texts=read, embedder=load_embedder())[0].id == 4


def test_excluded_and_unlikely_articles_are_left_out(index: Index) -> None:
    text = "moss stems"
    assert 1 not in {each.id for each in find_articles(index, text, texts=read, excluded_ids=[1])}
    assert find_articles(index, text, texts=read, least=1.0) == []
    assert len(find_articles(index, text, texts=read, n=1)) == 1


def test_an_encoder_reads_the_best_again(index: Index) -> None:
    class Reversing:
        """Says that what speaks of Kyoto is meant, whatever is asked."""

        name, dimensions = "test/1", 2

        def embed(self, texts: Sequence[tuple[str, str]]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
            return np.array([[0, 1] if title and "Kyoto" not in title else [1, 0] for title, _ in texts], np.float32)

    text = "moss capillary"
    assert find_articles(index, text, texts=read)[0].id == 1
    assert find_articles(index, "moss", texts=read, encoder=Reversing())[0].id == 5


def test_articles_whose_text_is_not_at_hand_are_left_out(index: Index) -> None:
    found = find_articles(index, "moss", texts=lambda ids: read([i for i in ids if i != 1]))
    assert [each.id for each in found] == [5]


@pytest.mark.parametrize("text", ["", " ", "?!", "https://t.co/x", "\ud800", "日本"])
def test_a_text_without_a_telling_word_finds_nothing_and_fails_never(index: Index, text: str) -> None:
    assert find_articles(index, text, texts=read, embedder=load_embedder(), least=0.5) == []


def test_words_are_those_of_the_index(index: Index) -> None:
    words = IndexWords(index)
    assert words.n_documents == 5
    assert words.stems("Mosses and stems") == ["moss", "and", "stem"]
    text = f"Señor's β-catenin_2 CO₂ ﬁnds 日本 STEMS, IL-6; {'x' * 80} İstanbul Straße"
    assert words.stems(text) == stems(text)  # as the index itself reads it, only quicker
    assert words.doc_freqs(["moss", "and", "unseen"]).tolist() == [2, -1, 0]
    assert words.doc_freqs([]).tolist() == []
