"""What every search index promises, run on each implementation that ships."""

import multiprocessing
import os
import signal
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from germane.index import Clause, Document, Filters, Index, IndexFailure, Query, open_index, rebuild_index
from germane.index.queries import parse_query

SPAWN = multiprocessing.get_context("spawn")
QUERY_CHARACTERS = 'ab "-:.,(){}[]^~*?\\/+&|!title author year 0123456789é東'
Opener = Callable[[], Index]

PAIN = Document(
    id=1,
    title="Embolization for interscapular pain after ultrasound-guided injection",
    abstract="Twenty patients were followed. The NRS score fell within three months.",
    keyphrases=("interscapular pain", "NRS score"),
    authors=("Zoë Okafor", "Jan de Vries"),
    venue="Journal of Invented Medicine",
    venue_id=7,
    year=2021,
    type="article",
    is_open=True,
    has_news=True,
    language="en",
    identifiers=("doi:10.5555/pain.1", "pmid:1234567"),
)
NECK = Document(
    id=2,
    title="Injection therapy for neck pain",
    abstract="A review of trials with the NRS score as outcome.",
    keyphrases=("neck pain", "NRS score"),
    authors=("Mary Smith",),
    venue="Invented Reviews",
    venue_id=8,
    year=2019,
    type="review",
)
AGENTS = Document(
    id=3,
    title="Multi-agent planning with large graphs",
    abstract="We plan for many robots at once.",
    keyphrases=("multi-agent planning",),
    authors=("Ann Lee",),
    venue_id=9,
    venue="Conference on Invented Robots",
    year=2020,
    type="conference-paper",
    is_open=True,
)
ROBOTS = Document(
    id=4,
    title="Multiagent robots in pain clinics",
    abstract="Robots help.",
    year=2021,
    type="article",
    is_retracted=True,
)
SAMPLE = (PAIN, NECK, AGENTS, ROBOTS)


@pytest.fixture
def opener(url: str, tmp_path: Path) -> Iterator[Opener]:
    opened: list[Index] = []

    def open_one() -> Index:
        opened.append(open_index(url, tmp_path, create=True))
        return opened[-1]

    yield open_one
    for index in opened:
        index.close()


@pytest.fixture
def index(opener: Opener) -> Index:
    index = opener()
    index.add(SAMPLE)
    index.commit()
    return index


def found(index: Index, text: str, **options: object) -> list[int]:
    return [hit.id for hit in index.search(parse_query(text, **options)).hits]  # type: ignore[arg-type]


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_index_answers_with_nothing(opener: Opener) -> None:
    index = opener()
    assert index.n_documents == 0
    for text in ("", "pain", '"neck pain"', "-pain", "author:lee"):
        results = index.search(parse_query(text, with_facets=True))
        assert (results.hits, results.n_total, results.next_page) == ((), 0, "")
    assert index.similar(PAIN) == []
    assert index.find_keyphrases("interscapular pain") == []
    assert index.with_keyphrases(["interscapular pain"]) == []
    assert index.doc_freq("pain") == 0


def test_nothing_is_seen_before_the_commit_and_all_of_it_after(opener: Opener) -> None:
    index = opener()
    assert index.add(SAMPLE) == 4
    assert found(index, "pain") == []
    index.commit()
    assert index.n_documents == 4
    assert set(found(index, "pain")) == {1, 2, 4}


def test_adding_twice_changes_nothing(index: Index) -> None:
    index.add(SAMPLE)
    index.add([PAIN, PAIN])
    index.commit()
    assert index.n_documents == 4
    assert found(index, "interscapular") == [1]


def test_adding_replaces_the_document_of_the_same_id(index: Index) -> None:
    index.add([Document(id=1, title="Botany of mosses"), Document(id=1, title="Botany of ferns")])
    index.commit()
    assert found(index, "interscapular") == []
    assert found(index, "mosses") == []
    assert found(index, "ferns") == [1]
    assert index.n_documents == 4


def test_deleted_documents_are_gone_and_unknown_ones_no_error(index: Index) -> None:
    index.delete([1, 99, -5])
    assert found(index, "interscapular") == [1]
    index.commit()
    assert found(index, "interscapular") == []
    assert index.n_documents == 3


