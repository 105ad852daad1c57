"""Article page cost: CPU a request and requests/s per core, against nginx serving the same bytes."""

import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.corpus import write_file

N_ARTICLES = 5_000  # enough that no two requests ask for one page
_TICKS = os.sysconf("SC_CLK_TCK")


def run(folder: Path, n_records: int, n_requests: int) -> dict[str, Any]:
    """Serve a made-up corpus and measure the server's CPU, not the client's patience."""
    home = folder / "home-pages"
    environment = {**os.environ, "GERMANE_HOME": str(home), "GERMANE_PAGE_CACHE_MB": "0"}
    n_records = min(n_records, N_ARTICLES)
    path = write_file(folder, "openalex", n_records)
    subprocess.run([sys.executable, "-m", "germane.cli", "import", str(path)], env=environment, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    chance = random.Random(11)
    paths = [f"/doi/10.5555/o{chance.randint(1, n_records)}" for _ in range(n_requests)]
    results: dict[str, Any] = {}
    with _germane(environment) as (port, pid):
        results["uncached"] = _measure(port, pid, paths)
        results["search"] = _measure(port, pid, [f"/search?q={p[-2:]}+ba+trace" for p in paths[: n_requests // 10]])
        body = _get(port, paths[0])
    with _germane({**environment, "GERMANE_PAGE_CACHE_MB": "64"}) as (port, pid):
        results["cached"] = _measure(port, pid, paths[:1] * n_requests * 5)
    nginx = shutil.which("nginx") or next((p for p in ("/usr/sbin/nginx",) if Path(p).exists()), None)
    if nginx:
        with _nginx(nginx, folder / "nginx", body) as (port, pid):
            results["nginx"] = _measure(port, pid, ["/page.html"] * n_requests * 20)  # it takes little: many, to see it
        for name in ("uncached", "cached"):
            results[name]["of_nginx"] = results["nginx"]["cpu_ms"] / results[name]["cpu_ms"]
    else:
        sys.stdout.write("nginx is absent, so there is no peer: install it (apt-get install nginx-light).\n\n")
    results["page_bytes"] = len(body)
    sys.stdout.write("| what | CPU ms a request | requests/s per core | of nginx |\n|---|---|---|---|\n")
    for name in ("uncached", "cached", "search", "nginx"):
        if name in results:
            row = results[name]
            share = f"1/{1 / row['of_nginx']:.1f}" if "of_nginx" in row else ""
            sys.stdout.write(f"| {name} | {row['cpu_ms']:.3f} | {1000 / row['cpu_ms']:,.0f} | {share} |\n")
    return results


def _measure(port: int, pid: int, paths: list[str]) -> dict[str, float]:
    for path in paths[:20]:  # warm up
        _get(port, path)
    before, started = _cpu_s(pid), time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    waits = []
    for path in paths:
        asked = time.monotonic()
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        response.read()
        waits.append(time.monotonic() - asked)
        if response.status != 200:
            raise AssertionError(f"{path} answered {response.status}: the figure would mean nothing")
    seconds = time.monotonic() - started
    waits.sort()
    return {
        "cpu_ms": max((_cpu_s(pid) - before) / len(paths) * 1000, 0.001),
        "wall_ms": seconds / len(paths) * 1000,
        "p50_ms": waits[len(waits) // 2] * 1000,
        "p99_ms": waits[int(len(waits) * 0.99)] * 1000,
    }


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    return connection.getresponse().read()


def _cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process and all its descendants have used."""
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _is_family(int(entry.name), pid):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def _is_family(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return False


@contextmanager
def _germane(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "germane.cli", "serve", "--port", str(port), "--workers", "1"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


@contextmanager
def _nginx(program: str, folder: Path, body: bytes) -> Iterator[tuple[int, int]]:
    port = _free_port()
    (folder / "www").mkdir(parents=True)
    (folder / "www/page.html").write_bytes(body)
    subprocess.run(["gzip", "-k", str(folder / "www/page.html")], check=True)
    folder.chmod(0o755)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; user root;\n"
        "events {}\n"
        "http { access_log off; gzip_static on; types { text/html html; } keepalive_requests 1000000;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}\n"
    )
    process = subprocess.Popen([program, "-c", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")
