"""A served site under load: CPU, latency and errors of each kind of page, alone and mixed, beside nginx.

python -m benchmarks load --home HOME [--seconds 20] [--while "germane import FILE"] [--out FILE.json]

The site's own addresses are asked for, in the shares of `mix`. Figures are the server's CPU time (all its processes),
so that they do not depend on who else uses the machine; the client's is told apart.
"""

import argparse
import json
import os
import random
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import client, mix
from benchmarks.client import Ask, Got
from benchmarks.peer import nginx_of, serve_static
from benchmarks.processes import memory_of, tree_of
from benchmarks.serving import served

_KINDS = ("article", "tab", "recommended", "search", "filter", "keyword", "venue", "author", "year", "api", "feed")
_SECONDS_A_KIND = 4.0
_MOST_A_KIND = 400
_N_FAVOURITES = 100
_N_CACHED = 20_000
_N_CONNECTIONS = 8
_MOST_WHILE_S = 110.0
_GOALS = {  # of design/benchmarks: what, at most or at least
    "first_page_s": 3.0,
    "article_ms": 2.5,
    "search_ms": 25.0,
    "of_nginx": 6.0,
    "sitemaps_s": 60.0,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write a table and a JSON file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks load", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the site's data: GERMANE_HOME")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the mix is asked for")
    parser.add_argument("--while", dest="meanwhile", default="", help="a command to run under the mix: an import")
    parser.add_argument("--workers", type=int, default=0, help="processes of the server; 0: as it chooses")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/load.json"))
    given = parser.parse_args(arguments)
    environment = {**os.environ, "GERMANE_HOME": str(given.home.absolute())}
    results = measure(environment, given.seconds, given.meanwhile, given.workers, random.Random(given.seed))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(results, indent=1) + "\n")
    sys.stdout.write(f"\nWritten to {given.out}\n")


def measure(
    environment: Mapping[str, str], seconds: float, meanwhile: str, workers: int, chance: random.Random
) -> dict[str, Any]:
    """Serve the site and measure everything; tables are printed as they come."""
    results: dict[str, Any] = {"cores": os.cpu_count(), "load_average": os.getloadavg()[0]}
    if results["load_average"] > 1:
        sys.stdout.write(
            f"**Others use this machine** (load average {results['load_average']:.1f}): CPU times come out too long.\n"
        )
    with served(environment, workers) as site:
        results["first_page_s"] = site.first_page_s
        port, pid = site.port, site.pid
        began, before = time.monotonic(), cpu_ms(pid)
        sitemaps, pages = mix.read_sitemaps(port)
        results["sitemaps"] = {"n": len(sitemaps), "pages": len(pages), "seconds": time.monotonic() - began,
                               "cpu_s": (cpu_ms(pid) - before) / 1000}  # fmt: skip
        addresses = mix.find_addresses(port, sitemaps, pages, chance)
        del pages
        _tell_start(results, len(addresses.of("article")))
        results["kinds"] = _each_kind(port, pid, addresses)
        results["cached"], bodies = _cached(port, pid, addresses)
        results["nginx"] = _nginx(bodies)
        _tell_cached(results)
        asks = mix.mixed(addresses, 200_000, chance)
        results["mix"] = _under_load(port, pid, asks, seconds)
        _tell_mix("mix", results["mix"])
        if meanwhile:
            results["mix_while"] = _while_running(port, pid, asks, meanwhile, environment)
            _tell_mix(f"mix while `{meanwhile}` ran", results["mix_while"])
        results["memory_mb"] = [size / 1e6 for size in memory_of(tree_of(pid))]
        results["processes"] = len(tree_of(pid)) - 1
    results["missed"] = _missed(results)
    _tell_end(results)
    return results


def cpu_ms(pid: int) -> float:
    """Return the CPU milliseconds that the threads of a process and its descendants have used, to the nanosecond.

    What ended threads used is not in it, so it is for differences between two moments at which the same ones run.
    """
    total = 0
    for one in tree_of(pid):
        for path in Path(f"/proc/{one}/task").glob("*/schedstat"):
            try:
                total += int(path.read_text().split()[0])
            except (OSError, IndexError):  # it ended meanwhile
                continue
    return total / 1e6


def told(got: Sequence[Got]) -> dict[str, Any]:
    """Return how many answers there are, how long they took, and which were no answers: neither 2xx nor 3xx."""
    waits = [g.seconds * 1000 for g in got]
    failed = [g for g in got if not 200 <= g.status < 400]
    return {
        "n": len(got),
        "p50_ms": _part(waits, 0.5),
        "p99_ms": _part(waits, 0.99),
        "errors": len(failed),
        "failed": [f"{g.status} {g.path}" for g in failed[:10]],
    }


