"""`germane explain`: every feature with its share, of articles named in any way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import germane

TITLES = (
    "Soil moisture in mountain meadows after snow",
    "Mountain meadows and their soil moisture",
    "Spectral gaps of random graphs",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    lines = [
        {"germane": 1, "kind": "article", "identifiers": [f"doi:10.5555/{i}", f"pmid:{i + 1}", f"arxiv:2001.0000{i}"],
         "title": title, "published_on": "2020", "relations": [{"kind": "references", "identifier": "doi:10.5555/x"}],
         "abstracts": [{"markup": f"<p>We look at {title.lower()}. {title} are little known.</p>", "license": "cc0"}]}
        for i, title in enumerate(TITLES)
    ]  # fmt: skip
    (folder / "c.jsonl").write_text("\n".join(map(json.dumps, lines)))
    germane(folder / "home", "import", str(folder / "c.jsonl"))
    return folder / "home"


@pytest.mark.parametrize(
    ("one", "other"),
    [("10.5555/0", "10.5555/1"), ("PMID: 1", "pmid:2"), ("arXiv:2001.00000", "https://doi.org/10.5555/1"),
     ("http://127.0.0.1:8000/doi/10.5555/0", "2")],
)  # fmt: skip
def test_two_articles_are_named_in_any_way(home: Path, one: str, other: str) -> None:
    explained = json.loads(germane(home, "explain", "similar", "--json", one, other).stdout)
    assert (explained["title"], explained["other_title"]) == TITLES[:2]
    assert sum(share["share"] for share in explained["shares"]) == pytest.approx(1)
    kinds = {share["kind"] for share in explained["shares"]}
    assert {"vectors", "coupled"} <= kinds


def test_it_reads_as_a_table(home: Path) -> None:
    lines = germane(home, "explain", "similar", "10.5555/0", "10.5555/1").stdout.splitlines()
    assert lines[0] == TITLES[0]
    assert any(line.strip().startswith("coupled") and line.strip().endswith("%") for line in lines)


def test_a_phrase_is_explained_by_features_that_add_up(home: Path) -> None:
    explained = json.loads(germane(home, "explain", "keyphrases", "--json", "10.5555/0").stdout)
    assert any("meadow" in phrase["phrase"].lower() for phrase in explained)
    for phrase in explained:
        assert phrase["shares"]
        assert phrase["score"] > 0
    assert "(every phrase)" in germane(home, "explain", "keyphrases", "10.5555/0").stdout


@pytest.mark.parametrize("name", ["10.5555/nobody", "nonsense", "999"])
def test_what_nobody_has_is_named(home: Path, name: str) -> None:
    done = germane(home, "explain", "keyphrases", name, expected=2)
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_an_article_is_not_similar_to_itself(home: Path) -> None:
    germane(home, "explain", "similar", "10.5555/0", "pmid:1", expected=2)


def test_a_folder_is_no_text(tmp_path: Path) -> None:
    assert "folder" in germane(tmp_path, "keyphrases", str(tmp_path), expected=2).stderr


def test_an_embedder_that_cannot_be_had_stops_the_start_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "germane.cli", "work"],
        env={**os.environ, "GERMANE_HOME": str(tmp_path / "home"), "GERMANE_EMBEDDER": f"onnx:{tmp_path / 'model'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "GERMANE_EMBEDDER" in done.stderr
    assert "Traceback" not in done.stderr
