"""What the stages read: rows that lack a stage's output, by ascending id, in batches."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from germane.article import Article
from germane.identifiers import key_of
from germane.index import Document
from germane.item import Item
from germane.text import plain_text
from germane.web.catalog.codec import unpack_article, unpack_item, unpack_markup
from germane.web.catalog.neighborhoods import Neighborhood, read_graph
from germane.web.catalog.rows import is_retracted, read_counts
from germane.web.catalog.store.sql import rows, rows_in


class Text(Struct, frozen=True):
    """What enriching an article needs of it."""

    article_id: int
    sort_on: int
    title: str  # clean markup
    language: str
    abstract: str  # the markup of the longest, for keyphrases
    abstracts: tuple[tuple[int, str], ...]  # (its number, markup) of all
    keywords: tuple[str, ...]  # the authors' own


class Source(Struct, frozen=True):
    """What is derived of an article comes from this."""

    text: Text
    document: Document | None  # with keyphrases when `is_enriched`; None of one that was merged or withdrawn
    is_enriched: bool
    changed_at: Any  # as the database gives it: tells whether the article has changed since


def count_stale(column: str) -> int:
    """Return how many articles a stage has still to do, from that stage's partial index."""
    if column not in {"is_enriched", "is_indexed", "is_related"}:
        raise ValueError(column)
    return int(rows(f"SELECT COUNT(*) FROM catalog_article WHERE NOT {column}")[0][0])


def count_stale_items() -> int:
    """Return how many items' topic shelves are still to be looked for."""
    return int(rows("SELECT COUNT(*) FROM catalog_item WHERE NOT is_related")[0][0])


def last_article() -> int:
    """Return the highest number of an article, 0 when there is none."""
    return int(rows("SELECT COALESCE(MAX(id), 0) FROM catalog_article")[0][0])


def articles_to_enrich(n: int) -> Iterator[list[int]]:
    """Yield the numbers of articles that lack keyphrases, ascending, in batches of at most `n`."""
    return _ids("is_enriched", n)


def articles_to_index(n: int) -> Iterator[list[int]]:
    """Yield the numbers of articles that the index has not seen as they are; some were merged or withdrawn."""
    return _ids("is_indexed", n, "is_enriched")


def articles_to_derive(n: int) -> Iterator[list[int]]:
    """Yield the numbers of articles that lack keyphrases, or that the index has not seen as they are."""
    after = 0
    while found := sorted({*_waiting("is_enriched", after, n), *_waiting("is_indexed", after, n)})[:n]:
        after = found[-1]
        yield found


def all_documents(n: int) -> Iterator[list[Document]]:
    """Yield what the index keeps of every article that is enriched."""
    after = 0
    while found := rows(
        "SELECT id FROM catalog_article WHERE is_enriched AND merged_into IS NULL AND id > %s ORDER BY id LIMIT %s",
        [after, n],
    ):
        after = found[-1][0]
        yield read_documents([r[0] for r in found])


def neighborhoods_to_relate(n: int) -> Iterator[list[Neighborhood]]:
    """Yield the articles whose similar ones are to be found: they are new or have changed."""
    for ids in _ids("is_related", n, "is_indexed"):
        yield read_neighborhoods(ids)


def neighborhoods_to_refresh(n: int) -> Iterator[list[Neighborhood]]:
    """Yield the articles that have similar ones, and to which newer articles may be more similar."""
    after = 0
    while found := rows(
        "SELECT article_id FROM catalog_refresh WHERE article_id > %s ORDER BY article_id LIMIT %s", [after, n]
    ):
        after = found[-1][0]
        yield read_neighborhoods([r[0] for r in found])


def count_to_relate() -> int:
    """Return how many lists of similar articles are to be made."""
    return count_stale("is_related") + int(rows("SELECT COUNT(*) FROM catalog_refresh")[0][0])


def items_to_relate(n: int) -> Iterator[list[tuple[int, Item, frozenset[int]]]]:
    """Yield the items whose topic shelf has not been looked for, each with the articles that it is about."""
    after = 0
    while found := rows(
        "SELECT id, content FROM catalog_item WHERE NOT is_related AND id > %s ORDER BY id LIMIT %s", [after, n]
    ):
        after = found[-1][0]
        about: dict[int, list[int]] = {}
        for number, article_id in rows_in(
            "SELECT item_id, article_id FROM catalog_mention WHERE shelf = 'about' AND item_id IN ({})",
            [number for number, _ in found],
        ):
            about.setdefault(number, []).append(article_id)
        yield [(number, unpack_item(content), frozenset(about.get(number, ()))) for number, content in found]


