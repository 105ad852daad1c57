import io
import os
from pathlib import Path

import pytest

from germane.article import Abstract, Author, Funding, Identifier, Keyword, Notice, Record, Venue
from germane.reading.opening import open_text
from germane.sources import ParseError, nbib

FIXTURES = Path(__file__).parent / "fixtures" / "nbib"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


def records(data: bytes) -> list[Record]:
    text = open_text(io.BytesIO(data), name="sample")
    assert nbib.sniff(text.head)
    found = [entry for piece in nbib.split(text) for entry in nbib.parse(piece.text)]
    return [entry for entry in found if isinstance(entry, Record)]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_record_is_read_whole(newline: bytes) -> None:
    record, *others = records((FIXTURES / "records.nbib").read_bytes().replace(b"\n", newline))
    assert [other.key for other in others] == ["90000002", "90000003"]
    assert (record.source, record.key, record.updated_on) == ("nbib", "90000001", "2022-03-09")
    article = record.article
    assert article.identifiers == (
        Identifier("pmid", "90000001"),
        Identifier("doi", "10.5555/pub.med.1"),
        Identifier("pmcid", "PMC9000001"),
    )
    assert article.title == "Effect of Imaginaria ficta on H2O uptake at p &lt; 0.05"
    assert article.authors == (
        Author(
            "Ada B Müller",
            "Müller",
            "Ada B",
            "0000-0002-1825-0097",
            ("Dept. of Fiction & Facts, Nowhere.", "Second Institute."),
        ),
        Author("X Y van Initials", "van Initials", "X Y"),
        Author("The Invented Study Group"),
    )
    assert article.venue == Venue("Journal of invented results", "journal", ("2049-3630",))
    assert (article.published_on, article.type, article.language) == ("2021-02-03", "clinical-trial", "en")
    assert (article.volume, article.issue, article.pages) == ("12", "4", "445-452")
    assert article.abstracts == (
        Abstract(
            "<h4>Background</h4><p>Water &amp; fiction.</p>"
            "<h4>Methods</h4><p>We made it up entirely, in DNA: the usual way.</p><h4>Conclusions</h4><p>The end.</p>",
            "nbib",
            language="en",
        ),
        Abstract("Wasser und Dichtung.", "nbib", language="de"),
    )
    assert article.keywords == (
        Keyword("invented things"),
        Keyword("water uptake"),
        Keyword("Fiction as Topic", "subject", "mesh"),
        Keyword("Water", "subject", "mesh"),
    )
    assert article.funding == (Funding("NIXX HHS", "R01 XX00001"), Funding("Invented Trust", "076053/Z/04/Z"))
    assert article.notices == (
        Notice("retraction", "pmid:90000009", "2022-01-05", source="nbib"),
        Notice("concern", "10.5555/eoc", "2021-12", source="nbib"),
        Notice("correction", "", "2021-06-10", source="nbib"),
    )
    assert [(relation.kind, relation.identifier) for relation in article.relations] == [
        ("has-correction", ""),
        ("has-comment", "pmid:90000010"),
        ("has-preprint", "pmid:90000011"),
        ("has-trial", "nct:NCT01234567"),
        ("has-dataset", ""),
        ("has-dataset", "doi:10.5061/dryad.abc12"),
    ]


def test_a_translation_and_a_chapter_are_told() -> None:
    _, translation, chapter = (record.article for record in records((FIXTURES / "records.nbib").read_bytes()))
    assert translation.title == "A title that was translated"
    assert translation.original_title == "Ein Titel, der übersetzt wurde"
    assert (translation.published_on, translation.pages, translation.type) == ("1998-12", "e17", "letter")
    assert translation.notices == (Notice("retraction", source="nbib"),)
    assert (chapter.title, chapter.type) == ("One chapter of it", "chapter")
    assert chapter.venue == Venue("The Book of Inventions", "book", publisher="Invented Press")


def test_records_are_told_apart_without_blank_lines_and_without_pmid() -> None:
    assert [r.key for r in records(b"PMID- 1\nTI  - A\nPMID- 2\nTI  - B\n")] == ["1", "2"]
    data = b"OWN - NLM\nTI  - A\nAID - 10.5555/a [doi]\n\nOWN - NLM\nPMID- 2\nTI  - B\n"
    assert [(r.key, r.article.title) for r in records(data)] == [("doi:10.5555/a", "A"), ("2", "B")]


def test_a_broken_byte_costs_one_record() -> None:
    data = "PMID- 1\nTI  - é\n\nPMID- 2\nTI  - ".encode() + b"\xff\xfe\n\nPMID- 3\nTI  - C\n"
    pieces = list(nbib.split(open_text(io.BytesIO(data), name="sample")))
    assert [(piece.position, piece.line, bool(piece.error)) for piece in pieces] == [
        (1, 1, False),
        (2, 4, True),
        (3, 7, False),
    ]


@pytest.mark.parametrize("piece", ["", "nothing tagged", "TI  - no number", "PMID- none\n"])
def test_what_names_no_article_says_so(piece: str) -> None:
    with pytest.raises(ParseError, match=r"neither a PMID nor a DOI|no line that begins with a tag"):
        nbib.parse(piece)


@pytest.mark.parametrize(
    "head",
    [
        "TY  - JOUR\nTI  - RIS\nER  - \n",
        "\nTI  - RIS without its first line\nER  - \n",
        "FN ISI Export Format\nVR 1.0\nPT J\n",
        "@article{a, title={T}}",
        "<PubmedArticleSet>",
        "PMC some PMC\n  PMID\n",
        '{"pmid": 1}',
        "",
    ],
)
def test_other_formats_are_left_alone(head: str) -> None:
    assert not nbib.sniff(head)


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    if not SHARED.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {SHARED}")
    files = SHARED / "data/files"
    ours: dict[str, list[str]] = {}
    for path in sorted([*(files / "ris_nbib_endnote_isi").rglob("*"), *(files / "pubmed_xml").rglob("*")]):
        if not path.is_file() or path.stat().st_size == 0:
            continue
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            if not nbib.sniff(text.head):
                continue
            keys = ours.setdefault(path.name, [])
            for piece in nbib.split(text):
                try:
                    keys += [entry.key for entry in nbib.parse(piece.text)]
                except ParseError as error:
                    keys.append(str(error))
    assert ours == {
        "MedlinePlainImporterTestCompleteEntry.txt": ["20481061"],
        "MedlinePlainImporterTestInproceeding.txt": ["22664238"],
        # Titles after titles, and no number but that of something else.
        "MedlinePlainImporterTestMultiTitle.txt": ["it has neither a PMID nor a DOI"],
        "NbibImporterTest.nbib": ["27169098"],
    }
