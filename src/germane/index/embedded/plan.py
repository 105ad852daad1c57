"""A `Query` as tantivy's queries: what every answer must have, and what to settle for when few have it all."""

from collections.abc import Sequence

from msgspec import Struct
from tantivy import FieldType, Occur, Searcher
from tantivy import Query as Clauses
from tantivy import Schema as TantivySchema

from germane.index import Clause, Filters, Query
from germane.index.analysis import STOP_WORDS, compounds, names, phrase_key, stems, storable
from germane.index.embedded.schema import FLAGS

EXACT_TITLE_BOOST = 40.0
TITLE_PHRASE_BOOST = 1.5
NAME_BOOST = 1.0
MAX_STEMS = 96

Part = tuple[Occur, Clauses]


class Word(Struct, frozen=True):
    """A part of the question that can be met or missed by itself, with the stems or names it is made of."""

    query: Clauses
    tokens: tuple[str, ...]
    is_optional: bool = False  # a stop word


class Plan(Struct, frozen=True):
    """What a query comes to. `every` has all its words, `some` any of them; both obey filters and exclusions."""

    words: tuple[Word, ...]
    every: Clauses
    some: Clauses
    restrictions: tuple[Part, ...]
    is_simple: bool  # nothing to relax: fewer than two words


def plan(query: Query, schema: TantivySchema, searcher: Searcher) -> Plan:
    """Return the plan for a query."""
    asked = [clause for clause in query.clauses if not clause.is_excluded]
    words = _words(asked, schema, searcher)
    without = [clause for clause in query.clauses if clause.is_excluded]
    narrowed = restrictions(query.filters, without, schema, searcher)
    needed = [word for word in words if not word.is_optional] or list(words)
    lifts = _lifts(asked, schema)
    every = [(Occur.Must, word.query) for word in needed]
    every += [(Occur.Should, word.query) for word in words if word not in needed]
    every += [(Occur.Should, lift) for lift in lifts]
    some = [(Occur.Should, word.query) for word in needed] + [(Occur.Should, lift) for lift in lifts]
    return Plan(
        tuple(words),
        _joined(every, narrowed, is_asked=bool(asked)),
        _some(some, narrowed, is_asked=bool(asked)),
        tuple(narrowed),
        len(needed) < 2,
    )


def restrictions(filters: Filters, without: Sequence[Clause], schema: TantivySchema, searcher: Searcher) -> list[Part]:
    """Return what every answer must pass, and what none may satisfy."""
    parts = [(Occur.Must, part) for part in _filters(filters, schema)]
    for clause in without:
        parts += [(Occur.MustNot, word.query) for word in _words([clause], schema, searcher)]
    return parts


def any_of(queries: Sequence[Clauses]) -> Clauses:
    """Return the query that any of these satisfies."""
    if not queries:
        return Clauses.empty_query()
    return queries[0] if len(queries) == 1 else Clauses.boolean_query([(Occur.Should, query) for query in queries])


def all_of(queries: Sequence[Clauses]) -> Clauses:
    """Return the query that all of these together satisfy."""
    return queries[0] if len(queries) == 1 else Clauses.boolean_query([(Occur.Must, query) for query in queries])


def silent(query: Clauses) -> Clauses:
    """Return the query without its say in the score."""
    return Clauses.const_score_query(query, 0.0)


def _joined(parts: list[Part], restrictions: list[Part], *, is_asked: bool) -> Clauses:
    if not is_asked:
        parts = [(Occur.Must, Clauses.all_query())]
    elif not parts:
        return Clauses.empty_query()
    return Clauses.boolean_query([*parts, *restrictions]) if len(parts) > 1 or restrictions else parts[0][1]


def _some(parts: list[Part], restrictions: list[Part], *, is_asked: bool) -> Clauses:
    if not restrictions or not is_asked:
        return _joined(parts, restrictions, is_asked=is_asked)
    return _joined([(Occur.Must, _joined(parts, [], is_asked=True))], restrictions, is_asked=True)


def _words(clauses: Sequence[Clause], schema: TantivySchema, searcher: Searcher) -> list[Word]:
    words: list[Word] = []
    n_stems = 0
    for clause in clauses:
        word = _FIELDS[clause.field](clause, schema, searcher)
        n_stems += len(word.tokens) if word else 0
        if n_stems > MAX_STEMS:
            break
        if word:
            words.append(word)
    return words


def _any_word(clause: Clause, schema: TantivySchema, searcher: Searcher) -> Word | None:
    tokens = stems(clause.text)
    if not tokens:
        return None
    readings = [phrase(schema, "text", tokens)]
    if len(tokens) > 1 and (joined := stems(compounds(clause.text))):
        readings += [Clauses.term_query(schema, "text", token) for token in joined]
    if not clause.is_phrase:
        readings += _names(clause.text, schema, searcher)
        readings += _year(clause.text, schema)
    is_optional = not clause.is_phrase and names(clause.text)[0] in STOP_WORDS and len(tokens) == 1
    return Word(any_of(readings), tuple(tokens), is_optional)


