"""The best open copy comes first, whatever order the sources gave."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from germane.article import Location
from germane.enrich.fulltext import choose_location, is_open_license, rank_locations

RECORD_LICENSED = Location("https://journal.example.org/a", "html", "published", "cc-by-4.0", True, "publisher")
ACCEPTED_PDF = Location("https://repo.example.org/a.pdf", "pdf", "accepted", "", True, "repository")
PREPRINT_PDF = Location("https://preprints.example.org/a.pdf", "pdf", "submitted", "cc-by-4.0", True, "repository")
REPOSITORY_PAGE = Location("https://repo.example.org/a", "landing", "accepted", "", True, "repository")
OPEN_LANDING = Location("https://journal.example.org/b", "landing", "published", "", True, "publisher")
UNKNOWN_REPOSITORY = Location("https://other.example.org/a", "landing", "", "", None, "repository")
PUBLISHER_LANDING = Location("https://doi.example.org/10.5555/a", "landing", "published", "", None, "publisher")
CLOSED = Location("https://journal.example.org/c.pdf", "pdf", "published", "", False, "publisher")
ORDER = [
    RECORD_LICENSED, ACCEPTED_PDF, PREPRINT_PDF, REPOSITORY_PAGE, OPEN_LANDING, UNKNOWN_REPOSITORY, PUBLISHER_LANDING,
    CLOSED,
]  # fmt: skip


def test_the_order_is_the_documented_one() -> None:
    assert [r.location for r in rank_locations(reversed(ORDER))] == ORDER


def test_every_pair_is_chosen_alike_in_both_orders() -> None:
    for better, worse in itertools.combinations(ORDER, 2):
        assert choose_location([better, worse]) == better
        assert choose_location([worse, better]) == better


def test_reasons_are_words_for_people() -> None:
    (ranked,) = rank_locations([RECORD_LICENSED])
    assert ranked.tier == "published-open-license"
    assert ranked.reasons == ("free to read", "published version", "license cc-by-4.0", "HTML", "at the publisher")


def test_no_location_gives_none() -> None:
    assert choose_location([]) is None
    assert rank_locations([]) == []


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "ftp://example.org/a", "not an address", "http://["])
def test_addresses_that_a_reader_cannot_follow_are_left_out(url: str) -> None:
    assert choose_location([Location(url, "pdf", "published", "cc-by-4.0", True, "publisher")]) is None


def test_one_address_is_listed_once_with_its_better_description() -> None:
    bare = Location("http://www.journal.example.org/a/")
    assert [r.location for r in rank_locations([bare, RECORD_LICENSED])] == [RECORD_LICENSED]


def test_a_closed_copy_stays_closed_whatever_its_license() -> None:
    closed = Location("https://journal.example.org/a", "pdf", "published", "cc-by-4.0", False, "publisher")
    assert rank_locations([closed])[0].tier == "publisher"


def test_an_open_license_makes_a_copy_of_unknown_standing_open() -> None:
    location = Location("https://journal.example.org/a", "pdf", "published", "cc-by-4.0", None, "publisher")
    assert rank_locations([location])[0].tier == "published-open-license"


def test_fewer_conditions_come_first() -> None:
    free = Location("https://z.example.org/a", "pdf", "published", "cc-by-4.0", True, "publisher")
    limited = Location("https://a.example.org/a", "pdf", "published", "cc-by-nc-nd-4.0", True, "publisher")
    assert choose_location([limited, free]) == free


@pytest.mark.parametrize(
    ("name", "is_open"),
    [
        ("cc-by-4.0", True),
        ("CC BY 4.0", True),
        ("cc0-1.0", True),
        ("public-domain", True),
        ("http://creativecommons.org/licenses/by-nc/4.0/", True),
        ("https://creativecommons.org/publicdomain/zero/1.0/", True),
        ("publisher-specific-oa", False),
        ("https://www.elsevier.com/tdm/userlicense/1.0/", False),
        ("", False),
    ],
)
def test_open_licenses(name: str, is_open: bool) -> None:
    assert is_open_license(name) is is_open


LOCATIONS = st.builds(
    Location,
    url=st.sampled_from(["https://a.example.org/1", "http://a.example.org/1/", "https://b.example.org/2", "mailto:x"]),
    content=st.sampled_from(["landing", "pdf", "html", "xml", ""]),
    version=st.sampled_from(["published", "accepted", "submitted", ""]),
    license=st.sampled_from(["", "cc-by-4.0", "cc-by-nc-4.0", "other"]),
    is_open=st.sampled_from([True, False, None]),
    host=st.sampled_from(["publisher", "repository", ""]),
)


@given(st.lists(LOCATIONS, max_size=6), st.randoms())
def test_the_order_given_never_matters(locations: list[Location], random: object) -> None:
    shuffled = list(locations)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rank_locations(locations) == rank_locations(shuffled)
