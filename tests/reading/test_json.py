"""Any JSON file is cut into its records, and a broken record costs only itself."""

import io
import json
import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane import reading
from germane.reading import Piece, ReadingError
from germane.reading.json import has_lines, peek, split_json
from germane.reading.opening import open_text

CONTAINERS = ("message.items", "resultList.result", "results", "data")


class Chunks:
    """A text that comes in chunks of a given size, and may fail at its end."""

    def __init__(self, text: str, size: int = 1 << 18, failure: ReadingError | None = None) -> None:
        self._text, self._size, self._failure = text, size, failure

    @property
    def head(self) -> str:
        return self._text[:65536]

    def chunks(self) -> Iterator[str]:
        for start in range(0, len(self._text), self._size):
            yield self._text[start : start + self._size]
        if self._failure:
            raise self._failure


def cut(text: str, size: int = 1 << 18) -> list[Piece]:
    return list(split_json(Chunks(text, size), CONTAINERS))


def whole(pieces: list[Piece]) -> list[object]:
    """Return what can be parsed of the pieces."""
    values = []
    for piece in pieces:
        if not piece.error:
            try:
                values.append(json.loads(piece.text))
            except json.JSONDecodeError:
                continue
    return values


def record(number: int) -> dict[str, object]:
    return {
        "id": f"https://example.org/W{number}",
        "title": f'On {{braces}} and "quotes" number {number}' if number % 3 else "A } closing [ brace \\ in a title",
        "authorships": [{"name": "Ada", "id": 1}, {"name": "Émilie", "id": 2, "orcid": None}],
        "nested": {"id": "x", "list": [[1, 2], [{"id": 3}]]},
        "count": number,
    }


def layouts(records: list[dict[str, object]]) -> dict[str, str]:
    return {
        "lines": "\n".join(json.dumps(each) for each in records) + "\n",
        "lines with CR LF": "\r\n".join(json.dumps(each) for each in records),
        "array": json.dumps(records),
        "pretty array": json.dumps(records, indent=2, ensure_ascii=False),
        "array, a record a line": "[\n" + ",\n".join(json.dumps(each) for each in records) + "\n]\n",
        "page": json.dumps({"status": "ok", "message": {"total": 3, "items": records, "next-cursor": "a{"}}),
        "pretty page": json.dumps({"meta": {"count": 9}, "results": records, "group_by": []}, indent=1),
        "tabbed page": json.dumps({"hitCount": 9, "resultList": {"result": records}}, indent="\t"),
        "concatenated": "".join(json.dumps(each) for each in records),
        "concatenated, pretty": "\n".join(json.dumps(each, indent=4) for each in records),
        "two pages, a line each": "\n".join(
            json.dumps({"message": {"items": each}}) for each in (records[:1], records[1:])
        ),
    }


@pytest.mark.parametrize("name", list(layouts([record(1)])))
@pytest.mark.parametrize("size", [1, 7, 100, 1 << 18])
def test_every_layout_gives_every_record_at_its_offset(name: str, size: int) -> None:
    records = [record(number) for number in range(7)]
    text = layouts(records)[name]
    pieces = cut(text, size)
    assert whole(pieces) == records
    assert [piece.error for piece in pieces] == [""] * len(records)
    assert [piece.position for piece in pieces] == list(range(1, len(records) + 1))
    for piece in pieces:
        assert text[piece.offset :].startswith(piece.text)
        assert piece.line == text.count("\n", 0, piece.offset) + 1


def test_one_object_is_one_record_however_it_is_printed() -> None:
    for text in (json.dumps(record(1)), json.dumps(record(1), indent=2), "\n\n " + json.dumps(record(1)) + "\n"):
        assert whole(cut(text)) == [record(1)]


def test_an_empty_container_holds_no_record() -> None:
    assert cut('{"status": "ok", "message": {"items": [], "total": 0}}') == []
    assert cut("[]") == []
    assert cut("") == []
    assert cut(" \n\n ") == []


def test_an_object_without_its_container_is_the_record() -> None:
    text = json.dumps({"status": "ok", "message": {"DOI": "10.5555/x", "items": 3}}, indent=1)
    assert [piece.text for piece in cut(text)] == [text]


