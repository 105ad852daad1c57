"""Following from the page of a thing, the list of what one follows, and the list of alerts: all without scripts."""

import re

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from germane.item import Evidence, Item
from germane.web.catalog.models import Article, Mention
from germane.web.jobs import alerting
from germane.web.readers import mailing, news
from germane.web.readers.models import Alert, Follow, Reader
from germane.web.readers.store import alerts, following
from germane.web.readers.store.alerts import News
from tests.web.pages.corpus import FULL, RETRACTED
from tests.web.pages.making import bare, make_article, make_mention
from tests.web.pages.readers.conftest import Reading, number_of
from tests.web.readers.people import DAY, NOW

NEAR = "10.5555/near.1"
ORCID = "0000-0002-1825-0097"


def follow_links(client: Client, path: str) -> list[str]:
    found = re.findall(r'href="(/you/following/add[^"]*)"', client.get(path).content.decode())
    return [address.replace("&amp;", "&") for address in found]


@pytest.mark.parametrize(
    ("path", "kind", "leads_back"),
    [
        (FULL, "article", FULL),
        ("/keyword/injection", "keyphrase", "/keyword/injection"),
        ("/venue/clinical-desk-medicine", "venue", "/venue/clinical-desk-medicine"),
        (f"/author/{ORCID}", "author", f"/author/{ORCID}"),
    ],
)
def test_every_page_of_a_thing_has_a_plain_link_that_follows_it(
    ada: Reading, path: str, kind: str, leads_back: str
) -> None:
    [link] = follow_links(ada.client, path)
    before = ada.client.get(link)
    assert b"Follow</button>" in before.content
    assert not Follow.objects.exists(), "a GET changes nothing"
    fields = dict(re.findall(r'name="(kind|target)" value="([^"]*)"', before.content.decode()))
    for _ in range(2):
        after = ada.client.post("/you/following/add", fields, follow=True).content.decode()
    assert "You follow this" in after
    assert f'href="{leads_back}"' in after
    [followed] = news.read_followed(ada.reader.pk)
    assert followed.kind == kind
    assert followed.label in ada.client.get("/you/following").content.decode().replace("&amp;", "&")
    text = ada.client.post("/you/following/stop", {"follow": followed.id}, follow=True).content.decode()
    assert "You follow it no longer" in text
    assert "Follow it again" in text
    assert not Follow.objects.exists()


def test_a_search_is_followed_in_one_form_however_it_was_written(ada: Reading) -> None:
    for address in ("/search?q=pain&sort=newest", "/search?sort=relevance&q=+pain+&open=", "/search?q=pain&after=x"):
        [link] = follow_links(ada.client, address)
        fields = dict(re.findall(r'name="(kind|target)" value="([^"]*)"', ada.client.get(link).content.decode()))
        ada.client.post("/you/following/add", fields)
    [followed] = news.read_followed(ada.reader.pk)
    assert (followed.kind, followed.target, followed.label) == ("search", "q=pain", "pain")
    assert 'href="/search?q=pain"' in ada.client.get("/you/following").content.decode()
    assert follow_links(ada.client, "/search") == []


@pytest.mark.parametrize(
    "query",
    ["", "kind=article&target=999999", "kind=article&target=x", "kind=keyphrase&target=unknown", "kind=x&target=1",
     "kind=author&target=0000", "kind=search&target=", "kind=search&target=sort%3Dnewest", "kind=venue&target=%00"],
)  # fmt: skip
def test_what_is_not_here_cannot_be_followed(ada: Reading, query: str) -> None:
    assert ada.client.get(f"/you/following/add?{query}").status_code == 404
    fields = dict(part.split("=") for part in query.split("&")) if query else {}
    assert ada.client.post("/you/following/add", fields).status_code == 404


def test_who_follows_where_nothing_was_ever_told_is_told_of_what_comes_next(ada: Reading) -> None:
    number = number_of(NEAR)
    ada.client.post("/you/following/add", {"kind": "article", "target": str(number)})
    ada.client.post("/you/following/add", {"kind": "keyphrase", "target": "injection"})
    article = make_article(bare("Since then", "10.5555/since.1"), keyphrases=["injection"])
    Article.objects.filter(id=article.id).update(is_indexed=True)
    story = Item(channel="news", key="since", kind="news", url="https://news.example/since", title="Since")
    link = Evidence("id-link", "doi:10.5555/near.1", "url", "links-1", 0.99)
    make_mention(Article.objects.get(id=number), story, link)
    Article.objects.update(is_indexed=True)
    alerting.tell_readers(NOW)
    assert {(one.kind, one.article.now_id) for one in news.read_alerts(ada.reader.pk)} == {
        ("mention", number),
        ("new", article.id),
    }


