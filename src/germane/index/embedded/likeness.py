"""Documents like a document: all its words as one weighted question, and what it shares with each answer."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence, Set
from itertools import accumulate

import tantivy
from msgspec import Struct
from msgspec.structs import replace
from tantivy import Occur, Query, Searcher

from germane.index import Clause, Document, Filters, Hit, Match, PhraseFound
from germane.index.analysis import (
    BROAD_SUBJECTS,
    DULL_STEMS,
    STOP_WORDS,
    compounds,
    phrase_key,
    stems,
    surfaces,
    words_in,
)
from germane.index.embedded.bits import MAX_BITS, bounded, presence, scores, these
from germane.index.embedded.plan import any_of, restrictions
from germane.index.terms import TITLE_WEIGHT

MAX_TERMS = 200  # the most telling ones: all the words of an abstract, and a bound for what is longer
# What a question costs is how often its words stand in the index: so often at most, the most telling ones first. Up to
# some 300,000 documents that is all words of most abstracts.
MAX_POSTINGS = 500_000
MIN_TERMS = 12  # however common
MAX_PHRASE_WORDS = 5
# A subject heading of more than so many documents, N to this power, says nothing of two that share it: 24 of 200,
# 1,270 of 150,000. A word or a keyphrase says nothing when more than this part of them has it.
COMMON_SUBJECT = 0.6
COMMON = 0.05
FEW_DOCUMENTS = 8  # that many have any phrase by chance
RETRACTED_SLACK = 10
PHRASE_WEIGHT = 1.0
LONGER = 1.0
N_TOLD = 6  # shared phrases and words that a hit tells of
_JOINTS = " \t\n-\u2010\u2011'\u2019/"
K1 = 1.2  # BM25's, as tantivy has it


class Feature(Struct, frozen=True):
    """One word or keyphrase of the document, with its weight in the question and how telling it is."""

    match: Match
    query: Query
    weight: float
    idf: float
    evidence: Query  # what a document satisfies that can be said to share it


def similar(
    searcher: Searcher,
    schema: tantivy.Schema,
    document: Document,
    features: Sequence[Feature],
    n: int,
    excluded: frozenset[int],
    candidate_ids: Sequence[int] | None,
    filters: Filters,
    without: Sequence[Clause],
    *,
    with_matches: bool,
) -> list[Hit]:
    """Return documents like this one, whose features these are; see `Index.similar`."""
    if n < 1 or not features or (candidate_ids is not None and not candidate_ids):
        return []
    excluded |= {document.id}
    query = Query.boolean_query([(Occur.Should, Query.boost_query(f.query, f.weight)) for f in features])
    depth = n + len(excluded)
    if candidate_ids is not None:
        query = Query.boolean_query([(Occur.Must, these(schema, candidate_ids)), (Occur.Must, query)])
        depth = len(candidate_ids)
    if narrowed := restrictions(filters, without, schema, searcher):
        query = Query.boolean_query([(Occur.Must, query), *narrowed])
    found = _kept(searcher, query, depth, n, excluded)
    full = sum(f.weight * f.idf * (K1 + 1) * f.weight / (f.weight + K1) for f in features)
    if not with_matches:
        return [replace(hit, score=min(hit.score / full, 1.0)) for hit in found]
    shared = shared_matches(searcher, schema, [hit.id for hit in found], features)
    return [
        replace(hit, score=min(hit.score / full, 1.0), matched=tuple(shared[hit.id]))
        for hit in found
        if hit.id in shared
    ]


def explain(
    searcher: Searcher, schema: tantivy.Schema, features: Sequence[Feature], other_id: int
) -> list[tuple[Match, float]]:
    """Return what a document of these features shares with another; see `Index.explain`."""
    parts = []
    for feature in features:
        weighted = Query.boost_query(feature.query, feature.weight)
        query = Query.boolean_query([(Occur.Must, these(schema, [other_id])), (Occur.Must, weighted)])
        parts += [(feature.match, score) for score, _ in scores(searcher, query, 1)]
    whole = sum(score for _, score in parts)
    return sorted(((match, score / whole) for match, score in parts), key=lambda part: (-part[1], part[0].text))


def find_keyphrases(searcher: Searcher, text: str) -> list[PhraseFound]:
    """Return the keyphrases of any article in a text; see `Index.find_keyphrases`."""
    words = [(*word, text[word[1] : word[2]].lower() in STOP_WORDS) for word in words_in(text)]
    found: list[PhraseFound] = []
    seen: set[str] = set()
    for first, (_, start, _, is_stop) in enumerate(words):
        if is_stop:
            continue
        key, last_end = "", start
        for n_words, (stem, begin, end, is_last_stop) in enumerate(words[first : first + MAX_PHRASE_WORDS], 1):
            if not _is_joint(text[last_end:begin]):
                break
            key, last_end = f"{key} {stem}" if key else stem, end
            if is_last_stop or key in seen:
                continue
            seen.add(key)
            if n_articles := searcher.doc_freq("phrase", key):
                found.append(PhraseFound(text[start:end], n_articles, start, n_words))
    return found


def with_keyphrases(searcher: Searcher, schema: tantivy.Schema, phrases: Sequence[str], n: int) -> list[Hit]:
    """Return documents that have any of these keyphrases; see `Index.with_keyphrases`."""
    features = _phrase_features(searcher, schema, phrases, in_text=False)[:MAX_BITS]
    if not features or n < 1:
        return []
    query = any_of([Query.const_score_query(feature.query, feature.idf) for feature in features])
    found = scores(searcher, query, n)
    shared = shared_matches(searcher, schema, [article_id for _, article_id in found], features)
    return [Hit(article_id, score, tuple(shared[article_id])) for score, article_id in found if article_id in shared]


def features_of(searcher: Searcher, schema: tantivy.Schema, document: Document) -> list[Feature]:
    """Return the document's keyphrases, rarest first, then its words, most telling first."""
    counts: Counter[str] = Counter()
    for text, weight in ((document.title, TITLE_WEIGHT), (document.abstract, 1)):
        for stem in (*stems(text), *stems(compounds(text))):
            counts[stem] += weight
    written = surfaces((document.abstract, document.title))
    words = []
    for stem, n in counts.items():
        n_documents = 0 if stem in DULL_STEMS or len(stem) < 2 else searcher.doc_freq("text", stem)
        if n_documents:
            match = Match("text", written.get(stem, stem))
            query = Query.term_query(schema, "text", stem, "freq")
            words.append((n_documents, Feature(match, query, float(n), _idf(searcher, n_documents), query)))
    words.sort(key=lambda word: (-word[1].weight * word[1].idf, word[1].match.text))
    own = set(map(phrase_key, document.keyphrases))
    phrases = [
        feature
        for feature in _phrase_features(searcher, schema, (*document.keyphrases, *document.keywords), in_text=True)
        if not _is_broad(searcher, phrase_key(feature.match.text), own)
    ]
    return phrases + _affordable(words[:MAX_TERMS])