BREAKS: dict[str, Callable[[str], str]] = {
    "a quotation mark is missing": lambda text: text.replace('"title": "', '"title": ', 1),
    "a closing quotation mark is missing": lambda text: text.replace('", "authorships"', ', "authorships"', 1),
    "a stray comma": lambda text: text.replace(', "count"', ',, "count"', 1),
    "an unquoted word": lambda text: text.replace('"id": 1', '"id": one', 1),
    "a raw line break in a string": lambda text: text.replace("On ", "On\n", 1).replace("A }", "A\n}", 1),
    "the last brace is missing": lambda text: text[:-1],
    "a bracket is missing": lambda text: text.replace("}],", "},", 1),
    "an inner brace is missing": lambda text: text.replace('"id": 1}', '"id": 1', 1),
    "a brace too many": lambda text: text.replace('"id": 1}', '"id": 1}}', 1),
    "a NUL": lambda text: text.replace("On ", "On\0", 1).replace("A }", "A\0}", 1),
    "garbage": lambda text: "%% nothing of sense %%",
    "cut short": lambda text: text[: len(text) // 2],
    "a bare number": lambda text: "42",
    "a bad escape": lambda text: text.replace("On ", "On\\x", 1).replace("A }", "A\\q}", 1),
    "a colon is missing": lambda text: text.replace('"nested": ', '"nested" ', 1),
}


@pytest.mark.parametrize("how", list(BREAKS))
@pytest.mark.parametrize("layout", ["lines", "array", "array, a record a line", "page"])
@pytest.mark.parametrize("broken", [0, 3, 6])
def test_a_broken_record_costs_only_itself(how: str, layout: str, broken: int) -> None:
    records = [record(number) for number in range(7)]
    texts = [json.dumps(each) for each in records]
    texts[broken] = BREAKS[how](texts[broken])
    text = {
        "lines": "\n".join(texts),
        "array": "[" + ",".join(texts) + "]",
        "array, a record a line": "[\n" + ",\n".join(texts) + "\n]",
        "page": '{"status": "ok", "message": {"total": 3, "items": [' + ", ".join(texts) + '], "cursor": "x"}}',
    }[layout]
    pieces = cut(text)
    others = records[:broken] + records[broken + 1 :]
    assert whole(pieces) == others
    n_broken = len(pieces) - len(others)
    # A raw line break makes two lines, but they are given together.
    assert n_broken == 1, [(piece.text[:80], piece.error) for piece in pieces]


@st.composite
def records_with_one_broken(draw: st.DrawFn) -> tuple[list[dict[str, object]], int, str, str]:
    text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
        ["{", "}", "},{", '"', "\\", "[", '\\"', "],", '":', "\u2028"]
    )
    inner = st.recursive(
        st.none() | st.booleans() | st.integers() | text,
        lambda child: st.lists(child, max_size=3) | st.dictionaries(text, child, max_size=3),
        max_leaves=6,
    )
    names = st.lists(st.fixed_dictionaries({"name": text}), max_size=3)
    count = draw(st.integers(3, 8))
    records: list[dict[str, object]] = [
        {"id": f"W{number}", "title": draw(text), "authors": draw(names), "year": number, "more": draw(inner)}
        for number in range(count)
    ]
    broken = draw(st.integers(0, count - 1))
    original = json.dumps(records[broken])
    at = draw(st.integers(1, len(original) - 2))
    how = draw(st.sampled_from(["delete", "insert", "cut"]))
    if how == "delete":
        mangled = original[:at] + original[at + 1 :]
    elif how == "insert":
        mangled = original[:at] + draw(st.sampled_from(['"', "{", "}", "[", "]", ",", ":", "x", "\\"])) + original[at:]
    else:
        mangled = original[:at]
    return records, broken, mangled, draw(st.sampled_from(["lines", "lines", "array lines"]))


@settings(max_examples=300, deadline=None)
@given(records_with_one_broken(), st.integers(1, 400))
def test_breaking_any_one_record_of_n_at_random_leaves_the_others_whole(
    case: tuple[list[dict[str, object]], int, str, str], size: int
) -> None:
    records, broken, mangled, layout = case
    texts = [json.dumps(each) for each in records]
    texts[broken] = mangled
    text = "\n".join(texts) if layout == "lines" else "[\n" + ",\n".join(texts) + "\n]"
    found = [json.dumps(each) for each in whole(cut(text, size))]
    for number, each in enumerate(records):
        if number != broken:
            assert json.dumps(each) in found


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(3, 12), st.booleans())
def test_in_a_minified_array_the_others_survive_too(rng: random.Random, count: int, paged: bool) -> None:
    records = [record(number) for number in range(count)]
    broken = rng.randrange(count)
    texts = [json.dumps(each, separators=(",", ":")) for each in records]
    at = rng.randrange(1, len(texts[broken]))
    change = rng.choice(["delete", "cut", '"', "{", "}", "[", "]", ",", ":", "x"])
    original = texts[broken]
    if change == "delete":
        texts[broken] = original[:at] + original[at + 1 :]
    elif change == "cut":
        texts[broken] = original[:at]
    else:
        texts[broken] = original[:at] + change + original[at:]
    text = "[" + ",".join(texts) + "]"
    if paged:
        text = '{"meta":{"count":3},"results":' + text + ',"group_by":[]}'
    found = whole(cut(text, rng.choice([50, 1000, 1 << 18])))
    for number, each in enumerate(records):
        assert number == broken or each in found, (change, at, text)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('{}[]",:\\ \nabc1é\0'), max_size=80), st.integers(1, 30))
def test_no_text_makes_it_crash_or_loop(text: str, size: int) -> None:
    pieces = cut(text, size)
    assert len(pieces) <= len(text)
    assert [piece.position for piece in pieces] == list(range(1, len(pieces) + 1))


