"""The command line as a person and a program use it: in processes of its own."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
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
    assert done.returncode == 1
    assert "GERMANE_ABSTRACTS" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    done = germane(tmp_path, "import", "--format", "nonsense", "-", expected=2)
    assert "nonsense" in done.stderr
    assert "pubmed" in done.stderr


def test_everything_can_be_rebuilt(tmp_path: Path) -> None:
    home = tmp_path / "home"
    germane(home, "import", str(corpus(tmp_path / "c.jsonl", 60)))
    done = {"enrich": 60, "index": 60, "relate": 60, "shelve": 0}
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
