"""The command line as a person and a program use it: in processes of its own."""

import json
import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def germane(home: Path, *arguments: str, stdin: str = "", expected: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "germane.cli", *arguments],
        env={**os.environ, "GERMANE_HOME": str(home)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done


def corpus(path: Path, n: int) -> Path:
    with path.open("w") as file:
        for i in range(n):
            record = {
                "germane": 1,
                "kind": "article",
                "identifiers": [f"doi:10.5555/{i}"],
                "published_on": "2020",
                "title": f"Made-up finding {i} about {chr(97 + i % 26) * 5} and {chr(97 + i // 26 % 26) * 5}",
                "abstracts": [{"markup": f"<p>{'We looked at this and that. ' * 20}{i}</p>", "license": "cc0"}],
            }
            file.write(json.dumps(record) + "\n")
    return path


def test_a_program_gets_one_json_object(tmp_path: Path) -> None:
    done = germane(tmp_path / "home", "import", "--json", str(corpus(tmp_path / "c.jsonl", 30)))
    result = json.loads(done.stdout)
    assert (result["read"], result["new"], result["rejected"]) == (30, 30, 0)
    assert result["stages"] == {"enrich": 30, "index": 30, "relate": 30, "shelve": 0}
    again = json.loads(germane(tmp_path / "home", "import", "--json", str(tmp_path / "c.jsonl")).stdout)
    assert (again["read"], again["unchanged"]) == (30, 30)
    assert set(again["stages"].values()) == {0}


def test_the_exit_code_says_only_that_nothing_could_be_read(tmp_path: Path) -> None:
    strange = tmp_path / "strange.txt"
    strange.write_text("Dear diary")
    done = germane(tmp_path / "home", "import", str(strange), expected=1)
    assert "strange.txt" in done.stderr
    germane(tmp_path / "home", "import", str(strange), str(corpus(tmp_path / "c.jsonl", 2)), expected=0)


def test_an_import_that_is_killed_goes_on_and_ends_as_if_it_never_was(tmp_path: Path) -> None:
    path, home = corpus(tmp_path / "c.jsonl", 6_000), tmp_path / "home"
    process = subprocess.Popen(
        [sys.executable, "-m", "germane.cli", "import", "--later", str(path)],
        env={**os.environ, "GERMANE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(600):  # until it has written something, and long before its end
        time.sleep(0.05)
        if checkpoint(home / "germane.sqlite3") > 500:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = json.loads(germane(home, "import", "--later", "--json", str(path)).stdout)
    assert (done["read"], done["new"], done["unchanged"]) == (6_000, 6_000, 0)
    assert done["files"][0]["resumed_at"] > 0
    again = json.loads(germane(home, "import", "--later", "--json", str(path)).stdout)
    assert (again["read"], again["unchanged"]) == (6_000, 6_000)


def checkpoint(database: Path) -> int:
    """Return how far an import has come, as another process sees it."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT MAX(position) FROM catalog_checkpoint").fetchone()[0] or 0)
    except sqlite3.OperationalError:  # not there yet
        return 0


@pytest.mark.parametrize("text", ["", "Editorial", "\x00\x01", "{", "[]", '{"title": null}'])
def test_keyphrases_of_nothing_are_none_and_no_error(tmp_path: Path, text: str) -> None:
    assert json.loads(germane(tmp_path, "keyphrases", "--json", "-", stdin=text).stdout) == []


def test_keyphrases_of_a_text(tmp_path: Path) -> None:
    title = "Neural machine translation of low-resource languages"
    abstract = "We train neural machine translation for low-resource languages with back-translation. " * 3
    done = germane(tmp_path, "keyphrases", "--json", "-", stdin=json.dumps({"title": title, "abstract": abstract}))
    phrases = json.loads(done.stdout)
    assert 3 <= len(phrases) <= 5
    assert all(set(p) >= {"phrase", "score"} for p in phrases)
    assert "neural machine translation" in [p["phrase"].lower() for p in phrases]


def test_a_wrong_setting_stops_the_start_and_names_itself(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "germane.cli", "import", "-"],
        env={**os.environ, "GERMANE_HOME": str(tmp_path), "GERMANE_ABSTRACTS": "everything"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "GERMANE_ABSTRACTS" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    done = germane(tmp_path, "import", "--format", "nonsense", "-", expected=2)
    assert "nonsense" in done.stderr
    assert "pubmed" in done.stderr


def test_everything_can_be_rebuilt(tmp_path: Path) -> None:
    home = tmp_path / "home"
    germane(home, "import", str(corpus(tmp_path / "c.jsonl", 60)))
    done = {"articles": 60, "enrich": 60, "index": 60, "relate": 60, "shelve": 0, "counts": 60, "likes": 0}
    assert json.loads(germane(home, "rebuild", "--json", "all").stdout) == done


def test_a_broken_index_says_what_to_do_and_that_mends_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    germane(home, "import", str(corpus(tmp_path / "c.jsonl", 60)))
    for file in (home / "index").iterdir():
        if file.is_file():
            file.write_bytes(b"broken")
    done = germane(home, "import", str(corpus(tmp_path / "d.jsonl", 61)), expected=2)
    assert "germane rebuild index" in done.stderr
    assert "Traceback" not in done.stderr
    germane(home, "rebuild", "index")
    germane(home, "work")
    script = "from germane.index import open_index; from pathlib import Path; import sys;"
    script += "print(open_index('embedded:', Path(sys.argv[1])).n_documents)"
    found = subprocess.run([sys.executable, "-c", script, str(home)], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "61"


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a command with a process group of its own, as a terminal does, so that Ctrl-C reaches its children too."""
    return subprocess.Popen(
        [sys.executable, "-m", "germane.cli", *arguments],
        env={**os.environ, "GERMANE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def is_gone(group: int) -> bool:
    """Tell whether every process of a group ends within a few seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
    return False


@pytest.mark.parametrize(("host", "n_requests"), [("127.0.0.1", 5), ("localhost", 0)])
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_server_stops_at_once_with_all_its_processes(
    tmp_path: Path, port: int, host: str, n_requests: int, stop: signal.Signals
) -> None:
    process = start(tmp_path / "home", "serve", "--host", host, "--port", str(port), "--workers", "2")
    assert process.stdout is not None
    address = f"http://{host}:{port}/"
    assert address in process.stdout.readline()
    for _ in range(n_requests):
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert answer.status == 200
    # A terminal's Ctrl-C reaches the whole group; `kill` and a service manager (KillMode=mixed) ask the parent alone.
    (os.killpg if stop == signal.SIGINT else os.kill)(process.pid, stop)
    _, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (0, "")
    assert is_gone(process.pid)


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_named_before_anything_is_done(tmp_path: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        done = germane(tmp_path / "home", command, "--port", str(taken), expected=2)
    assert f"127.0.0.1:{taken}" in done.stderr
    assert "PORT=" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_stages_that_are_interrupted_leave_no_process_behind(tmp_path: Path, stop: signal.Signals) -> None:
    home = tmp_path / "home"
    germane(home, "import", "--later", str(corpus(tmp_path / "c.jsonl", 1_000)))
    process = start(home, "work")
    for _ in range(600):  # until other processes have begun to work for it
        time.sleep(0.05)
        if enriched(home / "germane.sqlite3"):
            break
    if stop == signal.SIGINT:
        os.killpg(process.pid, stop)
    else:
        process.kill()
    _, stderr = process.communicate(timeout=20)
    assert is_gone(process.pid)
    if stop == signal.SIGINT:
        assert process.returncode == 130
        assert stderr.strip() == "Interrupted. What was done is kept; run the same command again to go on."
    assert json.loads(germane(home, "work", "--json").stdout)["relate"] > 0


def enriched(database: Path) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM catalog_article WHERE is_enriched").fetchone()[0])


def test_what_was_read_is_told_even_when_a_stage_fails(tmp_path: Path) -> None:
    home = tmp_path / "home"
    germane(home, "import", str(corpus(tmp_path / "c.jsonl", 3)))
    for file in (home / "index").iterdir():
        if file.is_file():
            file.write_bytes(b"broken")
    done = germane(home, "import", "--json", str(corpus(tmp_path / "d.jsonl", 5)), expected=2)
    assert json.loads(done.stdout)["new"] == 2
    done = germane(home, "import", str(corpus(tmp_path / "e.jsonl", 6)), expected=2)
    assert "1 new" in done.stdout.splitlines()[-1]


def test_a_database_that_cannot_be_written_is_told_without_a_trace(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = corpus(tmp_path / "c.jsonl", 3)
    germane(home, "import", "--later", str(path))
    with closing(sqlite3.connect(home / "germane.sqlite3")) as connection:
        connection.execute("DROP TABLE catalog_record")
    done = germane(home, "import", "--later", str(path), expected=2)
    assert "catalog_record" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_shows_progress(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "germane.cli", "import", str(corpus(tmp_path / "c.jsonl", 1_200))],
        env={**os.environ, "GERMANE_HOME": str(tmp_path / "home"), "TERM": "xterm", "COLUMNS": "160"},
        stdout=subprocess.DEVNULL,
        stderr=slave,
    ) as process:
        os.close(slave)
        shown = ""
        with suppress(OSError):  # how Linux tells that nobody writes to a terminal any more
            while data := os.read(master, 65_536):
                shown += data.decode()
    os.close(master)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert process.returncode == 0, shown
    assert "Traceback" not in shown
    assert re.search(
        r"Finding keyphrases, indexing.*/1200", shown
    )  # which frames are drawn depends on the machine's speed
