"""Everything derived in the catalog, made again from the records and items, and compared with what stands there."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from germane.article import VERSION_RELATIONS, Record
from germane.article import Article as ArticleRecord
from germane.identifiers import key_of
from germane.item import TABS
from germane.matching.declared import MATCHER, declared_items
from germane.matching.works import compare_works, is_contradicted
from germane.matching.works import work_keys as keys_of
from germane.merge import merge_records
from germane.web.catalog import models, queries
from germane.web.catalog.codec import unpack_item, unpack_markup, unpack_text
from germane.web.catalog.rows import NOTICE_BITS, address_of, target_of
from germane.web.catalog.store import incoming, work_keys
from germane.web.catalog.store.keyphrases import count_keyphrases
from germane.web.catalog.store.references import list_citations

Reparse = Callable[[str, str], Iterable[Record]]


def check_catalog(reparse: Reparse) -> None:
    """Assert that the catalog is what its live records and its items say, and that every count is what is listed."""
    for _ in list_citations():  # as an import ends
        pass
    count_keyphrases()
    work_keys.sort_in_work_keys()
    rows = {a.id: a for a in models.Article.objects.all()}
    records: dict[int, list[Record]] = {number: [] for number, a in rows.items() if a.merged_into is None}
    for kept in models.Record.objects.order_by("id"):
        assert rows[kept.article_id].merged_into is None, "a record stays with an article that was merged"
        if not kept.is_withdrawn:
            records[kept.article_id] += [
                r for r in reparse(kept.source, unpack_text(bytes(kept.raw))) if r.key == kept.key
            ]
    owners = dict(models.Identifier.objects.values_list("key", "article_id"))
    contests = set(models.Contest.objects.values_list("key", "article_id"))
    articles = {number: _merged(some, number, owners) for number, some in records.items() if some}
    _check_redirects(rows)
    for number in records:
        assert rows[number].is_deleted == (number not in articles)
    _check_names(records, articles, owners, contests)
    _check_rows(rows, articles)
    _check_derived(articles)
    _check_clusters(rows, articles, owners, contests)
    _check_mentions(articles, owners)
    _check_keyphrases(articles)
    for number in articles:
        _check_counts(number)


def _merged(records: list[Record], number: int, owners: dict[str, int]) -> ArticleRecord:
    article = merge_records(records)
    return replace(article, identifiers=tuple(i for i in article.identifiers if owners.get(key_of(i)) == number))


def _check_redirects(rows: dict[int, Any]) -> None:
    for row in rows.values():
        if row.merged_into is not None:
            assert rows[row.merged_into].merged_into is None, "a redirect leads to a redirect"
            for model, column in (
                (models.Identifier, "article_id"),
                (models.Record, "article_id"),
                (models.Mention, "article_id"),
                (models.Contest, "article_id"),
                (models.Abstract, "article_id"),
                (models.Citation, "citing_id"),
                (models.Similar, "article_id"),
                (models.ArticleKeyphrase, "article_id"),
            ):
                assert not model.objects.filter(**{column: row.id}).exists(), (model, row.id)


def _check_names(
    records: dict[int, list[Record]],
    articles: dict[int, ArticleRecord],
    owners: dict[str, int],
    contests: set[tuple[str, int]],
) -> None:
    """No identifier of a live record is lost: its article owns it, or another whose records say so too does."""
    expected = set()
    for number, some in records.items():
        for key in {key_of(i) for r in some for i in r.article.identifiers}:
            assert key in owners, f"{key} is lost"
            owner = owners[key]
            assert owner in articles, f"{key} leads to an article that is gone, and article {number} claims it"
            assert key in map(key_of, articles[owner].identifiers), f"{key} leads to one that claims it no longer"
            if owner != number:
                expected.add((key, number))
    assert contests == expected
    for number, article in articles.items():
        others = [other for n, other in articles.items() if n > number]
        for other in others:
            shared = set(article.identifiers) & set(other.identifiers)
            assert not shared


def _check_rows(rows: dict[int, Any], articles: dict[int, ArticleRecord]) -> None:
    for number, article in articles.items():
        assert queries.read_article(number) == replace(article, abstracts=()), number
        row = rows[number]
        slug = incoming.venue_slug(article.venue.name) if article.venue else None
        assert (row.venue.slug if row.venue_id else None) == slug
        assert row.doi == article.identifier("doi")
        assert row.published_on == article.published_on
        assert row.notices == sum(NOTICE_BITS[k] for k in {n.kind for n in article.notices})
        stated = {f for f in ("title", "authors", "venue", "published_on", "volume", "issue", "pages")
                  if getattr(article, f)}  # fmt: skip
        assert stated <= set(article.provenance), "a field without provenance"
    addresses = Counter(address_of(n, a.identifier("doi")) for n, a in articles.items())
    assert all(n == 1 for n in addresses.values()), "two articles have one address"


def _check_derived(articles: dict[int, ArticleRecord]) -> None:
    made: dict[str, set[tuple[object, ...]]] = {
        "workkey": {(k, n) for n, a in articles.items() for k in keys_of(a)},
        "citation": {
            (target_of(r.identifier), n)
            for n, a in articles.items() for r in a.relations if r.kind == "references" and r.identifier
        },
        "versionlink": {
            (target_of(r.identifier), n)
            for n, a in articles.items() for r in a.relations if r.kind in VERSION_RELATIONS and r.identifier
        },
        "abstract": {(n, x.source, x.markup) for n, a in articles.items() for x in a.abstracts},
    }  # fmt: skip
    kept: dict[str, set[tuple[object, ...]]] = {
        "workkey": set(models.WorkKey.objects.values_list("key", "article_id")),
        "citation": set(models.Citation.objects.values_list("target", "citing_id")),
        "versionlink": set(models.VersionLink.objects.values_list("target", "article_id")),
        "abstract": {
            (n, source, unpack_markup(markup))
            for n, source, markup in models.Abstract.objects.values_list("article_id", "source", "markup")
        },
    }
    counts = Counter(k for k, _ in made["workkey"])
    common = {k for k, n in counts.items() if n > work_keys.TOO_COMMON}
    made["workkey"] = {(k, n) for k, n in made["workkey"] if k not in common}
    kept["workkey"] = {(k, n) for k, n in kept["workkey"] if k not in common}
    assert made == kept


def _check_clusters(
    rows: dict[int, Any], articles: dict[int, ArticleRecord], owners: dict[str, int], contests: set[tuple[str, int]]
) -> None:
    """One cluster is what declared links, contested names and titles hold together, no more and no less."""
    cluster = {number: rows[number].cluster_id for number in articles}
    root = {number: number for number in rows}

    def find(number: int) -> int:
        while root[number] != number:
            number = root[number]
        return number

    for number, article in articles.items():
        for relation in article.relations:
            if relation.kind in VERSION_RELATIONS and relation.identifier in owners:
                root[find(number)] = find(owners[relation.identifier])
                if owners[relation.identifier] in articles:
                    assert cluster[number] == cluster[owners[relation.identifier]], "declared versions are apart"
        for other in articles:
            if other > number and compare_works(article, articles[other]).outcome == "same-work":
                assert cluster[number] == cluster[other], "versions by their titles are apart"
                root[find(number)] = find(other)
            elif other > number and compare_works(article, articles[other]).outcome == "same-article":
                root[find(number)] = find(other)
    for key, number in contests:
        root[find(number)] = find(owners[key])
    for number in articles:
        for other in articles:
            if cluster[number] == cluster[other]:
                assert find(number) == find(other), f"nothing holds {number} and {other} together"


def _check_mentions(articles: dict[int, ArticleRecord], owners: dict[str, int]) -> None:
    claimed = {
        (item.id, owners[claim.identifier])
        for item in models.Item.objects.all()
        for claim in unpack_item(bytes(item.content)).claims
        if claim.identifier in owners
    }
    about = models.Mention.objects.filter(shelf="about").exclude(code="curator").exclude(matcher=MATCHER)
    assert set(about.values_list("item_id", "article_id")) == claimed
    declared = {(number, d.item.channel, d.item.key) for number, a in articles.items() for d in declared_items(a)} - {
        (a, i.channel, i.key) for i in models.Item.objects.all() for n, a in claimed if n == i.id
    }
    kept = models.Mention.objects.filter(matcher=MATCHER, article_id__in=articles)
    found = set(kept.values_list("article_id", "item__channel", "item__key"))
    assert found == declared, (found - declared, declared - found)


def _check_keyphrases(articles: dict[int, ArticleRecord]) -> None:
    listed = Counter(models.ArticleKeyphrase.objects.values_list("keyphrase_id", flat=True))
    assert set(models.ArticleKeyphrase.objects.values_list("article_id", flat=True)) <= articles.keys()
    assert {k.id: k.n_articles for k in models.Keyphrase.objects.all() if k.n_articles} == dict(listed)


def _check_counts(number: int) -> None:
    page = queries.read_page(number)
    assert page
    counts = page.line.counts
    shelves = {
        (tab, shelf): len(queries.read_mentions(number, tab, shelf, n=1000))
        for tab in TABS
        for shelf in ("about", "topic")
    }
    n_listed = sum(r.kind == "references" for r in page.article.relations) + len(page.notices) + len(page.versions)
    assert page.counts.recommended == len(page.similar)
    assert counts.more == shelves["more", "about"] + shelves["more", "topic"] + n_listed
    for tab in ("news", "social", "video"):
        assert counts.of(tab) == shelves[tab, "about"] + shelves[tab, "topic"]
        assert counts.about(tab) == shelves[tab, "about"]
    discussed = models.Article.objects.get(id=number).n_mentions
    assert discussed == sum(shelves[tab, "about"] for tab in ("news", "social", "video"))
    assert not is_contradicted(page.article, page.article)
