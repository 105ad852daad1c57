"""Read files of records and items into the catalog: in batches, resumable, and nothing is lost without a word."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction
from msgspec import Struct, field, structs

from germane.article import Deletion, Record
from germane.connectors import find_reader, load_reader
from germane.reading import Piece, ReadingError
from germane.reading.cleaning import without_controls
from germane.reading.opening import Source, find_files, open_text
from germane.web.catalog.store.articles import withdraw_records, write_prepared
from germane.web.catalog.store.derived import recount
from germane.web.catalog.store.incoming import Prepared
from germane.web.catalog.store.items import write_items
from germane.web.catalog.store.ledger import (
    StoredReject,
    read_checkpoint,
    read_reject_text,
    read_rejects,
    remove_checkpoints,
    remove_old_rejects,
    remove_rejects,
    set_reject_reason,
    write_checkpoint,
    write_rejects,
)
from germane.web.catalog.store.references import count_unlisted, list_citations
from germane.web.catalog.store.sql import expect_many_writes
from germane.web.catalog.store.work_keys import sort_in_work_keys
from germane.web.jobs import clock
from germane.web.jobs.capacity import read_capacity
from germane.web.jobs.parallel import Pool
from germane.web.jobs.reading import Entry, Heard, Parsed, Withdrawn, read_piece, read_pieces

_CACHE_SHARE = 16  # the part of the free memory that holds the database's pages
BATCH = 4_000  # entries a transaction
BATCH_BYTES = 64_000_000  # or fewer entries, of so much: records with thousands of authors
MAX_REJECTS = 500  # with their texts
_UNLISTED = 150_000  # articles whose citations are sorted in together


class Counts(Struct):
    """What an import came to. `read` is always the sum of the other four."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0

    def add(self, outcome: str, n: int = 1) -> None:
        """Count some entries with this outcome."""
        setattr(self, outcome, getattr(self, outcome) + n)
        self.read += n


class FileReport(Struct):
    """How the import of one file went."""

    file: str
    format: str = ""  # "": of no known format, skipped
    counts: Counts = field(default_factory=Counts)
    seconds: float = 0.0
    resumed_at: int = 0  # pieces that an earlier, interrupted import had done
    error: str = ""  # why the file could not be read, or not to its end
    is_done: bool = False


def sum_counts(reports: Iterable[FileReport]) -> Counts:
    """Return what several files came to together."""
    total = Counts()
    for report in reports:
        for outcome in ("new", "changed", "unchanged", "rejected"):
            total.add(outcome, getattr(report.counts, outcome))
    return total


Progress = Callable[[FileReport, int, int | None], None]  # report so far, bytes consumed, bytes in all


def import_files(paths: Sequence[str], progress: Progress = lambda *_: None, format: str = "") -> Iterator[FileReport]:
    """Import files, folders and standard input ("-"), yielding a report on each file when it is done."""
    with Pool() as pool:
        for report in import_steps(paths, progress, format, pool=pool):
            if report.is_done:
                yield report


