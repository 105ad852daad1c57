"""What a question of an article's words may cost: the least telling ones are left out of a large index's."""

from pathlib import Path

import pytest

from germane.index import Document
from germane.index.embedded import EmbeddedIndex, likeness
from germane.index.embedded.folder import open_folder

DOCUMENTS = [Document(id=n, title=f"Rare word{n} of soil", abstract="common water plants") for n in range(1, 41)]
ASKED = Document(id=99, title="word7 word8", abstract="soil water plants")


@pytest.fixture
def index(tmp_path: Path) -> EmbeddedIndex:
    folder = tmp_path / "index"
    made = EmbeddedIndex(folder, open_folder(folder, create=True), 8, "test/1")
    made.add(DOCUMENTS)
    made.commit()
    return made


def _words(index: EmbeddedIndex) -> list[str]:
    view = index._current_view()
    return [f.match.text for f in likeness.features_of(view.searcher, index._index.schema, ASKED)]


def test_all_words_are_asked_for_where_that_costs_little(index: EmbeddedIndex) -> None:
    assert set(_words(index)) == {"word7", "word8", "soil", "water", "plants"}


def test_the_least_telling_words_are_left_out_first(index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "MIN_TERMS", 1)
    monkeypatch.setattr(likeness, "MAX_POSTINGS", 50)  # the two rare words and one that all have
    assert _words(index)[:2] == ["word7", "word8"]
    assert len(_words(index)) == 3


def test_some_words_are_asked_for_however_common(index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "MIN_TERMS", 4)
    monkeypatch.setattr(likeness, "MAX_POSTINGS", 1)
    assert len(_words(index)) == 4
    assert {hit.id for hit in index.similar(ASKED, n=2)} == {7, 8}
