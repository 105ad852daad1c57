"""The search page: one field, filters that are addresses, and for every answer why it was found."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from markupsafe import Markup
from msgspec.structs import replace

from germane.article import Identifier
from germane.identifiers import identify, url_of
from germane.index import Facet, Hit, IndexFailure, Results
from germane.index.analysis import stems, words_in
from germane.index.queries import parse_query
from germane.web.catalog import asking, queries
from germane.web.catalog.asking import Answers, Asked
from germane.web.catalog.rows import Line, Phrase, ShownAbstract
from germane.web.pages import charts
from germane.web.pages.addresses import locate
from germane.web.pages.compiling import written
from germane.web.pages.environment import render
from germane.web.pages.words import TYPE_NAMES, plural, teaser

_PLACES = {"title": "title", "keyphrase": "keywords", "author": "authors", "venue": "venue", "text": "text"}
_HAS_NAMES = {"news": "News", "video": "Video", "social": "Posts", "data": "Data or code"}
_TEASER = 300


class Found(NamedTuple):
    """One answer as the page shows it."""

    line: Line
    why: Markup
    teaser: Markup
    teaser_language: str
    phrases: Sequence[Phrase]


class Choice(NamedTuple):
    """One box of a facet."""

    value: str
    name: str
    n: int
    is_chosen: bool


class Chosen(NamedTuple):
    """A filter that is on, and the address without it."""

    name: str
    address: str


def show(request: HttpRequest) -> HttpResponse:
    """Return the search page, or go straight to the article whose identifier was typed."""
    asked = asking.read_fields(request.GET)
    identifier = identify(asked.q) if asked.q else None
    if identifier and not asked.after:
        located = locate(identifier.scheme, identifier.value)
        if located and not located.place.is_deleted:
            return HttpResponseRedirect(located.place.address)
    try:
        answers = asking.answer(asked, with_facets=True)
    except IndexFailure:
        return render("search.html", {**_empty(asked), "is_down": True}, status=503)
    return render("search.html", _context(asked, answers, identifier))


def nearest(words: str, n: int) -> list[Line]:
    """Return the articles nearest to some words."""
    return asking.nearest(words, n)


def _context(asked: Asked, answers: Answers, identifier: Identifier | None) -> dict[str, object]:
    results = answers.results
    is_empty = not answers.lines and not asked.after
    return {
        **_empty(asked),
        "hits": _founds(asked.q, answers),
        "told": _told(results, answers.lines),
        "is_relaxed": results.is_relaxed,
        "suggestion": results.suggestion,
        "suggestion_address": _address(replace(asked, q=results.suggestion)) if results.suggestion else "",
        "more": _address(asked, after=results.next_page) if results.next_page else "",
        "histogram": _histogram(answers),
        "years": _year_bounds(answers.facet("year")),
        "venues": _venue_choices(asked, answers.facet("venue")),
        "types": _type_choices(asked, answers.facet("type")),
        "n_open": _n_of(answers.facet("is_open"), 1),
        "unknown": identifier,
        "unknown_url": url_of(identifier.scheme, identifier.value) if identifier else "",
        "without_filters": _address(Asked(q=asked.q)) if is_empty and asked.is_filtered else "",
        "near": asking.nearest(" ".join(w for w in asked.q.split() if len(w) > 3), 5) if is_empty and asked.q else [],
    }


def _empty(asked: Asked) -> dict[str, object]:
    return {
        "q": asked.q,
        "asked": asked,
        "followed_search": asking.search_target(asked),
        "is_down": False,
        "hits": [],
        "chosen": _chosen(asked),
        "has_names": _HAS_NAMES,
        "has_filters": asked.is_filtered,
        "is_continued": bool(asked.after),
        "sort_addresses": {sort: _address(replace(asked, sort=sort)) for sort in ("relevance", "newest")},
        "can_sort": bool(parse_query(asked.q).clauses),
    }


def _founds(q: str, answers: Answers) -> list[Found]:
    hits = {hit.id: hit for hit in answers.results.hits}
    abstracts = queries.read_abstracts(answers.lines)
    phrases = queries.read_keyphrases([line.id for line in answers.lines])
    wanted = _wanted(q)
    return [
        Found(line, _why(hits[line.id]), *_marked_teaser(abstracts.get(line.id), wanted), phrases.get(line.id, ())[:5])
        for line in answers.lines
    ]


def _wanted(q: str) -> frozenset[str]:
    clauses = parse_query(q).clauses
    return frozenset(
        stem for c in clauses if not c.is_excluded and c.field in ("any", "title", "keyword") for stem in stems(c.text)
    )


def _why(hit: Hit) -> Markup:
    """Return where the words of the question stand in an article: "Found in title: pain, relief · text: injection"."""
    places: dict[str, list[str]] = {}
    for match in hit.matched[:12]:
        words = places.setdefault(_PLACES[match.field], [])
        if match.text not in words:
            words.append(match.text)
    if not places:
        return Markup("")
    parts = [f"{place}: {', '.join([f'<b>{written(w)}</b>' for w in words[:4]])}" for place, words in places.items()]
    return Markup(f"Found in {' · '.join(parts)}")  # noqa: S704 – each word is escaped


def _marked_teaser(abstract: ShownAbstract | None, wanted: frozenset[str]) -> tuple[Markup, str]:
    """Return about two lines of the abstract from where the first matches stand, with matches marked."""
    if abstract is None:
        return Markup(""), ""
    text = teaser(abstract.html, 4_000)
    found = [(start, end) for stem, start, end in words_in(text) if stem in wanted] if wanted else []
    begin = _begin(text, [start for start, _ in found])
    end = begin + _TEASER
    if end < len(text):
        end = max(text.rfind(" ", begin, end), begin + 1) if " " in text[begin:end] else end
    pieces, place = ["… " if begin else ""], begin
    for start, stop in found:
        if place <= start and stop <= end:
            pieces.append(f"{written(text[place:start])}<mark>{written(text[start:stop])}</mark>")
            place = stop
    pieces += [written(text[place:end]), "…" if end < len(text) else ""]
    return Markup("".join(pieces)), abstract.language  # noqa: S704 – each piece is escaped


def _begin(text: str, starts: Sequence[int]) -> int:
    """Return where the window with the most matches begins: at the start of a sentence or of a word."""
    if not starts or starts[0] < _TEASER // 2:
        return 0
    best = max(starts, key=lambda s: (sum(1 for t in starts if s <= t < s + _TEASER - 60), -s))
    if best < _TEASER // 2:
        return 0
    sentence = text.rfind(". ", 0, best)
    if sentence >= 0 and best - sentence < _TEASER // 2:
        return sentence + 2
    return text.rfind(" ", 0, max(best - 40, 0)) + 1


def _told(results: Results, lines: Sequence[Line]) -> str:
    if not lines:
        return ""
    return f"{'More than ' if results.is_at_least else ''}{plural(results.n_total, 'article')}"


def _histogram(answers: Answers) -> charts.Histogram | None:
    facet = answers.facet("year")
    years = [(int(value.value), value.n) for value in facet.values] if facet else []
    return charts.histogram(years[-80:])


def _year_bounds(facet: Facet | None) -> tuple[str, str]:
    return (str(facet.values[0].value), str(facet.values[-1].value)) if facet and facet.values else ("", "")


def _venue_choices(asked: Asked, facet: Facet | None) -> list[Choice]:
    chosen = {venue.id: venue for venue in asked.venues}
    counts = {int(value.value): value.n for value in facet.values if int(value.value)} if facet else {}
    ids = [*chosen, *(number for number in counts if number not in chosen)][:8]
    names = queries.read_venues(ids)
    return [Choice(names[i].slug, names[i].name, counts.get(i, 0), i in chosen) for i in ids if i in names]


def _type_choices(asked: Asked, facet: Facet | None) -> list[Choice]:
    counts = {str(value.value): value.n for value in facet.values} if facet else {}
    names: Iterable[str] = dict.fromkeys([*asked.types, *counts])
    return [Choice(name, _type_name(name), counts.get(name, 0), name in asked.types) for name in names][:8]


def _type_name(name: str) -> str:
    return {str(key): value for key, value in TYPE_NAMES.items()}.get(name, "") or "Other"


def _n_of(facet: Facet | None, wanted: int) -> int:
    return next((value.n for value in facet.values if value.value == wanted), 0) if facet else 0


def _chosen(asked: Asked) -> list[Chosen]:
    chosen = []
    if asked.year_from or asked.year_to:
        years = f"{asked.year_from or '…'}–{asked.year_to or '…'}"
        chosen.append(Chosen(years, _address(replace(asked, year_from=None, year_to=None))))
    for venue in asked.venues:
        rest = tuple(v for v in asked.venues if v != venue)
        chosen.append(Chosen(venue.name, _address(replace(asked, venues=rest))))
    for name in asked.types:
        rest_types = tuple(t for t in asked.types if t != name)
        chosen.append(Chosen(_type_name(name), _address(replace(asked, types=rest_types))))
    if asked.is_open:
        chosen.append(Chosen("Open access", _address(replace(asked, is_open=False))))
    for has in asked.has:
        rest_has = tuple(h for h in asked.has if h != has)
        chosen.append(Chosen(f"Has {_HAS_NAMES[has].lower()}", _address(replace(asked, has=rest_has))))
    return chosen


def _address(asked: Asked, after: str = "") -> str:
    pairs = asked.fields() + ([("after", after)] if after else [])
    return f"/search?{urlencode(pairs)}" if pairs else "/search"
