"""Recommendations at scale: what training takes, what a list for one reader takes, and a night's lists for all.

python -m benchmarks recommend --home HOME --likes CORPUS/readers/likes.jsonl.gz [--folder build/recommend]

The site is one that is there already (`benchmarks.scale` makes it), and is only read; likes are those that
`germane synth` wrote with its corpus. The last articles are left out of the training and told to the model afterwards.
"""

import argparse
import gzip
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.processes import bytes_under, memory_of, run_watched
from germane.recommend.model import Model
from germane.recommend.profile import make_profile
from germane.recommend.rank import Facts, FactsOf, recommend
from germane.recommend.scoring import find_candidates, make_lens, score
from germane.recommend.storing import load_model
from germane.recommend.training import add_newcomers, citations_between, train

N_NEW = 20_000  # at most, a day's articles
N_READERS = 400  # for whom lists are made, of each kind
N_LIKED = 50
_GOALS = {"open_s": 1.0, "list_ms": 50.0, "night_minutes": 20.0, "memory_gb": 6.0}

Ids = NDArray[np.int64]


class _Like(msgspec.Struct):
    reader: str
    doi: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a table and write a JSON file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks recommend", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the site's data: GERMANE_HOME")
    parser.add_argument("--likes", type=Path, required=True, help="the likes that `germane synth` wrote")
    parser.add_argument("--folder", type=Path, default=Path("build/recommend"), help="for the model")
    parser.add_argument("--keep", action="store_true", help="ask the model that is in the folder")
    parser.add_argument("--out", type=Path, default=Path("build/recommend.json"))
    parser.add_argument("--step", choices=["", "train", "ask", "night"], default="", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    missing = [str(path) for path in (given.home / "germane.sqlite3", given.likes) if not path.is_file()]
    if missing:
        sys.stdout.write(f"SKIPPED: there is no {' and no '.join(missing)}; python -m benchmarks.scale makes them\n")
        return
    steps = {"train": _train, "ask": _ask, "night": _night}
    if given.step:
        sys.stdout.write(json.dumps(steps[given.step](given.home, given.likes, given.folder)))
        return
    results: dict[str, Any] = {"cores": os.cpu_count(), "load_average": os.getloadavg()[0]}
    if results["load_average"] > 1:
        sys.stdout.write(f"**Others use this machine** (load average {results['load_average']:.1f}).\n")
    for name in ("train", "ask", "night"):
        if name == "train" and given.keep:
            continue
        results[name] = _watched(name, given)
        sys.stdout.write(f"\n{name}\n")
        sys.stdout.writelines(f"  {what:40} {value:,.4g}\n" for what, value in results[name].items())
        sys.stdout.flush()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(results, indent=1) + "\n")
    sys.stdout.write("\n" + "\n".join(_verdicts(results)) + f"\nWritten to {given.out}\n")


def read_likers(home: Path, likes: Path) -> list[Ids]:
    """Return the articles that each reader of a file of likes likes, of those that the site has."""
    return _by_reader(*_read_likes(home, likes))


