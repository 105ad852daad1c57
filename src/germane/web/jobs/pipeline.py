"""From files to a site, every core busy: while records are read, what was read before is enriched and indexed.

Parts of the pipeline are generators that yield after each transaction and hand heavy work to one pool of processes.
This process alone writes, a step of one part after a step of another; meanwhile the pool computes the next ones.
"""

from collections.abc import Callable, Iterator

from germane.index import IndexFailure
from germane.web.jobs.importing import FileReport

LAG = 12_000  # articles read that wait to be derived before the import stops for them: the pool has enough to do


def interleave(
    imported: Iterator[FileReport], derive: Callable[[], Iterator[int]], *, lag: int = LAG
) -> Iterator[FileReport]:
    """Yield the reports of an import, and in between derive what it brought; nothing is left to derive at the end.

    `derive()` yields how many articles each of its steps brought up to date, and ends when there are none left; it is
    called again when there are more. Where the index fails the import goes on, and IndexFailure is raised at its end.
    """
    seen: dict[str, int] = {}
    derived = _Derived(derive)
    for report in imported:
        yield report
        brought = report.counts.new + report.counts.changed
        derived.waiting += brought - seen.get(report.file, 0)
        seen[report.file] = brought
        while derived.waiting > lag:
            derived.step()
    derived.finish()


class _Derived:
    """Deriving, a step at a time, for as long as the index works."""

    def __init__(self, derive: Callable[[], Iterator[int]]) -> None:
        self.waiting = 0  # articles, or records of them
        self._derive = derive
        self._steps: Iterator[int] | None = None
        self._failure: IndexFailure | None = None

    def step(self) -> None:
        """Derive some articles; when there are none, several records were one article, and nothing is waiting."""
        try:
            self._steps = self._steps or self._derive()
            done = next(self._steps, 0)
        except IndexFailure as failure:
            self._failure, self._derive, done = failure, lambda: iter(()), 0
        if not done:
            self.waiting, self._steps = 0, None
        self.waiting -= done

    def finish(self) -> None:
        """Derive what is left. Raises the failure of the index that there was."""
        for _ in self._steps or ():
            pass
        if self._failure is not None:
            raise self._failure
        for _ in self._derive():
            pass
