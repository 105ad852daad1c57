"""Serve the sources of an invented world until interrupted: `python -m tests.replay`."""

import argparse
import sys

from tests.replay.asking import FAULTS, Fault
from tests.replay.server import PLAYERS, Replay
from tests.replay.world import make_world


def main() -> None:
    """Start the server and say how to harvest from it."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay", description=__doc__)
    parser.add_argument("--days", type=int, default=5, help="days of changes, from 2026-03-01 on")
    parser.add_argument("--a-day", type=int, default=7, help="works that change each day")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--fault", action="append", default=[], metavar="KIND[:WHERE[:FIRST[:TIMES]]]",
                        help=f"what goes wrong: {', '.join(FAULTS)}")  # fmt: skip
    parser.add_argument("--settings", default="sources.toml", help="where the settings of the sources are written")
    given = parser.parse_args()
    replay = Replay(make_world(given.days, given.a_day), [_fault(text) for text in given.fault], given.port)
    with open(given.settings, "w", encoding="utf-8") as file:  # noqa: PTH123
        for name in PLAYERS:
            file.write(f'[{name}]\nbase_url = "{replay.url(name)}"\npace_s = 0.0\n')
            file.write(f'api_url = "{replay.url(name)}"\n' if name == "arxiv" else "")
    sys.stdout.write(
        f"export GERMANE_CONTACT=me@example.org GERMANE_FETCH_ALLOWED_HOSTS={replay.host}"
        f" GERMANE_SOURCES={given.settings}\ngermane harvest crossref --since 2026-03-01 --until 2026-03-05\n"
    )
    sys.stdout.flush()
    replay.serve()


def _fault(text: str) -> Fault:
    kind, *rest = text.split(":")
    where, first, times = (*rest, "", "1", "1")[:3] if len(rest) < 3 else rest[:3]
    return Fault(kind, where, int(first or 1), int(times or 1))


if __name__ == "__main__":
    main()
