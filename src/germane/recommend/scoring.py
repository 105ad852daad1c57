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

from germane.recommend.factors import reader_parts
from germane.recommend.model import Model, Taken
from germane.recommend.rows import Positions

N_SPREAD = 100  # of the best by links, whose neighbors become candidates too
N_CANDIDATES = 1_500  # that are scored: those that links and neighbors speak for most

Scores = NDArray[np.float32]


class Lens(Struct, frozen=True, eq=False):
    """One reader, as a model sees them: `k` marks."""

    positions: Positions  # (k,) of the marks, ascending
    weights: Scores  # (k,)
    marks: Taken  # (k,)
    linked: Positions  # ascending: what links lead to
    links: Scores  # of each of these, already divided by their size
    parts: NDArray[np.float32]  # (k, dimensions) of the reader's factors
    words: Scores  # (features,) of all marks together
    vector: Scores  # (dimensions of a text's vector,)
    links_size: float
    taste_size: float
    unliked_taste_size: float
    content_size: float
    vector_size: float

    def links_at(self, positions: Positions) -> Scores:
        """Return the part by links (m,) of the articles at some positions."""
        if not len(self.linked):
            return np.zeros(len(positions), np.float32)
        at = np.minimum(np.searchsorted(self.linked, positions), len(self.linked) - 1)
        return np.where(self.linked[at] == positions, self.links[at], 0).astype(np.float32)


def make_lens(model: Model, weights: Mapping[int, float]) -> Lens:
    """Return a profile's weights by article id as the model sees them; articles unknown to it are left out."""
    ids = np.array(sorted(weights), np.int64)
    found = model.positions_of(ids)
    order = np.argsort(found, kind="stable")
    positions = found[order[found[order] >= 0]]
    values = np.array([weights[int(each)] for each in ids[order[found[order] >= 0]]], np.float32)
    marks = model.take(positions)
    linked, links = _linked(model, positions, values)
    links_size = _size(float(links @ links) / model.n_trained)
    parts = reader_parts(marks.factors, values, model.diagonal, model.n_trained)
    reader = parts.sum(axis=0)
    words = np.zeros(model.sample.shape[1], np.float32)
    np.add.at(words, marks.features.indices, marks.features.data * np.repeat(values, np.diff(marks.features.indptr)))
    vector = values @ model.vectors_of(positions)
    unliked = float(reader @ model.unliked_gram @ reader)
    taste_size = _size((float(np.square(reader) @ model.diagonal) - unliked) / max(model.n_liked, 1))
    n_unliked = model.n_trained - model.n_liked
    content = model.sample @ words
    return Lens(
        positions,
        values,
        marks,
        linked,
        links / links_size,
        parts,
        words,
        vector,
        links_size,
        taste_size,
        _size(unliked / n_unliked) if n_unliked else taste_size,
        _size(float(content @ content) / max(len(content), 1)),
        _size(float(vector @ model.vector_gram @ vector) / model.n_trained),
    )


def find_candidates(model: Model, lens: Lens, n: int = N_CANDIDATES) -> Positions:
    """Return up to `n` positions that the marks lead to: by links, by content, and by content from the best by links.

    Articles that came after the training have no links to them: those near any of these are among them.
    """
    best = lens.linked[np.argsort(-lens.links, kind="stable")[:N_SPREAD]]
    start = np.concatenate([lens.positions, best])
    strength = np.concatenate([np.abs(lens.weights), np.full(len(best), 1 / N_SPREAD, np.float32)])
    is_trained = start < model.n_trained
    near = model.trained.nearest.take(start[is_trained])
    owners = np.repeat(strength[is_trained], np.diff(near.indptr))
    places, nearness = [near.indices.astype(np.int64)], [near.data * owners]
    if not is_trained.all():
        fresh = model.new.nearest.take(start[~is_trained] - model.n_trained)
        places.append(fresh.indices.astype(np.int64))
        nearness.append(fresh.data * np.repeat(strength[~is_trained], np.diff(fresh.indptr)))
    if len(model.new.ids):
        at, values = _near_new(model, start[is_trained], strength[is_trained])
        places.append(at)
        nearness.append(values)
    positions, values = _summed(np.concatenate(places), np.concatenate(nearness))
    values /= _size(float(np.mean(values**2))) if len(values) else 1.0
    links = lens.links / _size(float(np.mean(lens.links**2))) if len(lens.links) else lens.links
    positions, values = _summed(np.concatenate([positions, lens.linked]), np.concatenate([values, links]))
    return np.sort(positions[np.argsort(-values, kind="stable")[:n]])


