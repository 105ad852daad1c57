"""Readers and what they like: few topics each, many who like a little and few who like a lot, as in CiteULike."""

import numpy as np

from germane.synth.article import Maker
from germane.synth.chance import Numbers, from_quantiles

ARTICLES_A_READER = 15

# Likes of a reader in CiteULike-t, measured: 5 % have at most 3, half 7, 1 % more than 162.
_LIKES = ((0.0, 3.0), (0.05, 3.0), (0.25, 4.0), (0.5, 7.0), (0.75, 14.0), (0.95, 56.0), (0.99, 162.0), (1.0, 400.0))
_TOPICS = 3  # of a reader
_LAG_DAYS = 900


def likes(maker: Maker, readers: Numbers, n_known: int) -> list[bytes]:
    """Return the likes of each reader (n,) as JSON lines, a reader's articles all different, each with a DOI.

    They are of the first `n_known` articles, and come after these appeared.
    """
    chance, corpus = maker.chance, maker.corpus
    n = from_quantiles(chance.units("likes", readers), _LIKES).astype(np.int64)
    owners = np.repeat(readers, n)
    places = np.arange(len(owners)) - np.repeat(np.cumsum(n) - n, n)
    which = chance.below(_TOPICS, "like of", owners, places) * chance.below(2, "like of main", owners, places)
    homes = chance.below(n_known, "home", owners, which)
    topics = corpus.topics(homes)
    targets = maker.citing.popular(
        topics,
        corpus.before(topics, np.full_like(topics, n_known)),
        chance.units("like age", owners, places),
        chance.units("like hub", owners, places),
    )
    keys = np.unique(owners * np.int64(2**32) + targets)
    owners, targets = keys >> 32, keys & (2**32 - 1)
    named = corpus.have_doi(targets)
    owners, targets = owners[named], targets[named]
    lag = np.square(chance.units("lag", keys[named])) * _LAG_DAYS
    last = corpus.days(np.array([n_known]))[0]
    days = np.minimum(corpus.days(targets) + lag.astype("timedelta64[D]"), last)
    seconds = chance.below(86_400, "second", keys[named])
    times = np.datetime_as_string(days.astype("datetime64[s]") + seconds.astype("timedelta64[s]")).tolist()
    prefix = f"synthetic-reader-{corpus.seed}-"
    return [
        f'{{"reader":"{prefix}{owner}","doi":"{corpus.doi(target)}","time":"{time}Z"}}\n'.encode()
        for owner, target, time in zip(owners.tolist(), targets.tolist(), times, strict=True)
    ]