def _each_kind(port: int, pid: int, addresses: mix.Addresses) -> dict[str, Any]:
    """Ask for pages of each kind, one after the other, none twice; the CPU of each request is read by itself."""
    sys.stdout.write(
        "\n| uncached | requests | CPU ms, median | p99 | a core, requests/s | wall ms, median | p99 | errors |\n"
    )
    sys.stdout.write("|---|---|---|---|---|---|---|---|\n")
    found: dict[str, Any] = {}
    tasks = _Tasks(pid)
    for kind in _KINDS:
        if kind not in addresses.by_kind:
            continue
        until = time.monotonic() + _SECONDS_A_KIND
        costs: list[float] = []
        got: list[Got] = []
        for ask in mix.once_each(addresses, kind, _MOST_A_KIND):
            before = tasks.cpu_ms()
            got += client.drive_here(port, [ask], 1).got
            costs.append(tasks.cpu_ms() - before)
            if time.monotonic() > until:
                break
        found[kind] = row = {**told(got), "cpu_ms": _part(costs, 0.5), "cpu_p99_ms": _part(costs, 0.99),
                             "cpu_mean_ms": sum(costs) / len(costs)}  # fmt: skip
        sys.stdout.write(
            f"| {kind} | {row['n']} | {row['cpu_ms']:.2f} | {row['cpu_p99_ms']:.2f} | {1000 / row['cpu_mean_ms']:,.0f}"
            f" | {row['p50_ms']:.2f} | {row['p99_ms']:.2f} | {row['errors']} |\n"
        )
        sys.stdout.flush()
    return found


