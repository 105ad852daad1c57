"""What runs came to, as a table with each figure beside its limit, and whether the goals are met."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MINUTES = 30
MEMORY = 8e9
BYTES_PER_ARTICLE = 10_000
GROWTH = 1.15
FIRST_PAGE_S = 3.0
UPDATE_S = 120
SITEMAPS_S = 60

Run = Mapping[str, Any]


def table_of(runs: Sequence[Run]) -> str:
    """Return the runs as a Markdown table, a column each."""
    lines = ["| | " + " | ".join(f"{run['articles']:,} articles" for run in runs) + " | limit or goal |"]
    lines.append("|---" * (len(runs) + 2) + "|")
    for name, cells, goal in _rows(runs):
        lines.append(f"| {name} | {' | '.join(cells)} | {goal} |")
    return "\n".join(lines)


def verdicts(runs: Sequence[Run]) -> list[str]:
    """Return each goal with whether the last, largest run met it."""
    run = runs[-1]
    n = run["articles"]
    goals = [
        (f"end to end in {MINUTES} minutes for each 1.5 million", run["seconds"] <= MINUTES * 60 * n / 1.5e6),
        ("under 8 GB of memory", run["peak_memory"] < MEMORY),
        ("under 10 kB of disk an article", run["bytes_per_article"] < BYTES_PER_ARTICLE),
        ("first page within 3 seconds", run["first_page_s"] <= FIRST_PAGE_S),
        ("sitemaps within a minute", run["sitemaps"]["seconds"] <= SITEMAPS_S),
        ("a day's update visible in 2 minutes", (run["update"]["visible_s"] or 1e9) < UPDATE_S),
        ("no page failed during the update", not run["update"]["page_errors"]),
        ("nothing rejected", not run["rejected"]),
    ]
    goals += [
        (f"{name}: growth at most {GROWTH}× an article", growth <= GROWTH) for name, growth in growths(runs).items()
    ]
    return [f"{'met   ' if is_met else 'MISSED'} {goal}" for goal, is_met in goals]


def growths(runs: Sequence[Run]) -> dict[str, float]:
    """Return how much more CPU an article costs in the last run than in the first, by stage."""
    if len(runs) < 2:
        return {}
    first, last = runs[0], runs[-1]
    grown = {
        name: _cpu(stage) / last["articles"] / (_cpu(first["stages"][name]) / first["articles"])
        for name, stage in last["stages"].items()
        if _cpu(first["stages"].get(name, {})) > 1
    }
    whole = last["cpu_s"] / last["articles"] / (first["cpu_s"] / first["articles"])
    return {**grown, "everything": whole}


def _rows(runs: Sequence[Run]) -> Iterator[tuple[str, list[str], str]]:
    last = runs[-1]
    yield "records read", [f"{r['read']:,}" for r in runs], "0 rejected"
    for name in last["stages"]:
        cells = []
        for run in runs:
            stage = run["stages"].get(name, {})
            cpu_us = _cpu(stage) / run["articles"] * 1e6
            seconds = stage.get("ended_s", 0) - stage.get("began_s", 0)
            cells.append(f"{seconds:,.0f} s, {_cpu(stage):,.0f} CPU s ({cpu_us:,.0f} µs an article)")
        yield name, cells, _limit(name, last)
    yield "end to end", [f"{r['seconds'] / 60:.1f} min" for r in runs], f"{MINUTES} min at 1.5 million"
    yield "CPU", [f"{r['cpu_s']:,.0f} s = {r['cpu_s'] / r['articles'] * 1e3:.2f} ms an article" for r in runs], ""
    yield "busy cores", [f"{r['busy_cores']:.2f}" for r in runs], f"{2}"
    memory = [f"{r['peak_memory'] / 1e9:.1f} GB ({r['peak_anonymous'] / 1e9:.1f} of no file)" for r in runs]
    yield "peak memory, whole process tree", memory, "8 GB"
    yield "disk an article", [f"{r['bytes_per_article']:,.0f} B" for r in runs], "10,000 B"
    for part in last["disk"]:
        yield f"— {part}", [f"{r['disk'].get(part, 0) / r['articles']:,.0f} B" for r in runs], ""
    yield "writing as many bytes, bare disk", [f"{r['limits']['disk_s']:,.0f} s" for r in runs], ""
    yield "first page after start", [f"{r['first_page_s']:.1f} s" for r in runs], f"{FIRST_PAGE_S:.0f} s"
    maps = [f"{r['sitemaps']['seconds']:.1f} s for {r['sitemaps']['urls']:,}" for r in runs]
    yield "all sitemaps", maps, f"{SITEMAPS_S} s"
    updates = [
        f"visible after {r['update']['visible_s'] or float('inf'):,.0f} s; {r['update']['page_errors']} of"
        f" {r['update']['pages_asked']} pages failed"
        for r in runs
    ]
    yield "a day's update of 20,000 records", updates, f"{UPDATE_S} s"
    for name in last["truth"]:
        yield f"check: {name}", [str(r["truth"].get(name, "")) for r in runs], ""
    for name, growth in growths(runs).items():
        yield f"growth an article: {name}", ["" for _ in runs[1:]] + [f"{growth:.2f}×"], f"{GROWTH}×"


def _limit(stage: str, run: Run) -> str:
    limits = {"import": ("parse_cpu_s", "a bare parse"), "index": ("index_cpu_s", "a bare index")}
    if stage not in limits:
        return ""
    key, words = limits[stage]
    return f"{words}: {run['limits'][key]:,.0f} CPU s (1/{_cpu(run['stages'][stage]) / run['limits'][key]:.1f})"


def _cpu(stage: Mapping[str, float]) -> float:
    return stage.get("main_cpu_s", 0.0) + stage.get("pool_cpu_s", 0.0)
