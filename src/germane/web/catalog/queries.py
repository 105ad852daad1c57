"""All reads of the catalog, in hand-written SQL that both SQLite and PostgreSQL speak.

Lists go by keyset: `after` is the (sort_on, id) of the last line shown. No OFFSET, no COUNT(*), no scan.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from germane.article import Article, Identifier, Relation, RelationKind
from germane.identifiers import key_of, parse_key, url_of
from germane.item import Evidence, Shelf, Tab
from germane.web.catalog import gate
from germane.web.catalog.codec import unpack_article, unpack_markup, unpack_similar
from germane.web.catalog.rows import (
    MAX_VERSIONS,
    NOT_RETRACTED,
    Counts,
    Line,
    MentionLine,
    Page,
    Phrase,
    ReferenceLine,
    ShownAbstract,
    SimilarLine,
    address_of,
    notices_of,
    phrase_number,
    phrase_slug,
    read_counts,
    target_of,
)
from germane.web.catalog.store.sql import rows as _rows

After = tuple[int, int] | None
# Relations to another version of a work, or from a comment to its subject. What else records declare becomes an item.
_VERSIONS: frozenset[RelationKind] = frozenset(
    ("is-preprint-of", "has-preprint", "is-version-of", "is-correction-of", "is-comment-on", "is-review-of")
)
_LATEST = (99_999_999, 1 << 62)
MAX_NAMES = 20  # of an article by which who cites it is looked for
MAX_DATED = 2_000  # items of a kind that an article's timeline counts
# Few of these differ, and a page reads some dozens.
_read_counts = lru_cache(maxsize=4_096)(read_counts)
_notices_of = lru_cache(maxsize=16)(notices_of)

_LINE = (
    "a.id, a.doi, a.title, a.title_html, a.byline, v.name, v.slug, a.published_on, a.sort_on, a.type, a.language,"
    " a.is_open, a.notices, a.counts"
)
_FROM = "FROM catalog_article a LEFT JOIN catalog_venue v ON v.id = a.venue_id"
_SHOWN = "a.merged_into IS NULL AND NOT a.is_deleted"


class Place(NamedTuple):
    """Where an identifier leads: an article, perhaps another one than it once named."""

    article_id: int
    doi: str
    is_deleted: bool
    is_merged: bool  # the identifier's article was merged into this one

    @property
    def address(self) -> str:
        """Return the article's canonical path."""
        return address_of(self.article_id, self.doi)


def find_article(identifier: Identifier) -> Place | None:
    """Return where an identifier leads, or None when nobody here has that name."""
    found = _rows(
        "SELECT a.id, a.doi, a.is_deleted, a.merged_into FROM catalog_identifier i JOIN catalog_article a"
        " ON a.id = i.article_id WHERE i.key = %s",
        [key_of(identifier)],
    )
    if not found:
        return None
    number, doi, is_deleted, merged_into = found[0]
    return Place(number, doi, bool(is_deleted), is_merged=False) if merged_into is None else find_article_id(number)


def find_article_id(article_id: int) -> Place | None:
    """Return where an article's number leads, following merges, or None when there never was one."""
    is_merged = False
    for _ in range(20):  # chains are flattened when written; this bounds a damaged table
        found = _rows("SELECT id, doi, is_deleted, merged_into FROM catalog_article WHERE id = %s", [article_id])
        if not found:
            return None
        number, doi, is_deleted, merged_into = found[0]
        if merged_into is None:
            return Place(number, doi, bool(is_deleted), is_merged)
        article_id, is_merged = merged_into, True
    return None


