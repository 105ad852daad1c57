"""Tagged text is cut into records whatever is missing between them."""

import io
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane import reading
from germane.reading import Piece, ReadingError, Text
from germane.reading.lines import iter_lines, split_bibtex, split_medline, split_ris
from germane.reading.opening import open_text


class Chunks:
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


def starts(pieces: list[Piece]) -> list[str]:
    return [piece.text.split("\n")[0].strip() for piece in pieces]


RIS = "TY  - JOUR\nTI  - One\nER  - \n\nTY  - CONF\nTI  - Two\nER  - \n"


@pytest.mark.parametrize("size", [1, 10, 1 << 18])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_ris_records_end_with_er(size: int, newline: str) -> None:
    text = RIS.replace("\n", newline)
    pieces = list(split_ris(Chunks(text, size)))
    assert [piece.text.split("\n")[:2] for piece in pieces] == [
        ["TY  - JOUR", "TI  - One"],
        ["TY  - CONF", "TI  - Two"],
    ]
    assert [(piece.position, piece.line) for piece in pieces] == [(1, 1), (2, 5)]
    assert all(text[piece.offset :].startswith("TY") for piece in pieces)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\n", ["TI  - One", "TI  - Two"]),  # ER is missing
        ("Provider: X\nDatabase: Y\n\nTY  - JOUR\nTI  - One\nER  -", ["TI  - One"]),  # an exporter's greeting
        ("TI  - One\nER  - \nTY  - JOUR\nTI  - Two\nER  - ", ["TI  - One", "TI  - Two"]),  # TY is missing
        ("\tTY  - JOUR\n\tTI  - One\n\tER  - \n", ["TI  - One"]),  # indented
        ("TY - JOUR\nTI - One\nER -\n", ["TI - One"]),  # one space
        ("TY  - JOUR\nTY  - BOOK\nTI  - One\nER  - \n", ["TI  - One"]),  # two types
        ("ER  - \nER  - \n\n", []),
        ("only a note\n", []),
        ("", []),
    ],
)
def test_ris_with_something_missing(text: str, expected: list[str]) -> None:
    pieces = list(split_ris(Chunks(text)))
    found = [next(line.strip() for line in piece.text.split("\n") if "TI" in line) for piece in pieces]
    assert found == expected


def test_medline_records_begin_with_pmid_and_may_hold_blank_lines() -> None:
    text = "\nPMID- 1\nTI  - One\n\nAB  - after a blank line\n\nPMID- 2\nTI  - Two\n"
    pieces = list(split_medline(Chunks(text, 5)))
    assert [piece.text for piece in pieces] == ["PMID- 1\nTI  - One\n\nAB  - after a blank line", "PMID- 2\nTI  - Two"]


BIBTEX = """% a comment with an address me@example.org
@string{jx = "Journal of Examples"}
@STRING(press = {Example Press})
@preamble{"\\newcommand{x}{y}"}
@comment{ignored, @article{not, title={x}} }

@article{one,
  title = {A {Nested {deep}} title},
  journal = jx,
  note = "mail a@b.org, } is fine {\\"o}"
}
@book(two, title = {In (round) brackets}, publisher = press # ", Town")
text between entries
  @misc{three, title={Indented}} @misc{four, title={On the same line}}
"""


@pytest.mark.parametrize("size", [1, 13, 1 << 18])
def test_bibtex_entries_carry_the_macros_they_use(size: int) -> None:
    text = BIBTEX.replace('} is fine {\\"o}', "x")
    pieces = list(split_bibtex(Chunks(text, size)))
    assert [piece.error for piece in pieces] == [""] * 4
    assert [piece.position for piece in pieces] == [1, 2, 3, 4]
    assert pieces[0].text.startswith('@string{jx = "Journal of Examples"}\n@article{one,')
    assert pieces[1].text.startswith("@STRING(press = {Example Press})\n@book(two,")
    assert pieces[2].text == "@misc{three, title={Indented}}"
    assert pieces[3].text == "@misc{four, title={On the same line}}"
    assert text[pieces[0].offset :].startswith("@article{one")
    assert pieces[0].line == 7


@pytest.mark.parametrize("size", [1, 1 << 18])
def test_an_unclosed_bibtex_entry_ends_where_the_next_begins(size: int) -> None:
    text = (
        "@article{a, title={One}}\n@article{b, title={Two,\n  year=2000\n@article{c, title={Three}}\n@book{d, title={Fo"
    )
    pieces = list(split_bibtex(Chunks(text, size)))
    assert [(piece.text[:10], piece.error) for piece in pieces] == [
        ("@article{a", ""),
        ("@article{b", "the entry is not closed"),
        ("@article{c", ""),
        ("@book{d, t", "the text ends inside this entry"),
    ]


