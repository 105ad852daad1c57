"""One call: an index, likes and citations in, a model in a folder out; what is imported after it is known at once."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from germane.index import Document, Index, open_index
from germane.recommend.profile import make_profile
from germane.recommend.rank import Facts, recommend
from germane.recommend.storing import load_model
from germane.recommend.training import add_newcomers, citations_between, train
from germane.relate.bulk.graph import Links

DIMENSIONS = 16
N, N_NEW, N_FIELDS = 400, 8, 4
FIRST = 1_000
FIELDS = ("moss water stem forest", "star orbit dust galaxy", "verb noun clause grammar", "bond crystal metal lattice")


def facts_of(ids: Sequence[int]) -> dict[int, Facts]:
    return {each: Facts() for each in ids}


def field(article_id: int) -> int:
    return (article_id - FIRST) % N_FIELDS


def document(article_id: int, random: np.random.Generator) -> Document:
    own = FIELDS[field(article_id)].split()
    words = " ".join([*random.permutation(own)[:3], *(f"w{each}" for each in random.integers(0, 200, 6))])
    vector = np.eye(DIMENSIONS)[field(article_id)] + 0.2 * random.normal(size=DIMENSIONS)
    vector = (vector / np.linalg.norm(vector)).astype("<f2")
    return Document(id=article_id, title=words, abstract=words[::-1], vector=vector.tobytes())


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("index")
    opened = open_index("embedded:", folder, create=True, dimensions=DIMENSIONS, vector_model="made-up")
    random = np.random.default_rng(4)
    opened.add([document(FIRST + at, random) for at in range(N + N_NEW)])
    opened.commit()
    yield opened
    opened.close()


def likes() -> tuple[np.ndarray, np.ndarray]:
    """Each of 120 readers likes a field; the last tenth of the articles is liked by nobody."""
    random = np.random.default_rng(6)
    readers, articles = np.nonzero(random.random((120, N)) < 0.2)
    mine = (readers % N_FIELDS == articles % N_FIELDS) & (articles < 0.9 * N)
    return readers[mine] + 50_000, articles[mine] + FIRST


@pytest.mark.parametrize("from_articles", [30_000, 100])
def test_a_trained_field_is_recommended_with_what_nobody_likes_yet_and_what_came_later(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_articles: int
) -> None:
    monkeypatch.setattr("germane.recommend.training.FROM_ARTICLES", from_articles)
    monkeypatch.setattr("germane.recommend.neighbors.LIST_SIZE", 40)
    ids, later = np.arange(FIRST, FIRST + N), np.arange(FIRST, FIRST + N + N_NEW)
    cites = (ids[4:], ids[:-4])
    readers, liked = likes()
    outside = (np.append(readers, 7), np.append(liked, 5))  # a like of an article that is not among the ids
    train(tmp_path, index, ids, outside, years=np.full(N, 2020), citations=cites)
    model = load_model(tmp_path)
    assert model.n == N
    assert model.trained.n_likes.sum() == len(liked)
    assert bool(len(model.lists.members)) == (from_articles < N)
    assert model.years_of(np.arange(2)).tolist() == [2020, 2020]

    add_newcomers(tmp_path, index, later, citations=(later[-2:], later[:2]))
    model = load_model(tmp_path)
    assert model.n == N + N_NEW
    lists = {each: recommend(model, make_profile([FIRST + each, FIRST + each + 4]), facts_of, n=60) for each in (0, 3)}
    for one, found in lists.items():
        near = [each.article_id for each in found if not each.is_step_outside]
        assert np.mean([field(each) == one for each in near]) > 0.9
    shown = {each.article_id for found in lists.values() for each in found}
    assert any(FIRST + 0.9 * N <= each < FIRST + N for each in shown)
    assert any(each >= FIRST + N for each in shown)

    add_newcomers(tmp_path, index, later[:-1])
    assert load_model(tmp_path).n == N + N_NEW - 1  # those told now, no others


def test_without_likes_the_model_goes_by_content(index: Index, tmp_path: Path) -> None:
    none = np.zeros(0, np.int64)
    train(tmp_path, index, np.arange(FIRST, FIRST + N), (none, none))
    found = recommend(load_model(tmp_path), make_profile([FIRST + 1]), facts_of)
    assert [field(each.article_id) for each in found[:9]] == [1] * 9


def test_citations_are_those_whose_target_is_an_article_here() -> None:
    references = Links(np.array([1, 1, 2]), np.array([70, 99, 80]))
    names = Links(np.array([8, 7, 7]), np.array([80, 70, 71]))
    citing, cited = citations_between(references, names)
    assert list(zip(citing.tolist(), cited.tolist(), strict=True)) == [(1, 7), (2, 8)]
    assert citations_between(references, Links(np.zeros(0, np.int64), np.zeros(0, np.int64)))[0].size == 0
