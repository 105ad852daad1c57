"""bioRxiv's details. The fixture was written from documentation."""

from io import BytesIO
from pathlib import Path

import pytest

from germane.article import Record
from germane.connectors import find_reader
from germane.reading.opening import open_text
from germane.sources import ParseError, biorxiv

FIXTURE = (Path(__file__).parent / "fixtures" / "biorxiv" / "details.json").read_bytes()


def pieces() -> list[str]:
    return [piece.text for piece in biorxiv.split(open_text(BytesIO(FIXTURE), name="details"))]


def record(place: int) -> Record:
    [entry] = biorxiv.parse(pieces()[place])
    assert isinstance(entry, Record)
    return entry


def test_the_file_is_known_by_its_content() -> None:
    reader = find_reader(FIXTURE.decode())
    assert reader is not None
    assert reader.NAME == "biorxiv"


def test_a_preprint_tells_its_authors_licence_and_published_version() -> None:
    found = record(0)
    article = found.article
    assert (found.key, found.updated_on) == ("10.1101/2026.03.01.100001", "2026-03-01")
    assert article.type == "preprint"
    assert article.title == "Warm antennae in <i>winter</i>"
    assert [author.family or author.name for author in article.authors] == ["Byron", "Doe", "The Antenna Consortium"]
    assert (article.license, article.abstracts[0].license) == ("cc-by-nc", "cc-by-nc")
    assert [(r.kind, r.identifier) for r in article.relations] == [("is-preprint-of", "doi:10.5555/antennae.1")]


def test_all_rights_reserved_is_no_licence() -> None:
    article = record(1).article
    assert article.license == ""
    assert article.venue is not None
    assert article.venue.name == "medRxiv"
    assert not article.relations


def test_a_record_without_a_doi_is_refused() -> None:
    with pytest.raises(ParseError, match="without a DOI"):
        biorxiv.parse(pieces()[2])
