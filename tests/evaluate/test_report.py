"""What a run tells: means, intervals, JSON, tables, and what was not measured."""

import gzip
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from germane.evaluate import tasks
from germane.evaluate.collections import Collections, Malformed, Missing, find_collections, read_lines, read_rows
from germane.evaluate.report import Clock, Report, guarded
from germane.evaluate.tasks import UnknownTask, chosen_tasks, run_tasks


@pytest.fixture
def report() -> Report:
    report = Report()
    report.add("likes", "citeulike_a", "bm25", {"warm.r20": [0.0, 0.5, 0.25, 0.25], "cold.r20": [0.5]})
    report.add("likes", "citeulike_a", "germane", {"warm.r20": [0.5, 1.0, 0.5, 0.5], "cold.r20": [1.0]})
    return report


def test_json_goes_from_task_to_value_and_a_dotted_metric_goes_deeper(report: Report) -> None:
    tree = report.to_json()
    assert tree == {
        "likes": {
            "citeulike_a": {
                "warm": {"r20": {"bm25": 0.25, "germane": 0.625}},
                "cold": {"r20": {"bm25": 0.5, "germane": 1.0}},
            }
        }
    }
    assert json.loads(json.dumps(tree)) == tree


def test_a_collection_is_also_found_under_its_files_name() -> None:
    report = Report()
    report.add("keyphrases", "inspec", "germane", {"f10": [0.5]})
    tree = report.to_json()["keyphrases"]
    assert tree["inspec"] == tree["inspec_test"] == {"f10": {"germane": 0.5}}


def test_the_difference_has_an_interval_where_there_are_pairs(report: Report) -> None:
    ours, theirs = report.details()
    assert ours["method"] == "germane"
    assert ours["metrics"]["warm.r20"]["germane_minus_this"] is None
    low, high = theirs["metrics"]["warm.r20"]["germane_minus_this"]
    assert 0.2 < low < 0.375 < high <= 0.5
    assert theirs["metrics"]["cold.r20"]["germane_minus_this"] is None


def test_nothing_asked_is_no_figure() -> None:
    report = Report()
    report.add("similar", "acm", "germane", {"ndcg10": []})
    assert report.to_json() == {}
    assert report.details()[0]["metrics"] == {}


def test_a_value_out_of_range_is_a_mistake_of_the_task() -> None:
    with pytest.raises(ValueError, match=r"similar\.acm\.ndcg10"):
        Report().add("similar", "acm", "germane", {"ndcg10": [25.0]})
    with pytest.raises(ValueError, match="within 0"):
        Report().add("similar", "acm", "germane", {"ndcg10": [float("nan")]})


def test_the_table_has_our_method_first_and_percents(report: Report) -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    for table in report.tables():
        console.print(table)
    text = console.export_text()
    assert text.index("germane") < text.index("bm25")
    assert "62.5" in text
    assert "25.0 [+" in text


def test_the_clock_counts_processor_time() -> None:
    with Clock() as clock:
        sum(range(200_000))
    assert 0 < clock.cpu_s < 5


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()))


def test_what_is_asked_comes_from_the_held_out_folder_and_what_is_known_never_does(tmp_path: Path) -> None:
    for part in ("dev", "held"):
        _write(tmp_path / part / "nus.jsonl.gz", f'{{"part": "{part}"}}\n')
    _write(tmp_path / "dev/only.jsonl.gz", '{"a": 1}\n{"a": 2}\n')
    both = find_collections(tmp_path / "dev", tmp_path / "held")
    assert both.is_held_out
    assert next(read_rows(both.asked("nus.jsonl.gz"))) == {"part": "held"}
    assert next(read_rows(both.known("nus.jsonl.gz"))) == {"part": "dev"}
    assert list(read_lines(both.known("only.jsonl.gz"))) == ['{"a": 1}', '{"a": 2}']
    with pytest.raises(Missing, match="held/only"):
        both.asked("only.jsonl.gz")
    alone = find_collections(tmp_path / "dev")
    assert not alone.is_held_out
    assert next(read_rows(alone.asked("nus.jsonl.gz"))) == {"part": "dev"}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="nowhere"):
        find_collections(tmp_path / "nowhere")
    with pytest.raises(Missing, match="nowhere"):
        find_collections(tmp_path, tmp_path / "nowhere")


def test_tasks_are_chosen_by_name() -> None:
    assert chosen_tasks([]) == chosen_tasks(["all"]) == list(tasks.TASKS)
    assert chosen_tasks(["similar", "merging", "similar"]) == ["similar", "merging"]
    with pytest.raises(UnknownTask, match=r"'colour'.*keyphrases"):
        chosen_tasks(["similar", "colour"])


def test_a_missing_collection_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    started: list[str] = []
    report = run_tasks(["keyphrases", "similar"], Collections(tmp_path), started.append)
    assert started == ["keyphrases", "similar"]
    assert report.measured == []
    assert any(what.startswith("keyphrases") for what in report.skipped)
    assert any(what.startswith("similar") for what in report.skipped)
    assert set(report.seconds) == {"keyphrases", "similar"}


def test_one_collection_may_be_missing_alone(tmp_path: Path) -> None:
    report = Report()
    with guarded(report, "items.scifact"):
        Collections(tmp_path).known("scifact/corpus.jsonl.gz")
    assert "scifact/corpus.jsonl.gz" in report.skipped["items.scifact"]


def test_a_collection_that_goes_wrong_costs_no_other() -> None:
    report = Report()
    with guarded(report, "items.scifact"):
        raise KeyError("year")
    with guarded(report, "items.insciout"):
        report.add("items", "insciout", "germane", {"mrr5": [1.0]})
    assert "KeyError: 'year'" in report.failed["items.scifact"]
    assert report.collections() == [("items", "insciout")]


def test_a_collection_without_questions_is_told_as_skipped() -> None:
    report = Report()
    report.add("similar", "acm", "germane", {"ndcg10": []})
    assert "nothing" in report.skipped["similar.acm"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b'{"a": 1}\n\n{"a"\n'), "rows.jsonl.gz, line 3 is not JSON"),
        (gzip.compress(b'{"a": 1}\n17\n'), "rows.jsonl.gz, line 2 is no JSON object"),
        (gzip.compress(b'{"a": 1}\n{"a": "\xff"}\n'), "rows.jsonl.gz"),
        (gzip.compress(b'{"a": 1}\n' * 9_000)[:-20], "rows.jsonl.gz"),
        (b'{"a": 1}\n', "rows.jsonl.gz cannot be read after line 0"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "rows.jsonl.gz").write_bytes(content)
    with pytest.raises(Malformed) as failure:
        list(read_rows(tmp_path / "rows.jsonl.gz"))
    assert said in str(failure.value)


def test_a_field_that_a_row_lacks_is_told_with_file_and_line(tmp_path: Path) -> None:
    _write(tmp_path / "rows.jsonl.gz", '{"a": 1, "more": 2}\n\n{"b": 1}\n')
    first, second = read_rows(tmp_path / "rows.jsonl.gz")
    assert first == {"a": 1, "more": 2}
    assert second.get("a") is None
    with pytest.raises(Malformed, match=r"rows\.jsonl\.gz, line 3 has no field 'a'"):
        second["a"]