def test_a_document_deleted_and_added_again_in_one_batch_is_there(index: Index) -> None:
    index.delete([1])
    index.add([PAIN])
    index.commit()
    assert found(index, "interscapular") == [1]


def test_closing_gives_up_what_is_not_committed(opener: Opener) -> None:
    index = opener()
    index.add([PAIN])
    index.commit()
    index.add([NECK])
    index.close()
    index.close()
    assert found(opener(), "pain") == [1]


def test_an_index_can_be_opened_again_and_written_on(opener: Opener) -> None:
    first = opener()
    first.add([PAIN])
    first.commit()
    first.close()
    second = opener()
    second.add([NECK])
    second.commit()
    assert set(found(second, "pain")) == {1, 2}


def test_an_id_out_of_range_is_refused_by_name(opener: Opener) -> None:
    index = opener()
    for bad in (-1, 2**40):
        with pytest.raises(ValueError, match="id"):
            index.add([Document(id=bad)])


def test_text_of_any_script_and_broken_text_can_be_kept_and_found(opener: Opener) -> None:
    index = opener()
    index.add(
        [
            Document(id=1, title="東京大学における研究"),
            Document(id=2, title="Étude des œufs de l’été"),
            Document(id=3, title="Исследование боли"),
            Document(id=4, title="broken \ud800 surrogate \x00 and \x1f control", authors=("\udfff",)),
            Document(id=5, title="e\u0301tude decomposed"),
            Document(id=6, title="x" * 100_000, abstract="🙂 " * 1000),
            Document(id=7, title="", abstract=""),
        ]
    )
    index.commit()
    assert found(index, "大学") == [1]
    assert set(found(index, "etude")) == {2, 5}
    assert found(index, "боли") == [3]
    assert found(index, "surrogate control") == [4]
    assert index.n_documents == 7


# ── many processes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reader_in_another_process_sees_a_commit_soon(url: str, tmp_path: Path, opener: Opener) -> None:
    opener()
    ours, theirs = SPAWN.Pipe()
    writer = SPAWN.Process(target=_write_when_told, args=(url, tmp_path, theirs))
    writer.start()
    reader = opener()
    try:
        for n in range(1, 4):
            ours.send(n)
            assert ours.recv() == n
            committed = time.monotonic()
            while reader.n_documents < n and time.monotonic() < committed + 5:
                time.sleep(0.005)
            assert reader.n_documents == n
            assert time.monotonic() - committed < 0.2
    finally:
        ours.send(0)
        writer.join(20)
    assert writer.exitcode == 0


def test_a_writer_that_is_killed_loses_nothing_committed(url: str, tmp_path: Path, opener: Opener) -> None:
    opener()
    ours, theirs = SPAWN.Pipe()
    for round_ in range(3):
        writer = SPAWN.Process(target=_commit_without_end, args=(url, tmp_path, theirs, round_ * 1_000_000))
        writer.start()
        acknowledged = 0
        for _ in range(4):
            acknowledged = ours.recv()
        assert writer.pid
        os.kill(writer.pid, signal.SIGKILL)
        writer.join(20)
        while ours.poll():
            acknowledged = ours.recv()
        reader = opener()
        first = round_ * 1_000_000
        for number in range(first, acknowledged + 1, 7):
            assert found(reader, f"numbered{number}") == [number]
    again = opener()  # and the next writer starts where the dead one stopped
    again.add([PAIN])
    again.commit()
    assert found(again, "interscapular") == [1]


def test_a_second_writer_is_refused_until_the_first_is_done(url: str, tmp_path: Path, opener: Opener) -> None:
    first = opener()
    first.add([PAIN])
    with pytest.raises(IndexFailure) as refused:
        opener().add([NECK])
    assert not refused.value.permanent
    first.commit()
    first.close()
    second = opener()
    second.add([NECK])
    second.commit()
    assert second.n_documents == 2


