"""The stages that bring derived data up to date: the table of contents of the system.

A stage is a query for rows that lack its output, one call into the library, one write. Each can be interrupted at any
moment and goes on where it was, because the rows themselves are the queue. An article on which a stage fails is noted
with the reason, and goes without until it changes or a new version tries again.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from django.db import transaction

from germane.index import Index
from germane.web import wiring
from germane.web.catalog import stale
from germane.web.catalog.store import derived, items
from germane.web.jobs import renewing, work
from germane.web.jobs.clock import now
from germane.web.jobs.parallel import map_batches

BATCH = 250
COMMIT_EVERY = 20_000  # documents between two commits of the index

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]  # done so far, to do in all


class Stage(NamedTuple):
    """A stage: its name, what it does in words, and the function that does all of it and returns how many rows."""

    name: str
    title: str
    run: Callable[[Progress], int]


def run_stages(progress: Callable[[Stage], Progress] = lambda _: lambda *_: None) -> Iterator[tuple[Stage, int]]:
    """Run every stage to its end, in order, yielding each with the number of rows that it brought up to date."""
    renewing.mark_outdated()
    for stage in STAGES:
        yield stage, stage.run(progress(stage))


def enrich_articles(progress: Progress) -> int:
    """Render formulas and find keyphrases."""
    done, total = 0, stale.count_stale("is_enriched")
    for found, failed in map_batches(work.enrich, stale.texts_to_enrich(BATCH)):
        with transaction.atomic():
            derived.write_rendered(
                {e.article_id: e.title_html for e in found if e.title_html},
                {number: html for e in found for number, html in e.abstracts},
            )
            derived.write_keyphrases(
                {e.article_id: e.keyphrases for e in found}, {e.article_id: e.sort_on for e in found}
            )
            _note_failures("enrich", (e.article_id for e in found), failed)
        done += len(found) + len(failed)
        progress(done, total)
    return done


def index_articles(progress: Progress) -> int:
    """Bring the search index up to date, with every article's vector, committing now and then."""
    done, total = 0, stale.count_stale("is_indexed")
    if not total:
        return 0
    renewing.begin_generation()
    index, embedder = wiring.open_writable_index(), wiring.embedder()
    pending: list[int] = []
    try:
        for ids, documents in stale.documents_to_index(1000):
            present = {d.id for d in documents}
            index.delete([i for i in ids if i not in present])
            index.add(work.with_vectors(documents, embedder))
            pending += ids
            done += len(ids)
            if len(pending) >= COMMIT_EVERY:
                _commit(index, pending)
            progress(done, total)
        _commit(index, pending)
    finally:
        index.close()
    return done


def relate_articles(progress: Progress) -> int:
    """Find the similar articles of each article: of new and changed ones first, then of those nearest to them."""
    done, generation = 0, renewing.read_generation()
    for batches in (stale.neighborhoods_to_relate, stale.neighborhoods_to_refresh):  # the first fill the second's queue
        for found, failed in map_batches(work.relate, batches(BATCH)):
            with transaction.atomic():
                derived.write_similar(found, generation)
                _note_failures("relate", found, failed)
            done += len(found) + len(failed)
            progress(done, done + stale.count_to_relate())
    return done


def shelve_items(progress: Progress) -> int:
    """Find the articles on the same topic as each item."""
    done, total = 0, stale.count_stale_items()
    for some in stale.items_to_relate(BATCH):
        ties = work.shelve(some)
        with transaction.atomic():
            items.write_topic_mentions([number for number, _, _ in some], ties, now())
            derived.mark_items_related(number for number, _, _ in some)
            derived.recount(tie.article_id for tie in ties)
        done += len(some)
        progress(done, total)
    return done


STAGES = (
    Stage("enrich", "Finding keyphrases", enrich_articles),
    Stage("index", "Indexing", index_articles),
    Stage("relate", "Finding similar articles", relate_articles),
    Stage("shelve", "Finding what is on the same topic", shelve_items),
)


def _note_failures(stage: str, succeeded: Iterable[int], failed: Mapping[int, str]) -> None:
    derived.remove_failures(stage, succeeded)
    derived.write_failures(stage, failed, now())
    for number, reason in failed.items():
        _log.warning("stage %s failed on article %d, which goes without: %s", stage, number, reason)


def _commit(index: Index, pending: list[int]) -> None:
    """Commit the index, then mark: a crash in between indexes those articles once more, and loses none."""
    index.commit()
    with transaction.atomic():
        derived.mark_indexed(pending)
    pending.clear()
