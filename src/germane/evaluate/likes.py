"""How well what readers like is foretold: recall among the first 20 and 100 on CiteULike, warm and cold.

A new reader's `profile` is folded in. *Warm*: all other articles are ranked, `test_warm` is relevant. *Cold*: only
`cold_items` are ranked, `test_cold` is relevant. All likes of cold items are left out of the training, for both: one
model answers both, as for a site with articles that nobody has liked yet. Cold items are candidates in warm too.

Developing, a fifth of the development readers are asked and not trained on; held out, all of those are trained on.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import sparse

from germane.enrich.embedding import load_embedder
from germane.evaluate.baselines import likes as baselines
from germane.evaluate.collections import Collections, Missing, read_lines, read_rows
from germane.evaluate.metrics import recall_at
from germane.evaluate.report import Clock, Report
from germane.index.analysis import WORDS
from germane.recommend.content import content_features, linked, mixed_vectors, tfidf
from germane.recommend.links import nearest_links
from germane.recommend.model import train_model
from germane.recommend.scoring import make_lens, score

COLLECTIONS = ("citeulike_a", "citeulike_t")
DEPTHS = (20, 100)
N_FOLDS = 5
PROFILE = 0.8  # of an asked development reader's likes

Scores = NDArray[np.float32]


class Asked(Struct, frozen=True):
    """A new reader: what they like, and what they are found to like besides."""

    reader: str
    profile: Sequence[int]
    test_warm: Sequence[int]
    test_cold: Sequence[int]


class Likes(Struct, frozen=True):
    """One collection, ready to train on: cold articles have no likes, and no tags."""

    likes: sparse.csr_matrix  # (training readers, articles)
    words: sparse.csr_matrix  # (articles, words) counts
    vectors: NDArray[np.float32]  # (articles, dimensions) of the static embedding, cited texts mixed in
    citations: sparse.csr_matrix
    tags: sparse.csr_matrix | None
    cold: NDArray[np.int64]
    asked: Sequence[Asked]

    @property
    def profiles(self) -> sparse.csr_matrix:
        """Return the asked readers' profiles (readers, articles)."""
        return _rows([each.profile for each in self.asked], self.likes.shape[1])


def evaluate_likes(collections: Collections, report: Report) -> None:
    """Measure the recommendations from likes, and what they are compared with, on every collection that is there."""
    for name in COLLECTIONS:
        try:
            _evaluate(name, read_likes(collections, name), report)
        except Missing as missing:
            report.skip(f"likes.{name}", missing)


def read_likes(collections: Collections, name: str) -> Likes:
    """Return a collection's training part and the readers to be asked. Raises Missing."""
    citations = _read_lists(collections.known(f"{name}/citations.tsv.gz"))
    n = len(citations)
    cold = np.array([int(line) for line in read_lines(collections.known(f"{name}/cold_items.tsv.gz"))], np.int64)
    readers = _read_lists(collections.known(f"{name}/users.tsv.gz"))
    if collections.is_held_out:
        trained = list(readers.values())
        rows = read_rows(collections.asked(f"{name}/users_heldout.jsonl.gz"))
        asked = [Asked(str(row["user"]), row["profile"], row["test_warm"], row["test_cold"]) for row in rows]
    else:
        trained, asked = split_readers(readers, set(cold.tolist()))
    is_warm = np.ones(n, np.float32)
    is_warm[cold] = 0
    warm = sparse.diags(is_warm)
    likes = (_rows(trained, n) @ warm).tocsr()
    likes.eliminate_zeros()
    words, texts = _read_words(collections, name, n)
    links = _rows([citations.get(str(at), []) for at in range(n)], n)
    return Likes(
        likes[np.diff(likes.indptr) > 0],
        words,
        mixed_vectors(load_embedder("static").embed(texts), linked(links)),
        links,
        _read_tags(collections, name, warm),
        cold,
        [each for each in asked if each.profile],
    )


