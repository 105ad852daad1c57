"""One request, asked politely: in its turn, within its host's budget, on to where it redirects, and remembered."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.utils import format_datetime

import httpx
import structlog

from germane.fetch import robots
from germane.fetch.answer import FetchError, Kind, Priority, as_time, hide_secrets
from germane.fetch.learning import Told, read_limits, read_retry_after
from germane.fetch.policy import HostPolicy
from germane.fetch.quota import Claim, QuotaLedger, Wait
from germane.fetch.remembering import Memory
from germane.fetch.retrying import PASSING
from germane.fetch.sending import Asked, Sender, prepare, redirected

_LEASE_S = 90.0
_RENEWED_S = 20.0
_ROBOTS_S = 20.0
_DEFAULT = HostPolicy()
_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})

# By way of Python's own logging: silent below warnings until an operator or a program asks for more.
log = structlog.wrap_logger(
    logging.getLogger("germane.fetch"),
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.processors.KeyValueRenderer(key_order=["event"]),
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a request is made."""

    kind: Kind
    priority: Priority
    total_s: float
    patience_s: float
    allow: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks hosts in their turn. Every method may raise FetchError, and StoreError when the ledger cannot be used."""

    ledger: QuotaLedger
    memory: Memory
    sender: Sender
    policies: Mapping[str, HostPolicy]
    allowed: Collection[str]
    headers: Mapping[str, str]  # that say who we are
    now: Callable[[], float]
    sleep: Callable[[float], None]

    def prepare(self, url: str, params: Mapping[str, str | int], headers: Mapping[str, str]) -> Asked:
        """Return a request that says who we are."""
        return prepare(url, params, {**headers, **self.headers}, self.allowed)

    @contextmanager
    def ask(self, asked: Asked, manner: Manner) -> Iterator[tuple[Asked, httpx.Response, Callable[[], None]]]:
        """Give where redirects led, the answer with its body still to be read, and what to call while reading for long.

        A status that is neither 2xx, 304 nor allowed is raised as FetchError.
        """
        while True:
            policy = self._policy(asked, manner)
            claim = self._claim(asked, policy, manner)
            told, blame, keep = Told(), None, _Keeper(self.ledger, claim, self.now)
            try:
                with self.sender.send(asked, manner.total_s) as answer:
                    told, blame = read_limits(answer.headers, self.now()), ""
                    log.debug("asked", url=hide_secrets(str(asked.url)), status=answer.status_code)
                    further = redirected(asked, answer, manner.kind, self.allowed)
                    if further is None:
                        self._check_status(asked, answer, manner)
                        yield asked, answer, keep
                        return
            except FetchError as error:
                is_theirs = not error.permanent and error.retry_at is None and not keep.is_used
                blame = error.message if is_theirs else blame
                log.info("failed", host=error.host, status=error.status, permanent=error.permanent, error=error.message)
                raise
            finally:
                self.ledger.finish(claim, told, self.now(), error=blame)
            asked = further

    def _policy(self, asked: Asked, manner: Manner) -> HostPolicy:
        policy = self.policies.get(asked.target.key, _DEFAULT)
        if manner.kind != "page":
            return policy
        text = self._robots(asked, manner)
        if not robots.may_read(text, str(asked.url)):
            told = hide_secrets(str(asked.url))
            raise FetchError(
                f"{told} is not for programs, says its site's robots.txt", asked.target.key, permanent=True
            )
        return replace(policy, pace_s=max(policy.pace_s, robots.crawl_delay(text)))

    def _robots(self, asked: Asked, manner: Manner) -> str:
        """Return an origin's robots.txt, "" where there is none; while it cannot be had, nothing else is (RFC 9309)."""
        address = asked.url.copy_with(raw_path=b"/robots.txt")
        kept = self.memory.robots(str(address), self.now() - robots.KEPT_S)
        if kept is not None:
            return kept
        request = self.prepare(str(address), {}, {})
        polite = Manner("api", manner.priority, _ROBOTS_S, manner.patience_s)
        try:
            with self.ask(request, polite) as (_, answer, _):
                text = self.sender.read_some(answer, robots.MAX_BYTES).decode("utf-8", "replace")
        except FetchError as error:
            if error.status is None or not 400 <= error.status < 500 or error.status in PASSING:
                raise
            text = ""
        self.memory.keep_robots(str(address), text, self.now())
        return text

    def _claim(self, asked: Asked, policy: HostPolicy, manner: Manner) -> Claim:
        """Return leave to ask, waited for in patience. Raises FetchError when it would take longer."""
        host, began = asked.target.key, self.now()
        lease_s = min(manner.total_s, _LEASE_S) + _RENEWED_S
        while True:
            now = self.now()
            found = self.ledger.claim(host, policy, now, is_background=manner.priority == "background", lease_s=lease_s)
            if isinstance(found, Claim):
                return found
            if found.is_refusal or found.until - min(began, now) > manner.patience_s:
                raise _put_off(host, found)
            log.debug("waiting", host=host, seconds=round(found.until - now, 3), why=found.why)
            self.sleep(max(found.until - now, 0.001))

    def _check_status(self, asked: Asked, answer: httpx.Response, manner: Manner) -> None:
        """Raise FetchError for a status that is no success, and let the host rest if it asked for that."""
        status, host, now = answer.status_code, asked.target.key, self.now()
        is_unchanged = status == 304 and not _CONDITIONS.isdisjoint(asked.headers)
        if 200 <= status < 300 or is_unchanged or status in manner.allow:
            return
        rests_until = read_retry_after(answer.headers, now) if status in PASSING or status == 403 else None
        body = self.sender.read_some(answer, 4096)
        if rests_until is not None:
            self.ledger.hold(host, rests_until, f"it answered {status} and asked to wait", now)
        raise FetchError(
            f"{hide_secrets(str(asked.url))} answered {status} {answer.reason_phrase}".rstrip(),
            host,
            permanent=status not in PASSING and rests_until is None,
            retry_at=None if rests_until is None else as_time(rests_until),
            status=status,
            body=body,
        )


class _Keeper:
    """Keeps the place of a request that brings something and takes long."""

    def __init__(self, ledger: QuotaLedger, claim: Claim, now: Callable[[], float]) -> None:
        self._ledger, self._claim, self._now = ledger, claim, now
        self._renewed_at = now()
        self.is_used = False

    def __call__(self) -> None:
        self.is_used = True
        if not 0 <= self._now() - self._renewed_at < _RENEWED_S:
            self._renewed_at = self._now()
            self._ledger.renew(self._claim, self._renewed_at, _LEASE_S)


def _put_off(host: str, wait: Wait) -> FetchError:
    at = as_time(wait.until)
    return FetchError(
        f"{host} is not asked before {format_datetime(at)}: {wait.why}", host, permanent=False, retry_at=at
    )