def read_page(article_id: int) -> Page | None:
    """Return everything that an article's page shows, in a constant number of queries; None when it has no page."""
    # similar articles and whether there are versions come along: most articles have none, and each question costs
    found = _rows(
        f"SELECT {_LINE}, a.content, a.cluster_id, a.changed_at, a.is_related, s.found, EXISTS (SELECT 1 FROM"
        " catalog_article o WHERE o.cluster_id = a.cluster_id AND o.id <> a.id)"
        f" {_FROM} LEFT JOIN catalog_similar s ON s.article_id = a.id WHERE a.id = %s AND {_SHOWN}",
        [article_id],
    )
    if not found:
        return None
    line = _line(found[0])
    content, cluster_id, changed_at, is_related, similar, has_versions = found[0][14:]
    article = unpack_article(content)
    abstract, is_withheld = _abstracts([article_id], {article_id: line.language}).get(article_id, (None, False))
    versions, version_keys = _versions(article_id, cluster_id) if has_versions else ((), set())
    mentions, months = _mentions(article_id, line.counts)
    return Page(
        line=line,
        article=article,
        abstract=abstract,
        is_abstract_withheld=is_withheld,
        keyphrases=read_keyphrases([article_id]).get(article_id, ()),
        versions=versions,
        notices=article.notices,
        similar=_similar(similar, cluster_id) if similar else (),
        mentions=mentions,
        months=months,
        changed_at=str(changed_at),
        is_related=bool(is_related),
        elsewhere=tuple(r for r in article.relations if r.kind in _VERSIONS and r.identifier not in version_keys)[:30],
    )


def read_similar(article_id: int) -> tuple[SimilarLine, ...]:
    """Return the similar articles, best first: of the versions of one work the best alone, and none of this one's.

    Those that have left since, were merged or retracted are left out: the list does not know of it.
    """
    kept = _rows(
        "SELECT s.found, o.cluster_id FROM catalog_similar s JOIN catalog_article o ON o.id = s.article_id"
        " WHERE s.article_id = %s",
        [article_id],
    )
    return _similar(*kept[0]) if kept else ()


_MENTION = (
    "m.id, i.kind, m.shelf, i.platform, i.label, i.url, i.title, i.excerpt, i.author, i.published_on, m.sort_on,"
    " i.language, m.code, m.matched, m.place, m.matcher, m.confidence"
)

_N_NEWEST = 5  # of each tab and shelf, with the page
_DATED: tuple[Tab, ...] = ("news", "social", "video")  # the tabs of a timeline
# An article with at most so many things around it has them read at once: the parts of a union cost more than the rows.
_FEW = 40
# The limit bounds what counts that are not up to date can do; names of tabs and shelves sort as pages show them.
_FEW_MENTIONS = (
    f"SELECT {_MENTION}, m.tab, m.shelf FROM catalog_mention m JOIN catalog_item i ON i.id = m.item_id"
    " WHERE m.article_id = %s AND NOT m.is_hidden AND NOT i.is_hidden"
    f" ORDER BY m.tab, m.shelf, m.sort_on DESC, m.id DESC LIMIT {10 * _FEW}"
)


def read_mentions(article_id: int, tab: Tab, shelf: Shelf, after: After = None, n: int = 25) -> list[MentionLine]:
    """Return one page of a shelf, newest first, and one more than `n` when there are more."""
    found = _rows(
        f"SELECT {_MENTION} FROM catalog_mention m JOIN catalog_item i ON i.id = m.item_id"
        " WHERE m.article_id = %s AND m.tab = %s AND m.shelf = %s AND NOT m.is_hidden AND NOT i.is_hidden"
        " AND (m.sort_on, m.id) < (%s, %s) ORDER BY m.sort_on DESC, m.id DESC LIMIT %s",
        [article_id, tab, shelf, *(after or _LATEST), n + 1],
    )
    return [_mention(r) for r in found]


def read_relations(relations: Sequence[Relation]) -> list[ReferenceLine]:
    """Return what some relations name, in their order, each with the article here that it is, if any."""
    known = find_lines([r.identifier for r in relations if r.identifier])
    lines = []
    for relation in relations:
        identifier = parse_key(relation.identifier) if relation.identifier else None
        url = relation.url or (url_of(identifier.scheme, identifier.value) if identifier else "")
        lines.append(ReferenceLine(relation.identifier, url, relation.title, known.get(relation.identifier)))
    return lines


