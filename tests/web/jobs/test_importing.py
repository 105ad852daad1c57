"""`germane import`: nothing is lost, nothing is done twice, and every count is true."""

import gzip
import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from germane.web.catalog.models import Article, Checkpoint, Citation, Item, RecentWorkKey, Record, Reject, WorkKey
from germane.web.catalog.store import articles
from germane.web.catalog.store.references import count_unlisted
from germane.web.jobs import importing, reading
from germane.web.jobs.importing import FileReport, import_files, replay_rejects
from germane.web.jobs.parallel import Pool

pytestmark = pytest.mark.django_db


def line(number: int, **fields: Any) -> str:
    return json.dumps(
        {"germane": 1, "kind": "article", "identifiers": [f"doi:10.5555/{number}"],
         "title": f"Made-up finding number {number} about {'abcdefghij'[number % 10] * 6}", "published_on": "2020",
         **fields}
    )  # fmt: skip


def write_lines(folder: Path, lines: list[str], name: str = "corpus.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(*paths: Path | str) -> list[FileReport]:
    return list(import_files([str(p) for p in paths]))


def counts(report: FileReport) -> tuple[int, int, int, int, int]:
    c = report.counts
    assert c.read == c.new + c.changed + c.unchanged + c.rejected
    return c.read, c.new, c.changed, c.unchanged, c.rejected


def test_a_file_is_read_once_and_unchanged_the_second_time(tmp_path: Path) -> None:
    path = write_lines(tmp_path, [line(i) for i in range(1, 1203)])
    [first] = run(path)
    assert counts(first) == (1202, 1202, 0, 0, 0)
    [second] = run(path)
    assert counts(second) == (1202, 0, 0, 1202, 0)
    assert Article.objects.count() == 1202
    assert not Checkpoint.objects.exists()


def test_a_changed_record_is_counted_as_changed(tmp_path: Path) -> None:
    run(write_lines(tmp_path, [line(1), line(2)]))
    [report] = run(write_lines(tmp_path, [line(1, volume="9"), line(2)]))
    assert counts(report) == (2, 0, 1, 1, 0)


def test_a_key_that_comes_twice_in_a_file_is_new_and_then_changed(tmp_path: Path) -> None:
    [report] = run(write_lines(tmp_path, [line(1), line(1, volume="9"), line(1, volume="9")]))
    assert counts(report) == (3, 1, 1, 1, 0)


def test_a_broken_line_is_a_reject_with_its_place_and_its_neighbors_live(tmp_path: Path) -> None:
    path = write_lines(tmp_path, [line(1), '{"germane":1,"kind":"article","title":', line(2)])
    [report] = run(path)
    assert counts(report) == (3, 2, 0, 0, 1)
    reject = Reject.objects.get()
    assert (reject.file, reject.position, reject.line, reject.source) == (str(path), 2, 2, "germane")
    assert reject.reason
    run(path)
    assert Reject.objects.count() == 1


def test_what_a_mended_file_no_longer_holds_is_no_longer_listed(tmp_path: Path) -> None:
    other = write_lines(tmp_path, [line(9), "{broken", line(8)], "other.jsonl")
    path = write_lines(tmp_path, [line(1), '{"germane":1,"kind":"article","title":', "{nonsense", line(2)])
    run(path, other)
    assert Reject.objects.count() == 3
    run(write_lines(tmp_path, [line(1), line(3), "{nonsense", line(2)]))
    assert set(Reject.objects.values_list("file", "position")) == {(str(path), 3), (str(other), 2)}


def test_a_file_that_could_not_be_read_to_its_end_forgets_no_reject(tmp_path: Path) -> None:
    lines = [line(i) for i in range(1, 3001)]
    path = write_lines(tmp_path, [*lines, '{"germane":1,"kind":"nonsense"}'])
    run(path)
    whole = gzip.compress(path.read_bytes())
    path.write_bytes(whole[: len(whole) // 2])
    run(path)
    assert Reject.objects.filter(position=3001).exists()


def test_a_file_is_one_file_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_lines(tmp_path, [line(1), "{broken", line(2)])
    monkeypatch.chdir(tmp_path)
    run(path.name, path)
    assert [r.file for r in Reject.objects.all()] == [str(path)]


def test_a_pipe_is_read_and_leaves_no_checkpoint(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(f"{line(1)}\n{line(2)}\n"))
    writer.start()
    assert counts(run(pipe)[0]) == (2, 2, 0, 0, 0)
    writer.join()
    assert not Checkpoint.objects.exists()


def test_a_name_that_is_empty_does_not_mean_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lines(tmp_path, [line(1)])
    monkeypatch.chdir(tmp_path)
    [report] = run("")
    assert "without a name" in report.error
    assert not Article.objects.exists()


class Killed(BaseException):
    """Stands for `kill -9`: nothing of ours may catch it."""


def test_an_import_that_was_killed_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    path = write_lines(tmp_path, [line(i) for i in range(1, 101)])
    real = articles.write_prepared
    batches: list[int] = []

    def dying(*arguments: Any) -> Any:
        batches.append(len(arguments[0]))
        if len(batches) == 5:
            raise Killed
        return real(*arguments)

    monkeypatch.setattr(importing, "write_prepared", dying)
    with pytest.raises(Killed):
        run(path)
    assert Record.objects.count() == 40
    monkeypatch.setattr(importing, "write_prepared", real)
    [report] = run(path)
    assert report.resumed_at == 40
    assert counts(report) == (100, 100, 0, 0, 0)  # the whole file, counted over both runs
    assert Record.objects.count() == 100


def test_large_records_make_smaller_transactions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_BYTES", 2_000)
    sizes: list[int] = []
    real = articles.write_prepared

    def noting(records: Any, *rest: Any) -> Any:
        sizes.append(len(records))
        return real(records, *rest)

    monkeypatch.setattr(importing, "write_prepared", noting)
    [report] = run(write_lines(tmp_path, [line(i, volume="9" * 500) for i in range(1, 31)]))
    assert counts(report) == (30, 30, 0, 0, 0)
    assert max(sizes) < 5


def test_an_import_yields_after_each_transaction_and_leaves_nothing_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    path = write_lines(
        tmp_path, [line(i, relations=[{"kind": "references", "identifier": "doi:10.5555/1"}]) for i in range(1, 36)]
    )
    with Pool(1) as pool:
        steps = [(r.counts.read, r.is_done) for r in importing.import_steps([str(path)], pool=pool)]
    assert steps == [(10, False), (20, False), (30, False), (35, False), (35, True), (35, False)]
    assert count_unlisted() == 0
    assert Citation.objects.count() == 35


def test_a_killed_import_that_went_through_the_pool_ends_as_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 50)
    monkeypatch.setattr(reading, "_HERE", 20)
    monkeypatch.setattr(reading, "_PIECES", 15)
    lines = [line(i) if i % 9 else '{"germane":1,"kind":"nonsense"}' for i in range(1, 301)]
    path = write_lines(tmp_path, lines)
    real, left = articles.write_prepared, 3

    def dying(*arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(importing, "write_prepared", dying)
        with pytest.raises(Killed):
            run(path)
    assert 0 < Record.objects.count() < 267
    [report] = run(path)
    assert report.resumed_at > 0
    assert counts(report) == (300, 267, 0, 0, 33)
    numbers = list(Record.objects.order_by("article_id").values_list("key", flat=True))
    assert numbers == [f"doi:10.5555/{i}" for i in range(1, 301) if i % 9]


def test_a_changed_file_is_not_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    path = write_lines(tmp_path, [line(i) for i in range(1, 31)])
    with monkeypatch.context() as patch:

        def dying(*arguments: Any) -> Any:
            raise Killed

        patch.setattr(importing, "write_prepared", dying)
        with pytest.raises(Killed):
            run(path)
    [report] = run(write_lines(tmp_path, [line(i) for i in range(101, 121)]))
    assert report.resumed_at == 0
    assert counts(report) == (20, 20, 0, 0, 0)
    assert not Checkpoint.objects.exists()


def test_gzip_is_known_by_content_and_a_truncated_one_keeps_what_came_before(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(line(i) for i in range(1, 3001)).encode())
    path = tmp_path / "anything.txt"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    [report] = run(path)
    assert report.format == "germane"
    assert report.error
    assert report.counts.new > 500
    assert report.counts.rejected >= 1
    path.write_bytes(whole)
    [again] = run(path)
    assert Record.objects.count() == 3000
    assert again.counts.rejected == 0


def test_a_file_of_no_known_format_is_named_and_skipped(tmp_path: Path) -> None:
    strange = tmp_path / "holiday.txt"
    strange.write_text("Dear diary, today we went to the sea.")
    known = write_lines(tmp_path, [line(1)])
    reports = run(tmp_path)
    assert [(r.file, r.format) for r in reports] == [(str(known), "germane"), (str(strange), "")]
    assert "format" in reports[1].error


def test_a_missing_file_is_an_error_and_the_others_are_read(tmp_path: Path) -> None:
    reports = run(tmp_path / "absent.xml", write_lines(tmp_path, [line(1)]))
    assert (reports[0].file, reports[0].error) == (str(tmp_path / "absent.xml"), "no such file or folder")
    assert counts(reports[1]) == (1, 1, 0, 0, 0)


def test_standard_input_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line(1).encode())))
    [report] = run("-")
    assert counts(report) == (1, 1, 0, 0, 0)