def _title_word(clause: Clause, schema: TantivySchema, _: Searcher) -> Word | None:
    tokens = stems(clause.text)
    return Word(phrase(schema, "title", tokens), tuple(tokens)) if tokens else None


def _keyword_word(clause: Clause, schema: TantivySchema, _: Searcher) -> Word | None:
    tokens = stems(clause.text)
    if not tokens:
        return None
    whole = Clauses.term_query(schema, "phrase", phrase_key(clause.text), "basic")
    if clause.is_phrase:  # in quotes: the whole keyphrase, as the links to a keyword ask for it
        return Word(whole, tuple(tokens))
    return Word(any_of([phrase(schema, "keyword", tokens), whole]), tuple(tokens))


def _author_word(clause: Clause, schema: TantivySchema, _: Searcher) -> Word | None:
    return _name_word("author", clause, schema)


def _venue_word(clause: Clause, schema: TantivySchema, _: Searcher) -> Word | None:
    return _name_word("venue", clause, schema)


def _identifier_word(clause: Clause, schema: TantivySchema, _: Searcher) -> Word | None:
    return (
        Word(Clauses.term_query(schema, "identifier", storable(clause.text), "basic"), (clause.text,))
        if clause.text
        else None
    )


_FIELDS = {
    "any": _any_word,
    "title": _title_word,
    "keyword": _keyword_word,
    "author": _author_word,
    "venue": _venue_word,
    "identifier": _identifier_word,
}


def _name_word(field: str, clause: Clause, schema: TantivySchema) -> Word | None:
    tokens = names(clause.text)  # in any order: "Doe, Jane" is "Jane Doe"
    if not tokens:
        return None
    return Word(all_of([Clauses.term_query(schema, field, token, "freq") for token in tokens]), tuple(tokens))


def _names(text: str, schema: TantivySchema, searcher: Searcher) -> list[Clauses]:
    """Return the readings of a word as an author's or a venue's name, where there is one of that name."""
    tokens = names(text)
    found = []
    for field in ("author", "venue"):
        if tokens and all(len(token) > 1 and searcher.doc_freq(field, token) for token in tokens):
            readings = [Clauses.term_query(schema, field, token, "freq") for token in tokens]
            found.append(Clauses.boost_query(all_of(readings), NAME_BOOST))
    return found


def _year(text: str, schema: TantivySchema) -> list[Clauses]:
    if len(text) == 4 and text.isascii() and text.isdecimal() and 1600 <= int(text) <= 2100:
        return [Clauses.const_score_query(Clauses.term_query(schema, "year", int(text)), 1.0)]
    return []


def phrase(schema: TantivySchema, field: str, tokens: Sequence[str]) -> Clauses:
    """Return the query for words that stand together in a field."""
    if not tokens:
        return Clauses.empty_query()
    if len(tokens) == 1:
        return Clauses.term_query(schema, field, tokens[0])
    return Clauses.phrase_query(schema, field, list(tokens[:MAX_STEMS]))


def _lifts(clauses: Sequence[Clause], schema: TantivySchema) -> list[Clauses]:
    """Return what lifts an answer above others with the same words: they stand in its title, or they are its title."""
    texts = [clause.text for clause in clauses if clause.field in ("any", "title")]
    tokens = stems(" ".join(texts))
    if len(tokens) < 2 or len(tokens) > MAX_STEMS:
        return []
    exact = Clauses.term_query(schema, "exact", " ".join(tokens)[:200], "basic")
    return [
        Clauses.const_score_query(exact, EXACT_TITLE_BOOST),
        Clauses.boost_query(phrase(schema, "title", tokens), TITLE_PHRASE_BOOST),
    ]


def _filters(filters: Filters, schema: TantivySchema) -> list[Clauses]:
    parts = []
    if filters.year_from is not None or filters.year_to is not None:
        parts.append(
            Clauses.range_query(
                schema, "year", FieldType.Integer, _bounded(filters.year_from), _bounded(filters.year_to)
            )
        )
    if filters.id_from is not None or filters.id_to is not None:
        parts.append(
            Clauses.range_query(
                schema, "id", FieldType.Integer, _bounded_id(filters.id_from), _bounded_id(filters.id_to)
            )
        )
    if filters.venue_ids:
        parts.append(
            any_of(
                [Clauses.term_query(schema, "venue_id", value) for value in filters.venue_ids if 0 <= value < 1 << 63]
            )
        )
    for field, values in (("type", filters.types), ("language", filters.languages)):
        if values:
            parts.append(any_of([Clauses.term_query(schema, field, storable(value), "basic") for value in values]))
    for flag in FLAGS:
        wanted = getattr(filters, flag)
        if wanted is not None:
            parts.append(Clauses.term_query(schema, flag, wanted))
    return [silent(part) for part in parts]


def _bounded_id(number: int | None) -> int | None:
    return None if number is None else min(max(number, -1), 1 << 62)


def _bounded(year: int | None) -> int | None:
    return None if year is None else min(max(year, -9_999), 9_999)