def read_references(article: Article, n: int = 300) -> list[ReferenceLine]:
    """Return an article's reference list in its order, each entry with the article here that it names, if any."""
    return read_relations([r for r in article.relations if r.kind == "references"][:n])


def read_cited_by(article: Article, article_id: int, n: int = 25, below: int = 1 << 62) -> list[Line]:
    """Return articles here whose reference lists name this one, newest number first; one more than `n` when more."""
    targets = [target_of(key_of(i)) for i in article.identifiers][:MAX_NAMES]
    if not targets:
        return []
    # each target's newest few, already in order: what is cited thousands of times costs no more
    one = (
        "SELECT * FROM (SELECT citing_id FROM catalog_citation WHERE target = %s AND citing_id < %s AND citing_id <> %s"
        " ORDER BY citing_id DESC LIMIT %s) x"
    )
    found = _rows(
        f"SELECT {_LINE} {_FROM} WHERE a.id IN ({' UNION '.join([one] * len(targets))}) AND {_SHOWN}"
        " ORDER BY a.id DESC LIMIT %s",
        [*(value for target in targets for value in (target, below, article_id, n + 1)), n + 1],
    )
    return [_line(r) for r in found]


def find_lines(keys: Iterable[str]) -> dict[str, Line]:
    """Return the articles that some identifier keys ("doi:10.1/x") name, by key; unknown ones are left out."""
    wanted = list(dict.fromkeys(keys))
    result: dict[str, Line] = {}
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        found = _rows(
            f"SELECT {_LINE}, i.key FROM catalog_identifier i JOIN catalog_article a ON a.id = i.article_id"
            f" LEFT JOIN catalog_venue v ON v.id = a.venue_id WHERE i.key IN ({_marks(some)}) AND {_SHOWN}",
            some,
        )
        result |= {r[14]: _line(r) for r in found}
    return result


def read_lines(ids: Sequence[int]) -> list[Line]:
    """Return the articles of some numbers, in the order given; those without a page are left out."""
    if not ids:
        return []
    found = _rows(f"SELECT {_LINE} {_FROM} WHERE a.id IN ({_marks(ids)}) AND {_SHOWN}", list(ids))
    lines = {r[0]: _line(r) for r in found}
    return [lines[i] for i in ids if i in lines]


def read_abstracts(lines: Sequence[Line]) -> dict[int, ShownAbstract]:
    """Return the permitted abstracts of some articles, by their numbers."""
    chosen = _abstracts([line.id for line in lines], {line.id: line.language for line in lines})
    return {number: abstract for number, (abstract, _) in chosen.items() if abstract}


def read_keyphrases(ids: Sequence[int]) -> dict[int, tuple[Phrase, ...]]:
    """Return the keyphrases of some articles, best first."""
    if not ids:
        return {}
    found = _rows(
        f"SELECT article_id, phrase FROM catalog_articlekeyphrase WHERE article_id IN ({_marks(ids)})"
        " ORDER BY article_id, rank",
        list(ids),
    )
    result: dict[int, tuple[Phrase, ...]] = {}
    for number, phrase in found:
        result[number] = (*result.get(number, ()), Phrase(phrase, phrase_slug(phrase)))
    return result


def read_newest(after: After = None, n: int = 25) -> list[Line]:
    """Return the newest articles by publication, one more than `n` when there are more."""
    found = _rows(
        f"SELECT {_LINE} {_FROM} WHERE {_SHOWN} AND (a.sort_on, a.id) < (%s, %s)"
        " ORDER BY a.sort_on DESC, a.id DESC LIMIT %s",
        [*(after or _LATEST), n + 1],
    )
    return [_line(r) for r in found]


