"""Count how often articles' pages are looked at: numbers of nobody.

No cookie, no address, no browser's name is kept or looked at twice: a view is an article's number, which waits in
memory for at most a minute and is then added to that day's sum (`readers.models.PageView`). Obvious robots are left
out by what they call themselves.
"""

import logging
import os
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from multiprocessing.util import Finalize

HEADER = "X-Germane-Article"  # tells the page cache whose page an answer is; it takes it off
WRITE_EVERY_S = 60.0
_WRITE_AT = 50_000  # views in memory that are not left until then
_AT_MOST = 200_000  # beyond which the oldest are forgotten, when they cannot be written
_ROBOTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|scrap|fetch|archiver|curl|wget|libwww-perl|python|urllib|httpx|aiohttp|okhttp|java/|ruby"
    r"|perl\b|php|go-http|node|axios|headless|lighthouse|monitor|uptime|pingdom|statuscake|preview|externalhit|embedly"
    r"|validator|feed|rss|zotero|scanner|nuclei|zgrab|masscan|^mozilla/[45]\.0$",
    re.IGNORECASE,
)

_log = logging.getLogger(__name__)

Write = Callable[[date, Mapping[int, int]], None]


class ViewCounter:
    """Counts views in memory, and has them written now and then by a thread of its own."""

    def __init__(self, write: Write, today: Callable[[], date], every_s: float = WRITE_EVERY_S) -> None:
        """Make a counter; `write` adds numbers of views to those of a day, all or none."""
        self._write = write
        self._today = today
        self._every_s = every_s
        self._seen: deque[int] = deque(maxlen=_AT_MOST)  # appending is atomic: no lock where pages are answered
        self._is_full = threading.Event()
        self._writing = threading.Lock()
        self._process = 0  # the thread runs in this one; processes that are forked start their own

    def count(self, article_id: int, user_agent: str) -> None:
        """Count one look at an article's page, unless a robot has it."""
        if not article_id or is_robot(user_agent):
            return
        self._seen.append(article_id)
        if self._process == 0:
            self._start()
        if len(self._seen) >= _WRITE_AT:
            self._is_full.set()

    def write(self) -> int:
        """Write what was counted so far, and return how many views; what cannot be written stays counted."""
        with self._writing:
            views: Counter[int] = Counter()
            for _ in range(len(self._seen)):
                views[self._seen.popleft()] += 1
            if not views:
                return 0
            try:
                self._write(self._today(), views)
            except Exception as error:  # whatever it is, pages are answered all the same
                _log.warning("page views could not be written, and wait: %s", type(error).__name__)
                self._seen.extendleft(views.elements())
                return 0
            return views.total()

    def _start(self) -> None:
        with self._writing:
            if self._process:
                return
            self._process = os.getpid()
        threading.Thread(target=self._run, name="page-views", daemon=True).start()
        Finalize(self, self.write, exitpriority=10)  # when the process ends, whether it is forked or not

    def _run(self) -> None:
        while True:
            self._is_full.wait(self._every_s)
            self._is_full.clear()
            self.write()


@lru_cache(maxsize=1_024)
def is_robot(user_agent: str) -> bool:
    """Tell whether what calls itself so is a program and no person's browser."""
    return not user_agent or _ROBOTS.search(user_agent) is not None


def make_counter() -> ViewCounter:
    """Return the counter of a serving process, which writes to the readers' database."""
    return ViewCounter(_write_views, lambda: datetime.now(UTC).date())


def _write_views(day: date, views: Mapping[int, int]) -> None:
    from django.db import connections

    from germane.web.readers.store.views import add_views

    try:
        add_views(day, views)
    finally:
        connections.close_all()  # the thread's own
