"""What a live source is: it is asked for a window of days, or for some names, and answers page by page.

A source talks, and does not understand: a page's body is kept as it came, and a reader of `germane.sources` reads it as
it reads a file. Each source is a module whose name is its own, with a class `Live` whose fields are its settings.
The page of its documentation, terms, pace, look-back and deletion rule stand on its top.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from germane.fetch import Answer, Budget, HostPolicy

if TYPE_CHECKING:
    from germane.fetch import Client


class SourceError(Exception):
    """A source answered, but not what was asked for. The text tells people why.

    `permanent`: the same question would get the same answer.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class StaleCursor(SourceError):  # noqa: N818
    """The source has forgotten where we were: the window has to be begun again."""


class TooMany(SourceError):  # noqa: N818
    """The window holds more than the source gives: it has to be asked for in smaller ones."""


class Window(Struct, frozen=True):
    """Some days, both inclusive, as YYYY-MM-DD; both empty: whatever there is."""

    since: str = ""
    until: str = ""

    def halves(self) -> tuple[Window, Window] | None:
        """Return this window as two; None when it is a single day."""
        if self.since == self.until:
            return None
        first, last = date.fromisoformat(self.since), date.fromisoformat(self.until)
        middle = first + (last - first) // 2
        return Window(self.since, middle.isoformat()), Window((middle + timedelta(days=1)).isoformat(), self.until)


class Ask(Struct, frozen=True):
    """What is asked of a source: a window, narrowed by a query in its own words; or names, one after another."""

    window: Window = Window()
    query: str = ""
    ids: tuple[str, ...] = ()  # "doi:10.1/x", "pmid:1" …: see `Live.looks_up`
    is_urgent: bool = False  # somebody waits


class Page(Struct, frozen=True):
    """A part of an answer. `body` is empty when there is nothing to read in it; `next` is empty on the last page.

    In a stream of files (`LiveSource.IS_STREAM`) `next` is never empty: the next run goes on there. `is_last` ends it.
    """

    body: bytes
    next: str = ""
    n: int = 0  # records in it, as far as the source tells
    total: int | None = None  # in all pages together, when the source tells
    file_url: str = ""  # too large for `body`: to be downloaded
    is_last: bool = False
    answer: Answer | None = None  # to be remembered once it is kept: it need not be sent again while it is unchanged


@dataclass(frozen=True)
class LiveSource:
    """What all sources share. Fields are settings (GERMANE_SOURCES); class variables are the source's nature."""

    NAME: ClassVar[str]
    READER: ClassVar[str]  # of `germane.sources`
    LOOKS_UP: ClassVar[tuple[str, ...]] = ()  # the schemes of the names that it can be asked for
    HAS_WINDOWS: ClassVar[bool] = True  # it can be asked what is new; else only for names, or for everything
    IS_STREAM: ClassVar[bool] = False  # files, each to be read once, in their order
    IS_SCROLL: ClassVar[bool] = False  # its cursor is a place in its memory, not in ours: it cannot be gone back to
    CURSOR_S: ClassVar[float] = 0.0  # how long a cursor lives; 0: for ever

    base_url: str
    is_on: bool = True  # `germane article` and, where it is `daily`, `germane harvest all` ask it
    daily: bool = True  # it is a part of `germane harvest all`
    query: str = ""  # what `germane harvest all` narrows it to, in the source's own words
    look_back_days: int = 1  # days that are asked for again: what came late
    first_days: int = 7  # how far back the first `germane harvest all` goes
    window_days: int = 1
    page_size: int = 100
    pace_s: float = 1.0
    concurrency: int = 1
    email: str = ""  # who asks, where a source wants it in the address; GERMANE_CONTACT

    def windows(self, since: str, until: str) -> Iterator[Window]:
        """Yield the windows of `window_days` from one day to another, both inclusive; one empty one without days."""
        if not self.HAS_WINDOWS or not since:
            yield Window(since, until)
            return
        first, last = date.fromisoformat(since), date.fromisoformat(until)
        while first <= last:
            end = min(last, first + timedelta(days=self.window_days - 1))
            yield Window(first.isoformat(), end.isoformat())
            first = end + timedelta(days=1)

    def page(self, client: Client, ask: Ask, cursor: str) -> Page:
        """Return the page at a cursor ("" is the first). Raises FetchError and SourceError."""
        raise NotImplementedError

    def policies(self) -> Mapping[str, HostPolicy]:
        """Return what its hosts are asked at most, by host."""
        return {urlsplit(self.base_url).netloc: HostPolicy(self.pace_s, self.concurrency, self.budgets())}

    def budgets(self) -> tuple[Budget, ...]:
        """Return the provider's own limits."""
        return ()

    def get(
        self,
        client: Client,
        ask: Ask,
        path: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        allow: Sequence[int] = (),
    ) -> Answer:
        """Return what an address below `base_url` answers. Parameters that are empty are left out."""
        return client.get(
            f"{self.base_url}{path}",
            params={name: str(value) for name, value in (params or {}).items() if value != ""},
            headers=headers or {},
            priority="interactive" if ask.is_urgent else "background",
            allow=tuple(allow),
        )


def read_envelope(body: bytes, kind: type[Any], name: str) -> Any:
    """Return what stands around a page's records. Raises SourceError when it is none, as of an answer that was cut."""
    try:
        return msgspec.json.decode(body.decode("utf-8", "replace"), type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise SourceError(f"{name} answered what is no page of its: {error}; {_beginning(body)}") from error


def one_at_a_time(ask: Ask, cursor: str) -> tuple[str, str]:
    """Return the value of the name at a cursor, and the next cursor: names are counted."""
    at = int(cursor or 0)
    _, _, value = ask.ids[at].partition(":")
    return value, str(at + 1) if at + 1 < len(ask.ids) else ""


def some_at_a_time(ask: Ask, cursor: str, n: int) -> tuple[list[str], str]:
    """Return the values of up to `n` names from a cursor on, and the next cursor."""
    at = int(cursor or 0)
    values = [key.partition(":")[2] for key in ask.ids[at : at + n]]
    return values, str(at + n) if at + n < len(ask.ids) else ""


def _beginning(body: bytes) -> str:
    told = " ".join(body[:200].decode("utf-8", "replace").split())
    return f"it begins {told!r}" if told else "it is empty"
