"""Words of a question that no title has, and the words that were probably meant."""

import re
from collections.abc import Mapping

import tantivy
from msgspec.structs import replace
from rapidfuzz.distance import OSA
from tantivy import Searcher

from germane.index import Query
from germane.index.analysis import names, stems

MIN_LETTERS = 4
TWO_EDITS_FROM = 8  # letters; a shorter word may differ in one only
N_LOOKED_AT = 50
MAX_WORDS = 6

_FIELDS = ("any", "title")


def corrections(searcher: Searcher, schema: tantivy.Schema, query: Query) -> dict[str, str]:
    """Return, for each word of the question that no document has, the nearest word of a title, if one is near."""
    found: dict[str, str] = {}
    for clause in query.clauses:
        if clause.field not in _FIELDS or clause.is_excluded:
            continue
        for word in names(clause.text):
            if word in found or len(found) == MAX_WORDS or _is_known(searcher, word):
                continue
            if nearest := _nearest(searcher, schema, word):
                found[word] = nearest
    return found


def corrected(query: Query, words: Mapping[str, str]) -> Query:
    """Return the query with these words respelled."""
    clauses = []
    for clause in query.clauses:
        text = respelled(clause.text, words) if clause.field in _FIELDS else ""
        clauses.append(replace(clause, text=text) if text else clause)
    return replace(query, clauses=tuple(clauses))


def respelled(text: str, words: Mapping[str, str]) -> str:
    """Return the text with these words respelled, "" when there is nothing to change."""
    out = text
    for wrong, right in words.items():
        out = re.sub(rf"(?<!\w){re.escape(wrong)}(?!\w)", right, out, flags=re.IGNORECASE)
    return out if out != text else ""


def _is_known(searcher: Searcher, word: str) -> bool:
    if len(word) < MIN_LETTERS or any(character.isdigit() for character in word):
        return True
    return bool(
        searcher.doc_freq("spelling", word)
        or any(searcher.doc_freq("text", stem) for stem in stems(word))
        or searcher.doc_freq("author", word)
        or searcher.doc_freq("venue", word)
    )


def _nearest(searcher: Searcher, schema: tantivy.Schema, word: str) -> str:
    for distance in (1, 2) if len(word) >= TWO_EDITS_FROM else (1,):
        fuzzy = tantivy.Query.fuzzy_term_query(schema, "spelling", word, distance, True)
        near: set[str] = set()
        for _, address in searcher.search(fuzzy, N_LOOKED_AT, count=False).hits:
            title = str(searcher.doc(address).get_first("title") or "")
            near.update(token for token in names(title) if OSA.distance(token, word, score_cutoff=distance) <= distance)
        if near:
            return min(near, key=lambda token: (-searcher.doc_freq("spelling", token), token))
    return ""