def test_many_threads_read_while_one_writes(index: Index) -> None:
    errors: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                assert 1 in found(index, "interscapular pain", with_facets=True)
                assert index.similar(NECK)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for batch in range(8):
        index.add(Document(id=100 + batch * 50 + i, title=f"filler {batch} {i}") for i in range(50))
        index.commit()
    stop.set()
    for thread in threads:
        thread.join(20)
    assert errors == []
    assert index.n_documents == 404


def test_a_rebuilt_index_takes_the_place_of_the_old_one_under_its_readers(
    url: str, tmp_path: Path, opener: Opener, index: Index
) -> None:
    index.close()
    reader = opener()
    with rebuild_index(url, tmp_path) as fresh:
        fresh.add([NECK])
        assert set(found(reader, "pain")) == {1, 2, 4}
    assert found(reader, "pain") == [2]
    assert found(opener(), "pain") == [2]


def test_a_rebuild_that_fails_leaves_the_old_index(url: str, tmp_path: Path, opener: Opener, index: Index) -> None:
    index.close()
    with pytest.raises(ValueError, match="id"), rebuild_index(url, tmp_path) as fresh:
        fresh.add([NECK, Document(id=-1)])
    assert set(found(opener(), "pain")) == {1, 2, 4}


# ── questions ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("interscapular", {1}),
        ("INTERSCAPULAR Pains", {1, 2, 4}),
        ('"neck pain"', {2}),
        ('"pain neck"', set()),
        ("pain -neck -robots", {1}),
        ('pain -"neck pain" -robot', {1}),
        ("title:injection", {1, 2}),
        ("title:score", set()),
        ("author:okafor", {1}),
        ("author:zoe", {1}),
        ('author:"Okafor, Zoë"', {1}),
        ("okafor", {1}),
        ("venue:reviews", {2}),
        ('keyword:"NRS scores"', {1, 2}),
        ("keyword:interscapular", {1}),
        ("multiagent", {3, 4}),
        ("multi-agent", {3, 4}),
        ("year:2019..2020", {2, 3}),
        ("year:2021", {1, 4}),
        ("pain year:..2020", {2}),
        ("doi:10.5555/PAIN.1", {1}),
        ("https://doi.org/10.5555/pain.1", {1}),
        ("pmid:1234567", {1}),
        ("nothinglikeit", set()),
    ],
)
def test_questions_find_what_people_mean(index: Index, text: str, ids: set[int]) -> None:
    assert set(found(index, text)) == ids


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (Filters(year_from=2020), {1, 3, 4}),
        (Filters(year_to=2019), {2}),
        (Filters(venue_ids=(7, 9)), {1, 3}),
        (Filters(types=("review", "conference-paper")), {2, 3}),
        (Filters(is_open=True), {1, 3}),
        (Filters(is_open=False), {2, 4}),
        (Filters(has_news=True), {1}),
        (Filters(has_video=True), set()),
        (Filters(is_retracted=False), {1, 2, 3}),
        (Filters(languages=("en",)), {1}),
        (Filters(id_from=3), {3, 4}),
        (Filters(id_from=2, id_to=3), {2, 3}),
        (Filters(id_to=-1), set()),
        (Filters(year_from=2022, year_to=1), set()),
        (Filters(venue_ids=(-3,)), set()),
    ],
)
def test_filters_hold_with_and_without_words(index: Index, filters: Filters, ids: set[int]) -> None:
    assert set(found(index, "", filters=filters)) == ids
    assert set(found(index, "pain", filters=filters)) == ids & {1, 2, 4}


def test_articles_with_every_word_come_before_those_with_some(index: Index) -> None:
    results = index.search(parse_query("injection neck planning pain"))
    assert results.is_relaxed
    assert results.hits[0].id == 2
    assert {hit.id for hit in results.hits} == {1, 2, 3, 4}


def test_the_article_of_that_very_title_comes_first(opener: Opener) -> None:
    index = opener()
    index.add(
        Document(id=i, title=f"Pain and injection pain injection {i}", abstract="pain injection") for i in range(9)
    )
    index.add([Document(id=50, title="Pain and injection", abstract="Words about other things entirely. " * 30)])
    index.commit()
    assert found(index, "pain and injection")[0] == 50


