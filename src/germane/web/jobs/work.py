"""The stages' calls into the library: pure functions of batches, which run in other processes."""

from collections.abc import Sequence, Sized
from typing import NamedTuple

from msgspec.structs import replace

from germane.enrich.embedding import Embedder
from germane.enrich.keyphrases import Keyphrase, extract_many
from germane.index import Document, IndexFailure
from germane.item import Item
from germane.relate.shelves import topic_mentions
from germane.text import detect_language, plain_text, render_math
from germane.web import wiring
from germane.web.catalog.neighborhoods import Neighborhood
from germane.web.catalog.relating import similar_to
from germane.web.catalog.stale import Text
from germane.web.catalog.store.derived import Found
from germane.web.catalog.store.items import Tie

_TOO_MANY = 20  # articles of a batch that fail before any succeeds
Failed = dict[int, str]  # article → why


class Enriched(NamedTuple):
    """What enriching one article gave."""

    article_id: int
    sort_on: int
    title_html: str  # "": the title as it is
    abstracts: tuple[tuple[int, str], ...]  # (an abstract's number, its HTML) of those that hold formulas
    keyphrases: tuple[Keyphrase, ...]


def enrich(texts: Sequence[Text]) -> tuple[list[Enriched], Failed]:
    """Return keyphrases and rendered formulas of some articles, and on which that failed."""
    found: list[Enriched] = []
    failed: Failed = {}
    try:
        phrases = _keyphrases(texts)
    except Exception:  # of one of them: found one at a time, it costs that one alone
        phrases = {}
    for text in texts:
        try:
            own = phrases[text.article_id] if text.article_id in phrases else _keyphrases([text])[text.article_id]
            found.append(_enrich(text)._replace(keyphrases=own))
        except Exception as error:  # a defect must cost one article, not all that come after it
            failed[text.article_id] = _reason(error)
            _raise_if_of_all(error, found, failed)
    return found, failed


def with_vectors(documents: Sequence[Document], embedder: Embedder) -> list[Document]:
    """Return documents with their vectors, as the index keeps them."""
    vectors = embedder.embed([(d.title, d.abstract) for d in documents]).astype("<f2")
    return [
        replace(d, vector=vector.tobytes() if vector.any() else b"")
        for d, vector in zip(documents, vectors, strict=True)
    ]


def relate(neighborhoods: Sequence[Neighborhood]) -> tuple[dict[int, Found], Failed]:
    """Return the similar articles of some articles, best first, and on which finding them failed."""
    found: dict[int, Found] = {}
    failed: Failed = {}
    for near in neighborhoods:
        try:
            found[near.document.id] = [(s.article_id, s.score, s.evidence) for s in similar_to(near)]
        except IndexFailure:  # of all, not of this article
            raise
        except Exception as error:
            failed[near.document.id] = _reason(error)
            _raise_if_of_all(error, found, failed)
    return found, failed


def shelve(items: Sequence[tuple[int, Item, frozenset[int]]]) -> list[Tie]:
    """Return the ties of some items, each with the articles that it is about, to others on the same topic."""
    index = wiring.index()
    return [
        Tie(number, found.article_id, item, found.evidence)
        for number, item, about in items
        for found in topic_mentions(item, index, excluded_ids=about)
    ]


def _raise_if_of_all(error: Exception, found: Sized, failed: Sized) -> None:
    """Raise what fails again and again: it is a defect of the stage, and no article is to blame."""
    if not found and len(failed) == _TOO_MANY:
        raise error


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _keyphrases(texts: Sequence[Text]) -> dict[int, tuple[Keyphrase, ...]]:
    """Return the keyphrases of articles: together, which is nearly twice as fast as one after another."""
    plain = [(plain_text(text.title), plain_text(text.abstract)) for text in texts]
    languages = [language_of(text, *parts) for text, parts in zip(texts, plain, strict=True)]
    lists = extract_many(plain, languages=languages, keywords=[text.keywords for text in texts])
    return {text.article_id: tuple(phrases) for text, phrases in zip(texts, lists, strict=True)}


def _enrich(text: Text) -> Enriched:
    """Return what is made of one article, but for its keyphrases."""
    rendered = render_math(text.title) if _may_hold_tex(text.title) else ""
    return Enriched(
        text.article_id,
        text.sort_on,
        rendered if rendered != text.title else "",
        tuple((number, render_math(markup)) for number, markup in text.abstracts if _may_hold_tex(markup)),
        (),
    )


def language_of(text: Text, title: str, abstract: str) -> str:
    """Return the language in which to look for keyphrases: what records say, else what it looks like."""
    return text.language or detect_language(f"{title}. {abstract}") or "en"


def _may_hold_tex(markup: str) -> bool:
    return "$" in markup or "\\" in markup
