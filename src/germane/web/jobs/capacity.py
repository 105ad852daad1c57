"""How many processes and threads the server gets: by the cores and the memory that the machine, or a limit, gives."""

import os
from pathlib import Path
from typing import NamedTuple

_MEGA = 1_000_000
# What a process holds that no other shares, measured: Python with the site, and for each thread its database's cache.
_PROCESS_MB = 100
_THREAD_MB = 70
_SHARE = 0.5  # of the memory that is free: the rest keeps the catalog's and the index's files at hand, for all alike
_AT_ONCE = 4  # requests in work: one that takes long holds up no page


class Capacity(NamedTuple):
    """What this process may use."""

    n_cores: int
    memory_mb: int  # free now, within the limit that a container sets


class Processes(NamedTuple):
    """How the server is run."""

    workers: int
    threads: int  # of each worker

    @property
    def words(self) -> str:
        """Return both as a sentence says them."""
        workers = "1 process" if self.workers == 1 else f"{self.workers} processes"
        return f"{workers} of {self.threads} threads"


def choose_processes(capacity: Capacity, page_cache_mb: int, workers: int = 0) -> Processes:
    """Return a process for each core as far as memory goes, or as many as somebody asks for, and their threads."""
    threads = max(2, -(-_AT_ONCE // max(workers or capacity.n_cores, 1)))
    if not workers:
        fitting = int(capacity.memory_mb * _SHARE) // (_PROCESS_MB + _THREAD_MB * threads + page_cache_mb)
        workers = max(1, min(capacity.n_cores, fitting))
        threads = max(2, -(-_AT_ONCE // workers))
    return Processes(workers, threads)


def read_capacity(root: Path = Path("/")) -> Capacity:
    """Return the cores and the memory that this process may use: the machine's, or what its control groups leave it."""
    groups = _groups(root)
    quotas = [quota for group in groups if (quota := _quota(group)) is not None]
    limits = [left for group in groups if (left := _left(group)) is not None]
    cores = min([_cores(), *quotas])
    return Capacity(max(1, int(cores + 0.01)), int(min([_free(root), *limits]) / _MEGA))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _free(root: Path) -> float:
    for line in _text(root / "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return float(rest.split()[0]) * 1024
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")) / 2
    except (ValueError, OSError):  # a system that does not tell
        return 4_000.0 * _MEGA


def _groups(root: Path) -> list[Path]:
    """Return the folders of this process's control groups, each with all that it lies in: every one's limit holds."""
    folders: list[Path] = []
    base = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        tops = [base] if not controllers else [base / name for name in {controllers, *controllers.split(",")}]
        for top in tops:
            place = top / path.strip("/")
            folders += [place, *(parent for parent in place.parents if parent.is_relative_to(top))]
    return list(dict.fromkeys(folders))


def _quota(group: Path) -> float | None:
    """Return how many cores a group may use (version 2's cpu.max, version 1's CFS quota), or None for no limit."""
    quota, period = [*_text(group / "cpu.max").split(), "", ""][:2]
    if not quota:
        quota, period = _text(group / "cpu.cfs_quota_us").strip(), _text(group / "cpu.cfs_period_us").strip()
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _left(group: Path) -> float | None:
    """Return how many bytes a group may still take; what it holds of files can be given back, and counts as free."""
    for limit_name, used_name, given_back in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        limit, used = _text(group / limit_name).strip(), _text(group / used_name).strip()
        if limit.isdigit() and used.isdigit():
            told = dict(line.split(" ", 1) for line in _text(group / "memory.stat").splitlines() if " " in line)
            return float(max(0, int(limit) - int(used) + int(told.get(given_back, 0))))
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
