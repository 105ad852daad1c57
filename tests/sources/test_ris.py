"""RIS of every exporter becomes records."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.article import Abstract, Article, Author, Identifier, Keyword, Location, Record, Relation, Venue
from germane.reading.opening import open_text
from germane.sources import ParseError, ris

FIXTURES = Path(__file__).parent / "fixtures" / "ris"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


TAGS = ["TY", "TI", "AU", "PY", "DO", "UR", "KW", "N1", "SN", "SP", "EP", "AB", "M3", "AN", "U1", "LA"]


def records(data: bytes) -> list[Record]:
    stream = open_text(io.BytesIO(data), name="sample")
    assert ris.sniff(stream.head)
    return [entry for piece in ris.split(stream) for entry in ris.parse(piece.text)]  # type: ignore[misc]


def one(text: str) -> Article:
    (entry,) = ris.parse("TY  - JOUR\n" + text + "\nER  - ")
    assert isinstance(entry, Record)
    return entry.article


def test_every_useful_tag_is_read() -> None:
    first, second, third, fourth = records((FIXTURES / "mixed.ris").read_bytes())
    assert first == Record(
        "ris",
        "doi:10.5555/ris.1",
        Article(
            identifiers=(
                Identifier("doi", "10.5555/ris.1"),
                Identifier("pmid", "123456"),
                Identifier("pmcid", "PMC7654321"),
            ),
            title="Warm flies in winter",
            authors=(
                Author("Ada Byron", "Byron", "Ada"),
                Author("A. B. van Dyck Jr", "van Dyck", "A. B."),
                Author("The Antenna Consortium"),
            ),
            venue=Venue("Journal of Invented Results", "journal", ("1234-5679",), "Example Press"),
            published_on="2021-03-09",
            type="article",
            language="en",
            volume="12",
            issue="3",
            pages="101–119",
            abstracts=(Abstract("We warmed flies, which did not mind.", "ris"),),
            keywords=(Keyword("warmth"), Keyword("flies"), Keyword("winter"), Keyword("antennae")),
            locations=(
                Location("https://example.org/ris1", "landing"),
                Location("https://example.org/ris1.pdf", "pdf"),
            ),
        ),
    )
    assert second.article.identifiers == (Identifier("doi", "10.5555/ris.2"),)
    assert second.article.venue == Venue("Proceedings of Nothing", "conference")
    assert second.article.authors == (Author("Marie Curie", "Curie", "Marie"),)
    assert (second.article.published_on, second.article.type) == ("2019", "conference-paper")
    assert third.article.identifiers == ()
    assert third.article.relations == (Relation("has-preprint", "arxiv:2101.00001", source="ris"),)
    assert third.article.published_on == "2020"
    assert fourth.key == "arxiv:2101.00002"


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("\n", "\r"), ("  - ", " - "), ("\nTY", "\n\tTY")])
def test_line_ends_spaces_and_indents_do_not_matter(change: tuple[str, str]) -> None:
    text = (FIXTURES / "mixed.ris").read_text()
    changed = records(text.replace(*change).encode())
    assert [record.article.title for record in changed] == [record.article.title for record in records(text.encode())]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = "TY  - JOUR\r\nTI  - Über Wärme und Kälte bei Mücken\r\nAU  - Müller, Jörg\r\nER  - \r\n"
    (record,) = records(text.encode(encoding))
    assert record.article.authors == (Author("Jörg Müller", "Müller", "Jörg"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PY  - 2020/03/01/", "2020-03-01"),
        ("PY  - 2020///", "2020"),
        ("PY  - 2020/00/00/", "2020"),
        ("Y1  - 2015/october", "2015-10"),
        ("PY  - 2013/02/15/received\nPY  - 2013/04/18", "2013-04-18"),
        ("PY  - 2016\nDA  - 2016/10/19/", "2016-10-19"),
        ("PY  - ///", ""),
        ("PY  - YEAR/MONTH/DAY/", ""),
    ],
)
def test_dates(text: str, expected: str) -> None:
    assert one("TI  - T\n" + text).published_on == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DO  - DOI: 10.5555/a", ["doi:10.5555/a"]),
        ("M3  - Article\nUR  - http://dx.doi.org/10.5555/a", ["doi:10.5555/a"]),
        ("DB  - PubMed\nAN  - 123456", ["pmid:123456"]),
        ("AN  - PMC123", ["pmcid:PMC123"]),
        ("AN  - WOS:000123\nN1  - See also doi: 10.5555/other, and more", []),
        ("N1  - PMID: 123456", ["pmid:123456"]),
    ],
)
def test_identifiers(text: str, expected: list[str]) -> None:
    assert [f"{each.scheme}:{each.value}" for each in one("TI  - T\n" + text).identifiers] == expected


@pytest.mark.parametrize("piece", ["", "TY  - JOUR\nER  - ", "TY  - JOUR\nAU  - Byron, A.\nER  -", "ER  -"])
def test_a_record_that_names_nothing_is_refused(piece: str) -> None:
    with pytest.raises(ParseError, match="neither title nor identifier"):
        ris.parse(piece)


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "PMID- 1\nTI  - x\n",
        "%0 Journal Article\n%T x",
        "FN ISI\nPT J\nTI x\nER\n",
        "@article{x, title={TY  - JOUR}}",
    ],
)
def test_other_formats_are_left_to_others(foreign: str) -> None:
    assert not ris.sniff(foreign)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(TAGS), st.text(max_size=20)),
        max_size=8,
    )
)
def test_any_values_give_a_record_or_a_parse_error(lines: list[tuple[str, str]]) -> None:
    try:
        (entry,) = ris.parse("\n".join(f"{tag}  - {value}" for tag, value in lines))
    except ParseError:
        return
    assert isinstance(entry, Record)


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    folder = SHARED / "data/files/ris_nbib_endnote_isi"
    if not folder.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {folder}")
    counts, rejects = 0, []
    paths = sorted(folder.rglob("*.ris"))
    for path in paths:
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            assert ris.sniff(text.head), path.name
            for piece in ris.split(text):
                assert piece.error == ""
                try:
                    counts += len(ris.parse(piece.text))
                except ParseError as error:
                    rejects.append(f"{path.name}: {error}")
    assert len(paths) == 18
    # RisImporterTest1 has TY lines in the middle of its one record.
    assert (counts, rejects) == (19, ["RisImporterTest1.ris: a record with neither title nor identifier"])
    for path in folder.rglob("*"):
        if path.suffix in (".txt", ".enw", ".isi", ".nbib", ".xml", ".bib"):
            with path.open("rb") as stream:
                assert not ris.sniff(open_text(stream, name=path.name).head), path.name
