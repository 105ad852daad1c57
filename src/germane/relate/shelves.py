"""Which articles an item is on the topic of, when it names none: shared keyphrases, weighed by their rarity.

Only the *topic* shelf is decided here: likeness never puts an item on the *about* shelf.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

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
    n_documents = index.n_documents
    phrases = _possible(index, whole, len(item.title))
    if len(phrases) > N_PHRASES:
        phrases = _rarest(index, phrases)
    if not phrases:
        return []
    excluded = frozenset(excluded_ids)
    counted: dict[str, list[Phrase]] = {}
    mentions = []
    for hit in index.with_keyphrases([phrase.text for phrase in phrases], n=N_CANDIDATES + len(excluded)):
        had = {match.text for match in hit.matched}
        shared = [phrase for phrase in phrases if phrase.text in had]
        # counting texts is what costs: only where the phrases would be enough if they stood in no further texts
        if hit.id in excluded or not is_topic(shared, n_documents):
            continue
        for phrase in shared:
            if phrase.text not in counted:
                counted[phrase.text] = _rarest(index, [phrase])
        shared = sorted((p for phrase in shared for p in counted[phrase.text]), key=_by_rarity)
        if is_topic(shared, n_documents):
            mentions.append(TopicMention(hit.id, _evidence(shared, n_documents)))
        if len(mentions) == MAX_ARTICLES:
            break
    return mentions


def telling_phrases(index: Index, text: str, n_title: int) -> list[Phrase]:
    """Return the keyphrases in a text that can make a topic, rarest first: no common ones, no parts of others.

    The text's first `n_title` characters are its title.
    """
    return _rarest(index, _possible(index, text, n_title))


def _possible(index: Index, text: str, n_title: int) -> list[Phrase]:
    """Return the keyphrases in a text that may make a topic; `n_texts` are the articles that have it as keyphrase."""
    found = [f for f in index.find_keyphrases(text) if any(c.isalpha() for c in f.phrase)]
    found = [f for f in found if not any(f is not other and _stands_in(f, other) for other in found)]
    first = sorted(found, key=lambda f: (f.n_articles, f.start))[:N_LOOKED_AT]
    phrases = [Phrase(f.phrase, f.n_articles, f.n_words, f.start, f.start < n_title) for f in first]
    # in how many texts a word stands is known without counting
    words = {phrase.start for phrase in _rarest(index, [p for p in phrases if p.n_words == 1], n=N_LOOKED_AT)}
    return [p for p in phrases if p.n_words > 1 or p.start in words]


def _rarest(index: Index, phrases: Sequence[Phrase], *, n: int = N_PHRASES) -> list[Phrase]:
    """Return the `n` rarest phrases by the texts in which they stand, without the common ones."""
    most = max(COMMON * index.n_documents, VERY_FEW)
    counted = [replace(p, n_texts=max(index.doc_freq(p.text, "phrase"), p.n_texts)) for p in phrases]
    return sorted((p for p in counted if p.n_texts <= most), key=_by_rarity)[:n]


def _by_rarity(phrase: Phrase) -> tuple[int, int]:
    return phrase.n_texts, phrase.start


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
