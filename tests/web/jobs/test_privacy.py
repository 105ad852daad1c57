"""What a real server leaves behind of somebody without an account and of a reader: in its log, and in its files.

docs/privacy.md promises what is tested here.
"""

import http.client
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.web.jobs.homes import without_database

AGENT, ADDRESS, ASKED, NOTE, EMAIL = "Firefox/77.31", "203.0.113.77", "zyzzyva", "quixotic thoughts", "ada@example.org"
ANONYMOUS = (AGENT, ADDRESS, ASKED)


class Browser:
    """Asks one server, and keeps its cookies."""

    def __init__(self, port: int, agent: str) -> None:
        self._port, self._agent = port, agent
        self.cookies: dict[str, str] = {}
        self._token = ""

    def ask(self, path: str, **fields: str) -> int:
        """Get a page, or send a form with its token; return the status."""
        headers = {"User-Agent": self._agent, "X-Forwarded-For": ADDRESS, "Host": f"127.0.0.1:{self._port}"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if fields:
            fields |= {"csrfmiddlewaretoken": self._token}
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self._port}"}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        connection.request("POST" if fields else "GET", path, urlencode(fields) if fields else None, headers)
        response = connection.getresponse()
        if token := re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', response.read().decode()):
            self._token = token[1]
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        connection.close()
        return response.status


class Server(subprocess.Popen[bytes]):
    """A server that is running."""

    port: int
    log: Path
    mails: Path


@pytest.fixture
def server(home: Path, tmp_path: Path) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log, mails = tmp_path / "log", tmp_path / "mails"
    mails.mkdir()
    settings = {"GERMANE_HOME": str(home), "GERMANE_MAIL_URL": f"file://{mails}"}
    with log.open("wb") as out:
        process = Server(
            [sys.executable, "-m", "germane.cli", "serve", "--port", str(port), "--workers", "2"],
            env=without_database() | settings, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    process.port, process.log, process.mails = port, log, mails
    try:
        for _ in range(600):
            if b"stop with" in log.read_bytes():
                break
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait(10)


def test_nothing_is_left_of_who_has_no_account_and_no_log_tells_of_readers(server: Server, home: Path) -> None:
    somebody = Browser(server.port, f"Mozilla/5.0 {AGENT}")
    for _ in range(3):
        assert somebody.ask("/doi/10.5555/1") == 200
    assert somebody.ask(f"/doi/10.5555/2?from={ASKED}") == 200
    assert somebody.ask(f"/search?q={ASKED}") == 200
    assert somebody.ask("/doi/10.5555/1/more") == 200
    assert somebody.ask("/like/3") == 200
    assert somebody.ask("/like/3", liked="1") == 302
    assert somebody.ask("/you/likes") == 200
    assert somebody.ask("/you/likes", likes="5.6.7") == 200
    assert somebody.ask("/you", likes="5.6.7") == 200
    assert somebody.ask(f"/you/nothing-here?from={ASKED}") == 404
    assert somebody.ask(f"/like/7/read?from={ASKED}") == 405
    assert somebody.ask("/you/likes/forget", what="x") == 302

    ada = Browser(server.port, "Mozilla/5.0 Reader")
    sign_up(ada, server.mails)
    ada.ask(f"/like/9?from={ASKED}")
    assert ada.ask("/like/9", liked="1") == 302
    ada.ask("/like/9")
    assert ada.ask("/like/9/note", text=NOTE) == 302
    assert ada.ask(f"/you/alerts?from={ASKED}") == 200

    server.send_signal(signal.SIGTERM)
    server.wait(20)
    log = server.log.read_text()
    cookies = [value for value in (*somebody.cookies.values(), *ada.cookies.values()) if len(value) > 4]
    for secret in (*ANONYMOUS, NOTE, EMAIL, *cookies, "/like/", "/you/"):
        assert secret not in log, secret
    assert len(log.splitlines()) < 5, log

    for file in home.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for marker in (b"Firefox/77", ASKED.encode()):
                assert marker not in content, (file, marker)
            assert "readers" in file.name or ADDRESS.encode() not in content, file
            assert "readers" in file.name or EMAIL.encode() not in content, file
    with closing(sqlite3.connect(home / "readers.sqlite3")) as rows:
        assert rows.execute("SELECT article_id FROM readers_like").fetchall() == [(9,)]
        assert rows.execute("SELECT text FROM readers_note").fetchall() == [(NOTE,)]
        views = rows.execute("SELECT SUM(n) FROM readers_pageview").fetchone()[0]
        columns = [c[1] for c in rows.execute("PRAGMA table_info(readers_pageview)")]
    assert views == 5, "none is lost when the server is told to stop"
    assert columns == ["id", "day", "article_id", "n"], "and nothing of who looked"


def sign_up(browser: Browser, mails: Path) -> None:
    browser.ask("/account/signup/")
    assert browser.ask("/account/signup/", email=EMAIL, password1="correct horse battery") == 302
    browser.ask("/account/confirm-email/")
    [mail] = mails.iterdir()
    code = re.search(r"^Your code: (\S+)$", mail.read_text(), re.M)
    assert code
    assert browser.ask("/account/confirm-email/", code=code[1]) == 302
    assert browser.ask("/account/") == 200