def _affordable(words: Sequence[tuple[int, Feature]]) -> list[Feature]:
    """Return the first words, each given with how many documents have it, until a question of them costs too much."""
    n_postings = list(accumulate(n_documents for n_documents, _ in words))
    n = max(bisect_right(n_postings, MAX_POSTINGS), MIN_TERMS)
    return [feature for _, feature in words[:n]]


def shared_matches(
    searcher: Searcher, schema: tantivy.Schema, ids: Sequence[int], features: Sequence[Feature]
) -> dict[int, list[Match]]:
    """Return, for the documents that share anything telling, what they share, in the features' order."""
    common = _idf(searcher, round(max(COMMON * searcher.num_docs, FEW_DOCUMENTS)))
    told = [f for f in features if f.match.field == "keyphrase" or (_is_telling(f.match.text) and f.idf >= common)]
    shared: dict[int, list[Match]] = {}
    for begin in range(0, len(told), MAX_BITS):
        missing = [article_id for article_id in ids if article_id not in shared]
        if not missing:
            break
        batch = told[begin : begin + MAX_BITS]
        for article_id, held in presence(searcher, schema, missing, [f.evidence for f in batch]).items():
            if held:
                matches = [f.match for i, f in enumerate(batch) if held >> i & 1]
                shared[article_id] = matches[:N_TOLD]
    return shared


