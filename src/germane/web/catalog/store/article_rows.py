"""An article → the rows that follow from it, and those rows written."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from hashlib import blake2b

import msgspec

from germane.article import Abstract, Article, Author
from germane.identifiers import key_of
from germane.matching.works import work_keys
from germane.text import fold, plain_text
from germane.web.catalog.codec import pack
from germane.web.catalog.rows import bits_of, sort_on, target_of
from germane.web.catalog.store.sql import insert_many, rows_in, write_in, write_many

# Tables whose rows belong to one article and are made anew with it.
OWNED = (
    ("workkey", "article_id"),
    ("abstract", "article_id"),
    ("authorship", "article_id"),
    ("citation", "citing_id"),
    ("versionlink", "article_id"),
)
TOO_COMMON = 30  # a blocking key that more articles share says nothing
_COLUMNS = (
    "id", "cluster_id", "title", "title_html", "byline", "doi", "venue_id", "published_on", "sort_on", "type",
    "language", "is_open", "notices", "n_mentions", "n_listed", "counts", "content", "is_enriched", "is_indexed",
    "is_related", "is_deleted", "added_at", "changed_at",
)  # fmt: skip
_KEPT = {"id", "cluster_id", "added_at", "n_mentions", "counts"}  # by an article that is already there
_OPEN_LICENSES = ("cc0", "cc-by", "public-domain")


def write_articles(articles: Mapping[int, Article], known: Collection[int], now: datetime) -> None:
    """Write articles and all rows that follow from them. `known` are the numbers that exist already."""
    if not articles:
        return
    venues = _venues(articles.values())
    existing = [i for i in articles if i in known]
    for table, column in OWNED if existing else ():
        write_in(f"DELETE FROM catalog_{table} WHERE {column} IN ({{}})", existing)
    changes = ", ".join(f"{c} = EXCLUDED.{c}" for c in _COLUMNS if c not in _KEPT)
    insert_many(
        "article",
        _COLUMNS,
        [_row(i, a, venues, now) for i, a in articles.items()],
        f"(id) DO UPDATE SET {changes}",
    )
    insert_many(
        "identifier",
        ("key", "article_id"),
        [(key_of(x), i) for i, a in articles.items() for x in a.identifiers],
        "(key) DO UPDATE SET article_id = EXCLUDED.article_id",  # an article is given only the names that it owns
    )
    write_many(
        # A key that so many share says nothing, and a list of them would grow without end.
        "INSERT INTO catalog_workkey (key, article_id) SELECT %s, %s WHERE (SELECT COUNT(*) FROM"
        f" (SELECT 1 FROM catalog_workkey WHERE key = %s LIMIT {TOO_COMMON + 1}) x) <= {TOO_COMMON}",
        [(k, i, k) for i, a in articles.items() for k in set(work_keys(a))],
    )
    insert_many(
        "abstract",
        ("article_id", "source", "license", "basis", "language", "markup", "html"),
        [
            (i, x.source, x.license, x.basis, x.language[:3], x.markup, "")
            for i, a in articles.items()
            for x in a.abstracts
        ],
    )
    insert_many(
        "authorship",
        ("orcid", "sort_on", "article_id", "name"),
        [
            (orcid, sort_on(a.published_on), i, name)
            for i, a in articles.items()
            for orcid, name in {x.orcid: x.name for x in a.authors if x.orcid}.items()
        ],
    )
    insert_many(
        "citation",
        ("target", "citing_id"),
        [
            (target, i)
            for i, a in articles.items()
            for target in {target_of(r.identifier) for r in a.relations if r.kind == "references" and r.identifier}
        ],
    )
    insert_many(
        "versionlink",
        ("target", "article_id"),
        [
            (target, i)
            for i, a in articles.items()
            for target in {target_of(r.identifier) for r in a.relations if _is_version(r.kind) and r.identifier}
        ],
    )


def with_abstracts(article: Article, abstracts: Iterable[Abstract]) -> Article:
    """Return the article with these abstracts, in the order that merging gives them."""
    return msgspec.structs.replace(article, abstracts=tuple(sorted(abstracts)))


def byline(authors: tuple[Author, ...], n: int = 3) -> str:
    """Return the authors as lists show them: "Mei Lin, Ravi Shankar, Ana Sousa and 4 more"."""
    names = ", ".join(a.name for a in authors[:n])
    return f"{names} and {len(authors) - n} more" if len(authors) > n else names


def is_open(article: Article) -> bool:
    """Tell whether the full text is known to be free to read somewhere."""
    return any(x.is_open for x in article.locations) or article.license.lower().startswith(_OPEN_LICENSES)


def _is_version(kind: str) -> bool:
    return kind in {"is-preprint-of", "has-preprint", "is-version-of"}


def _row(number: int, article: Article, venues: Mapping[str, int], now: datetime) -> tuple[object, ...]:
    n_listed = sum(r.kind == "references" for r in article.relations) + len(article.notices)
    return (
        number,
        number,
        plain_text(article.title),
        article.title,
        byline(article.authors),
        article.identifier("doi"),
        venues.get(_slug(article.venue.name)) if article.venue else None,
        article.published_on[:10],
        sort_on(article.published_on),
        article.type,
        article.language[:3],
        is_open(article),
        bits_of(n.kind for n in article.notices),
        0,
        n_listed,
        "",
        pack(msgspec.structs.replace(article, abstracts=())),
        False,
        False,
        False,
        False,
        now,
        now,
    )


def _venues(articles: Iterable[Article]) -> dict[str, int]:
    """Return the numbers of all venues named, by slug; new ones are written first."""
    named = {_slug(a.venue.name): a.venue for a in articles if a.venue and _slug(a.venue.name)}
    find = "SELECT slug, id FROM catalog_venue WHERE slug IN ({})"
    known = dict(rows_in(find, named))
    new = [(s, v.name, v.kind, v.publisher, " ".join(v.issns)) for s, v in named.items() if s not in known]
    insert_many("venue", ("slug", "name", "kind", "publisher", "issns"), new, "(slug) DO NOTHING")
    return known | dict(rows_in(find, [v[0] for v in new]))


def _slug(name: str) -> str:
    """Return a venue's slug. Long names differ in their last words ("volume 1"), so a cut one ends in a digest."""
    slug = fold(plain_text(name)).replace(" ", "-")
    return slug if len(slug) <= 200 else f"{slug[:190]}-{blake2b(slug.encode(), digest_size=4).hexdigest()}"
