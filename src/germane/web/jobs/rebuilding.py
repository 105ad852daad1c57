"""Make what is derived again, beside what readers see, which changes over when the new is whole.

- Articles, keyphrases, lists of similar articles and shelves change row by row: each is replaced in one transaction,
  and is the old one until then. What waits to be made again is only marked.
- The index is filled in a folder beside it, and the folders change places.

A rebuild is a list of steps, and how far it has come stands in the database: one that was killed goes on.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Literal, NamedTuple

from django.db import transaction

from germane.index import Index
from germane.web import wiring
from germane.web.catalog import stale
from germane.web.catalog.store import derived, remaking
from germane.web.catalog.store.articles import remerge_articles
from germane.web.catalog.store.sql import rows, rows_in
from germane.web.jobs import work
from germane.web.jobs.clock import now
from germane.web.jobs.importing import reparse
from germane.web.jobs.parallel import map_batches
from germane.web.jobs.stages import STAGES
from germane.web.readers.store.counting import recount_likes

_BATCH = 500  # articles in a transaction
_AT_ONCE = 400  # articles that one process prepares for the index in one go
_MARKED = 20_000  # rows marked in one transaction: others wait for it, and shall not notice
_STATE = "rebuild"  # where `catalog_derivation` keeps how far it has come

Progress = Callable[[int, int], None]  # done so far, to do in all
Save = Callable[[int], None]  # notes, in the transaction of what was done, after which row to go on


Table = Literal["article", "item"]


class Step(NamedTuple):
    """A part of a rebuild. `run` goes on after a row (0: begins) and returns how many rows it made again."""

    name: str
    title: str
    run: Callable[[int, Save, Progress], int]


class State(NamedTuple):
    """How far a rebuild has come: which one it is, its step, and the row after which that goes on."""

    what: str
    step: int
    after: int


def rebuild(what: str, start: Callable[[Step], Progress]) -> Iterator[tuple[Step, int]]:
    """Run the steps of one of REBUILDS, yielding each with the number of rows that it made again.

    Goes on where a killed one of the same name was. Raises IndexFailure.
    """
    derived.retry_failures()
    first, after = 0, 0
    if (left := read_state()) and left.what == what and left.step < len(REBUILDS[what]):
        first, after = left.step, left.after
    for number, step in enumerate(REBUILDS[what][first:], start=first):
        _note(State(what, number, after))

        def save(row: int, number: int = number) -> None:
            _note(State(what, number, row))

        yield step, step.run(after, save, start(step))
        after = 0
    derived.write_derivation(_STATE, "")


def read_state() -> State | None:
    """Return how far a rebuild has come that has not ended; None when there is none."""
    what, _, numbers = derived.read_derivation(_STATE).partition(" ")
    step, _, after = numbers.partition(" ")
    return State(what, int(step), int(after)) if what in REBUILDS and step.isdigit() and after.isdigit() else None


def _note(state: State) -> None:
    derived.write_derivation(_STATE, f"{state.what} {state.step} {state.after}")


def _remerge(after: int, save: Save, progress: Progress) -> int:
    """Read every kept record with today's readers, and merge."""
    n, last, moment = 0, _last("article"), now()
    for ids in _live(after, _BATCH):
        with transaction.atomic():
            remerge_articles(ids, reparse, moment)
            save(ids[-1])
        n += len(ids)
        progress(ids[-1], last)
    return n


def _recount(after: int, save: Save, progress: Progress) -> int:
    """Count again what the tabs list."""
    n, last = 0, _last("article")
    for ids in _live(after, _BATCH):
        with transaction.atomic():
            derived.recount(ids, now())
            save(ids[-1])
        n += len(ids)
        progress(ids[-1], last)
    return n


def _recount_likes(after: int, save: Save, progress: Progress) -> int:
    """Derive the public counts of likes again; it is done in many short transactions, and so begins anew."""
    return recount_likes(now())


def _marking(table: Table, flag: remaking.Flag) -> Callable[[int, Save, Progress], int]:
    """Return what hands every row of a table to a flag's stage again."""

    def mark(after: int, save: Save, progress: Progress) -> int:
        last = _last(table)
        for start in range(after, last, _MARKED):
            with transaction.atomic():
                remaking.mark_stale_between(table, flag, start, start + _MARKED)
                save(start + _MARKED)
            progress(min(start + _MARKED, last), last)
        return 0

    return mark


def _stage(name: str) -> Step:
    """Return the step that runs a stage: its queue says what is left to do."""
    [stage] = [s for s in STAGES if s.name == name]
    return Step(name, stage.title, lambda _after, _save, progress: stage.run(progress))


def _refill(*, keep_vectors: bool) -> Callable[[int, Save, Progress], int]:
    """Return what fills a new index beside the old one, however broken; readers change over when it is whole."""

    def refill(_after: int, _save: Save, progress: Progress) -> int:
        n, last = 0, _last("article")
        seen = _Seen()
        with wiring.new_index(keep_vectors=keep_vectors) as index:
            for ids in (_add_kept if keep_vectors else _add_made)(index, seen.batches()):
                n += len(ids)
                progress(max(ids, default=last), last)
        seen.mark_unchanged()
        if keep_vectors:
            _hand_over_without_vector()
        return n

    return refill


