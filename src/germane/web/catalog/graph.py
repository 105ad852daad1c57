"""The whole citation graph and the whole corpus as arrays, for what looks at all articles at once."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from germane.relate.bulk.graph import Links
from germane.web.catalog.rows import target_of
from germane.web.catalog.store.sql import rows

_AT_ONCE = 100_000  # rows held as Python objects


def read_references() -> Links:
    """Return all that articles refer to: grouped by article, by ascending number."""
    articles: list[NDArray[np.int64]] = []
    targets: list[NDArray[np.int64]] = []
    for some in _batches(
        "SELECT article_id, targets FROM catalog_referencelist WHERE article_id > %s ORDER BY article_id"
    ):
        lists = [np.frombuffer(bytes(blob), "<i8") for _, blob in some]
        articles.append(np.repeat([number for number, _ in some], [len(one) for one in lists]))
        targets += lists
    return Links(_joined(articles), _joined(targets))


def read_names() -> Links:
    """Return the targets that mean each article, one for each of its identifiers."""
    articles: list[NDArray[np.int64]] = []
    targets: list[NDArray[np.int64]] = []
    after = ""
    while some := rows(
        "SELECT key, article_id FROM catalog_identifier WHERE key > %s ORDER BY key LIMIT %s", [after, _AT_ONCE]
    ):
        after = some[-1][0]
        targets.append(np.array([target_of(key) for key, _ in some], np.int64))
        articles.append(np.array([number for _, number in some], np.int64))
    return Links(_joined(articles), _joined(targets))


def read_indexed() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the articles that the index has, ascending, and which cluster each belongs to: (n,) both."""
    batches = _batches(
        "SELECT id, cluster_id FROM catalog_article WHERE is_indexed AND merged_into IS NULL AND NOT is_deleted"
        " AND id > %s ORDER BY id"
    )
    found = [np.array(some, np.int64) for some in batches]
    pairs = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def read_to_relate(generation: int) -> NDArray[np.int64]:
    """Return the articles whose lists do not come from this generation of the index, ascending."""
    found = _batches(
        "SELECT id FROM catalog_article WHERE is_indexed AND merged_into IS NULL AND NOT is_deleted"
        f" AND (NOT is_related OR related_in < {int(generation)}) AND id > %s ORDER BY id"
    )
    return _joined([np.array([number for (number,) in some], np.int64) for some in found])


def _batches(sql: str) -> Iterator[list[tuple[int, ...]]]:
    after = -1
    while some := rows(f"{sql} LIMIT %s", [after, _AT_ONCE]):
        after = some[-1][0]
        yield some


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)
