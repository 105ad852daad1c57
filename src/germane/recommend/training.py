"""Likes, and what the index and the citations say of all articles → a model in a folder: one call, once a night.

Time and memory grow with the number of articles, of likes and of citations, not with a square.
"""

from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import sparse

from germane.index import Index
from germane.recommend.content import (
    NEIGHBOR_TEXT,
    cited_features,
    feature_rows,
    idf_of,
    mixed_vectors,
    mixed_words,
    tfidf,
    with_itself,
)
from germane.recommend.factors import DIMENSIONS, STARTS
from germane.recommend.links import unit_rows
from germane.recommend.model import N_LENDERS, N_NEAREST, Vocabulary, train_model, with_articles
from germane.recommend.neighbors import FROM_ARTICLES, make_lists, nearest_in_lists
from germane.recommend.storing import load_model, save_model, save_new_articles, trained_name
from germane.relate.bulk.graph import Links
from germane.relate.rescoring import unit

MANY = 100_000  # articles, of which factors …
DIMENSIONS_OF_MANY = 128  # … are fewer, from one start: time grows with their square, files with their number
COMMON = 0.1  # a word that a greater part of the articles has says nothing
_AT_ONCE = 20_000  # articles read from the index

Ids = NDArray[np.int64]
Pairs = tuple[Ids, Ids]


class _Texts(Struct, frozen=True, eq=False):
    words: sparse.csr_matrix  # (n, words) counts
    vectors: NDArray[np.float16]  # (n, dimensions)


def train(
    folder: Path,
    index: Index,
    ids: Ids,
    likes: Pairs,
    *,
    years: NDArray[np.int64] | None = None,
    citations: Pairs | None = None,
) -> None:
    """Train a model of all articles and put it into the folder, in place of the one that was there.

    `ids` (n,) ascend; their words and vectors come from the index. `likes` are (readers, articles), a pair a like;
    readers are told apart by their numbers, which are not kept. `years` (n,) are 0 where unknown. `citations` are
    (citing, cited) articles. Pairs of articles that are not among `ids` are passed over. Raises IndexFailure, and
    OSError when the folder cannot be written.
    """
    both, matrix = _graph(ids, ids, citations), _like_matrix(ids, likes)
    terms = _telling_words(index, ids)
    texts = _read_texts(index, ids, terms)
    features, vectors = feature_rows(texts.words, both), mixed_vectors(texts.vectors, both)
    vocabulary = Vocabulary(terms, idf_of(texts.words), idf_of(with_itself(both)))
    del texts  # some gigabytes where there are millions
    lists = nearest = lenders = None
    if len(ids) >= FROM_ARTICLES:
        is_liked = np.asarray(matrix.sum(axis=0)).ravel() > 0
        lists = make_lists(vectors)
        near = nearest_in_lists(lists, features, vectors, is_liked, N_NEAREST, N_LENDERS)
        nearest, lenders = near.nearest, near.lenders
    model = train_model(
        ids,
        matrix,
        features,
        vectors=vectors,
        nearest=nearest,
        lenders=lenders,
        citations=both,
        years=_years(years, len(ids)),
        lists=lists,
        vocabulary=vocabulary,
        dimensions=DIMENSIONS if len(ids) < MANY else DIMENSIONS_OF_MANY,
        starts=STARTS if len(ids) < MANY else 1,
    )
    folder.mkdir(parents=True, exist_ok=True)
    save_model(model, folder)


def add_newcomers(
    folder: Path,
    index: Index,
    ids: Ids,
    *,
    years: NDArray[np.int64] | None = None,
    citations: Pairs | None = None,
) -> None:
    """Tell the model in the folder of all articles that came after its training, so that they can be recommended.

    `ids` (m,) ascend; those that the model was trained on are passed over, and those told before but not now are
    forgotten. Time grows with their number. Raises ModelUnusable, also when another training ended meanwhile,
    IndexFailure, and OSError as `train` does.
    """
    name = trained_name(folder)
    model = load_model(folder)
    positions = model.positions_of(ids)
    is_new = (positions < 0) | (positions >= model.n_trained)
    ids, years = ids[is_new], None if years is None else years[is_new]
    texts = _read_texts(index, ids, model.vocabulary.terms)
    both = _graph(ids, model.trained.ids, citations)
    needed, columns = np.unique(both.indices, return_inverse=True)
    narrow = sparse.csr_matrix((both.data, columns.ravel(), both.indptr), shape=(len(ids), len(needed)))
    theirs = _read_texts(index, model.trained.ids[needed], model.vocabulary.terms)
    idf = model.vocabulary.idf
    words = mixed_words(tfidf(texts.words, idf), narrow, tfidf(theirs.words, idf))
    vectors = unit(texts.vectors + NEIGHBOR_TEXT * unit(narrow @ theirs.vectors.astype(np.float32)))
    features = unit_rows(sparse.hstack([words, cited_features(both, model.vocabulary.cited_idf)]).tocsr())
    grown = with_articles(model, ids, features, vectors, years=_years(years, len(ids)))
    save_new_articles(grown, folder, name)