def split_readers(readers: dict[str, list[int]], cold: set[int]) -> tuple[list[list[int]], list[Asked]]:
    """Return the likes of readers to train on, and a fifth, chosen by hash, to be asked as the held-out ones are."""
    trained, asked = [], []
    for reader, liked in readers.items():
        if _part("reader", reader) >= 1 / N_FOLDS:
            trained.append(liked)
            continue
        warm = [each for each in liked if each not in cold]
        in_profile = [_part(reader, each) < PROFILE for each in warm]
        profile = [each for each, known in zip(warm, in_profile, strict=True) if known]
        hidden = [each for each, known in zip(warm, in_profile, strict=True) if not known]
        asked.append(Asked(reader, profile, hidden, [each for each in liked if each in cold]))
    return trained, asked


def recalls(asked: Iterable[Asked], scores: Scores, cold: NDArray[np.int64]) -> dict[str, list[float]]:
    """Return "warm.r20" … of (readers, articles) scores, one value a reader who has something to be found."""
    values: dict[str, list[float]] = {f"{kind}.r{n}": [] for kind in ("warm", "cold") for n in DEPTHS}
    for each, row in zip(asked, scores, strict=True):
        if each.test_warm:
            everything = np.arange(len(row))
            _add(values, "warm", _best(row, np.setdiff1d(everything, each.profile)), each.test_warm)
        if each.test_cold:
            _add(values, "cold", _best(row, np.setdiff1d(cold, each.profile)), each.test_cold)
    return values


def ours(data: Likes, features: sparse.csr_matrix) -> Scores:
    """Return the scores that the site's own model gives all articles, for each asked reader."""
    n = data.likes.shape[1]
    model = train_model(np.arange(n), data.likes, features, vectors=data.vectors, citations=linked(data.citations))
    everything = np.arange(n)
    rows = [score(model, make_lens(model, dict.fromkeys(each.profile, 1.0)), everything) for each in data.asked]
    return np.array(rows, np.float32).reshape(len(data.asked), n)


def _evaluate(name: str, data: Likes, report: Report) -> None:
    profiles, words = data.profiles, tfidf(data.words)
    content = content_features(data.words, data.citations)
    methods: dict[str, Callable[[], Scores]] = {
        "popularity": partial(baselines.popularity, data.likes, profiles),
        "item-knn": partial(baselines.item_knn, data.likes, profiles),
        "rp3beta": partial(baselines.rp3beta, data.likes, profiles),
        "ials": partial(baselines.ials, data.likes, profiles),
        "ease": partial(baselines.ease, data.likes, profiles),
        "rocchio": partial(baselines.rocchio, words, profiles),
        "svm": partial(baselines.linear_svm, words, profiles),
    }
    for method, measure in methods.items():
        _measure(name, method, measure, data, report, warm_only=method in ("item-knn", "rp3beta", "ials", "ease"))
    _measure(name, "lent-factors", partial(_lent, data, content), data, report, cold_only=True)
    if data.tags is not None:
        _measure(name, "germane-without-tags", lambda: ours(data, content), data, report)
        content = content_features(data.words, data.citations, [data.tags])
    _measure(name, "germane", lambda: ours(data, content), data, report)


def _measure(
    name: str,
    method: str,
    scores: Callable[[], Scores],
    data: Likes,
    report: Report,
    *,
    warm_only: bool = False,
    cold_only: bool = False,
) -> None:
    with Clock() as clock:
        found = scores()
    values = recalls(data.asked, found, data.cold)
    kept = {
        metric: each
        for metric, each in values.items()
        if not (warm_only and metric.startswith("cold")) and not (cold_only and metric.startswith("warm"))
    }
    report.add("likes", name, method, kept, clock=clock, n=len(data.asked))


def _lent(data: Likes, content: sparse.csr_matrix) -> Scores:
    is_liked = np.asarray(data.likes.sum(axis=0)).ravel() > 0
    without = np.zeros((content.shape[0], 0), np.float32)
    return baselines.lent_factors(nearest_links(content, without, 50, among=is_liked), data.likes, data.profiles)