def test_items_are_read_beside_articles(tmp_path: Path) -> None:
    item = json.dumps({"kind": "news", "platform": "blog: X", "url": "https://example.org/p", "title": "A post",
                       "published": "2021-01-01", "articles": [{"doi": "10.5555/1"}]})  # fmt: skip
    [report] = run(write_lines(tmp_path, [item, line(1)]))
    assert counts(report) == (2, 2, 0, 0, 0)
    assert Item.objects.count() == 1
    assert Article.objects.get().n_mentions == 1


def test_a_defect_of_a_reader_costs_one_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from germane.sources import germane as reader

    real = reader.parse

    def parse(piece: str) -> Any:
        if "/2" in piece:
            raise ZeroDivisionError("a defect")
        return real(piece)

    monkeypatch.setattr(reader, "parse", parse)
    [report] = run(write_lines(tmp_path, [line(1), line(2), line(3)]))
    assert counts(report) == (3, 2, 0, 0, 1)
    assert "ZeroDivisionError" in Reject.objects.get().reason
    monkeypatch.setattr(reader, "parse", real)
    replayed = replay_rejects()
    assert (replayed.read, replayed.new) == (1, 1)
    assert not Reject.objects.exists()
    assert Article.objects.count() == 3


def test_a_reject_that_still_cannot_be_understood_stays(tmp_path: Path) -> None:
    run(write_lines(tmp_path, [line(1), '{"germane":1,"kind":"nonsense"}']))
    before = list(Reject.objects.values("file", "position"))
    assert len(before) == 1
    replayed = replay_rejects()
    assert (replayed.read, replayed.rejected) == (1, 1)
    assert list(Reject.objects.values("file", "position")) == before


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    yield
    sys.stdin = sys.__stdin__


def test_when_an_import_has_ended_all_title_keys_are_sorted_in(tmp_path: Path) -> None:
    title = "Interscapular pain after injection in many adults"
    run(write_lines(tmp_path, [line(1, title=title), line(2, title="Soil moisture of alpine meadows")]))
    assert WorkKey.objects.filter(article_id=1).exists()
    assert not RecentWorkKey.objects.exists()
