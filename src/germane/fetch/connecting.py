"""Connections to checked addresses only, each read and write of which ends by a deadline.

A name is resolved once, what it resolves to is checked, and the checked address is what is connected to: a name that
resolves to something else a moment later (DNS rebinding) gains nothing. Proxies of the environment are not obeyed.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import certifi
import httpcore
import httpx

from germane.fetch.addresses import why_refused

# Name and port → addresses, in the order in which they are to be tried.
Resolve = Callable[[str, int], Sequence[str]]

_CONNECT_S = 10.0
_ADDRESSES_TRIED = 4


class RefusedAddressError(Exception):
    """A name that leads to no public address. The message says where it leads."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


class CheckedTransport(httpx.BaseTransport):
    """Sends httpx's requests over checked connections. Answers are not decoded: `decoding` does that, bounded."""

    def __init__(
        self,
        is_allowed_privately: Callable[[str, int], bool],
        resolve: Resolve = resolve,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend = _CheckedBackend(is_allowed_privately, resolve, ticks)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trust(),
            max_connections=64,
            max_keepalive_connections=16,
            keepalive_expiry=15.0,
            network_backend=self._backend,
        )

    @contextlib.contextmanager
    def ends_by(self, deadline: float) -> Iterator[None]:
        """Let everything that this thread sends and reads in the block end at that moment of `ticks`."""
        self._backend.deadlines.at = deadline
        try:
            yield
        finally:
            self._backend.deadlines.at = float("inf")

    def extend(self, deadline: float) -> None:
        """Let this thread's block of `ends_by` end at another moment."""
        self._backend.deadlines.at = deadline

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's body is still to be read. Raises httpcore's errors and RefusedAddressError."""
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


class _Deadlines(threading.local):
    at: float = float("inf")


class _CheckedBackend(httpcore.NetworkBackend):
    def __init__(
        self, is_allowed_privately: Callable[[str, int], bool], resolve: Resolve, ticks: Callable[[], float]
    ) -> None:
        self._is_allowed_privately = is_allowed_privately
        self._resolve = resolve
        self._ticks = ticks
        self._plain = httpcore.SyncBackend()
        self.deadlines = _Deadlines()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"its name could not be resolved ({error.strerror or error})") from error
        addresses = list(found) if self._is_allowed_privately(host, port) else self._public(host, found)
        last: Exception = httpcore.ConnectError("its name has no address")
        for address in addresses[:_ADDRESSES_TRIED]:
            try:
                left = self._left(_CONNECT_S)
                stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
                continue
            return _DeadlineStream(stream, self._left)
        raise last

    def _public(self, host: str, found: Sequence[str]) -> list[str]:
        """Return the addresses that are public. Raises RefusedAddressError when none is."""
        refused = {address: why_refused(address) for address in found}
        public = [address for address, why in refused.items() if not why]
        if found and not public:
            told = ", ".join(f"{address} ({why})" for address, why in sorted(refused.items()))
            raise RefusedAddressError(f"{host} leads to {told}")
        return public

    def _left(self, timeout: float | None) -> float:
        left = self.deadlines.at - self._ticks()
        if left <= 0:
            raise httpcore.ReadTimeout("it took too long altogether")
        return left if timeout is None else min(timeout, left)


class _DeadlineStream(httpcore.NetworkStream):
    """A stream whose every read and write ends by the deadline of the thread that asks, however slowly bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[float | None], float]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._left(_CONNECT_S)
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@cache
def _trust() -> ssl.SSLContext:
    """Return a context that trusts the system's authorities (and SSL_CERT_FILE's), and those of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
