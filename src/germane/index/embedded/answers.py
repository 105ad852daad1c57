"""A question's answers, one page at a time: those with all its words, then, if they are few, those with some."""

import tantivy
from msgspec import Struct
from tantivy import Searcher

from germane.index import MAX_WINDOW, Clause, Facet, Hit, Match, MatchField, Query, Results
from germane.index.analysis import STOP_WORDS, names, stems, surfaces
from germane.index.embedded import paging, spelling
from germane.index.embedded.bits import MAX_BITS, presence, scores
from germane.index.embedded.facets import FacetCache, count_facets, total
from germane.index.embedded.paging import START, Place, Scored
from germane.index.embedded.plan import Plan, plan
from germane.index.embedded.schema import ID_BITS

FEW = 10  # answers with all words; when there are fewer, those with some words follow
TIER_STEP = 10_000.0  # keeps the scores of answers with all words above the others'
MAX_PAGE = 200

_EVERY, _SOME = 0, 1
_STEM_FIELDS: tuple[tuple[str, MatchField], ...] = (("title", "title"), ("keyword", "keyphrase"))
_NAME_FIELDS: tuple[tuple[str, MatchField], ...] = (("author", "author"), ("venue", "venue"))


class _Page(Struct):
    """What was found for one page, best first, and where the next one begins."""

    every: tantivy.Query
    scored: list[Scored]
    n_total: int
    next_page: str = ""
    is_at_least: bool = False
    is_relaxed: bool = False


def search(searcher: Searcher, schema: tantivy.Schema, query: Query, whole: FacetCache) -> Results:
    """Return one page of the answers to a query. Nothing that a query can hold makes it raise."""
    n = min(max(query.n, 1), MAX_PAGE)
    planned = plan(query, schema, searcher)
    place = paging.read_place(query.after)
    is_asked = any(not clause.is_excluded for clause in query.clauses)
    page = _newest(searcher, schema, planned, place, n) if query.sort == "newest" or not is_asked else None
    corrections: dict[str, str] = {}
    if page is None or (is_asked and not page.scored and place == START):
        page = _best(searcher, planned, place, n)
        if page.is_relaxed:
            corrections = spelling.corrections(searcher, schema, query)
            planned = plan(spelling.corrected(query, corrections), schema, searcher) if corrections else planned
            page = _with_some(searcher, planned, place, n, page)
    facets: tuple[Facet, ...] = ()
    if query.with_facets:
        is_whole = not is_asked and not planned.restrictions
        facets = whole.facets(searcher) if is_whole else count_facets(searcher, _asked(planned, page))
        if page.is_at_least:
            page.n_total, page.is_at_least = total(facets), False
    return Results(
        _hits(searcher, schema, query, page.scored) if is_asked else tuple(Hit(i, s) for s, i in page.scored),
        page.n_total,
        page.is_at_least,
        page.is_relaxed,
        facets,
        page.next_page,
        spelling.respelled(query.text, corrections) if place == START else "",
    )


def _asked(planned: Plan, page: _Page) -> tantivy.Query:
    return planned.some if page.is_relaxed else planned.every


def _newest(searcher: Searcher, schema: tantivy.Schema, planned: Plan, place: Place, n: int) -> _Page:
    numbers = paging.newest_after(searcher, planned.every, schema, place, n)
    n_total = paging.count(searcher, planned.every) if planned.words or planned.restrictions else searcher.num_docs
    next_page = paging.write_place(Place(id=numbers[n - 1])) if len(numbers) > n else ""
    return _Page(
        planned.every,
        [(float(number >> ID_BITS), paging.id_of(number)) for number in numbers[:n]],
        n_total,
        next_page,
    )


def _best(searcher: Searcher, planned: Plan, place: Place, n: int) -> _Page:
    """Return the answers with every word; they are relaxed when there are too few of them to be all that is shown."""
    every_place = place if place.tier == _EVERY else START
    every, n_every = paging.best_after(searcher, planned.every, every_place, n, count=True)
    is_relaxed = n_every < FEW and not planned.is_simple
    next_page = _next(_EVERY, every_place, every, n)
    scored = _lifted(every if is_relaxed else every[:n])  # relaxed: `_with_some` cuts the page
    return _Page(planned.every, scored, n_every, next_page, is_at_least=is_relaxed, is_relaxed=is_relaxed)


def _with_some(searcher: Searcher, planned: Plan, place: Place, n: int, page: _Page) -> _Page:
    """Return the page filled up with the answers that have some of the words."""
    every = page.scored if place.tier == _EVERY else []
    if len(every) > n:
        page.scored = every[:n]
        return page
    n_left = n - len(every)
    some_place = place if place.tier == _SOME else START
    have_every = frozenset(article_id for _, article_id in scores(searcher, page.every, FEW))
    some, _ = paging.best_after(searcher, planned.some, some_place, n_left, skip=have_every, count=False)
    return _Page(
        page.every,
        every + some[:n_left],
        page.n_total + some_place.n_before + len(some),
        _next(_SOME, some_place, some, n_left),
        is_at_least=True,
        is_relaxed=True,
    )


def _next(tier: int, place: Place, scored: list[Scored], n: int) -> str:
    n_seen = place.n_before + n
    if len(scored) <= n or n_seen >= MAX_WINDOW:
        return ""
    score, article_id = scored[n - 1] if n else (0.0, 0)
    return paging.write_place(Place(tier, n_seen, score, article_id))


def _lifted(scored: list[Scored]) -> list[Scored]:
    return [(score + TIER_STEP, article_id) for score, article_id in scored]


def _hits(searcher: Searcher, schema: tantivy.Schema, query: Query, scored: list[Scored]) -> tuple[Hit, ...]:
    """Return the hits, each with where the question's words stand in it."""
    terms: list[tuple[Match, tantivy.Query]] = []
    for clause in query.clauses:
        if not clause.is_excluded and clause.field != "identifier":
            terms += _marks(searcher, schema, clause)
    terms = terms[:MAX_BITS]
    held = presence(searcher, schema, [article_id for _, article_id in scored], [term for _, term in terms])
    return tuple(
        Hit(article_id, score, tuple(match for i, (match, _) in enumerate(terms) if held.get(article_id, 0) >> i & 1))
        for score, article_id in scored
    )


def _marks(searcher: Searcher, schema: tantivy.Schema, clause: Clause) -> list[tuple[Match, tantivy.Query]]:
    """Return what would be told of a hit that holds this clause's words, and how to know that it does."""
    written = surfaces([clause.text])
    tokens = [(field, name, token) for token in dict.fromkeys(stems(clause.text)) for field, name in _STEM_FIELDS]
    tokens += [(field, name, token) for token in dict.fromkeys(names(clause.text)) for field, name in _NAME_FIELDS]
    return [
        (Match(name, written.get(token, token)), tantivy.Query.term_query(schema, field, token, "freq"))
        for field, name, token in tokens
        if token not in STOP_WORDS and searcher.doc_freq(field, token)
    ]
