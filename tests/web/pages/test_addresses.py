"""One article, one address; every other spelling leads there."""

import pytest
from django.conf import settings
from django.test import Client

from germane.web.pages.addresses import dashboard_doi, host_of, safe_url
from tests.web.pages.corpus import FULL

SICI = "/doi/10.5555/(sici)1097-4571(199210)43:9%3C628::aid-asi5%3E3.0.co;2-0"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/doi/10.5555/INTERSCAPULAR.2021.7", FULL),
        ("/doi/10.5555/Interscapular.2021.7/news", f"{FULL}/news"),
        ("/doi/doi:10.5555/interscapular.2021.7", FULL),
        ("/doi/https://doi.org/10.5555/interscapular.2021.7", FULL),
        ("/doi/10.5555/interscapular.2021.7/", FULL),
        ("/doi/10.5555/INTERSCAPULAR.2021.7?show=references", f"{FULL}?show=references"),
        ("/pmid/39999999", FULL),
        ("/pmid/39999999/video", f"{FULL}/video"),
        ("/pmid/39999999.bib", f"{FULL}.bib"),
        ("/pmcid/PMC9999999", FULL),
        ("/pmcid/9999999", FULL),
        ("/arxiv/2009.01234", "/doi/10.5555/preprint.2020.7"),
        ("/arxiv/2009.01234v3", "/doi/10.5555/preprint.2020.7"),
        ("/doi/10.5555/twin.1", "/doi/10.5555/near.1"),
        ("/doi/10.5555/(SICI)1097-4571(199210)43:9%3C628::AID-ASI5%3E3.0.CO;2-0", SICI),
        ("/dashboard/?doi=10.5555/interscapular.2021.7", FULL),
        ("/dashboard/?doi=10.5555%2FInterscapular.2021.7", FULL),
        ("/dashboard/?doi=10.5555%252Finterscapular.2021.7", FULL),
        ("/dashboard?doi=10.5555/interscapular.2021.7", FULL),
    ],
)
def test_other_spellings_lead_to_the_one_address(client: Client, path: str, target: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (301, target)
    assert client.get(response["Location"]).status_code == 200


def test_an_article_without_a_doi_has_its_number(client: Client) -> None:
    response = client.get("/search?q=arxiv:hep-th/9901001")
    assert response.status_code == 302
    address = response["Location"]
    assert address.startswith("/article/")
    assert client.get(address).status_code == 200
    assert client.get("/arxiv/hep-th/9901001")["Location"] == address
    assert client.get("/arxiv/hep-th/9901001v2/news")["Location"] == f"{address}/news"


def test_a_number_leads_to_the_doi(client: Client) -> None:
    from germane.article import Identifier
    from germane.web.catalog import queries

    place = queries.find_article(Identifier("doi", "10.5555/interscapular.2021.7"))
    assert place
    assert client.get(f"/article/{place.article_id}")["Location"] == FULL
    assert client.get(f"/article/{place.article_id}.ris")["Location"] == f"{FULL}.ris"


def test_a_doi_that_ends_like_a_tab_is_looked_up_whole_first(client: Client) -> None:
    text = client.get("/doi/10.5555/tab.1/news").content.decode()
    assert "A DOI that ends like a tab" in text
    assert 'id="related" tabindex="-1" aria-labelledby="related-title" data-tab="more"' in text
    text = client.get("/doi/10.5555/tab.1/news/news").content.decode()
    assert 'data-tab="news"' in text


def test_an_encoded_slash_is_the_same_page_and_twice_encoded_leads_to_it(client: Client) -> None:
    response = client.get("/doi/10.5555%2Finterscapular.2021.7")
    assert response.status_code == 200
    assert f'<link rel="canonical" href="{settings.ENVIRONMENT.base_url}{FULL}">' in response.content.decode()
    response = client.get("/doi/10.5555%252Finterscapular.2021.7")
    assert (response.status_code, response["Location"]) == (301, FULL)


def test_there_is_nothing_to_write_to(client: Client) -> None:
    for path in ("/", FULL, f"{FULL}.json", "/search?q=pain", "/dashboard/?doi=10.5555/interscapular.2021.7"):
        for method in ("POST", "PUT", "DELETE", "FOO"):
            response = client.generic(method, path)
            assert (response.status_code, response.content) == (405, b""), (method, path)
        assert client.head(path).status_code in (200, 301)


def test_a_withdrawn_article_answers_410(client: Client) -> None:
    for path in ("/doi/10.5555/gone.1", "/dashboard/?doi=10.5555/gone.1", "/api/v1/articles/10.5555/gone.1"):
        assert client.get(path).status_code == 410


def test_an_unknown_doi_says_what_was_looked_for_and_where_it_is(client: Client) -> None:
    text = client.get("/doi/10.5555/nobody.has.this").content.decode()
    assert "10.5555/nobody.has.this" in text
    assert 'href="https://doi.org/10.5555/nobody.has.this"' in text
    assert 'name="q" value="10.5555/nobody.has.this"' in text


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a.example/x", "https://a.example/x"),
        (" http://a.example/x y ", "http://a.example/x%20y"),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)//https://a.example", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,<script>", ""),
        ("//a.example/x", ""),
        ("https://", ""),
        ("ftp://a.example", ""),
        ("https://[bad", ""),
        ('https://a.example/"><script>', "https://a.example/%22%3E%3Cscript%3E"),
        ("", ""),
    ],
)
def test_only_plain_web_addresses_are_linked(url: str, safe: str) -> None:
    assert safe_url(url) == safe


def test_hosts_are_named_without_www() -> None:
    assert host_of("https://www.a.example/x") == "a.example"
    assert host_of("https://[bad") == ""


def test_a_dashboard_doi_may_hold_percent_signs_of_its_own() -> None:
    assert dashboard_doi("10.5555%252Fa") == "10.5555/a"
    assert dashboard_doi("nonsense") is None
