"""The tasks that are measured, and how a run of them goes: `germane evaluate [TASK …]`."""

import importlib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from germane.evaluate.collections import Collections, Missing
from germane.evaluate.report import Report

Task = Callable[[Collections, Report], None]

# task → the module that has it, as `evaluate_<task>(collections, report)`: loaded only when it is asked for
TASKS: Mapping[str, str] = {
    name: f"germane.evaluate.{name}"
    for name in ("merging", "keyphrases", "search", "items", "matching", "similar", "likes")
}


class UnknownTask(ValueError):  # noqa: N818 (it is what was asked for)
    """No such task; the message lists those there are."""


def chosen_tasks(names: Iterable[str]) -> list[str]:
    """Return the tasks to run, each once; none given, or "all", means all. Raises UnknownTask."""
    wanted = [name for name in dict.fromkeys(names) if name != "all"]
    for name in wanted:
        if name not in TASKS:
            raise UnknownTask(f"there is no task {name!r}; choose from all, {', '.join(TASKS)}")
    return wanted or list(TASKS)


def run_tasks(names: Iterable[str], collections: Collections, start: Callable[[str], Any] = print) -> Report:
    """Run tasks in turn; `start` is told each one's name.

    What is missing is skipped, a task that raises has failed, and the report says so; what else was measured stands.
    """
    report = Report()
    for name in names:
        start(name)
        begun = time.monotonic()
        try:
            _load(name)(collections, report)
        except Missing as missing:
            report.skip(name, missing)
        except Exception as error:  # a defect of one task must not cost the others' figures
            report.fail(name, error)
        report.seconds[name] = round(time.monotonic() - begun, 1)
    return report


def _load(name: str) -> Task:
    """Return a task. Raises Missing when this version does not have its module."""
    try:
        module = importlib.import_module(TASKS[name])
    except ModuleNotFoundError as error:
        if error.name != TASKS[name]:
            raise
        raise Missing(f"there is no module {TASKS[name]}") from error
    task: Task = getattr(module, f"evaluate_{name}")
    return task
