"""A small HTTP/1.1 client for measuring servers: one thread, many keep-alive connections, as little CPU as Python can.

It runs in a process of its own, so that its CPU is not the server's and can be told beside it.
"""

import multiprocessing
import selectors
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

FAILED = 599  # the status of a request whose connection broke
_PATIENCE_S = 30.0


class Ask(NamedTuple):
    """A request: the kind that it is counted under, and its path."""

    kind: str
    path: str


class Got(NamedTuple):
    """What came back: when it was asked, in seconds of the monotonic clock, and how long the answer took."""

    kind: str
    path: str
    status: int
    n_bytes: int
    asked_at: float
    seconds: float


class Driven(NamedTuple):
    """What a drive came to."""

    got: list[Got]
    seconds: float
    client_cpu_s: float


def drive(port: int, asks: Sequence[Ask], n_connections: int, seconds: float = 0.0) -> Driven:
    """Ask in a process of its own, `n_connections` at a time: each request once, or in turns for some seconds."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(drive_here, (port, asks, n_connections, seconds))


def drive_here(port: int, asks: Sequence[Ask], n_connections: int, seconds: float = 0.0) -> Driven:
    """Do the same in this process."""
    began, cpu = time.monotonic(), time.process_time()
    got = list(_drive(port, _turns(asks, began + seconds) if seconds else iter(asks), n_connections))
    return Driven(got, time.monotonic() - began, time.process_time() - cpu)


def fetch(port: int, path: str) -> tuple[int, bytes]:
    """Return status and body of one page, the body as it was sent: compressed where the server does so."""
    connection = _Connection(port)
    connection.send(Ask("", path))
    connection.socket.settimeout(_PATIENCE_S)
    while not connection.is_done:
        connection.receive()
    connection.socket.close()
    return connection.status, bytes(connection.data[connection.body_at :])


def _turns(asks: Sequence[Ask], until: float) -> Iterator[Ask]:
    while True:
        for ask in asks:
            if time.monotonic() > until:
                return
            yield ask


def _drive(port: int, asks: Iterable[Ask], n_connections: int) -> Iterator[Got]:
    waiting = iter(asks)
    with selectors.DefaultSelector() as selector:
        for _ in range(n_connections):
            _next(selector, _Connection(port), waiting)
        while selector.get_map():
            ready = selector.select(1.0)
            for key, _ in ready:
                connection: _Connection = key.data
                connection.receive()
                if connection.is_done:
                    yield connection.got()
                    _next(selector, connection, waiting)
            if not ready:
                yield from _given_up(selector, waiting)


def _next(selector: selectors.BaseSelector, connection: "_Connection", asks: Iterator[Ask]) -> None:
    """Send a connection's next request; without one it is closed."""
    if connection.is_registered and (connection.is_closing or connection.status == FAILED):
        selector.unregister(connection.socket)
        connection.reopen()
    ask = next(asks, None)
    if ask is None:
        if connection.is_registered:
            selector.unregister(connection.socket)
        connection.socket.close()
        return
    connection.send(ask)
    if not connection.is_registered:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.is_registered = True


def _given_up(selector: selectors.BaseSelector, asks: Iterator[Ask]) -> Iterator[Got]:
    """Yield the requests that are not answered in time, as failures."""
    now = time.monotonic()
    for key in list(selector.get_map().values()):
        connection: _Connection = key.data
        if now - connection.asked_at > _PATIENCE_S:
            connection.status = FAILED
            yield connection.got()
            _next(selector, connection, asks)


class _Connection:
    """A keep-alive connection, and the answer that it is reading."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.reopen()

    def reopen(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.is_registered = self.is_closing = False
        self.status = 0

    def send(self, ask: Ask) -> None:
        self.ask, self.data, self.status = ask, bytearray(), 0
        self.body_at, self.length, self.is_done = 0, -1, False
        self.asked_at = time.monotonic()
        request = f"GET {ask.path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nAccept-Encoding: gzip\r\n\r\n"
        try:
            self.socket.sendall(request.encode("ascii"))
        except OSError:
            self._fail()

    def receive(self) -> None:
        try:
            piece = self.socket.recv(1 << 16)
        except OSError:
            piece = b""
        if not piece:
            self._fail()
            return
        self.data += piece
        if not self.body_at:
            self._read_head()
        if self.body_at:
            is_chunked = self.length < 0
            self.is_done = (
                self.data.endswith(b"0\r\n\r\n") if is_chunked else len(self.data) - self.body_at >= self.length
            )

    def got(self) -> Got:
        n_bytes = len(self.data) - self.body_at
        return Got(self.ask.kind, self.ask.path, self.status, n_bytes, self.asked_at, time.monotonic() - self.asked_at)

    def _read_head(self) -> None:
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.data[:end]).lower()
        self.body_at = end + 4
        self.status = int(head[9:12])
        place = head.find(b"\r\ncontent-length:")
        if place >= 0:
            self.length = int(head[place + 17 :].split(b"\r\n", 1)[0])
        elif self.status in (204, 304):
            self.length = 0
        self.is_closing = b"\r\nconnection: close" in head

    def _fail(self) -> None:
        self.status, self.is_done = FAILED, True
