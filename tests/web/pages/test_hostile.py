"""Data that means harm, or is merely huge, long, empty, or written from right to left."""

import html5lib
import pytest
from django.test import Client

from germane.article import Abstract, Article, Author, Identifier, Keyword, Location, Notice, Relation, Venue
from germane.item import Evidence, Item
from tests.web.pages.making import bare, make_article, make_mention, people, recount

SCRIPT = "<script>alert(1)</script>"
MATH = '<math><mtext><a href="javascript:alert(1)">x</a></mtext><annotation-xml encoding="text/html"><img src=x onerror=alert(1)></annotation-xml></math>'  # noqa: E501


def get(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    text = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def assert_harmless(text: str) -> None:
    for element in html5lib.parse(text, namespaceHTMLElements=False).iter():
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rpartition("}")[2]
        assert tag not in ("img", "iframe", "object", "embed", "annotation-xml", "base")
        assert tag != "script" or element.get("src", "").startswith("/static/") or "ld+json" in element.get("type", "")
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            assert name.lower() not in ("href", "src", "action") or not value.strip().lower().startswith("javascript")


@pytest.mark.parametrize("tab", ["", "/more", "/news", "/social", "/video", "/recommended"])
def test_markup_in_any_field_is_shown_or_dropped_but_never_obeyed(client: Client, tab: str) -> None:
    row = make_article(
        Article(
            identifiers=(Identifier("doi", "10.5555/evil"),),
            title=f"{SCRIPT}Evil {MATH} & more",
            subtitle="A subtitle",
            authors=(Author(f'"><{SCRIPT}', "x", "y"), Author("A", orcid="0000-0002-1825-0097")),
            venue=Venue(f"{SCRIPT} venue"),
            published_on=SCRIPT[:10],
            language='"><b',
            abstracts=(Abstract(f"<p>{SCRIPT}Text {MATH}<img src=x onerror=alert(1)>", SCRIPT, SCRIPT),),
            keywords=(Keyword(SCRIPT), Keyword(SCRIPT, "subject", SCRIPT)),
            locations=(Location("javascript:alert(1)", "pdf", is_open=True),),
            notices=(Notice("retraction", SCRIPT, SCRIPT, "javascript:alert(1)", SCRIPT, SCRIPT),),
            relations=(
                Relation("references", url="javascript:alert(1)", title=SCRIPT),
                Relation("has-comment", url="javascript:alert(1)", title=SCRIPT, source=SCRIPT),
            ),
            provenance={"title": SCRIPT},
        ),
        keyphrases=(f"evil {SCRIPT}",),
    )
    for kind in ("news", "social", "video", "reference"):
        item = Item(
            "x", kind, kind, "javascript:alert(1)", SCRIPT, SCRIPT, SCRIPT, SCRIPT[:20], SCRIPT, SCRIPT[:20], "x"
        )
        make_mention(row, item, Evidence("id-text", SCRIPT, SCRIPT, "m"))
    recount(row)
    assert_harmless(get(client, f"/doi/10.5555/evil{tab}"))


def test_hostile_questions_are_shown_as_text(client: Client) -> None:
    for q in (SCRIPT, '"><img src=x onerror=alert(1)>', "\x00\x01", "\u202e txet", "a" * 5000, "((((", "author:", "-"):
        response = client.get("/search", {"q": q, "venue": q, "type": q, "year_from": q, "after": q, "sort": q})
        assert response.status_code == 200
        text = response.content.decode()
        html5lib.HTMLParser(strict=True).parse(text)
        assert_harmless(text)


def test_addresses_that_make_no_sense_are_answered(client: Client) -> None:
    paths = ["/doi/%00", "/doi/" + "x" * 5000, "/article/٣", "/article/1e9", "/keyword/%3Cscript%3E", "/venue/..%2f.."]
    paths += ["/sitemap-0.xml", "/sitemap-99999999999999999999.xml", "/newest?after=x.y", "/dashboard/"]
    paths += ["/dashboard/?doi=%FF%FE", "/api/v1/articles/%3Cscript%3E", "/api/v1/search?q=%00&after=x&facets=1"]
    for path in paths:
        assert client.get(path).status_code in (200, 404)


def test_a_list_of_3303_authors_is_folded_into_the_page(client: Client) -> None:
    make_article(bare("Many hands", "10.5555/many", authors=people(*(f"Given{i} Family{i}" for i in range(3303)))))
    text = get(client, "/doi/10.5555/many")
    assert "and 3,293 more" in text
    assert text.count("<li><span dir=") >= 3303


def test_400_references_are_eight_until_asked_for(client: Client) -> None:
    references = tuple(Relation("references", title=f"Reference {i}") for i in range(400))
    make_article(bare("Well read", "10.5555/refs", relations=references))
    assert get(client, "/doi/10.5555/refs/more").count('class="ref"') == 8
    assert get(client, "/doi/10.5555/refs/more?show=references").count('class="ref"') == 400


def test_an_article_with_nothing_has_a_page(client: Client) -> None:
    row = make_article(Article())
    text = get(client, f"/article/{row.id}")
    assert "Untitled" in text
    assert "No abstract is known" in text
    assert "No link to the full text is known here" in text
    for tab in ("news", "social", "video", "recommended"):
        assert "; last change 20 November 2026." in get(client, f"/article/{row.id}/{tab}")


def test_long_abstracts_are_folded_and_whole(client: Client) -> None:
    sentences = " ".join(f"This is sentence number {i} of a long abstract." for i in range(120))
    make_article(bare("Long", "10.5555/long", abstracts=(Abstract(sentences, "crossref"),)))
    text = get(client, "/doi/10.5555/long")
    assert "Show full abstract" in text
    assert all(f"number {i} of" in text for i in range(120))
    make_article(bare("Short", "10.5555/short", abstracts=(Abstract(sentences[:800], "crossref"),)))
    assert "Show full abstract" not in get(client, "/doi/10.5555/short")


def test_text_from_right_to_left_carries_its_language(client: Client) -> None:
    text = get(client, "/doi/10.5555/arabic.3")
    assert '<h1 lang="ar" dir="auto">' in text
    assert '<div class="abs" lang="ar" dir="auto">' in text
