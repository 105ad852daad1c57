"""Documents that were prepared elsewhere are in the index as if they had been added here."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from germane.index import Document, Index, Query, open_index, prepare_documents
from germane.index.queries import parse_query
from germane.index.terms import term_counts

DIMENSIONS = 16


def document(number: int, title: str = "", **fields: Any) -> Document:
    vector = np.random.default_rng(number).normal(size=DIMENSIONS)
    unit = (vector / np.linalg.norm(vector)).astype("<f2").tobytes()
    title = title or f"Soil moisture of meadow number{number}"
    return Document(
        number, title, f"Multi-agent plans of group{number % 3}.", year=2000 + number % 9, vector=unit, **fields
    )


@pytest.fixture
def index(url: str, tmp_path: Path) -> Iterator[Index]:
    opened = open_index(url, tmp_path, create=True, dimensions=DIMENSIONS)
    yield opened
    opened.close()


def add(index: Index, url: str, documents: list[Document]) -> None:
    prepared = prepare_documents(url, documents, dimensions=DIMENSIONS)
    assert index.add_prepared(pickle.loads(pickle.dumps(prepared))) == len(documents)


def found(index: Index, text: str) -> list[int]:
    return sorted(hit.id for hit in index.search(parse_query(text)).hits)


def test_prepared_documents_answer_as_added_ones(url: str, tmp_path: Path) -> None:
    documents = [document(n, keyphrases=("soil moisture",), authors=("Ada Okafor",)) for n in range(1, 40)]
    answers = []
    for name in ("added", "prepared"):
        one = open_index(url, tmp_path / name, create=True, dimensions=DIMENSIONS)
        if name == "added":
            one.add(documents)
        else:
            add(one, url, documents)
        one.commit()
        forward = one.forward(range(41))
        answers.append(
            (
                [one.search(parse_query(text)) for text in ("meadow", "multiagent", "author:okafor number7", "")],
                one.similar(documents[3]),
                one.nearest(forward.vectors[5]),
                [array.tolist() for array in (forward.vectors, forward.terms, forward.counts, forward.lengths)],
            )
        )
        one.close()
    assert answers[0] == answers[1]
    assert answers[0][0][0].n_total == len(documents)


def test_the_last_of_several_with_one_id_counts(index: Index, url: str) -> None:
    add(index, url, [document(1, "one"), document(2, "two"), document(1, "uno")])
    add(index, url, [document(2, "due")])
    index.commit()
    assert index.n_documents == index.n_vectors == 2
    assert (found(index, "one"), found(index, "uno"), found(index, "two"), found(index, "due")) == ([], [1], [], [2])
    add(index, url, [document(1, "quattro")])
    index.commit()
    assert (found(index, "uno"), found(index, "quattro"), index.n_vectors) == ([], [1], 2)
    kept = index.forward([1]).terms[0]
    assert kept[kept > 0].tolist() == term_counts("quattro", document(1).abstract)[0].tolist()


def test_what_is_deleted_and_added_again_in_one_commit_is_there(index: Index, url: str) -> None:
    add(index, url, [document(n) for n in range(1, 6)])
    index.delete([1, 2])
    add(index, url, [document(1, "back")])
    index.commit()
    assert index.n_documents == index.n_vectors == 4
    assert not index.forward([2]).vectors.any()
    index.delete([3])
    index.commit()
    assert index.n_documents == index.n_vectors == 3
    assert [hit.id for hit in index.search(Query(n=10)).hits] == [5, 4, 1]


def test_what_cannot_be_kept_is_told_where_it_is_prepared(url: str) -> None:
    with pytest.raises(ValueError, match="id"):
        prepare_documents(url, [document(1 << 40)], dimensions=DIMENSIONS)
    with pytest.raises(ValueError, match="float16"):
        prepare_documents(url, [document(1)], dimensions=DIMENSIONS * 2)
    assert prepare_documents(url, [], dimensions=DIMENSIONS).ids == []
