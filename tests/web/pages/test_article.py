"""What the article page says."""

import json
import re

import pytest
from django.conf import settings
from django.test import Client
from msgspec.structs import replace

from germane.article import Abstract, Identifier, Location, Notice, Relation
from germane.item import Evidence
from germane.web.catalog import models
from tests.web.pages.corpus import FULL, RETRACTED
from tests.web.pages.making import bare, make_article, make_similar, recount


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_the_first_answer_holds_everything(client: Client) -> None:
    text = text_of(client, FULL)
    for words in (
        "Injection guided by ultrasound for interscapular pain",
        'href="/venue/clinical-desk-medicine"',
        "14 March 2021",
        "Open access",
        "Clinical trial",
        "and 4 more",
        'href="/author/0000-0002-1825-0097"',
        'href="https://doi.org/10.5555/interscapular.2021.7"',
        'href="https://pubmed.ncbi.nlm.nih.gov/39999999',
        'href="https://journal.example/full.pdf"',
        "CC BY 4.0",
        "Abstract from Crossref",
        'href="/keyword/interscapular-pain"',
        "Authors’ own keywords",
        "Read next",
        "Attention over time",
        "Nearest articles",
        "The Invented Fund",
        "has a page here",
        "Subject headings",
        "another version of this work".capitalize(),
    ):
        assert words in text, words


def test_the_machine_readable_head(client: Client) -> None:
    text = text_of(client, FULL)
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text)
    assert found
    data = json.loads(found[1])
    assert data["@type"] == "ScholarlyArticle"
    assert data["@id"] == "https://doi.org/10.5555/interscapular.2021.7"
    assert data["author"][0] == {
        "@type": "Person",
        "name": "Amara Okafor",
        "@id": "https://orcid.org/0000-0002-1825-0097",
    }
    base = settings.ENVIRONMENT.base_url
    assert f'<link rel="canonical" href="{base}{FULL}">' in text
    assert '<meta name="citation_author" content="Okafor, Amara">' in text
    assert '<meta name="citation_pdf_url" content="https://journal.example/full.pdf">' in text
    assert '<meta property="og:type" content="article">' in text
    assert f'<link rel="canonical" href="{base}{FULL}">' in text_of(client, f"{FULL}/news")


def test_tabs_say_how_much_they_hold(client: Client) -> None:
    text = text_of(client, FULL)
    assert '<span class="vh">News, 4 items, 3 of them about this article</span>' in text
    assert '<span class="vh">Recommended, 10 articles</span>' in text


def test_the_two_shelves_are_never_mixed(client: Client) -> None:
    text = text_of(client, f"{FULL}/news")
    about, topic = text.split('id="about"')[1].split('id="topic"')
    assert "Why your chair is not to blame" not in about
    assert "Why your chair is not to blame" in topic
    assert "Same topic: <b>interscapular pain</b>; <b>injection</b>" in topic


def test_posts_are_grouped_by_network(client: Client) -> None:
    text = text_of(client, f"{FULL}/social")
    assert re.search(
        r"<span>Bluesky</span>.*<span>Mastodon</span>|<span>Mastodon</span>.*<span>Bluesky</span>", text, re.S
    )


def test_every_item_says_why_it_is_here(client: Client) -> None:
    for tab in ("more", "news", "social", "video", "recommended"):
        related = text_of(client, f"{FULL}/{tab}").split('id="related"')[1].split("</aside>")[0].split("<aside")[0]
        assert related.count('class="item ') == related.count("Why it is here: ") > 0, tab


def test_a_retraction_stands_above_the_title(client: Client) -> None:
    text = text_of(client, RETRACTED)
    assert text.index("This article has been retracted.") < text.index("<h1")
    assert "An expression of concern has been published" in text
    assert "1 July 2015" in text
    assert 'href="https://doi.org/10.5555/notice.1"' in text
    assert "not the authors’ abstract" in text


@pytest.mark.parametrize(
    ("kinds", "said", "not_said"),
    [
        (("retraction",), "This article has been retracted.", "reinstated"),
        (("concern",), "An expression of concern has been published about this article.", "retracted"),
        (("correction",), "A correction to this article has been published.", "retracted"),
        (
            ("retraction", "reinstatement"),
            "This article was retracted, and has since been reinstated.",
            "has been retracted",
        ),
    ],
)
def test_the_four_kinds_of_notice_have_their_own_words(
    client: Client, kinds: tuple[str, ...], said: str, not_said: str
) -> None:
    notices = tuple(Notice(kind, on="2020-02-03") for kind in kinds)  # type: ignore[arg-type]
    make_article(bare("Noticed", "10.5555/noticed", notices=notices))
    text = text_of(client, "/doi/10.5555/noticed")
    assert said in text
    assert not_said not in text.split("<h1")[0].split("<main")[1]


ABSTRACTS = [
    (Abstract("Words under an open licence.", "crossref", "cc-by-4.0"), {"open-only", "crossref", "all-local"}),
    (Abstract("Words that a publisher deposited.", "crossref"), {"crossref", "all-local"}),
    (Abstract("Words of unknown licence.", "pubmed"), {"all-local"}),
    (Abstract("Words of our own summary.", "sample", basis="own-summary"), {"open-only", "crossref", "all-local"}),
]


