"""The licence gate."""

import pytest

from germane.web.catalog.gate import choose_abstract, permits
from germane.web.catalog.rows import ShownAbstract


@pytest.mark.parametrize(
    ("policy", "source", "license", "basis", "permitted"),
    [
        ("all-local", "pubmed", "", "authors", True),
        ("open-only", "pubmed", "", "authors", False),
        ("crossref", "pubmed", "", "authors", False),
        ("crossref", "crossref", "", "authors", True),
        ("open-only", "crossref", "", "authors", False),
        ("open-only", "arxiv", "cc0", "authors", True),
        ("open-only", "csl", "cc-by-4.0", "authors", True),
        ("open-only", "csl", "CC-BY-SA-4.0", "authors", True),
        ("open-only", "csl", "cc-by-nc-sa-3.0", "authors", False),
        ("open-only", "csl", "cc-by-nd-4.0", "authors", False),
        ("open-only", "germane", "", "own-summary", True),
    ],
)
def test_policies(policy: str, source: str, license: str, basis: str, permitted: bool) -> None:
    assert permits(policy, source=source, license=license, basis=basis) is permitted


def shown(
    html: str, source: str = "pubmed", license: str = "", basis: str = "authors", language: str = ""
) -> ShownAbstract:
    return ShownAbstract(html, source, license, basis, language)


def test_the_permitted_one_is_shown_also_when_a_longer_one_is_not() -> None:
    closed, opened = shown("<p>A long abstract.</p>"), shown("<p>Short.</p>", "arxiv", "cc0")
    assert choose_abstract([closed, opened], policy="open-only") == (opened, False)
    assert choose_abstract([closed, opened], policy="all-local") == (closed, False)


def test_a_withheld_abstract_is_not_the_same_as_none() -> None:
    assert choose_abstract([shown("<p>Closed.</p>")], policy="open-only") == (None, True)
    assert choose_abstract([], policy="open-only") == (None, False)


def test_the_authors_words_and_the_articles_language_come_first() -> None:
    summary = shown("<p>A much longer summary of ours.</p>", "germane", "cc0", "own-summary", "en")
    french, english = shown("<p>En français.</p>", language="fr"), shown("<p>In English, longer.</p>", language="en")
    assert choose_abstract([summary, english, french], "fr", "all-local")[0] == french
    assert choose_abstract([summary, english], "fr", "all-local")[0] == english
