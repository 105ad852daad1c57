"""`germane serve` as a process: it says what it does, answers, outlives a worker's death, and ends when it is told."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GERMANE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "germane.cli", "serve", "--port", str(port), "--workers", "2"],
        env={**environment, "GERMANE_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Return status and headers; asks again while nobody listens."""
    for _ in range(400):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
        except OSError:
            time.sleep(0.05)
        else:
            return response.status, {name.lower(): value for name, value in response.getheaders()}
        finally:
            connection.close()
    raise TimeoutError(path)


def workers_of(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the processes from /proc")
def test_the_server_answers_outlives_a_worker_and_ends_when_told(server: "subprocess.Popen[str]", port: int) -> None:
    status, headers = get(port, "/", **{"Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert get(port, "/", **{"If-None-Match": headers["etag"]})[0] == 304
    assert get(port, "/nowhere")[0] == 404
    assert server.stdout
    told = server.stdout.readline()
    assert re.fullmatch(rf"Germane serves http://127.0.0.1:{port}/ with 2 processes of 2 threads \(.*\)\n", told)

    before = workers_of(server.pid)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    for _ in range(200):
        if len(workers_of(server.pid) - {victim}) == len(before):
            break
        time.sleep(0.05)
    assert len(workers_of(server.pid) - {victim}) == len(before)
    assert {get(port, f"/search?q={i}")[0] for i in range(20)} == {200}

    server.send_signal(signal.SIGINT)
    assert server.wait(10) == 0