@pytest.mark.parametrize("policy", ["open-only", "crossref", "all-local"])
@pytest.mark.parametrize(("abstract", "permitted"), ABSTRACTS)
def test_every_route_obeys_the_licence_gate(
    client: Client, monkeypatch: pytest.MonkeyPatch, policy: str, abstract: Abstract, permitted: set[str]
) -> None:
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, abstracts=policy))
    make_article(
        bare("Gated", "10.5555/gated", identifiers=(Identifier("doi", "10.5555/gated"),), abstracts=(abstract,),
             published_on="2099-01-01"),
        keyphrases=("gatedness",),
    )  # fmt: skip
    page = "/doi/10.5555/gated"
    routes = [page + suffix for suffix in ("", "/news", ".bib", ".ris", ".csl.json", ".jsonld", ".json", ".atom")]
    routes += [
        "/api/v1/articles/10.5555/gated",
        "/keyword/gatedness",
        "/keyword/gatedness.atom",
        "/newest",
        "/newest.atom",
    ]
    fresh = f"?fresh={policy}{abstract.source}{abstract.license}"
    shown = [abstract.markup in text_of(client, route + fresh) for route in routes]
    if policy not in permitted:
        assert not any(shown)
        assert "licence policy does not permit" in text_of(client, page + fresh)
    else:
        assert [r for r, s in zip(routes, shown, strict=True) if not s] == [f"{page}.atom"]


def test_the_full_text_is_said_to_be_unknown_or_where_it_is(client: Client) -> None:
    make_article(
        bare("Closed", "10.5555/closed", locations=(Location("https://a.example/x", "landing", host="publisher"),))
    )
    text = text_of(client, "/doi/10.5555/closed")
    assert "at the publisher" in text
    assert "whether it is free to read is not known" in text
    assert "No link to the full text is known here" in text_of(client, "/doi/10.5555/bare.1")


def test_five_similar_articles_stand_on_the_articles_own_address_and_all_on_the_tabs(client: Client) -> None:
    row = make_article(bare("Only neighbours", "10.5555/neighbours"))
    others = models.Article.objects.filter(doi__startswith="10.5555/near.").order_by("id")
    make_similar(row, [(other, 0.5, (Evidence("semantic", "0.5", "vector", "m"),)) for other in others])
    recount(row)
    text = text_of(client, "/doi/10.5555/neighbours")
    assert text.count('id="near-') == 5
    assert 'href="/doi/10.5555/neighbours/recommended#related"' in text
    assert text_of(client, "/doi/10.5555/neighbours/recommended").count('id="near-') == 10


def test_a_preprint_that_is_listed_as_a_version_is_not_listed_again(client: Client) -> None:
    """The record names it by its arXiv id, and its page's address does not hold that."""
    preprint = make_article(bare("Twice told", "", identifiers=(Identifier("arxiv", "2101.00001"),), type="preprint"))
    published = make_article(
        bare(
            "Twice told", "10.5555/twice", relations=(Relation("has-preprint", "arxiv:2101.00001", source="crossref"),)
        )
    )
    models.Article.objects.filter(id__in=[preprint.id, published.id]).update(cluster_id=preprint.id)
    recount(published, n_relations=1)
    assert listed(client, "/doi/10.5555/twice/more") == (1, 1)


def test_a_version_elsewhere_is_listed_and_counted(client: Client) -> None:
    relations = (
        Relation("has-preprint", "arxiv:2101.00002", source="crossref"),
        Relation("is-comment-on", "doi:10.5555/bare.1", source="pubmed"),
        Relation("has-comment", "pmid:7777777", source="pubmed"),
    )
    recount(make_article(bare("Elsewhere", "10.5555/elsewhere", relations=relations)))
    text = client.get("/doi/10.5555/elsewhere/more").content.decode()
    assert '<a href="https://arxiv.org/abs/2101.00002" rel="external noopener">arXiv 2101.00002</a>' in text
    assert '<h4 class="name"><a href="/doi/10.5555/bare.1" dir="auto">Bare</a></h4>' in text
    assert "<b>Comments on</b>, declared in PubMed" in text
    assert listed(client, "/doi/10.5555/elsewhere/more") == (2, 2)  # what has-comment names becomes an item


def listed(client: Client, path: str) -> tuple[int, int]:
    """Return what the tab of More information counts, and how many entries it lists."""
    text = client.get(path).content.decode()
    said = re.search(r'id="tab-more".*?<b aria-hidden="true">([\d,]+)</b>', text)
    assert said
    related = text[text.index('id="related"') : text.index("<aside")]
    return int(said[1]), len(re.findall(r'<li class="(?:item|ref)\b', related))


def test_a_retraction_travels_into_previews_and_shares(client: Client) -> None:
    text = client.get(RETRACTED).content.decode()
    assert "<title>RETRACTED: A pillow that heals all backs · " in text
    assert '<meta property="og:title" content="RETRACTED: A pillow that heals all backs">' in text
    assert "text=RETRACTED%3A%20A%20pillow" in text


def test_every_notice_is_listed_though_a_reinstatement_takes_the_banner_of_the_retraction(client: Client) -> None:
    notices = (
        Notice("reinstatement", "10.5555/n.2", "2021-01-01", source="crossref"),
        Notice("retraction", "10.5555/n.1", "2020-01-01", source="crossref"),
    )
    recount(make_article(bare("Taken back", "10.5555/back", notices=notices)), n_relations=2)
    text = client.get("/doi/10.5555/back/more").content.decode()
    assert text.count('role="note"') == 1
    assert "This article was retracted, and has since been reinstated." in text
    assert text.index("Retracted, 1 January 2020") < text.index("Reinstated, 1 January 2021")
    assert listed(client, "/doi/10.5555/back/more") == (2, 2)
