"""The machine: limits of files and memory, the clock, and the software that Germane stands on."""

import importlib.metadata
import os
import re
import resource
import sqlite3
import time
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from germane.web.jobs.doctor import Finding, Site
from germane.web.jobs.sizes import size_of_index

_FILES_NEEDED, _FILES_GOOD = 256, 1_024
_MEMORY_NEEDED, _MEMORY_GOOD = 512_000_000, 2_000_000_000
_ADDRESSES_NEEDED = 7_500_000_000  # address space beside the index: mapped files mostly, which cost no memory
_AHEAD_S = 120.0
_SQLITE = (3, 35, 0)  # the first with RETURNING
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def examine_machine(site: Site) -> Iterator[Finding]:
    """Yield which limits are too low, and what is wrong with the clock and the software."""
    yield from _open_files()
    yield from _memory(memory_limit())
    yield from _address_space(site)
    yield from _clock(site)
    yield from _software()


def _open_files() -> Iterator[Finding]:
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and limit < _FILES_GOOD:
        yield Finding(
            "few-open-files",
            "error" if limit < _FILES_NEEDED else "warning",
            f"A process may have {limit} files open",
            "The index is made of many files, each of which every process opens; too few end in “Too many open files”.",
            f"ulimit -n {_FILES_GOOD * 4}; for a service: LimitNOFILE={_FILES_GOOD * 4}",
        )


def _memory(limit: int | None) -> Iterator[Finding]:
    if limit is not None and limit < _MEMORY_GOOD:
        yield Finding(
            "little-memory",
            "error" if limit < _MEMORY_NEEDED else "warning",
            f"The system gives this process at most {limit / 1e9:.2f} GB of memory",
            "A process that wants more is killed, without a word of its own.",
            "raise the container's or service's memory limit to 2 GB or more; serve with --workers 1",
        )


def _address_space(site: Site) -> Iterator[Finding]:
    addresses, _ = resource.getrlimit(resource.RLIMIT_AS)
    needed = _ADDRESSES_NEEDED + size_of_index(site.environment.index_url, site.home)
    if addresses != resource.RLIM_INFINITY and addresses < needed:
        yield Finding(
            "little-memory",
            "warning" if addresses > _MEMORY_GOOD else "error",
            f"A process may have {addresses / 1e9:.2f} GB of address space, and {needed / 1e9:.0f} GB are enough here",
            "Database and index are mapped into memory, which counts although it costs nothing.",
            "ulimit -v unlimited; for a service: LimitAS=infinity",
        )


def memory_limit() -> int | None:
    """Return how many bytes the system lets all processes here have together; None when it sets no limit."""
    for name in _CGROUPS:
        try:
            text = Path(name).read_text().strip()
        except OSError:
            continue
        if text.isdigit() and int(text) < 1 << 60:  # more means none
            return int(text)
    return None


def _clock(site: Site) -> Iterator[Finding]:
    newest = max((p.stat().st_mtime for p in site.home.glob("*")), default=0.0) if site.home.is_dir() else 0.0
    yield from clock_is_behind(newest, f"files in {site.home}")
    zone = os.environ.get("TZ", "").lstrip(":")
    if zone and not _is_zone(zone):
        yield Finding(
            "unknown-time-zone",
            "warning",
            f"TZ={zone} is no time zone that this machine knows",
            "Times in logs are UTC while they say otherwise. What the site keeps and shows is in UTC in any case.",
            "unset TZ, or install the system's time zones (tzdata)",
        )


def clock_is_behind(newest: float, what: str) -> Iterator[Finding]:
    """Yield that the clock is set back, when something was made later (seconds since 1970) than it is now."""
    ahead = newest - time.time()
    if ahead > _AHEAD_S:
        yield Finding(
            "clock-back",
            "error",
            f"The clock says {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, and there are {what} of"
            f" {datetime.fromtimestamp(newest, UTC):%Y-%m-%d %H:%M}",
            "The clock was set back, or was ahead before: times of records, feeds and caches are in the wrong order.",
            "set the clock: timedatectl set-ntp true",
        )


def _software() -> Iterator[Finding]:
    if sqlite3.sqlite_version_info < _SQLITE:
        yield Finding(
            "old-sqlite",
            "error",
            f"Python's SQLite is {sqlite3.sqlite_version}",
            "Germane's statements need 3.35 or newer.",
            "use a newer Python or operating system",
        )
    for name in _required():
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(
                "library-missing",
                "error",
                f"The Python library {name} is not installed",
                "Commands that need it end with an error.",
                "pip install --upgrade germane",
            )


def _required() -> list[str]:
    try:
        declared = importlib.metadata.requires("germane") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [re.split(r"[\s<>=!~;\[]", line, maxsplit=1)[0] for line in declared if "extra ==" not in line]


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return bool(re.fullmatch(r"[A-Za-z<][^/]*\d.*|UTC|GMT", name))  # POSIX's own form, such as CET-1CEST
    return True
