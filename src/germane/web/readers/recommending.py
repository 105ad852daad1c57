"""A reader's marks → what is recommended to them, now: a like given a moment ago counts.

The model comes from `germane.recommend`, one for a process and shared by all; while there is none, what is recommended
are the articles that are similar to the liked ones. Nothing is written here, so that it does as well for somebody
without an account.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings
from msgspec import Struct
from msgspec.structs import replace

from germane.index import Clause, IndexFailure, Query
from germane.recommend import Recommendation
from germane.recommend.profile import LESS_WEIGHT, Profile, make_profile
from germane.recommend.rank import Facts, recommend, recommend_similar
from germane.recommend.steering import Steering
from germane.recommend.storing import SharedModel
from germane.web import wiring
from germane.web.catalog import recommendable
from germane.web.catalog.recommendable import Standing
from germane.web.catalog.rows import phrase_number
from germane.web.readers.queries import Excluded, Marks, Weighted

MAX_LIKED = 1_000  # the newest likes, of which recommendations are made
N_OF_PHRASE = 5  # articles that stand for a phrase of the profile
MAX_PHRASES = 100
NO_MARKS = Marks({}, frozenset(), {}, (), ())


class Wish(Struct, frozen=True):
    """How a list is steered: for now, beside what the reader's marks say for good."""

    recency: float = 0.0  # -1 established … 1 recent
    distance: float = 0.0  # 0 near … 1 far
    exclusions: tuple[Excluded, ...] = ()


_PLAIN = Wish()


def model_folder() -> Path:
    """Return where the model is kept."""
    return Path(settings.ENVIRONMENT.home) / "recommend"


def shared_model() -> SharedModel:
    """Return the model of this home, opened once a process; a newer one is seen without a restart."""
    return _model_in(model_folder())


def marks_of_browser(liked: Mapping[int, datetime], dismissed: Mapping[int, datetime]) -> Marks:
    """Return the marks of somebody without an account: what their browser sent."""
    return Marks(liked, frozenset(), dismissed, (), ())


def recommend_for(marks: Marks, wish: Wish = _PLAIN, *, n: int = 10) -> list[Recommendation]:
    """Return up to `n` articles for a reader's marks, best first, each with the likes and phrases that speak for it.

    Never what is retracted, excluded or gone, what they like, have read or dismissed, or another version of that.
    """
    facts = _Facts((*marks.exclusions, *wish.exclusions))
    profile = _profile(marks, facts)
    if not any(weight > 0 for weight in profile.weights.values()):
        return []
    steering = Steering(recency=wish.recency, distance=wish.distance)
    model = shared_model().current()
    found = recommend(model, profile, facts.of, n=n, steering=steering) if model else []
    if found:
        return found
    # no model yet, or it knows none of these likes: all imported a moment ago
    return recommend_similar(recommendable.read_similar_of, profile, facts.of, n=n, steering=steering)


def still_fit(found: Sequence[Recommendation], marks: Marks) -> list[Recommendation]:
    """Return those of some recommendations that would be made today still: what is known or gone since is left out."""
    facts = _Facts(marks.exclusions).of([each.article_id for each in found])
    known = marks.liked.keys() | marks.read | marks.dismissed.keys()
    return [
        each
        for each in found
        if each.article_id not in known
        and (fact := facts.get(each.article_id))
        and not (fact.is_retracted or fact.is_unwanted)
    ]


def newest_likes(marks: Marks, n: int = MAX_LIKED) -> list[int]:
    """Return the articles liked last, the newest like first."""
    return sorted(marks.liked, key=lambda number: marks.liked[number], reverse=True)[:n]


@cache
def _model_in(folder: Path) -> SharedModel:
    return SharedModel(folder)


class _Facts:
    """The facts about articles, each read once: `of` is what `germane.recommend` asks."""

    def __init__(self, exclusions: Sequence[Excluded]) -> None:
        values: dict[str, list[str]] = {"venue": [], "author": [], "topic": []}
        for excluded in exclusions:
            values[excluded.kind].append(excluded.value)
        self._venue_ids = {int(value) for value in values["venue"] if value.isdigit()}
        self._orcids = [value for value in values["author"] if value[:4].isdigit()]
        self._names = [value for value in values["author"] if not value[:4].isdigit()]
        self._keyphrase_ids = [phrase_number(value) for value in values["topic"]]
        self.known: dict[int, Facts] = {}
        self._asked: set[int] = set()

    def of(self, ids: Sequence[int]) -> Mapping[int, Facts]:
        """Return the facts about some articles; those that are gone, or merged into others, are left out."""
        if missing := [number for number in ids if number not in self._asked]:
            self.learn(missing)
        return {number: self.known[number] for number in ids if number in self.known}

    def learn(self, ids: Sequence[int]) -> dict[int, int]:
        """Read the facts about some articles, and return the number of today of each that there is."""
        standings = recommendable.read_standings(ids)
        self._asked.update(ids, (s.article_id for s in standings.values()))
        today = {s.article_id: s for s in standings.values() if s.article_id not in self.known}
        unwanted = self._unwanted(today)
        for number, s in today.items():
            self.known[number] = Facts(s.venue_id, s.year, s.cluster_id, s.is_retracted, number in unwanted)
        return {number: s.article_id for number, s in standings.items()}

    def _unwanted(self, standings: Mapping[int, Standing]) -> set[int]:
        found = {number for number, s in standings.items() if s.venue_id in self._venue_ids}
        found |= recommendable.having_keyphrases(list(standings), self._keyphrase_ids)
        if self._orcids or self._names:
            bylines = {number: s.byline for number, s in standings.items()}
            found |= recommendable.written_by(bylines, self._orcids, self._names)
        return found


def _profile(marks: Marks, facts: _Facts) -> Profile:
    newest = newest_likes(marks)
    today = facts.learn([*marks.liked, *marks.dismissed, *marks.read])
    phrases = {p.phrase: ids for p, ids in articles_of_phrases(marks.phrases).items()}
    weight_of = {p.phrase: p.weight for p in marks.phrases}
    profile = make_profile(
        [today[number] for number in newest if number in today],
        less=[today[number] for number in marks.dismissed if number in today],
        read=[today[number] for number in (*marks.read, *marks.liked) if number in today],
        phrases={phrase: ids for phrase, ids in phrases.items() if weight_of[phrase] > 0},
        muted_phrases={phrase: ids for phrase, ids in phrases.items() if weight_of[phrase] <= 0},
    )
    weights = {
        number: weight * _strength(weight_of[profile.phrase_of[number]]) if number in profile.phrase_of else weight
        for number, weight in profile.weights.items()
    }
    return replace(profile, weights=weights)


def articles_of_phrases(phrases: Sequence[Weighted]) -> dict[Weighted, list[int]]:
    """Return a few articles that each phrase stands for: the newest that have it, or those that say it."""
    some = phrases[:MAX_PHRASES]
    newest = recommendable.read_newest_of_keyphrases([phrase_number(p.slug) for p in some], N_OF_PHRASE)
    return {p: newest.get(phrase_number(p.slug)) or _saying(p.phrase) for p in some}


def _saying(phrase: str) -> list[int]:
    """Return articles that say a phrase which is nobody's keyphrase."""
    try:
        asked = Query((Clause(phrase, is_phrase=" " in phrase),), n=N_OF_PHRASE)
        return [hit.id for hit in wiring.index().search(asked).hits]
    except IndexFailure:
        return []


def _strength(weight: float) -> float:
    """Return how much a phrase counts, given what the reader said of it: 0 (not mine) is a milder "less"."""
    return abs(weight) or -LESS_WEIGHT
