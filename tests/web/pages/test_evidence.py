"""The closed vocabulary, each code with the sentence that readers see."""

import pytest

from germane.item import EVIDENCE_CODES, Evidence
from germane.web.pages.environment import why
from germane.web.pages.evidence import reasons, sentence

SENTENCES = [
    ("id-link", "https://doi.org/10.1234/abc", "", "Links to doi.org/10.1234/abc"),
    ("id-link", "10.1234/abc", "", "Links to doi.org/10.1234/abc"),
    ("id-link", "doi:10.1234/abc", "", "Links to doi.org/10.1234/abc"),
    ("id-link", "https://www.arxiv.org/abs/1501.00001", "", "Links to arxiv.org/abs/1501.00001"),
    ("url-known", "https://www.nature.com/articles/x", "", "Links to this article’s page at nature.com"),
    ("id-text", "doi:10.1234/abc", "text:3", "Quotes “doi:10.1234/abc”"),
    ("declared", "has-supplement", "datacite", "Declared as a supplement in DataCite"),
    ("declared", "talk", "acl", "Declared as a talk in the ACL Anthology"),
    ("declared", "interview", "elife", "Declared as an interview in eLife"),
    ("declared", "slides", "acl", "Declared as slides in the ACL Anthology"),
    ("declared", "10.1234/abc", "crossref", "Declared in Crossref"),
    ("declared", "has-review http://f1000.example/8225", "the operator", "Declared as a peer review by the operator"),
    ("declared", "has-comment doi:10.1234/abc", "PubMed", "Declared as a comment in PubMed"),
    ("declared", "has-trial nct:NCT01234567", "the publisher", "Declared as a trial by the publisher"),
    ("title", "Some long and rare title", "text:0", "Probably: contains the full title"),
    ("names", "BMJ; Okafor; 2 days after publication", "text:0",
     "Probably: names BMJ and “Okafor”, 2 days after publication"),
    ("names", "BMJ", "text:0", "Probably: names BMJ"),
    ("curator", "the library", "2026-06-04", "Added by the library on 4 June 2026"),
    ("curator", "the library", "desk", "Added by the library"),
    ("cites", "cites", "references", "Cited by this article"),
    ("cites", "cited-by", "references", "Cites this article"),
    ("co-cited", "7", "references", "Cited together in 7 papers"),
    ("co-cited", "1", "references", "Cited together in 1 paper"),
    ("coupled", "12", "references", "Shares 12 references"),
    ("phrases", "interscapular pain; NRS score", "keyphrases", "Same topic: interscapular pain; NRS score"),
    ("semantic", "0.83", "vector", "Close in meaning"),
    ("liked", "Another article", "likes", "Because you liked “Another article”"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "matched", "where", "expected"), SENTENCES)
def test_each_code_has_its_sentence(code: str, matched: str, where: str, expected: str) -> None:
    assert sentence(Evidence(code, matched, where, "test/1")) == expected  # type: ignore[arg-type]


def test_every_code_is_told() -> None:
    assert {code for code, *_ in SENTENCES} == set(EVIDENCE_CODES)


def test_values_are_marked_and_escaped() -> None:
    assert why(Evidence("id-text", "<b>&", "text:0", "m")) == "Quotes “<b>&lt;b&gt;&amp;</b>”"


REASONS = [
    ([("coupled", "12", "references"), ("phrases", "interscapular pain; NRS score", "keyphrases")],
     "Shares 12 references; both about interscapular pain; NRS score"),
    ([("cites", "cites", "references"), ("co-cited", "7", "references")],
     "Cited by this article; cited together in 7 papers"),
    ([("co-cited", "1", "references"), ("cites", "cited-by", "references")],
     "Cited together in 1 paper; cites this article"),
    ([("phrases", "needle; fascia", "title and abstract"), ("semantic", "0.83", "vector")],
     "Shares the words needle, fascia; close in meaning"),
    ([("cites", "cites", "references"), ("phrases", "needle", "title")],
     "Cited by this article; shares the word needle"),
    ([("semantic", "0.83", "vector")], "Close in meaning"),
    ([], ""),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), REASONS)
def test_the_reasons_for_a_similar_article_are_one_sentence(given: list[tuple[str, str, str]], expected: str) -> None:
    pieces = [Evidence(code, matched, where, "similar/1") for code, matched, where in given]  # type: ignore[arg-type]
    assert "".join(part.text for part in reasons(pieces)) == expected


def test_values_in_the_sentence_are_marked_and_escaped() -> None:
    pieces = (Evidence("coupled", "3", "r", "m"), Evidence("phrases", "<i>&", "keyphrases", "m"))
    assert why(pieces) == "Shares <b>3 references</b>; both about <b>&lt;i&gt;&amp;</b>"
