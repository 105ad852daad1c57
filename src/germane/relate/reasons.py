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
    evidence = [*_links(strengths)]
    phrases = _phrases(matched, score, "title" if by_title_only else "title and abstract")
    if phrases:
        evidence.append(phrases)
    evidence.sort(key=lambda e: -e.confidence)
    if vectors >= CLOSE and (not phrases or vectors >= MORE_THAN_WORDS * words):
        evidence.append(Evidence("semantic", f"{vectors:.2f}", "vectors", MATCHER, vectors))
    return tuple(evidence)


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


def _phrases(matched: Sequence[Match], score: float, text: str) -> Evidence | None:
    keyphrases = _whole(match for match in matched if match.field == "keyphrase")
    told = keyphrases or [match.text for match in matched if score >= CHANCE]
    if not told:
        return None
    return Evidence("phrases", "; ".join(told[:N_TOLD]), "keyphrases" if keyphrases else text, MATCHER, score)


def _whole(matches: Iterable[Match]) -> list[str]:
    """Return the phrases that are no part of another one of them, in order."""
    texts = [match.text for match in matches]
    folded = [f" {fold(text)} " for text in texts]
    return [
        text
        for i, text in enumerate(texts)
        if not any(folded[i] in other and (folded[i] != other or k < i) for k, other in enumerate(folded) if k != i)
    ]
