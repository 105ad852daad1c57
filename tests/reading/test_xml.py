import gzip
import io
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from germane.reading import Piece, ReadingError
from germane.reading.opening import open_text
from germane.reading.xml import XmlError, inner_xml, parse_xml, split_xml, text_of


class Chunks:
    """A text that comes in chunks of one size, so that every mark is cut in two somewhere."""

    def __init__(self, text: str, size: int) -> None:
        self.text = text
        self.size = size
        self.head = text[: 64 * 1024]

    def chunks(self) -> Iterator[str]:
        for i in range(0, len(self.text), self.size):
            yield self.text[i : i + self.size]


def split(document: str, *tags: str, size: int = 1 << 18) -> list[Piece]:
    return list(split_xml(Chunks(document, size), tags or ("rec",)))


def split_bytes(data: bytes, *tags: str) -> list[Piece]:
    return list(split_xml(open_text(io.BytesIO(data), name="sample"), tags or ("rec",)))


def texts(pieces: list[Piece]) -> list[str]:
    return [f"!{piece.error}" if piece.error else text_of(parse_xml(piece.text)) for piece in pieces]


UGLY = """<?xml version="1.0"?>
<!DOCTYPE set [ <!ENTITY a "]>"> <!-- ]> <rec>no</rec> --> <!ELEMENT rec ANY> ]>
<!-- <rec>commented out</rec> -->
<set note="a > b">
  <rec id="1" note='x > y'>one <!-- </rec> <rec> --> end</rec>
  <rec id="2"><![CDATA[two </rec> <b>]]> end</rec>
  <rec id="3"/>
  <rec
     id="4">four <?php echo "</rec>" ?> end</rec >
  <recs>not a record</recs><sub-rec>nor this</sub-rec>
  <p:rec xmlns:p="urn:p">five</p:rec>
  <![CDATA[ <rec>no</rec> ]]>
</set>
"""


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 18])
def test_records_are_cut_out_whatever_stands_in_and_around_them(size: int) -> None:
    pieces = split(UGLY, size=size)
    assert texts(pieces) == ["one end", "two </rec> <b> end", "", "four end", "five"]
    assert [piece.position for piece in pieces] == [1, 2, 3, 4, 5]
    for piece in pieces:
        assert UGLY[piece.offset : piece.offset + 4] in ("<rec", "<p:r")
        assert piece.line == UGLY[: piece.offset].count("\n") + 1


def test_a_piece_declares_the_namespaces_around_it() -> None:
    document = '<s xmlns="urn:d" xmlns:x="urn:x"><list xmlns:y=\'urn:y\'><rec x:a="1"><y:b>t</y:b></rec></list></s>'
    (piece,) = split(document)
    element = parse_xml(piece.text)
    assert element.tag == "{urn:d}rec"
    assert element.get("{urn:x}a") == "1"
    assert element[0].tag == "{urn:y}b"


def test_a_record_may_hold_one_of_its_own_name() -> None:
    document = "<s><rec>a<meta><rec>inner</rec></meta>b</rec><rec>c</rec></s>"
    assert texts(split(document)) == ["ainnerb", "c"]


def test_the_outermost_of_several_names_is_the_record() -> None:
    document = Chunks("<s><rec><art>a</art></rec><art>b</art></s>", 5)
    assert texts(list(split_xml(document, ("rec",), inner=("art",)))) == ["a", "b"]


def test_a_record_of_another_name_ends_one_whose_end_tag_is_missing() -> None:
    pieces = split("<s><rec>a<x><art>b</art><rec>c</rec></s>", "rec", "art")
    assert [piece.error[:18] for piece in pieces] == ["its end tag is mis", "", ""]


