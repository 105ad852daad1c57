"""Run every benchmark, or those that are named, and write a table and a JSON file.

python -m benchmarks [imports] [pages] [vectors] [--records N] [--out FILE.json]
python -m benchmarks load --home HOME [--seconds 20]    a site that is there already: see benchmarks/load.py
python -m benchmarks recommend --home HOME --likes FILE    likewise: see benchmarks/recommending.py
python -m benchmarks foryou --home HOME --likes FILE    likewise: see benchmarks/for_you.py
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import for_you, imports, load, pages, recommending, vectors

BENCHMARKS = {"imports": imports, "pages": pages, "vectors": vectors}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="default: all")
    parser.add_argument("--records", type=int, default=20_000, help="made-up records a format")
    parser.add_argument("--requests", type=int, default=3_000, help="page requests a measurement")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"))
    arguments = parser.parse_args()
    results: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    with tempfile.TemporaryDirectory(prefix="germane-bench-") as folder:
        for name in arguments.names or BENCHMARKS:
            sys.stdout.write(f"\n## {BENCHMARKS[name].__doc__.splitlines()[0]}\n\n")  # type: ignore[union-attr]
            results[name] = BENCHMARKS[name].run(Path(folder), arguments.records, arguments.requests)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=1) + "\n")
    sys.stdout.write(f"\nWritten to {arguments.out}\n")


if __name__ == "__main__":  # the client's process imports this module too
    if sys.argv[1:2] == ["load"]:
        load.main(sys.argv[2:])
    elif sys.argv[1:2] == ["recommend"]:
        recommending.main(sys.argv[2:])
    elif sys.argv[1:2] == ["foryou"]:
        for_you.main(sys.argv[2:])
    else:
        main()