def score(model: Model, lens: Lens, positions: Positions) -> Scores:
    """Return how well the articles at `positions` suit the reader: higher is better."""
    return rate(model, lens, positions).scores


class Rated(Struct, frozen=True, eq=False):
    """Scores of some articles (m,), and how much each resembles the marks in words and citations, in no known unit."""

    scores: Scores
    nearness: Scores


def rate(model: Model, lens: Lens, positions: Positions) -> Rated:
    """Return the scores of the articles at `positions`, and how near they are."""
    taken = model.take(positions)
    taste = taken.factors @ lens.parts.sum(axis=0)
    content = np.asarray(taken.features @ lens.words, np.float32)
    meaning = np.zeros(len(positions), np.float32)  # of no use for articles with likes
    meaning[~taken.is_liked] = model.vectors_of(positions[~taken.is_liked]) @ lens.vector
    return Rated(_blend(model, lens, taken, lens.links_at(positions), taste, content, meaning), content)


def shares(model: Model, lens: Lens, positions: Positions) -> NDArray[np.float32]:
    """Return what each mark adds to the scores: (marks, positions), the sum over marks being `score`."""
    marks, weights, taken = lens.marks, lens.weights[:, None], model.take(positions)
    is_trained = lens.positions < model.n_trained
    links = np.zeros((len(lens.positions), len(positions)), np.float32)
    inside = np.flatnonzero(positions < model.n_trained)
    rows = model.links.take(lens.positions[is_trained])
    links[np.ix_(is_trained, inside)] = rows[:, positions[inside]].toarray()
    links *= weights / lens.links_size
    taste = lens.parts @ taken.factors.T
    content = (marks.features @ taken.features.T).toarray() * weights
    meaning = (model.vectors_of(lens.positions) @ model.vectors_of(positions).T) * weights
    return _blend(model, lens, taken, links, taste, content, meaning)


def _linked(model: Model, positions: Positions, weights: Scores) -> tuple[Positions, Scores]:
    """Return where the marks' links lead, ascending, and how strongly."""
    is_trained = positions < model.n_trained
    rows = model.links.take(positions[is_trained])
    return _summed(rows.indices.astype(np.int64), rows.data * np.repeat(weights[is_trained], np.diff(rows.indptr)))


def _near_new(model: Model, start: Positions, strength: Scores) -> tuple[Positions, Scores]:
    """Return the new articles that are near to some trained ones, and how near."""
    of = np.zeros(model.n_trained, np.float32)
    np.add.at(of, start, strength)
    near = model.new.nearest
    rows = near.take(np.arange(near.n))
    values = rows @ of
    found = np.flatnonzero(values > 0)
    return found + model.n_trained, values[found]


def _summed(places: Positions, values: Scores) -> tuple[Positions, Scores]:
    """Return the different places, ascending, and the sum of each one's values."""
    found, at = np.unique(places, return_inverse=True)
    return found, np.bincount(at.ravel(), values, len(found)).astype(np.float32)


def _blend(
    model: Model, lens: Lens, taken: Taken, links: Scores, taste: Scores, content: Scores, meaning: Scores
) -> NDArray[np.float32]:
    weights = model.weights
    is_liked = taken.is_liked
    of_taste = np.where(is_liked, weights.taste / lens.taste_size, weights.unliked_taste / lens.unliked_taste_size)
    of_content = np.where(is_liked, weights.content, weights.unliked_content) / lens.content_size
    of_meaning = np.where(is_liked, 0, weights.unliked_vectors) / lens.vector_size
    parts = weights.links * links + of_taste * taste + of_content * content + of_meaning * meaning
    return np.asarray(parts, np.float32)


def _size(mean_square: float) -> float:
    return float(np.sqrt(mean_square)) if mean_square > 0 else 1.0