@pytest.mark.parametrize("size", [5, 1 << 18])
@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("<s><rec>a<b></rec><rec>b</rec></s>", ["!not well-formed", "b"]),
        ("<s><rec>a<rec>b</rec><rec>c</rec></s>", ["!its end tag is missing", "b", "c"]),
        ("<s><rec>a<x><rec>b</rec></s>", ["!its end tag is missing", "b"]),
        ("<s><rec>a<rec>b<rec>c</rec></s>", ["!its end tag", "!its end tag", "c"]),
        ("<s><rec>a</rec><rec>b</s>", ["a", "!the file ends inside"]),
        ("<s><rec>a</rec>b</rec><rec>c</rec></s>", ["a", "!an end tag without", "c"]),
        ("<s><rec>a<!-- never closed</rec><rec>b</rec></s>", ["!not well-formed", "b"]),
        ("<s><rec>a<![CDATA[ never closed</rec><rec>b<![CDATA[c]]></rec></s>", ["!not well-formed", "bc"]),
        ("<s><rec a='b>c</rec><rec>d</rec></s>", ["!not well-formed", "d"]),
        ("<s><rec>a<!-- never closed</rec><rec>b<!-- c --></rec></s>", ["!not well-formed", "b"]),
        ("<s><!-- never closed <rec>a</rec></s>", ["a"]),
        ("<!DOCTYPE never closed <s><rec>a</rec></s>", ["a"]),
        ("<rec>a</rec><rec>b</rec>", ["a", "b"]),
        ("<?xml version='1.0'?><s><rec>a</rec></s><?xml version='1.0'?><s><rec>b</rec></s>", ["a", "b"]),
        ("no markup at all", []),
        ("<s/>", []),
    ],
)
def test_a_broken_record_costs_none_of_its_neighbors(document: str, expected: list[str], size: int) -> None:
    found = []
    for piece in split(document, size=size):
        try:
            found.append(f"!{piece.error}" if piece.error else text_of(parse_xml(piece.text)))
        except XmlError as error:
            found.append(f"!{error}")
    assert len(found) == len(expected)
    for one, wanted in zip(found, expected, strict=True):
        assert one.startswith(wanted) if wanted.startswith("!") else one == wanted


def test_a_file_that_ends_between_two_records_is_not_taken_for_whole() -> None:
    pieces: list[Piece] = []
    with pytest.raises(ReadingError, match="before its <s> is closed"):
        pieces.extend(split_xml(Chunks("<s><rec>a</rec>\n", 4), ("rec",)))


def test_records_before_a_truncation_are_had_and_then_it_is_told() -> None:
    document = "<s>" + "".join(f"<rec>{i} {i * 7919 % 104729}</rec>" for i in range(20_000)) + "</s>"
    data = gzip.compress(document.encode())[:-2000]
    pieces: list[Piece] = []
    with pytest.raises(ReadingError, match="truncated"):
        pieces.extend(split_xml(open_text(io.BytesIO(data), name="sample"), ("rec",)))
    assert len(pieces) > 15_000
    assert [piece.position for piece in pieces if piece.error] in ([], [len(pieces)])


def test_broken_bytes_reject_only_the_record_that_holds_them() -> None:
    pieces = split_bytes("<s><rec>é</rec><rec>".encode() + b"\xff\xfe" + "</rec><rec>ü</rec></s>".encode())
    assert [bool(piece.error) for piece in pieces] == [False, True, False]
    assert "2 byte(s)" in pieces[1].error


