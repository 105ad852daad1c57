"""An item's links, text and declarations become claims, each with the surest evidence."""

import pytest

from germane.article import Identifier
from germane.item import Evidence, ItemClaim
from germane.matching.links import claims_of

DOI = Identifier("doi", "10.5555/abc.1")


def test_each_kind_of_evidence_says_where_it_was_found() -> None:
    claims = claims_of(
        texts={"title": "A post", "text": "See doi:10.5555/text.2 for more"},
        links=["https://doi.org/10.5555/link.1"],
        declared=[[Identifier("pmid", "12345")]],
        declared_by="Example Registry",
    )
    assert [(each.identifier, each.evidence.code) for each in claims] == [
        ("doi:10.5555/link.1", "id-link"),
        ("doi:10.5555/text.2", "id-text"),
        ("pmid:12345", "declared"),
    ]
    assert claims[0].evidence.where == "https://doi.org/10.5555/link.1"
    text = "See doi:10.5555/text.2 for more"
    field, _, offset = claims[1].evidence.where.partition(":")
    assert field == "text"
    assert text[int(offset) :].startswith(claims[1].evidence.matched)
    declared = Evidence("declared", "pmid:12345", "Example Registry", "links/1", 1.0)
    assert claims[2] == ItemClaim("pmid:12345", declared)


def test_one_claim_per_identifier_with_the_evidence_that_a_reader_can_check_best() -> None:
    everywhere = claims_of(
        texts={"text": "10.5555/abc.1"}, links=["https://doi.org/10.5555/ABC.1"], declared=[[DOI]], declared_by="x"
    )
    assert [each.evidence.code for each in everywhere] == ["id-link"]
    unlinked = claims_of(texts={"text": "10.5555/abc.1"}, links=[], declared=[[DOI]])
    assert [each.evidence.code for each in unlinked] == ["id-text"]


def test_an_items_own_doi_is_never_a_claim() -> None:
    assert claims_of(texts={"text": "10.5555/abc.1"}, links=["https://doi.org/10.5555/abc.1"], own=[DOI]) == ()


@pytest.mark.parametrize(("n", "expected"), [(20, 1.0), (21, 1 / 21), (50, 1 / 50)])
def test_an_item_that_names_many_articles_is_about_none_of_them(n: int, expected: float) -> None:
    claims = claims_of(texts={}, links=[f"https://doi.org/10.5555/list.{number}" for number in range(n)])
    assert len(claims) == n
    assert {each.evidence.confidence for each in claims} == {expected}


def test_names_declared_together_count_as_one_article() -> None:
    declared = [[Identifier("doi", f"10.5555/t.{n}"), Identifier("acl", f"2020.acl-main.{n}")] for n in range(15)]
    claims = claims_of(texts={}, links=[], declared=declared)
    assert len(claims) == 30
    assert {each.evidence.confidence for each in claims} == {1.0}


def test_links_without_identifiers_claim_nothing() -> None:
    assert claims_of(texts={"text": "no identifier here", "title": ""}, links=["https://t.co/xyz", ""]) == ()
