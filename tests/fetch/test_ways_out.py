"""Everything that leaves Germane goes through `germane.fetch`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import germane

SOURCE = Path(germane.__file__).parent
WAYS_OUT = {
    "aiohttp",
    "ftplib",
    "http.client",
    "httpcore",
    "httpx",
    "imaplib",
    "poplib",
    "requests",
    "smtplib",
    "socket",
    "ssl",
    "telnetlib",
    "urllib.request",
    "urllib3",
    "websockets",
    "xmlrpc.client",
}
CALLS = {"create_connection", "open_connection", "snapshot_download", "hf_hub_download", "urlopen", "urlretrieve"}
# Readers' mail, and their signing in elsewhere (django-allauth), go another way. What else may be named, and why:
ALLOWED = {
    ("web/jobs/serving.py", "socket"): "listens",
    ("web/jobs/serving.py", "create_connection"): "asks the server that this very process has started",
    ("web/readers/accounts.py", "smtplib"): "names the errors of the mail server that the operator set",
    ("web/readers/mailing.py", "smtplib"): "names the errors of the mail server that the operator set",
}

_WORDS = re.compile("|".join(sorted({word for way in WAYS_OUT | CALLS for word in way.split(".")[:1]})))


def ways_out(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, and the functions that it calls, by which one can get out."""
    text = path.read_text()
    if not _WORDS.search(text):  # parsing takes its time
        return
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            names = [called] if called in CALLS else []
        for name in names:
            yield from {way for way in WAYS_OUT | CALLS if name == way or name.startswith(f"{way}.")}


def test_nothing_but_fetch_goes_out() -> None:
    found = {
        (str(path.relative_to(SOURCE)), way)
        for path in SOURCE.rglob("*.py")
        if path.parent != SOURCE / "fetch"
        for way in ways_out(path)
    }
    assert found == set(ALLOWED), f"use germane.fetch.Client instead: {sorted(found - set(ALLOWED))}"


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "import urllib.request as r\nfrom http import client\nfrom requests.adapters import X\nr.urlopen('x')\n"
    )
    assert set(ways_out(file)) == {"urllib.request", "http.client", "requests", "urlopen"}
    assert "httpx" in set(ways_out(SOURCE / "fetch" / "connecting.py"))
