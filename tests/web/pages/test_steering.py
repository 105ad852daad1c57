"""Steering similar articles: the address says everything, and no address is an error."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.http import QueryDict
from django.test import Client
from msgspec import structs

from germane.relate.similar import Steering
from germane.web import wiring
from germane.web.catalog.models import Article, Similar, Venue
from germane.web.jobs.stages import index_articles
from germane.web.pages.steering import MAX_EXCLUDED, Steered, address_of, exclusions, read_steering, steering_of
from tests.web.pages.corpus import BARE, FULL

TAB = f"{FULL}/recommended"


@pytest.fixture
def indexed(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A browser, and an index of the invented corpus."""
    changed = structs.replace(settings.ENVIRONMENT, home=tmp_path, page_cache_mb=0)
    monkeypatch.setattr(settings, "ENVIRONMENT", changed)
    wiring.index.cache_clear()
    index_articles(lambda *_: None)
    yield client
    wiring.index.cache_clear()


def near_of(client: Client, address: str) -> list[str]:
    related = client.get(address).content.decode().split('id="related"')[1].split("<aside")[0]
    return re.findall(r'<h3 class="name"><a href="([^"]+)"', related)


def test_without_anything_asked_the_kept_list_is_shown(client: Client) -> None:
    text = client.get(TAB).content.decode()
    assert "the same for every reader" in text
    assert 'name="robots"' not in text


def test_a_steered_list_is_another_one_and_not_for_crawlers(indexed: Client) -> None:
    text = indexed.get(f"{TAB}?recency=-2").content.decode()
    assert '<meta name="robots" content="noindex, nofollow">' in text
    assert f'<link rel="canonical" href="http://127.0.0.1:8000{FULL}">' in text
    assert "Remove: Much earlier" in text
    assert near_of(indexed, f"{TAB}?recency=-2") != near_of(indexed, f"{TAB}?recency=2")
    links = re.findall(r'<a (href="[^"]*not-[^"]*"[^>]*)>', text)
    assert links
    assert all('rel="nofollow"' in link for link in links)


def test_the_maps_numbers_are_those_of_the_steered_list(indexed: Client) -> None:
    for query in ("", "?recency=-2", "?recency=2&nearness=-2"):
        text = indexed.get(f"{TAB}{query}").content.decode()
        drawn = re.findall(r'<tr><td>(\d+)</td><th scope="row"><a href="([^"]+)"', text)
        listed = [(str(number), address) for number, address in enumerate(near_of(indexed, f"{TAB}{query}"), 1)]
        assert len(drawn) >= 3
        assert drawn == listed[: len(drawn)]


def test_what_is_left_out_is_not_there(indexed: Client) -> None:
    venue = Venue.objects.get(slug="anatomy-letters")
    of_venue = {f"/doi/{a.doi}" for a in Article.objects.filter(venue=venue)}
    assert of_venue & set(near_of(indexed, f"{TAB}?recency=1"))
    assert not of_venue & set(near_of(indexed, f"{TAB}?recency=1&not-venue=anatomy-letters"))
    assert not set(near_of(indexed, f"{TAB}?not-author=Noor+Haddad")) & set(near_of(indexed, TAB))


def test_two_readers_get_the_same_bytes_and_no_cookie(indexed: Client) -> None:
    one = indexed.get(f"{TAB}?nearness=-2", headers={"accept-language": "de", "cookie": "a=b"})
    other = indexed.get(f"{TAB}?nearness=-2")
    assert one.content == other.content
    assert not one.cookies


@pytest.mark.parametrize(
    "query",
    ["recency=9", "recency=abc", "nearness=", "recency=1.5", "not-venue=none", "not-topic=%00", "not-author=%20",
     "not-author=12", "recency=٢", "nonsense=1"],
)  # fmt: skip
def test_what_cannot_be_understood_asks_for_nothing(client: Client, query: str) -> None:
    assert read_steering(QueryDict(query)).is_plain
    assert near_of(client, f"{TAB}?{query}") == near_of(client, TAB)


def test_hostile_names_are_cut_and_escaped(indexed: Client) -> None:
    text = indexed.get(TAB, {"not-author": "<script>alert(1)</script>" + "x" * 500}).content.decode()
    assert "<script>alert" not in text
    assert "x" * 101 not in text


def test_so_many_can_be_left_out_and_no_more(client: Client) -> None:
    query = "&".join(f"not-author=Author+{chr(65 + i)}" for i in range(20))
    assert len(read_steering(QueryDict(query)).excluded) == MAX_EXCLUDED


def test_steps_become_what_the_ranking_takes(client: Client) -> None:
    asked = read_steering(QueryDict("recency=-1&nearness=2&not-author=Noor+Haddad&not-topic=injection"))
    assert steering_of(asked) == Steering(-0.5, 1.0, (), ("Noor Haddad",), ("injection",))
    assert read_steering(QueryDict(address_of("/x", asked).partition("?")[2])) == asked
    assert address_of("/x", Steered()) == "/x"


def test_an_article_offers_its_venue_its_first_author_and_its_topics(client: Client) -> None:
    from germane.web.catalog import queries

    [line] = queries.read_lines([Article.objects.get(doi="10.5555/near.1").id])
    phrases = queries.read_keyphrases([line.id])[line.id]
    assert [choice.name for choice in exclusions("/x", Steered(), line, phrases)] == [
        "venue Clinical Desk Medicine",
        "author Noor Haddad",
        "topic interscapular pain",
        "topic injection",
    ]


def test_an_article_that_has_no_list_yet_gets_one_now(indexed: Client) -> None:
    one = Article.objects.get(doi="10.5555/near.3")
    Similar.objects.filter(article_id=one.id).delete()
    Article.objects.filter(id=one.id).update(is_related=False)
    assert near_of(indexed, f"/doi/{one.doi}/recommended")
    assert "Look for similar articles" in indexed.get(f"/doi/{one.doi}").content.decode()


def test_without_an_index_a_steered_page_says_so(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "meta.json").write_text("broken")
    changed = structs.replace(settings.ENVIRONMENT, home=tmp_path, page_cache_mb=0)
    monkeypatch.setattr(settings, "ENVIRONMENT", changed)
    wiring.index.cache_clear()
    response = client.get(f"{TAB}?recency=2")
    assert response.status_code == 200
    assert "cannot be asked just now" in response.content.decode()
    wiring.index.cache_clear()


def test_an_article_without_an_abstract_says_how_it_is_compared(indexed: Client) -> None:
    text = indexed.get(f"{BARE}/recommended?recency=1").content.decode()
    assert "compared by its title" in text