def test_a_hit_tells_where_it_was_found(index: Index) -> None:
    (hit,) = index.search(parse_query("okafor interscapular")).hits[:1]
    assert {(match.field, match.text) for match in hit.matched} == {
        ("author", "okafor"),
        ("title", "interscapular"),
        ("keyphrase", "interscapular"),
    }


def test_a_word_that_nobody_wrote_is_respelled(index: Index) -> None:
    results = index.search(parse_query("interscapluar pain"))
    assert results.suggestion == "interscapular pain"
    assert results.hits[0].id == 1
    assert index.search(parse_query("interscapular pain")).suggestion == ""


def test_facets_count_the_result_and_the_whole(index: Index) -> None:
    for text, years, n_open in (("", [(2019, 1), (2020, 1), (2021, 2)], 2), ("pain", [(2019, 1), (2021, 2)], 1)):
        facets = {
            f.name: [(v.value, v.n) for v in f.values] for f in index.search(parse_query(text, with_facets=True)).facets
        }
        assert facets["year"] == years
        assert dict(facets["is_open"])[1] == n_open
        assert set(facets) == {"year", "venue", "type", "is_open"}
    assert dict(facets["venue"]) == {7: 1, 8: 1}
    assert dict(facets["type"]) == {"article": 2, "review": 1}


def test_whole_facets_follow_a_commit(index: Index) -> None:
    query = parse_query("", with_facets=True)
    index.search(query)
    index.add([Document(id=9, title="new", year=1999)])
    index.commit()
    assert index.search(query).facets[0].values[0].value == 1999


@pytest.mark.parametrize("sort", ["relevance", "newest"])
@pytest.mark.parametrize("text", ["filler", "filler pain", ""])
def test_pages_follow_each_other_without_gap_or_repetition(opener: Opener, text: str, sort: str) -> None:
    index = opener()
    index.add(Document(id=i, title="filler text", year=1990 + i % 7) for i in range(1, 91))
    index.add(Document(id=i, title="filler pain " + "more " * (i % 5), year=2000) for i in range(91, 96))
    index.commit()
    seen: list[int] = []
    after, n_pages = "", 0
    while n_pages == 0 or after:
        results = index.search(parse_query(text, n=7, after=after, sort=sort))  # type: ignore[arg-type]
        seen += [hit.id for hit in results.hits]
        after, n_pages = results.next_page, n_pages + 1
    expected = set(range(91, 96)) if (text, sort) == ("filler pain", "newest") else set(range(1, 96))
    assert len(seen) == len(set(seen))
    assert set(seen) == expected


def test_newest_first_is_by_year_then_id(index: Index) -> None:
    assert found(index, "pain", sort="newest") == [4, 1, 2]
    assert found(index, "") == [4, 1, 3, 2]


@given(text=st.text(max_size=80) | st.text(QUERY_CHARACTERS, max_size=60))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_a_search_raise(index: Index, text: str) -> None:
    results = index.search(parse_query(text, with_facets=True, after=text))
    assert results.n_total >= len(results.hits)


