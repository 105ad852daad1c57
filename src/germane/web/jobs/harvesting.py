"""Bring what a live source has into the catalog: window by window, page by page, resumable.

A page is kept in a file, durably, before the window's row says that it was fetched; it is imported as any file is; the
row says so; only then the file goes. So `kill -9` loses nothing at any moment, and what it repeats is unchanged.
"""

import fcntl
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from msgspec import Struct, field, structs

from germane.fetch import Client, FetchError
from germane.files import written_whole
from germane.harvest import Ask, LiveSource, Page, SourceError, StaleCursor, TooMany
from germane.web.catalog.store import harvests
from germane.web.catalog.store.harvests import HarvestState
from germane.web.jobs import clock
from germane.web.jobs.importing import BATCH, BATCH_BYTES, Counts, FileReport, import_steps
from germane.web.jobs.parallel import Pool

_GZIP = b"\x1f\x8b"


class Wanted(Struct, frozen=True):
    """What is to be harvested of a source. Without days: whatever it has, or what is new of a stream of files."""

    since: str = ""
    until: str = ""
    query: str = ""
    ids: tuple[str, ...] = ()
    limit: int = 0  # records, about: it ends after the page that reaches it; 0 is none
    is_daily: bool = False
    is_urgent: bool = False


class Harvest(Struct):
    """What a source's harvest came to."""

    source: str
    windows: int = 0  # done
    skipped: int = 0  # that were done before, and change no more
    pages: int = 0
    records: int = 0  # that the pages held
    counts: Counts = field(default_factory=Counts)
    error: str = ""
    permanent: bool = False  # trying again cannot help
    retry_at: datetime | None = None


class Busy(Exception):  # noqa: N818
    """Another process harvests this source."""


def wanted_today(source: LiveSource, today: date) -> Wanted:
    """Return what brings a site up to date with a source: all days since the last one, and some before."""
    if not source.HAS_WINDOWS:
        return Wanted(query=source.query, is_daily=True)
    done = harvests.last_day_done(source.NAME, source.query)
    first = date.fromisoformat(done) - timedelta(days=source.look_back_days) if done else None
    first = first or today - timedelta(days=source.first_days)
    return Wanted(first.isoformat(), today.isoformat(), source.query, is_daily=True)


def harvest_steps(
    source: LiveSource, wanted: Wanted, client: Client, folder: Path, pool: Pool, harvest: Harvest
) -> Iterator[FileReport]:
    """Harvest a source into the catalog, yielding as `import_steps` does; what it came to is added to `harvest`.

    `folder` keeps the pages that wait. Failures of the source end it, and are told in `harvest.error`. Raises Busy.
    """
    for host, policy in source.policies().items():
        client.use(host, policy)
    with _held(folder / source.NAME) as own:
        run = _Run(source, wanted, client, own, pool, harvest)
        run.tidy()
        try:
            for state in harvests.unfinished_windows(source.NAME):
                yield from run.import_pages(state)
            for window in source.windows(wanted.since, wanted.until):
                yield from run.window(Ask(window, wanted.query, wanted.ids, wanted.is_urgent))
                if run.is_limited:
                    break
        except (FetchError, SourceError) as error:
            harvest.error, harvest.permanent = str(error), error.permanent
            harvest.retry_at = getattr(error, "retry_at", None)


