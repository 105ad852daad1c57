"""From gzipped source files to a served, searchable site: time, CPU, memory and disk of each stage, and its limit.

python -m benchmarks.scale --articles 1500000 [--seed 1] [--folder build/scale] [--skip-growth] [--out docs/scale]

A tenth of the corpus is built first, so that growth can be seen. Corpora that are there already are used again; homes
are always built anew, and the largest is left in the folder for who wants to look at it.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from benchmarks import limits, truth
from benchmarks.drawing import draw_run
from benchmarks.judging import table_of, verdicts
from benchmarks.mix import read_sitemaps
from benchmarks.processes import bytes_under, children_cpu, obey_interrupts, run_watched
from benchmarks.serving import served

N_UPDATE = 20_000
LISTS_S = 120  # for which an update's lists of similar articles are waited for


def main() -> None:
    """Build, measure, judge, and write what came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--articles", type=int, default=1_500_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("build/scale"))
    parser.add_argument("--skip-growth", action="store_true", help="do not build a tenth first")
    parser.add_argument("--out", type=Path, default=Path("build/scale/report"), help="without suffix")
    arguments = parser.parse_args()
    sizes = [arguments.articles] if arguments.skip_growth else [arguments.articles // 10, arguments.articles]
    results: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count()}
    runs: list[dict[str, Any]] = []
    for size in sizes:
        runs.append(build(size, arguments.seed, arguments.folder, arguments.out.with_name(f"run-{size}.svg")))
        results["runs"] = runs
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
        sys.stdout.write(table_of(runs) + "\n")
        sys.stdout.flush()
    arguments.out.with_suffix(".md").write_text(table_of(runs) + "\n")
    sys.stdout.write("\n".join(verdicts(runs)) + "\n")


def build(n: int, seed: int, folder: Path, picture: Path) -> dict[str, Any]:
    """Make one corpus and its site, and return everything that was measured."""
    corpus, home = folder / f"corpus-{n}-{seed}", folder / f"home-{n}"
    synthesized_s = _synthesize(n, seed, corpus)
    shutil.rmtree(home, ignore_errors=True)
    environment = {**os.environ, "GERMANE_HOME": str(home.absolute())}
    _say(f"{n:,} articles: import, keyphrases, embedding, index, similar articles, shelves …")
    sources = [str(corpus / name) for name in (*limits.FORMATS, "items")]
    built = run_watched([*_germane(), "import", "--json", *sources], environment, home)
    told = json.loads(built.output)
    n_articles = told["new"] and _count_articles(home)
    disk = bytes_under(home)
    run: dict[str, Any] = {
        "articles": n_articles,
        "asked": n,
        "synthesized_s": synthesized_s,
        "read": told["read"],
        "rejected": told["rejected"],
        "seconds": built.seconds,
        "cpu_s": built.cpu_s,
        "busy_cores": built.busy_cores,
        "peak_memory": built.peak_memory,
        "peak_anonymous": built.peak_anonymous,
        "stages": told["timings"],
        "disk": disk,
        "bytes_per_article": sum(disk.values()) / max(n_articles, 1),
    }
    picture.parent.mkdir(parents=True, exist_ok=True)
    spans = {name: (stage["began_s"], stage["ended_s"]) for name, stage in told["timings"].items()}
    picture.write_text(draw_run(f"{n_articles:,} articles: from gzipped files to a site", spans, built.samples))
    bare = limits.parse_seconds(corpus)
    _keep(run, picture)
    run["limits"] = {
        "parse": bare,
        "parse_cpu_s": limits.total_cpu(bare),
        "index_cpu_s": limits.index_seconds(corpus, folder / f"bare-index-{os.getpid()}") * n_articles,
        "disk_s": limits.disk_seconds(folder, sum(disk.values())),
    }
    shutil.rmtree(folder / f"bare-index-{os.getpid()}", ignore_errors=True)
    _say("what is known of the corpus, looked up in the site …")
    run["truth"] = truth.check(corpus, home)
    _say("serving it …")
    with served(environment) as site:
        run["first_page_s"] = site.first_page_s
        run["sitemaps"] = _read_sitemaps(site.port)
    _keep(run, picture)
    _say(f"a daily update of {N_UPDATE:,} records …")
    run["update"] = _update(n, seed, folder, environment, home)
    return run