@given(
    clauses=st.lists(
        st.builds(
            Clause,
            text=st.text(st.characters(), max_size=30),
            field=st.sampled_from(["any", "title", "author", "venue", "keyword", "identifier"]),
            is_phrase=st.booleans(),
            is_excluded=st.booleans(),
        ),
        max_size=5,
    ),
    filters=st.builds(
        Filters,
        year_from=st.none() | st.integers(),
        year_to=st.none() | st.integers(),
        venue_ids=st.lists(st.integers(), max_size=3).map(tuple),
        types=st.lists(st.text(max_size=5), max_size=2).map(tuple),
        is_open=st.none() | st.booleans(),
    ),
    sort=st.sampled_from(["relevance", "newest"]),
    n=st.integers(-3, 300),
    after=st.text(max_size=40) | st.binary(min_size=19, max_size=19).map(lambda b: urlsafe_b64encode(b).decode()),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_makes_a_search_raise(
    index: Index, clauses: list[Clause], filters: Filters, sort: str, n: int, after: str
) -> None:
    results = index.search(Query(tuple(clauses), filters, sort, n, after, with_facets=True))  # type: ignore[arg-type]
    assert {hit.id for hit in results.hits} <= {1, 2, 3, 4}


# ── likeness ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_similar_leaves_out_itself_retracted_and_excluded_documents(index: Index) -> None:
    assert [hit.id for hit in index.similar(PAIN)] == [2]
    assert index.similar(PAIN, excluded_ids=[2]) == []


def test_similar_tells_what_is_shared_phrases_first(index: Index) -> None:
    (hit,) = index.similar(PAIN)
    assert (hit.matched[0].field, hit.matched[0].text) == ("keyphrase", "NRS score")
    assert {match.text for match in hit.matched if match.field == "text"} <= {"pain", "injection", "NRS", "score"}
    assert 0 < hit.score < 1
    assert hit.title == NECK.title


def test_what_is_shared_need_not_be_looked_up(index: Index) -> None:
    (hit,) = index.similar(PAIN, candidate_ids=[2], with_matches=False)
    (told,) = index.similar(PAIN, candidate_ids=[2])
    assert (hit.id, hit.score, hit.title, hit.matched) == (told.id, told.score, told.title, ())


def test_a_copy_scores_about_one_and_above_everything_else(index: Index) -> None:
    copy, *others = index.similar(Document(id=77, title=PAIN.title, abstract=PAIN.abstract, keyphrases=PAIN.keyphrases))
    assert copy.id == 1
    assert copy.score > 0.75
    assert all(other.score < copy.score / 2 for other in others)


def test_candidates_can_be_given(index: Index) -> None:
    assert [hit.id for hit in index.similar(PAIN, candidate_ids=[3, 2, 99])] == [2]
    assert index.similar(PAIN, candidate_ids=[]) == []


def test_the_shares_of_an_explanation_add_up(index: Index) -> None:
    shares = index.explain(PAIN, 2)
    assert sum(share for _, share in shares) == pytest.approx(1.0)
    assert {match.text for match, _ in shares} >= {"NRS score", "pain", "injection"}
    assert index.explain(PAIN, 3) == []
    assert index.explain(PAIN, 99) == []


def test_keyphrases_are_found_in_running_text(index: Index) -> None:
    text = "What the NRS scores of people with Interscapular Pain say; NRS score again."
    assert [(p.phrase, p.n_articles, text[p.start :].startswith(p.phrase)) for p in index.find_keyphrases(text)] == [
        ("NRS scores", 2, True),
        ("Interscapular Pain", 1, True),
    ]


def test_documents_are_found_by_keyphrases_rarest_first(index: Index) -> None:
    hits = index.with_keyphrases(["nrs scores", "interscapular pain", "unheard of"])
    assert [hit.id for hit in hits] == [1, 2]
    assert [match.text for match in hits[0].matched] == ["interscapular pain", "nrs scores"]


def test_document_frequencies(index: Index) -> None:
    assert index.doc_freq("pains") == 3
    assert index.doc_freq("NRS scores", "keyphrase") == 2
    assert index.doc_freq("pains", "phrase") == 3
    n_together = index.doc_freq("NRS scores", "phrase")
    index.add([Document(id=70, title="Of NRS scores")])
    index.commit()
    assert index.doc_freq("NRS scores", "phrase") == n_together + 1
    assert index.doc_freq("pain", "keyphrase") == 0
    assert index.doc_freq("okafor", "author") == 1
    assert index.doc_freq("doi:10.5555/pain.1", "identifier") == 1
    assert index.doc_freq("", "title") == 0


# ── processes of the tests' own ──────────────────────────────────────────────────────────────────────────────────────


def _write_when_told(url: str, home: Path, told: Connection) -> None:
    index = open_index(url, home)
    while n := told.recv():
        index.add([Document(id=n, title=f"numbered{n}")])
        index.commit()
        told.send(n)
    index.close()


def _commit_without_end(url: str, home: Path, told: Connection, first: int) -> None:
    index = open_index(url, home)
    number = first
    while True:
        index.add(Document(id=number + i, title=f"numbered{number + i}") for i in range(60))
        index.commit()
        told.send(number + 59)
        number += 60
