"""The articles most like one article, each with its reasons: shared words and phrases, meaning, and citations.

Candidates are what shares the article's weighted words, what lies nearest by vectors, and what citations tie to it.
Their likeness by text is computed exactly (`rescoring`), citations add to it (`links`), nearly equal ones are folded
and groups spread (`diversity`), and a reader may steer the order (`steering`).
"""

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from msgspec import Struct

from germane.enrich.embedding import Embedder
from germane.index import Clause, Document, Hit, Index
from germane.item import Evidence
from germane.relate.diversity import SAME_WORDS, distinct_places, spread
from germane.relate.explaining import Share, explain_similar
from germane.relate.links import LINK_WEIGHTS, Links, link_strengths, strongest_links, with_links
from germane.relate.reasons import evidence_of
from germane.relate.rescoring import Question, Values, compare, likeness_within, question_of
from germane.relate.steering import Steerable, Steering, clauses_without, steer

__all__ = ["LINK_WEIGHTS", "Encoder", "Links", "Share", "Similar", "Steering", "explain_similar", "find_similar"]

N_SPARE = 30  # candidates by words, and by vectors, beyond three times those asked for
N_LINKED = 40  # candidates by citations alone
N_STEERED = 3  # times as many candidates when the order is steered, so that there is something to choose from
N_ENCODED = 200  # candidates that a sentence encoder looks at
N_FOLDED = 20  # candidates beyond those asked for that are compared with each other
N_OWN = 3  # of the authors, whose other articles are one group

# The cosines (m,) of a sentence encoder between an article and those with these ids, NaN where it has no text.
Encoder = Callable[[Document, Sequence[int]], Values]

_PLAIN = Steering()


class Similar(Struct, frozen=True, gc=False):
    """One similar article. `score` is 0..1, about 1 for a copy; `evidence` is never empty, strongest first.

    `by_title_only`: the article that others are compared with has no abstract here, so its title and keywords decide.
    """

    article_id: int
    score: float
    evidence: tuple[Evidence, ...]
    by_title_only: bool = False


class Candidate(Struct, frozen=True):
    """An article that may be similar, with all that is known of it."""

    hit: Hit
    text: float
    words: float
    vectors: float
    score: float  # with links


def find_similar(
    index: Index,
    document: Document,
    *,
    embedder: Embedder | None = None,
    encoder: Encoder | None = None,
    n: int = 20,
    links: Links | None = None,
    same_work_ids: Sequence[int] = (),
    candidate_ids: Sequence[int] | None = None,
    steering: Steering = _PLAIN,
) -> list[Similar]:
    """Return the `n` articles most like a document, best first; equal scores stand by ascending id.

    The document itself, `same_work_ids` (other versions of it) and retracted articles are left out, and so is what has
    nearly its title; of articles that are nearly one another only the best stays. Without `embedder`, or when it is not
    the one of the index, words and links decide. With `candidate_ids`, only these are ranked. Steered lists are in the
    order that was asked for; their scores need not fall.
    """
    links = links or Links()
    asked = question_of(index, document, embedder)
    without = clauses_without(steering)
    depth = (3 * n + N_SPARE) * (N_STEERED if steering != _PLAIN else 1)
    hits = _candidates(index, document, asked, links, depth, same_work_ids, candidate_ids, without)
    hits = [hit for hit in hits if hit.venue_id not in steering.excluded_venue_ids or not hit.venue_id]
    ranked = _ranked(index, document, asked, hits, links, encoder)
    values = steer([Steerable(c.score, c.words, c.hit.year) for c in ranked], steering)
    order = sorted(range(len(ranked)), key=lambda i: (-values[i], ranked[i].hit.id))
    kept = _distinct(index, document, [ranked[i] for i in order[: n + N_FOLDED]])
    told = _with_reasons(index, document, kept, links)
    return spread(told, _grouping(index, document, kept), n=n)


