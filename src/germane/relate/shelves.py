"""Which articles an item is on the topic of, when it names none: shared keyphrases, weighed by their rarity.

Only the *topic* shelf is decided here: likeness never puts an item on the *about* shelf.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from germane.index import Index, PhraseFound
from germane.item import Evidence, Item

MATCHER = "topic/1"
MAX_ARTICLES = 5  # per item
MAX_ITEMS = 5  # per article and tab
N_CANDIDATES = 50
N_PHRASES = 12  # of the item's, rarest first
N_TOLD = 3
MAX_CHARACTERS = 20_000

# A phrase that more than one article in ten has is no topic.
COMMON = 0.10
# Two or more phrases are enough when their rarities add up to so many times that of a phrase that one article has.
ENOUGH = 1.2
# One phrase alone is enough when it has two words and at most so many of all articles have it …
RARE = 0.0002
# … or three words and at most so many articles: in a small corpus a phrase of two is rare by chance.
VERY_FEW = 3


class TopicMention(Struct, frozen=True):
    """An article on whose topic the item is, with the phrases that say so."""

    article_id: int
    evidence: Evidence


def topic_mentions(item: Item, index: Index, *, text: str = "", excluded_ids: Iterable[int] = ()) -> list[TopicMention]:
    """Return the articles on whose topic an item is, best first, at most MAX_ARTICLES; none when it is unsure.

    An article needs two keyphrases in the item, rare enough together, or one rare phrase of several words.
    `text` is the item's whole text where it is at hand; `excluded_ids` are those that the item is *about*.
    """
    whole = "\n".join(part for part in (item.title, item.excerpt, text) if part)[:MAX_CHARACTERS]
    phrases = telling_phrases(index.find_keyphrases(whole), index.n_documents)
    if not phrases:
        return []
    excluded = frozenset(excluded_ids)
    n_asked = N_CANDIDATES + len(excluded)
    n_documents = index.n_documents
    mentions = []
    for hit in index.with_keyphrases([found.phrase for found in phrases], n=n_asked):
        shared = [found for found in phrases if any(match.text == found.phrase for match in hit.matched)]
        if hit.id not in excluded and is_topic(shared, n_documents):
            mentions.append(TopicMention(hit.id, _evidence(shared, n_documents)))
        if len(mentions) == MAX_ARTICLES:
            break
    return mentions


def telling_phrases(found: Iterable[PhraseFound], n_documents: int) -> list[PhraseFound]:
    """Return the phrases that can make a topic, rarest first: without common ones and parts of others."""
    kept = [
        phrase
        for phrase in found
        if phrase.n_articles <= max(COMMON * n_documents, VERY_FEW) and any(c.isalpha() for c in phrase.phrase)
    ]
    kept = [phrase for phrase in kept if not any(phrase is not other and _stands_in(phrase, other) for other in kept)]
    return sorted(kept, key=lambda phrase: (phrase.n_articles, phrase.start))[:N_PHRASES]


def is_topic(shared: Sequence[PhraseFound], n_documents: int) -> bool:
    """Tell whether these phrases of an item, which an article has too, are enough to call it the same topic."""
    if len(shared) >= 2:
        return sum(rarity(phrase, n_documents) for phrase in shared) >= ENOUGH * math.log(max(n_documents, 2))
    return any(
        (phrase.n_words >= 2 and phrase.n_articles <= RARE * n_documents)
        or (phrase.n_words >= 3 and phrase.n_articles <= VERY_FEW)
        for phrase in shared
    )


def rarity(phrase: PhraseFound, n_documents: int) -> float:
    """Return how rare a phrase is: ln(documents / documents that have it), at least 0."""
    return max(math.log(max(n_documents, 1) / max(phrase.n_articles, 1)), 0.0)


def best_items(scores: Mapping[str, float], *, n: int = MAX_ITEMS) -> list[str]:
    """Return the keys of the items that one article's tab keeps on its topic shelf: the surest, equal ones by key."""
    return sorted(scores, key=lambda key: (-scores[key], key))[:n]


def _stands_in(phrase: PhraseFound, other: PhraseFound) -> bool:
    inside = other.start <= phrase.start and phrase.start + len(phrase.phrase) <= other.start + len(other.phrase)
    return inside and len(phrase.phrase) < len(other.phrase)


def _evidence(shared: Sequence[PhraseFound], n_documents: int) -> Evidence:
    summed = sum(rarity(phrase, n_documents) for phrase in shared)
    confidence = round(1.0 - math.exp(-summed / math.log(max(n_documents, 3))), 3)
    told = "; ".join(phrase.phrase for phrase in shared[:N_TOLD])
    where = f"text:{shared[0].start}"
    return Evidence("phrases", told, where, MATCHER, confidence)
