"""Items → articles: given the text of a claim, a post or a press release, is the article that it speaks of found?

`germane` is what a site does (`relate.finding`): candidates from an index over the collection's articles, ranked by
`matching.text`. `germane-high` lets a sentence encoder read the best candidates too. Baselines rank all articles.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from germane.enrich.embedding import Embedder, EmbeddingFailure, load_embedder
from germane.evaluate.baselines.grams import GramModel
from germane.evaluate.baselines.words import WordModel
from germane.evaluate.collections import Collections
from germane.evaluate.corpora import TASKS, Asked, Corpus, asked_file, open_corpus, read_asked
from germane.evaluate.metrics import ndcg_at, ranked, reciprocal_rank_at
from germane.evaluate.report import HIGH, OURS, Clock, Report, guarded
from germane.relate.finding import find_articles

ENCODER = "minilm"
MOST_GRAMS = 10_000  # articles; more would take gigabytes
MOST_ENCODED = 1_000  # articles that are read by the encoder for a baseline: some 80 ms each
HIGH_ON = ("scifact", "checkcovid", "insciout", "acm_sentences")
BESIDE = 0.5  # what the second signal weighs in a sum of two, each divided by its best

Scores = NDArray[np.float32]


def evaluate_items(collections: Collections, report: Report) -> None:
    """Measure nDCG@10 and MRR@5 on every collection that has items with known articles."""
    for name in TASKS:
        with guarded(report, f"items.{name}"):
            measure(collections, name, report)


def measure(collections: Collections, name: str, report: Report) -> None:
    """Measure every method on one collection. Raises Missing."""
    task = TASKS[name]
    asked_file(collections, task)
    corpus = open_corpus(collections, task)
    asked = read_asked(collections, task, corpus.ids)
    embedder = load_embedder()

    with Clock() as clock:
        found = [_found(corpus, each.text, embedder) for each in asked]
    report.add("items", name, OURS, _figures(asked, found), clock=clock)
    encoder = _encoder()
    if encoder is None:
        report.skip(f"items.{name}.{HIGH}", "germane[encoder] is not installed")
    elif name in HIGH_ON:
        remembering = _Remembering(encoder)
        with Clock() as clock:
            found = [_found(corpus, each.text, embedder, remembering) for each in asked]
        report.add("items", name, HIGH, _figures(asked, found), clock=clock)

    for method, score in _baselines(corpus, embedder, encoder).items():
        with Clock() as clock:
            rankings = [ranked(score(each.text), corpus.ids, n=10) for each in asked]
        report.add("items", name, method, _figures(asked, rankings), clock=clock)


def _found(corpus: Corpus, text: str, embedder: Embedder, encoder: Embedder | None = None) -> list[str]:
    found = find_articles(corpus.index, text, texts=corpus.read, embedder=embedder, encoder=encoder)
    return [corpus.ids[each.id] for each in found]


def _figures(asked: Sequence[Asked], rankings: Sequence[Sequence[str]]) -> Mapping[str, Sequence[float]]:
    pairs = list(zip(asked, rankings, strict=True))
    return {
        "ndcg10": [ndcg_at(ranking, dict.fromkeys(each.relevant, 1.0), 10) for each, ranking in pairs],
        "mrr5": [reciprocal_rank_at(ranking, each.relevant, 5) for each, ranking in pairs],
    }


def _baselines(corpus: Corpus, embedder: Embedder, encoder: Embedder | None) -> Mapping[str, Callable[[str], Scores]]:
    words = WordModel(corpus.texts)
    static = _Nearest(embedder, corpus.texts)
    methods: dict[str, Callable[[str], Scores]] = {
        "bm25": lambda text: words.bm25(("", text)),
        "static": static.cosines,
        "bm25+static": lambda text: _sum(words.bm25(("", text)), static.cosines(text)),
    }
    if len(corpus.ids) <= MOST_GRAMS:
        grams = GramModel(corpus.texts)
        methods["bm25+char4"] = lambda text: _sum(words.bm25(("", text)), grams.bm25(text))
    if encoder and len(corpus.ids) <= MOST_ENCODED:
        methods["encoder"] = _Nearest(encoder, corpus.texts).cosines
    return methods


def _sum(first: Scores, second: Scores) -> Scores:
    return _by_best(first) + np.float32(BESIDE) * _by_best(second)


def _by_best(scores: Scores) -> Scores:
    best = float(scores.max(initial=0.0))
    return scores / np.float32(best) if best > 0 else scores


def _encoder() -> Embedder | None:
    try:
        return load_embedder(ENCODER)
    except EmbeddingFailure:
        return None


class _Nearest:
    """All articles by the cosine of their vectors with a text's."""

    def __init__(self, embedder: Embedder, texts: Sequence[tuple[str, str]]) -> None:
        self._embedder, self._vectors = embedder, embedder.embed(texts)

    def cosines(self, text: str) -> Scores:
        return np.asarray(self._vectors @ self._embedder.embed([("", text)])[0], dtype=np.float32)


class _Remembering:
    """An embedder that reads each text once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[tuple[str, str], Scores] = {}

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    def embed(self, texts: Sequence[tuple[str, str]]) -> Scores:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._embedder.embed(new), strict=True))
        return np.array([self._known[text] for text in texts], np.float32)
