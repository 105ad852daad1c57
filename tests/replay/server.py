"""The server: every source below a prefix of its own, faults as they are ordered, and a list of what was asked."""

import gzip
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.replay import arxiv, biorxiv, crossref, datacite, europepmc, openalex, pubmed
from tests.replay.asking import Asked, Fault, Player, Reply
from tests.replay.world import World, make_world

PLAYERS: dict[str, Player] = {
    "crossref": crossref.play,
    "pubmed": pubmed.play,
    "pubmed_files": pubmed.play_files,
    "europepmc": europepmc.play,
    "arxiv": arxiv.play,
    "biorxiv": biorxiv.play,
    "medrxiv": biorxiv.play,
    "openalex": openalex.play,
    "openalex_snapshot": openalex.play_snapshot,
    "datacite": datacite.play,
}


class Replay:
    """A running server. The world and the faults may be changed while it runs."""

    def __init__(self, world: World, faults: Sequence[Fault] = (), port: int = 0) -> None:
        self.world, self.faults = world, list(faults)
        self.recorded: dict[str, Reply] = {}  # by a part of the address: answered instead of what is played
        self.asked: list[str] = []  # addresses
        self.slow_s = 0.2
        self._memory: dict[str, dict[str, Any]] = {}
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.port = int(self._server.server_address[1])

    @property
    def host(self) -> str:
        """Return what has to stand in GERMANE_FETCH_ALLOWED_HOSTS."""
        return f"127.0.0.1:{self.port}"

    def url(self, source: str) -> str:
        """Return a source's `base_url`."""
        return f"http://{self.host}/{source}"

    def start(self) -> None:
        """Serve in a thread."""
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def serve(self) -> None:
        """Serve until interrupted."""
        self._server.serve_forever()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, address: str) -> tuple[Reply, str]:
        """Return what an address answers now, and what goes wrong with it."""
        with self._lock:
            self.asked.append(address)
            fault = next((f.kind for f in self.faults if self._is_due(f)), "")
            if recorded := next((reply for part, reply in self.recorded.items() if part in address), None):
                return recorded, fault
            source, _, path = urlsplit(address).path.lstrip("/").partition("/")
            if source not in PLAYERS:
                return Reply(b"no such source is played", 404), ""
            query = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
            memory = self._memory.setdefault(source, {})
            return PLAYERS[source](Asked(f"/{path}", query, self.world, memory, fault)), fault

    def _is_due(self, fault: Fault) -> bool:
        alike = [address for address in self.asked if fault.where in address]
        return bool(alike) and alike[-1] == self.asked[-1] and fault.first <= len(alike) < fault.first + fault.times


@contextmanager
def running(world: World | None = None, faults: Sequence[Fault] = ()) -> Iterator[Replay]:
    """Give a running server."""
    replay = Replay(world or make_world(), faults)
    replay.start()
    try:
        yield replay
    finally:
        replay.stop()


def _handler(replay: Replay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reply, fault = replay.answer(self.path)
            if fault in ("429", "429-after"):
                after = {"Retry-After": "1"} if fault == "429-after" else {}
                reply = Reply(b"too many requests", 429, after)
            elif fault == "500":
                reply = Reply(b"<html>an error of ours</html>", 500)
            elif fault == "bad-utf8":
                reply = Reply(reply.body.replace(b"part", b"p\xff\xfert", 1), reply.status, reply.headers)
            elif fault == "slow":
                time.sleep(replay.slow_s)
            self._send(reply, is_cut=fault == "cut")

        def _send(self, reply: Reply, *, is_cut: bool) -> None:
            body, headers = reply.body, dict(reply.headers)
            is_packed = headers.get("Content-Type", "").startswith("application/gzip")
            if "gzip" in self.headers.get("Accept-Encoding", "") and body and not is_packed:
                body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
            self.send_response(reply.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if is_cut else body)
            if is_cut:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
