"""How much address space a process of the server needs, where a limit is set (`ulimit -v`).

The limit counts what is mapped and not what is used, and what no longer fits under it fails in the middle of a page:
a server that would come to that does not start.
"""

import resource
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from germane.web.jobs.sizes import size_of, size_of_index

_THREAD = 80 << 20  # bytes: its stack, and what the C library sets aside for what it allocates
_SPARE = 200 << 20  # bytes: pages in the making
_ROOM = 1.1  # what is asked for beyond: two starts do not take the same to the byte


def check_address_space(threads: int) -> None:
    """Raise OSError when a process with so many threads would not find the room that pages need. Linux only."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    environment = settings.ENVIRONMENT
    needed = _now() + _of_threads(threads) + size_of_index(environment.index_url, environment.home) + _SPARE
    if needed <= limit:
        return
    enough = int(needed * _ROOM)
    raise OSError(
        f"each process of the server needs {enough / 1e9:.2f} GB of address space, and may have {limit / 1e9:.2f}."
        f" Allow more: ulimit -v {enough // 1024} (a service: LimitAS={enough})"
    )


def _now() -> int:
    """Return how many bytes this process has mapped already; its forks begin with as many."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError, IndexError):  # a system that neither tells nor keeps to such a limit
        return 0
    return pages * resource.getpagesize()


def _of_threads(threads: int) -> int:
    """Return what threads take, each with the databases mapped as far as its connections map them."""
    return threads * (_THREAD + sum(_mapped(connection) for connection in connections.all()))


def _mapped(connection: BaseDatabaseWrapper) -> int:
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA mmap_size")
        most = cursor.fetchone()
    return min(int(most[0]) if most else 0, size_of(Path(str(connection.settings_dict["NAME"]))))