def _watched(step: str, given: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks", "recommend", "--step", step, "--home", str(given.home)]
    command += ["--likes", str(given.likes), "--folder", str(given.folder)]
    environment = {**os.environ, "GERMANE_HOME": str(given.home.absolute())}
    try:
        watched = run_watched(command, environment, given.folder)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{step} failed; see above") from error
    told = json.loads(watched.output)
    return {**told, "cpu_s": watched.cpu_s, "seconds": watched.seconds, "peak_memory_gb": watched.peak_memory / 1e9}


def _verdicts(results: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    memory = max(results["ask"]["peak_memory_gb"], results["night"]["peak_memory_gb"])
    got = {
        "open_s": results["ask"]["open_s"],
        "list_ms": results["ask"]["list_ms"],
        "night_minutes": results["night"]["night_minutes"],
        "memory_gb": memory,
    }
    for name, value in got.items():
        yield f"{'reached' if value <= _GOALS[name] else 'MISSED '} {name}: {value:.3g} (goal {_GOALS[name]:g})"


def _train(home: Path, likes: Path, folder: Path) -> dict[str, float]:
    """Train on all articles but the last, and tell the model of these."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "germane.web.settings"
    django.setup()
    from germane.web import wiring
    from germane.web.catalog import graph

    ids, _ = graph.read_indexed()
    years = _years(home, ids)
    readers, liked = _read_likes(home, likes)
    references, names = graph.read_references(), graph.read_names()
    citations = citations_between(references, names)
    del references, names
    n_new = min(N_NEW, len(ids) // 20)
    before, began = time.process_time(), time.monotonic()
    train(folder, wiring.index(), ids[:-n_new], (readers, liked), years=years[:-n_new], citations=citations)
    trained = time.process_time()
    trained_s = time.monotonic() - began
    add_newcomers(folder, wiring.index(), ids[-n_new:], years=years[-n_new:], citations=citations)
    sizes = bytes_under(folder)
    return {
        "articles": len(ids),
        "readers": len(np.unique(readers)),
        "likes": len(liked),
        "train_cpu_s": trained - before,
        "train_s": trained_s,
        "newcomers": n_new,
        "newcomers_cpu_s": time.process_time() - trained,
        "model_gb": sum(sizes.values()) / 1e9,
        "max_rss_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def _ask(home: Path, likes: Path, folder: Path) -> dict[str, float]:
    """Make lists for readers with about fifty likes, each asked for once."""
    began = time.perf_counter()
    model = load_model(folder)
    open_s = time.perf_counter() - began
    by_reader = _by_reader(*_read_likes(home, likes))
    facts_of = _facts_of(home)
    some = [liked for liked in by_reader if 40 <= len(liked) <= 60][:N_READERS]
    times, shown = [], 0
    for liked in some:
        before = time.process_time()
        found = recommend(model, make_profile(liked.tolist()), facts_of)
        times.append(1000 * (time.process_time() - before))
        shown += sum(bool(each.article_id > model.trained.ids[-1]) for each in found)
    one = [
        1000 * _cpu_of(lambda liked=liked: recommend(model, make_profile(liked[:1].tolist()), facts_of))
        for liked in some[:50]
    ]
    agreed = [_agreement(model, liked) for liked in some[:10]]
    return {
        "open_s": open_s,
        "readers_asked": len(some),
        "likes_each": N_LIKED,
        "list_ms": statistics.median(times),
        "list_p90_ms": statistics.quantiles(times, n=10)[-1],
        "list_p99_ms": statistics.quantiles(times, n=100)[-1],
        "one_like_ms": statistics.median(one),
        "newcomers_shown_share": shown / max(10 * len(some), 1),
        "candidates_agree": statistics.mean(agreed),
        "memory_gb": memory_of([os.getpid()])[0] / 1e9,
    }


def _night(home: Path, likes: Path, folder: Path) -> dict[str, float]:
    """Make lists for some of all readers in as many processes as there are cores, and say how long all would take."""
    by_reader = _by_reader(*_read_likes(home, likes))
    facts_of = _facts_of(home)
    chosen = np.random.default_rng(1).choice(len(by_reader), min(4 * N_READERS, len(by_reader)), replace=False)
    n_processes = os.cpu_count() or 1
    cpu, children = 0.0, []
    for part in np.array_split(chosen, n_processes):
        pipe_in, pipe_out = os.pipe()
        if pid := os.fork():
            os.close(pipe_out)
            children.append((pid, pipe_in))
            continue
        model, before = load_model(folder), time.process_time()
        for at in part.tolist():
            recommend(model, make_profile(by_reader[at].tolist()), facts_of, n=20)
        os.write(pipe_out, str(time.process_time() - before).encode())
        os._exit(0)
    for pid, pipe_in in children:
        cpu += float(os.read(pipe_in, 100))
        os.waitpid(pid, 0)
    each = cpu / len(chosen)
    return {
        "readers": len(by_reader),
        "lists_made": len(chosen),
        "list_ms": 1000 * each,
        "night_minutes": each * len(by_reader) / n_processes / 60,
    }


def _agreement(model: Model, liked: Ids) -> float:
    """Return how many of the best twenty of all articles are among the candidates."""
    lens = make_lens(model, dict.fromkeys(liked.tolist(), 1.0))
    scores = np.concatenate(
        [score(model, lens, part) for part in np.array_split(np.arange(model.n), 1 + model.n // 50_000)]
    )
    scores[model.positions_of(liked)] = -np.inf
    best = np.argsort(-scores, kind="stable")[:20]
    return float(np.isin(best, find_candidates(model, lens)).mean())


def _cpu_of(call: Any) -> float:
    before = time.process_time()
    call()
    return time.process_time() - before


def _read_likes(home: Path, path: Path) -> tuple[Ids, Ids]:
    """Return (readers, articles), a pair a like of an article that the site has."""
    with _database(home) as database:
        rows = database.execute("SELECT key, article_id FROM catalog_identifier WHERE key >= 'doi:' AND key < 'doi;'")
        article_of = {key[4:]: article for key, article in rows}
    numbers: dict[str, int] = {}
    readers, articles = [], []
    with gzip.open(path, "rb") as file:
        decoder = msgspec.json.Decoder(_Like)
        for line in file:
            like = decoder.decode(line)
            if article := article_of.get(like.doi):
                readers.append(numbers.setdefault(like.reader, len(numbers)))
                articles.append(article)
    return np.array(readers, np.int64), np.array(articles, np.int64)


def _by_reader(readers: Ids, articles: Ids) -> list[Ids]:
    order = np.argsort(readers, kind="stable")
    ends = np.cumsum(np.bincount(readers))[:-1]
    return [each for each in np.split(articles[order], ends) if len(each)]


def _years(home: Path, ids: Ids) -> Ids:
    with _database(home) as database:
        year_of = dict(database.execute("SELECT id, sort_on / 10000 FROM catalog_article"))
    return np.array([year_of.get(each, 0) for each in ids.tolist()], np.int64)


def _facts_of(home: Path) -> FactsOf:
    """Return what the pages ask: one statement for some hundred articles."""
    database = sqlite3.connect(f"file:{home}/germane.sqlite3?mode=ro", uri=True)

    def facts_of(ids: Sequence[int]) -> dict[int, Facts]:
        marks = ",".join("?" * len(ids))
        rows = database.execute(
            f"SELECT id, venue_id, sort_on / 10000, cluster_id, notices FROM catalog_article WHERE id IN ({marks})"
            " AND merged_into IS NULL AND NOT is_deleted",
            list(ids),
        )
        return {
            number: Facts(venue or 0, year or None, work, bool(notices & 1))
            for number, venue, year, work, notices in rows
        }

    return facts_of


def _database(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{home}/germane.sqlite3?mode=ro", uri=True)
