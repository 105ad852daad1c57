"""Lists made all at once are those that asking for one article gives."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from germane.enrich.embedding import load_embedder
from germane.index import Document, Index, open_index
from germane.relate.bulk import clustering
from germane.relate.bulk.corpus import Corpus, arrange, keep
from germane.relate.bulk.describing import describe
from germane.relate.bulk.graph import Links, arrange_graph
from germane.relate.bulk.relating import relate_lists
from germane.relate.similar import Links as OwnLinks
from germane.relate.similar import Similar, find_similar

N = 360
TOPICS = tuple(
    words.split()
    for words in (
        "moss capillary forest stem water leaf canopy humidity spore bog rain shade root lichen",
        "graph spectral gap vertex random walk eigenvalue expander matching cut degree hub tree",
        "nurse night shift sleep ward fatigue alert hospital rest patient error caffeine schedule",
        "galaxy halo dust redshift quasar lensing survey star cluster mass disk bulge spectrum",
    )
)
FILLERS = ("measured", "compared", "modelled", "counted", "surveyed", "estimated", "tested", "reviewed", "mapped")


def make_documents() -> list[Document]:
    """Return articles on four topics, each with words of its own and some that few others have."""
    rng = random.Random(5)
    rare = [f"specimen{chr(97 + i % 26)}{chr(97 + i // 26)}ine" for i in range(90)]
    documents = []
    for number in range(1, N + 1):
        topic = TOPICS[number % len(TOPICS)]
        words = rng.sample(topic, 7)
        own = rng.sample(rare, 2)
        title = f"{words[0]} {words[1]} {rng.choice(FILLERS)} with {words[2]} and {own[0]} {rng.choice(topic)}"
        abstract = f"We {rng.choice(FILLERS)} {' and '.join(words[2:])} near {own[1]}. {words[3]} {words[4]} matter."
        documents.append(
            Document(
                id=3 * number,
                title=title.capitalize(),
                abstract=abstract,
                keyphrases=(f"{words[0]} {words[1]}", own[0]),
                keywords=(words[2],),
                authors=(f"Ana {rng.choice('ABCDE')}. Sousa", f"Wei {number}"),
                venue="A venue",
                venue_id=1 + number % 7,
                year=2000 + number % 9,
                is_retracted=number % 50 == 0,
            )
        )
    documents[10] = replace(documents[10], title=documents[14].title)  # on the same topic
    return documents


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    embedder = load_embedder()
    made = make_documents()
    vectors = embedder.embed([(d.title, d.abstract) for d in made]).astype("<f2")
    return [replace(d, vector=v.tobytes()) for d, v in zip(made, vectors, strict=True)]


@pytest.fixture(scope="module")
def index(documents: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    made = open_index("embedded:", tmp_path_factory.mktemp("index"), create=True)
    made.add(documents)
    made.commit()
    yield made
    made.close()


def put_down(
    folder: Path, index: Index, documents: Sequence[Document], n_lists: int, clusters: Sequence[int] = ()
) -> Corpus:
    vectors = index.forward([d.id for d in documents]).vectors
    centers = clustering.train(vectors, n_lists)
    own = np.array(clusters or [d.id for d in documents], np.int64)
    for number, begin in enumerate(range(0, len(documents), 100)):
        some = list(documents[begin : begin + 100])
        keep(folder, number, describe(index, some, own[begin : begin + 100], centers))
    return arrange(folder, index, n_lists)


def lists_of(corpus: Corpus) -> dict[int, list[Similar]]:
    return dict(relate_lists(corpus, None, 0, corpus.n_lists))


def test_lists_are_those_of_asking_for_each_article(tmp_path: Path, index: Index, documents: list[Document]) -> None:
    found = lists_of(put_down(tmp_path, index, documents, 3))
    embedder = load_embedder()
    assert sorted(found) == [d.id for d in documents]
    same = n_alike = n = 0
    for document in documents[:80]:
        alone = find_similar(index, document, embedder=embedder)
        bulk = found[document.id]
        assert len(bulk) == len(alone) == 20
        assert sum(s.score for s in bulk) == pytest.approx(sum(s.score for s in alone), rel=0.01)
        same += len({s.article_id for s in bulk} & {s.article_id for s in alone})
        told = {s.article_id: s for s in alone}
        for s in bulk:
            if s.article_id in told:
                n += 1
                n_alike += [e.code for e in s.evidence] == [e.code for e in told[s.article_id].evidence]
                assert s.score == pytest.approx(told[s.article_id].score, abs=0.002)
    assert same > 0.97 * 80 * 20  # of equal scores another one may come first
    assert n_alike > 0.95 * n


def test_what_must_not_be_listed_is_not(tmp_path: Path, index: Index, documents: list[Document]) -> None:
    clusters = [d.id for d in documents]
    clusters[5] = clusters[1]  # two versions of one work
    found = lists_of(put_down(tmp_path, index, documents, 2, clusters))
    retracted = {d.id for d in documents if d.is_retracted}
    listed = {number: [s.article_id for s in some] for number, some in found.items()}
    assert not any(retracted & set(some) or number in some for number, some in listed.items())
    assert documents[5].id not in listed[documents[1].id]
    assert documents[1].id not in listed[documents[5].id]
    assert documents[14].id not in listed[documents[10].id], "the same title"
    both = {documents[10].id, documents[14].id}
    assert any(both & set(some) for some in listed.values())
    assert not any(both <= set(some) for some in listed.values()), "two of one title"
    assert all(s.evidence for some in found.values() for s in some)


def test_citations_add_to_the_likeness_and_are_told(tmp_path: Path, index: Index, documents: list[Document]) -> None:
    corpus = put_down(tmp_path, index, documents, 3)
    one, other, third = documents[0].id, documents[40].id, documents[2].id  # the first two on one topic
    away = 999_999_999_999
    references = Links(np.array([one, one, other, third]), np.array([700, away, away, away]))
    names = Links(np.array([other, one]), np.array([700, 701]))
    graph = arrange_graph(tmp_path, references, names)
    found = dict(relate_lists(corpus, graph, 0, corpus.n_lists))
    tied = {s.article_id: {e.code: e.matched for e in s.evidence} for s in found[one]}
    assert tied[other]["cites"] == "cites"
    assert tied[other]["coupled"] == "1"
    [mirrored] = [s for s in found[other] if s.article_id == one]
    assert {e.code: e.matched for e in mirrored.evidence}["cites"] == "cited-by"
    alone = find_similar(
        index,
        documents[0],
        embedder=load_embedder(),
        links=OwnLinks(cites=frozenset({other}), coupled={other: 1, third: 1}),
    )
    scores = [next(s.score for s in some if s.article_id == other) for some in (found[one], alone)]
    assert scores[0] == pytest.approx(scores[1], abs=0.002)


def test_co_cited_articles_are_counted_by_those_that_cite_both(
    tmp_path: Path, index: Index, documents: list[Document]
) -> None:
    corpus = put_down(tmp_path, index, documents, 2)
    one, other = documents[0].id, documents[1].id
    citing = [d.id for d in documents[20:24]]
    pairs = [(number, target) for number in citing for target in (700, 701)]
    references = Links(np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))
    graph = arrange_graph(tmp_path, references, Links(np.array([one, other]), np.array([700, 701])))
    row = int(np.flatnonzero(corpus.ids == one)[0])
    ties = graph.ties_of(np.array([row]))
    tied = {int(corpus.ids[r]): i for i, r in enumerate(ties.rows)}
    assert set(tied) == {other, *citing}
    assert ties.n_links["co-cited"][tied[other]] == len(citing)
    assert all(ties.n_links["cited-by"][tied[number]] == 1 for number in citing)


def test_every_article_is_in_one_list_and_each_list_is_nearest_to_itself(
    tmp_path: Path, index: Index, documents: list[Document]
) -> None:
    corpus = put_down(tmp_path, index, documents, 5)
    assert sorted(corpus.ids.tolist()) == [d.id for d in documents]
    assert corpus.lists[0] == 0
    assert corpus.lists[-1] == N
    assert corpus.near[:, 0].tolist() == list(range(5))


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="only Linux tells what a process holds")
def test_what_was_read_can_be_let_go_of_and_is_read_again(
    tmp_path: Path, index: Index, documents: list[Document]
) -> None:
    corpus = put_down(tmp_path, index, documents, 3)
    graph = arrange_graph(tmp_path, Links(np.array([3, 3]), np.array([70, 71])), Links(np.array([6]), np.array([70])))
    before = dict(relate_lists(corpus, graph, 0, corpus.n_lists))
    assert _resident(tmp_path) > 0
    corpus.release()
    graph.release()
    assert _resident(tmp_path) == 0
    assert dict(relate_lists(corpus, graph, 0, corpus.n_lists)) == before


def _resident(folder: Path) -> int:
    """Return how many kB of a folder's files this process holds."""
    kilobytes, is_ours = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        name, _, rest = line.partition(" ")
        if not name.endswith(":"):
            is_ours = str(folder) in line
        elif name == "Rss:" and is_ours:
            kilobytes += int(rest.split()[0])
    return kilobytes


def test_an_article_without_a_vector_is_related_by_its_words(tmp_path: Path, index: Index) -> None:
    own = open_index("embedded:", tmp_path / "own", create=True)
    texts = [f"Moss and capillary rise number {name}" for name in ("alpha", "beta", "gamma", "delta")]
    some = [Document(id=i, title=text, abstract="Stems of moss hold water.") for i, text in enumerate(texts)]
    own.add(some)
    own.commit()
    found = lists_of(put_down(tmp_path, own, some, 1))
    own.close()
    assert all(s.evidence[0].code == "phrases" for similar in found.values() for s in similar)
    assert {len(similar) for similar in found.values()} <= {1, 2, 3}