def citations_between(references: Links, names: Links) -> Pairs:
    """Return (citing, cited) articles, of what articles refer to and what means each (see `relate.bulk.graph`)."""
    order = np.argsort(names.targets, kind="stable")
    targets, articles = names.targets[order], names.articles[order]
    at = np.searchsorted(targets, references.targets)
    at[at == len(targets)] = 0
    known = targets[at] == references.targets if len(targets) else np.zeros(len(at), np.bool_)
    return references.articles[known], articles[at[known]]


def _telling_words(index: Index, ids: Ids) -> NDArray[np.uint32]:
    """Return the words, ascending, that more than one article has, and not too many."""
    terms, counts = np.zeros(0, np.uint32), np.zeros(0, np.int64)
    for first in range(0, len(ids), _AT_ONCE):
        some, own = np.unique(index.forward(ids[first : first + _AT_ONCE].tolist()).terms, return_counts=True)
        merged, places = np.unique(np.concatenate([terms, some]), return_inverse=True)
        counts = np.bincount(places.ravel(), np.concatenate([counts, own]), len(merged)).astype(np.int64)
        terms = merged
    return np.asarray(terms[(counts > 1) & (counts <= max(COMMON * len(ids), 8)) & (terms > 0)], np.uint32)


def _read_texts(index: Index, ids: Ids, terms: NDArray[np.uint32]) -> _Texts:
    """Return what the index says of some articles, of all words those in `terms`."""
    data, columns, lengths = [np.zeros(0, np.float32)], [np.zeros(0, np.int32)], [np.zeros(1, np.int64)]
    vectors = np.zeros((len(ids), index.dimensions), np.float16)
    for first in range(0, len(ids), _AT_ONCE):
        forward = index.forward(ids[first : first + _AT_ONCE].tolist())
        at = np.searchsorted(terms, forward.terms)
        at[at == len(terms)] = 0
        known = terms[at] == forward.terms if len(terms) else np.zeros(at.shape, np.bool_)
        data.append(forward.counts[known].astype(np.float32))
        columns.append(at[known].astype(np.int32))
        lengths.append(known.sum(axis=1))
        vectors[first : first + _AT_ONCE] = forward.vectors
    bounds = np.cumsum(np.concatenate(lengths))
    values = (np.concatenate(data), np.concatenate(columns), bounds)
    return _Texts(sparse.csr_matrix(values, shape=(len(ids), len(terms))), vectors)


def _graph(ids: Ids, others: Ids, citations: Pairs | None) -> sparse.csr_matrix:
    """Return 1 where one of `ids` cites one of `others` or is cited by it: (ids, others)."""
    if citations is None:
        return sparse.csr_matrix((len(ids), len(others)), dtype=np.float32)  # type: ignore[arg-type]
    citing, cited = citations
    made = (_between(ids, others, citing, cited) + _between(ids, others, cited, citing)).tocsr()
    made.data = np.ones(made.nnz, np.float32)  # those that stand there twice were added up
    return sparse.csr_matrix(made)


def _between(ids: Ids, others: Ids, left: Ids, right: Ids) -> sparse.csr_matrix:
    rows, columns = _places(ids, left), _places(others, right)
    kept = (rows >= 0) & (columns >= 0) & (left != right)
    shape = (len(ids), len(others))
    return sparse.csr_matrix((np.ones(int(kept.sum()), np.float32), (rows[kept], columns[kept])), shape=shape)


def _like_matrix(ids: Ids, likes: Pairs) -> sparse.csr_matrix:
    """Return 1 for a like (readers, articles)."""
    columns = _places(ids, likes[1])
    readers, rows = np.unique(likes[0][columns >= 0], return_inverse=True)
    columns = columns[columns >= 0]
    shape = (len(readers), len(ids))
    made = sparse.csr_matrix((np.ones(len(columns), np.float32), (rows.ravel(), columns)), shape=shape)
    made.data[:] = 1
    return made


def _places(ids: Ids, wanted: Ids) -> NDArray[np.int32]:
    """Return where each of the wanted stands among `ids`; -1: nowhere."""
    if not len(ids):
        return np.full(len(wanted), -1, np.int32)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[at] == wanted, at, -1).astype(np.int32)


def _years(years: NDArray[np.int64] | None, n: int) -> NDArray[np.int16]:
    return np.zeros(n, np.int16) if years is None else np.clip(years, 0, 9999).astype(np.int16)
