"""The citation graph: references go to older articles, mostly of the same topic, and to the much cited ones.

In the order of a topic, the article whose rank is divisible by a high power of two is cited more: a reference is moved
down to a multiple of 2^m with probability falling as 2^(−.45 m). Without any table this gives in-degrees with a
power-law tail, and every reference can be drawn by itself.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from germane.synth.chance import Numbers, normal
from germane.synth.corpus import Corpus

_MEDIAN, _SPREAD, _MOST = 21.0, 0.65, 180
_NONE_SHARE = 0.06
_LISTED_SHARE = (0.25, 0.70, 0.70, 0.0)  # of each source's records have a list of references
_OUTSIDE_SHARE = 0.12
_SAME_TOPIC_SHARE, _FAR_SHARE = 0.82, 0.05  # the others are of topics nearby, in the same field
_NEAR_TOPICS = 6
_FEW = 150  # articles of a topic: before there are more, neighboring topics are cited instead
_RECENT = 1.7  # a reference's age, as a share of the topic's history, is a uniform draw to this power
_HUB_DECAY, _HUB_STEPS = 0.45, 11
_TRIES = 3  # to find an article with the wanted identifier


class References(NamedTuple):
    """The references of a batch: those of article k are targets[begins[k] : begins[k + 1]].

    A target is the number of an article, or a negative number: something outside of the corpus, each another one.
    """

    targets: Numbers
    begins: Numbers


class Citing:
    """Who cites whom."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus, self._chance = corpus, corpus.chance

    def references(self, numbers: Numbers, more: Numbers | int = 0) -> References:
        """Return the references of each article (n,), `more` than at first; none to itself or to a newer one."""
        chance, corpus = self._chance, self._corpus
        sources = corpus.sources(numbers)
        spread = normal(chance.units("references", numbers, 0), chance.units("references", numbers, 1))
        n = np.minimum(np.rint(_MEDIAN * np.exp(_SPREAD * spread)), _MOST).astype(np.int64)
        listed = chance.units("list", numbers) < np.array(_LISTED_SHARE)[sources]
        n[~listed | (chance.units("no list", numbers) < _NONE_SHARE)] = 0
        n += np.where(listed, more, 0)
        n[numbers == 0] = 0
        ends = np.cumsum(n)
        owners = np.repeat(np.arange(len(n)), n)
        places = np.arange(len(owners)) - np.repeat(ends - n, n)
        topics = corpus.topics(numbers)
        before = corpus.before(topics, numbers)
        targets = self._draw(numbers[owners], topics[owners], before[owners], places, 0)
        for attempt in range(1, _TRIES):
            lacks = np.flatnonzero(~self._can_be_named(sources[owners], targets))
            of = owners[lacks]
            targets[lacks] = self._draw(numbers[of], topics[of], before[of], places[lacks], attempt)
        outside = chance.units("outside", numbers[owners], places) < _OUTSIDE_SHARE
        targets = np.where(outside, -1 - numbers[owners] * _MOST - places, targets)
        return _without_repeats(owners, targets, len(n))

    def cited_by(self, numbers: Numbers) -> Numbers:
        """Return about how often each article is cited, as registries count it: by everybody, so more than here."""
        ranks = self._corpus.before(self._corpus.topics(numbers), numbers)
        steps = np.log2(np.maximum(ranks & -ranks, 1))
        age = 1 - numbers / max(self._corpus.n_articles, int(numbers.max(initial=0)) + 1)
        noise = 0.3 + 1.4 * self._chance.units("cited by", numbers)
        times = 8 * age * noise * 2.0 ** ((1 - _HUB_DECAY) * np.minimum(steps, _HUB_STEPS))
        return np.asarray(times).astype(np.int64)

    def popular(self, topics: Numbers, before: Numbers, age: NDArray[np.float64], hub: NDArray[np.float64]) -> Numbers:
        """Return an article among the first `before` (> 0) of each topic, recent or much cited as two draws say."""
        ranks = (before * (1 - age**_RECENT)).astype(np.int64)
        ranks = np.minimum(ranks, before - 1)
        step = np.minimum((-np.log2(np.maximum(1 - hub, 1e-12)) / _HUB_DECAY).astype(np.int64), _HUB_STEPS)
        return self._corpus.members(topics, ranks >> step << step)

    def _draw(self, numbers: Numbers, topics: Numbers, before: Numbers, places: Numbers, attempt: int) -> Numbers:
        """Return a target for each reference (n,); writes into `topics` and `before` (n,), the citing articles' own."""
        chance, corpus = self._chance, self._corpus
        bits = chance.bits(f"reference {attempt}", numbers, places)
        age = (bits & np.uint64(0x1FFFFF)).astype(np.float64) * 2.0**-21
        hub = ((bits >> np.uint64(21)) & np.uint64(0x1FFFFF)).astype(np.float64) * 2.0**-21
        where = (bits >> np.uint64(42)).astype(np.float64) * 2.0**-22
        near = np.flatnonzero((where >= _SAME_TOPIC_SHARE) | (before < _FEW * age))
        steps = 1 + (where[near] * 1009).astype(np.int64) % _NEAR_TOPICS
        topics[near] = (topics[near] + steps) % corpus.n_topics
        before[near] = corpus.before(topics[near], numbers[near])
        far = np.flatnonzero((where >= 1 - _FAR_SHARE) | (before == 0))
        others = (numbers[far] * age[far]).astype(np.int64)  # any older article, and what is much cited in its topic
        topics[far] = corpus.topics(others)
        before[far] = corpus.before(topics[far], others) + 1
        return self.popular(topics, before, age, hub)

    def _can_be_named(self, sources: Numbers, targets: Numbers) -> NDArray[np.bool_]:
        """Tell which targets the citing source has a name for: OpenAlex its own, the others a DOI or PMID."""
        corpus = self._corpus
        by_others = corpus.have_doi(targets) | ((sources == 0) & (corpus.sources(targets) == 0))
        return np.where(sources == 2, corpus.have_openalex(targets), by_others)


def _without_repeats(owners: Numbers, targets: Numbers, n: int) -> References:
    """Return the references without those that an article has already made."""
    _, first = np.unique(np.where(targets < 0, targets, owners * np.int64(2**40) + targets), return_index=True)
    first.sort()
    counts = np.bincount(owners[first], minlength=n)
    return References(targets[first], np.concatenate([[0], np.cumsum(counts)]))
