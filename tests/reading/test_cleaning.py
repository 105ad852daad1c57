"""Control characters do not reach the catalog."""

from germane.article import Article, Author, Identifier, Record, Venue
from germane.reading.cleaning import without_controls

RECORD = Record(
    source="germane",
    key="doi:10.5555/a",
    article=Article(
        identifiers=(Identifier("doi", "10.5555/a"),),
        title="Un titre en français : Größe, 光",
        authors=(Author(name="Zoë Müller", family="Müller"),),
        venue=Venue(name="Journal", kind="journal"),
        provenance={"title": "germane doi:10.5555/a"},
    ),
)


def test_a_clean_record_is_itself() -> None:
    assert without_controls(RECORD) is RECORD


def test_controls_are_taken_out_of_every_text() -> None:
    import msgspec

    dirty = msgspec.structs.replace(
        RECORD,
        article=msgspec.structs.replace(
            RECORD.article,
            authors=(Author(name="Zoë\x01 Mül\x7fler", family="Mül\x85ler"),),
            venue=Venue(name="Jour\x1fnal", kind="journal"),
        ),
    )
    assert without_controls(dirty) == RECORD