def read_discussed(n: int = 10) -> list[Line]:
    """Return the articles with the most items about them."""
    found = _rows(
        f"SELECT {_LINE} {_FROM} WHERE a.n_mentions > 0 AND {_SHOWN} ORDER BY a.n_mentions DESC, a.id DESC LIMIT %s",
        [n],
    )
    return [_line(r) for r in found]


class Heading(NamedTuple):
    """What a browse page is about."""

    id: int
    name: str
    slug: str
    detail: str  # a venue's publisher and ISSNs, else ""
    n_articles: int  # 0: not counted


def find_keyphrase(slug: str) -> Heading | None:
    """Return the keyphrase of a slug, or None."""
    number = phrase_number(slug)
    found = _rows("SELECT phrase, n_articles FROM catalog_keyphrase WHERE id = %s", [number])
    return Heading(number, found[0][0], slug, "", found[0][1]) if found else None


def find_venue(slug: str) -> Heading | None:
    """Return the venue of a slug, or None."""
    found = _rows("SELECT id, name, slug, publisher, issns FROM catalog_venue WHERE slug = %s", [slug])
    if not found:
        return None
    number, name, slug, publisher, issns = found[0]
    detail = " · ".join(part for part in (publisher, f"ISSN {', '.join(issns.split())}" if issns else "") if part)
    return Heading(number, name, slug, detail, 0)


def find_author(orcid: str) -> Heading | None:
    """Return the author of an ORCID, named as on their newest article, or None."""
    found = _rows("SELECT name FROM catalog_authorship WHERE orcid = %s ORDER BY sort_on DESC LIMIT 1", [orcid])
    return Heading(0, found[0][0], orcid, f"ORCID {orcid}", 0) if found else None


def read_keyphrase_articles(keyphrase_id: int, after: After = None, n: int = 25) -> list[Line]:
    """Return the newest articles of a keyphrase, one more than `n` when there are more."""
    found = _rows(
        f"SELECT {_LINE} FROM catalog_articlekeyphrase l JOIN catalog_article a ON a.id = l.article_id"
        f" LEFT JOIN catalog_venue v ON v.id = a.venue_id WHERE l.keyphrase_id = %s AND {_SHOWN}"
        " AND (l.sort_on, l.article_id) < (%s, %s) ORDER BY l.sort_on DESC, l.article_id DESC LIMIT %s",
        [keyphrase_id, *(after or _LATEST), n + 1],
    )
    return [_line(r) for r in found]


def read_venue_articles(venue_id: int, after: After = None, n: int = 25) -> list[Line]:
    """Return the newest articles of a venue, one more than `n` when there are more."""
    found = _rows(
        f"SELECT {_LINE} {_FROM} WHERE a.venue_id = %s AND {_SHOWN} AND (a.sort_on, a.id) < (%s, %s)"
        " ORDER BY a.sort_on DESC, a.id DESC LIMIT %s",
        [venue_id, *(after or _LATEST), n + 1],
    )
    return [_line(r) for r in found]


def read_author_articles(orcid: str, after: After = None, n: int = 25) -> list[Line]:
    """Return an author's newest articles, one more than `n` when there are more."""
    found = _rows(
        f"SELECT {_LINE} FROM catalog_authorship w JOIN catalog_article a ON a.id = w.article_id"
        f" LEFT JOIN catalog_venue v ON v.id = a.venue_id WHERE w.orcid = %s AND {_SHOWN}"
        " AND (w.sort_on, w.article_id) < (%s, %s) ORDER BY w.sort_on DESC, w.article_id DESC LIMIT %s",
        [orcid, *(after or _LATEST), n + 1],
    )
    return [_line(r) for r in found]


def read_article(article_id: int) -> Article | None:
    """Return the merged record of an article without its abstracts, or None when it has no page."""
    found = _rows(f"SELECT a.content FROM catalog_article a WHERE a.id = %s AND {_SHOWN}", [article_id])
    return unpack_article(found[0][0]) if found else None