def _phrase_features(
    searcher: Searcher, schema: tantivy.Schema, phrases: Sequence[str], *, in_text: bool
) -> list[Feature]:
    features = []
    by_key = {phrase_key(phrase): phrase for phrase in reversed(phrases)}
    for key, phrase in by_key.items():
        tokens = key.split(" ")
        n_documents = searcher.doc_freq("phrase", key) if key else 0
        if not key or (not n_documents and not in_text):
            continue
        query = Query.term_query(schema, "phrase", key, "basic")
        evidence = query
        if in_text:
            words = Query.phrase_query(schema, "text", list(tokens)) if len(tokens) > 1 else None
            evidence = any_of([query, words]) if words else Query.term_query(schema, "text", key, "freq")
        features.append(
            Feature(Match("keyphrase", phrase), query, PHRASE_WEIGHT, _idf(searcher, max(n_documents, 1)), evidence)
        )
    # a phrase of more words says more than a rarer one of fewer
    return sorted(features, key=lambda f: (-f.idf - LONGER * f.match.text.count(" "), f.match.text))


def _is_broad(searcher: Searcher, key: str, own: Set[str]) -> bool:
    """Tell whether two documents that share a phrase may have nothing in common; `own` are keyphrases of the text."""
    limit = COMMON * searcher.num_docs if key in own else searcher.num_docs**COMMON_SUBJECT
    return key in BROAD_SUBJECTS or searcher.doc_freq("phrase", key) > max(limit, FEW_DOCUMENTS)


def _kept(searcher: Searcher, query: Query, depth: int, n: int, excluded: frozenset[int]) -> list[Hit]:
    """Return the `n` best without the excluded and the retracted, among the first `depth`, or more when needed."""
    depth += RETRACTED_SLACK
    while True:
        found = searcher.search(query, bounded(searcher, depth), count=False).hits
        addresses = [address for _, address in found]
        ids = searcher.fast_field_values("id", addresses)
        retracted = searcher.fast_field_values("is_retracted", addresses)
        kept = [
            (-float(score), int(article_id or 0), address)
            for (score, address), article_id, is_retracted in zip(found, ids, retracted, strict=True)
            if article_id not in excluded and not is_retracted
        ]
        if len(kept) >= n or len(found) < depth:
            break
        depth *= 4
    kept.sort(key=lambda hit: hit[:2])
    addresses = [address for _, _, address in kept[:n]]
    years = searcher.fast_field_values("year", addresses)
    venues = searcher.fast_field_values("venue_id", addresses)
    return [
        Hit(article_id, -score, (), _title(searcher, address), None if year is None else int(year), int(venue_id or 0))
        for (score, article_id, address), year, venue_id in zip(kept[:n], years, venues, strict=True)
    ]


def titles_of(searcher: Searcher, schema: tantivy.Schema, ids: Sequence[int]) -> dict[int, str]:
    """Return the titles of some documents, by id."""
    found = searcher.search(these(schema, ids), bounded(searcher, len(ids)), count=False).hits
    addresses = [address for _, address in found]
    known = searcher.fast_field_values("id", addresses)
    return {int(i or 0): _title(searcher, address) for i, address in zip(known, addresses, strict=True)}


def _title(searcher: Searcher, address: tantivy.DocAddress) -> str:
    return str(searcher.doc(address).get_first("title") or "")


def _is_joint(gap: str) -> bool:
    """Tell whether a phrase may go on over what stands between two words: blanks, a hyphen, no full stop or comma."""
    return not gap.strip(_JOINTS) and "\n\n" not in gap


def _idf(searcher: Searcher, n_documents: int) -> float:
    return math.log(1 + (searcher.num_docs - n_documents + 0.5) / (n_documents + 0.5)) if searcher.num_docs else 0.0


def _is_telling(word: str) -> bool:
    return len(word) > 2 and not word.isdecimal()
