"""`germane` as the harness starts it: `python -m tests.faults.entry …`; what differs is said in the environment.

- Always: small batches, so that a small corpus has as many transactions and commits as a large one.
- `FAULTS_SABOTAGE=early-checkpoint`: a file's checkpoint claims more than is written. The negative control.
- `FAULTS_SABOTAGE=early-mark`: articles are marked as indexed, and the index is never committed. Another one.
- `FAULTS_CLOCK_S=-86400`: the clock is set back by a day.
- `FAULTS_PATIENCE_S=1`: how long to wait for a locked database, instead of half a minute.
"""

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

_SIZES = {
    ("germane.web.jobs.importing", "BATCH"): 10,
    ("germane.web.jobs.stages", "BATCH"): 30,
    ("germane.web.jobs.stages", "COMMIT_EVERY"): 60,
}
_LAG = 50  # articles


def _early_checkpoint() -> None:
    from germane.web.catalog.store import ledger

    write, positions = ledger.write_checkpoint, list[int]()

    def write_early(fingerprint: str, file: str, position: int, *rest: Any) -> None:
        positions.append(position)
        if len(positions) == 2:  # the first one is committed
            signal.pause()  # until the harness kills
        write(fingerprint, file, position + 10, *rest)

    ledger.write_checkpoint = write_early  # type: ignore[assignment]


def _early_mark() -> None:
    from germane.index.embedded import EmbeddedIndex

    def commit(_: EmbeddedIndex) -> None:
        """Do nothing, and say so to nobody."""

    def close(self: EmbeddedIndex) -> None:
        if self._writer is not None:
            signal.pause()  # until the harness kills

    EmbeddedIndex.commit = commit  # type: ignore[assignment, method-assign]
    EmbeddedIndex.close = close  # type: ignore[method-assign]


SABOTAGES: dict[str, Callable[[], None]] = {"early-checkpoint": _early_checkpoint, "early-mark": _early_mark}


def main() -> None:
    """Do what the environment says, then be `germane`."""
    _set_patience(os.environ.pop("FAULTS_PATIENCE_S", ""))
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "germane.web.settings")
    django.setup()
    if sabotage := os.environ.pop("FAULTS_SABOTAGE", ""):
        SABOTAGES[sabotage]()
    for (module, name), value in _SIZES.items():
        loaded = import_module(module)
        assert hasattr(loaded, name), f"{module} has no {name}: name here what bounds its transactions now"
        setattr(loaded, name, value)
    from germane.web.jobs import pipeline

    assert pipeline.interleave.__kwdefaults__
    pipeline.interleave.__kwdefaults__["lag"] = _LAG
    _set_clock(float(os.environ.pop("FAULTS_CLOCK_S", 0)))
    from germane.cli import main as germane

    germane()


def _set_patience(patience_s: str) -> None:
    if not patience_s:
        return
    from germane.web import env

    settings = env.database_settings

    def impatient(url: str) -> dict[str, Any]:
        made = settings(url)
        made["OPTIONS"]["timeout"] = float(patience_s)
        return made

    env.database_settings = impatient


def _set_clock(offset_s: float) -> None:
    from germane.web.jobs import clock, stages

    now, seconds = clock.now, time.time
    if offset_s:
        time.time = lambda: seconds() + offset_s
        for module in (clock, stages):
            setattr(module, "now", lambda: now() + timedelta(seconds=offset_s))  # noqa: B010 (stages imports the name)


if __name__ == "__main__":
    main()