def _cached(port: int, pid: int, addresses: mix.Addresses) -> tuple[dict[str, Any], list[bytes]]:
    """Ask for some favourites again and again, and return what they cost, and their bytes."""
    paths = addresses.of("article")[:_N_FAVOURITES]
    bodies = [client.fetch(port, path)[1] for path in paths]
    asks = [Ask("cached", path) for path in paths]
    client.drive_here(port, asks * 20, _N_CONNECTIONS)  # until every process of the server has them
    return _cost(port, pid, asks * (_N_CACHED // len(asks))), bodies


def _nginx(bodies: Sequence[bytes]) -> dict[str, Any] | None:
    """Have nginx serve the same bytes as static, precompressed files; None where there is no nginx."""
    program = nginx_of()
    if program is None:
        sys.stdout.write("\n**nginx is absent, so there is no peer**: install it (apt-get install nginx-light).\n")
        return None
    with (
        tempfile.TemporaryDirectory(prefix="germane-nginx-") as folder,
        serve_static(program, Path(folder), bodies) as (port, pid, paths),
    ):
        asks = [Ask("nginx", path) for path in paths]
        client.drive_here(port, asks * 5, _N_CONNECTIONS)
        return _cost(port, pid, asks * (_N_CACHED // len(asks)))


def _cost(port: int, pid: int, asks: Sequence[Ask]) -> dict[str, Any]:
    before = cpu_ms(pid)
    driven = client.drive(port, asks, _N_CONNECTIONS)
    return {
        **told(driven.got),
        "cpu_ms": (cpu_ms(pid) - before) / len(asks),
        "bytes": sum(g.n_bytes for g in driven.got) / len(asks),
    }


def _under_load(port: int, pid: int, asks: Sequence[Ask], seconds: float) -> dict[str, Any]:
    before = cpu_ms(pid)
    driven = client.drive(port, asks, _N_CONNECTIONS, seconds)
    cpu = cpu_ms(pid) - before
    return {
        **told(driven.got),
        "seconds": driven.seconds,
        "requests_per_s": len(driven.got) / driven.seconds,
        "cpu_ms": cpu / len(driven.got),
        "client_cpu_ms": driven.client_cpu_s * 1000 / len(driven.got),
        "kinds": _by_kind(driven.got),
    }


def _while_running(
    port: int, pid: int, asks: Sequence[Ask], command: str, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Ask for the mix until a command has ended, or for almost two minutes of it."""
    started = time.monotonic()
    process = subprocess.Popen(shlex.split(command), env=dict(environment), stdout=subprocess.DEVNULL)
    parts: list[client.Driven] = []
    while process.poll() is None and time.monotonic() - started < _MOST_WHILE_S:
        parts.append(client.drive(port, asks[(len(parts) * 9_973) % len(asks) :], _N_CONNECTIONS, 5.0))
    code = process.poll()
    if code is None:
        process.terminate()
        process.wait()
    got = [g for part in parts for g in part.got]
    seconds = sum(part.seconds for part in parts)
    return {
        **told(got),
        "seconds": seconds,
        "requests_per_s": len(got) / max(seconds, 1e-9),
        "exit_code": code,
        "kinds": _by_kind(got),
    }


def _by_kind(got: Sequence[Got]) -> dict[str, Any]:
    return {kind: told([g for g in got if g.kind == kind]) for kind in sorted({g.kind for g in got})}


def _part(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0


class _Tasks:
    """The CPU clocks of a server's threads, found once and read often."""

    def __init__(self, pid: int) -> None:
        self._files = [
            p.open("rb", buffering=0) for one in tree_of(pid) for p in Path(f"/proc/{one}/task").glob("*/schedstat")
        ]

    def cpu_ms(self) -> float:
        total = 0
        for file in self._files:
            file.seek(0)
            total += int(file.read().split()[0])
        return total / 1e6


def _tell_start(results: Mapping[str, Any], n_articles: int) -> None:
    found = results["sitemaps"]
    sys.stdout.write(
        f"{n_articles:,} articles; first page {results['first_page_s']:.2f} s after the start;"
        f" {found['n']} sitemaps read in {found['seconds']:.1f} s ({found['cpu_s']:.1f} s of CPU).\n"
    )


def _tell_cached(results: dict[str, Any]) -> None:
    sys.stdout.write(
        "\n| | requests | CPU ms a request | requests/s per core | bytes | errors |\n|---|---|---|---|---|---|\n"
    )
    for name in ("cached", "nginx"):
        row = results[name]
        if row:
            sys.stdout.write(
                f"| {name} | {row['n']:,} | {row['cpu_ms']:.4f} | {1000 / row['cpu_ms']:,.0f} | {row['bytes']:,.0f}"
                f" | {row['errors']} |\n"
            )
    if results["nginx"]:
        results["of_nginx"] = results["cached"]["cpu_ms"] / results["nginx"]["cpu_ms"]
        sys.stdout.write(f"\nCached pages are 1/{results['of_nginx']:.1f} as many as nginx serves.\n")


def _tell_mix(name: str, row: Mapping[str, Any]) -> None:
    cpu = f", {row['cpu_ms']:.2f} CPU ms a request = {1000 / row['cpu_ms']:,.0f}/s per core" if "cpu_ms" in row else ""
    sys.stdout.write(
        f"\nThe {name}: {row['n']:,} requests in {row['seconds']:.0f} s = {row['requests_per_s']:,.0f}/s{cpu};"
        f" {row['errors']} errors.\n\n| kind | requests | p50, ms | p99, ms | errors |\n|---|---|---|---|---|\n"
    )
    for kind, one in row["kinds"].items():
        sys.stdout.write(f"| {kind} | {one['n']:,} | {one['p50_ms']:.1f} | {one['p99_ms']:.1f} | {one['errors']} |\n")
    sys.stdout.flush()


def _missed(results: Mapping[str, Any]) -> list[str]:
    """Return what misses its goal, in words."""
    kinds = results["kinds"]
    figures = {
        "first_page_s": results["first_page_s"],
        "article_ms": kinds["article"]["cpu_mean_ms"],
        "search_ms": kinds["search"]["cpu_ms"] if "search" in kinds else 0.0,
        "of_nginx": results.get("of_nginx", 0.0),
        "sitemaps_s": results["sitemaps"]["seconds"],
    }
    missed = [f"{name}: {figures[name]:.2f}, at most {most}" for name, most in _GOALS.items() if figures[name] > most]
    parts = [
        *kinds.values(),
        results["cached"],
        results["mix"],
        results.get("mix_while") or {"errors": 0, "failed": []},
    ]
    if any(part["errors"] for part in parts):
        missed.append(f"errors: {[line for part in parts for line in part['failed']][:10]}")
    if results.get("mix_while", {}).get("exit_code", 0):
        missed.append("the command that ran meanwhile failed")
    return missed


def _tell_end(results: Mapping[str, Any]) -> None:
    whole, anonymous = results["memory_mb"]
    sys.stdout.write(
        f"\nMemory of the server's {results['processes']} processes: {whole:,.0f} MB,"
        f" {anonymous:,.0f} of it no file's.\n"
        f"\n{'Every goal is met.' if not results['missed'] else 'Missed: ' + '; '.join(results['missed'])}\n"
    )
