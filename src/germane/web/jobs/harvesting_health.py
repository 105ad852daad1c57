"""How each source fares: what `germane sources` shows."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from msgspec import Struct

from germane.fetch import Client, HostReport
from germane.harvest import LiveSource
from germane.web import wiring
from germane.web.catalog.store.harvests import read_health
from germane.web.jobs import clock


class SourceReport(Struct):
    """One source, as `germane sources` shows it."""

    source: str
    is_daily: bool
    last_done_at: datetime | None
    harvested_until: str
    n_records: int
    n_unfinished: int
    error: str
    error_at: datetime | None
    hosts: list[HostReport]
    words: str = ""


def read_reports(sources: Iterable[LiveSource]) -> list[SourceReport]:
    """Return how sources fare, in their order."""
    listed = list(sources)
    health = read_health([source.NAME for source in listed])
    client = wiring.fetch_client()
    reports = []
    for source in listed:
        own = health[source.NAME]
        report = SourceReport(
            source.NAME,
            source.is_on and source.daily,
            own.last_done_at,
            own.harvested_until,
            own.n_records,
            own.n_unfinished,
            own.last_error,
            own.last_error_at,
            _hosts(client, source),
        )
        report.words = _words(report)
        reports.append(report)
    return reports


def _hosts(client: Client, source: LiveSource) -> list[HostReport]:
    for host, policy in source.policies().items():
        client.use(host, policy)
    return [client.ledger.report(host, clock.now().timestamp()) for host in source.policies()]


def _words(report: SourceReport) -> str:
    parts = ["daily" if report.is_daily else "on demand"]
    if report.last_done_at is None:
        parts.append("never harvested")
    else:
        until = f", up to {report.harvested_until}" if report.harvested_until else ""
        parts.append(f"last success {report.last_done_at:%Y-%m-%d %H:%M} UTC{until}, {report.n_records:,} records")
    if report.n_unfinished:
        parts.append(f"{report.n_unfinished} windows unfinished")
    return ", ".join([*parts, *(told for host in report.hosts for told in _host_words(host))])


def _host_words(host: HostReport) -> Iterator[str]:
    for per, n in host.used:
        yield f"{n:,} requests this {per}"
    for left in host.left:
        yield f"{left.remaining:,.0f} {left.unit} left"
    if host.retry_at:
        yield f"{host.key} is not asked until {datetime.fromtimestamp(host.retry_at, UTC):%H:%M} UTC ({host.why})"
