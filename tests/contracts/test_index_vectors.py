"""What every index promises of vectors, forward data and narrowing, run on each implementation that ships."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from numpy.typing import NDArray

from germane.index import Clause, Document, Filters, Index, Query, open_index, rebuild_index
from germane.index.terms import TITLE_WEIGHT, term_counts

D = 16
Opener = Callable[..., Index]
Vector = NDArray[np.float32]


@pytest.fixture
def opener(url: str, tmp_path: Path) -> Iterator[Opener]:
    opened: list[Index] = []

    def open_one(home: Path = tmp_path, *, model: str = "test/1", dimensions: int = D) -> Index:
        opened.append(open_index(url, home, create=True, dimensions=dimensions, vector_model=model))
        return opened[-1]

    yield open_one
    for index in opened:
        index.close()


def vector(seed: int, d: int = D) -> Vector:
    """Return a unit vector, exactly as an index can keep it but for its length."""
    drawn = np.random.default_rng(seed).standard_normal(d).astype(np.float32)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def packed(v: Vector) -> bytes:
    return v.astype("<f2").tobytes()


def made(number: int, seed: int | None = None) -> Document:
    """Return a document whose fields differ from its neighbors' in many ways."""
    return Document(
        id=number,
        title=f"title{number} of group{number % 3}",
        abstract="telling words of an abstract",
        keyphrases=(f"phrase {number // 6}",),
        authors=("Ann Lee",) if number % 4 == 0 else ("Jan de Vries",),
        venue=f"Venue {number % 5}",
        venue_id=number % 5,
        year=None if number % 7 == 0 else 2000 + number % 11,
        type="review" if number % 2 else "article",
        language="" if number % 6 == 0 else "en" if number % 3 else "fr",
        is_open=number % 3 == 1,
        has_news=number % 8 == 0,
        is_retracted=number % 10 == 9,
        vector=packed(vector(number if seed is None else seed)),
    )


def by_hand(documents: Sequence[Document], asked: Vector, n: int) -> list[int]:
    """Return the ids of the nearest by computing every cosine in double precision."""
    scored = sorted((-cosine(document, asked), document.id) for document in documents if any(document.vector))
    return [number for _, number in scored[:n]]


def cosine(document: Document, asked: Vector) -> float:
    v = np.frombuffer(document.vector, "<f2").astype(np.float64)
    return float(v @ asked.astype(np.float64) / np.linalg.norm(v) / np.linalg.norm(asked))


def ids_of(index: Index, asked: Vector, **options: object) -> list[int]:
    return [hit.id for hit in index.nearest(asked, **options)]  # type: ignore[arg-type]


MANY = tuple(made(number) for number in range(60))
FOUND = tuple(document for document in MANY if not document.is_retracted)


@pytest.fixture
def index(opener: Opener) -> Index:
    index = opener()
    index.add(MANY)
    index.commit()
    return index


# ── nearest ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_index_has_no_neighbors(opener: Opener) -> None:
    index = opener()
    assert (index.n_vectors, index.vector_model, index.dimensions) == (0, "test/1", D)
    assert index.nearest(vector(1)) == []
    assert index.forward([1, 2]).vectors.shape == (2, D)
    assert index.forward([]).terms.shape[0] == 0
    assert index.term_freqs(np.array([5], np.uint32)).tolist() == [0]
    assert index.verify() == []
    index.optimize()
    assert index.n_documents == 0


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 70))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_nearest_are_those_of_every_cosine_computed(index: Index, seed: int, n: int) -> None:
    hits = index.nearest(vector(seed), n=n)
    expected = [cosine(MANY[number], vector(seed)) for number in by_hand(FOUND, vector(seed), n)]
    assert [hit.score for hit in hits] == pytest.approx(expected, abs=1e-6)  # two may differ by less: either is right
    assert [cosine(MANY[hit.id], vector(seed)) for hit in hits] == pytest.approx(expected, abs=1e-6)
    assert len({hit.id for hit in hits}) == min(n, len(FOUND))


