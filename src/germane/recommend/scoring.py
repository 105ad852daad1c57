"""How well articles suit one reader, and which of the liked ones say so.

A score is the sum of parts, each divided by its root mean square over all articles:

* *links*: walks from the liked articles over readers who like both (`links.like_links`),
* *taste*: the product of the reader's and the article's factors (`factors`); an article that nobody likes yet has
  borrowed its nearest neighbors',
* *content*: the cosine with the liked articles, in words and citations (`links.content_features`), and for articles
  that nobody likes yet that of the texts' vectors too.

All are sums over the reader's marks, so every score divides exactly into the marks' shares.
"""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import sparse

from germane.recommend.factors import reader_parts
from germane.recommend.links import strongest_of_rows
from germane.recommend.model import Model

N_SPREAD = 100  # of the best by links, whose neighbors become candidates too
N_SAMPLE = 30_000  # articles by which the size of the content part is judged

Positions = NDArray[np.int64]
Scores = NDArray[np.float32]


class Lens(Struct, frozen=True):
    """One reader, as a model sees them."""

    row: sparse.csr_matrix  # (1, n) weights of the marks
    links: Scores  # (n,) by links, already divided by their size
    parts: NDArray[np.float32]  # (marks, dimensions) of the reader's factors
    taste_size: float
    unliked_taste_size: float
    content_size: float
    vector_size: float


def make_lens(model: Model, weights: Mapping[int, float]) -> Lens:
    """Return a profile's weights by article id as the model sees them; articles unknown to it are left out."""
    row = profile_row(model, weights)
    links = (row @ model.links).toarray().ravel()
    parts = reader_parts(model.factors[row.indices], row.data, model.gram, model.n)
    reader = parts.sum(axis=0)
    n_liked = int(np.count_nonzero(model.n_likes))
    step = -(-model.n // N_SAMPLE)
    content = model.features[::step] @ (row @ model.features).toarray().ravel()
    meaning = model.vectors[::step] @ _vector(model, row)
    return Lens(
        row,
        links / _size(float(links @ links) / model.n),
        parts,
        _size(float(reader @ model.gram @ reader) / max(n_liked, 1)),
        _size(float(reader @ model.unliked_gram @ reader) / max(model.n - n_liked, 1)),
        _size(float(content @ content) / len(content)),
        _size(float(meaning @ meaning) / len(meaning)),
    )


def profile_row(model: Model, weights: Mapping[int, float]) -> sparse.csr_matrix:
    """Return weights by article id as a row (1, n), without the articles that the model does not know."""
    ids = np.array(sorted(weights), np.int64)
    at = np.minimum(np.searchsorted(model.article_ids, ids), model.n - 1)
    known = model.article_ids[at] == ids
    values = np.array([weights[int(each)] for each in ids[known]], np.float32)
    return sparse.csr_matrix((values, at[known], [0, len(values)]), shape=(1, model.n))


def find_candidates(model: Model, lens: Lens) -> Positions:
    """Return the positions that the marks lead to: by links, by content, and by content from the best by links.

    Articles without likes that came after the training are always among them.
    """
    linked = sparse.csr_matrix(lens.links[None])
    best = strongest_of_rows(linked, N_SPREAD)
    near = ((abs(lens.row) + best) @ model.nearest).tocsr()
    newcomers = np.arange(model.n_trained, model.n)
    return np.unique(np.concatenate([linked.indices, near.indices, newcomers])).astype(np.int64)


def score(model: Model, lens: Lens, positions: Positions) -> Scores:
    """Return how well the articles at `positions` suit the reader: higher is better."""
    taste = model.factors[positions] @ lens.parts.sum(axis=0)
    content = model.features[positions] @ (lens.row @ model.features).toarray().ravel()
    meaning = model.vectors[positions] @ _vector(model, lens.row)
    return _blend(model, lens, positions, lens.links[positions], taste, content, meaning)


def shares(model: Model, lens: Lens, positions: Positions) -> NDArray[np.float32]:
    """Return what each mark adds to the scores: (marks, positions), the sum over marks being `score`."""
    marks, weights = lens.row.indices, lens.row.data[:, None]
    links = model.links[marks][:, positions].toarray() * weights
    total = links.sum(axis=0)
    links *= np.divide(lens.links[positions], total, out=np.zeros_like(total), where=total != 0)
    taste = lens.parts @ model.factors[positions].T
    content = (model.features[marks] @ model.features[positions].T).toarray() * weights
    meaning = (model.vectors[marks] @ model.vectors[positions].T) * weights
    return _blend(model, lens, positions, links, taste, content, meaning)


def _blend(
    model: Model, lens: Lens, positions: Positions, links: Scores, taste: Scores, content: Scores, meaning: Scores
) -> NDArray[np.float32]:
    weights = model.weights
    is_liked = model.n_likes[positions] > 0
    of_taste = np.where(is_liked, weights.taste / lens.taste_size, weights.unliked_taste / lens.unliked_taste_size)
    of_content = np.where(is_liked, weights.content, weights.unliked_content) / lens.content_size
    of_meaning = np.where(is_liked, 0, weights.unliked_vectors) / lens.vector_size
    parts = weights.links * links + of_taste * taste + of_content * content + of_meaning * meaning
    return np.asarray(parts, np.float32)


def _vector(model: Model, row: sparse.csr_matrix) -> Scores:
    return np.asarray(row.data @ model.vectors[row.indices], np.float32)


def _size(mean_square: float) -> float:
    return float(np.sqrt(mean_square)) if mean_square > 0 else 1.0