def test_at_most_five_hundred_things_and_the_page_says_so(ada: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MAX_FOLLOWED", 0)
    answer = ada.client.post("/you/following/add", {"kind": "keyphrase", "target": "injection"})
    assert answer.status_code == 422
    assert "stop following one" in answer.content.decode()


def give_alerts(reader: Reader) -> None:
    retracted = number_of(RETRACTED.removeprefix("/doi/"))
    full = number_of(FULL.removeprefix("/doi/"))
    mention = Mention.objects.filter(article_id=full, shelf="about", tab="news").first()
    assert mention
    told = [
        News(reader.pk, "retraction", retracted, 0, "You like this article"),
        News(reader.pk, "mention", full, mention.item_id, "You follow “Pain”"),
        News(reader.pk, "mention", full, 10**9, "You follow “Pain”"),
        News(reader.pk, "new", number_of(NEAR), 0, "You follow the keyword “injection”"),
        News(reader.pk, "new", number_of("10.5555/gone.1"), 0, "You follow the keyword “injection”"),
    ]
    alerts.write_alerts(told, NOW)


def test_alerts_are_listed_and_marked_as_seen_and_that_can_be_undone(ada: Reading) -> None:
    give_alerts(ada.reader)
    text = ada.client.get("/you/alerts").content.decode()
    for words in (
        "Retracted",
        "News about it",
        "New article",
        "the item is gone",
        "withdrawn",
        "You like this article",
    ):
        assert words in text, words
    assert ada.client.get("/you/state").json()["n_unseen"] == 5
    last = re.search(r'name="last" value="(\d+)"', text)
    assert last
    alerts.write_alerts([News(ada.reader.pk, "correction", 1, 0, "since")], NOW + DAY)
    text = ada.client.post("/you/alerts/seen", {"last": last[1]}, follow=True).content.decode()
    assert ada.client.get("/you/state").json()["n_unseen"] == 1, "what came since is new"
    Alert.objects.filter(kind="correction").delete()
    answer = ada.client.post("/you/alerts/seen", {"last": last[1]})
    give_undo = ada.client.get("/you/alerts?seen=" + str(seen_at(ada.reader))).content.decode()
    undo = re.search(r'name="undo" value="(\d+)"', give_undo)
    assert undo
    ada.client.post("/you/alerts/seen", {"undo": undo[1]})
    assert ada.client.get("/you/state").json()["n_unseen"] == 5
    assert answer.status_code == 302


def seen_at(reader: Reader) -> int:
    at = Alert.objects.filter(reader=reader).exclude(seen_at=None).values_list("seen_at", flat=True)[0]
    assert at
    return (at - news._EPOCH) // type(at - at)(microseconds=1)


def test_the_list_of_alerts_goes_on_and_costs_the_same_however_long_it_is(ada: Reading) -> None:
    number = number_of(NEAR)
    alerts.write_alerts([News(ada.reader.pk, "mention", number, i + 1, f"Reason {i}") for i in range(30)], NOW)
    with CaptureQueriesContext(connections[Alert.objects.db]) as many:
        first = ada.client.get("/you/alerts").content.decode()
    more = re.search(r'href="(/you/alerts\?after=[^"]+)"', first)
    assert more
    second = ada.client.get(more[1]).content.decode()
    assert sorted(re.findall(r"Reason (\d+)", first + second), key=int) == [str(i) for i in range(30)]
    Alert.objects.filter(item_id__gt=2).delete()
    with CaptureQueriesContext(connections[Alert.objects.db]) as few:
        ada.client.get("/you/alerts")
    assert len(many) == len(few)


def test_the_feed_of_alerts_is_for_who_has_its_address(ada: Reading, client: Client) -> None:
    give_alerts(ada.reader)
    address = re.search(r'value="[^"]+(/you/feed/[^"]+/alerts.atom)"', ada.client.get("/you/alerts").content.decode())
    assert address
    nobody = Client(headers={"host": "127.0.0.1"})
    answer = nobody.get(address[1])
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "[Retracted]" in text
    assert text.count("<entry>") == 5
    assert "private" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert not answer.cookies
    assert nobody.get("/you/feed/x/alerts.atom").status_code == 404
    Reader.objects.filter(pk=ada.reader.pk).update(is_active=False)
    assert nobody.get(address[1]).status_code == 404


def test_mails_end_by_one_click_without_signing_in_and_a_look_changes_nothing(ada: Reading, ben: Reading) -> None:
    nobody = Client(headers={"host": "127.0.0.1"}, enforce_csrf_checks=True)
    address = f"/you/unsubscribe/alerts/{mailing.make_key(ada.reader.pk)}"
    alerts.write_alerts([News(ada.reader.pk, "retraction", number_of(NEAR), 0, "x")], NOW)
    assert "Send me none" in nobody.get(address).content.decode()
    assert wants(ada)
    assert nobody.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not wants(ada)
    assert not Alert.objects.filter(is_to_mail=True).exists()
    assert wants(ben)
    nobody.post(address, {"wanted": "1"})
    assert wants(ada)
    for forged in (f"{ada.reader.pk}:x", "x", address.rpartition("/")[2][:-1], f"9{address.rpartition('/')[2]}"):
        assert nobody.post(f"/you/unsubscribe/alerts/{forged}").status_code == 404
    assert wants(ada)


def wants(reading: Reading) -> bool:
    return Reader.objects.get(pk=reading.reader.pk).alert_mails


def test_mails_are_turned_off_and_on_on_the_page(ada: Reading) -> None:
    ada.client.post("/you/alerts/mails", {"wanted": "0"})
    assert not wants(ada)
    assert "You get no mail" in ada.client.get("/you/alerts").content.decode()
    ada.client.post("/you/alerts/mails", {"wanted": "1"})
    assert wants(ada)
