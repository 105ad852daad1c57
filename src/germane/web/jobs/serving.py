"""Run the web server."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable

from germane.web.catalog.rows import address_of
from germane.web.catalog.store.sql import rows

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


def run_server(host: str, port: int, workers: int, ready: Callable[[], None] = lambda: None) -> None:
    """Serve the site until it is told to stop. `workers` processes; 0 takes one a core.

    `ready` is called when it answers.
    """
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    connections.close_all()  # workers open their own
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_leave_signals_to_parent)
    server = Granian(
        "germane.web.wsgi:application",
        address=_look_up(host, port)[1][0],
        port=port,
        interface=Interfaces.WSGI,
        workers=workers or os.cpu_count() or 1,
        workers_kill_timeout=_STOP_TIMEOUT_S,
        blocking_threads=2,
        log_level=LogLevels.error,
        log_access=False,
        websockets=False,
    )
    threading.Thread(target=_tell, args=(host, port, ready), daemon=True).start()
    server.serve()


def best_address() -> str:
    """Return the address of an article with much around it, for people to look at first."""
    found = rows(
        "SELECT id, doi FROM catalog_article WHERE n_mentions > 0 AND merged_into IS NULL AND NOT is_deleted"
        " ORDER BY n_mentions DESC, id LIMIT 1"
    ) or rows("SELECT id, doi FROM catalog_article WHERE merged_into IS NULL AND NOT is_deleted ORDER BY id LIMIT 1")
    return address_of(*found[0]) if found else "/"


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


def _leave_signals_to_parent() -> None:
    """In a worker: Ctrl-C is for the parent, which then ends its workers by SIGTERM.

    A worker that got both could wait for itself for ever; one that is still starting would obey neither, because it
    has inherited the parent's handlers.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