def import_steps(
    paths: Sequence[str], progress: Progress = lambda *_: None, format: str = "", *, pool: Pool
) -> Iterator[FileReport]:
    """Import files, yielding the file's report so far after each transaction, so that other work can be done between.

    A report whose `is_done` is set is the file's last. The pool is used by files of more than a few records.
    """
    expect_many_writes(read_capacity().memory_mb // _CACHE_SHARE)
    report = None
    for source in find_files(paths):
        report = FileReport(file=source.name, counts=Counts())
        for _ in _import_file(source, report, progress, format, pool):
            yield report
            yield from _list_citations(report, at_least=_UNLISTED)
        report.is_done = True
        yield report
    if report is not None:
        with transaction.atomic():
            sort_in_work_keys()
        yield from _list_citations(structs.replace(report, is_done=False))


def reparse(source: str, raw: str) -> Iterable[Record]:
    """Return the records that a kept piece holds, read again with today's reader."""
    return [without_controls(e) for e in load_reader(source).parse(raw) if isinstance(e, Record)]


def _list_citations(report: FileReport, at_least: int = 1) -> Iterator[FileReport]:
    if count_unlisted() >= at_least:
        for _ in list_citations():
            yield report


def _import_file(source: Source, report: FileReport, progress: Progress, format: str, pool: Pool) -> Iterator[None]:
    """Import one file, yielding after each transaction."""
    started, started_at = time.monotonic(), clock.now()
    try:
        with source.open() as stream:
            text = open_text(stream, name=source.name)
            reader = load_reader(format) if format else find_reader(text.head)
            if reader is None:
                report.error = "of no known format" if text.head.strip() else "empty"
                return
            report.format = reader.NAME
            place = _place(source)
            fingerprint = _fingerprint(place, text.head) if place else ""
            done, before = read_checkpoint(fingerprint) if fingerprint else (0, {})
            report.resumed_at, report.counts = done, Counts(**before)
            batch = _Batch(report, str(place or source.name), fingerprint)
            last = 0.0
            try:
                for piece, parsed in read_pieces(format or reader.NAME, reader.split(text), done, pool):
                    if batch.is_before(parsed):
                        batch.flush()
                        yield
                    batch.take(piece, parsed)
                    if time.monotonic() - last > 0.2:
                        last = time.monotonic()
                        progress(report, text.consumed, text.total)
            except ReadingError as error:  # what came before it stands
                report.error = _without_name(source, error)
                batch.reject(Piece(position=batch.position + 1, offset=0, text="", error=report.error), report.error)
            batch.flush()
            yield
            if place:
                remove_checkpoints(str(place))
                if not report.error:
                    remove_old_rejects(str(place), report.resumed_at, started_at)
            progress(report, text.consumed, text.total)
    except (OSError, ReadingError) as error:
        report.error = _without_name(source, error)
    finally:
        report.seconds = time.monotonic() - started


class _Batch:
    """Entries on their way into the catalog, and how far they bring their file."""

    def __init__(self, report: FileReport, place: str, fingerprint: str = "") -> None:
        self.report, self.place, self.fingerprint = report, place, fingerprint
        self.position = report.resumed_at
        self.entries: list[Entry] = []
        self.seen: set[tuple[str, str]] = set()
        self.n_bytes = 0  # of the entries, about
        self.rejects: list[tuple[Piece, str]] = []

    def is_before(self, parsed: Parsed) -> bool:
        """Tell whether this batch is to be written before what another piece says is added: full, or of one key."""
        if len(self.entries) >= BATCH or self.n_bytes >= BATCH_BYTES or len(self.rejects) >= MAX_REJECTS:
            return True
        return bool(self.entries) and any(_name(entry) in self.seen for entry in parsed.entries)

    def take(self, piece: Piece, parsed: Parsed) -> None:
        """Add what a piece says, or keep it as a reject."""
        if parsed.error:
            self.reject(piece, parsed.error)
            return
        for entry in parsed.entries:
            name = _name(entry)
            if name in self.seen:  # one piece says two things of one key: in their order
                self.flush()
            self.entries.append(entry)
            self.seen.add(name)
            if isinstance(entry, Prepared):
                self.n_bytes += len(entry.raw) + len(entry.record) + len(entry.alone.content)
        self.position = piece.position

    def reject(self, piece: Piece, reason: str) -> None:
        """Keep a piece that could not be understood."""
        self.rejects.append((piece, reason))
        self.position = piece.position

    def flush(self) -> None:
        """Write everything so far, with how far the file has come, in one transaction."""
        if not self.entries and not self.rejects:
            return
        counts = structs.replace(self.report.counts)
        now = clock.now()
        with transaction.atomic():
            for outcome in self._write(now):
                counts.add(outcome)
            write_rejects(self.place, self.report.format, self.rejects, now)
            counts.add("rejected", len(self.rejects))
            if self.fingerprint:
                write_checkpoint(self.fingerprint, self.place, self.position, structs.asdict(counts), now)
        self.report.counts = counts
        self.entries, self.rejects, self.seen, self.n_bytes = [], [], set(), 0

    def _write(self, now: datetime) -> list[str]:
        outcomes: list[str] = []
        records = [entry for entry in self.entries if isinstance(entry, Prepared)]
        if records:
            outcomes += write_prepared(records, reparse, now)
        deletions = [Deletion(entry.source, entry.key) for entry in self.entries if isinstance(entry, Withdrawn)]
        if deletions:
            outcomes += withdraw_records(deletions, reparse, now)
        items = [entry.item for entry in self.entries if isinstance(entry, Heard)]
        if items:
            item_outcomes, touched = write_items(items, now)
            outcomes += item_outcomes
            recount(touched, now)
        return outcomes


def _name(entry: Entry) -> tuple[str, str]:
    """Return what no two entries of a batch may share."""
    return (entry.item.channel, entry.item.key) if isinstance(entry, Heard) else (entry.source, entry.key)


def _place(source: Source) -> Path | None:
    """Return where a file is found again; None for standard input and pipes, which cannot be read twice."""
    return source.path.absolute() if source.path is not None and source.path.is_file() else None


def _fingerprint(place: Path, head: str) -> str:
    """Return what tells this file from another or a newer one."""
    status = place.stat()
    identity = f"{place}\0{status.st_size}\0{status.st_mtime_ns}\0{head}"
    return hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=24).hexdigest()


def _without_name(source: Source, error: Exception) -> str:
    """Return what is wrong; the file is named beside it."""
    return str(error).removeprefix(f"{source.name}: ")


def replay_rejects() -> Counts:
    """Read every reject again, as after an upgrade of its reader; those that can be understood now are forgotten."""
    counts = Counts()
    after = 0
    while found := read_rejects(after):
        after = found[-1].id
        for reject in found:
            with transaction.atomic():
                _replay(reject, counts)
    for _ in list_citations():
        pass
    return counts


def _replay(reject: StoredReject, counts: Counts) -> None:
    if not reject.is_whole:
        counts.add("rejected")
        return
    report = FileReport(file=reject.file, format=reject.source)
    batch = _Batch(report, reject.file)
    piece = Piece(position=reject.position, offset=0, text=read_reject_text(reject.id), line=reject.line)
    batch.take(piece, read_piece(load_reader(reject.source), piece.text))
    if batch.rejects:
        set_reject_reason(reject.id, batch.rejects[0][1])
        counts.add("rejected")
        return
    batch.flush()
    remove_rejects([reject.id])
    for name in ("new", "changed", "unchanged"):
        counts.add(name, getattr(report.counts, name))
