"""The stages' calls into the library: pure functions of batches, which run in other processes."""

from collections.abc import Sequence
from typing import NamedTuple

from germane.enrich.keyphrases import Keyphrase, extract_keyphrases
from germane.item import Evidence, Item
from germane.relate.shelves import topic_mentions
from germane.relate.similar import Links, find_similar
from germane.text import detect_language, plain_text, render_math
from germane.web import wiring
from germane.web.catalog.stale import Neighborhood, Text
from germane.web.catalog.store.items import Tie

N_SIMILAR = 20


class Enriched(NamedTuple):
    """What enriching one article gave."""

    article_id: int
    sort_on: int
    title_html: str  # "": the title as it is
    abstracts: tuple[tuple[int, str], ...]  # (an abstract's number, its HTML) of those that hold formulas
    keyphrases: tuple[Keyphrase, ...]


def enrich(texts: Sequence[Text]) -> list[Enriched]:
    """Return keyphrases and rendered formulas of some articles."""
    return [_enrich(text) for text in texts]


def relate(neighborhoods: Sequence[Neighborhood]) -> dict[int, list[tuple[int, float, Sequence[Evidence]]]]:
    """Return the similar articles of some articles, best first."""
    index = wiring.index()
    return {
        n.document.id: [
            (s.article_id, s.score, s.evidence)
            for s in find_similar(
                index,
                n.document,
                n=N_SIMILAR,
                links=Links(cites=frozenset(n.cites), cited_by=frozenset(n.cited_by), coupled=dict(n.coupled)),
                same_work_ids=n.versions,
            )
        ]
        for n in neighborhoods
    }


def shelve(items: Sequence[tuple[int, Item, frozenset[int]]]) -> list[Tie]:
    """Return the ties of some items, each with the articles that it is about, to others on the same topic."""
    index = wiring.index()
    return [
        Tie(number, found.article_id, item, found.evidence)
        for number, item, about in items
        for found in topic_mentions(item, index, excluded_ids=about)
    ]


def _enrich(text: Text) -> Enriched:
    title = plain_text(text.title)
    abstract = plain_text(text.abstract)
    phrases = extract_keyphrases(
        title,
        abstract,
        language=text.language or detect_language(f"{title}. {abstract}") or "en",
        keywords=text.keywords,
    )
    rendered = render_math(text.title) if _may_hold_tex(text.title) else ""
    return Enriched(
        text.article_id,
        text.sort_on,
        rendered if rendered != text.title else "",
        tuple((number, render_math(markup)) for number, markup in text.abstracts if _may_hold_tex(markup)),
        tuple(phrases),
    )


def _may_hold_tex(markup: str) -> bool:
    return "$" in markup or "\\" in markup
