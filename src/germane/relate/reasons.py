"""Why an article is similar, in the vocabulary of evidence: shared references, phrases and words, meaning."""

from collections.abc import Iterable, Mapping, Sequence

from germane.index import Match
from germane.item import Evidence
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
    return evidence_from(
        told, bool(phrases), strengths, score=score, words=words, vectors=vectors, by_title_only=by_title_only
    )


def evidence_from(
    told: str,
    are_keyphrases: bool,
    strengths: Mapping[str, tuple[int, float]],
    *,
    score: float,
    words: float,
    vectors: float,
    by_title_only: bool = False,
) -> tuple[Evidence, ...]:
    """Return what `evidence_of` does, of the shared phrases or words as `told_phrases` and `told_words` tell them."""
    evidence = [*_links(strengths)] if strengths else []
    has_phrases = bool(told) and (are_keyphrases or score >= CHANCE)
    if has_phrases:
        where = "keyphrases" if are_keyphrases else ("title" if by_title_only else "title and abstract")
        evidence.append(Evidence("phrases", told, where, MATCHER, score))
    if strengths:
        evidence.sort(key=lambda e: -e.confidence)
    if vectors >= CLOSE and (not has_phrases or vectors >= MORE_THAN_WORDS * words):
        evidence.append(Evidence("semantic", f"{vectors:.2f}", "vectors", MATCHER, vectors))
    return tuple(evidence)


def told_phrases(phrases: Sequence[str]) -> str:
    """Return shared keyphrases, the most telling first, as a reason tells them; those within another one are not."""
    return told_of(phrases, holders(phrases), (1 << len(phrases)) - 1)


def told_of(phrases: Sequence[str], held: Sequence[int], shared: int) -> str:
    """Return what `told_phrases` does, of those phrases whose bits are set; `held` are their `holders`."""
    told = [phrase for i, phrase in enumerate(phrases) if shared >> i & 1 and not held[i] & shared]
    return "; ".join(told[:N_TOLD])


def holders(phrases: Sequence[str]) -> list[int]:
    """Return for each phrase which others it is a part of, as bits; of equal ones the first holds the others."""
    folded = [f" {fold(phrase)} " for phrase in phrases]
    return [
        sum(
            1 << k
            for k, other in enumerate(folded)
            if k != i and folded[i] in other and (len(folded[i]) < len(other) or k < i)
        )
        for i in range(len(folded))
    ]


def told_words(words: Sequence[str]) -> str:
    """Return shared words, the most telling first, as a reason tells them."""
    return "; ".join(words[:N_TOLD])


def _links(strengths: Mapping[str, tuple[int, float]]) -> Iterable[Evidence]:
    directions = [kind for kind in ("cites", "cited-by") if kind in strengths]
    if directions:
        yield Evidence("cites", directions[0], "references", MATCHER, strengths[directions[0]][1])
    if "co-cited" in strengths:
        n_links, strength = strengths["co-cited"]
        yield Evidence("co-cited", str(n_links), "references", MATCHER, strength)
    if "coupled" in strengths:
        n_links, strength = strengths["coupled"]
        yield Evidence("coupled", str(n_links), "references", MATCHER, strength)
