"""Which article a number is: when it appeared, on what topic, in which source, and under which identifiers."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from germane.synth import SynthError
from germane.synth.chance import Chance, Numbers

SOURCES = ("pubmed", "crossref", "openalex", "arxiv")
PUBMED, CROSSREF, OPENALEX, ARXIV = range(4)
SHARES = (0.45, 0.20, 0.25, 0.10)
NONE = -1  # no second record
MAX_ARTICLES = 10_000_000  # what the marked ranges of identifiers hold
MAX_SEED = 2**31

FIRST_PMID = 80_000_000  # PubMed's own are half of that
FIRST_OPENALEX = 99_000_000_000  # W99…: OpenAlex's own have ten digits
FIRST_ARXIV = 40_000  # of a month; arXiv's own are below 30,000

_BEGIN, _END = np.datetime64("1970-01-01"), np.datetime64("2026-01-01")
_ARXIV_BEGIN = np.datetime64("2015-01-01")  # since then its numbers have five digits, and room for ours
_GROWTH = 0.06  # a year; published: 4–8 %
_DAYS_A_YEAR = 365.2425
_MAX_TOPICS = 1000
_SLOTS = 8  # of a topic on average in the cycle of topics
_ARTICLES_A_TOPIC = 100  # small corpora have fewer topics
_AGAIN_SHARE = 0.08
_BY_TITLE_SHARE = 0.3  # of the articles that OpenAlex describes again
_NO_DOI_SHARE = 0.12  # of PubMed's
_FOREIGN_SHARE = 0.05
LANGUAGES = ("de", "fr", "es")


class _Cycle(NamedTuple):
    """Topics come round in a cycle of slots, each topic in as many as it is large, so that places can be calculated."""

    topics: Numbers  # of the slots
    by_topic: Numbers  # the slots, topic after topic
    keys: Numbers  # topic and slot as one number, ascending, as `by_topic`
    begins: Numbers  # of each topic in `by_topic`
    sizes: Numbers  # of each topic, in slots


@dataclass(frozen=True)
class Corpus:
    """A corpus of `n_articles`, numbered from 0 in order of publication; later numbers are those of its updates.

    All methods take and return arrays (n,), one row an article. Raises SynthError when it cannot be made.
    """

    n_articles: int
    seed: int
    chance: Chance = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= self.n_articles <= MAX_ARTICLES:
            raise SynthError(f"{self.n_articles:,} articles: it can be from 1 to {MAX_ARTICLES:,}")
        if not 0 <= self.seed < MAX_SEED:
            raise SynthError(f"seed {self.seed}: it can be from 0 to {MAX_SEED - 1}")
        object.__setattr__(self, "chance", Chance(self.seed))

    # --- when -------------------------------------------------------------------------------------------------------

    def days(self, numbers: Numbers) -> NDArray[np.datetime64]:
        """Return the days of publication: more each year, by the growth of the literature."""
        years = np.log1p(numbers / self.n_articles * (np.exp(_GROWTH * _YEARS) - 1)) / _GROWTH
        days: NDArray[np.datetime64] = _BEGIN + (years * _DAYS_A_YEAR).astype("timedelta64[D]")
        return days

    def _first_of(self, day: NDArray[np.datetime64]) -> Numbers:
        """Return the number of about the first article of a day."""
        years = (day - _BEGIN).astype(np.int64) / _DAYS_A_YEAR
        share = np.expm1(years * _GROWTH) / np.expm1(_GROWTH * _YEARS)
        return np.asarray(self.n_articles * share).astype(np.int64)

    # --- what about -------------------------------------------------------------------------------------------------

    @property
    def n_topics(self) -> int:
        """Return the number of topics: 1,000, fewer in a small corpus so that each has its literature."""
        return min(_MAX_TOPICS, max(8, self.n_articles // _ARTICLES_A_TOPIC))

    @cached_property
    def _cycle(self) -> "_Cycle":
        n = self.n_topics
        weights = (np.arange(n) + 10.0) ** -0.6
        weights = weights[np.argsort(self.chance.bits("sizes of topics", np.arange(n)), kind="stable")]
        slots = 1 + (weights / weights.sum() * (_SLOTS - 1) * n).astype(np.int64)
        order = np.argsort(self.chance.bits("cycle", np.arange(slots.sum())), kind="stable")
        topics = np.repeat(np.arange(n), slots)[order]
        by_topic = np.argsort(topics, kind="stable")
        keys = topics[by_topic] * len(topics) + by_topic
        return _Cycle(topics, by_topic, keys, np.concatenate([[0], np.cumsum(slots)]), slots)

    def topics(self, numbers: Numbers) -> Numbers:
        """Return the topics, 0 … n_topics − 1. Topics of neighboring numbers are of one field."""
        topics: Numbers = self._cycle.topics[numbers % len(self._cycle.topics)]
        return topics

    def before(self, topics: Numbers, numbers: Numbers) -> Numbers:
        """Return how many articles of each topic came before each number."""
        cycle = self._cycle
        length = len(cycle.topics)
        turns, slots = np.divmod(numbers, length)
        return turns * cycle.sizes[topics] + np.searchsorted(cycle.keys, topics * length + slots) - cycle.begins[topics]

    def members(self, topics: Numbers, ranks: Numbers) -> Numbers:
        """Return the article of each topic that came after `ranks` others of it."""
        cycle = self._cycle
        turns, places = np.divmod(ranks, cycle.sizes[topics])
        return turns * len(cycle.topics) + cycle.by_topic[cycle.begins[topics] + places]

    # --- where ------------------------------------------------------------------------------------------------------

    def sources(self, numbers: Numbers) -> Numbers:
        """Return the sources, by their place in SOURCES. arXiv has none before 2015, and more after."""
        units = self.chance.units("source", numbers)
        begin = self._first_of(np.array(_ARXIV_BEGIN)) + 1
        arxiv = np.where(numbers >= begin, SHARES[ARXIV] / (1 - begin / self.n_articles), 0.0)
        others = np.cumsum(SHARES[:ARXIV]) / sum(SHARES[:ARXIV])
        found = np.searchsorted(others, (units - arxiv) / (1 - arxiv), side="right")
        return np.where(units < arxiv, ARXIV, np.minimum(found, OPENALEX))

    def again(self, numbers: Numbers) -> Numbers:
        """Return the source that describes the article a second time, or NONE."""
        return self._again(numbers, self.sources(numbers))

    def _again(self, numbers: Numbers, sources: Numbers) -> Numbers:
        by_crossref = (sources == OPENALEX) | ((sources == PUBMED) & (self.chance.units("again by", numbers) < 0.5))
        chosen = self.chance.units("again", numbers) < _AGAIN_SHARE / (1 - SHARES[ARXIV])
        return np.where(chosen & (sources != ARXIV), np.where(by_crossref, CROSSREF, OPENALEX), NONE)

    def by_title(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Tell which second records name no identifier of the first: title, authors and year alone can tell."""
        chosen = self.chance.units("by title", numbers) < _BY_TITLE_SHARE
        return np.asarray((self.again(numbers) == OPENALEX) & (self.languages(numbers) == NONE) & chosen)

    def languages(self, numbers: Numbers) -> Numbers:
        """Return the languages, by their place in LANGUAGES; NONE is English."""
        units = self.chance.units("language", numbers)
        foreign = (units < _FOREIGN_SHARE) & (self.sources(numbers) != ARXIV)
        return np.where(foreign, (units / _FOREIGN_SHARE * len(LANGUAGES)).astype(np.int64), NONE)

    # --- under which names ------------------------------------------------------------------------------------------

    def have_doi(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Tell which have a DOI: none of arXiv's, nearly all others."""
        sources = self.sources(numbers)
        lacks = (self.chance.units("no doi", numbers) < _NO_DOI_SHARE) & (sources == PUBMED)
        return np.asarray((sources != ARXIV) & (~lacks | (self._again(numbers, sources) == CROSSREF)))

    def have_openalex(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Tell which OpenAlex describes, first or again."""
        sources = self.sources(numbers)
        return np.asarray((sources == OPENALEX) | (self._again(numbers, sources) == OPENALEX))

    def doi(self, number: int) -> str:
        """Return an article's DOI, of the test prefix."""
        return f"10.5555/synthetic.{self.seed}.{number}"

    def pmid(self, number: int) -> int:
        """Return an article's PubMed id."""
        return FIRST_PMID + number

    def openalex(self, number: int) -> str:
        """Return an article's OpenAlex id."""
        return f"W{FIRST_OPENALEX + number}"

    def arxiv(self, numbers: Numbers) -> list[str]:
        """Return arXiv identifiers: the month, and the place in the month counted from FIRST_ARXIV."""
        months = self.days(numbers).astype("datetime64[M]")
        places = numbers - self._first_of(months.astype("datetime64[D]")) + FIRST_ARXIV
        texts = np.datetime_as_string(months).tolist()
        return [f"{text[2:4]}{text[5:7]}.{place:05d}" for text, place in zip(texts, places.tolist(), strict=True)]


_YEARS = (_END - _BEGIN).astype(np.int64) / _DAYS_A_YEAR