def read_texts(ids: Sequence[int]) -> list[Text]:
    """Return what enriching some articles needs."""
    return [source.text for source in read_sources(ids)]


def read_documents(ids: Sequence[int]) -> list[Document]:
    """Return what the index keeps of some articles; those merged or withdrawn are left out."""
    return [source.document for source in read_sources(ids) if source.document]


def read_sources(ids: Sequence[int]) -> list[Source]:
    """Return what is derived from of some articles, by ascending number."""
    abstracts: dict[int, list[tuple[int, str, str]]] = {}
    for article_id, number, markup, language in rows_in(
        "SELECT article_id, id, markup, language FROM catalog_abstract WHERE article_id IN ({})", ids
    ):
        abstracts.setdefault(article_id, []).append((number, unpack_markup(markup), language))
    found = rows_in(
        "SELECT a.id, a.title, a.sort_on, v.name, a.venue_id, a.type, a.is_open, a.notices, a.language, a.counts,"
        " a.content, a.is_enriched, a.merged_into IS NULL AND NOT a.is_deleted, a.changed_at"
        " FROM catalog_article a LEFT JOIN catalog_venue v ON v.id = a.venue_id WHERE a.id IN ({}) ORDER BY a.id",
        ids,
    )
    phrases: dict[int, list[str]] = {}
    for article_id, phrase in rows_in(
        "SELECT article_id, phrase FROM catalog_articlekeyphrase WHERE article_id IN ({}) ORDER BY article_id, rank",
        [row[0] for row in found if row[11]],
    ):
        phrases.setdefault(article_id, []).append(phrase)
    return [_source(row, abstracts.get(row[0], []), phrases.get(row[0], [])) for row in found]


def read_neighborhoods(ids: Sequence[int]) -> list[Neighborhood]:
    """Return what relating some articles needs; those merged or withdrawn are left out."""
    return read_graph(read_documents(ids))


def _ids(column: str, n: int, needs: str = "") -> Iterator[list[int]]:
    """Yield the numbers of articles whose flag is not set (and whose other flag is), in batches."""
    condition = f"AND ({needs} OR merged_into IS NOT NULL OR is_deleted)" if needs else ""
    after = 0
    while ids := _waiting(column, after, n, condition):
        after = ids[-1]
        yield ids


def _waiting(column: str, after: int, n: int, condition: str = "") -> list[int]:
    """Return the first numbers after one of articles whose flag is not set, from that flag's partial index."""
    found = rows(
        f"SELECT id FROM catalog_article WHERE NOT {column} AND id > %s {condition} ORDER BY id LIMIT %s", [after, n]
    )
    return [r[0] for r in found]


def _source(row: tuple[Any, ...], abstracts: list[tuple[int, str, str]], phrases: list[str]) -> Source:
    number, title, sort_on, venue, venue_id, type_, is_open, notices, language, counts, content = row[:11]
    is_enriched, is_shown, changed_at = row[11:]
    article = unpack_article(content)
    best = max(abstracts, key=lambda a: (a[2] in ("", language), len(a[1])), default=(0, "", ""))
    text = Text(
        article_id=number,
        sort_on=sort_on,
        title=article.title,
        language=best[2] or language,
        abstract=best[1],
        abstracts=tuple((n, markup) for n, markup, _ in abstracts),
        keywords=tuple(k.text for k in article.keywords if k.kind == "author"),
    )
    if not is_shown:
        return Source(text, None, bool(is_enriched), changed_at)
    shown = read_counts(counts)
    document = Document(
        id=number,
        title=title,
        abstract=plain_text(max((markup for _, markup, _ in abstracts), key=len, default="")),
        keyphrases=tuple(phrases),
        keywords=tuple(k.text for k in article.keywords),
        authors=tuple(a.name for a in article.authors),
        venue=venue or "",
        venue_id=venue_id or 0,
        year=article.year,
        type=type_,
        is_open=bool(is_open),
        has_news=shown.news_about > 0,
        has_video=shown.video_about > 0,
        has_social=shown.social_about > 0,
        has_data=_has_data(article),
        is_retracted=is_retracted(notices),
        language=language,
        identifiers=tuple(map(key_of, article.identifiers)),
    )
    return Source(text, document, bool(is_enriched), changed_at)


def _has_data(article: Article) -> bool:
    return any(r.kind in {"has-dataset", "has-software"} for r in article.relations)
