"""Large files come in pieces, and appear whole or not at all."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from germane.fetch import FetchError
from tests.fetch.serving import Asked, asking, serving

CONTENT = bytes(range(256)) * 1000


def file_server(
    content: bytes = CONTENT, etag: str = '"v1"', cut: Callable[[], int] = lambda: 10**9
) -> Callable[[Asked], None]:
    """Serve one file as RFC 9110 says, but hang up after `cut()` bytes of each answer."""

    def handle(asked: Asked) -> None:
        start, told = 0, f"etag: {etag}\r\n" if etag else ""
        if "range" in asked.headers and asked.headers.get("if-range") == etag:
            start = int(asked.headers["range"].removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                return asked.answer(status=416, content_range=f"bytes */{len(content)}")
            told += f"content-range: bytes {start}-{len(content) - 1}/{len(content)}\r\n"
        body = content[start:]
        status = "206 Partial Content" if "content-range" in told else "200 OK"
        asked.send(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n{told}\r\n".encode())
        return asked.send(body[: cut()])

    return handle


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith("fetch.sqlite3")}


def test_a_file_appears_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    with serving(file_server()) as server, asking(tmp_path, server) as client:
        answer = client.download(server.url("/f.gz"), tmp_path / "new" / "f.gz")
    assert (tmp_path / "new" / "f.gz").read_bytes() == CONTENT
    assert names(tmp_path / "new") == {"f.gz"}
    assert (answer.status, answer.body) == (200, b"")
    assert server.asked[0].headers["accept-encoding"] == "identity"


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=4))
def test_wherever_it_is_cut_off_it_goes_on_from_there(tmp_path: Path, cuts: list[int]) -> None:
    left = iter(cuts)
    (tmp_path / "f").unlink(missing_ok=True)
    with serving(file_server(cut=lambda: next(left, 10**9))) as server, asking(tmp_path, server) as client:
        client.download(server.url("/f"), tmp_path / "f")
        sent = [asked.headers.get("range") for asked in server.asked]
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert sent[0] is None
    assert all(each and each.startswith("bytes=") for each in sent[1:])
    assert names(tmp_path) == {"f"}


def test_a_host_that_hangs_up_after_each_part_is_not_taken_for_one_in_trouble(tmp_path: Path) -> None:
    with serving(file_server(cut=lambda: 30_000)) as server, asking(tmp_path, server) as client:
        with pytest.raises(FetchError, match="could not be asked") as failure:
            client.download(server.url("/f"), tmp_path / "f")
        assert not failure.value.permanent
        assert not client.ledger.report(server.host, 2e9).last_failure
        client.download(server.url("/f"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert len(server.asked) == 9


def test_a_file_that_keeps_coming_is_waited_for_however_often_it_is_cut_off(tmp_path: Path) -> None:
    with serving(file_server(bytes(1_000_000), cut=lambda: 80_000)) as server, asking(tmp_path, server) as client:
        client.download(server.url("/f"), tmp_path / "f")
    assert len(server.asked) == 13


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(tmp_path: Path) -> None:
    cuts = iter([1000] + [0] * 5)
    with serving(file_server(cut=lambda: next(cuts, 10**9))) as server:
        with asking(tmp_path, server) as client, pytest.raises(FetchError) as failure:
            client.download(server.url("/f"), tmp_path / "f")
        assert not failure.value.permanent
        assert names(tmp_path) == {"f.part", "f.part.json"}
        with asking(tmp_path / "other", server) as client:
            client.download(server.url("/f"), tmp_path / "f")
    assert server.asked[-1].headers["range"] == "bytes=1000-"
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_begins_anew(tmp_path: Path) -> None:
    cuts = iter([1000])
    with serving(file_server(cut=lambda: next(cuts, 10**9))) as server, asking(tmp_path, server) as client:
        first = server.handle

        def changed(asked: Asked) -> None:
            first(asked)
            server.handle = file_server(b"new" * 5000, '"v2"')

        server.handle = changed
        client.download(server.url("/f"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"new" * 5000


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_a_file_whose_version_is_unknown_begins_anew(etag: str, tmp_path: Path) -> None:
    cuts = iter([1000])
    with serving(file_server(etag=etag, cut=lambda: next(cuts, 10**9))) as server, asking(tmp_path, server) as client:
        client.download(server.url("/f"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert "range" not in server.asked[1].headers


def test_the_beginning_of_another_file_is_not_gone_on_with(tmp_path: Path) -> None:
    cuts = iter([1000] + [0] * 4)
    with serving(file_server(cut=lambda: next(cuts, 10**9))) as server, asking(tmp_path, server) as client:
        with pytest.raises(FetchError):
            client.download(server.url("/one"), tmp_path / "f")
        with asking(tmp_path / "other", server) as other:
            other.download(server.url("/two"), tmp_path / "f")
    assert "range" not in server.asked[-1].headers
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_all_but_the_last_step_done_is_finished_without_asking_for_bytes(tmp_path: Path) -> None:
    with serving(file_server()) as server, asking(tmp_path, server) as client:
        cut = server.handle
        server.handle = file_server(cut=lambda: 1000)
        with pytest.raises(FetchError):
            client.download(server.url("/f"), tmp_path / "f", max_bytes=500_000)
        server.handle = cut
        (tmp_path / "f.part").write_bytes(CONTENT)
        with asking(tmp_path / "other", server) as other:
            answer = other.download(server.url("/f"), tmp_path / "f")
    assert answer.status == 416
    assert (tmp_path / "f").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\nabcde",
        b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nabcde",
        b"HTTP/1.1 416 No\r\nContent-Range: bytes */3\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 Nothing\r\n\r\n",
    ],
)
def test_another_part_than_was_asked_for_is_not_taken(said: bytes, tmp_path: Path) -> None:
    answers = iter([lambda asked: asked.send(said)])
    with serving(lambda asked: next(answers, file_server())(asked)) as server, asking(tmp_path, server) as client:
        client.download(server.url("/f"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_file_larger_than_allowed_is_given_up(tmp_path: Path) -> None:
    with serving(file_server()) as server, asking(tmp_path, server) as client, pytest.raises(FetchError) as failure:
        client.download(server.url("/f"), tmp_path / "f", max_bytes=1000)
    assert failure.value.permanent
    assert not (tmp_path / "f").exists()


def test_where_there_is_no_file_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    with (
        serving(lambda asked: asked.answer(status=404)) as server,
        asking(tmp_path, server) as client,
        pytest.raises(FetchError) as failure,
    ):
        client.download(server.url("/f"), tmp_path / "f")
    assert failure.value.permanent
    assert names(tmp_path) == {"f"}
    assert (tmp_path / "f").read_bytes() == b"old"


def test_one_process_at_a_time_writes_a_file(tmp_path: Path) -> None:
    with serving(file_server()) as server, asking(tmp_path, server) as client, (tmp_path / "f.part").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(FetchError, match="another process") as failure:
            client.download(server.url("/f"), tmp_path / "f")
    assert not failure.value.permanent
    assert not server.asked


LOADER = """
import sys
from pathlib import Path
from germane.fetch import Client, HostPolicy
client = Client(Path(sys.argv[1]), contact="a@b.example", allowed_hosts=[sys.argv[2]])
client.use(sys.argv[2], HostPolicy(pace_s=0, concurrency=8))
client.download(f"http://{sys.argv[2]}/f", Path(sys.argv[1]) / "f")
"""


def test_a_process_that_is_killed_leaves_what_another_goes_on_with(tmp_path: Path) -> None:
    loader: list[subprocess.Popen[bytes]] = []

    def handle(asked: Asked) -> None:
        asked.send(
            f'HTTP/1.1 200 OK\r\ncontent-length: {len(CONTENT)}\r\netag: "v1"\r\n\r\n'.encode() + CONTENT[:200_000]
        )
        while not (tmp_path / "f.part").exists() or (tmp_path / "f.part").stat().st_size < 100_000:
            time.sleep(0.01)
        os.kill(loader[0].pid, signal.SIGKILL)

    with serving(handle) as server:
        loader.append(subprocess.Popen([sys.executable, "-c", LOADER, str(tmp_path), server.host]))
        assert loader[0].wait(timeout=60) == -signal.SIGKILL
        server.handle = file_server()
        with asking(tmp_path, server, now=lambda: 4e9) as client:
            client.download(server.url("/f"), tmp_path / "f")
        assert server.asked[-1].headers["range"].startswith("bytes=")
    assert (tmp_path / "f").read_bytes() == CONTENT
