"""Clusters: the versions of one work share a number, the lowest among them."""

from collections.abc import Iterable, Mapping

from germane.article import Article
from germane.matching.works import candidates, compare_works, is_same_cluster, work_keys
from germane.web.catalog.codec import unpack_article
from germane.web.catalog.rows import target_of
from germane.web.catalog.store.incoming import Rows
from germane.web.catalog.store.sql import rows_in, write_many

_COMPARED = 200  # members; in a larger cluster only what is declared holds together


def declared(articles: Mapping[int, Rows]) -> list[tuple[int, int]]:
    """Return the pairs of versions of which these articles are one, as they or the others declare it."""
    said = [(number, key) for number, article in articles.items() for key in article.versions]
    owners = dict(rows_in("SELECT key, article_id FROM catalog_identifier WHERE key IN ({})", [key for _, key in said]))
    names = {target: number for number, article in articles.items() for target in article.name_targets}
    waiting = rows_in("SELECT target, article_id FROM catalog_versionlink WHERE target IN ({})", names)
    return [(number, owners[key]) for number, key in said if key in owners] + [(names[t], i) for t, i in waiting]


def join(pairs: Iterable[tuple[int, int]]) -> set[int]:
    """Give the two articles of each pair one cluster; returns the articles whose versions changed."""
    wanted = [p for p in dict.fromkeys(pairs) if p[0] != p[1]]
    cluster_of = dict(
        rows_in("SELECT id, cluster_id FROM catalog_article WHERE id IN ({})", [i for p in wanted for i in p])
    )
    roots: dict[int, int] = {}
    for a, b in wanted:
        if a in cluster_of and b in cluster_of:
            _unite(roots, cluster_of[a], cluster_of[b])
    moves = [(root, cluster) for cluster in roots if (root := _root(roots, cluster)) != cluster]
    write_many("UPDATE catalog_article SET cluster_id = %s WHERE cluster_id = %s", moves)
    return _members(root for root, _ in moves)


def split(ids: Iterable[int]) -> set[int]:
    """Part what holds together no longer in the clusters of these articles; returns those whose versions changed."""
    named = [r[0] for r in rows_in("SELECT cluster_id FROM catalog_article WHERE id IN ({})", ids)]
    several = rows_in(
        "SELECT cluster_id, COUNT(*) FROM catalog_article WHERE merged_into IS NULL AND cluster_id IN ({})"
        " GROUP BY cluster_id HAVING COUNT(*) > 1",
        named,
    )
    found = rows_in(
        "SELECT cluster_id, id, content, is_deleted FROM catalog_article"
        " WHERE merged_into IS NULL AND cluster_id IN ({})",
        [cluster for cluster, _ in several],
    )
    members: dict[int, dict[int, Article | None]] = {}
    for cluster, number, content, is_deleted in found:
        members.setdefault(cluster, {})[number] = None if is_deleted else unpack_article(content)
    moves: list[tuple[int, int]] = []
    touched: set[int] = set()
    for cluster, articles in members.items():
        roots = _held_together(articles)
        parts = {number: _root(roots, number) for number in articles}
        if len(set(parts.values())) > 1:
            moves += [(part, number) for number, part in parts.items() if part != cluster]
            touched |= articles.keys()
    write_many("UPDATE catalog_article SET cluster_id = %s WHERE id = %s", moves)
    return touched


def _held_together(articles: Mapping[int, Article | None]) -> dict[int, int]:
    """Return what says that some articles are versions of one work: declared, by a contested name, or by title."""
    roots: dict[int, int] = {number: number for number in articles}
    owned = rows_in("SELECT key, article_id FROM catalog_identifier WHERE article_id IN ({})", articles)
    targets = {target_of(key): number for key, number in owned}
    for target, number in rows_in(
        "SELECT target, article_id FROM catalog_versionlink WHERE article_id IN ({})", articles
    ):
        if target in targets:
            _unite(roots, number, targets[target])
    for number, owner in rows_in(
        "SELECT c.article_id, i.article_id FROM catalog_contest c JOIN catalog_identifier i ON i.key = c.key"
        " WHERE c.article_id IN ({})",
        articles,
    ):
        if owner in roots:
            _unite(roots, number, owner)
    known = [(number, article) for number, article in articles.items() if article]
    if len(known) <= _COMPARED:
        for i, k in candidates(work_keys(article) for _, article in known):
            if is_same_cluster(compare_works(known[i][1], known[k][1])):
                _unite(roots, known[i][0], known[k][0])
    return roots


def _members(clusters: Iterable[int]) -> set[int]:
    return {
        r[0]
        for r in rows_in("SELECT id FROM catalog_article WHERE merged_into IS NULL AND cluster_id IN ({})", clusters)
    }


def _root(roots: dict[int, int], number: int) -> int:
    while roots.get(number, number) != number:
        number = roots[number]
    return number


def _unite(roots: dict[int, int], a: int, b: int) -> None:
    a, b = _root(roots, a), _root(roots, b)
    roots[max(a, b)] = roots[min(a, b)] = min(a, b)
