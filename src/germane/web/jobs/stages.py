"""The stages that bring derived data up to date: the table of contents of the system.

A stage is a query for rows that lack its output, one call into the library, one write. Each can be interrupted at any
moment and goes on where it was, because the rows themselves are the queue. An article on which a stage fails is noted
with the reason, and goes without until it changes or a new version tries again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple, Self

from django.db import transaction

from germane.web import wiring
from germane.web.catalog import stale
from germane.web.catalog.store import derived, items, keyphrases
from germane.web.catalog.store.indexes import make_indexes
from germane.web.catalog.store.references import list_citations
from germane.web.jobs import relating_all, renewing, work
from germane.web.jobs.clock import now
from germane.web.jobs.parallel import Pool, map_batches
from germane.web.jobs.timing import Stopwatch

BATCH = 250
ITEMS = 50  # items whose topic shelves are looked for together
_AT_ONCE = 400  # articles that are derived in one go, in one process
_AHEAD = 10  # such batches are handed over in advance, so that processes have work while this one writes
_WRITTEN = 2_000  # and that are written in one transaction
COMMIT_EVERY = 100_000  # documents between two commits of the index; in between, a crash costs indexing them again
OPTIMIZED = 0.5  # share of the index that must be new for it to be put in its fastest form at the end

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]  # done so far, to do in all
Work = Callable[[list[int]], work.Derived]


class Stage(NamedTuple):
    """A stage: its name, what it does in words, and the function that does all of it and returns how many rows."""

    name: str
    title: str
    run: Callable[[Progress], int]


def run_stages(
    progress: Callable[[Stage], Progress] = lambda _: lambda *_: None, watch: Stopwatch | None = None
) -> Iterator[tuple[Stage, int]]:
    """Run every stage to its end, in order, yielding each with the number of rows that it brought up to date.

    The first two go together, over the same articles.
    """
    renewing.mark_outdated()
    enrich, index, *others = STAGES
    told, n = {stage: progress(stage) for stage in (enrich, index)}, Counter[Stage]()
    total = {enrich: stale.count_stale("is_enriched"), index: 0}
    total[index] = max(stale.count_stale("is_indexed"), total[enrich])
    with Pool() as pool:
        watch = watch or Stopwatch(pool)
        for step in watch.watch("derive", derive_steps(pool)):
            n.update({enrich: step.n_enriched, index: step.n_indexed})
            for stage, tell in told.items():
                tell(n[stage], max(total[stage], n[stage]))
    for _ in list_citations():  # an import that was killed, or a rebuild, left them to others
        pass
    make_indexes()
    yield from ((stage, n[stage]) for stage in told)
    for stage in others:
        with watch.measure(stage.name) as timing:
            timing.rows = stage.run(progress(stage))
        yield stage, timing.rows


class Step(NamedTuple):
    """What one transaction brought up to date."""

    n_enriched: int
    n_indexed: int


def derive_steps(pool: Pool | None = None) -> Iterator[Step]:
    """Enrich and index all articles that wait for it, by ascending number, yielding after each transaction.

    While it is suspended, articles may be added, which it then derives too, and changed: those wait for the next call.
    Readers of the index see what is new at the end, and every COMMIT_EVERY articles.
    """
    return _steps(work.derive, stale.articles_to_derive, pool)


def enrich_articles(progress: Progress) -> int:
    """Render formulas and find keyphrases."""
    return _run(_steps(work.enrich, stale.articles_to_enrich), stale.count_stale("is_enriched"), progress)


def index_articles(progress: Progress) -> int:
    """Bring the search index up to date, with every article's vector."""
    return _run(_steps(work.index, stale.articles_to_index), stale.count_stale("is_indexed"), progress)


def _run(steps: Iterator[Step], total: int, progress: Progress) -> int:
    done = 0
    for step in steps:
        done += max(step)
        progress(done, max(done, total))
    return done


def _steps(function: Work, waiting: Callable[[int], Iterator[list[int]]], pool: Pool | None = None) -> Iterator[Step]:
    with ExitStack() as stack:
        writing: _Indexing | None = None
        for some in _bunches(map_batches(function, waiting(_AT_ONCE), pool=pool, ahead=_AHEAD)):
            if function is not work.enrich and writing is None:
                renewing.begin_generation()
                writing = stack.enter_context(_Indexing())
            yield _write(some, writing)
    with transaction.atomic():
        keyphrases.count_keyphrases()


def _bunches(results: Iterator[work.Derived]) -> Iterator[list[work.Derived]]:
    """Yield results together that fill a transaction."""
    bunch: list[work.Derived] = []
    for result in results:
        bunch.append(result)
        if sum(len(one.changed_at) for one in bunch) >= _WRITTEN:
            yield bunch
            bunch = []
    if bunch:
        yield bunch


def _write(some: list[work.Derived], indexing: "_Indexing | None") -> Step:
    enriched = {e.article_id: e for one in some for e in one.enriched}
    failed = {number: reason for one in some for number, reason in one.failed.items()}
    changed_at = {number: moment for one in some for number, moment in one.changed_at.items()}
    if enriched or failed:
        with transaction.atomic():
            derived.write_rendered(
                {number: e.title_html for number, e in enriched.items() if e.title_html},
                {number: html for e in enriched.values() for number, html in e.abstracts},
            )
            keyphrases.write_keyphrases(
                {number: e.keyphrases for number, e in enriched.items()},
                {number: e.sort_on for number, e in enriched.items()},
            )
            derived.mark_enriched({number: changed_at[number] for number in enriched})
            _note_failures("enrich", enriched, failed)
    if indexing is None:
        return Step(len(enriched) + len(failed), 0)
    for one in some:
        indexing.add(one)
    return Step(len(enriched) + len(failed), len(changed_at))


class _Indexing:
    """The search index while it is written to. Left without an error, all is committed."""

    def __enter__(self) -> Self:
        self._index = wiring.open_writable_index()
        self._n_before = self._index.n_documents
        self._n_added = 0
        self._pending: dict[int, Any] = {}  # since the last commit: when each article had changed
        return self

    def add(self, one: work.Derived) -> None:
        """Put what was made of some articles in the index, and commit now and then."""
        self._index.delete(one.gone)
        if one.prepared is not None:
            self._n_added += self._index.add_prepared(one.prepared)
        self._pending.update(one.changed_at)
        if len(self._pending) >= COMMIT_EVERY:
            self._commit()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._commit()
                if self._n_added >= max(OPTIMIZED * self._n_before, COMMIT_EVERY):
                    self._index.optimize()
        finally:
            self._index.close()

    def _commit(self) -> None:
        """Commit the index, then mark: a crash in between indexes those articles once more, and loses none."""
        self._index.commit()
        with transaction.atomic():
            derived.mark_indexed(self._pending)
        self._pending = {}


def relate_articles(progress: Progress) -> int:
    """Find the similar articles of each article: of new and changed ones first, then of those nearest to them."""
    done, generation = 0, renewing.read_generation()
    total = stale.count_stale("is_related")
    if relating_all.is_worthwhile(total, wiring.index().n_documents):
        with Pool() as pool:
            for n in relating_all.relate_all(generation, pool):
                done += n
                progress(done, max(done, total))
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
    for some, ties in map_batches(work.shelve, stale.items_to_relate(ITEMS)):
        with transaction.atomic():
            items.write_topic_mentions(some, ties, now())
            derived.mark_items_related(some)
            derived.recount((tie.article_id for tie in ties), now())
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
