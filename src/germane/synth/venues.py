"""Where articles appear: 25,000 invented venues, ten of which hold 22.7 % of all articles, and a hundred 72.8 %."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from germane.synth.chance import Chance, Numbers
from germane.synth.topics import Topics, zipf

N_VENUES = 25_000
_TOP, _NEXT = 10, 100
_TOP_SHARE, _NEXT_SHARE = 0.227, 0.728
_A_FIELD = 6  # of the next ninety that a field writes for
_FIRST_ISSN = 9_900_000  # no ISSN has begun with 99
_KINDS = ("Journal of", "Annals of", "Letters in", "Transactions on", "Reviews of", "Archives of", "Advances in")


class Venue(NamedTuple):
    """A venue's name, abbreviation, ISSN, and whether it is a conference."""

    name: str
    short: str
    issn: str
    is_conference: bool


class Venues:
    """Which venue an article appeared in."""

    def __init__(self, chance: Chance, topics: Topics, n_topics: int) -> None:
        self._chance, self._topics, self._n_topics = chance, topics, n_topics
        self.get = lru_cache(maxsize=None)(self._make)

    def draw(self, numbers: Numbers, topics: Numbers) -> Numbers:
        """Return the venue of each article (n,): a great one of all science, one of its field, or one of its topic."""
        which, rank = self._chance.units("venue", numbers), self._chance.units("venue rank", numbers)
        great = zipf(rank, _TOP, 4.0)
        fields = self._topics.fields(topics)
        n_next = _NEXT - _TOP
        of_field = _TOP + (fields * 9 // 4 + zipf(rank, _A_FIELD, 2.0)) % n_next
        a_topic = (N_VENUES - _NEXT) / self._n_topics
        of_topic = _NEXT + (topics * a_topic + np.square(rank) * a_topic).astype(np.int64)
        return np.where(which < _TOP_SHARE, great, np.where(which < _NEXT_SHARE, of_field, of_topic))

    def _make(self, venue: int) -> Venue:
        draw = int(self._chance.bits("venue name", np.array([venue]))[0])
        kind = _KINDS[draw % len(_KINDS)]
        is_conference = venue >= _TOP and draw >> 8 & 7 == 0
        if is_conference:
            kind = "Conference on"
        if venue < _TOP:
            about, of = f"General Science {'ABCDEFGHIJ'[venue]}", "GenSci" + "ABCDEFGHIJ"[venue]
        elif venue < _NEXT:
            first = self._topics.field_name((venue - _TOP) * 4 // 9).capitalize()
            about, of = f"{first} {venue - _TOP + 1}", f"{first[:6]} {venue - _TOP + 1}"
        else:
            topic = int((venue - _NEXT) * self._n_topics / (N_VENUES - _NEXT))
            first = self._topics.name(topic).title()
            about, of = f"{first} {venue}", f"{first[:8]} {venue}"
        name = f"Synthetic {kind} {about}"
        return Venue(name, f"Synth {kind.split()[0][:4]} {of}", _issn(_FIRST_ISSN + venue), is_conference)


def _issn(number: int) -> str:
    digits = f"{number:07d}"
    check = -sum(weight * int(digit) for weight, digit in zip(range(8, 1, -1), digits, strict=True)) % 11
    return f"{digits[:4]}-{digits[4:]}{'X' if check == 10 else check}"
