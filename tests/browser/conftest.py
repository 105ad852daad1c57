"""A real server with the invented corpus in a process of its own, and Chromium."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import fake_orcid

ROOT = Path(__file__).parents[2]
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The running site's folder."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="session")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of files into which the running site puts the mails that it sends."""
    return tmp_path_factory.mktemp("mails")


@pytest.fixture(scope="session")
def orcid() -> Iterator[str]:
    """The address of a site that stands for ORCID."""
    with fake_orcid.serve_orcid() as address:
        yield address


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, home: Path, mails: Path, orcid: str) -> Iterator[str]:
    """The address of a running site."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GERMANE_")} | {
        "GERMANE_HOME": str(home),
        "GERMANE_BASE_URL": f"http://127.0.0.1:{port}",
        "GERMANE_CONTACT": "library@nowhere.example",
        "GERMANE_MAIL_URL": f"file://{mails}",
        "GERMANE_ORCID_URL": orcid,
        "GERMANE_ORCID_CLIENT_ID": fake_orcid.CLIENT_ID,
        "GERMANE_ORCID_CLIENT_SECRET": fake_orcid.SECRET,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    log = tmp_path_factory.mktemp("log") / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.serve", str(port)],
            env=environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        for _ in range(900):
            if process.poll() is not None:
                pytest.fail(f"the site did not start:\n{log.read_text()}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/robots.txt", timeout=5)
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail(f"the site did not start within 90 s:\n{log.read_text()}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as the machine has it."""
    program = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGS)
        yield started
        started.close()
