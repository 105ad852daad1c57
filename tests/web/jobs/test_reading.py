"""Pieces are read by every core and come out in order, with what they say."""

import json
import multiprocessing
from collections.abc import Iterator
from itertools import islice

import pytest

from germane.article import Record
from germane.reading import Piece, ReadingError
from germane.web.catalog.store.incoming import Prepared, record_of
from germane.web.jobs import reading
from germane.web.jobs.parallel import Pool
from germane.web.jobs.reading import Heard, Parsed, read_pieces


def article(number: int) -> str:
    return json.dumps(
        {"germane": 1, "kind": "article", "identifiers": [f"doi:10.5555/{number}"], "title": f"No {number}"}
    )


def pieces(n: int) -> Iterator[Piece]:
    """Articles; every seventh piece is broken, every eleventh is cut wrongly, every thirteenth is an item."""
    for position in range(1, n + 1):
        if position % 7 == 0:
            yield Piece(position, 0, '{"germane":1,"kind":"nonsense"}')
        elif position % 11 == 0:
            yield Piece(position, 0, "{", error="the text ends inside this record")
        elif position % 13 == 0:
            story = {"kind": "news", "platform": "X", "url": f"https://example.org/{position}", "title": "A post"}
            yield Piece(position, 0, json.dumps({**story, "published": "2021-01-01", "articles": []}))
        else:
            yield Piece(position, 0, article(position))


def key(parsed: Parsed) -> str:
    if parsed.error:
        return "error"
    [entry] = parsed.entries
    return "item" if isinstance(entry, Heard) else entry.key


def test_processes_read_what_one_reads_and_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    with Pool(2) as pool:
        here = [(piece.position, key(parsed)) for piece, parsed in read_pieces("germane", pieces(500), 0, pool)]
        assert not multiprocessing.active_children()  # so few are read without starting a process
        monkeypatch.setattr(reading, "_HERE", 10)
        monkeypatch.setattr(reading, "_PIECES", 30)
        there = [(piece.position, key(parsed)) for piece, parsed in read_pieces("germane", pieces(500), 0, pool)]
        assert pool.cpu_s["parse_pieces"] > 0
    assert here == there
    assert [position for position, _ in here] == list(range(1, 501))
    assert {said for _, said in here} >= {"error", "item", "doi:10.5555/1"}


def test_what_is_done_is_not_read_again() -> None:
    with Pool(1) as pool:
        found = [piece.position for piece, _ in read_pieces("germane", pieces(20), 15, pool)]
    assert found == [16, 17, 18, 19, 20]


@pytest.mark.parametrize("n", [5, 700])
def test_a_file_that_ends_in_an_error_gives_all_that_came_before_it(n: int) -> None:
    def broken() -> Iterator[Piece]:
        yield from pieces(n)
        raise ReadingError("the gzip data ends too early")

    with Pool(1) as pool:
        answers = read_pieces("germane", broken(), 0, pool)
        found = [piece.position for piece, _ in islice(answers, n)]
        with pytest.raises(ReadingError, match="too early"):
            next(answers)
    assert found == list(range(1, n + 1))


def test_a_record_survives_the_way_between_processes() -> None:
    [parsed] = reading._answers.decode(reading.parse_pieces(["germane", article(1)]))
    [entry] = parsed.entries
    assert isinstance(entry, Prepared)
    record = record_of(entry)
    assert isinstance(record, Record)
    assert (record.source, record.key, record.article.title) == ("germane", "doi:10.5555/1", "No 1")
    assert entry.alone.names == ("doi:10.5555/1",)
