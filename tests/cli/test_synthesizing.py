"""`germane synth`: what is asked for is made, and what cannot be is told."""

import json
from pathlib import Path

from tests.test_cli import germane


def test_a_corpus_is_made_and_told(tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    done = germane(
        tmp_path, "synth", "--articles", "300", "--seed", "2", "--out", str(out), "--processes", "1", "--json"
    )
    told = json.loads(done.stdout)
    assert told == json.loads((out / "manifest.json").read_text())
    assert told["articles"] == 300
    assert {path.name for path in out.iterdir()} == {
        "pubmed", "crossref", "openalex", "arxiv", "items", "readers", "truth", "manifest.json"
    }  # fmt: skip
    again = germane(tmp_path, "synth", "--articles", "300", "--out", str(out), expected=2)
    assert "is not empty" in again.stderr
    assert "--force" in again.stderr


def test_what_cannot_be_made_is_told(tmp_path: Path) -> None:
    done = germane(tmp_path, "synth", "--articles", "0", "--out", str(tmp_path / "x"), expected=2)
    assert "0 articles: it can be from 1 to 10,000,000" in done.stderr
    done = germane(tmp_path, "synth", "--articles", "5", "--update", "-3", "--out", str(tmp_path / "x"), expected=2)
    assert "cannot be negative" in done.stderr
    assert not (tmp_path / "x").exists()
