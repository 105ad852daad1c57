"""A reader's profile as phrases: what their likes are about, and what they said of that."""

from typing import NamedTuple

from germane.recommend.profile import telling_phrases
from germane.web.catalog import queries as catalog
from germane.web.catalog import recommendable
from germane.web.catalog.rows import phrase_number
from germane.web.readers.queries import Marks
from germane.web.readers.recommending import newest_likes

N = 20
_MAX_LIKED = 500  # newest likes that are looked at


class ProfileLine(NamedTuple):
    """A phrase of a profile."""

    phrase: str
    slug: str
    score: float  # how telling it is of the likes; 0: they say nothing of it
    weight: float | None  # what the reader said: -1 less … 2 much more, 0 not at all; None: nothing


def profile_of(marks: Marks, n: int = N) -> list[ProfileLine]:
    """Return the phrases of a reader's profile: those they said something of, then what their likes share, best first.

    Four queries, however many likes there are.
    """
    said = {p.slug: p for p in marks.phrases}
    liked = newest_likes(marks, _MAX_LIKED)
    phrases_of = catalog.read_keyphrases(liked)
    names: dict[str, str] = {}
    for phrases in phrases_of.values():
        for phrase in phrases:
            names.setdefault(phrase.slug, phrase.phrase)
    counts = recommendable.count_of_keyphrases([phrase_number(slug) for slug in names])
    n_with = {slug: counts.get(phrase_number(slug), 1) for slug in names}
    slugs_of = {number: [phrase.slug for phrase in phrases] for number, phrases in phrases_of.items()}
    told = dict(
        telling_phrases(
            slugs_of, dict.fromkeys(liked, 1.0), n_with, recommendable.greatest_number() + 1, n=n + len(said)
        )
    )
    own = [ProfileLine(p.phrase, p.slug, told.get(p.slug, 0.0), p.weight) for p in marks.phrases]
    derived = [ProfileLine(names[slug], slug, score, None) for slug, score in told.items() if slug not in said]
    return [*sorted(own, key=lambda line: (-(line.weight or 0), line.phrase)), *derived[:n]]