def test_a_hit_tells_cosine_title_year_and_venue(index: Index) -> None:
    hit = index.nearest(vector(8), n=1)[0]
    assert (hit.id, hit.title, hit.year, hit.venue_id) == (8, "title8 of group2", 2008, 3)
    assert hit.score == pytest.approx(1, abs=1e-3)
    assert index.nearest(-vector(8), n=100)[-1].score == pytest.approx(-1, abs=1e-3)
    assert index.nearest(vector(7), n=1)[0].year is None
    assert index.nearest(5 * vector(8), n=1) == index.nearest(vector(8), n=1)


def test_equal_neighbors_stand_by_id(opener: Opener) -> None:
    index = opener()
    for number in (31, 4, 15, 8, 26, 5):
        index.add([made(number, seed=1), made(number + 100, seed=2)])
        index.commit()
    assert ids_of(index, vector(1), n=6) == [4, 5, 8, 15, 26, 31]


def test_retracted_and_excluded_ones_are_no_neighbors(index: Index) -> None:
    assert 9 not in ids_of(index, vector(9), n=100)
    assert ids_of(index, vector(8), n=2, excluded_ids=[8]) == by_hand([d for d in FOUND if d.id != 8], vector(8), 2)
    assert len(index.nearest(vector(8), n=100)) == len(FOUND)


