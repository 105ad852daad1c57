"""Steering, spreading and folding lists of similar articles."""

from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

import pytest
from msgspec.structs import replace

from germane.index import Document, Index, open_index
from germane.relate.diversity import LARGEST_GROUP, N_FIRST, distinct_places, spread
from germane.relate.similar import Links, Steering, find_similar
from germane.relate.steering import Steerable, steer

TOPICS = ["osmosis", "xylem", "stomata", "turgor", "cuticle", "phloem", "sapwood", "lignin", "suberin", "cambium"]
ASKED = Document(
    id=1,
    title="Osmosis and xylem in beech",
    abstract=" ".join(TOPICS) + " of beech trees",
    authors=("Ida Holm",),
    keyphrases=("xylem",),
)


def _neighbor(number: int) -> Document:
    """The higher the number, the fewer words are shared; years, venues and authors go round."""
    n_shared = max(len(TOPICS) - number // 6, 2)
    own = f"q{number}x v{number}z w{number}k"
    return Document(
        id=10 + number,
        title=f"{TOPICS[number % n_shared]} q{number}x",
        abstract=" ".join((*TOPICS[:n_shared], *[own] * (1 + number // 10))),
        authors=("Ida Holm",) if number % 2 == 0 else (f"Person {chr(97 + number % 26)}",),
        venue=f"Journal {number % 3}",
        venue_id=1 + number % 3,
        year=1990 + (number * 7) % 30,
        keyphrases=("root pressure",) if number % 5 == 0 else (),
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    index = _filled(tmp_path_factory.mktemp("steering"))
    yield index
    index.close()


def _filled(folder: Path, *more: Document) -> Index:
    index = open_index("embedded:", folder, create=True)
    index.add([ASKED, *(_neighbor(number) for number in range(60)), *more])
    index.add(Document(id=1000 + i, title=f"Tax law of county {i}", abstract="Courts decide") for i in range(500))
    index.commit()
    return index


def _years(index: Index, recency: float) -> float:
    return median(1990 + ((s.article_id - 10) * 7) % 30 for s in find_similar(index, ASKED, steering=Steering(recency)))


def test_recency_moves_the_median_year_both_ways(index: Index) -> None:
    assert _years(index, -1) + 5 < _years(index, 0) < _years(index, 1) - 5
    assert _years(index, -1) <= _years(index, -0.5) <= _years(index, 0.5) <= _years(index, 1)


def test_far_is_more_distant_and_still_related(index: Index) -> None:
    plain = find_similar(index, ASKED)
    far = find_similar(index, ASKED, steering=Steering(nearness=-1))
    assert 0.3 * mean(s.score for s in plain) < mean(s.score for s in far) < 0.9 * mean(s.score for s in plain)
    assert all(s.evidence and s.article_id < 1000 for s in far)
    assert len(far) == len(plain) == 20


def test_near_goes_by_words_alone(index: Index) -> None:
    linked = Links(coupled={50: 50}, co_cited={50: 50})
    assert find_similar(index, ASKED, links=linked)[0].article_id == 50
    near = find_similar(index, ASKED, links=linked, steering=Steering(nearness=1))
    assert [s.article_id for s in near[:3]] == [s.article_id for s in find_similar(index, ASKED)[:3]]


def test_excluded_venues_authors_and_topics_are_absent(index: Index) -> None:
    def numbers(steering: Steering) -> set[int]:
        found = find_similar(index, ASKED, steering=steering)
        assert len(found) == 20
        return {s.article_id - 10 for s in found}

    plain = numbers(Steering())
    assert any(number % 3 == 0 for number in plain)
    assert all(number % 3 for number in numbers(Steering(excluded_venue_ids=(1,))))
    assert any(number % 2 == 0 for number in plain)
    assert all(number % 2 for number in numbers(Steering(excluded_authors=("Ida Holm",))))
    assert any(number % 5 == 0 for number in plain)
    assert all(number % 5 for number in numbers(Steering(excluded_topics=("root pressure",))))


def test_steering_is_a_pure_function_and_asking_for_nothing_changes_nothing() -> None:
    some = [Steerable(0.9, 0.2, 2000), Steerable(0.5, 0.6, 2010), Steerable(0.45, 0.5, None)]
    assert steer(some, Steering()) == [0.9, 0.5, 0.45]
    assert steer(some, Steering(nearness=1)) == [0.2, 0.6, 0.5]
    far = steer(some, Steering(nearness=-1))
    assert far[2] > far[1] > far[0]
    older, newer, unknown = steer(some, Steering(recency=1))
    assert older < 0.9
    assert newer > 0.5
    assert unknown == 0.45
    assert steer([], Steering(1, -1)) == []


def test_the_own_authors_have_no_more_than_their_part_of_the_list(index: Index) -> None:
    named = [s.article_id - 10 for s in find_similar(index, ASKED)]
    unnamed = [s.article_id - 10 for s in find_similar(index, replace(ASKED, authors=()))]
    assert sum(number % 2 == 0 for number in named) == LARGEST_GROUP * 20
    assert sum(number % 2 == 0 for number in unnamed) > LARGEST_GROUP * 20
    assert named[:N_FIRST] == unnamed[:N_FIRST]


def test_beyond_the_first_ones_a_group_has_its_part_and_the_list_is_no_shorter() -> None:
    ranked = list(range(30))  # 0..19 of one group
    shown = spread(ranked, lambda i: ["one"] if i < 20 else [i], n=20)
    assert shown[:N_FIRST] == ranked[:N_FIRST]
    assert shown == [0, 1, 2, 3, 4, *range(20, 30), 5, 6, 7, 8, 9]
    assert spread(ranked, lambda _: ["all"], n=20) == ranked[:20]


def test_near_duplicates_are_folded_and_the_own_title_is_left_out() -> None:
    titles = ["Moss and rain", "Moss and rain.", "Another name of the third", "Something else", "The asked one"]
    alike = {(3, 2): 0.95}
    assert distinct_places(titles, lambda i, k: alike.get((i, k), 0.1), "The Asked One") == [0, 2]


def test_a_text_published_twice_under_two_titles_stands_once_and_the_own_text_never(tmp_path: Path) -> None:
    own = Document(id=901, title="In beech: xylem and osmosis", abstract=ASKED.abstract)
    index = _filled(tmp_path, Document(id=900, title="q3x: turgor", abstract=_neighbor(3).abstract), own)
    found = {s.article_id for s in find_similar(index, ASKED)}
    assert len(found & {13, 900}) == 1
    assert 901 not in found
    index.close()


def test_without_an_abstract_title_and_keywords_decide_and_the_list_says_so(index: Index) -> None:
    found = find_similar(index, Document(id=1, title="Osmosis of q41x", keywords=("root pressure",)))
    assert found[0].article_id == 51
    assert len(found) > 5
    assert all(s.by_title_only and s.article_id % 5 == 0 for s in found[1:])
    assert {s.evidence[0].where for s in found if s.article_id == 51} == {"title"}
    assert not any(s.by_title_only for s in find_similar(index, ASKED))
