"""`python -m tests.faults`: processes are killed a hundred times, and every limit is met by every command.

Exit code 1 when anything was lost, damaged or answered wrongly.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults.campaigns import Kill, Outcome, Undisturbed, Victim, run_campaign, run_undisturbed
from tests.faults.cases import COMMANDS, make_half, run_case
from tests.faults.corpus import File, make_corpus
from tests.faults.limits import LIMITS, NoDiskOfItsOwnError

_CAMPAIGNS: tuple[tuple[Victim, ...], ...] = (
    (
        *(*("importer",) * 4, *("server",) * 2),
        *(*("worker",) * 5, *("worker's child",) * 2, "server's child"),
        *("rebuild",) * 2,
    ),
    (*("pipeline",) * 8, *("pipeline's child",) * 2, *("server",) * 2, "server's child", *("rebuild",) * 2),
)
_PHASES = ("starting", "importing", "enriching", "indexing", "relating", "done")


def main() -> int:
    """Run everything, print what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how many; 0 for none")
    parser.add_argument("--records", type=int, default=200, help="a format; there are four")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limits", nargs="*", default=list(LIMITS), choices=list(LIMITS), help="which; default: all")
    parser.add_argument("--out", type=Path, default=Path("build/faults.json"))
    options = parser.parse_args()
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no process of a site is left behind
    with tempfile.TemporaryDirectory(prefix="germane-faults-") as name:
        files = make_corpus(Path(name) / "corpus", options.records, parts=2)
        expected = run_undisturbed(Path(name) / "undisturbed", files)
        _say(f"Undisturbed: import {expected.import_s:.1f} s, work {expected.work_s:.1f} s")
        met = _meet_limits(Path(name), files, expected, options.limits)
        outcomes = _kill(Path(name), files, expected, options.kills, options.seed)
    kills = [kill for outcome in outcomes for kill in outcome.kills]
    faults = [fault for outcome in outcomes for fault in outcome.faults] + [
        told for some in met.values() for told in some
    ]
    _print(kills, faults, outcomes, time.monotonic() - started)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "kills": [kill._asdict() for kill in kills],
        "limits": met,
        "faults": faults,
        "answers": sum(outcome.n_answers for outcome in outcomes),
        "seconds": round(time.monotonic() - started, 1),
        "seed": options.seed,
    }
    options.out.write_text(json.dumps(result, indent=1))
    return 1 if faults else 0


def _meet_limits(
    folder: Path, files: Sequence[File], expected: Undisturbed, limits: Sequence[str]
) -> dict[str, list[str]]:
    """Return what should not have been, by case."""
    met: dict[str, list[str]] = {}
    half = make_half(folder / "half", files, expected) if limits else None
    for limit in limits if half else ():
        for command in COMMANDS:
            case = f"{command} with {limit}"
            try:
                assert half
                met[case] = run_case(half, LIMITS[limit], command)
            except NoDiskOfItsOwnError as error:
                _say(f"{case}: NOT TRIED, no disk can be mounted here: {error}")
            except AssertionError as error:
                met[case] = [str(error)]
            if case in met:
                _say(f"{case}: {'fine' if not met[case] else met[case]}")
    return met


def _kill(folder: Path, files: Sequence[File], expected: Undisturbed, n_kills: int, seed: int) -> list[Outcome]:
    """Run campaigns until so many processes were killed."""
    pipelined = run_undisturbed(folder / "pipelined", files, is_pipeline=True) if n_kills else expected
    outcomes: list[Outcome] = []
    chance = random.Random(seed)
    while (n_done := sum(len(outcome.kills) for outcome in outcomes)) < n_kills:
        home = folder / f"home{len(outcomes)}"
        victims = _CAMPAIGNS[len(outcomes) % 2]
        end = pipelined if "pipeline" in victims else expected
        outcomes.append(run_campaign(home, files, end, victims, chance.randrange(1 << 30)))
        shutil.rmtree(home)
        _say(f"{n_done + len(outcomes[-1].kills)} kills")
        for fault in outcomes[-1].faults[:10]:
            _say(f"  {fault}")
    return outcomes


def _print(kills: Sequence[Kill], faults: Sequence[str], outcomes: Sequence[Outcome], seconds: float) -> None:
    tally = Counter((kill.victim, kill.phase) for kill in kills)
    phases = [phase for phase in _PHASES if any(kill.phase == phase for kill in kills)]
    if not kills:
        _say(f"{len(faults)} faults")
        return
    print(f"\n| killed | {' | '.join(phases)} | all |\n|---|{'---|' * len(phases)}---|")
    for victim in dict.fromkeys(kill.victim for kill in kills):
        row = [tally[victim, at] for at in phases]
        print(f"| {victim} | {' | '.join(map(str, row))} | {sum(row)} |")
    lost = sum(bool(kill.lost) for kill in kills)
    print(
        f"\n{len(kills)} kills in {len(outcomes)} campaigns, {seconds:,.0f} s; kills with a loss: {lost};"
        f" ends that differ: {sum(bool(outcome.differences) for outcome in outcomes)};"
        f" pages answered: {sum(outcome.n_answers for outcome in outcomes):,},"
        f" wrong: {sum(len(outcome.wrong) for outcome in outcomes)}; faults in all: {len(faults)}"
    )


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
