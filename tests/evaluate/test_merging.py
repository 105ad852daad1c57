"""How merging is measured: pairs that are found, missed and wrong, on records written for it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from germane.evaluate.collections import Collections, Missing
from germane.evaluate.merging import evaluate_merging, measure_merging
from germane.evaluate.report import Report


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def _pair(a: str, b: str, title_a: str, title_b: str, author: str, year: int) -> dict[str, Any]:
    return {
        "a": a,
        "b": b,
        "title_a": title_a,
        "title_b": title_b,
        "first_author_a": author,
        "first_author_b": author,
        "year_b": year,
        "doi_b": None,
    }


def _arxiv(number: str, title: str, family: str, given: str) -> dict[str, Any]:
    return {"id": number, "title": title, "doi": None, "authors_parsed": [[family, given, ""]]}


@pytest.fixture
def collections(tmp_path: Path) -> Collections:
    pairs = [
        _pair("arxiv:1501.00001", "list:1", "How moss drinks", "How Moss Drinks", "Ana Lima", 2015),
        _pair("arxiv:1501.00002", "list:2", "Glass that sings", "On vibrating vessels", "Bo Ek", 2015),
        _pair("arxiv:1501.00003", "list:3", "Introduction", "Introduction", "Cy Dahl", 2015),
        _pair("arxiv:1501.00004", "list:4", "Introduction", "Introduction", "Di Evans", 2015),
    ]
    _write(tmp_path / "held/articles/duplicate_pairs.jsonl.gz", pairs)
    _write(
        tmp_path / "dev/articles/arxiv_snapshot.jsonl.gz",
        [
            _arxiv("1501.00001", "How moss drinks", "Lima", "Ana"),
            _arxiv("1501.00002", "Glass that sings", "Ek", "Bo"),
        ],
    )
    for part in ("dev", "held"):
        (tmp_path / part / "collections").mkdir(parents=True, exist_ok=True)
    return Collections(tmp_path / "dev/collections", tmp_path / "held/collections")


def test_missed_and_wrong_pairs_are_counted_and_named(collections: Collections) -> None:
    ours, by_title, with_year = measure_merging(collections)
    assert (ours.method, by_title.method, with_year.method) == ("germane", "title", "title+year")
    assert ours.n == by_title.n == 4
    # Equal titles: 1, 3 and 4 are found, the two "Introduction" works make four wrong pairs; 2 has two titles.
    assert by_title.recall == pytest.approx(3 / 4)
    assert by_title.precision == pytest.approx(3 / 7)
    assert {error["kind"] for error in by_title.errors} == {"missed", "wrong"}
    assert ours.precision == 1
    missed = {(error["a"], error["b"]) for error in ours.errors}
    assert ("arxiv:1501.00002", "list:2") in missed
    assert ("arxiv:1501.00001", "list:1") not in missed
    assert len(missed) == round((1 - ours.recall) * 4)


def test_figures_stand_in_the_report(collections: Collections) -> None:
    report = Report()
    evaluate_merging(collections, report)
    figures = report.to_json()["merging"]["duplicate_pairs"]
    assert set(figures) == {"precision", "recall"}
    assert figures["recall"]["title"] == pytest.approx(3 / 4)
    assert {"germane", "title", "title+year"} == set(figures["precision"])


def test_without_pairs_nothing_is_measured(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="duplicate_pairs"):
        evaluate_merging(Collections(tmp_path), Report())


@pytest.mark.shared
def test_known_pairs_are_recognized_and_nothing_else(shared: Path) -> None:
    ours, by_title, _ = measure_merging(Collections(shared / "data/collections"))
    assert ours.n >= 4_000
    assert ours.precision >= 0.995, [error for error in ours.errors if error["kind"] == "wrong"]
    assert ours.recall >= 0.97, [error for error in ours.errors if error["kind"] == "missed"]
    assert by_title.n == ours.n


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
def test_records_are_found_however_their_json_is_written(tmp_path: Path, separators: tuple[str, str]) -> None:
    pair = _pair("arxiv:1501.00001", "list:1", "How moss drinks", "How moss drinks", "Ana Lima", 2015)
    _write(tmp_path / "held/articles/duplicate_pairs.jsonl.gz", [pair])
    record = {"submitter": None, **_arxiv("1501.00001", "How the whole record tells it", "Lima", "Ana")}
    for row in (record, _arxiv("1501.00001", "How the whole record tells it", "Lima", "Ana")):
        path = tmp_path / "dev/articles/arxiv_snapshot.jsonl.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(json.dumps(row, separators=separators).encode() + b"\n"))
        for part in ("dev", "held"):
            (tmp_path / part / "collections").mkdir(parents=True, exist_ok=True)
        ours, *_ = measure_merging(Collections(tmp_path / "dev/collections", tmp_path / "held/collections"))
        assert [error["title_a"] for error in ours.errors] == ["How the whole record tells it"]


def test_a_file_without_pairs_is_no_measurement(tmp_path: Path) -> None:
    for name in ("collections", "articles"):
        (tmp_path / name).mkdir()
    (tmp_path / "articles/duplicate_pairs.jsonl.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(Missing, match="no known pairs"):
        evaluate_merging(Collections(tmp_path / "collections"), Report())
