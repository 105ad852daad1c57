"""One request and its answer, without politeness: checked addresses, redirects, and bounds on time and size."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpcore
import httpx

from germane.fetch.addresses import Target, check_url
from germane.fetch.answer import FetchError, Kind, hide_secrets
from germane.fetch.connecting import CheckedTransport, RefusedAddressError
from germane.fetch.decoding import ACCEPTED, DecodingError, TooLargeError, decode

MAX_REDIRECTS = 5
_STALLED_S = 30.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What may be told to another host than the one that was asked; all else (keys, cookies) stays with the first.
_FOR_ALL = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "range",
        "user-agent",
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it is to go out: to one host, redirects not followed."""

    url: httpx.URL
    headers: Mapping[str, str]
    target: Target
    n_redirects: int = 0


def prepare(url: str, params: Mapping[str, str | int], headers: Mapping[str, str], allowed: Collection[str]) -> Asked:
    """Return a request to an address with query fields added. Raises FetchError for an address that is never asked."""
    address = read_url(url)
    if params:
        address = address.copy_merge_params(dict(params))
    lowered = {name.lower(): value for name, value in headers.items()}
    return Asked(
        address.copy_with(fragment=None), {"accept-encoding": ACCEPTED, **lowered}, check_url(address, allowed)
    )


def read_url(url: str) -> httpx.URL:
    """Return an address read. Raises FetchError for what is none."""
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise FetchError(f"{hide(url)} is no web address: {error}", "", permanent=True) from error


def hide(url: str) -> str:
    """Return an address without secrets, even when it is none."""
    try:
        return hide_secrets(url)
    except ValueError:
        return url.partition("?")[0][:200]


def redirected(asked: Asked, answer: httpx.Response, kind: Kind, allowed: Collection[str]) -> Asked | None:
    """Return the request that an answer redirects to, None when it does not. Raises FetchError for a forbidden one."""
    location = answer.headers.get("location", "")
    if answer.status_code not in _REDIRECTS or not location:
        return None
    host = asked.target.key
    if asked.n_redirects >= MAX_REDIRECTS:
        raise FetchError(f"{host} redirects again and again, at last to {hide(location)}", host, permanent=True)
    try:
        url = asked.url.join(location).copy_with(fragment=None)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise FetchError(
            f"{host} redirects to {hide(location)}, which is no web address", host, permanent=True
        ) from error
    target = check_url(url, allowed)
    if asked.url.scheme == "https" and url.scheme == "http" and kind != "page":
        raise FetchError(f"{host} redirects from https to {hide(str(url))}, which is not private", host, permanent=True)
    is_same = (url.scheme, target.host, target.port) == (asked.url.scheme, asked.target.host, asked.target.port)
    kept = asked.headers if is_same else {name: value for name, value in asked.headers.items() if name in _FOR_ALL}
    return Asked(url, kept, target, asked.n_redirects + 1)


class Sender:
    """Sends single requests. Errors of the network, and of answers, become FetchError here and nowhere else."""

    def __init__(self, transport: CheckedTransport, ticks: Callable[[], float]) -> None:
        self._transport = transport
        self._ticks = ticks

    @contextmanager
    def send(self, asked: Asked, total_s: float) -> Iterator[httpx.Response]:
        """Give the answer, its body still to be read. Raises FetchError, also for what is read in the block."""
        host = asked.target.key
        timeouts = {"connect": _STALLED_S, "read": _STALLED_S, "write": _STALLED_S, "pool": _STALLED_S}
        request = httpx.Request("GET", asked.url, headers=dict(asked.headers), extensions={"timeout": timeouts})
        try:
            with self._transport.ends_by(self._ticks() + total_s):
                answer = self._transport.handle_request(request)
                try:
                    yield answer
                finally:
                    answer.close()
        except RefusedAddressError as error:
            raise FetchError(
                f"{error}, and Germane asks public addresses only. Is it a host of yours? "
                f"Name it: GERMANE_FETCH_ALLOWED_HOSTS={host}",
                host,
                permanent=True,
            ) from error
        except httpcore.TimeoutException as error:
            raise FetchError(
                f"{host} took too long to answer (more than {total_s:g} s, or silent for 30)", host, permanent=False
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
            is_untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
            why = "shows a certificate that cannot be trusted" if is_untrusted else "could not be asked"
            raise FetchError(f"{host} {why}: {error}", host, permanent=is_untrusted) from error

    def extend(self, total_s: float) -> None:
        """Let what this thread sends and reads in the block of `send` go on for so long from now."""
        self._transport.extend(self._ticks() + total_s)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def read(self, asked: Asked, answer: httpx.Response, max_bytes: int) -> Iterator[bytes]:
        """Yield an answer's body, decoded. Raises FetchError when it is too large, damaged or cut off."""
        host = asked.target.key
        length = answer.headers.get("content-length", "")
        if length.isdigit() and int(length) > max_bytes:
            raise FetchError(f"{hide(str(asked.url))} is larger than {max_bytes:,} bytes", host, permanent=True)
        assert isinstance(answer.stream, httpx.SyncByteStream)
        try:
            yield from decode(answer.stream, answer.headers.get("content-encoding", ""), max_bytes)
        except TooLargeError as error:
            raise FetchError(f"{hide(str(asked.url))}: {error}", host, permanent=True) from error
        except DecodingError as error:
            raise FetchError(f"{hide(str(asked.url))} cannot be unpacked: {error}", host, permanent=False) from error

    def read_some(self, answer: httpx.Response, max_bytes: int) -> bytes:
        """Return the beginning of an answer's body, decoded. What cannot be unpacked is left out."""
        assert isinstance(answer.stream, httpx.SyncByteStream)
        body = bytearray()
        with suppress(TooLargeError, DecodingError):
            for piece in decode(answer.stream, answer.headers.get("content-encoding", ""), 16 * max_bytes):
                body += piece
                if len(body) >= max_bytes:
                    break
        return bytes(body[:max_bytes])
