"""Which addresses may be asked: public ones, by http or https, and what the operator allows besides."""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from germane.fetch.answer import FetchError, hide_secrets

PORTS = {"http": 80, "https": 443}

# IANA's registries of special-purpose addresses (RFC 6890), written out: what Python calls global differs by version.
_REFUSED: tuple[tuple[IPv4Network | IPv6Network, str], ...] = tuple(
    (ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("168.63.129.16/32", "a cloud's own service"),
    )
)
# Of IPv6, only what is given out as global unicast is taken, less the parts of it that hold other addresses.
_GLOBAL_V6 = ip_network("2000::/3")
_REFUSED_V6: tuple[tuple[IPv4Network | IPv6Network, str], ...] = tuple(
    (ip_network(network), why)
    for network, why in (
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved, Teredo among it"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: `key` is the host, with its port when that is not the scheme's own."""

    key: str
    host: str
    port: int
    is_allowed_privately: bool


def check_url(url: httpx.URL, allowed: Collection[str] = ()) -> Target:
    """Return where an address leads. Raises FetchError for what is never asked. Names are resolved later.

    Args:
        url: the address.
        allowed: the operator's own hosts, `host` or `host:port` in lower case, which may be private.
    """
    host = url.raw_host.decode("ascii", "replace").strip("[]").rstrip(".").lower()
    told = hide_secrets(str(url))
    if url.scheme not in PORTS or not host:
        raise FetchError(f"{told} is no web address: expected http:// or https:// and a host", host, permanent=True)
    if url.userinfo:
        raise FetchError(f"{told} carries a user or a password, which Germane sends nowhere", host, permanent=True)
    port = url.port or PORTS[url.scheme]
    bare = f"[{host}]" if ":" in host else host
    key = bare if port in PORTS.values() else f"{bare}:{port}"
    if key in allowed or (host in allowed and port in PORTS.values()):
        return Target(key, host, port, is_allowed_privately=True)
    if port not in PORTS.values():
        raise FetchError(
            f"{told} asks for port {port}; only 80 and 443 are asked. Is it a host of yours? "
            f"Name it: GERMANE_FETCH_ALLOWED_HOSTS={key}",
            key,
            permanent=True,
        )
    return Target(key, host, port, is_allowed_privately=False)


def why_refused(address: str) -> str:
    """Return why an IP address is not asked ("loopback"), or "" when it is a public one."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "no IP address"
    if isinstance(found, IPv4Address):
        return _first(found, _REFUSED)
    return _first(found, _REFUSED_V6) or ("" if found in _GLOBAL_V6 else "not public")


def _first(address: IPv4Address | IPv6Address, networks: tuple[tuple[IPv4Network | IPv6Network, str], ...]) -> str:
    return next((why for network, why in networks if address in network), "")
