"""Progress on a terminal: how far files and rows have come, and how fast."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from germane.cli.printing import err

if TYPE_CHECKING:
    from germane.web.jobs.importing import FileReport


class _AmountColumn(ProgressColumn):
    """How much is done: bytes of a task that was added with `is_bytes`, else rows."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes, self._rows = DownloadColumn(), MofNCompleteColumn()

    def render(self, task: Task) -> Text:
        """Return the amount as text."""
        return (self._bytes if task.fields.get("is_bytes") else self._rows).render(task)


def progress(quiet: bool = False) -> Progress:
    """Return a bar that is drawn only on a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        _AmountColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    )


def file_progress(bar: Progress, task: TaskID) -> "Callable[[FileReport, int, int | None], None]":
    """Return what shows how much of each file is read, with records a second."""
    file, started, before = "", 0.0, 0

    def show(report: "FileReport", consumed: int, total: int | None) -> None:
        nonlocal file, started, before
        if report.file != file:  # what an earlier import did is not this one's speed
            file, started, before = report.file, time.monotonic(), report.counts.read
        rate = (report.counts.read - before) / max(time.monotonic() - started, 0.001)
        bar.update(
            task,
            description=Path(report.file).name,
            completed=consumed,
            total=total,
            rate=f"{report.counts.read:,} records, {rate:,.0f}/s",
        )

    return show


def row_progress(bar: Progress, task: TaskID) -> Callable[[int, int], None]:
    """Return what shows how many rows are done, with rows a second."""
    started = time.monotonic()

    def show(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total, rate=f"{done / max(time.monotonic() - started, 0.001):,.0f}/s")

    return show
