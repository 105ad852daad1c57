"""The search index: is it there, whole, this version's and this embedder's, and does it hold what it should?"""

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing

from germane.enrich.embedding import EmbeddingFailure, load_embedder
from germane.index import Index, IndexFailure, index_folder, open_index
from germane.web.jobs.doctor import Finding, Site
from germane.web.jobs.reading_only import open_for_reading

_SAMPLE = 200
_BATCH = 5_000
_LIVE = "is_indexed AND merged_into IS NULL AND NOT is_deleted"


def examine_index(site: Site) -> Iterator[Finding]:
    """Yield what is wrong with the index."""
    environment = site.environment
    try:
        embedder = load_embedder(environment.embedder)
    except EmbeddingFailure as error:
        yield Finding(
            "embedder-missing",
            "error",
            f"GERMANE_EMBEDDER={environment.embedder}: {error}",
            "Neither the server nor any command that writes starts.",
            "install or fetch what it says, or unset GERMANE_EMBEDDER",
        )
        return
    expected = _some_indexed(site)
    try:
        index = open_index(environment.index_url, site.home, dimensions=embedder.dimensions, vector_model=embedder.name)
    except IndexFailure as error:
        folder = index_folder(environment.index_url, site.home)
        is_gone = not folder.exists()
        if not is_gone and not os.access(folder, os.W_OK):
            return  # a read-only disk, which the home's check tells
        if is_gone and not expected:
            return  # nothing was indexed yet
        yield Finding(
            "index-missing" if is_gone else "index-broken",
            "error",
            f"The index cannot be used: {error}",
            "Pages are served; search, and similar articles that are not stored, are not.",
            "germane work" if is_gone else "germane rebuild index",
        )
        return
    try:
        yield from _content(site, index, expected)
        if site.is_deep:
            yield from _damage(index)
    finally:
        index.close()


def _content(site: Site, index: Index, expected: list[int]) -> Iterator[Finding]:
    if index.n_documents and not index.n_vectors:
        yield Finding(
            "other-embedder",
            "warning",
            f"The index has no vectors of {index.vector_model}, which GERMANE_EMBEDDER names now",
            "Similar articles and search go by words alone until they are made.",
            "germane work",
        )
    wanted = _all_indexed(site) if site.is_deep else iter([expected])
    n_looked = 0
    missing: list[int] = []
    for ids in wanted:
        n_looked += len(ids)
        missing += [number for number, is_held in zip(ids, index.holds(ids).tolist(), strict=True) if not is_held]
    if missing:
        yield Finding(
            "index-behind",
            "error",
            f"{len(missing):,} of {n_looked:,} articles that were looked at are not in the index, such as {missing[0]}",
            "No search finds them, although they are marked as indexed.",
            "germane rebuild index",
        )
    if site.is_deep and index.n_documents > n_looked:
        yield Finding(
            "index-ahead",
            "note",
            f"The index has {index.n_documents - n_looked:,} articles more than are marked as indexed",
            "They are being indexed, or have changed since; the next run marks them.",
            "germane work",
        )


def _damage(index: Index) -> Iterator[Finding]:
    for problem in index.verify():
        yield Finding(
            "index-damaged",
            "error",
            problem,
            "Search may miss articles or fail. It comes from the disk.",
            "germane rebuild index",
        )


def _some_indexed(site: Site) -> list[int]:
    """Return some articles that should be in the index, from everywhere in the catalog, at the cost of a few pages."""
    if site.database is None or not site.database.exists():
        return []
    try:
        with closing(open_for_reading(site.database, timeout_s=1.5)) as connection:
            last = connection.execute("SELECT MAX(id) FROM catalog_article").fetchone()[0] or 0
            draw = random.Random(last)  # noqa: S311 (a sample, not a secret)
            asked = f"SELECT id FROM catalog_article WHERE id >= ? AND {_LIVE} ORDER BY id LIMIT 1"  # noqa: S608
            starts = draw.sample(range(1, last + 1), min(_SAMPLE, last))
            found = {row[0] for start in starts for row in connection.execute(asked, [start])}
    except (sqlite3.Error, OSError):  # told by the database's check
        return []
    return sorted(found)


def _all_indexed(site: Site) -> Iterator[list[int]]:
    if site.database is None or not site.database.exists():
        return
    try:
        with closing(open_for_reading(site.database)) as connection:
            cursor = connection.execute(f"SELECT id FROM catalog_article WHERE {_LIVE} ORDER BY id")  # noqa: S608
            while batch := cursor.fetchmany(_BATCH):
                yield [number for (number,) in batch]
    except (sqlite3.Error, OSError):  # told by the database's check
        return
