"""BibTeX, with TeX and macros and mistakes, becomes records."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.article import Abstract, Article, Author, Identifier, Keyword, Location, Record, Relation, Venue
from germane.reading.opening import open_text
from germane.sources import ParseError, bibtex

FIXTURES = Path(__file__).parent / "fixtures" / "bibtex"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


def one(text: str) -> Article:
    (entry,) = bibtex.parse(text)
    assert isinstance(entry, Record)
    return entry.article


def test_every_useful_field_is_read_and_a_broken_entry_costs_only_itself() -> None:
    stream = open_text(io.BytesIO((FIXTURES / "mixed.bib").read_bytes()), name="sample")
    assert bibtex.sniff(stream.head)
    pieces = list(bibtex.split(stream))
    assert [piece.error for piece in pieces] == ["", "", "", "", "the entry is not closed", ""]
    found = [entry for piece in pieces if not piece.error for entry in bibtex.parse(piece.text)]
    first, preprint, scholar, thesis, fine = (entry for entry in found if isinstance(entry, Record))
    assert first == Record(
        "bibtex",
        "doi:10.5555/bib_1",
        Article(
            identifiers=(Identifier("doi", "10.5555/bib_1"),),
            title="Warm Drosophila in Été: a 50% effect for $x&lt;y$",
            authors=(
                Author("Ada van Byron", "van Byron", "Ada"),
                Author("Jörg Müller", "Müller", "Jörg"),
                Author("The Antenna and Wing Consortium"),
            ),
            venue=Venue("Journal of Invented Results", "journal", ("1234-5679",), "Example Press"),
            published_on="2021-03-09",
            type="article",
            language="en",
            volume="12",
            issue="3",
            pages="101–119",
            abstracts=(Abstract("We warmed <i>flies</i> &amp; waited — a lot.", "bibtex"),),
            keywords=(Keyword("warmth"), Keyword("flies, big"), Keyword("winter")),
            locations=(Location("https://example.org/bib1.pdf", "pdf"),),
            relations=(Relation("has-preprint", "arxiv:2101.00001", source="bibtex"),),
        ),
    )
    assert (preprint.key, preprint.article.type) == ("arxiv:2101.00002", "preprint")
    assert (scholar.key, scholar.article.type) == ("arxiv:2101.00003", "preprint")
    assert (thesis.article.type, thesis.article.published_on) == ("thesis", "2019-05-02")
    assert thesis.article.keywords == (Keyword("a"), Keyword("b"))
    assert fine.article.pages == "1–2"
    assert fine.article.venue == Venue("Proceedings of Nothing", "conference")


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("month = mar, year = 2020", "2020-03"),
        ('month = "10~" # jan, year = 1998', "1998-01-10"),
        ("month = {March}, year = {2020}", "2020-03"),
        ("month = 3, year = 2020", "2020-03"),
        ("month = {3 -- 4}, year = {2020}", "2020"),
        ("year = {in press}", ""),
        ("date = {2020-03-01/2020-03-04}", "2020-03-01"),
        ("year = {2020a}", "2020"),
    ],
)
def test_dates(field: str, expected: str) -> None:
    assert one(f"@misc{{x, title={{T}}, {field}}}").published_on == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("@misc(x, title = {In round brackets})", "In round brackets"),
        ("@misc{x, title = {Missing comma} year = {2020}}", "Missing comma"),
        ('@misc{x, title = "An "inner" quotation", year = 2020}', 'An "inner" quotation'),
        ("@misc{x, TITLE = {Upper case}}", "Upper case"),
        ("@misc{x, = {no name}, title = {Kept}}", "Kept"),
        ("@misc{, title = {No key}}", "No key"),
        ("@misc{x, title = {{Double {braces}}}}", "Double braces"),
        ("@string{a = {A}}\n@misc{x, title = a # { and } # b}", "A and b"),
        ("@misc{x, title = {Tabs\tand\nlines}}", "Tabs and lines"),
    ],
)
def test_sloppy_entries(entry: str, expected: str) -> None:
    assert one(entry).title == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("doi = {https://doi.org/10.5555/a}", ["doi:10.5555/a"]),
        ("url = {https://doi.org/10.5555/a}", ["doi:10.5555/a"]),
        ("pmid = 123456, pmcid = {PMC77}", ["pmid:123456", "pmcid:PMC77"]),
        ("eprint = {hep-th/9901001}", ["arxiv:hep-th/9901001"]),
        ("url = {https://arxiv.org/abs/2101.00001}", ["arxiv:2101.00001"]),
        ("howpublished = {\\url{https://doi.org/10.5555/a\\_b}}", ["doi:10.5555/a_b"]),
        ("note = {See 10.5555/other}", []),
    ],
)
def test_identifiers(fields: str, expected: list[str]) -> None:
    article = one(f"@misc{{x, title={{T}}, {fields}}}")
    assert [f"{each.scheme}:{each.value}" for each in article.identifiers] == expected


@pytest.mark.parametrize("piece", ["", "text", "@misc{x}", "@misc{x, year = 2020}", "@string{a = {A}}"])
def test_what_names_nothing_is_refused(piece: str) -> None:
    with pytest.raises(ParseError):
        bibtex.parse(piece)


@pytest.mark.parametrize(
    "foreign", ["", '{"a": "@misc{x, title={T}}"}', "me@example.org", "@decorator(foo)\ndef x(): ...", "@media {x}"]
)
def test_other_formats_are_left_to_others(foreign: str) -> None:
    assert not bibtex.sniff(foreign)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("{}\"'#=,@\\ \nabt1%$&"), max_size=60))
def test_any_text_gives_records_or_parse_errors(text: str) -> None:
    for candidate in (text, f"@misc{{x, title = {text}}}", f"@misc{{x, title = {{{text}}}, author = {{{text}}}}}"):
        try:
            bibtex.parse(candidate)
        except ParseError:
            continue


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    if not SHARED.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {SHARED}")
    counts: dict[str, int] = {}
    rejects = []
    paths = [
        *(SHARED / "data/files/bibtex").rglob("*.bib"),
        *(SHARED / "data/files/ris_nbib_endnote_isi").rglob("*.bib"),
    ]
    nothing = {"MODSImporterTestGenreMapping.bib", "issue-12274.bib"}  # no field, no entry
    for path in sorted(paths):
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            assert bibtex.sniff(text.head) == (path.name not in nothing), path.name
            for piece in bibtex.split(text):
                assert piece.error == "", path.name
                try:
                    counts[path.name] = counts.get(path.name, 0) + len(bibtex.parse(piece.text))
                except ParseError as error:
                    rejects.append(f"{path.name}: {error}")
    expected = {"JEisen": 281, "MEisen": 148, "chi-2019": 703, "sigir-2019": 287, "recsys-2020": 132, "test": 19}
    assert {name: counts[f"{name}.bib"] for name in expected} == expected
    assert len(rejects) == 12  # entries without a title, made so on purpose
    assert all("with neither title nor identifier" in reject for reject in rejects)