def test_a_macro_may_use_another() -> None:
    text = '@string{a = "A"}\n@string{ab = a # "B"}\n@misc{x, title = ab}'
    (piece,) = split_bibtex(Chunks(text))
    assert piece.text == '@string{a = "A"}\n@string{ab = a # "B"}\n@misc{x, title = ab}'


def test_records_that_are_too_long_are_reported_and_neighbors_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_PIECE_CHARS", 1000)
    ris = RIS + "TY  - JOUR\nAB  - " + "x" * 5000 + "\nER  - \n" + RIS
    pieces = list(split_ris(Chunks(ris, 300)))
    assert [bool(piece.error) for piece in pieces] == [False, False, True, False, False]
    bibtex = "@misc{a, title={1}}\n@misc{b, abstract={" + "x " * 3000 + "}}\n@misc{c, title={3}}\n"
    pieces = list(split_bibtex(Chunks(bibtex, 300)))
    assert [piece.text[:7] for piece in pieces if not piece.error] == ["@misc{a", "@misc{c"]
    assert sum(bool(piece.error) for piece in pieces) == 1


@pytest.mark.parametrize("split", [split_ris, split_medline, split_bibtex])
def test_what_came_before_a_failure_is_yielded(split: Callable[[Text], Iterator[Piece]]) -> None:
    text = RIS + "PMID- 1\nTI  - x\n\nPMID- 2\nTI  - y\n@misc{a, title={A}}\n"
    pieces = split(Chunks(text, 20, ReadingError("gzip ends too early")))
    assert next(pieces).text
    with pytest.raises(ReadingError, match="gzip"):
        list(pieces)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("@{}()\"'=,# \n\rTYER-abAB1%\\"), max_size=120), st.integers(1, 40))
def test_no_text_makes_a_splitter_crash_or_loop(text: str, size: int) -> None:
    for split in (split_ris, split_medline, split_bibtex):
        pieces = list(split(Chunks(text, size)))
        assert [piece.position for piece in pieces] == list(range(1, len(pieces) + 1))
        assert len(pieces) <= len(text)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=5), max_size=6))
def test_lines_are_the_same_whatever_ends_them(lines: list[str]) -> None:
    for newline in ("\n", "\r\n"):
        text = "".join(line + newline for line in lines)
        found = list(iter_lines(Chunks(text, 3)))
        assert [line for _, _, line in found] == lines
        assert all(text[offset:].startswith(line) for offset, _, line in found)


@pytest.mark.parametrize(
    ("split", "text"),
    [
        (
            split_ris,
            "Bad \x01 before\nTY  - JOUR\nTI  - é\nER  - \nTY  - JOUR\nTI  - \x01\nER  - \nTY  - JOUR\nTI  - ü",
        ),
        (split_medline, "PMID- 1\nTI  - é\n\nPMID- 2\nTI  - \x01\n\nPMID- 3\nTI  - ü\n"),
        (split_bibtex, "@a{a, title={é}}\n\x01\n@a{b,\n title={\x01}}\n@a{c, title={ü}}\n"),
    ],
)
def test_broken_bytes_reject_only_the_record_that_holds_them(
    split: Callable[[Text], Iterator[Piece]], text: str
) -> None:
    pieces = list(split(open_text(io.BytesIO(text.encode().replace(b"\x01", b"\xff")), name="x")))
    assert [piece.error for piece in pieces] == ["", "1 byte(s) that its encoding does not know", ""]


def test_definitions_that_double_each_other_cost_no_memory() -> None:
    doubling = "".join(f"@string{{a{n} = a{n - 1} # a{n - 1}}}\n" for n in range(1, 60))
    definitions = f'@string{{a0 = "{"x" * 50}"}}\n{doubling}'
    many = " # ".join(["a12"] * 100)
    text = f"{definitions}@misc{{k, title = a59}}\n@misc{{l, title = a2}}\n@misc{{m, title = {many}}}\n"
    vast, modest, repeated = split_bibtex(Chunks(text))
    assert "longer than" in vast.error
    assert (modest.error, modest.text[-22:]) == ("", "}\n@misc{l, title = a2}")
    assert len(modest.text) < 1_000
    assert "longer than" in repeated.error


def test_many_beginnings_without_an_end_are_read_once() -> None:
    text = "TY  - JOUR\n" * 200_000  # in a time that grows with the square, hours
    (piece,) = split_ris(Chunks(text))
    assert piece.line == 1
