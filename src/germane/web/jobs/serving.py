"""Run the web server."""

import gc
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from importlib import import_module

from germane.web.catalog.rows import address_of
from germane.web.catalog.store.sql import rows
from germane.web.jobs.capacity import Processes
from germane.web.jobs.memory import check_address_space

_APPLICATION = "germane.web.wsgi:application"
_STOP_TIMEOUT_S = 3  # after which a process that does not stop is killed


def check_address(host: str, port: int) -> None:
    """Raise OSError when no server can listen there: another one does, or the address is not this machine's.

    The server itself shares its port among its processes, and so would share another server's too.
    """
    family, address = _look_up(host, port)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def run_server(host: str, port: int, processes: Processes, ready: Callable[[], None] = lambda: None) -> None:
    """Serve the site until it is told to stop. `ready` is called when it answers.

    Raises OSError when a limit of memory would make pages fail, and ChildProcessError when its processes die as soon as
    they are replaced.
    """
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    _keep_logs_short()
    import_module(_APPLICATION.partition(":")[0])  # once, before workers are forked: they share what it loads
    gc.freeze()  # and do not copy it by looking for garbage in it
    check_address_space(processes.threads)
    connections.close_all()  # workers open their own
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_make_worker(*os.pipe()))
    server = Granian(
        _APPLICATION,
        address=_look_up(host, port)[1][0],
        port=port,
        interface=Interfaces.WSGI,
        workers=processes.workers,
        workers_kill_timeout=_STOP_TIMEOUT_S,
        respawn_failed_workers=True,
        blocking_threads=processes.threads,
        log_level=LogLevels.error,
        log_access=False,
        websockets=False,
    )
    threading.Thread(target=_tell, args=(host, port, ready), daemon=True).start()
    try:
        server.serve()
    except SystemExit as stop:
        if not stop.code:
            raise
        message = "the server's processes end as soon as they are replaced, perhaps because memory runs out"
        raise ChildProcessError(message) from stop


def best_address() -> str:
    """Return the address of an article with much around it, for people to look at first."""
    found = rows(
        "SELECT id, doi FROM catalog_article WHERE n_mentions > 0 AND merged_into IS NULL AND NOT is_deleted"
        " ORDER BY n_mentions DESC, id LIMIT 1"
    ) or rows("SELECT id, doi FROM catalog_article WHERE merged_into IS NULL AND NOT is_deleted ORDER BY id LIMIT 1")
    return address_of(*found[0]) if found else "/"


def _keep_logs_short() -> None:
    """Log what is wrong with the site, and nothing of what readers ask for: docs/privacy.md promises it.

    Django would write a line with the path of every answer from 400 to 499.
    """
    for name in ("django.request", "django.security"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _look_up(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Return the address that a host's name stands for: the server wants numbers."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return family, (str(address[0]), port)


def _tell(host: str, port: int, ready: Callable[[], None]) -> None:
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:  # not yet: the workers are starting
            time.sleep(0.05)
        else:
            ready()
            return


def _make_worker(watched: int, held: int) -> Callable[[], None]:
    """Return what a worker does first. `watched` and `held` are the ends of a pipe that nobody writes to."""

    def start() -> None:
        _leave_signals_to_parent()
        os.close(held)  # so that only the parent holds it, and its end is the pipe's
        threading.Thread(target=_end_with_parent, args=(watched,), daemon=True).start()

    return start


def _end_with_parent(watched: int) -> None:
    """In a worker: end when the parent does, which a parent that is killed cannot ask for.

    Else it would go on serving, and no new server could have the port.
    """
    os.read(watched, 1)
    os._exit(1)


def _leave_signals_to_parent() -> None:
    """In a worker: Ctrl-C is for the parent, which then ends its workers by SIGTERM.

    A worker that got both could wait for itself for ever; one that is still starting would obey neither, because it
    has inherited the parent's handlers.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