def read_venues(ids: Sequence[int]) -> dict[int, Heading]:
    """Return the venues of some numbers; unknown ones are left out."""
    if not ids:
        return {}
    found = _rows(f"SELECT id, name, slug FROM catalog_venue WHERE id IN ({_marks(ids)})", list(ids))
    return {number: Heading(number, name, slug, "", 0) for number, name, slug in found}


def read_latest_mentions(n: int = 6) -> list[tuple[MentionLine, Line]]:
    """Return the items about articles that came last, each with its article."""
    found = _rows(
        f"SELECT {_LINE}, {_MENTION} FROM (SELECT * FROM catalog_mention WHERE shelf = 'about'"
        " AND tab IN ('news', 'social', 'video') AND NOT is_hidden ORDER BY id DESC LIMIT %s) m"
        " JOIN catalog_item i ON i.id = m.item_id JOIN catalog_article a ON a.id = m.article_id"
        f" LEFT JOIN catalog_venue v ON v.id = a.venue_id WHERE NOT i.is_hidden AND {_SHOWN} ORDER BY m.id DESC",
        [n],
    )
    return [(_mention(r[14:]), _line(r)) for r in found]


def read_last_id() -> int:
    """Return the highest number of an article, 0 when there is none."""
    return int(_rows("SELECT COALESCE(MAX(id), 0) FROM catalog_article")[0][0])


def read_addresses(first: int, last: int) -> list[tuple[str, str]]:
    """Return the pages of a range of numbers, both ends included, as (path, day of the last change)."""
    found = _rows(
        f"SELECT a.id, a.doi, a.changed_at FROM catalog_article a WHERE a.id BETWEEN %s AND %s AND {_SHOWN}"
        " ORDER BY a.id",
        [first, last],
    )
    return [(address_of(number, doi), str(changed_at)[:10]) for number, doi, changed_at in found]


def _versions(article_id: int, cluster_id: int) -> tuple[tuple[Line, ...], set[str]]:
    """Return the other articles of a cluster, and every name that they have."""
    found = _rows(
        f"SELECT {_LINE}, i.key {_FROM} LEFT JOIN catalog_identifier i ON i.article_id = a.id WHERE a.id IN"
        " (SELECT id FROM catalog_article WHERE cluster_id = %s AND id <> %s AND merged_into IS NULL AND NOT is_deleted"
        " ORDER BY id LIMIT %s) ORDER BY a.sort_on, a.id",
        [cluster_id, article_id, MAX_VERSIONS],
    )
    rows = {r[0]: r for r in found}
    return tuple(map(_line, rows.values())), {r[14] for r in found}


def _similar(blob: bytes, own_cluster: int) -> tuple[SimilarLine, ...]:
    """Return what a list of similar articles, as it is kept, shows now."""
    found = unpack_similar(blob)
    lines = {
        row[0]: (_line(row), row[14])
        for row in _rows(
            f"SELECT {_LINE}, a.cluster_id {_FROM} WHERE a.id IN ({_marks(found)}) AND {_SHOWN} AND {NOT_RETRACTED}"
            " AND a.cluster_id <> %s",
            [*(number for number, _, _ in found), own_cluster],
        )
    }
    best: dict[int, SimilarLine] = {}
    for number, score, evidence in found:
        if number in lines:
            line, cluster = lines[number]
            best.setdefault(cluster, SimilarLine(line, score, evidence))
    return tuple(best.values())


