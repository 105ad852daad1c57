"""Which of a few documents hold which terms, in one query: every term adds its own power of two to the score."""

from collections.abc import Mapping, Sequence

from tantivy import Occur, Query, Schema, Searcher

MAX_BITS = 22  # a score is a 32-bit float, which counts exactly up to 2**24


def presence(searcher: Searcher, schema: Schema, ids: Sequence[int], terms: Sequence[Query]) -> Mapping[int, int]:
    """Return, by document id, a number whose bit `i` tells whether the document satisfies `terms[i]`.

    Only the first MAX_BITS terms count. Unknown ids are absent.
    """
    if not ids or not terms:
        return {}
    marks = [(Occur.Should, Query.const_score_query(term, float(1 << i))) for i, term in enumerate(terms[:MAX_BITS])]
    query = Query.boolean_query([(Occur.Must, these(schema, ids)), *marks])
    return {article_id: int(score) for score, article_id in scores(searcher, query, len(ids))}


def scores(searcher: Searcher, query: Query, n: int) -> list[tuple[float, int]]:
    """Return the `n` best (score, id) of a query, best first, equal ones by id."""
    found = searcher.search(query, bounded(searcher, n), count=False).hits
    ids = searcher.fast_field_values("id", [address for _, address in found])
    pairs = [(float(score), int(article_id or 0)) for (score, _), article_id in zip(found, ids, strict=True)]
    return sorted(pairs, key=lambda pair: (-pair[0], pair[1]))


def bounded(searcher: Searcher, n: int) -> int:
    """Return how many answers to ask the engine for, which sets memory aside for each and dies of too many."""
    return max(min(n, searcher.num_docs), 1)


def these(schema: Schema, ids: Sequence[int]) -> Query:
    """Return the query for these documents; it adds nothing to a score."""
    wanted = [
        (Occur.Should, Query.term_query(schema, "id", article_id)) for article_id in ids if 0 <= article_id < 1 << 63
    ]
    return Query.const_score_query(Query.boolean_query(wanted), 0.0)
