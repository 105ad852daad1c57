"""The one reader of what people type into the search field, for the web and the API alike.

    pain relief             both words, best first
    "interscapular pain"    a phrase
    -review  -"case report" without these
    title: author: venue: keyword: doi: year:2019..2021   in one field; the value may be in quotes

Whatever is typed means something: an unbalanced quote ends with the text, an unknown field is a word, nothing raises.
"""

import re

from msgspec.structs import replace

from germane.article import Identifier
from germane.identifiers import identify as identify_whole
from germane.identifiers import key_of
from germane.index import Clause, ClauseField, Filters, Query, Sort

MAX_CLAUSES = 64
MAX_CHARACTERS = 2_000

_NO_FILTERS = Filters()
_FIELDS: dict[str, ClauseField] = {
    "title": "title",
    "author": "author",
    "authors": "author",
    "venue": "venue",
    "journal": "venue",
    "keyword": "keyword",
    "keywords": "keyword",
}
_IDENTIFIER_FIELDS = frozenset({"doi", "pmid", "pmcid", "arxiv", "openalex", "acl"})
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | {"\u2212": "-", "\u2013": "-", "\u2014": "-"})
_TOKEN = re.compile(
    r"""(?P<minus>-)?
        (?:(?P<field>[A-Za-z]+):(?=[^\s]))?
        (?:"(?P<phrase>[^"]*)(?:"|$) | (?P<word>[^\s"]+))""",
    re.VERBOSE,
)
_YEARS = re.compile(r"(?P<from>\d{4})?(?P<range>\.\.|-)?(?P<to>\d{4})?")


def parse_query(
    text: str,
    *,
    filters: Filters = _NO_FILTERS,
    sort: Sort = "relevance",
    n: int = 10,
    after: str = "",
    with_facets: bool = False,
) -> Query:
    """Return the query that a person typed; never raises. `year:` narrows the filters."""
    clauses: list[Clause] = []
    for match in _TOKEN.finditer(_clean(text)):
        if len(clauses) == MAX_CLAUSES:
            break
        field, value = match["field"] or "", match["word"] if match["phrase"] is None else match["phrase"]
        years = _years(value) if field.lower() == "year" else None
        if years and not match["minus"]:
            filters = replace(filters, year_from=years[0], year_to=years[1])
            continue
        clause = _clause(field, value, is_phrase=match["phrase"] is not None, is_excluded=bool(match["minus"]))
        if any(character.isalnum() for character in clause.text):
            clauses.append(clause)
    return Query(tuple(clauses), filters, sort, min(max(n, 1), 200), after, with_facets, text)


def identify(text: str) -> Identifier | None:
    """Return the article identifier that the whole text is ("10.5555/x", "PMID: 1", "doi:10.5555/x"), else None."""
    words = text.strip().strip('"')
    return identify_whole(words) if words and len(words) <= MAX_CHARACTERS else None


def _clean(text: str) -> str:
    cleaned = "".join(" " if ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 else c for c in text[:MAX_CHARACTERS])
    return cleaned.translate(_QUOTES)


def _clause(field: str, value: str, *, is_phrase: bool, is_excluded: bool) -> Clause:
    name = field.lower()
    if name in _FIELDS:
        return Clause(value, _FIELDS[name], is_phrase, is_excluded)
    identifier = identify_whole(f"{name}:{value}") if name in _IDENTIFIER_FIELDS else None
    if not is_phrase and (("10." in value and not field) or value.startswith("//")):
        identifier = identify_whole(f"{field}:{value}" if field else value)
    if identifier:
        return Clause(key_of(identifier), "identifier", is_excluded=is_excluded)
    # an unknown field is a word like any other, and a word with a colon in it ("stage:III") is not a field
    return Clause(f"{field} {value}" if field else value, "any", is_phrase or bool(field), is_excluded)


def _years(value: str) -> tuple[int | None, int | None] | None:
    match = _YEARS.fullmatch(value)
    if not match or not (match["from"] or match["to"]):
        return None
    year_from = int(match["from"]) if match["from"] else None
    year_to = int(match["to"]) if match["to"] else None
    if not match["range"]:
        return year_from, year_from
    if year_from and year_to and year_from > year_to:
        return year_to, year_from
    return year_from, year_to