class _Run:
    """One run over a source: what was asked, and how far it came."""

    def __init__(
        self, source: LiveSource, wanted: Wanted, client: Client, folder: Path, pool: Pool, harvest: Harvest
    ) -> None:
        self.source, self.wanted, self.client, self.folder, self.pool = source, wanted, client, folder, pool
        self.harvest = harvest

    @property
    def is_limited(self) -> bool:
        """Whether as much came as was wanted."""
        return bool(self.wanted.limit) and self.harvest.records >= self.wanted.limit

    def tidy(self) -> None:
        """Remove files that nobody waits for: of pages that are imported, or were never noted."""
        waiting = {s.id: s for s in harvests.unfinished_windows(self.source.NAME)}
        for path in self.folder.glob("*-*"):
            number, _, rest = path.name.partition("-")
            page, _, ending = rest.partition(".")
            state = waiting.get(int(number)) if number.isdigit() else None
            is_waiting = state is not None and not ending and state.n_imported < int(page) <= state.n_pages
            if not is_waiting and ending != "part":  # a download that was cut off goes on
                path.unlink(missing_ok=True)

    def window(self, ask: Ask) -> Iterator[FileReport]:
        """Fetch and import one window; in halves when it is too large."""
        source, window = self.source, ask.window
        query = ask.query if not ask.ids else f"ids:{hashlib.blake2b(' '.join(ask.ids).encode()).hexdigest()[:32]}"
        state = harvests.open_window(
            source.NAME, query, window.since, window.until, clock.now(), is_daily=self.wanted.is_daily
        )
        if self._is_settled(state):
            self.harvest.skipped += 1
            return
        self._prepare(state)
        try:
            yield from self._pages(state, ask)
        except TooMany as error:
            halves = window.halves() if window.since else None
            if halves is None:
                harvests.note_error(state, str(error), None, clock.now())
                raise
            harvests.remove_window(state)
            for half in halves:
                yield from self.window(structs.replace(ask, window=half))
            return
        except (FetchError, SourceError) as error:
            yield from self.import_pages(state)
            harvests.note_error(state, str(error), getattr(error, "retry_at", None), clock.now())
            raise
        if state.done_at is not None:
            self.harvest.windows += 1
            if ask.ids:
                harvests.remove_window(state)

    def import_pages(self, state: HarvestState) -> Iterator[FileReport]:
        """Import the pages of a window that wait, and note it."""
        numbers = range(state.n_imported + 1, state.n_pages + 1)
        paths = [self._path(state, number) for number in numbers]
        if not paths:
            return
        if not all(path.is_file() for path in paths):  # as after a restored backup
            harvests.begin_again(state, clock.now())
            return
        counts, why = Counts(), ""
        full = [str(path) for path in paths if path.stat().st_size]
        for report in import_steps(full, format=self.source.READER, pool=self.pool):
            yield report
            if report.is_done:
                for outcome in ("new", "changed", "unchanged", "rejected"):
                    counts.add(outcome, getattr(report.counts, outcome))
                why = why or report.error or ("" if report.counts.read else "nothing in it could be read")
        with transaction.atomic():
            harvests.note_import(state, len(paths), structs.asdict(counts), clock.now())
            if why:  # it would be no better a second time
                self.harvest.error = f"a page was not understood: {why}"
                harvests.note_error(state, self.harvest.error, None, clock.now())
        for path in paths:
            path.unlink(missing_ok=True)
        for outcome in ("new", "changed", "unchanged", "rejected"):
            self.harvest.counts.add(outcome, getattr(counts, outcome))

    def _is_settled(self, state: HarvestState) -> bool:
        """Tell whether a window is done, and so long after its last day that nothing more comes."""
        if state.done_at is None or not state.until or not self.source.HAS_WINDOWS:
            return False
        last = date.fromisoformat(state.until) + timedelta(days=self.source.look_back_days)
        return state.done_at.astimezone(UTC).date() > last

    def _prepare(self, state: HarvestState) -> None:
        """Go on with a window that was cut off, if its cursor still leads anywhere; else begin it again."""
        source, now = self.source, clock.now()
        if state.done_at is not None and source.IS_STREAM:
            harvests.go_on(state, now)
            return
        age = (now - state.seen_at.replace(tzinfo=state.seen_at.tzinfo or UTC)).total_seconds()
        is_lost = source.IS_SCROLL or (source.CURSOR_S and age > source.CURSOR_S)
        if state.done_at is not None or (state.cursor and is_lost):
            harvests.begin_again(state, now)

    def _pages(self, state: HarvestState, ask: Ask) -> Iterator[FileReport]:
        source = self.source
        begun, has_begun_again = {state.cursor}, False
        before = b""
        n_waiting = n_bytes = 0
        while not state.is_fetched and not self.is_limited:
            try:
                page = source.page(self.client, ask, state.cursor)
            except StaleCursor:
                if has_begun_again:
                    raise
                has_begun_again, begun, before = True, {""}, b""
                yield from self.import_pages(state)
                harvests.begin_again(state, clock.now())
                continue
            digest = hashlib.blake2b(page.body).digest()
            is_last = page.is_last or not page.next
            is_known = (page.next in begun and not source.IS_SCROLL) or (bool(page.n) and digest == before)
            if is_known and not is_last:
                yield from self.import_pages(state)
                harvests.begin_again(state, clock.now())
                raise SourceError(f"{source.NAME} gave the same page again, and would for ever")
            begun.add(page.next)
            before = digest
            n_bytes += self._keep(state, page)
            harvests.note_page(state, page.next, page.n, page.total, clock.now(), is_last=is_last)
            if page.answer is not None:
                self.client.remember(page.answer)
            self.harvest.pages += 1
            self.harvest.records += page.n
            n_waiting += page.n
            if n_waiting >= BATCH or n_bytes >= BATCH_BYTES or page.file_url:
                yield from self.import_pages(state)
                n_waiting = n_bytes = 0
            if state.is_fetched and self._is_short(state) and not has_begun_again:
                has_begun_again, before = True, b""
                yield from self.import_pages(state)
                harvests.begin_again(state, clock.now())
        yield from self.import_pages(state)

    def _is_short(self, state: HarvestState) -> bool:
        """Tell whether a scroll has lost records: its place moves on even when an answer does not arrive."""
        return self.source.IS_SCROLL and state.n_told is not None and state.n_records < state.n_told

    def _keep(self, state: HarvestState, page: Page) -> int:
        """Write a page into its file, durably, and return its size in bytes."""
        path = self._path(state, state.n_pages + 1)
        if page.file_url:
            self.client.download(page.file_url, path)
            _check_whole(path)
            return path.stat().st_size
        with written_whole(path) as file:
            file.write(page.body)
        return len(page.body)

    def _path(self, state: HarvestState, number: int) -> Path:
        return self.folder / f"{state.id}-{number:06d}"


@contextmanager
def _held(folder: Path) -> Iterator[Path]:
    """Give a source's folder to one process at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"{folder.name} is being harvested by another process") from error
        yield folder


def _check_whole(path: Path) -> None:
    """Read a compressed file through. Raises SourceError when it is damaged, and removes it."""
    with path.open("rb") as file:
        if file.read(2) != _GZIP:
            return
        file.seek(0)
        try:
            _drain(file)
        except (OSError, EOFError, zlib.error) as error:
            path.unlink()
            raise SourceError(f"a file came damaged ({error})") from error


def _drain(file: BinaryIO) -> None:
    with gzip.open(file) as content:
        while content.read(1_000_000):
            pass