def test_a_record_that_is_too_long_is_reported_and_its_neighbors_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_PIECE_CHARS", 20_000)
    long = record(1) | {"title": "long { " * 50_000}
    records = [record(0), long, record(2)]
    for name in ("lines", "array", "page", "pretty page", "array, a record a line"):
        pieces = cut(layouts(records)[name], 4096)
        assert whole(pieces) == [record(0), record(2)], name
        errors = [piece for piece in pieces if piece.error]
        assert [piece.error for piece in errors] == ["longer than 20,000 characters"], name
        assert len(errors[0].text) <= 65_536


def test_deep_nesting_is_no_danger() -> None:
    bomb = "[" * 200_000
    pieces = cut(f'[{json.dumps(record(0))}, {{"a": {bomb}}}, {json.dumps(record(2))}]')
    assert record(0) in whole(pieces)
    assert any(piece.error for piece in pieces)
    lines = cut(f'{json.dumps(record(0))}\n{{"a": {bomb}}}\n{json.dumps(record(2))}')
    assert len(lines) == 3
    assert json.loads(lines[2].text) == record(2)


def test_what_was_read_before_a_failure_stands_and_the_failure_is_told() -> None:
    for text in (layouts([record(0), record(1)])["lines"], layouts([record(0), record(1)])["array"]):
        pieces = split_json(Chunks(text, 50, ReadingError("gzip ends too early")), CONTAINERS)
        assert whole([next(pieces), next(pieces)]) == [record(0), record(1)]
        with pytest.raises(ReadingError, match="gzip"):
            next(pieces)


def test_a_truncated_array_says_so() -> None:
    text = layouts([record(0), record(1)])["array"]
    pieces = cut(text[:-40])
    assert whole(pieces) == [record(0)]
    assert pieces[-1].error
    after_a_whole_element = cut(text[: text.index(json.dumps(record(1)))])
    assert whole(after_a_whole_element) == [record(0)]
    assert after_a_whole_element[-1].error == "the text ends inside the list of records"


def test_a_page_that_is_broken_before_its_records_still_gives_them() -> None:
    text = json.dumps({"status": "ok", "message": {"items": [record(1), record(2)]}}).replace('"ok"', "ok", 1)
    pieces = cut(text)
    assert whole(pieces) == [record(1), record(2)]
    assert "a value is missing" in pieces[0].error


def test_a_first_line_longer_than_the_head_does_not_hide_that_these_are_lines() -> None:
    long = record(1) | {"title": "x" * 100_000}
    lines = [long, *(record(number) for number in range(5))]
    text = "\n".join(json.dumps(each) for each in lines).replace('"count": 2}', '"count": 2', 1)
    pieces = cut(text, 10_000)
    assert whole(pieces) == [each for each in lines if each["count"] != 2]


def test_lines_are_told_from_pretty_printing() -> None:
    assert has_lines('{"a": 1}\n{"b": 2}\n')
    assert has_lines('{"a": 1\n{"b": 2}\n{"c": 3}\n')
    assert not has_lines('{\n"a": [\n{"x": 1},\n{"x": 2}\n]\n}')
    assert not has_lines('[{"a": 1},\n{"b": 2}]')
    assert not has_lines('{"a": 1}')


def test_peek_shows_the_first_record_even_when_the_head_ends_inside_it() -> None:
    text = json.dumps({"status": "ok", "message": {"items": [{"DOI": "10.5555/x", "title": ["a"], "n": 1}]}})
    expected = {"DOI": '"10.5555/x"', "title": "[", "n": "1"}
    assert peek(text, CONTAINERS) == expected
    assert peek(text[:-8], CONTAINERS) == {"DOI": '"10.5555/x"', "title": "["} | (
        {"n": "1"} if " 1}" in text[:-8] else {}
    )
    assert peek("<xml/>") == {}
    assert peek('[{"a": {}}]') == {"a": "{"}


@pytest.mark.parametrize(
    "frame", ["%s\n%s\n%s\n", "[%s,\n%s,%s]", '{"message": {"items": [%s, %s, %s]}}', "%s%s\n%s\n"]
)
def test_broken_bytes_reject_only_the_record_that_holds_them(frame: str) -> None:
    text = frame % ('{"a": "é"}', '{"a": "\x01"}', '{"a": "ü"}')
    pieces = list(split_json(open_text(io.BytesIO(text.encode().replace(b"\x01", b"\xff")), name="x"), CONTAINERS))
    assert whole(pieces) == [{"a": "é"}, {"a": "ü"}]
    assert [piece.error for piece in pieces if piece.error] == ["1 byte(s) that its encoding does not know"]


def test_a_replacement_character_that_was_there_before_is_no_damage() -> None:
    pieces = list(split_json(open_text(io.BytesIO('{"a": "\ufffd"}\n{"a": "b"}'.encode()), name="x"), CONTAINERS))
    assert whole(pieces) == [{"a": "\ufffd"}, {"a": "b"}]
