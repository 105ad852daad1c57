"""A text is looked up piece by piece, and is the same words as if it were read in one go."""

from collections import Counter
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.index import pieces
from germane.index.analysis import DULL_STEMS, compounds, prepare, stems
from germane.index.pieces import Vocabulary, cut
from germane.index.terms import MAX_COUNT, TITLE_WEIGHT, term_counts, weighed_terms

UGLY = st.text(alphabet="abzAZé\u0301ß東ﬁ -–.,'’_9²\u00a0\n\t$\\İ\u2011", max_size=60)


@given(st.lists(UGLY, max_size=5))
@settings(max_examples=60)
def test_pieces_have_the_stems_of_the_whole_text(texts: list[str]) -> None:
    prepared = [prepare(text) for text in texts]
    found = cut(prepared)
    assert [found.stemmed(i).split() for i in range(len(texts))] == [stems(text) for text in prepared]


@given(st.lists(st.tuples(UGLY, UGLY), min_size=1, max_size=6))
@settings(max_examples=60)
def test_terms_are_counted_as_they_are_defined(texts: list[tuple[str, str]]) -> None:
    prepared = [(prepare(title), prepare(abstract)) for title, abstract in texts]
    terms, counts, lengths = weighed_terms(cut([field for text in prepared for field in text]), 5)
    for i, (title, abstract) in enumerate(prepared):
        expected = counted(title, abstract)
        alone = term_counts(title, abstract)
        assert dict(zip(alone[0].tolist(), alone[1].tolist(), strict=True)) == expected
        assert alone[1].tolist() == sorted_counts(title, abstract, expected)
        n = min(5, len(expected))
        assert terms[i, :n].tolist() == alone[0][:n].tolist()
        assert counts[i, :n].tolist() == alone[1][:n].tolist()
        assert not terms[i, n:].any()
        assert lengths[i] == TITLE_WEIGHT * len(stems(title)) + len(stems(abstract))


def test_many_texts_at_once_are_told_apart() -> None:
    texts = [(f"title{i} common", f"abstract{i % 7} word") for i in range(700)]
    terms, _, _ = weighed_terms(cut([field for text in texts for field in text]), 8)
    for i in (0, 255, 256, 511, 512, 699):
        assert terms[i][terms[i] > 0].tolist() == term_counts(*texts[i])[0].tolist()


def test_a_full_vocabulary_is_put_away_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_REMEMBERED", 10)
    monkeypatch.setattr(pieces, "_vocabulary", Vocabulary())
    for i in range(30):
        text = f"multi-agent planning number{i}"
        before = pieces._vocabulary
        held = cut([text])
        cut([f"other{j}" for j in range(20)])
        assert held.stemmed(0).split() == stems(text)
        assert pieces._vocabulary.size < 40
    assert before is not pieces._vocabulary


def counted(title: str, abstract: str) -> dict[int, int]:
    """The definition, word by word."""
    whole: Counter[str] = Counter(stems(abstract) + stems(" ".join(joined(f"{title} {abstract}"))))
    for stem in stems(title) + stems(" ".join(joined(title))):
        whole[stem] += TITLE_WEIGHT
    return {crc32(s.encode()): min(n, MAX_COUNT) for s, n in whole.items() if len(s) > 1 and s not in DULL_STEMS}


def joined(text: str) -> list[str]:
    return compounds(text).split()


def sorted_counts(title: str, abstract: str, expected: dict[int, int]) -> list[int]:
    in_title = {crc32(stem.encode()) for stem in stems(title) + stems(" ".join(joined(title)))}
    first = sorted((n for term, n in expected.items() if term in in_title), reverse=True)
    return first + sorted((n for term, n in expected.items() if term not in in_title), reverse=True)
