"""Addresses of articles."""

from urllib.parse import quote, unquote

import pytest

from germane.web.catalog.rows import address_of


@pytest.mark.parametrize(
    "doi",
    [
        "10.5555/a.b-c_d~e(1)2;3:4",
        "10.5555/(sici)1097-4571(199210)43:9<628::aid-asi5>3.0.co;2-0",
        "10.5555/100%25",
        "10.5555/a+b&c?d#e",
        "10.5555/ü\n",
        "10.5555/a@b!c,d",
    ],
)
def test_a_doi_is_told_in_an_address_as_quoting_tells_it(doi: str) -> None:
    assert address_of(7, doi) == f"/doi/{quote(doi, safe='/:;()!,@')}"
    assert unquote(address_of(7, doi)) == f"/doi/{doi}"


def test_an_article_without_a_doi_has_its_number() -> None:
    assert address_of(7, "") == "/article/7"