def _keep(run: Mapping[str, Any], picture: Path) -> None:
    """Keep what is measured so far, in case what follows fails."""
    picture.with_suffix(".json").write_text(json.dumps(run, indent=1) + "\n")


def _update(n: int, seed: int, folder: Path, environment: Mapping[str, str], home: Path) -> dict[str, Any]:
    """Import a day's records while pages are served, and tell when all of them are on pages and can be found.

    The lists of similar articles of those follow in the background; they are given some minutes, and then interrupted.
    """
    update = folder / f"update-{n}-{seed}"
    if not (update / "manifest.json").exists():
        shutil.rmtree(update, ignore_errors=True)
        subprocess.run(
            [*_germane(), "synth", "--articles", str(n), "--seed", str(seed), "--update", str(N_UPDATE),
             "--out", str(update)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    with served(environment) as site:
        sources = [str(update / name) for name in limits.FORMATS if (update / name).exists()]
        before = _count_articles(home)
        made = json.loads((update / "manifest.json").read_text())
        paths = truth.random_paths(home, 500)
        errors = asked = 0
        visible_s: float | None = None
        cpu_before = children_cpu()
        started = time.monotonic()
        with subprocess.Popen(
            [*_germane(), "import", "--json", *sources],
            env=dict(environment),
            stdout=subprocess.PIPE,
            preexec_fn=obey_interrupts,
        ) as process:
            while process.poll() is None:
                status, _, _ = site.get(paths[asked % len(paths)])
                asked += 1
                errors += status >= 400
                time.sleep(0.05)
                if (
                    visible_s is None
                    and not asked % 10
                    and _count_articles_from(home, before) >= (made["made"] - made["changed"]) * 0.95
                ):
                    visible_s = time.monotonic() - started if not truth.n_waiting(home, "is_indexed") else None
                if visible_s is not None and time.monotonic() - started > visible_s + LISTS_S:
                    process.send_signal(signal.SIGINT)
                    break
            output = process.stdout.read() if process.stdout else b""
        seconds = time.monotonic() - started
        told = json.loads(output)
        newest = truth.newest(home, 50)
        seen = [site.get(path)[0] == 200 for path, _ in newest]
        found = [path.encode() in site.get(f"/search?q={quote_plus(title)}")[1] for path, title in newest]
    return {
        "visible_s": visible_s,
        "seconds": seconds,
        "cpu_s": children_cpu() - cpu_before,
        "new": told["new"],
        "changed": told["changed"],
        "rejected": told["rejected"],
        "articles_added": _count_articles(home) - before,
        "stages": told["timings"],
        "lists_waiting": truth.n_waiting(home, "is_related"),
        "pages_asked": asked,
        "page_errors": errors,
        "newest_on_pages": sum(seen),
        "newest_found_by_title": sum(found),
        "newest_asked": len(newest),
    }


def _read_sitemaps(port: int) -> dict[str, float]:
    """Read the sitemap index and every sitemap that it names."""
    started = time.monotonic()
    sitemaps, pages = read_sitemaps(port)
    return {"files": len(sitemaps), "urls": len(pages), "seconds": time.monotonic() - started}


def _synthesize(n: int, seed: int, corpus: Path) -> float:
    if (corpus / "manifest.json").exists():
        return 0.0
    shutil.rmtree(corpus, ignore_errors=True)
    _say(f"making a corpus of {n:,} articles …")
    started = time.monotonic()
    subprocess.run(
        [*_germane(), "synth", "--articles", str(n), "--seed", str(seed), "--out", str(corpus)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def _count_articles(home: Path) -> int:
    return _count_articles_from(home, 0)


def _count_articles_from(home: Path, n_before: int) -> int:
    """Return how many articles there are, or of a large catalog how many have come since there were `n_before`."""
    counted = truth.ask(
        home,
        "SELECT COUNT(*) FROM catalog_article WHERE id > ? AND merged_into IS NULL AND NOT is_deleted",
        [n_before],
    )
    return int(counted[0][0])


def _germane() -> list[str]:
    return [sys.executable, "-m", "germane.cli"]


def _say(text: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
