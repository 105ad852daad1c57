"""The rows that follow from an article, written."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache

import msgspec

from germane.article import Abstract, Article
from germane.web.catalog.rows import Counts, target_of, write_counts
from germane.web.catalog.store import work_keys
from germane.web.catalog.store.incoming import Rows, VenueRow
from germane.web.catalog.store.references import write_references
from germane.web.catalog.store.sql import as_parameter, insert_many, rows_in, write_in

# Tables whose rows belong to one article and are made anew with it.
OWNED = (
    *((table, "article_id") for table in work_keys.TABLES),
    ("abstract", "article_id"),
    ("authorship", "article_id"),
    ("versionlink", "article_id"),
)
_COLUMNS = (
    "id", "cluster_id", "title", "title_html", "byline", "doi", "venue_id", "published_on", "sort_on", "type",
    "language", "is_open", "notices", "n_mentions", "n_listed", "counts", "content", "is_enriched", "is_indexed",
    "is_related", "is_deleted", "added_at", "changed_at",
)  # fmt: skip
_KEPT = {"id", "cluster_id", "added_at", "n_mentions", "counts"}  # by an article that is already there


def write_articles(
    articles: Mapping[int, Rows], known: Collection[int], newcomers: Collection[int], now: datetime
) -> None:
    """Write articles and all rows that follow from them.

    `known` are the numbers that exist already; `newcomers` those that share no key of their titles with anybody. Rows
    are written in the order of each table's key, so that neighbors in a table are written together.
    """
    if not articles:
        return
    moment = as_parameter(now)
    venues = _venues({a.venue.slug: a.venue for a in articles.values() if a.venue})
    existing = [i for i in articles if i in known]
    for table, column in OWNED if existing else ():
        write_in(f"DELETE FROM catalog_{table} WHERE {column} IN ({{}})", existing)
    changes = ", ".join(f"{c} = EXCLUDED.{c}" for c in _COLUMNS if c not in _KEPT)
    insert_many(
        "article",
        _COLUMNS,
        [_row(i, articles[i], venues, moment) for i in sorted(articles)],
        f"(id) DO UPDATE SET {changes}",
    )
    insert_many(
        "identifier",
        ("key", "article_id"),
        sorted((name, i) for i, a in articles.items() for name in a.names),
        "(key) DO UPDATE SET article_id = EXCLUDED.article_id",  # an article is given only the names that it owns
    )
    work_keys.write_work_keys(articles, newcomers)
    insert_many(
        "abstract",
        ("article_id", "source", "license", "basis", "language", "markup", "html"),
        [(i, *abstract, "") for i, a in articles.items() for abstract in a.abstracts],
    )
    insert_many(
        "authorship",
        ("orcid", "sort_on", "article_id", "name"),
        sorted((orcid, a.sort_on, i, name) for i, a in articles.items() for orcid, name in a.people),
    )
    insert_many(
        "versionlink",
        ("target", "article_id"),
        sorted((target, i) for i, a in articles.items() for target in set(map(target_of, a.versions))),
    )
    write_references({i: a.references for i, a in articles.items()}, existing)


def with_abstracts(article: Article, abstracts: Iterable[Abstract]) -> Article:
    """Return the article with these abstracts, in the order that merging gives them."""
    return msgspec.structs.replace(article, abstracts=tuple(sorted(abstracts)))


@lru_cache(maxsize=1024)
def _counts_of_new(n_listed: int) -> str:
    return write_counts(Counts(more=n_listed))


def _row(number: int, a: Rows, venues: Mapping[str, int], now: datetime | str) -> tuple[object, ...]:
    return (
        number,
        number,
        a.title,
        a.title_html,
        a.byline,
        a.doi,
        venues[a.venue.slug] if a.venue else None,
        a.published_on,
        a.sort_on,
        a.type,
        a.language,
        a.is_open,
        a.notices,
        0,
        a.n_listed,
        _counts_of_new(a.n_listed),  # all that there is to count of one that is new
        a.content,
        False,
        False,
        False,
        False,
        now,
        now,
    )


def _venues(named: Mapping[str, VenueRow]) -> dict[str, int]:
    """Return the numbers of all venues, by slug; new ones are written first."""
    find = "SELECT slug, id FROM catalog_venue WHERE slug IN ({})"
    known = dict(rows_in(find, named))
    new = [(s, v.name, v.kind, v.publisher, v.issns) for s, v in named.items() if s not in known]
    insert_many("venue", ("slug", "name", "kind", "publisher", "issns"), new, "(slug) DO NOTHING")
    return known | dict(rows_in(find, [v[0] for v in new]))
