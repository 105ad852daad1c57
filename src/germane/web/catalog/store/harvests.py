"""Write and read how far sources have been harvested."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from germane.web.catalog.store.sql import insert_many, rows, write

_COLUMNS = (
    "id, source, query, since, until, cursor, n_pages, n_imported, n_records, n_told, counts, is_fetched, error,"
    " seen_at, done_at"
)


class HarvestState(msgspec.Struct):
    """One window of a source, as it stands. The columns of `HarvestWindow`."""

    id: int
    source: str
    query: str
    since: str
    until: str
    cursor: str
    n_pages: int
    n_imported: int
    n_records: int
    n_told: int | None
    counts: dict[str, int]
    is_fetched: bool
    error: str
    seen_at: datetime
    done_at: datetime | None


class SourceHealth(msgspec.Struct):
    """How a source has fared, for `germane sources`."""

    last_done_at: datetime | None = None
    harvested_until: str = ""  # the last day that is done
    n_records: int = 0
    n_unfinished: int = 0  # windows
    last_error: str = ""
    last_error_at: datetime | None = None


def open_window(
    source: str, query: str, since: str, until: str, now: datetime, *, is_daily: bool = False
) -> HarvestState:
    """Return a window as it stands; it is made when it is new."""
    insert_many(
        "harvestwindow",
        ("source", "query", "since", "until", "cursor", "n_pages", "n_imported", "n_records", "counts", "is_fetched",
         "is_daily", "error", "seen_at"),
        [(source, query, since, until, "", 0, 0, 0, "{}", False, is_daily, "", now)],
        "(source, query, since, until) DO UPDATE SET is_daily = catalog_harvestwindow.is_daily OR EXCLUDED.is_daily",
    )  # fmt: skip
    asked = "source = %s AND query = %s AND since = %s AND until = %s"
    return _states(asked, [source, query, since, until])[0]


def unfinished_windows(source: str) -> list[HarvestState]:
    """Return the windows of a source that hold pages which were not imported yet."""
    return _states("source = %s AND n_imported < n_pages", [source])


def go_on(state: HarvestState, now: datetime) -> None:
    """Ask a stream that was read to its end for what came after it."""
    state.is_fetched, state.done_at, state.seen_at = False, None, now
    _write(state)


def begin_again(state: HarvestState, now: datetime) -> None:
    """Ask for a window from its first page on; what it brought stays."""
    state.cursor, state.n_pages, state.n_imported, state.n_records, state.counts = "", 0, 0, 0, {}
    state.is_fetched, state.error, state.done_at, state.seen_at = False, "", None, now
    _write(state)


def note_page(state: HarvestState, cursor: str, n: int, total: int | None, now: datetime, *, is_last: bool) -> None:
    """Note that a page is kept, and where the next one is."""
    state.cursor, state.n_records, state.seen_at, state.error = cursor, state.n_records + n, now, ""
    state.n_told = state.n_told if total is None else total
    state.n_pages, state.is_fetched = state.n_pages + 1, is_last
    _write(state)


def note_import(state: HarvestState, n_pages: int, counts: Mapping[str, int], now: datetime) -> None:
    """Note that pages are in the catalog, and the whole window when it was fetched to its last page."""
    state.n_imported += n_pages
    state.counts = {name: state.counts.get(name, 0) + n for name, n in counts.items()} | {
        name: n for name, n in state.counts.items() if name not in counts
    }
    if state.is_fetched and state.n_imported == state.n_pages:
        state.done_at = now
    _write(state)


def note_error(state: HarvestState, error: str, retry_at: datetime | None, now: datetime) -> None:
    """Note why a window could not be fetched to its end."""
    state.error, state.seen_at = error[:2000], now
    _write(state)
    write("UPDATE catalog_harvestwindow SET retry_at = %s WHERE id = %s", [retry_at, state.id])


def remove_window(state: HarvestState) -> None:
    """Forget a window that is asked for in smaller ones."""
    write("DELETE FROM catalog_harvestwindow WHERE id = %s", [state.id])


def last_day_done(source: str, query: str) -> str:
    """Return the last day that `germane harvest all` has done; "" for none."""
    found = rows(
        "SELECT MAX(until) FROM catalog_harvestwindow WHERE source = %s AND query = %s AND is_daily"
        " AND done_at IS NOT NULL",
        [source, query],
    )
    return str(found[0][0] or "")


def read_health(sources: Sequence[str]) -> dict[str, SourceHealth]:
    """Return how sources have fared, by name."""
    found = {name: SourceHealth() for name in sources}
    for source, done_at, until, n, n_unfinished in rows(
        "SELECT source, MAX(done_at), MAX(CASE WHEN done_at IS NOT NULL THEN until ELSE '' END), SUM(n_records),"
        " SUM(CASE WHEN done_at IS NULL THEN 1 ELSE 0 END) FROM catalog_harvestwindow GROUP BY source"
    ):
        if source in found:
            found[source] = SourceHealth(_moment(done_at), until or "", int(n or 0), int(n_unfinished or 0))
    for source, error, seen_at in rows(
        "SELECT source, error, seen_at FROM catalog_harvestwindow WHERE error <> '' ORDER BY seen_at"
    ):
        if source in found:
            found[source].last_error, found[source].last_error_at = error, _moment(seen_at)
    return found


def _states(condition: str, parameters: Sequence[Any]) -> list[HarvestState]:
    found = rows(f"SELECT {_COLUMNS} FROM catalog_harvestwindow WHERE {condition} ORDER BY id", parameters)
    states = []
    for row in found:
        state = HarvestState(*row)
        state.counts = msgspec.json.decode(row[10], type=dict[str, int])
        state.is_fetched = bool(state.is_fetched)
        state.seen_at, state.done_at = _moment(state.seen_at), _moment(state.done_at)
        states.append(state)
    return states


def _write(state: HarvestState) -> None:
    write(
        "UPDATE catalog_harvestwindow SET cursor = %s, n_pages = %s, n_imported = %s, n_records = %s, n_told = %s,"
        " counts = %s, is_fetched = %s, error = %s, seen_at = %s, done_at = %s, retry_at = NULL WHERE id = %s",
        [
            state.cursor, state.n_pages, state.n_imported, state.n_records, state.n_told,
            msgspec.json.encode(state.counts).decode(), state.is_fetched, state.error, state.seen_at, state.done_at,
            state.id,
        ],
    )  # fmt: skip


def _moment(value: Any) -> Any:
    """Return a time as the driver gives it: SQLite gives text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value
