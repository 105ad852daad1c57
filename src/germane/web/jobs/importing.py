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
from germane.item import Item
from germane.reading import Piece, ReadingError
from germane.reading.cleaning import without_controls
from germane.reading.opening import Source, find_files, open_text
from germane.sources import Entry, ParseError, Reader
from germane.web.catalog.store.articles import Incoming, withdraw_records, write_records
from germane.web.catalog.store.derived import recount
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
from germane.web.jobs import clock

BATCH = 500  # entries a transaction


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
    for source in find_files(paths):
        yield _import_file(source, progress, format)


def reparse(source: str, raw: str) -> Iterable[Record]:
    """Return the records that a kept piece holds, read again with today's reader."""
    return [without_controls(e) for e in load_reader(source).parse(raw) if isinstance(e, Record)]


def _import_file(source: Source, progress: Progress, format: str) -> FileReport:
    report = FileReport(file=source.name, counts=Counts())
    started, started_at = time.monotonic(), clock.now()
    try:
        with source.open() as stream:
            text = open_text(stream, name=source.name)
            reader = load_reader(format) if format else find_reader(text.head)
            if reader is None:
                report.error = "of no known format" if text.head.strip() else "empty"
                return report
            report.format = reader.NAME
            place = _place(source)
            fingerprint = _fingerprint(place, text.head) if place else ""
            done, before = read_checkpoint(fingerprint) if fingerprint else (0, {})
            report.resumed_at, report.counts = done, Counts(**before)
            batch = _Batch(report, reader, str(place or source.name), fingerprint)
            last = 0.0
            try:
                for piece in reader.split(text):
                    if piece.position > done:
                        batch.take(piece)
                    if time.monotonic() - last > 0.2:
                        last = time.monotonic()
                        progress(report, text.consumed, text.total)
            except ReadingError as error:  # what came before it stands
                report.error = _without_name(source, error)
                batch.reject(Piece(position=batch.position + 1, offset=0, text="", error=report.error), report.error)
            batch.flush()
            if place:
                remove_checkpoints(str(place))
                if not report.error:
                    remove_old_rejects(str(place), report.resumed_at, started_at)
            progress(report, text.consumed, text.total)
    except (OSError, ReadingError) as error:
        report.error = _without_name(source, error)
    finally:
        report.seconds = time.monotonic() - started
    return report


class _Batch:
    """Entries on their way into the catalog, and the pieces that they came from."""

    def __init__(self, report: FileReport, reader: Reader, place: str, fingerprint: str = "") -> None:
        self.report, self.reader, self.place, self.fingerprint = report, reader, place, fingerprint
        self.position = report.resumed_at
        self.entries: list[tuple[Entry, str]] = []
        self.seen: set[tuple[str, str]] = set()
        self.rejects: list[tuple[Piece, str]] = []

    def take(self, piece: Piece) -> None:
        """Parse a piece, or keep it as a reject."""
        if piece.error:
            self.reject(piece, piece.error)
            return
        try:
            entries = [without_controls(entry) for entry in self.reader.parse(piece.text)]
        except ParseError as error:
            self.reject(piece, str(error))
            return
        except Exception as error:  # a defect of the reader must cost one record, not the import
            self.reject(piece, f"the {self.reader.NAME} reader failed: {type(error).__name__}: {error}")
            return
        keys = [(e.source, e.key) if not isinstance(e, Item) else (e.channel, e.key) for e in entries]
        if len(self.entries) >= BATCH or not self.seen.isdisjoint(keys) or len(set(keys)) < len(keys):
            self.flush()
        for entry, key in zip(entries, keys, strict=True):
            if key in self.seen:  # one piece says two things of one key: in their order
                self.flush()
            self.entries.append((entry, piece.text))
            self.seen.add(key)
        self.position = piece.position

    def reject(self, piece: Piece, reason: str) -> None:
        """Keep a piece that could not be understood."""
        self.rejects.append((piece, reason))
        self.position = piece.position
        if len(self.rejects) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write everything so far, with how far the file has come, in one transaction."""
        if not self.entries and not self.rejects:
            return
        counts = structs.replace(self.report.counts)
        now = clock.now()
        with transaction.atomic():
            for outcome in self._write(now):
                counts.add(outcome)
            write_rejects(self.place, self.reader.NAME, self.rejects, now)
            counts.add("rejected", len(self.rejects))
            if self.fingerprint:
                write_checkpoint(self.fingerprint, self.place, self.position, structs.asdict(counts), now)
        self.report.counts = counts
        self.entries, self.rejects, self.seen = [], [], set()

    def _write(self, now: datetime) -> list[str]:
        outcomes: list[str] = []
        records = [Incoming(e, raw) for e, raw in self.entries if isinstance(e, Record)]
        if records:
            outcomes += write_records(records, reparse, now)
        deletions = [e for e, _ in self.entries if isinstance(e, Deletion)]
        if deletions:
            outcomes += withdraw_records(deletions, reparse, now)
        items = [e for e, _ in self.entries if isinstance(e, Item)]
        if items:
            item_outcomes, touched = write_items(items, now)
            outcomes += item_outcomes
            recount(touched)
        return outcomes


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
    return counts


def _replay(reject: StoredReject, counts: Counts) -> None:
    if not reject.is_whole:
        counts.add("rejected")
        return
    report = FileReport(file=reject.file, format=reject.source)
    batch = _Batch(report, load_reader(reject.source), reject.file)
    batch.take(Piece(position=reject.position, offset=0, text=read_reject_text(reject.id), line=reject.line))
    if batch.rejects:
        set_reject_reason(reject.id, batch.rejects[0][1])
        counts.add("rejected")
        return
    batch.flush()
    remove_rejects([reject.id])
    for name in ("new", "changed", "unchanged"):
        counts.add(name, getattr(report.counts, name))
