"""How well similar articles are found: experts' judgments (csfcube) and what an article cites (acm).

csfcube: the judged pool of each query and facet is ranked; relevant from grade 2 on; MAP, and NDCG of the first fifth
of the pool with the grades as gains. acm: the whole corpus without the papers asked with; what one cites is relevant.
The query itself is never ranked. Document statistics are those of the collection that is ranked.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.enrich.embedding import Embedder, EmbeddingFailure, load_embedder
from germane.evaluate.baselines.encoder import Vectors
from germane.evaluate.baselines.words import WordModel
from germane.evaluate.collections import Collections, read_lines
from germane.evaluate.metrics import average_precision, ndcg_at, ranked, recall_at
from germane.evaluate.report import Clock, Report, guarded
from germane.index import Document, Index, open_index
from germane.relate.similar import Encoder, find_similar

TASK = "similar"
N_RANKED = 100
N_RERANKED = 200  # of acm, by the encoder, of those first by TF-IDF
ENCODER_WEIGHT = 2.0  # beside TF-IDF
RELEVANT = 2
_BATCH = 2_000

Scores = NDArray[np.float32]


class Paper(Struct, frozen=True):
    """An article of a collection; the files have more fields, which are not read."""

    id: str
    title: str
    abstract: str
    keywords: tuple[str, ...] | None = None
    venue: str | None = None
    year: str | None = None


class Asked(Struct, frozen=True):
    """One query: the article, what may be ranked (None: everything), how much each answer is worth."""

    paper: Paper
    pool: Sequence[str] | None
    gains: Mapping[str, float]


class _Judged(Struct, frozen=True):
    qid: str
    cands: list[str]
    rel: list[int]


class _Citing(Struct, frozen=True):
    id: str
    title: str
    abstract: str
    relevant: list[str]


Ranking = Sequence[str]
Method = Callable[[Asked], Ranking]


def evaluate_similar(collections: Collections, report: Report, *, with_encoder: bool = True) -> None:
    """Measure all methods on both collections; those of the sentence encoder only where there is one."""
    with guarded(report, f"{TASK}.csfcube"):
        papers = read_papers(collections.asked("csfcube/docs.jsonl.gz"))
        queries = judged_queries(collections.asked("csfcube/queries.jsonl.gz"), papers)
        _measure(report, "csfcube", papers, queries, judged_metrics, with_encoder)
    with guarded(report, f"{TASK}.acm"):
        citing = collections.asked("acm/cite_queries.jsonl.gz")
        away = {
            row.id for path in (citing, collections.known("acm/cite_queries.jsonl.gz")) for row in _read_citing(path)
        }
        papers = [p for p in read_papers(collections.known("acm/corpus.jsonl.gz")) if p.id not in away]
        queries = citing_queries(citing, papers)
        _measure(report, "acm", papers, queries, citing_metrics, with_encoder)


def read_papers(path: Path) -> list[Paper]:
    """Return the articles of a file."""
    return [msgspec.json.decode(line, type=Paper) for line in read_lines(path)]


def judged_queries(path: Path, papers: Sequence[Paper]) -> list[Asked]:
    """Return csfcube's queries, those with a relevant answer, each facet as a query of its own."""
    by_id = {paper.id: paper for paper in papers}
    queries = []
    for line in read_lines(path):
        row = msgspec.json.decode(line, type=_Judged)
        gains = {c: float(g) for c, g in zip(row.cands, row.rel, strict=True) if c != row.qid}
        if any(gain >= RELEVANT for gain in gains.values()):
            queries.append(Asked(by_id[row.qid], list(gains), gains))
    return queries


def citing_queries(path: Path, papers: Sequence[Paper]) -> list[Asked]:
    """Return the citing papers whose cited ones are in the corpus."""
    known = {paper.id for paper in papers}
    return [
        Asked(Paper(row.id, row.title, row.abstract), None, gains)
        for row in _read_citing(path)
        if (gains := {cited: 1.0 for cited in row.relevant if cited in known})
    ]


def _read_citing(path: Path) -> list[_Citing]:
    return [msgspec.json.decode(line, type=_Citing) for line in read_lines(path)]