@given(
    filters=st.builds(
        Filters,
        year_from=st.none() | st.integers(1990, 2012) | st.just(10**9),
        year_to=st.none() | st.integers(1998, 2020) | st.just(-(10**9)),
        venue_ids=st.lists(st.integers(-1, 6) | st.just(2**70), max_size=3).map(tuple),
        types=st.lists(st.sampled_from(["review", "article", "", "\ud800"]), max_size=2).map(tuple),
        languages=st.lists(st.sampled_from(["en", "fr", "de", ""]), max_size=2).map(tuple),
        is_open=st.none() | st.booleans(),
        has_news=st.none() | st.booleans(),
        is_retracted=st.none() | st.booleans(),
        id_from=st.none() | st.integers(-2, 300) | st.just(2**70),
        id_to=st.none() | st.integers(-2, 600),
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_filters_let_the_same_documents_through_as_in_a_search(index: Index, filters: Filters) -> None:
    passing = {hit.id for hit in index.search(Query(filters=filters, n=200)).hits}
    expected = by_hand([d for d in FOUND if d.id in passing], vector(3), 100)
    assert ids_of(index, vector(3), n=100, filters=filters) == expected
    similar = index.similar(made(3), n=100, filters=filters)
    assert {hit.id for hit in similar} <= passing


def test_clauses_keep_neighbors_and_similar_documents_out(index: Index) -> None:
    for without in ([Clause("Ann Lee", "author")], [Clause("group1", "title")], [Clause("venue 2", "venue")]):
        kept = index.search(Query((*(replace(c, is_excluded=True) for c in without),), n=200)).hits
        assert 20 < len(kept) < 60
        expected = by_hand([d for d in FOUND if d.id in {hit.id for hit in kept}], vector(3), 100)
        assert ids_of(index, vector(3), n=100, without=without) == expected
        similar = {hit.id for hit in index.similar(made(3), n=100, without=without)}
        assert similar
        assert similar <= {hit.id for hit in kept}
    assert ids_of(index, vector(3), without=[Clause("telling")]) == []


def test_similar_tells_year_and_venue(index: Index) -> None:
    assert {(h.id, h.year, h.venue_id) for h in index.similar(made(3), n=100)} <= {
        (d.id, d.year, d.venue_id) for d in MANY
    }


@pytest.mark.parametrize(
    "bad",
    [np.zeros(D - 1), np.zeros((1, D)), np.full(D, np.nan), np.full(D, np.inf)],
    ids=["short", "2d", "nan", "inf"],
)
def test_a_question_that_is_no_vector_is_refused(index: Index, bad: Vector) -> None:
    with pytest.raises(ValueError, match="vector"):
        index.nearest(bad)


def test_a_vector_of_zeros_has_no_neighbors_and_is_nobody_s(opener: Opener) -> None:
    index = opener()
    index.add([Document(id=1, title="none"), Document(id=2, vector=bytes(2 * D)), made(3)])
    index.commit()
    assert index.n_vectors == 1
    assert index.nearest(np.zeros(D, np.float32)) == []
    assert ids_of(index, vector(8)) == [3]


@pytest.mark.parametrize("bad", [b"x", bytes(2 * D + 2), np.full(D, np.nan, "<f2").tobytes()])
def test_a_document_s_vector_must_be_one(opener: Opener, bad: bytes) -> None:
    index = opener()
    with pytest.raises(ValueError, match="vector"):
        index.add([Document(id=1, vector=bad)])
    index.commit()
    assert index.n_documents == 0


def test_dimensions_are_a_multiple_of_eight(opener: Opener) -> None:
    for bad in (0, -8, 12):
        with pytest.raises(ValueError, match="dimensions"):
            opener(dimensions=bad)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_vectors_are_seen_with_their_documents_after_the_commit(opener: Opener) -> None:
    index, reader = opener(), opener()
    index.add(MANY[:5])
    assert (reader.n_vectors, reader.nearest(vector(1))) == (0, [])
    index.commit()
    assert (reader.n_vectors, reader.n_documents) == (5, 5)
    index.add([made(1, seed=77)])
    index.delete([2])
    assert ids_of(reader, vector(1))[0] == 1
    index.commit()
    assert sorted(ids_of(reader, vector(77))) == [0, 1, 3, 4]
    assert ids_of(reader, vector(77))[0] == 1
    assert reader.forward([2]).vectors.any() == np.False_


def test_closing_gives_up_vectors_that_are_not_committed(opener: Opener) -> None:
    index = opener()
    index.add(MANY[:3])
    index.commit()
    index.add(MANY[3:])
    index.delete([0])
    index.close()
    assert sorted(ids_of(opener(), vector(1))) == [0, 1, 2]


@given(
    changes=st.lists(
        st.tuples(st.sampled_from(["add", "add", "add", "delete", "commit", "optimize"]), st.integers(0, 9)),
        max_size=40,
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_newest_of_each_id_counts_whatever_was_done(
    opener: Opener, tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int]]
) -> None:
    index = opener(tmp_path_factory.mktemp("index"))
    told: dict[int, Document] = {}
    committed: dict[int, Document] = {}
    for step, (change, number) in enumerate(changes):
        if change == "add":
            told[number] = replace(made(number, seed=step), is_retracted=False)
            index.add([told[number]])
        elif change == "delete":
            told.pop(number, None)
            index.delete([number])
        else:
            index.commit() if change == "commit" else index.optimize()
            committed = dict(told)
    assert index.n_documents == index.n_vectors == len(committed)
    assert ids_of(index, vector(5), n=20) == by_hand(list(committed.values()), vector(5), 20)
    kept = index.forward(range(10))
    for number, row in enumerate(kept.vectors):
        expected = committed[number].vector if number in committed else bytes(2 * D)
        assert row == pytest.approx(np.frombuffer(expected, "<f2").astype(np.float32), abs=2e-3)


def test_many_commits_and_a_tidy_index_answer_the_same(opener: Opener) -> None:
    index = opener()
    for number in range(50):
        index.add([made(number)])
        index.add([made(number % 7, seed=number)])
        index.commit()
    before = index.nearest(vector(3), n=50)
    assert [h.id for h in before] == ids_of(opener(), vector(3), n=50)
    index.optimize()
    assert index.nearest(vector(3), n=50) == before
    assert index.verify() == []


# ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("model", "dimensions"), [("test/2", D), ("test/1", 2 * D)])
def test_vectors_of_another_model_count_as_none_until_they_are_made_again(
    opener: Opener, index: Index, model: str, dimensions: int
) -> None:
    index.close()
    other = opener(model=model, dimensions=dimensions)
    asked = vector(3, dimensions)
    assert (other.n_documents, other.n_vectors, other.nearest(asked)) == (60, 0, [])
    assert other.forward([3]).vectors.shape == (1, dimensions)
    assert not other.forward([3]).vectors.any()
    assert other.forward([3]).terms.any()
    assert other.similar(made(3))
    other.add(replace(made(number), vector=packed(vector(number, dimensions))) for number in range(30))
    other.commit()
    assert (other.n_documents, other.n_vectors) == (60, 30)
    assert ids_of(other, asked)[0] == 3
    assert opener().n_vectors == 30  # the old model's readers lose what was replaced, and mix nothing
    other.optimize()
    assert (opener().n_vectors, other.n_vectors) == (30, 30)


def test_a_rebuild_can_keep_the_vectors(opener: Opener, index: Index, url: str, tmp_path: Path) -> None:
    index.close()
    bare = [replace(document, vector=b"") for document in MANY[:40]]
    options = {"dimensions": D, "vector_model": "test/1"}
    with rebuild_index(url, tmp_path, keep_vectors=True, **options) as fresh:  # type: ignore[arg-type]
        fresh.add([*bare, made(50, seed=3), Document(id=70, title="new")])
    reader = opener()
    assert (reader.n_documents, reader.n_vectors) == (42, 41)
    assert set(ids_of(reader, vector(3), n=2)) == {3, 50}
    with rebuild_index(url, tmp_path, keep_vectors=True, dimensions=D, vector_model="test/2") as fresh:
        fresh.add(bare)
    assert (reader.n_documents, reader.n_vectors) == (40, 0)
    with rebuild_index(url, tmp_path, **options) as fresh:  # type: ignore[arg-type]
        fresh.add(bare)
    assert (reader.n_documents, reader.n_vectors) == (40, 0)


# ── forward data ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_forward_rows_stand_as_they_were_asked_for(index: Index) -> None:
    kept = index.forward([7, 999, 3, 7, -1])
    assert kept.ids.tolist() == [7, 999, 3, 7, -1]
    assert [bool(row.any()) for row in kept.vectors] == [True, False, True, True, False]
    assert (kept.terms[0] == kept.terms[3]).all()
    assert kept.lengths[1] == kept.lengths[4] == 0
    assert np.linalg.norm(kept.vectors[[0, 2]], axis=1) == pytest.approx(1, abs=1e-6)


def test_forward_words_are_those_of_the_text(opener: Opener) -> None:
    index = opener()
    title, abstract = "Graph planning", "We plan with graphs; multi-agent robots plan."
    index.add([Document(id=1, title=title, abstract=abstract)])
    index.commit()
    kept = index.forward([1])
    terms, counts = term_counts(title, abstract)
    assert kept.terms[0, : len(terms)].tolist() == terms.tolist()
    assert kept.counts[0, : len(terms)].tolist() == counts.tolist()
    assert not kept.terms[0, len(terms) :].any()
    assert kept.lengths.tolist() == [2 * TITLE_WEIGHT + 8]
    weights = dict(zip(terms.tolist(), counts.tolist(), strict=True))
    assert weights[int(term_counts("", "graph")[0][0])] == TITLE_WEIGHT + 1
    assert weights[int(term_counts("", "plan")[0][0])] == TITLE_WEIGHT + 2


def test_a_long_text_keeps_its_title_s_words(opener: Opener) -> None:
    index = opener()
    abstract = " ".join(f"word{number} word{number}" for number in range(400))
    index.add([Document(id=1, title="Rare interscapular pain", abstract=abstract)])
    index.commit()
    kept = index.forward([1]).terms[0]
    assert kept.all()
    assert set(term_counts("interscapular rare pain", "")[0].tolist()) <= set(kept.tolist())


def test_term_frequencies_count_documents(index: Index) -> None:
    asked = term_counts("", "group1 telling title5 unheard-of")[0]
    words = {"group1": 20, "tell": 60, "title5": 1}
    expected = {int(term_counts("", word)[0][0]): n for word, n in words.items()}
    freqs = index.term_freqs(asked)
    assert {int(t): int(n) for t, n in zip(asked, freqs, strict=True) if n} == expected
    assert index.term_freqs(np.array([[0, asked[0]]], np.uint32)).shape == (1, 2)
    index.delete(range(0, 60, 3))
    index.commit()
    index.optimize()
    group1 = term_counts("", "group0 group1")[0]
    assert sorted(index.term_freqs(group1).tolist()) == [0, 20]


@given(title=st.text(max_size=40), abstract=st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_text_has_terms_and_counts(title: str, abstract: str) -> None:
    terms, counts = term_counts(title, abstract)
    assert (terms.dtype.name, counts.dtype.name) == ("uint32", "uint8")
    assert len(set(terms.tolist())) <= len(terms) == len(counts)
    assert 0 not in terms
    assert 0 not in counts


@pytest.mark.parametrize("n", [0, -1, 10**6, 10**12, 2**70])
def test_any_number_of_answers_may_be_asked_for(index: Index, n: int) -> None:
    document = Document(id=90_000, title=MANY[3].title, keyphrases=MANY[3].keyphrases)
    asked = np.ones(index.dimensions, np.float32)
    if n < 1:
        assert (
            index.nearest(asked, n=n)
            == index.similar(document, n=n)
            == index.with_keyphrases(MANY[3].keyphrases, n=n)
            == []
        )
    else:
        assert index.nearest(asked, n=n) == index.nearest(asked, n=5_000)
        assert index.similar(document, n=n) == index.similar(document, n=5_000)
        assert index.with_keyphrases(MANY[3].keyphrases, n=n) == index.with_keyphrases(MANY[3].keyphrases, n=5_000)
    assert index.nearest(np.full(index.dimensions, 1e38, np.float32), n=3) == index.nearest(asked, n=3)


def test_ids_that_no_document_can_have_are_unknown_everywhere(index: Index) -> None:
    document = Document(id=90_000, title=MANY[3].title)
    odd = [-1, 2**40, 2**63, 2**64, -(2**63) - 1]
    asked = np.ones(index.dimensions, np.float32)
    assert index.nearest(asked, excluded_ids=odd) == index.nearest(asked)
    assert index.similar(document, excluded_ids=odd) == index.similar(document)
    assert index.similar(document, candidate_ids=odd) == []
    assert all(index.explain(document, each) == [] for each in odd)
    index.delete(odd)
    index.commit()
    assert index.similar(document)


def test_the_greatest_id_and_any_year_can_be_kept(opener: Opener) -> None:
    index = opener()
    index.add(
        [
            Document(id=2**40 - 1, title="Far away", year=10**30, vector=packed(vector(1))),
            Document(id=0, title="Near by"),
        ]
    )
    index.commit()
    assert {hit.id for hit in index.search(Query()).hits} == {0, 2**40 - 1}
    assert index.forward([2**40 - 1]).vectors.any()
    index.delete([0, 2**40 - 1])
    index.commit()
    assert (index.n_documents, index.n_vectors) == (0, 0)
    assert index.search(Query()).hits == ()
    assert index.verify() == []


def test_many_retracted_documents_push_no_other_out(opener: Opener) -> None:
    index = opener()
    index.add(
        Document(id=i, title="moss drinks rain", abstract="lichen", is_retracted=i < 60, vector=packed(vector(i)))
        for i in range(90)
    )
    index.add(Document(id=i, title=f"another subject {i}") for i in range(1_000, 3_000))
    index.commit()
    assert len(index.similar(Document(id=5_000, title="moss drinks rain"), n=30)) == 30


def test_which_documents_are_held_is_what_readers_see(opener: Opener) -> None:
    index = opener()
    index.add([Document(id=1), Document(id=2, title="Rain", vector=packed(vector(2))), Document(id=7, title="Moss")])
    assert index.holds([1, 2, 7]).tolist() == [False] * 3
    index.commit()
    assert index.holds([7, 3, 1, 1, -1, 2]).tolist() == [True, False, True, True, False, True]
    index.delete([7])
    assert index.holds([7]).tolist() == [True]
    index.commit()
    assert index.holds([7, 2]).tolist() == [False, True]
    assert index.holds([]).shape == (0,)
