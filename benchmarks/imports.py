"""Import throughput: records into the catalog, against a bare parse of the same file."""

import gzip
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree

from benchmarks.corpus import FORMATS, write_file


def run(folder: Path, n_records: int, n_requests: int) -> dict[str, Any]:
    """Import one file of each format into an empty home, and parse the same file barely."""
    results: dict[str, Any] = {}
    sys.stdout.write(
        "| format | records | bare parse, records/s | import, records/s per core | ratio | again, unchanged |\n"
    )
    sys.stdout.write("|---|---|---|---|---|---|\n")
    for format in FORMATS:
        path = write_file(folder, format, n_records)
        bare = _bare_parse(path, format)
        home = folder / f"home-{format}"
        first = _import(path, home)
        second = _import(path, home)
        if first["new"] != n_records or second["unchanged"] != n_records:
            raise AssertionError(f"{format}: {first} then {second}: records were lost, and the figure means nothing")
        results[format] = {
            "records": n_records,
            "bare_records_per_s": n_records / bare,
            "import_records_per_s": n_records / first["cpu_s"],
            "ratio": bare / first["cpu_s"],
            "unchanged_records_per_s": n_records / second["cpu_s"],
            "peak_memory_mb": first["peak_memory_mb"],
            "home_bytes_per_record": sum(f.stat().st_size for f in home.rglob("*") if f.is_file()) / n_records,
        }
        row = results[format]
        sys.stdout.write(
            f"| {format} | {n_records:,} | {row['bare_records_per_s']:,.0f} | {row['import_records_per_s']:,.0f}"
            f" | {row['ratio']:.3f} | {row['unchanged_records_per_s']:,.0f} |\n"
        )
        sys.stdout.flush()
    return results


def _bare_parse(path: Path, format: str) -> float:
    """Return the CPU seconds that a streaming parse takes which throws everything away."""
    started = time.process_time()
    if format == "pubmed":
        with gzip.open(path) as file:
            for _, element in etree.iterparse(file, tag="PubmedArticle"):
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    else:
        with gzip.open(path) as file:
            decode = msgspec.json.Decoder().decode
            for line in file:
                decode(line)
    return time.process_time() - started


def _import(path: Path, home: Path) -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "germane.cli", "import", "--later", "--json", str(path)],
        env={**os.environ, "GERMANE_HOME": str(home)},
        capture_output=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result: dict[str, Any] = json.loads(done.stdout)
    result["cpu_s"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result["peak_memory_mb"] = after.ru_maxrss / 1024
    return result