def test_a_record_of_50_mb_is_rejected_in_constant_memory() -> None:
    class Huge:
        head = "<s><rec>"

        def chunks(self) -> Iterator[str]:
            yield "<s><rec>before</rec>\n<rec>"
            for _ in range(200):
                yield "<p>words and words</p>" * 12_000
            yield "</rec><rec>after</rec></s>"

    tracemalloc.start()
    pieces = list(split_xml(Huge(), ("rec",)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [piece.error[:6] for piece in pieces] == ["", "larger", ""]
    assert len(pieces[1].text) == 64 * 1024
    assert pieces[1].line == 2
    assert text_of(parse_xml(pieces[2].text)) == "after"
    assert peak < 80_000_000  # the limit of 16 million characters, twice at most while it is joined, and no more


def test_an_entity_bomb_stays_what_it_is() -> None:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    document = f'<!DOCTYPE s [<!ENTITY l0 "lol">{entities}<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    document += "<s><rec>&l9; &x; &eacute;</rec><rec>next</rec></s>"
    assert texts(split(document)) == ["&l9; &x; é", "next"]


def test_a_document_type_inside_a_piece_is_never_expanded() -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><r>&b;&b;</r>'
    assert len(text_of(parse_xml(bomb))) < 20


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ("<r>&nbsp;caf&eacute; &alpha;&rgr; &hearts; R&amp;D R&D AT&T; &bogus;</r>", "café αρ ♥ R&D R&D AT&T; &bogus;"),
        ("<r>p < 0.05 and n <= 3</r>", "p < 0.05 and n <= 3"),
        ("<r>bell\x07 null&#0; esc&#x1b; ok&#233;</r>", "bell null esc oké"),
        ("<r><mml:math><mml:mi>x</mml:mi></mml:math> <a xlink:href='u'>y</a></r>", "x y"),
        ("<r><![CDATA[a & b]]> &nbsp;c</r>", "a & b c"),
        ('<r xmlns:x="urn:a b">t</r>', "t"),
    ],
)
def test_what_people_meant_is_mended(piece: str, expected: str) -> None:
    assert text_of(parse_xml(piece)) == expected


@pytest.mark.parametrize("piece", ["", "<r>", "<r></s>", "text", "<r a=1/>", "<r><b></r></b>", "<<r/>", "\x00"])
def test_what_cannot_be_mended_is_an_error_in_words(piece: str) -> None:
    with pytest.raises(XmlError, match="not well-formed"):
        parse_xml(piece)


def test_inner_xml_is_markup_again() -> None:
    element = parse_xml("<r>a &lt; b <i>c &amp; d</i> e</r>")
    assert inner_xml(element) == "a &lt; b <i>c &amp; d</i> e"
    assert inner_xml(parse_xml("<r>a &lt; b</r>")) == "a < b"


def test_scanning_is_linear() -> None:
    def seconds(n: int) -> float:
        document = "<s>" + "<rec>x<!-- never closed" * n + "</s>"
        start = time.process_time()
        assert len(split(document)) == n
        return time.process_time() - start

    seconds(100)
    assert seconds(4_000) < max(40 * seconds(400), 2.0)


element_texts = st.text(alphabet="ab<>&\"' é中\n", max_size=12)
contents = st.lists(
    st.one_of(
        element_texts.map(lambda t: t.replace("&", "&amp;").replace("<", "&lt;")),
        element_texts.map(lambda t: f"<i a='{t.replace('&', '').replace('<', '').replace(chr(39), '')}'/>"),
        element_texts.map(lambda t: f"<!--{t.replace('-', '')}</rec>-->"),
        element_texts.map(lambda t: f"<![CDATA[{t}<rec>]]>"),
    ),
    max_size=6,
).map("".join)


@given(st.lists(contents, max_size=6), st.integers(1, 60))
def test_a_well_formed_file_is_cut_as_its_parser_would(records: list[str], size: int) -> None:
    document = "<s>\n" + "\n".join(f"<rec>{content}</rec>" for content in records) + "\n</s>"
    wanted = [text_of(element) for element in etree.fromstring(document) if element.tag == "rec"]
    assert texts(split(document, size=size)) == wanted


@given(st.text(alphabet="<>/!-[]?= \"'&;recsCDATOYP\n", max_size=200), st.integers(1, 40))
def test_nothing_that_comes_makes_it_crash(noise: str, size: int) -> None:
    document = f"<s><rec>first</rec>{noise}"
    pieces: list[Piece] = []
    with suppress(ReadingError):
        pieces.extend(split_xml(Chunks(document, size), ("rec",)))
    assert text_of(parse_xml(pieces[0].text)) == "first"
    for piece in pieces[1:]:
        try:
            parse_xml(piece.text)
        except XmlError:
            continue
