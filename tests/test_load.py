"""What drives a site under load: a client that counts every failure, and requests as readers make them."""

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from benchmarks import load, mix
from benchmarks.client import FAILED, Ask, drive, drive_here, fetch

ANSWERS = {
    "/ok": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "/moved": b"HTTP/1.1 301 Moved\r\ncontent-length: 0\r\nLocation: /ok\r\n\r\n",
    "/missing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "/last": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbye",
    "/dead": b"",
}


@contextmanager
def server() -> Iterator[int]:
    """Answer by path, each answer in two pieces, and hang up where that is the answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def talk(connection: socket.socket) -> None:
            with connection:
                while request := connection.recv(4096):
                    path = request.split(b" ")[1].decode()
                    answer = ANSWERS[path]
                    connection.sendall(answer[:20])
                    time.sleep(0.001)
                    connection.sendall(answer[20:])
                    if path in ("/last", "/dead"):
                        return

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]


def test_every_request_is_answered_or_counted_as_failed() -> None:
    asks = [Ask(path, path) for path in ANSWERS] * 5
    with server() as port:
        driven = drive_here(port, asks, 3)
        assert fetch(port, "/ok") == (200, b"hello")
    statuses = Counter((got.kind, got.status) for got in driven.got)
    assert statuses == {("/ok", 200): 5, ("/moved", 301): 5, ("/missing", 404): 5, ("/chunked", 200): 5,
                        ("/last", 200): 5, ("/dead", FAILED): 5}  # fmt: skip
    told = load.told(driven.got)
    assert (told["n"], told["errors"]) == (30, 10)
    assert {line.split()[0] for line in told["failed"]} == {"404", str(FAILED)}
    assert {got.n_bytes for got in driven.got if got.kind == "/ok"} == {5}


def test_a_drive_of_some_seconds_goes_round_in_a_process_of_its_own() -> None:
    with server() as port:
        driven = drive(port, [Ask("a", "/ok"), Ask("b", "/moved")], 2, seconds=0.3)
    n = Counter(got.kind for got in driven.got)
    assert n["a"] > 2
    assert abs(n["a"] - n["b"]) <= 1
    assert 0.3 <= driven.seconds < 3
    assert driven.client_cpu_s > 0


def test_the_mix_has_its_shares_and_its_favourites() -> None:
    addresses = mix.Addresses({kind: [f"/{kind}/{i}" for i in range(10_000)] for kind in mix.MIX})
    asks = mix.mixed(addresses, 50_000, random.Random(3))
    kinds = Counter(ask.kind for ask in asks)
    assert kinds.keys() == mix.MIX.keys()
    assert sum(mix.MIX.values()) == 100
    assert all(abs(kinds[kind] - 500 * share) < 300 for kind, share in mix.MIX.items())
    articles = Counter(ask.path for ask in asks if ask.kind == "article")
    first, tenth = articles["/article/0"], articles["/article/9"]
    assert 5 < first / tenth < 20  # Zipf: one tenth
    assert len(articles) > 4_000


def test_pages_asked_for_once_are_all_different_and_no_favourites() -> None:
    addresses = mix.Addresses({"article": [f"/{i}" for i in range(1_000)]})
    asks = mix.once_each(addresses, "article", 300)
    assert len({ask.path for ask in asks}) == 300
    assert min(int(ask.path[1:]) for ask in asks) >= 500


def test_the_cpu_of_a_process_is_seen() -> None:
    import os

    before = load.cpu_ms(os.getpid())
    spent = time.process_time()
    while time.process_time() - spent < 0.1:
        pass
    assert load.cpu_ms(os.getpid()) - before == pytest.approx(100, abs=60)
