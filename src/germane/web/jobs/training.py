"""Train the recommender with all likes, and tell it of articles that came since: `germane recommend train`.

The new model takes the old one's place at once when it is whole: who is killed while training leaves the old one.
"""

import shutil
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.recommend import ModelUnusable
from germane.recommend.storing import load_model
from germane.recommend.training import add_newcomers, citations_between, train
from germane.web import wiring
from germane.web.catalog import graph, recommendable
from germane.web.readers.bulk import count_all_likes, read_all_likes
from germane.web.readers.recommending import model_folder
from germane.web.readers.store.alerts import read_checkpoint, set_checkpoint

MIN_LIKES = 200  # with fewer there is no model: similar articles do as well
MIN_READERS = 20  # and a model of fewer might tell what one of them likes
EVERY = timedelta(hours=20)
GROWN = 1.2  # times as many likes as the model was trained with are reason enough before that

Ids = NDArray[np.int64]


class Trained(Struct, frozen=True):
    """What was done."""

    is_trained: bool = False
    is_too_few: bool = False  # likes, or readers, for a model
    n_articles: int = 0
    n_likes: int = 0
    n_newcomers: int = 0  # articles that the model was told of without training


def tend_model(now: datetime, *, is_forced: bool = False) -> Trained:
    """Train when it is time, otherwise tell the model of what came since. Called again at once, nothing changes."""
    n_likes, n_readers = count_all_likes()
    if n_likes < MIN_LIKES or n_readers < MIN_READERS:
        shutil.rmtree(model_folder(), ignore_errors=True)  # what it was made of has been taken back
        return Trained(is_too_few=True, n_likes=n_likes)
    if is_forced or _is_due(n_likes, now):
        return train_model(now)
    return Trained(n_likes=n_likes, n_newcomers=tell_newcomers())


def train_model(now: datetime) -> Trained:
    """Train with all likes of now. Raises IndexFailure, and OSError when the model cannot be written."""
    ids, years = recommendable.read_years()
    readers, articles = read_all_likes()
    citations = citations_between(graph.read_references(), graph.read_names())
    train(model_folder(), wiring.index(), ids, (readers, articles), years=years, citations=citations)
    set_checkpoint("trained_at", int(now.timestamp()))
    set_checkpoint("trained_likes", len(articles))
    set_checkpoint("told_to", _last(ids))
    return Trained(is_trained=True, n_articles=len(ids), n_likes=len(articles))


def tell_newcomers() -> int:
    """Tell the model of all articles that were indexed since its training, so that they can be recommended.

    Returns how many there are; 0 when none came since this was last done.
    """
    try:
        trained_to = _last(load_model(model_folder()).trained.ids)
        ids, years = recommendable.read_years(after=trained_to)
        if not len(ids) or _last(ids) == read_checkpoint("told_to"):
            return 0
        add_newcomers(model_folder(), wiring.index(), ids, years=years)
    except ModelUnusable:  # none was ever trained, or one just now, of all articles
        return 0
    set_checkpoint("told_to", _last(ids))
    return len(ids)


def _is_due(n_likes: int, now: datetime) -> bool:
    try:
        load_model(model_folder())
    except ModelUnusable:
        return True
    trained_at, trained_likes = read_checkpoint("trained_at"), read_checkpoint("trained_likes")
    if trained_at is None or trained_likes is None or n_likes >= GROWN * trained_likes:
        return True
    return now.timestamp() - trained_at >= EVERY.total_seconds()


def _last(ids: Ids) -> int:
    return int(ids[-1]) if len(ids) else 0
