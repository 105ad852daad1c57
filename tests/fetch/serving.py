"""A server on this machine whose every byte a test decides, and a client with a clock that no test has to wait for."""

import random
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from germane.fetch import Client, HostPolicy


@dataclass
class Asked:
    """A request as it came in, and the means to answer it."""

    path: str
    headers: dict[str, str]
    connection: socket.socket

    def answer(self, body: bytes = b"", status: int = 200, **headers: object) -> None:
        """Send a whole answer; `_` in a header's name is `-`."""
        told = {"content_length": len(body), "connection": "close", **headers}
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items())
        self.send(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)


@dataclass
class Server:
    """`handle` answers each request; `asked` is what came in."""

    handle: Callable[[Asked], None]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}{path}"

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@contextmanager
def serving(handle: Callable[[Asked], None]) -> Iterator[Server]:
    """Serve on a port of this machine, a thread a connection."""
    server = Server(handle)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        threading.Thread(target=_accept, args=(listener, server), daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, server: Server) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_talk, args=(connection, server), daemon=True).start()


def _talk(connection: socket.socket, server: Server) -> None:
    with connection:
        try:
            received = b""
            while b"\r\n\r\n" not in received:
                more = connection.recv(65_536)
                if not more:
                    return
                received += more
            first, *lines = received.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            if not headers.get("user-agent", "").startswith("Germane/"):
                return  # some other program of this machine that looks for a port of its own
            asked = Asked(first.split()[1], headers, connection)
            server.asked.append(asked)
            server.handle(asked)
        except OSError:
            return  # the client went away, as it may


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    at: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.at += seconds


@contextmanager
def asking(
    folder: Path, server: Server | None = None, clock: Clock | None = None, hosts: Sequence[str] = (), **options: Any
) -> Iterator[Client]:
    """Give a client that may ask a server of this machine, and does not wait."""
    clock = clock or Clock()
    allowed = [*hosts, *([server.host] if server else [])]
    given = {"contact": "library@example.org", "now": clock.now, "sleep": clock.sleep, "chance": random.Random(1)}
    client = Client(folder, allowed_hosts=allowed, **{**given, **options})
    if server:
        client.use(server.host, HostPolicy(pace_s=0, concurrency=8))
    try:
        yield client
    finally:
        client.close()
