"""`germane evaluate`: one object for programs, nothing lost, nothing skipped without a word."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from germane.cli import app
from germane.evaluate import tasks
from germane.evaluate.results import FILE, packaged_result, read_result

OURS = "tests.cli.measuring"


@pytest.fixture(autouse=True)
def _own_tasks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tasks, "TASKS", {"alike": OURS, "absent": OURS, "gone": "germane.evaluate.no_such_module"})
    monkeypatch.setenv("GERMANE_HOME", str(tmp_path / "home"))
    (tmp_path / "collections").mkdir()


def evaluate(folder: Path, *arguments: str) -> Result:
    given = ["--collections", str(folder / "collections"), "--out", str(folder / "build" / "eval.json")]
    return CliRunner().invoke(app, ["evaluate", *given, *arguments])


def test_standard_output_is_one_object_and_the_rest_goes_elsewhere(tmp_path: Path) -> None:
    done = evaluate(tmp_path, "all", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == {
        "alike": {
            "pairs": {"ndcg20": {"germane": 0.85, "bm25": 0.35}, "warm": {"r20": {"germane": 0.25, "bm25": 0.125}}}
        }
    }
    assert "a task that talks" in done.stderr


def test_what_is_skipped_is_said_loudly(tmp_path: Path) -> None:
    done = evaluate(tmp_path)
    assert done.exit_code == 0
    for words in ("SKIPPED absent: there is no pairs.jsonl.gz", "SKIPPED gone", "SKIPPED alike.others"):
        assert words in done.stderr
    assert "85.0" in done.stdout


def test_a_task_that_breaks_is_told_and_costs_no_other_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "TASKS", {"broken": OURS, "alike": OURS})
    done = evaluate(tmp_path, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout).keys() == {"alike", "broken"}
    assert "FAILED broken" in done.stderr
    assert "ZeroDivisionError: a defect" in done.stderr


def test_the_whole_result_is_written_with_where_and_by_what(tmp_path: Path) -> None:
    evaluate(tmp_path)
    result = read_result(tmp_path / "build" / "eval.json")
    assert result
    assert {"germane", "python", "numpy", "tantivy", "embedding", "keyphrases"} <= result.versions.keys()
    assert result.machine["processor"]
    assert result.tasks == ["alike", "absent", "gone"]
    assert result.skipped.keys() == {"absent", "gone", "alike.others"}
    [ours, theirs] = result.details
    assert (ours.method, theirs.method, theirs.metrics["ndcg20"].germane_minus_this) == ("germane", "bm25", (0.5, 0.5))
    assert not result.is_held_out


def test_a_kept_result_says_nothing_of_how_the_machine_is_laid_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "TASKS", {"merging": "germane.evaluate.merging"})
    evaluate(tmp_path)
    assert str(tmp_path) not in (tmp_path / "build" / "eval.json").read_text()


@pytest.mark.parametrize(("asked", "is_kept"), [(["all"], True), ([], True), (["alike"], False)])
def test_a_site_keeps_its_latest_whole_evaluation(tmp_path: Path, asked: list[str], is_kept: bool) -> None:
    (tmp_path / "home").mkdir()
    evaluate(tmp_path, *asked)
    assert (tmp_path / "home" / FILE).exists() is is_kept


def test_no_home_is_made_for_an_evaluation(tmp_path: Path) -> None:
    evaluate(tmp_path)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("arguments", [["nonsense"], ["--held-out", "/no/such/folder"]])
def test_what_is_not_there_is_named(tmp_path: Path, arguments: list[str]) -> None:
    done = evaluate(tmp_path, *arguments)
    assert done.exit_code == 2
    assert arguments[-1] in done.stderr


@pytest.mark.parametrize("out", ["file/eval.json", "folder"])
def test_a_result_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path: Path, out: str) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "folder").mkdir()
    done = evaluate(tmp_path, "alike", "--out", str(tmp_path / out), "--json")
    assert done.exit_code == 2
    assert f"--out {tmp_path / out}" in done.stderr
    assert "Measuring" not in done.stderr


def test_a_home_that_cannot_be_one_is_told_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GERMANE_HOME", str(tmp_path / "file"))
    done = evaluate(tmp_path, "alike")
    assert done.exit_code == 2
    assert "GERMANE_HOME" in done.stderr
    assert "Measuring" not in done.stderr


def test_without_collections_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GERMANE_SHARED", str(tmp_path / "nowhere"))
    done = CliRunner().invoke(app, ["evaluate"])
    assert done.exit_code == 2
    assert "GERMANE_SHARED" in done.stderr


@pytest.mark.parametrize("content", [b"", b"{}", b'{"at": 1}', b"\xff"])
def test_a_damaged_result_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    assert read_result(path) is None


def test_the_published_result_can_be_read_and_names_real_tasks() -> None:
    result: Any = packaged_result()
    assert result is None or result.values
