"""`germane serve` as a block: started, timed to its first page, asked, and stopped."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks import truth
from benchmarks.processes import obey_interrupts

_PATIENCE_S = 120


class Site:
    """A site that is served: its port, its process, and how long its first page took from the start of the process."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid
        self.first_page_s = 0.0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get(self, path: str) -> tuple[int, bytes, float]:
        """Return status, body and seconds of one page; 599 when the connection failed."""
        started = time.monotonic()
        try:
            self._connection.request("GET", path, headers={"Accept-Encoding": "identity"})
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 599, b"", time.monotonic() - started
        return response.status, body, time.monotonic() - started


@contextmanager
def served(environment: Mapping[str, str], workers: int = 0) -> Iterator[Site]:
    """Serve the home that the environment names. Raises TimeoutError when no page comes in two minutes."""
    port = free_port()
    [path] = truth.random_paths(Path(environment["GERMANE_HOME"]), 1)
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "germane.cli", "serve", "--port", str(port), "--workers", str(workers)],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        preexec_fn=obey_interrupts,
    )
    try:
        site = Site(port, process.pid)
        while site.get(path)[0] != 200:
            if process.poll() is not None or time.monotonic() - started > _PATIENCE_S:
                raise TimeoutError(f"no page from `germane serve` on port {port}")
            time.sleep(0.02)
        site.first_page_s = time.monotonic() - started
        yield site
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
