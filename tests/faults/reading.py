"""A reader who asks for pages all the time and remembers what was answered."""

import http.client
import random
import threading
from collections.abc import Sequence
from typing import Self
from urllib.parse import quote

_PAUSE_S = 0.02


class Reader(threading.Thread):
    """Asks a site for pages until it is stopped. Which articles were seen, and which answers were wrong, it keeps."""

    def __init__(self, port: int, names: Sequence[str], seed: int) -> None:
        super().__init__(daemon=True)
        self._port, self._names = port, names
        self._random = random.Random(seed)
        self._stopped = threading.Event()
        self.seen: set[str] = set()  # names of articles whose page was answered
        self.wrong: list[str] = []
        self.n_answers = 0
        self.n_refused = 0  # nobody listened, or the server died over the answer
        self.is_down = False  # the last request was refused

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop asking."""
        self._stopped.set()
        self.join(20)

    def run(self) -> None:
        """Ask until stopped."""
        while not self._stopped.wait(_PAUSE_S):
            name = self._random.choice(self._names)
            if self._random.random() < 0.8:
                self._look_at(name)
            else:
                self._ask(
                    self._random.choice(("/", "/newest", "/sitemap.xml", f"/search?q={quote(name)}", "/newest.atom"))
                )

    def _look_at(self, name: str) -> None:
        status = self._ask(address_of(name))
        if status == 200:
            self.seen.add(name)
        elif status == 404 and name in self.seen:
            self.wrong.append(f"{address_of(name)} was answered, and is gone")

    def _ask(self, path: str) -> int:
        """Return the answer's status, 0 when there was none."""
        status = ask(self._port, path)
        self.is_down = not status
        self.n_refused += self.is_down
        self.n_answers += not self.is_down
        if status >= 500:
            self.wrong.append(f"{path} answered {status}")
        return status


def ask(port: int, path: str) -> int:
    """Return the status of a page, after its redirects; 0 when nobody answers."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        target = response.getheader("Location", "")
        connection.close()
    except (OSError, http.client.HTTPException):
        return 0
    if response.status in (301, 302) and target:
        return ask(port, "/" + target.partition("://")[2].partition("/")[2] if "://" in target else target)
    return response.status


def address_of(name: str) -> str:
    """Return the address that a name's article answers at: "doi:10.5555/x" → "/doi/10.5555/x"."""
    scheme, _, value = name.partition(":")
    return f"/{scheme}/{value}"
