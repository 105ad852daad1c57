"""The articles most like one article, each with its reasons: shared phrases and words, and citations where known."""

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from types import MappingProxyType

from msgspec import Struct
from rapidfuzz import fuzz

from germane.index import Document, Hit, Index, Match
from germane.item import Evidence
from germane.text import fold

MATCHER = "similar/1"
SPARE = 10  # candidates by words beyond those asked for, as some share a title
N_LINKED = 40  # candidates by citations alone
N_TOLD = 3
SAME_TITLE = 93.0  # of 100: two titles this alike are one work, or one series

# What a link adds to likeness in words, and after how many shared links most of it is reached. To be tuned on data.
LINK_WEIGHTS: Mapping[str, float] = MappingProxyType({"cites": 0.25, "cited-by": 0.25, "co-cited": 0.4, "coupled": 0.4})
LINK_SCALE = 4.0

_NOBODY: frozenset[int] = frozenset()
_NOTHING: Mapping[int, int] = MappingProxyType({})


class Links(Struct, frozen=True):
    """What the citation graph says of one article: ids, and for the last two how many articles tie them."""

    cites: Set[int] = _NOBODY
    cited_by: Set[int] = _NOBODY
    co_cited: Mapping[int, int] = _NOTHING  # id → articles that cite both
    coupled: Mapping[int, int] = _NOTHING  # id → references that both have


class Similar(Struct, frozen=True):
    """One similar article. `score` is 0..1, about 1 for a copy; `evidence` is never empty, strongest first."""

    article_id: int
    score: float
    evidence: tuple[Evidence, ...]


def find_similar(
    index: Index,
    document: Document,
    *,
    n: int = 20,
    links: Links | None = None,
    same_work_ids: Sequence[int] = (),
) -> list[Similar]:
    """Return the `n` articles most like a document, best first; equal scores stand by ascending id.

    The document itself, `same_work_ids` (other versions of it) and retracted articles are left out, and of articles
    with nearly the same title only the best stays.
    """
    links = links or Links()
    by_words = index.similar(document, n=n + SPARE, excluded_ids=same_work_ids)
    missing = _strongest(links, {hit.id for hit in by_words}, N_LINKED)
    by_links = index.similar(document, n=len(missing), excluded_ids=same_work_ids, candidate_ids=missing)
    ranked = sorted(
        ((_score(hit, links), hit) for hit in (*by_words, *by_links)), key=lambda pair: (-pair[0], pair[1].id)
    )
    similar = []
    for score, hit in _distinct(ranked):
        evidence = _evidence(hit, links)
        if evidence:
            similar.append(Similar(hit.id, score, evidence))
        if len(similar) == n:
            break
    return similar


def explain_similar(
    index: Index, document: Document, other_id: int, *, links: Links | None = None
) -> list[tuple[str, str, float]]:
    """Return what makes two articles alike as (kind, what, share), largest first; the shares add up to 1.

    Kinds are `keyphrase`, `word`, and those of LINK_WEIGHTS. Empty when they have nothing in common.
    """
    hits = index.similar(document, n=1, candidate_ids=[other_id])
    text = hits[0].score if hits else 0.0
    strengths = _strengths(other_id, links or Links())
    # as in `_score`: each link takes its part of what is left of 1
    parts: list[tuple[str, str, float]] = []
    for match, share in index.explain(document, other_id) if text else []:
        parts.append(("keyphrase" if match.field == "keyphrase" else "word", match.text, share * text))
    left = 1.0 - text
    for kind, (n_links, strength) in strengths.items():
        parts.append((kind, str(n_links), strength * left))
        left *= 1.0 - strength
    whole = sum(part for _, _, part in parts)
    return sorted(((kind, what, part / whole) for kind, what, part in parts if whole), key=lambda part: -part[2])


def _score(hit: Hit, links: Links) -> float:
    left = 1.0 - hit.score
    for _, strength in _strengths(hit.id, links).values():
        left *= 1.0 - strength
    return 1.0 - left


def _strengths(article_id: int, links: Links) -> dict[str, tuple[int, float]]:
    """Return, for every kind of link to an article, how many there are and how much they say, 0..1."""
    counts = {
        "cites": int(article_id in links.cites),
        "cited-by": int(article_id in links.cited_by),
        "co-cited": links.co_cited.get(article_id, 0),
        "coupled": links.coupled.get(article_id, 0),
    }
    strengths = {}
    for kind, n_links in counts.items():
        if n_links > 0:
            reach = 1.0 if kind in ("cites", "cited-by") else 1.0 - math.exp(-n_links / LINK_SCALE)
            strengths[kind] = (n_links, LINK_WEIGHTS[kind] * reach)
    return strengths


def _strongest(links: Links, known: Set[int], n: int) -> list[int]:
    linked = {*links.cites, *links.cited_by, *links.co_cited, *links.coupled} - known
    return sorted(linked, key=lambda i: (-sum(strength for _, strength in _strengths(i, links).values()), i))[:n]


def _distinct(ranked: Iterable[tuple[float, Hit]]) -> Iterable[tuple[float, Hit]]:
    seen: list[str] = []
    for score, hit in ranked:
        title = fold(hit.title)
        if title and any(fuzz.ratio(title, other, score_cutoff=SAME_TITLE) for other in seen):
            continue
        seen.append(title)
        yield score, hit


def _evidence(hit: Hit, links: Links) -> tuple[Evidence, ...]:
    strengths = _strengths(hit.id, links)
    evidence = []
    if "cites" in strengths or "cited-by" in strengths:
        direction = "cites" if "cites" in strengths else "cited-by"
        evidence.append(Evidence("cites", direction, "references", MATCHER, strengths[direction][1]))
    if "co-cited" in strengths:
        n_links, strength = strengths["co-cited"]
        evidence.append(Evidence("co-cited", str(n_links), "references", MATCHER, strength))
    if "coupled" in strengths:
        n_links, strength = strengths["coupled"]
        evidence.append(Evidence("coupled", str(n_links), "references", MATCHER, strength))
    if phrases := _phrases(hit):
        evidence.append(phrases)
    return tuple(sorted(evidence, key=lambda e: -e.confidence))


def _phrases(hit: Hit) -> Evidence | None:
    keyphrases = _whole(match for match in hit.matched if match.field == "keyphrase")
    told = keyphrases or [match.text for match in hit.matched]
    if not told:
        return None
    where = "keyphrases" if keyphrases else "title and abstract"
    return Evidence("phrases", "; ".join(told[:N_TOLD]), where, MATCHER, hit.score)


def _whole(matches: Iterable[Match]) -> list[str]:
    """Return the phrases that are no part of another one of them, in order."""
    texts = [match.text for match in matches]
    folded = [f" {fold(text)} " for text in texts]
    return [
        text
        for i, text in enumerate(texts)
        if not any(folded[i] in other and (folded[i] != other or k < i) for k, other in enumerate(folded) if k != i)
    ]
