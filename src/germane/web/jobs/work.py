"""The stages' calls into the library: pure functions of batches, which run in other processes."""

from collections.abc import Sequence, Sized
from typing import Any, NamedTuple

from msgspec.structs import replace

from germane.enrich.embedding import Embedder
from germane.enrich.keyphrases import Keyphrase, extract_many
from germane.index import Document, IndexFailure, Prepared
from germane.item import Item
from germane.relate.shelves import topic_mentions
from germane.text import detect_language, plain_text, render_math
from germane.web import wiring
from germane.web.catalog.neighborhoods import Neighborhood
from germane.web.catalog.relating import similar_to
from germane.web.catalog.stale import Text, read_sources
from germane.web.catalog.store.derived import Found
from germane.web.catalog.store.items import Tie
from germane.web.catalog.store.keyphrases import PhraseRow, phrase_rows

_TOO_MANY = 20  # articles of a batch that fail before any succeeds
Failed = dict[int, str]  # article → why


class Enriched(NamedTuple):
    """What enriching one article gave."""

    article_id: int
    sort_on: int
    title_html: str  # "": the title as it is
    abstracts: tuple[tuple[int, str], ...]  # (an abstract's number, its HTML) of those that hold formulas
    keyphrases: tuple[PhraseRow, ...]


class Derived(NamedTuple):
    """What was made of some articles, in the form in which it is written."""

    changed_at: dict[int, Any]  # of each article when it was read
    enriched: list[Enriched]
    failed: Failed  # those that could not be enriched
    prepared: Prepared | None  # what the index keeps of those that are shown; None when it was not asked for
    gone: list[int]  # merged or withdrawn, which the index shall not keep


def derive(ids: Sequence[int]) -> Derived:
    """Return keyphrases and rendered formulas of articles that lack them, and what the index keeps of all."""
    return _derive(ids, is_enriching=True, is_indexing=True)


def enrich(ids: Sequence[int]) -> Derived:
    """Return keyphrases and rendered formulas of some articles."""
    return _derive(ids, is_enriching=True, is_indexing=False)


def index(ids: Sequence[int]) -> Derived:
    """Return what the index keeps of some articles."""
    return _derive(ids, is_enriching=False, is_indexing=True)


def _derive(ids: Sequence[int], *, is_enriching: bool, is_indexing: bool) -> Derived:
    sources = read_sources(ids)
    changed_at = {source.text.article_id: source.changed_at for source in sources}
    enriched, failed = _enrich_all([s.text for s in sources if not s.is_enriched]) if is_enriching else ([], {})
    if not is_indexing:
        return Derived(changed_at, enriched, failed, None, [])
    gone = [source.text.article_id for source in sources if source.document is None]
    found = {e.article_id: tuple(row.phrase for row in e.keyphrases) for e in enriched}
    documents = [
        replace(d, keyphrases=found[d.id]) if d.id in found else d for source in sources if (d := source.document)
    ]
    embedder = wiring.embedder()
    return Derived(changed_at, enriched, failed, wiring.prepare(with_vectors(documents, embedder)), gone)


def _enrich_all(texts: Sequence[Text]) -> tuple[list[Enriched], Failed]:
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
            found.append(_enrich(text)._replace(keyphrases=tuple(phrase_rows(own))))
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


def shelve(items: Sequence[tuple[int, Item, frozenset[int]]]) -> tuple[list[int], list[Tie]]:
    """Return the numbers of some items, each with the articles that it is about, and their ties to others."""
    index = wiring.index()
    ties = [
        Tie(number, found.article_id, item, found.evidence)
        for number, item, about in items
        for found in topic_mentions(item, index, excluded_ids=about)
    ]
    return [number for number, _, _ in items], ties


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
