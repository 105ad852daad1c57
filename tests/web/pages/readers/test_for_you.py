"""For you: why, steering, undo, the first visit; with an account and without; and what an article's tab adds."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from germane.web.catalog.models import Article
from germane.web.pages.readers import browser
from germane.web.readers import starting
from germane.web.readers.models import Alert, Dismissal, Exclusion, Like, ProfilePhrase, ReadMark
from germane.web.readers.store import marks, steering
from tests.web.pages.corpus import FULL, RETRACTED
from tests.web.pages.readers.conftest import Reading, number_of
from tests.web.pages.test_routes import assert_valid_html
from tests.web.readers.people import NOW

LIKED = "10.5555/interscapular.2021.7"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    starting.forget_starters()
    yield
    starting.forget_starters()


@pytest.fixture
def liked(ada: Reading) -> int:
    number = number_of(LIKED)
    marks.like(ada.reader.pk, number, NOW)
    return number


def text_of(client: Client, path: str = "/you") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def listed(text: str) -> list[int]:
    """Return the recommended articles of a page."""
    return [int(number) for number in re.findall(r'name="dismiss" value="(\d+)"', text)]


def test_each_recommendation_says_why_and_the_list_is_grouped(ada: Reading, liked: int) -> None:
    text = text_of(ada.client)
    assert len(listed(text)) == 10
    assert liked not in listed(text)
    assert text.count("Because you liked “<a href=") == 10
    assert "<h2>Because you liked “Injection guided" in text
    assert text.count("<h2>One step outside</h2>") == 1
    retracted = Article.objects.get(doi=RETRACTED.removeprefix("/doi/")).pk
    assert retracted not in listed(text)


def test_somebody_without_an_account_gets_the_same_list_and_no_cookie_and_nothing_is_kept(
    ada: Reading, client: Client, liked: int
) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    answer = strict.post("/you", {"likes": str(liked)})
    assert listed(answer.content.decode()) == listed(text_of(ada.client))
    assert not answer.cookies
    client.cookies["germane_likes"] = browser._base36(liked)
    assert listed(text_of(client)) == listed(text_of(ada.client))
    assert list(Like.objects.values_list("reader_id", flat=True)) == [ada.reader.pk]
    assert answer["Cache-Control"] == "private, no-store"


def test_less_like_this_acts_at_once_and_can_be_undone(ada: Reading, liked: int) -> None:
    first = listed(text_of(ada.client))[0]
    answer = ada.client.post("/you/change", {"dismiss": str(first), "state": "recency=1"})
    assert answer["Location"] == f"/you?recency=1&did=less.{first}"
    text = text_of(ada.client, answer["Location"])
    assert first not in listed(text)
    assert "You will see less like" in text
    assert f'name="unless" value="{first}"' in text
    ada.client.post("/you/change", {"unless": str(first)})
    assert first in listed(text_of(ada.client))
    assert not Dismissal.objects.exists()


def test_less_like_this_works_without_an_account_too_and_is_kept_in_the_form(client: Client) -> None:
    liked = str(number_of(LIKED))
    first = listed(client.post("/you", {"likes": liked}).content.decode())[0]
    text = client.post("/you", {"likes": liked, "less": "", "dismiss": str(first)}).content.decode()
    assert first not in listed(text)
    assert f'name="less" value="{first}"' in text
    text = client.post("/you", {"likes": liked, "less": str(first), "unless": str(first)}).content.decode()
    assert first in listed(text)
    assert not Dismissal.objects.exists()


def test_read_articles_leave_the_list_and_a_like_taken_back_can_be_given_again(ada: Reading, liked: int) -> None:
    first = listed(text_of(ada.client))[0]
    where = ada.client.post("/you/change", {"read": str(first)})["Location"]
    text = text_of(ada.client, where)
    assert first not in listed(text)
    assert f'name="unread" value="{first}"' in text
    assert ReadMark.objects.get().article_id == first
    where = ada.client.post("/you/change", {"unlike": str(liked)})["Location"]
    assert not Like.objects.exists()
    text = text_of(ada.client, where)
    assert "pick" in text
    ada.client.post("/you/change", {"like": str(liked)})
    assert Like.objects.get().article_id == liked


@pytest.mark.parametrize(
    "query",
    ["recency=2", "recency=-2&nearness=-2", "nearness=2", "recency=9&nearness=x&page=99", "not-venue=nowhere",
     "not-topic=%00&not-author=%ff", "page=2", "did=less.99999999999999999999", "did=x"],
)  # fmt: skip
def test_every_address_is_answered(ada: Reading, liked: int, query: str) -> None:
    assert_valid_html(text_of(ada.client, f"/you?{query}"))


def test_the_state_of_steering_is_in_the_address(ada: Reading, liked: int) -> None:
    plain = listed(text_of(ada.client))
    text = text_of(ada.client, "/you?recency=2&nearness=-2&not-venue=anatomy-letters")
    assert '<option value="2" selected>Recent' in text
    assert 'href="/you?recency=2&amp;nearness=-2"' in text  # without the exclusion
    assert 'name="state" value="recency=2&amp;nearness=-2&amp;not-venue=anatomy-letters"' in text
    assert listed(text) != plain
    venues = set(Article.objects.filter(pk__in=listed(text)).values_list("venue__slug", flat=True))
    assert "anatomy-letters" not in venues


def test_a_venue_an_author_and_a_topic_can_be_left_out_for_good(ada: Reading, liked: int) -> None:
    for value in ("venue anatomy-letters", "author Piet Visser", "topic injection", "topic ", "nothing x", "venue no"):
        assert ada.client.post("/you/change", {"exclude": value})["Location"] == "/you"
    kept = set(Exclusion.objects.values_list("kind", "label"))
    assert kept == {("venue", "Anatomy Letters"), ("author", "Piet Visser"), ("topic", "injection")}
    assert listed(text_of(ada.client)) == []  # Piet Visser wrote them all
    assert "Author: Piet Visser" in text_of(ada.client)
    ada.client.post("/you/change", {"include": "author Piet Visser"})
    found = Article.objects.filter(pk__in=listed(text_of(ada.client)))
    assert found
    assert "Anatomy Letters" not in set(found.values_list("venue__name", flat=True))


def test_who_likes_nothing_picks_three_of_a_dozen(ada: Reading, client: Client) -> None:
    for some in (ada.client, client):
        numbers = re.findall(r'name="pick" value="(\d+)"', text_of(some))
        assert len(numbers) == len(set(numbers)) == 12
        assert str(Article.objects.get(doi="10.5555/retracted.9").pk) not in numbers
        assert some.post("/you/pick", {"pick": [*numbers[:3], "x", "999999", "9" * 5_000]})["Location"] == "/you"
        assert listed(text_of(some)) or "Nothing resembles" in text_of(some)
        assert "3 likes" in text_of(some)
    assert Like.objects.filter(reader=ada.reader).count() == Like.objects.count() == 3


def test_new_in_what_one_follows_is_told(ada: Reading, liked: int) -> None:
    one, two = number_of("10.5555/near.1"), number_of("10.5555/near.2")
    for number in (one, two):
        Alert.objects.create(reader=ada.reader, kind="new", article_id=number, why="You follow pain", happened_at=NOW)
    marks.dismiss(ada.reader.pk, two, NOW)
    text = text_of(ada.client)
    news = text[text.index("New in what you follow") :]
    assert "You follow pain" in news
    assert f'data-like="{one}"' in news
    assert f'data-like="{two}"' not in news


def test_the_profile_is_phrases_that_can_be_edited(ada: Reading, liked: int) -> None:
    text = text_of(ada.client, "/you/profile")
    assert_valid_html(text)
    assert "interscapular pain" in text
    ada.client.post("/you/change", {"more": "interscapular pain", "back": "profile"})
    assert "more of it" in text_of(ada.client, "/you/profile")
    ada.client.post("/you/change", {"none": "nrs score", "back": "profile"})
    ada.client.post("/you/change", {"add": "  sleep of  nurses ", "back": "profile"})
    said = dict(ProfilePhrase.objects.values_list("phrase", "weight"))
    assert said == {"interscapular pain": 1.0, "nrs score": 0.0, "sleep of nurses": 1.0}
    ada.client.post("/you/change", {"forget": "nrs score", "add": "!!!", "back": "profile"})
    assert "nrs score" not in set(ProfilePhrase.objects.values_list("phrase", flat=True))
    assert ProfilePhrase.objects.count() == 2


def test_starting_over_has_to_be_meant(ada: Reading, ben: Reading, liked: int) -> None:
    marks.like(ben.reader.pk, liked, NOW)
    ada.client.post("/you/change", {"more": "pain"})
    ada.client.post("/you/change", {"reset": "all"})
    assert ProfilePhrase.objects.exists()
    ada.client.post("/you/change", {"reset": "steering", "meant": "1"})
    assert not ProfilePhrase.objects.exists()
    assert Like.objects.count() == 2
    ada.client.post("/you/change", {"reset": "all", "meant": "1"})
    assert Like.objects.get().reader_id == ben.reader.pk


def test_a_profile_has_an_end(ada: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steering, "MAX_PHRASES", 1)
    ada.client.post("/you/change", {"add": "one"})
    answer = ada.client.post("/you/change", {"add": "two"})
    assert answer.status_code == 422
    assert "at most 1 phrases" in answer.content.decode()
    assert ada.client.post("/you/change", {"less": "one"}).status_code == 302


FORMS: list[tuple[str, dict[str, Any]]] = [
    ("/you/change", {"unlike": "LIKED"}),
    ("/you/change", {"dismiss": "LIKED"}),
    ("/you/change", {"reset": "all", "meant": "1"}),
    ("/you/pick", {"pick": "1"}),
    ("/you/digest", {"digest": "daily"}),
    ("/you/feed", {}),
    ("/you", {"dismiss": "LIKED"}),
    ("/you/because?article=1", {}),
]


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_no_form_is_taken_without_its_token_and_looking_changes_nothing(
    ada: Reading, liked: int, path: str, fields: dict[str, str]
) -> None:
    fields = {name: value.replace("LIKED", str(liked)) for name, value in fields.items()}
    strict = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    strict.force_login(ada.reader)
    assert strict.post(path, fields).status_code == 403
    before = [list(model.objects.values()) for model in (Like, Dismissal, Exclusion, ProfilePhrase, type(ada.reader))]
    assert ada.client.get(path, fields).status_code in (200, 405)
    after = [list(model.objects.values()) for model in (Like, Dismissal, Exclusion, ProfilePhrase, type(ada.reader))]
    assert after == before


def test_nobody_changes_anything_and_another_reader_only_their_own(ada: Reading, ben: Reading, client: Client) -> None:
    number = number_of(LIKED)
    marks.like(ada.reader.pk, number, NOW)
    for path, fields in FORMS:
        answer = client.post(path, {n: str(v).replace("LIKED", str(number)) for n, v in fields.items()})
        assert answer.status_code in (200, 302), path
        ben.client.post(path, {n: str(v).replace("LIKED", str(number)) for n, v in fields.items()})
    assert list(Like.objects.filter(reader=ada.reader).values_list("article_id", flat=True)) == [number]
    before = ada.reader.feed_key
    ada.reader.refresh_from_db()
    assert (ada.reader.digest, ada.reader.feed_key) == ("none", before)
    assert not Dismissal.objects.filter(reader=ada.reader).exists()
    for path in ("/you/profile", "/you/digest", "/you/recommended.json"):
        assert client.get(path).status_code == 302
        assert ada.reader.feed_key not in ben.client.get(path).content.decode()


def test_the_back_of_a_form_leads_nowhere_else(ada: Reading, liked: int) -> None:
    for back, state in (("https://evil.example", "//evil"), ("", "recency=1&next=//evil.example"), ("//evil", "\r\nX")):
        answer = ada.client.post("/you/change", {"more": "pain", "back": back, "state": state})
        assert answer["Location"] in ("/you", "/you?recency=1")


def test_the_page_costs_as_many_queries_with_many_likes_as_with_few(ada: Reading, liked: int) -> None:
    counts = []
    for more in ([], [f"10.5555/near.{n}" for n in range(1, 4)]):
        for doi in more:
            marks.like(ada.reader.pk, number_of(doi), NOW)
        with (
            CaptureQueriesContext(connections["default"]) as one,
            CaptureQueriesContext(connections["readers" if "readers" in connections else "default"]) as two,
        ):
            text_of(ada.client)
        counts.append((len(one), len(two)))
    assert counts[0] == counts[1]
    assert sum(counts[0]) <= 18


def test_an_article_s_tab_says_which_likes_speak_for_it(ada: Reading, client: Client, liked: int) -> None:
    assert f'data-because="{liked}"' in client.get(f"{FULL}/recommended").content.decode()
    near = number_of("10.5555/near.1")
    text = text_of(ada.client, f"/you/because?article={near}")
    assert "This article itself: Because you liked “<a href=" in text
    assert text_of(ada.client, f"/you/because?article={liked}").strip() == ""  # that they like it themselves
    answer = client.post(f"/you/because?article={near}", {"likes": str(liked)})
    assert "Because you liked" in answer.content.decode()
    assert not answer.cookies
    for odd in ("", "x", "999999", "9" * 30):
        assert text_of(ada.client, f"/you/because?article={odd}").strip() == ""
