"""Why an article is similar, in the vocabulary of evidence: shared references, phrases and words, meaning."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache

from germane.index import Match
from germane.item import Evidence
from germane.relate.links import LINK_WEIGHTS, link_strength
from germane.text import fold

MATCHER = "similar/3"
N_TOLD = 3
# Below this likeness by text, words alone are chance ("shares the words false, John"). Among 98,556 articles even the
# hundredth of a list is above .19; only small collections have to fill theirs with less.
CHANCE = 0.1
# Articles without one telling word in common are called close in meaning from this cosine on: 24 of 100,000 random
# pairs reach it, and nearly half of the 20th nearest. Beside shared words it is told when it says more than they do.
CLOSE = 0.5
MORE_THAN_WORDS = 2.0


def evidence_of(
    matched: Sequence[Match],
    strengths: Mapping[str, tuple[int, float]],
    *,
    score: float,
    words: float,
    vectors: float,
    by_title_only: bool = False,
) -> tuple[Evidence, ...]:
    """Return the reasons, strongest first; none when nothing telling is shared.

    `strengths` are those of the links, `score` is the likeness by text, `words` and `vectors` its parts, 0..1.
    """
    phrases = told_phrases([match.text for match in matched if match.field == "keyphrase"])
    told = phrases or told_words([match.text for match in matched])
    links = told_links(*(strengths[kind][0] if kind in strengths else 0 for kind in LINK_WEIGHTS))
    return evidence_from(
        told, bool(phrases), links, score=score, words=words, vectors=vectors, by_title_only=by_title_only
    )


def evidence_from(
    told: str,
    are_keyphrases: bool,
    links: tuple[Evidence, ...],
    *,
    score: float,
    words: float,
    vectors: float,
    by_title_only: bool = False,
) -> tuple[Evidence, ...]:
    """Return what `evidence_of` does, of what `told_phrases` or `told_words` tell, and `told_links`."""
    has_phrases = bool(told) and (are_keyphrases or score >= CHANCE)
    evidence = links
    if has_phrases:
        where = "keyphrases" if are_keyphrases else ("title" if by_title_only else "title and abstract")
        shared = Evidence("phrases", told, where, MATCHER, score)
        place = bisect_right(links, -score, key=_weakness) if links else 0
        evidence = (*links[:place], shared, *links[place:])
    if vectors >= CLOSE and (not has_phrases or vectors >= MORE_THAN_WORDS * words):
        evidence = (*evidence, Evidence("semantic", f"{vectors:.2f}", "vectors", MATCHER, vectors))
    return evidence


@lru_cache(maxsize=1 << 14)
def told_links(*n_links: int) -> tuple[Evidence, ...]:
    """Return what so many links of each kind of LINK_WEIGHTS say, strongest first: most articles have the same few."""
    strengths = {kind: (str(n), link_strength(kind, n)) for kind, n in zip(LINK_WEIGHTS, n_links, strict=True) if n > 0}
    directions = [kind for kind in ("cites", "cited-by") if kind in strengths]
    evidence = [Evidence("cites", kind, "references", MATCHER, strengths[kind][1]) for kind in directions[:1]]
    if "co-cited" in strengths:
        evidence.append(Evidence("co-cited", *_counted(strengths["co-cited"])))
    if "coupled" in strengths:
        evidence.append(Evidence("coupled", *_counted(strengths["coupled"])))
    return tuple(sorted(evidence, key=_weakness))


def told_phrases(phrases: Sequence[str]) -> str:
    """Return shared keyphrases, the most telling first, as a reason tells them; those within another one are not."""
    return told_of(phrases, holders(phrases), (1 << len(phrases)) - 1)


def told_of(phrases: Sequence[str], held: Sequence[int], shared: int) -> str:
    """Return what `told_phrases` does, of those phrases whose bits are set; `held` are their `holders`."""
    told: list[str] = []
    left = shared
    while left and len(told) < N_TOLD:
        place = (left & -left).bit_length() - 1
        left &= left - 1
        if not held[place] & shared:
            told.append(phrases[place])
    return "; ".join(told)


def holders(phrases: Sequence[str]) -> list[int]:
    """Return for each phrase which others it is a part of, as bits; of equal ones the first holds the others."""
    folded = [fold(phrase) for phrase in phrases]
    places: dict[str, list[int]] = {}
    for i, phrase in enumerate(folded):
        places.setdefault(phrase, []).append(i)
    held = [0] * len(folded)
    for equal in places.values():
        for i in equal[1:]:
            held[i] |= sum(1 << k for k in equal if k < i)
    for k, phrase in enumerate(folded):
        for part in _parts(phrase):
            for i in places.get(part, ()):
                held[i] |= 1 << k
    return held


def _parts(phrase: str) -> set[str]:
    """Return the runs of a folded phrase's words that are shorter than itself."""
    words = phrase.split(" ")
    n = len(words)
    return {" ".join(words[begin:end]) for begin in range(n) for end in range(begin + 1, n + 1) if end - begin < n}


def told_words(words: Sequence[str]) -> str:
    """Return shared words, the most telling first, as a reason tells them."""
    return "; ".join(words[:N_TOLD])


def _counted(strength: tuple[str, float]) -> tuple[str, str, str, float]:
    return strength[0], "references", MATCHER, strength[1]


def _weakness(evidence: Evidence) -> float:
    return -evidence.confidence