def judged_metrics(asked: Asked, ranking: Ranking) -> dict[str, float]:
    """Return csfcube's metrics of one ranking of the whole pool."""
    relevant = {key for key, gain in asked.gains.items() if gain >= RELEVANT}
    return {
        "map": average_precision(ranking, relevant),
        "ndcg20": ndcg_at(ranking, asked.gains, len(asked.gains) // 5),
    }


def citing_metrics(asked: Asked, ranking: Ranking) -> dict[str, float]:
    """Return acm's metrics of one ranking's first hundred."""
    return {"ndcg10": ndcg_at(ranking, asked.gains, 10), "r100": recall_at(ranking, list(asked.gains), N_RANKED)}


def _measure(
    report: Report,
    collection: str,
    papers: Sequence[Paper],
    queries: Sequence[Asked],
    metrics: Callable[[Asked, Ranking], dict[str, float]],
    with_encoder: bool,
) -> None:
    def run(name: str, method: Method) -> None:
        clock = Clock()
        values: dict[str, list[float]] = {}
        for asked in queries:
            with clock:
                ranking = method(asked)
            for metric, value in metrics(asked, ranking).items():
                values.setdefault(metric, []).append(value)
        report.add(TASK, collection, name, values, clock=clock)

    static = load_embedder()
    texts = {paper.id: (paper.title, paper.abstract) for paper in papers} | {
        asked.paper.id: (asked.paper.title, asked.paper.abstract) for asked in queries
    }
    encoder = _encoder(report, collection, texts) if with_encoder else None
    numbers = {paper.id: number for number, paper in enumerate(papers)}
    with filled_index(papers, static) as index:
        run("germane", _ours(index, static, papers, numbers, None))
        if encoder:
            looked = _looked_up(encoder, [paper.id for paper in papers])
            run("germane-high", _ours(index, static, papers, numbers, looked))
    model = WordModel([(paper.title, paper.abstract) for paper in papers])
    scored = {name: _by_scores(papers, method) for name, method in model.methods().items()}
    vectors = static.embed([(paper.title, paper.abstract) for paper in papers])
    scored["static"] = _by_scores(papers, lambda text: vectors @ static.embed([text])[0])
    for name, method in scored.items():
        run(name, method)
    if encoder:
        first = _by_scores(papers, model.tfidf, n=N_RERANKED)

        def encoded(asked: Asked) -> Ranking:
            return _reranked(encoder, asked, asked.pool or first(asked), None)

        def fused(asked: Asked) -> Ranking:
            scores = model.tfidf((asked.paper.title, asked.paper.abstract))
            pool = asked.pool or first(asked)
            return _reranked(encoder, asked, pool, scores[[numbers[key] for key in pool]])

        run("encoder", encoded)
        run("tfidf+encoder", fused)


@contextmanager
def filled_index(papers: Sequence[Paper], embedder: Embedder) -> Iterator[Index]:
    """Give the product's own index of the articles, numbered as they stand, in a folder that goes away.

    Authors' keywords come in as a record's; no keyphrases are looked for, which would take longer than all the rest.
    """
    venues = {venue: i for i, venue in enumerate(sorted({p.venue for p in papers if p.venue}), 1)}
    with tempfile.TemporaryDirectory(prefix="germane-eval-") as folder:
        index = open_index(
            "embedded:",
            Path(folder),
            create=True,
            dimensions=embedder.dimensions,
            vector_model=embedder.name,
        )
        try:
            for begin in range(0, len(papers), _BATCH):
                some = papers[begin : begin + _BATCH]
                vectors = embedder.embed([(paper.title, paper.abstract) for paper in some]).astype("<f2")
                index.add(
                    Document(
                        id=begin + i,
                        title=paper.title,
                        abstract=paper.abstract,
                        keywords=paper.keywords or (),
                        venue=paper.venue or "",
                        venue_id=venues.get(paper.venue or "", 0),
                        year=int(paper.year) if paper.year and paper.year.isdecimal() else None,
                        vector=vectors[i].tobytes() if vectors[i].any() else b"",
                    )
                    for i, paper in enumerate(some)
                )
            index.commit()
            yield index
        finally:
            index.close()


def _ours(
    index: Index,
    embedder: Embedder,
    papers: Sequence[Paper],
    numbers: Mapping[str, int],
    encoder: Encoder | None,
) -> Method:
    def rank(asked: Asked) -> Ranking:
        paper = asked.paper
        number = numbers.get(paper.id, len(papers))  # a paper that is asked with and not in the index
        document = Document(id=number, title=paper.title, abstract=paper.abstract, keywords=paper.keywords or ())
        pool = None if asked.pool is None else [numbers[key] for key in asked.pool]
        found = find_similar(
            index,
            document,
            embedder=embedder,
            encoder=encoder,
            n=N_RANKED if pool is None else len(pool),
            candidate_ids=pool,
        )
        ranking = [papers[s.article_id].id for s in found]
        return ranking if asked.pool is None else ranking + sorted(set(asked.pool) - set(ranking))

    return rank


def _by_scores(papers: Sequence[Paper], score: Callable[[tuple[str, str]], Scores], n: int = N_RANKED) -> Method:
    ids = [paper.id for paper in papers]
    place = {key: i for i, key in enumerate(ids)}

    def rank(asked: Asked) -> Ranking:
        scores = score((asked.paper.title, asked.paper.abstract))
        if asked.pool is None:
            return ranked(scores, ids, n=n)
        return ranked(scores[[place[key] for key in asked.pool]], asked.pool)

    return rank


def _encoder(report: Report, collection: str, texts: Mapping[str, tuple[str, str]]) -> Vectors | None:
    try:
        return Vectors(load_embedder("minilm"), texts)
    except EmbeddingFailure as failure:
        report.skip(f"{TASK}.{collection}, methods with a sentence encoder", failure)
        return None


def _looked_up(encoder: Vectors, ids: Sequence[str]) -> Encoder:
    """Return the product's way to ask an encoder, from vectors by the collection's ids."""

    def cosines(document: Document, numbers: Sequence[int]) -> Scores:
        own = encoder.embedder.embed([(document.title, document.abstract)])[0]
        return np.asarray(encoder.of([ids[number] for number in numbers]) @ own, dtype=np.float32)

    return cosines


def _reranked(encoder: Vectors, asked: Asked, pool: Sequence[str], scores: Scores | None) -> Ranking:
    """Return the pool by the encoder's cosine, with `scores` (pool,) beside it when they are given."""
    cosines = encoder.of(pool) @ encoder.of([asked.paper.id])[0]
    return ranked(cosines if scores is None else scores + ENCODER_WEIGHT * cosines, pool)