def _add_kept(index: Index, batches: Iterator[list[int]]) -> Iterator[list[int]]:
    """Fill an index that takes over the vectors of the old one."""
    for batch in batches:
        documents = stale.read_documents(batch)
        index.add(documents)
        yield [document.id for document in documents]


def _add_made(index: Index, batches: Iterator[list[int]]) -> Iterator[list[int]]:
    """Fill an index with vectors that are made for it, on every core."""
    for made in map_batches(work.index, batches):
        if made.prepared is not None:
            index.add_prepared(made.prepared)
            yield list(made.prepared.ids)


class _Seen:
    """Articles as they were before they went into a new index: what has changed meanwhile is indexed once more."""

    def __init__(self) -> None:
        self._ids, self._marks = array("q"), array("q")

    def batches(self) -> Iterator[list[int]]:
        """Yield the numbers of all articles that are enriched."""
        for batch in _live(0, _AT_ONCE):
            if marks := _marks(batch):
                self._ids.extend(marks)
                self._marks.extend(marks.values())
                yield list(marks)

    def mark_unchanged(self) -> None:
        """Mark articles as indexed that are still as they were."""
        for start in range(0, len(self._ids), _MARKED):
            ids, marks = self._ids[start : start + _MARKED], self._marks[start : start + _MARKED]
            with transaction.atomic():
                now_seen = _marks(ids)
                same = (number for number, mark in zip(ids, marks, strict=True) if now_seen.get(number) == mark)
                remaking.mark_present(same)


def _marks(ids: Iterable[int]) -> dict[int, int]:
    """Return a number for each enriched article that is another one when what the index keeps of it has changed."""
    return {
        number: int.from_bytes(blake2b(repr(content).encode(), digest_size=8).digest(), "little", signed=True)
        for number, *content in rows_in(
            "SELECT id, changed_at, counts, merged_into, is_deleted FROM catalog_article"
            " WHERE is_enriched AND id IN ({})",
            ids,
        )
    }


def _hand_over_without_vector() -> None:
    """Hand articles whose vectors could not be kept to the stages: the old index was gone, broken or outdated."""
    index = wiring.open_writable_index()
    try:
        for ids in _live(0, _BATCH):
            vectors = index.forward(ids).vectors
            if without := [number for number, vector in zip(ids, vectors, strict=True) if not vector.any()]:
                with transaction.atomic():
                    remaking.mark_absent(without)
    finally:
        index.close()


def _live(after: int, n: int) -> Iterator[list[int]]:
    """Yield the numbers of all articles that have a page, in batches."""
    while found := rows(
        "SELECT id FROM catalog_article WHERE id > %s AND merged_into IS NULL AND NOT is_deleted ORDER BY id LIMIT %s",
        [after, n],
    ):
        ids = [r[0] for r in found]
        after = ids[-1]
        yield ids


def _last(table: Table) -> int:
    return int(rows(f"SELECT MAX(id) FROM catalog_{table}")[0][0] or 0)  # noqa: S608 (names of our own)


_ARTICLES = Step("articles", "Merging records", _remerge)
_COUNTS = Step("counts", "Counting", _recount)
_LIKES = Step("likes", "Counting likes", _recount_likes)
_STALE_KEYPHRASES = Step("stale keyphrases", "Marking", _marking("article", "is_enriched"))
_STALE_SIMILAR = Step("stale similar articles", "Marking", _marking("article", "is_related"))
_STALE_SHELVES = Step("stale shelves", "Marking", _marking("item", "is_related"))
_ENRICH, _INDEX, _RELATE, _SHELVE = map(_stage, ("enrich", "index", "relate", "shelve"))
_INDEX_AS_IT_IS = Step("index", "Filling a new index", _refill(keep_vectors=True))
_INDEX_WITH_NEW_VECTORS = Step("index", "Filling a new index", _refill(keep_vectors=False))

# What can be rebuilt → its steps. The stages bring up to date afterwards what has changed meanwhile.
REBUILDS: dict[str, tuple[Step, ...]] = {
    "articles": (_ARTICLES,),
    "keyphrases": (_STALE_KEYPHRASES, _ENRICH, _INDEX, _STALE_SIMILAR, _RELATE, _STALE_SHELVES, _SHELVE),
    "embeddings": (_ENRICH, _INDEX_WITH_NEW_VECTORS, _STALE_SIMILAR, _RELATE),
    "index": (_ENRICH, _INDEX_AS_IT_IS),
    "similar": (_STALE_SIMILAR, _RELATE),
    "shelves": (_STALE_SHELVES, _SHELVE),
    "counts": (_COUNTS, _LIKES),
    "all": (
        _ARTICLES,
        _STALE_KEYPHRASES,
        _ENRICH,
        _INDEX_WITH_NEW_VECTORS,
        _STALE_SIMILAR,
        _RELATE,
        _STALE_SHELVES,
        _SHELVE,
        _COUNTS,
        _LIKES,
    ),
}
