"""The client: asks, tries again where that can help, and never goes on longer than it was allowed."""

import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import httpx

from germane import __version__
from germane.fetch.addresses import check_url
from germane.fetch.answer import Answer, FetchError, Kind, Priority, as_time
from germane.fetch.asking import Asker, Manner, log
from germane.fetch.connecting import CheckedTransport, Resolve, resolve
from germane.fetch.downloading import SLOWEST_BYTES, SLOWEST_S, Download
from germane.fetch.policy import HostPolicy
from germane.fetch.quota import QuotaLedger
from germane.fetch.remembering import Memory
from germane.fetch.retrying import back_off
from germane.fetch.sending import Asked, Sender, read_url
from germane.fetch.storing import Store, StoreError

_MAX_BYTES: Mapping[Kind, int] = {"api": 100_000_000, "page": 10_000_000, "file": 1_000_000_000}
_TOTAL_S: Mapping[Kind, float] = {"api": 120.0, "page": 30.0, "file": 600.0}
_PATIENCE_S: Mapping[Priority, float] = {"background": 60.0, "interactive": 5.0}
_DOWNLOAD_BYTES = 1_000_000_000_000
_TRIES = 5
T = TypeVar("T")


class Client:
    """Asks the Internet, politely. One for a process is enough; threads may share it.

    Args:
        folder: where what is known of hosts is kept, `fetch.sqlite3`; all processes of a site share it.
        contact: an e-mail or https address of who runs the site. Without one, nothing is asked.
        base_url: the site's own address, told to hosts when others can reach it.
        allowed_hosts: `host` or `host:port` of the operator's own, which may be private.
        patience_s: by priority, the longest wait that is sat out; a longer one is a FetchError with `retry_at`.
        now, sleep, ticks, chance, resolve: clock, waiting, a clock that is never set, dice and names, for tests.
    """

    def __init__(
        self,
        folder: Path,
        *,
        contact: str,
        base_url: str = "",
        allowed_hosts: Collection[str] = (),
        patience_s: Mapping[Priority, float] = _PATIENCE_S,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        self._contact = contact
        self._allowed = frozenset(host.lower().removesuffix(":80").removesuffix(":443") for host in allowed_hosts)
        self._patience_s = patience_s
        self._now, self._sleep = now, sleep
        self._chance = chance or random.Random()  # noqa: S311 – it spreads waits, and keeps no secret
        self._policies: dict[str, HostPolicy] = {}
        store = Store(folder)
        self.ledger = QuotaLedger(store)
        self._memory = Memory(store)
        self._sender = Sender(CheckedTransport(self._is_allowed, resolve, ticks), ticks)
        self._asker = Asker(
            self.ledger,
            self._memory,
            self._sender,
            self._policies,
            self._allowed,
            {"user-agent": user_agent(contact, base_url)},
            now,
            sleep,
        )

    def use(self, host: str, policy: HostPolicy) -> None:
        """Ask a host (`host`, or `host:port` when the port is neither 80 nor 443) as its terms say, from now on."""
        self._policies[host.lower()] = policy

    def get(
        self,
        url: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        kind: Kind = "api",
        priority: Priority = "background",
        max_bytes: int | None = None,
        total_s: float | None = None,
        conditional: bool = False,
        allow: Collection[int] = (),
    ) -> Answer:
        """Return the answer to a GET: 2xx, 304, or a status of `allow`. Raises FetchError for all else.

        Args:
            url: its address; `params` are added to its query.
            params: fields of the query.
            headers: more headers. To another host that it redirects to, only those that are no secret are told.
            kind: an `api`, a `page` (whose site's robots.txt is obeyed), or a `file`.
            priority: `interactive` when somebody waits.
            max_bytes: the most that is taken, unpacked. Default: 100 MB of an api, 10 MB of a page, 1 GB of a file.
            total_s: the longest that one try may take. Default: 120, 30 and 600 seconds.
            conditional: ask only for what is newer than what was last given to `remember`.
            allow: statuses besides 2xx that are answers.
        """
        limit = _MAX_BYTES[kind] if max_bytes is None else max_bytes
        manner = self._manner(kind, priority, total_s, allow)

        def try_once() -> Answer:
            asked = self._asker.prepare(url, params or {}, headers or {})
            if conditional:
                asked = replace(asked, headers={**asked.headers, **self._memory.conditions(str(asked.url))})
            with self._asker.ask(asked, manner) as (where, response, _):
                body = b"".join(self._sender.read(where, response, limit))
                return self._answer(asked, where, response, body)

        return self._persist(try_once, manner)

    def download(
        self,
        url: str,
        path: Path,
        *,
        headers: Mapping[str, str] | None = None,
        priority: Priority = "background",
        max_bytes: int = _DOWNLOAD_BYTES,
    ) -> Answer:
        """Fetch a file of any size to a path, where it appears whole or not at all. Raises FetchError.

        What has come lies beside, as `path.part`; a later call goes on from there if the file is still the same. The
        answer's body is empty. Slower than 1 KB a second is given up.
        """
        manner = self._manner("file", priority, SLOWEST_S, (416,))
        with Download(path, max_bytes) as download:

            def try_once() -> Answer:
                asked = self._asker.prepare(url, {}, {**(headers or {}), **download.headers(url)})
                with self._asker.ask(asked, manner) as (where, response, keep):
                    download.take(url, response, self._sender.extend, keep)
                    return self._answer(asked, where, response, b"")

            return self._persist(try_once, manner, lambda: download.n_bytes)

    def remember(self, answer: Answer) -> None:
        """Let `conditional` ask only for what is newer than this answer, now that it is kept. Raises FetchError."""
        if not answer.is_unchanged:
            self._kept(lambda: self._memory.remember(answer.asked_url, answer.headers))

    def hold(self, url: str, seconds: float, why: str) -> None:
        """Let nobody ask an address's host for so long: it said so in a body. Raises FetchError."""
        now = self._now()
        self._kept(lambda: self.ledger.hold(self._key(url), now + seconds, why, now))

    def blame(self, url: str, why: str) -> None:
        """Count a failure of an address's host: its 200 was none. Raises FetchError."""
        self._kept(lambda: self.ledger.blame(self._key(url), why, self._now()))

    def close(self) -> None:
        """Close connections."""
        self._sender.close()
        self.ledger.close()

    def _persist(
        self, try_once: Callable[[], Answer], manner: Manner, progress: Callable[[], int] = lambda: 0
    ) -> Answer:
        """Return what a try brings; try again while that can help, is allowed, and comes soon enough."""
        if not self._contact:
            raise FetchError(
                "Nothing is fetched before hosts can be told who asks: set GERMANE_CONTACT to your e-mail address",
                "",
                True,
            )
        n_tried, had = 0, progress()
        while True:
            try:
                return self._kept(try_once)
            except FetchError as error:
                n_tried = 1 if progress() - had >= SLOWEST_BYTES else n_tried + 1
                had = progress()
                now = self._now()
                seconds = back_off(n_tried, self._chance)
                if error.retry_at:
                    seconds = max(error.retry_at.timestamp() - now, 0.0)
                if error.permanent or n_tried >= _TRIES or seconds > manner.patience_s or _is_put_off(error):
                    raise
                log.info("trying again", host=error.host, seconds=round(seconds, 3), n_tried=n_tried)
                self._sleep(seconds)

    def _kept(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except StoreError as error:
            raise FetchError(str(error), "", permanent=False) from error

    def _manner(self, kind: Kind, priority: Priority, total_s: float | None, allow: Collection[int]) -> Manner:
        seconds = _TOTAL_S[kind] if total_s is None else total_s
        return Manner(kind, priority, seconds, self._patience_s[priority], allow)

    def _answer(self, asked: Asked, where: Asked, response: httpx.Response, body: bytes) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        is_unchanged = response.status_code == 304
        return Answer(
            response.status_code, headers, body, str(where.url), str(asked.url), as_time(self._now()), is_unchanged
        )

    def _key(self, url: str) -> str:
        return check_url(read_url(url), self._allowed).key

    def _is_allowed(self, host: str, port: int) -> bool:
        return check_url(httpx.URL(scheme="http", host=host, port=port), self._allowed).is_allowed_privately


def user_agent(contact: str, base_url: str) -> str:
    """Return how we name ourselves: `Germane/0.1.0 (+https://articles.example.org; mailto:library@example.org)`."""
    host = httpx.URL(base_url).host if base_url else ""
    about = [f"+{base_url}"] if host not in {"", "localhost", "127.0.0.1", "::1"} else []
    about.append(contact if contact.startswith("https://") else f"mailto:{contact}")
    return f"Germane/{__version__} ({'; '.join(about)})".encode("ascii", "replace").decode()


def _is_put_off(error: FetchError) -> bool:
    return error.status is None and error.retry_at is not None  # the ledger's word: its wait was already weighed
