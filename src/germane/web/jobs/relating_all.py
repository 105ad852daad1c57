"""The similar articles of the whole corpus at once: when much of it is new, that costs a thirtieth of asking for each.

What is compared lies in a folder of the home while this runs. Lists are written as they come, so a run that was killed
has what it had written, and the next one makes the others.
"""

import logging
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from germane.relate.bulk import clustering
from germane.relate.bulk.corpus import Corpus, arrange, keep, remove
from germane.relate.bulk.describing import describe
from germane.relate.bulk.graph import Graph, arrange_graph
from germane.relate.bulk.relating import relate_lists
from germane.relate.similar import Similar
from germane.web import wiring
from germane.web.catalog import graph
from germane.web.catalog.codec import pack_similar
from germane.web.catalog.relating import N_SIMILAR
from germane.web.catalog.stale import read_documents
from germane.web.catalog.store import derived
from germane.web.jobs.parallel import Pool, map_batches

FOLDER = "relating"  # in the home
MIN_STALE = 5_000  # fewer articles are cheaper asked for one by one …
STALE_SHARE = 0.05  # … and so is a smaller part of the corpus, all of which has to be read here
_DESCRIBED = 1_000  # articles described at once
_LISTS = 4  # related at once
_WRITTEN = 10_000  # lists of similar articles written in one transaction

_log = logging.getLogger(__name__)

Packed = dict[int, tuple[int, bytes]]  # article → the length of its list, and the list


def is_worthwhile(n_stale: int, n_articles: int) -> bool:
    """Tell whether so many articles without a list are better related with all others at once."""
    return n_stale >= MIN_STALE and n_stale >= STALE_SHARE * n_articles


def relate_all(generation: int, pool: Pool) -> Iterator[int]:
    """Make the lists of all articles that have none of this generation, yielding how many each transaction wrote.

    Raises IndexFailure.
    """
    wanted = graph.read_to_relate(generation)
    folder = settings.ENVIRONMENT.home / FOLDER
    remove(folder)  # of a run that was killed
    folder.mkdir(parents=True)
    try:
        corpus = _prepare(folder, pool)
        number = np.flatnonzero(np.isin(corpus.ids, wanted))
        lists = np.unique(corpus.list_of[number])
        tasks = [Task(str(folder), folder.stat().st_ino, number) for number in lists.tolist()]
        batches = (tasks[begin : begin + _LISTS] for begin in range(0, len(tasks), _LISTS))
        pending: Packed = {}
        for packed in map_batches(relate_some, batches, pool=pool):
            pending |= packed
            if len(pending) >= _WRITTEN:
                yield _write(pending, wanted, generation)
                pending = {}
        if pending:
            yield _write(pending, wanted, generation)
    finally:
        remove(folder)


class Batch(NamedTuple):
    """Some articles to be described, of the folder that `folder` names: articles and the clusters they belong to."""

    folder: str
    number: int
    ids: list[int]
    clusters: list[int]


class Task(NamedTuple):
    """A list to be related; `key` tells this run's folder from an earlier one's."""

    folder: str
    key: int
    number: int


def describe_some(batches: list[Batch]) -> None:
    """Write down what comparing some articles needs."""
    for batch in batches:
        folder = Path(batch.folder)
        clusters = dict(zip(batch.ids, batch.clusters, strict=True))
        documents = sorted(read_documents(batch.ids), key=lambda document: document.id)
        own = np.array([clusters[document.id] for document in documents], np.int64)
        keep(folder, batch.number, describe(wiring.index(), documents, own, np.load(folder / "centers.npy")))


def relate_some(tasks: list[Task]) -> Packed:
    """Return the similar articles of all articles of some lists, packed."""
    packed: Packed = {}
    for folder, key, number in tasks:
        corpus, citations = _opened(folder, key)
        try:
            packed |= {
                i: _packed(i, found) for i, found in relate_lists(corpus, citations, number, number + 1, n=N_SIMILAR)
            }
        except Exception:  # a defect: its articles stay in the queue, and are asked for one by one
            _log.exception("list %d could not be related at once", number)
        finally:
            corpus.release()
            if citations:
                citations.release()
    return packed


def _packed(article_id: int, found: Sequence[Similar]) -> tuple[int, bytes]:
    blob = pack_similar(article_id, [(s.article_id, s.score, s.evidence) for s in found]) if found else b""
    return len(found), blob


@lru_cache(maxsize=1)
def _opened(folder: str, _: int) -> tuple[Corpus, Graph | None]:
    """Return what is in the folder, opened once a process; the number tells one run's folder from the next one's."""
    path = Path(folder)
    return Corpus(path), Graph(path) if (path / "graph.rows.npy").exists() else None


def _prepare(folder: Path, pool: Pool) -> Corpus:
    """Bring all that comparing needs into the folder."""
    index = wiring.index()
    ids, clusters = graph.read_indexed()
    n_lists = clustering.n_lists(len(ids))
    np.save(folder / "centers.npy", clustering.train(_sample(ids, n_lists), n_lists))
    batches = (
        [Batch(str(folder), number, some.tolist(), own.tolist())]
        for number, (some, own) in enumerate(zip(_parts(ids), _parts(clusters), strict=True))
    )
    for _ in map_batches(describe_some, batches, pool=pool):
        pass
    corpus = arrange(folder, index, n_lists)
    references = graph.read_references()
    if len(references.targets):
        arrange_graph(folder, references, graph.read_names())
    return corpus


def _parts(values: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [values[begin : begin + _DESCRIBED] for begin in range(0, len(values), _DESCRIBED)]


def _sample(ids: NDArray[np.int64], n_lists: int) -> clustering.Values:
    """Return the vectors of some articles, from which the lists' centers are made."""
    n = min(len(ids), n_lists * clustering.N_TRAINED)
    chosen = np.sort(np.random.default_rng(clustering.SEED).choice(ids, n, replace=False))
    vectors = [wiring.index().forward(some.tolist()).vectors for some in _parts(chosen)]
    return np.concatenate(vectors) if vectors else np.zeros((0, wiring.index().dimensions), np.float32)


def _write(packed: Packed, wanted: NDArray[np.int64], generation: int) -> int:
    """Write lists by ascending article, which is how they lie on the disk; those of this generation are there."""
    ids = np.array(sorted(packed), np.int64)
    due = ids[np.isin(ids, wanted)].tolist()
    with transaction.atomic():
        derived.write_lists({number: packed[number] for number in due}, generation)
        derived.end_refresh(due)
    return len(due)
