"""What was measured: one value a query, method by method; shown as tables, as JSON, with intervals of differences."""

import resource
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from msgspec import Struct, field
from rich.table import Table

from germane.evaluate.metrics import bootstrap_difference

OURS = "germane"
HIGH = "germane-high"
# Names under which a collection is also printed in JSON: its file's own name.
ALIASES: Mapping[str, Sequence[str]] = {"acm_sentences": ("acm",), "inspec": ("inspec_test", "inspec_dev")}


class Measured(Struct, frozen=True):
    """One method on one collection: for each metric, its values 0..1, one a query (or a single one for a whole set)."""

    task: str
    collection: str
    method: str
    values: Mapping[str, Sequence[float]]  # "ndcg20"; "warm.r20" stands under "warm"
    cpu_s: float = 0.0
    memory_mb: float = 0.0  # the most this process had held when it ended
    n: int = 0  # queries, documents or pairs; for the speed

    def mean(self, metric: str) -> float:
        """Return the macro-average of a metric, NaN when nothing was asked."""
        return float(np.mean(self.values[metric])) if len(self.values[metric]) else float("nan")


class Report(Struct):
    """Everything measured in one run."""

    measured: list[Measured] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)  # task or task.collection → why
    failed: dict[str, str] = field(default_factory=dict)  # likewise → what went wrong; what was measured before stands
    seconds: dict[str, float] = field(default_factory=dict)  # by task, as a clock on the wall has it

    def add(
        self,
        task: str,
        collection: str,
        method: str,
        values: Mapping[str, Sequence[float]],
        *,
        clock: "Clock | None" = None,
        n: int | None = None,
    ) -> None:
        """Add one method's figures. Values are 0..1; all methods on a collection have the same queries in one order."""
        for metric, each in values.items():
            if not all(0 <= value <= 1 for value in each):
                raise ValueError(f"{task}.{collection}.{metric} of {method} is not within 0..1")
        longest = max((len(each) for each in values.values()), default=0)
        if not longest:
            self.skip(f"{task}.{collection}", "there is nothing to ask: no query with an answer")
        self.measured.append(
            Measured(
                task,
                collection,
                method,
                values,
                clock.cpu_s if clock else 0.0,
                memory_mb(),
                longest if n is None else n,
            )
        )

    def skip(self, what: str, why: object) -> None:
        """Say loudly that something was not measured: `what` is a task, or task.collection."""
        self.skipped[what] = str(why)

    def fail(self, what: str, error: Exception) -> None:
        """Say what went wrong: the message where that names a file's line, else with where in the program it was."""
        from germane.evaluate.collections import Malformed

        is_plain = isinstance(error, Malformed)
        self.failed[what] = str(error) if is_plain else "".join(traceback.format_exception(error)).rstrip()

    def of(self, task: str, collection: str) -> list[Measured]:
        """Return what was measured of one collection, our methods first."""
        found = [m for m in self.measured if (m.task, m.collection) == (task, collection)]
        return sorted(found, key=lambda m: (m.method != OURS, m.method != HIGH))

    def collections(self) -> list[tuple[str, str]]:
        """Return (task, collection) in the order measured."""
        return list(dict.fromkeys((m.task, m.collection) for m in self.measured))

    def to_json(self) -> dict[str, Any]:
        """Return task → collection → metric → method → value, 0..1."""
        tree: dict[str, Any] = {}
        for m in self.measured:
            for name in (m.collection, *ALIASES.get(m.collection, ())):
                for metric, each in m.values.items():
                    if len(each):
                        node = tree.setdefault(m.task, {}).setdefault(name, {})
                        for part in metric.split("."):
                            node = node.setdefault(part, {})
                        node[m.method] = m.mean(metric)
        return tree

    def details(self) -> list[dict[str, Any]]:
        """Return every method with time, memory and the interval of our difference to it."""
        return [
            {
                "task": task,
                "collection": collection,
                "method": m.method,
                "n": m.n,
                "cpu_s": round(m.cpu_s, 3),
                "memory_mb": round(m.memory_mb),
                "metrics": {
                    metric: {"value": m.mean(metric), "germane_minus_this": difference(methods, m, metric)}
                    for metric in m.values
                    if len(m.values[metric])
                },
            }
            for task, collection in self.collections()
            for methods in [self.of(task, collection)]
            for m in methods
        ]

    def tables(self) -> Iterator[Table]:
        """Give a table for people of each collection: percent, and below each metric the interval of the difference."""
        for task, collection in self.collections():
            methods = self.of(task, collection)
            metrics = list(dict.fromkeys(metric for m in methods for metric in m.values))
            table = Table(title=f"{task} · {collection} ({methods[0].n:,})", title_justify="left", box=None)
            table.add_column("method")
            for metric in metrics:
                table.add_column(metric, justify="right")
            table.add_column("a second of CPU", justify="right")
            table.add_column("MB", justify="right")
            for m in methods:
                table.add_row(
                    m.method,
                    *(_cell(methods, m, metric) for metric in metrics),
                    f"{m.n / m.cpu_s:,.0f}" if m.cpu_s > 0 else "",
                    f"{m.memory_mb:,.0f}",
                )
            yield table


def difference(methods: Sequence[Measured], other: Measured, metric: str) -> tuple[float, float] | None:
    """Return the 95 % interval of germane − other, None for ourselves and for what is one value of a whole set."""
    ours = next((m for m in methods if m.method == OURS), None)
    if ours is None or ours is other or metric not in ours.values or metric not in other.values:
        return None
    if len(ours.values[metric]) != len(other.values[metric]) or len(ours.values[metric]) < 2:
        return None
    return bootstrap_difference(ours.values[metric], other.values[metric])


def _cell(methods: Sequence[Measured], m: Measured, metric: str) -> str:
    if metric not in m.values or not len(m.values[metric]):
        return ""
    interval = difference(methods, m, metric)
    told = f" [{100 * interval[0]:+.1f} {100 * interval[1]:+.1f}]" if interval else ""
    return f"{100 * m.mean(metric):.1f}{told}"


class Clock:
    """The processor time that a `with` block took, of this process and all its threads."""

    cpu_s: float = 0.0

    def __enter__(self) -> "Clock":
        self._begun = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu_s += time.process_time() - self._begun


@contextmanager
def guarded(report: Report, what: str) -> Iterator[None]:
    """Run a block and let the run go on: what is missing is told as skipped, and what went wrong as failed."""
    from germane.evaluate.collections import Missing

    try:
        yield
    except Missing as missing:
        report.skip(what, missing)
    except Exception as error:  # a defect in one collection must not cost the others' figures
        report.fail(what, error)


def memory_mb() -> float:
    """Return the most memory that this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
