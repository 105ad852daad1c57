"""Measure what there is to measure, on the collections under GERMANE_SHARED: `python -m germane.evaluate [TASK …]`."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from germane import __version__
from germane.evaluate.keyphrases import evaluate_keyphrases, format_figures
from germane.evaluate.merging import evaluate_merging


def main() -> None:
    """Run the tasks that the command line names, or all; print tables and write one JSON file."""
    parser = argparse.ArgumentParser(prog="python -m germane.evaluate", description=__doc__)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"any of {', '.join(TASKS)}; default: all")
    parser.add_argument("--out", type=Path, default=Path("build/eval.json"))
    arguments = parser.parse_args()
    unknown = set(arguments.tasks) - set(TASKS)
    if unknown:
        parser.error(f"no task {sorted(unknown)[0]!r}; choose from {', '.join(TASKS)}")
    shared = Path(os.environ.get("GERMANE_SHARED") or "../shared")
    if not (shared / "data").is_dir():
        sys.exit(f"There are no collections at {shared}: set GERMANE_SHARED to the folder that holds data/.")
    results: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "version": __version__}
    for name in arguments.tasks or TASKS:
        started = time.monotonic()
        sys.stdout.write(f"\n## {name}\n\n")
        results[name] = TASKS[name](shared)
        sys.stdout.write(f"\n({time.monotonic() - started:.0f} s)\n")
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=1, default=str) + "\n")
    sys.stdout.write(f"\nWritten to {arguments.out}\n")


def _keyphrases(shared: Path) -> Any:
    figures = evaluate_keyphrases(shared / "data/collections", limit=500)
    sys.stdout.write(format_figures(figures) + "\n")
    return msgspec.to_builtins(figures)


def _merging(shared: Path) -> Any:
    result = evaluate_merging(shared)
    sys.stdout.write(f"precision {result['precision']:.4f}, recall {result['recall']:.4f}\n")
    return result


TASKS: Mapping[str, Callable[[Path], Any]] = {"merging": _merging, "keyphrases": _keyphrases}

if __name__ == "__main__":
    main()
