"""Make what is derived again: here, or by marking it as stale for the stages."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from germane.web import wiring
from germane.web.catalog.stale import all_documents
from germane.web.catalog.store import derived
from germane.web.catalog.store.articles import remerge_articles
from germane.web.catalog.store.sql import rows, write, write_in
from germane.web.jobs.clock import now
from germane.web.jobs.importing import reparse

# What can be rebuilt → the flags that make the stages do it. Later stages follow from earlier ones.
REBUILDS = {
    "articles": ("is_enriched", "is_indexed", "is_related"),
    "keyphrases": ("is_enriched", "is_indexed", "is_related"),
    "embeddings": ("is_indexed", "is_related"),
    "index": (),
    "similar": ("is_related",),
    "all": ("is_enriched", "is_indexed", "is_related"),
}
_BATCH = 500


def mark_stale(what: str, progress: Callable[[int, int], None]) -> None:
    """Mark one of REBUILDS as stale; articles and index are made again right here."""
    if what in {"articles", "all"}:
        _remerge_all(progress, now())
    if what in {"index", "all"}:
        _rebuild_index(progress)
    with transaction.atomic():
        derived.mark_stale(*REBUILDS[what])
        derived.retry_failures()
        if what in {"similar", "keyphrases", "all"}:
            write("UPDATE catalog_item SET is_related = FALSE")


def _remerge_all(progress: Callable[[int, int], None], moment: datetime) -> None:
    last = rows("SELECT MAX(id) FROM catalog_article")[0][0] or 0
    after = 0
    while found := rows(
        "SELECT id FROM catalog_article WHERE id > %s AND merged_into IS NULL ORDER BY id LIMIT %s", [after, _BATCH]
    ):
        ids = [r[0] for r in found]
        after = ids[-1]
        with transaction.atomic():
            remerge_articles(ids, reparse, moment)
        progress(after, last)


def _rebuild_index(progress: Callable[[int, int], None]) -> None:
    """Fill a new index beside the old one, however broken that is; readers change over when it is whole."""
    last = rows("SELECT MAX(id) FROM catalog_article")[0][0] or 0
    with wiring.new_index() as index:
        for documents in all_documents(1000):
            index.add(documents)
            progress(documents[-1].id if documents else 0, last)
    _hand_over_without_vector()


def _hand_over_without_vector() -> None:
    """Hand articles whose vectors could not be kept to the stages: the old index was gone, broken or outdated."""
    index, after = wiring.open_writable_index(), 0
    try:
        while found := rows(
            "SELECT id FROM catalog_article WHERE is_indexed AND merged_into IS NULL AND NOT is_deleted AND id > %s"
            " ORDER BY id LIMIT %s",
            [after, _BATCH],
        ):
            ids = [r[0] for r in found]
            after = ids[-1]
            vectors = index.forward(ids).vectors
            with transaction.atomic():
                write_in(
                    "UPDATE catalog_article SET is_indexed = FALSE WHERE id IN ({})",
                    [number for number, vector in zip(ids, vectors, strict=True) if not vector.any()],
                )
    finally:
        index.close()
