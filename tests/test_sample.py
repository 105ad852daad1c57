"""The sample corpus is what it promises to be: counted, and its identifiers checked."""

import json
import re
from typing import Any

from germane.article import SCHEMES, VERSION_RELATIONS
from germane.identifiers import normalize, parse_key
from germane.sample import sample_files
from germane.text import plain_text

LINES: list[dict[str, Any]] = [
    json.loads(line) for path in sample_files() for line in path.read_text("utf-8").splitlines()
]
ARTICLES = [line for line in LINES if line["kind"] == "article"]
ITEMS = [line for line in LINES if line["kind"] != "article"]
# A word of the venue, the subject or the title → the field. An article counts where it first fits.
FIELDS = {
    "pain research": "pain|fibromyalgia|neuralgia|opioid|methadone|analges",
    "medicine": "clinical|trial|medicine|lancet|bmj|patients|therapy|disease",
    "linguistics": "linguist|language|translat|corpus|dialog|speech",
    "computing": "learning|transformer|neural|algorithm|attention|network",
    "physics": "physic|quantum|gravit|dark matter|galact|photon|cosmolog",
    "mathematics": "math|theorem|matrix|statistic|bayesian|graph|conjecture|complexity",
    "chemistry": "chem|synthes|molecul|catal|slag|spectr|hplc",
    "biology": "biology|species|genom|gene|bacteria|evolution|ecolog|elife",
    "earth science": "climate|earth|playa|volcan|seism|drought|ocean|geophys",
    "economics": "econom|market|labor|cartel|stock|price|finan",
    "psychology": "psycholog|behavio|emotion|cognit|mood|stress",
}


def fields_of(article: dict[str, Any]) -> set[str]:
    text = " ".join(
        (article["title"], article.get("venue", {}).get("name", ""), *(k["text"] for k in article.get("keywords", ())))
    ).lower()
    return {field for field, pattern in FIELDS.items() if re.search(pattern, text)}


def test_at_least_120_articles_of_many_fields() -> None:
    assert len(ARTICLES) >= 120
    for field in FIELDS:
        assert sum(field in fields_of(article) for article in ARTICLES) >= 3, field


def test_every_article_has_a_summary_of_80_to_150_words_labeled_as_ours() -> None:
    for article in ARTICLES:
        [summary] = article["abstracts"]
        assert (summary["basis"], summary["source"], summary["license"]) == ("own-summary", "germane", "cc0")
        words = plain_text(summary["markup"]).split()
        assert 80 <= len(words) <= 150, (article["title"], len(words))


def test_no_two_articles_have_one_summary() -> None:
    texts = [plain_text(article["abstracts"][0]["markup"]) for article in ARTICLES]
    first = [" ".join(text.split()[:8]) for text in texts]
    assert len(set(texts)) == len(texts)
    assert len(set(first)) == len(first)


def test_every_identifier_is_valid_and_named_once() -> None:
    seen = set()
    for article in ARTICLES:
        for text in article.get("identifiers", ()):
            scheme, _, value = text.partition(":")
            assert scheme in SCHEMES
            assert normalize(scheme, value) == value
            assert text not in seen
            seen.add(text)
        for relation in (*article.get("relations", ()), *article.get("notices", ())):
            identifier = relation.get("identifier", "")
            if identifier:
                assert parse_key(identifier) or identifier.startswith("nct:"), identifier
        for author in article.get("authors", ()):
            assert author["name"].strip()
            assert not author.get("orcid") or normalize("orcid", author["orcid"]) == author["orcid"]
        for issn in article.get("venue", {}).get("issns", ()):
            assert normalize("issn", issn) == issn


def test_some_are_retracted_or_have_another_notice() -> None:
    kinds = [{n["kind"] for n in article.get("notices", ())} for article in ARTICLES]
    assert sum("retraction" in some for some in kinds) >= 5
    assert sum("correction" in some for some in kinds) >= 2
    assert sum("concern" in some for some in kinds) >= 1


def test_some_are_preprints_with_their_published_versions_here() -> None:
    names = {name for article in ARTICLES for name in article.get("identifiers", ())}
    pairs = [
        (article["title"], relation["identifier"])
        for article in ARTICLES
        for relation in article.get("relations", ())
        if relation["kind"] in VERSION_RELATIONS and relation.get("identifier") in names
    ]
    assert len(pairs) >= 10


def test_some_have_no_doi_some_a_formula_in_the_title_some_are_not_in_english() -> None:
    assert sum(not any(n.startswith("doi:") for n in a.get("identifiers", ())) for a in ARTICLES) >= 10
    assert sum("$" in a["title"] or "<sub>" in a["title"] for a in ARTICLES) >= 5
    assert len({a["language"] for a in ARTICLES} - {"en", ""}) >= 3
    assert sum(a.get("language", "en") != "en" for a in ARTICLES) >= 6


def test_every_item_names_an_article_that_is_here() -> None:
    from germane.sources.germane import parse

    names = {name for article in ARTICLES for name in article.get("identifiers", ())}
    for line in ITEMS:
        for item in parse(json.dumps(line)):
            claims = {claim.identifier for claim in item.claims}  # type: ignore[union-attr]
            assert claims & names, line["url"]
            assert len(getattr(item, "excerpt", "")) <= 200
