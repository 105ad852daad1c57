"""Which addresses are asked: a table of those that never are."""

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from germane.fetch import FetchError
from germane.fetch.addresses import check_url, why_refused
from germane.fetch.connecting import resolve
from germane.fetch.sending import read_url
from tests.fetch.serving import Asked, asking, serving

REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",  # the metadata of clouds
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",  # IPv4-compatible, long given up
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",  # IPv4-translated
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
    "what",
    "",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "193.0.0.1", "2606:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert why_refused(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_asked(address: str) -> None:
    assert why_refused(address) == ""


@given(st.ip_addresses())
def test_only_what_python_too_calls_global_is_asked(address: IPv4Address | IPv6Address) -> None:
    if not why_refused(str(address)):
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://localhost/",
        "http://LOCALHOST/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://①②⑦.⓪.⓪.①/",
        "https://169.254.169.254/latest/meta-data/",
    ],
)
def test_no_spelling_of_this_machine_is_asked(url: str, tmp_path: Path) -> None:
    with asking(tmp_path) as client, pytest.raises(FetchError) as failure:
        client.get(url)
    assert failure.value.permanent or "could not be resolved" in str(failure.value)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/file",
        "file:///etc/passwd",
        "gopher://example.org/",
        "data:text/plain,hello",
        "//example.org/",
        "example.org",
        "",
        "http://",
        "http:///path",
        "http://user@example.org/",
        "http://user:password@example.org/",
        "http://example.org:22/",
        "http://example.org:6379/",
        "https://example.org:8443/",
        "http://example.org:99999/",
        "http://[::1",
        "http://exa mple.org/",
        "http://example.org\\@127.0.0.1/",
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str, tmp_path: Path) -> None:
    with asking(tmp_path, resolve=lambda host, port: ["127.0.0.1"]) as client, pytest.raises(FetchError) as failure:
        client.get(url)
    assert failure.value.permanent
    assert "password" not in str(failure.value).replace("or a password", "")


@given(st.text())
def test_reading_any_text_as_an_address_raises_nothing_else(text: str) -> None:
    with suppress(FetchError):
        check_url(read_url(text))


def test_the_operators_own_host_is_asked_on_its_port_alone() -> None:
    allowed = {"10.1.2.3:8080", "repository.example.org"}
    assert check_url(httpx.URL("http://10.1.2.3:8080/x"), allowed).is_allowed_privately
    assert check_url(httpx.URL("https://Repository.Example.org./"), allowed).is_allowed_privately
    assert not check_url(httpx.URL("http://10.1.2.3/x"), allowed).is_allowed_privately
    with pytest.raises(FetchError, match="GERMANE_FETCH_ALLOWED_HOSTS"):
        check_url(httpx.URL("http://10.1.2.3:8081/x"), allowed)
    with pytest.raises(FetchError, match="port 8080"):
        check_url(httpx.URL("http://repository.example.org:8080/x"), allowed)


@pytest.mark.parametrize("name", ["127.0.0.1:80", "127.0.0.1:443", "127.0.0.1"])
def test_the_operators_own_host_may_be_named_with_its_usual_port(name: str, tmp_path: Path) -> None:
    with asking(tmp_path, hosts=[name]) as client:
        assert client._is_allowed("127.0.0.1", 80)
        assert not client._is_allowed("127.0.0.2", 80)


def test_a_redirect_to_a_private_address_is_not_followed(tmp_path: Path) -> None:
    def handle(asked: Asked) -> None:
        asked.answer(status=302, location=f"http://localhost:{other.port}/secret")

    with serving(lambda asked: asked.answer(b"secret")) as other, serving(handle) as server:
        with asking(tmp_path, server) as client, pytest.raises(FetchError) as failure:
            client.get(server.url())
        assert failure.value.permanent
        assert not other.asked


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/", "http://127.0.0.1/", "file:///etc/passwd", "http://[::1"]
)
def test_no_redirect_leads_where_a_request_may_not(location: str, tmp_path: Path) -> None:
    with serving(lambda asked: asked.answer(status=301, location=location)) as server:
        with asking(tmp_path, server) as client, pytest.raises(FetchError) as failure:
            client.get(server.url())
        assert failure.value.permanent
        assert len(server.asked) == 1


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(tmp_path: Path) -> None:
    """A rebinding name server answers with a public address first, and with this machine's the second time."""
    answers = [["203.0.112.1"], ["127.0.0.1"]]
    connected: list[str] = []

    def resolving(host: str, port: int) -> list[str]:
        return answers.pop(0)

    with asking(tmp_path, resolve=resolving) as client:
        backend = client._sender._transport._backend  # where connections are made

        def connect(host: str, *arguments: object) -> object:
            connected.append(host)
            raise OSError("no network in tests")

        backend._plain.connect_tcp = connect  # type: ignore[assignment, method-assign]
        with pytest.raises(OSError, match="no network"):
            client.get("http://rebinding.example/")
        assert connected == ["203.0.112.1"]
        with pytest.raises(FetchError, match="loopback") as failure:
            client.get("http://rebinding.example/")
        assert failure.value.permanent
        assert connected == ["203.0.112.1"]


def test_of_a_names_addresses_only_the_public_ones_are_connected_to(tmp_path: Path) -> None:
    connected: list[str] = []
    with asking(tmp_path, resolve=lambda host, port: ["127.0.0.1", "::1", "203.0.112.1", "10.0.0.1"]) as client:

        def connect(host: str, *arguments: object) -> object:
            connected.append(host)
            raise OSError("no network in tests")

        client._sender._transport._backend._plain.connect_tcp = connect  # type: ignore[assignment, method-assign]
        with pytest.raises(OSError, match="no network"):
            client.get("http://mixed.example/")
    assert connected == ["203.0.112.1"]


def test_a_proxy_of_the_environment_is_not_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda asked: asked.answer(b"proxy")) as proxy, serving(lambda asked: asked.answer(b"own")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://{proxy.host}")
        with asking(tmp_path, server) as client:
            assert client.get(server.url()).body == b"own"


def test_a_name_that_nobody_knows_may_be_known_later(tmp_path: Path) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with asking(tmp_path, resolve=unknown) as client, pytest.raises(FetchError, match="not known") as failure:
        client.get("http://nowhere.example/")
    assert not failure.value.permanent


def test_names_are_resolved_by_the_system() -> None:
    assert "127.0.0.1" in resolve("localhost", 80)