def _candidates(
    index: Index,
    document: Document,
    asked: Question,
    links: Links,
    depth: int,
    excluded_ids: Sequence[int],
    candidate_ids: Sequence[int] | None,
    without: Sequence[Clause],
) -> list[Hit]:
    by_words = index.similar(
        document,
        n=depth,
        excluded_ids=excluded_ids,
        candidate_ids=candidate_ids,
        without=without,
        with_matches=False,  # what they share is looked up for those that stay
    )
    excluded_ids = [*excluded_ids, document.id]
    by_vector = index.nearest(asked.vector, n=depth, excluded_ids=excluded_ids, without=without)
    found = {hit.id: hit for hit in (*by_vector, *by_words)}
    missing = strongest_links(links, found.keys(), N_LINKED)
    by_links = index.similar(
        document,
        n=len(missing),
        excluded_ids=excluded_ids,
        candidate_ids=missing,
        without=without,
        with_matches=False,
    )
    found |= {hit.id: hit for hit in by_links}
    if candidate_ids is not None:
        found = {i: found[i] for i in candidate_ids if i in found}
    return list(found.values())


def _ranked(
    index: Index, document: Document, asked: Question, hits: Sequence[Hit], links: Links, encoder: Encoder | None
) -> list[Candidate]:
    """Return the candidates with their likeness, best first."""
    forward = index.forward([hit.id for hit in hits])
    likeness = compare(index, asked, forward)
    if encoder is not None and hits:
        first = np.argsort(-likeness.text, kind="stable")[:N_ENCODED]
        encoded = np.full(len(hits), np.nan, np.float32)
        encoded[first] = encoder(document, [hits[i].id for i in first])
        likeness = compare(index, asked, forward, encoded)
    candidates = [
        Candidate(hit, text, words, vectors, with_links(text, link_strengths(links, hit.id)))
        for hit, text, words, vectors in zip(
            hits,
            likeness.text.tolist(),
            likeness.parts["words"].tolist(),
            likeness.parts["vectors"].tolist(),
            strict=True,
        )
    ]
    return sorted(candidates, key=lambda c: (-c.score, c.hit.id))


def _distinct(index: Index, document: Document, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return those that are neither the document's own text again, nor nearly one that stands before them."""
    candidates = [c for c in candidates if c.words < SAME_WORDS]
    within = likeness_within(index, index.forward([c.hit.id for c in candidates]))
    titles = [c.hit.title for c in candidates]
    alike = within.tolist()
    places = distinct_places(titles, lambda i, k: float(alike[i][k]), document.title)
    return [candidates[place] for place in places]


def _with_reasons(index: Index, document: Document, candidates: Sequence[Candidate], links: Links) -> list[Similar]:
    """Return those that have a reason."""
    ids = [c.hit.id for c in candidates]
    shared = {hit.id: hit.matched for hit in index.similar(document, n=len(ids), candidate_ids=ids)}
    similar = []
    for c in candidates:
        evidence = evidence_of(
            shared.get(c.hit.id, ()),
            link_strengths(links, c.hit.id),
            score=c.text,
            words=c.words,
            vectors=c.vectors,
            by_title_only=not document.abstract,
        )
        if evidence:
            similar.append(Similar(c.hit.id, min(c.score, 1.0), evidence, not document.abstract))
    return similar


def _grouping(index: Index, document: Document, candidates: Sequence[Candidate]) -> Callable[[Similar], list[Hashable]]:
    """Return a function that tells an article's groups: its venue's year, and the document's own authors."""
    hits = {c.hit.id: c.hit for c in candidates}
    authors = [Clause(name, "author", is_phrase=True) for name in document.authors[:N_OWN]]
    others = set(hits)
    if authors and hits:
        found = index.similar(document, n=len(hits), candidate_ids=list(hits), without=authors, with_matches=False)
        others = {hit.id for hit in found}

    def groups_of(similar: Similar) -> list[Hashable]:
        hit = hits[similar.article_id]
        groups: list[Hashable] = [(hit.venue_id, hit.year)] if hit.venue_id and hit.year else []
        # one that shares nothing telling is not among the others either, whoever wrote it
        is_by_others = hit.id in others or all(e.code != "phrases" for e in similar.evidence)
        return groups if is_by_others else [*groups, "authors"]

    return groups_of