def _mentions(article_id: int, counts: Counts) -> tuple[tuple[MentionLine, ...], tuple[tuple[str, int], ...]]:
    """Return the newest few of every tab and shelf, and how many about the article appeared in each month."""
    if counts.more + counts.news + counts.social + counts.video > _FEW:
        return _newest_mentions(article_id), _months(article_id)
    shown: dict[tuple[str, str], list[MentionLine]] = {}
    for row in _rows(_FEW_MENTIONS, [article_id]):
        shown.setdefault(row[17:19], []).append(_mention(row))
    newest = tuple([mention for mentions in shown.values() for mention in mentions[:_N_NEWEST]])
    months = [m.sort_on // 100 for tab in _DATED for m in shown.get((tab, "about"), ()) if m.sort_on > 0]
    return newest, tuple([_month(month, n) for month, n in sorted(Counter(months).items())])


def _newest_mentions(article_id: int) -> tuple[MentionLine, ...]:
    """Return the newest few of every tab and shelf, in one query that reads no others."""
    parts = [(tab, shelf) for tab in ("more", "news", "social", "video") for shelf in ("about", "topic")]
    one = (
        f"SELECT * FROM (SELECT {_MENTION} FROM catalog_mention m JOIN catalog_item i ON i.id = m.item_id"
        " WHERE m.article_id = %s AND m.tab = %s AND m.shelf = %s AND NOT m.is_hidden AND NOT i.is_hidden"
        " ORDER BY m.sort_on DESC, m.id DESC LIMIT %s) x"
    )
    found = _rows(
        " UNION ALL ".join([one] * len(parts)),
        [value for tab, shelf in parts for value in (article_id, tab, shelf, _N_NEWEST)],
    )
    return tuple(_mention(r) for r in found)


def _months(article_id: int) -> tuple[tuple[str, int], ...]:
    """Return how many items about an article appeared in each month, oldest first; of very many the newest."""
    one = (
        "SELECT * FROM (SELECT sort_on / 100 AS month FROM catalog_mention WHERE article_id = %s AND tab = %s"
        " AND shelf = 'about' AND sort_on > 0 AND NOT is_hidden ORDER BY sort_on DESC, id DESC LIMIT %s) x"
    )
    found = _rows(
        f"SELECT month, COUNT(*) FROM ({' UNION ALL '.join([one] * len(_DATED))}) m GROUP BY month ORDER BY 1",
        [value for tab in _DATED for value in (article_id, tab, MAX_DATED)],
    )
    return tuple(_month(month, n) for month, n in found)


def _month(month: int, n: int) -> tuple[str, int]:
    return f"{month // 100:04}-{month % 100:02}".removesuffix("-00"), n


def _abstracts(ids: Sequence[int], languages: dict[int, str]) -> dict[int, tuple[ShownAbstract | None, bool]]:
    if not ids:
        return {}
    found = _rows(
        "SELECT article_id, html, CASE WHEN html = '' THEN markup END, source, license, basis, language"
        f" FROM catalog_abstract WHERE article_id IN ({_marks(ids)})",
        list(ids),
    )
    grouped: dict[int, list[ShownAbstract]] = {}
    for number, html, markup, *rest in found:
        grouped.setdefault(number, []).append(ShownAbstract(html or unpack_markup(markup), *rest))
    return {number: gate.choose_abstract(some, languages.get(number, "")) for number, some in grouped.items()}


def _line(row: Sequence[Any]) -> Line:
    number, doi, title, title_html, byline, venue, slug, published_on, sort, type_, language, is_open, bits, counts = (
        row[:14]
    )
    return Line(
        id=number,
        address=address_of(number, doi),
        title=title,
        title_html=title_html,
        byline=byline,
        venue=venue or "",
        venue_slug=slug or "",
        published_on=published_on,
        sort_on=sort,
        type=type_,
        language=language,
        is_open=bool(is_open),
        notices=_notices_of(bits),
        counts=_read_counts(counts),
    )


def _mention(row: Sequence[Any]) -> MentionLine:
    fields: list[Any] = [*row[:12], Evidence(*row[12:17])]
    return MentionLine(*fields)


def _marks(values: Sequence[Any]) -> str:
    return ",".join(["%s"] * len(values))
