"""Which articles are similar to one, asked of the index here and now: for the stages, and for pages without a list."""

from collections.abc import Sequence

from germane.relate.similar import Links, Similar, Steering, find_similar
from germane.web import wiring
from germane.web.catalog import queries
from germane.web.catalog.neighborhoods import Neighborhood
from germane.web.catalog.rows import SimilarLine
from germane.web.catalog.stale import read_neighborhoods

N_SIMILAR = 20
_PLAIN = Steering()


def similar_to(near: Neighborhood, steering: Steering = _PLAIN) -> list[Similar]:
    """Return the articles most similar to one, best first. Raises IndexFailure."""
    return find_similar(
        wiring.index(),
        near.document,
        embedder=wiring.embedder(),
        n=N_SIMILAR,
        links=links_of(near),
        same_work_ids=near.versions,
        steering=steering,
    )


def find_similar_lines(article_id: int, steering: Steering = _PLAIN) -> tuple[SimilarLine, ...]:
    """Return the articles most similar to one as lists show them, computed now. Raises IndexFailure."""
    found: Sequence[Similar] = [s for near in read_neighborhoods([article_id]) for s in similar_to(near, steering)]
    lines = {line.id: line for line in queries.read_lines([s.article_id for s in found])}
    return tuple(
        SimilarLine(lines[s.article_id], s.score, s.evidence)
        for s in found
        if s.article_id in lines and not lines[s.article_id].is_retracted
    )


def links_of(near: Neighborhood) -> Links:
    """Return what the citation graph says of an article."""
    return Links(
        cites=frozenset(near.cites),
        cited_by=frozenset(near.cited_by),
        co_cited=dict(near.co_cited),
        coupled=dict(near.coupled),
    )
