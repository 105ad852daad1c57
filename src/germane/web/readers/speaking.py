"""Which of a reader's likes speak for an article and for those that are similar to it: what its own page adds."""

from collections.abc import Sequence

from germane.recommend import Because, Recommendation
from germane.web.catalog import recommendable
from germane.web.readers.queries import Marks
from germane.web.readers.recommending import newest_likes, still_fit

N_BECAUSE = 3
_MAX_LIKED = 200  # newest likes that are looked at


def speak_for(article_id: int, marks: Marks, n: int = 5) -> tuple[tuple[Because, ...], list[Recommendation]]:
    """Return which likes an article resembles, and of its similar articles up to `n` that other likes speak for.

    A like speaks for an article when one of both stands in the other's kept list of similar ones; two queries.
    """
    liked = [number for number in newest_likes(marks, _MAX_LIKED) if number != article_id]
    if not liked:
        return (), []
    lists = recommendable.read_similar_of([article_id, *liked])
    own = dict(lists.get(article_id, ()))
    near = {number: dict(lists.get(number, ())) for number in liked}
    here = _because([(number, max(near[number].get(article_id, 0.0), own.get(number, 0.0))) for number in liked])
    found = []
    for other, score in own.items():
        if because := _because([(number, near[number].get(other, 0.0)) for number in liked if number != other]):
            found.append(Recommendation(other, score, because))
    return here, still_fit(found, marks)[:n]


def _because(likeness: Sequence[tuple[int, float]]) -> tuple[Because, ...]:
    total = sum(value for _, value in likeness)
    best = sorted((pair for pair in likeness if pair[1] > 0), key=lambda pair: (-pair[1], pair[0]))[:N_BECAUSE]
    return tuple(Because(number, value / total) for number, value in best)
