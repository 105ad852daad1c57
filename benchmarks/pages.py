"""Article page cost: CPU a request and requests/s per core, against nginx serving the same bytes."""

import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.client import Ask, drive_here, fetch
from benchmarks.corpus import write_file
from benchmarks.load import cpu_ms, told
from benchmarks.peer import nginx_of, serve_static
from benchmarks.serving import served

N_ARTICLES = 5_000  # enough that few requests ask for one page twice
_N_FAVOURITES = 50


def run(folder: Path, n_records: int, n_requests: int) -> dict[str, Any]:
    """Serve a made-up corpus with one process and measure the server's CPU, not the client's patience."""
    environment = {**os.environ, "GERMANE_HOME": str(folder / "home-pages")}
    n_records = min(n_records, N_ARTICLES)
    path = write_file(folder, "openalex", n_records)
    subprocess.run([sys.executable, "-m", "germane.cli", "import", str(path)], env=environment, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    chance = random.Random(11)
    paths = [f"/doi/10.5555/o{chance.randint(1, n_records)}" for _ in range(n_requests)]
    searches = [f"/search?q={p[-2:]}+ba+trace" for p in paths[: n_requests // 10]]
    favourites = paths[:_N_FAVOURITES]
    results: dict[str, Any] = {}
    with served({**environment, "GERMANE_PAGE_CACHE_MB": "0"}, workers=1) as site:
        results["uncached"] = _measure(site.port, site.pid, paths)
        results["search"] = _measure(site.port, site.pid, searches)
    with served({**environment, "GERMANE_PAGE_CACHE_MB": "64"}, workers=1) as site:
        bodies = [fetch(site.port, path)[1] for path in favourites]
        results["cached"] = _measure(site.port, site.pid, favourites * (n_requests * 5 // len(favourites)))
    results["page_bytes"] = sum(map(len, bodies)) / len(bodies)
    program = nginx_of()
    if program:
        with serve_static(program, folder / "nginx", bodies) as (port, pid, files):
            results["nginx"] = _measure(port, pid, files * (n_requests * 20 // len(files)))  # it takes little: many
        for name in ("uncached", "cached"):
            results[name]["of_nginx"] = results["nginx"]["cpu_ms"] / results[name]["cpu_ms"]
    else:
        sys.stdout.write("nginx is absent, so there is no peer: install it (apt-get install nginx-light).\n\n")
    sys.stdout.write("| what | CPU ms a request | requests/s per core | of nginx |\n|---|---|---|---|\n")
    for name in ("uncached", "cached", "search", "nginx"):
        if name in results:
            row = results[name]
            share = f"1/{1 / row['of_nginx']:.1f}" if "of_nginx" in row else ""
            sys.stdout.write(f"| {name} | {row['cpu_ms']:.3f} | {1000 / row['cpu_ms']:,.0f} | {share} |\n")
    return results


def _measure(port: int, pid: int, paths: Sequence[str]) -> dict[str, Any]:
    asks = [Ask("page", path) for path in paths]
    drive_here(port, asks[:20], 1)  # warm up
    before = cpu_ms(pid)
    found = told(drive_here(port, asks, 1).got)
    if found["errors"]:
        raise AssertionError(f"{found['failed']}: the figure would mean nothing")
    return {**found, "cpu_ms": (cpu_ms(pid) - before) / len(paths)}