def _best(row: Scores, candidates: NDArray[np.int64]) -> list[int]:
    """Return the deepest list that is looked at: best first, equal ones by ascending article."""
    scores = row[candidates]
    if len(scores) > DEPTHS[-1]:
        edge = np.partition(scores, -DEPTHS[-1])[-DEPTHS[-1]]
        candidates, scores = candidates[scores >= edge], scores[scores >= edge]
    order = np.lexsort((candidates, -scores))[: DEPTHS[-1]]
    return [int(each) for each in candidates[order]]


def _add(values: dict[str, list[float]], kind: str, ranking: Sequence[int], relevant: Sequence[int]) -> None:
    for n in DEPTHS:
        values[f"{kind}.r{n}"].append(recall_at(ranking, relevant, n))


def _part(*of: object) -> float:
    """Return a place in 0..1 that a hash gives to something, the same in every run."""
    return int.from_bytes(hashlib.sha1("/".join(map(str, of)).encode(), usedforsecurity=False).digest()[:4]) / 2**32


def _read_lists(path: Path) -> dict[str, list[int]]:
    lists = {}
    for line in read_lines(path):
        name, _, members = line.partition("\t")
        lists[name] = [int(member) for member in members.split()]
    return lists


def _read_words(collections: Collections, name: str, n: int) -> tuple[sparse.csr_matrix, Sequence[tuple[str, str]]]:
    """Return counts of words in titles, or those of the collection's own bags of words, and (title, words) texts."""
    texts = [("", "")] * n
    vocabulary: dict[str, int] = {}
    rows: list[dict[int, int]] = [{} for _ in range(n)]
    try:
        path = collections.known(f"{name}/bow.tsv.gz")
    except Missing:
        for line in read_lines(collections.known(f"{name}/titles.tsv.gz")):
            at, _, title = line.partition("\t")
            texts[int(at)] = title, ""
            for word in WORDS.analyze(title):
                column = vocabulary.setdefault(word, len(vocabulary))
                rows[int(at)][column] = rows[int(at)].get(column, 0) + 1
    else:
        spelled = list(read_lines(collections.known(f"{name}/vocabulary.txt.gz")))
        for line in read_lines(path):
            at, _, bag = line.partition("\t")
            texts[int(at)] = "", " ".join(spelled[int(each.partition(":")[0])] for each in bag.split())
            rows[int(at)] = {int(word): int(count) for word, _, count in (each.partition(":") for each in bag.split())}
    width = 1 + max((column for row in rows for column in row), default=0)
    return _rows([list(row) for row in rows], width, [list(row.values()) for row in rows]), texts


def _read_tags(collections: Collections, name: str, warm: sparse.dia_matrix) -> sparse.csr_matrix | None:
    """Return readers' tags of warm articles; a cold one's are left out, as they come from the readers who like it."""
    try:
        tags = _read_lists(collections.known(f"{name}/item_tags.tsv.gz"))
    except Missing:
        return None
    width = 1 + max((tag for row in tags.values() for tag in row), default=0)
    used = sparse.csr_matrix(warm @ _rows([tags.get(str(at), []) for at in range(warm.shape[0])], width))
    used.eliminate_zeros()
    return used


def _rows(
    columns: Sequence[Sequence[int]], width: int, values: Sequence[Sequence[float]] | None = None
) -> sparse.csr_matrix:
    """Return a matrix with the given columns in each row, 1 each unless `values` has others."""
    ends = np.cumsum([0, *map(len, columns)])
    flat = np.array([each for row in columns for each in row], np.int64)
    filled = np.ones(len(flat), np.float32)
    if values is not None:
        filled = np.array([each for row in values for each in row], np.float32)
    made = sparse.csr_matrix((filled, flat, ends), shape=(len(columns), width))
    made.sum_duplicates()
    return made
