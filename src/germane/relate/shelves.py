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
N_LOOKED_AT = 32  # of the item's phrases
N_PHRASES = 12  # of these, the rarest
N_TOLD = 3
MAX_CHARACTERS = 20_000

# A phrase that stands in more than one text in fifty is no topic.
COMMON = 0.02
# Two or more phrases are enough when their rarities add up to so many times that of a phrase in one article only.
ENOUGH = 1.2
# One phrase alone is enough when the item's title has it, and it has two words and stands in at most so many of all
# texts …
RARE = 0.0002
# … or three words and stands in at most so many texts: in a small corpus a phrase of two is rare by chance.
VERY_FEW = 3


class Phrase(Struct, frozen=True):
    """A keyphrase of articles that an item has too."""

    text: str
    n_texts: int  # articles in whose text it stands
    n_words: int
    start: int
    is_prominent: bool  # in the item's title


class TopicMention(Struct, frozen=True):
    """An article on whose topic the item is, with the phrases that say so."""

    article_id: int
    evidence: Evidence


def topic_mentions(item: Item, index: Index, *, text: str = "", excluded_ids: Iterable[int] = ()) -> list[TopicMention]:
    """Return the articles on whose topic an item is, best first, at most MAX_ARTICLES; none when it is unsure.

    An article needs two keyphrases in the item, rare enough together, or one rare phrase of several words.
    `text` is the item's whole text where it is at hand; `excluded_ids` are those that the item is *about*.
    """
    whole = "\n\n".join(part for part in (item.title, item.excerpt, text) if part)[:MAX_CHARACTERS]
    phrases = telling_phrases(index, whole, len(item.title))
    if not phrases:
        return []
    excluded = frozenset(excluded_ids)
    n_documents = index.n_documents
    mentions = []
    for hit in index.with_keyphrases([phrase.text for phrase in phrases], n=N_CANDIDATES + len(excluded)):
        had = {match.text for match in hit.matched}
        shared = [phrase for phrase in phrases if phrase.text in had]
        if hit.id not in excluded and is_topic(shared, n_documents):
            mentions.append(TopicMention(hit.id, _evidence(shared, n_documents)))
        if len(mentions) == MAX_ARTICLES:
            break
    return mentions


def telling_phrases(index: Index, text: str, n_title: int) -> list[Phrase]:
    """Return the keyphrases in a text that can make a topic, rarest first: no common ones, no parts of others.

    The text's first `n_title` characters are its title.
    """
    found = [f for f in index.find_keyphrases(text) if any(c.isalpha() for c in f.phrase)]
    found = [f for f in found if not any(f is not other and _stands_in(f, other) for other in found)]
    phrases = []
    for f in sorted(found, key=lambda f: (f.n_articles, f.start))[:N_LOOKED_AT]:
        n_texts = max(index.doc_freq(f.phrase, "phrase"), f.n_articles)
        if n_texts <= max(COMMON * index.n_documents, VERY_FEW):
            phrases.append(Phrase(f.phrase, n_texts, f.n_words, f.start, f.start < n_title))
    return sorted(phrases, key=lambda phrase: (phrase.n_texts, phrase.start))[:N_PHRASES]


def is_topic(shared: Sequence[Phrase], n_documents: int) -> bool:
    """Tell whether these phrases of an item, which an article has too, are enough to call it the same topic."""
    if len(shared) >= 2:
        return sum(rarity(phrase, n_documents) for phrase in shared) >= ENOUGH * math.log(max(n_documents, 2))
    return any(
        (phrase.n_words >= 2 and phrase.n_texts <= RARE * n_documents)
        or (phrase.n_words >= 3 and phrase.n_texts <= VERY_FEW)
        for phrase in shared
        if phrase.is_prominent
    )


def rarity(phrase: Phrase, n_documents: int) -> float:
    """Return how rare a phrase is: ln(documents / documents that have it), at least 0."""
    return max(math.log(max(n_documents, 1) / max(phrase.n_texts, 1)), 0.0)


def best_items(scores: Mapping[str, float], *, n: int = MAX_ITEMS) -> list[str]:
    """Return the keys of the items that one article's tab keeps on its topic shelf: the surest, equal ones by key."""
    return sorted(scores, key=lambda key: (-scores[key], key))[:n]


def _stands_in(phrase: PhraseFound, other: PhraseFound) -> bool:
    inside = other.start <= phrase.start and phrase.start + len(phrase.phrase) <= other.start + len(other.phrase)
    return inside and len(phrase.phrase) < len(other.phrase)


def _evidence(shared: Sequence[Phrase], n_documents: int) -> Evidence:
    summed = sum(rarity(phrase, n_documents) for phrase in shared)
    confidence = round(1.0 - math.exp(-summed / math.log(max(n_documents, 3))), 3)
    told = "; ".join(phrase.text for phrase in shared[:N_TOLD])
    return Evidence("phrases", told, f"text:{shared[0].start}", MATCHER, confidence)
