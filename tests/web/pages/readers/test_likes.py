"""Like, with and without an account; the list of likes; carrying them over; importing them."""

import json
import re
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from germane.web.catalog.models import Article
from germane.web.pages.readers import browser, likes_import
from germane.web.readers.models import Like, LikeCount
from germane.web.readers.store import marks
from tests.web.pages.corpus import FULL, RETRACTED
from tests.web.pages.making import bare, make_article
from tests.web.pages.readers.conftest import Reading, number_of
from tests.web.readers.people import DAY, NOW, likes_of

GONE, TWIN, NEAR = "10.5555/gone.1", "10.5555/twin.1", "10.5555/near.1"
JSON = {"accept": "application/json"}


def test_every_list_line_and_article_has_a_like_button(client: Client) -> None:
    lists = ["/", "/keyword/injection", "/venue/clinical-desk-medicine", "/newest"]
    for path in [*lists, "/author/0000-0002-1825-0097", FULL, f"{FULL}/recommended", f"{FULL}/more"]:
        text = client.get(path).content.decode()
        lines = re.findall(r'<li class="(?:item )?paper".*?</li>', text, re.DOTALL)
        assert lines, path
        assert all("data-like=" in line for line in lines), path
    assert f'data-like="{number_of("10.5555/interscapular.2021.7")}" data-here' in client.get(FULL).content.decode()


def test_pressing_twice_is_pressing_once(ada: Reading) -> None:
    number = number_of(NEAR)
    for _ in range(2):
        response = ada.client.post(f"/like/{number}", {"liked": "1"})
        assert (response.status_code, response["Location"]) == (302, f"/like/{number}")
    assert list(likes_of(ada.reader)) == [number]
    assert "You like this article" in ada.client.get(f"/like/{number}").content.decode()
    for _ in range(2):
        answer = ada.client.post(f"/like/{number}", {"liked": "0"}, headers=JSON)
        assert answer.json() == {"liked": False, "article": number}
    assert likes_of(ada.reader) == {}


def test_a_script_that_thinks_somebody_is_signed_in_is_told_that_nobody_is(client: Client) -> None:
    number = number_of(NEAR)
    answer = client.post(f"/like/{number}", {"liked": "1"}, headers=JSON)
    assert (answer.status_code, answer.json()["liked"]) == (401, False)
    assert browser.COOKIE not in str(answer.cookies)
    assert not Like.objects.exists()


def test_a_merged_article_is_liked_as_the_one_that_it_is_now(ada: Reading) -> None:
    twin, survivor = number_of(TWIN), number_of(NEAR)
    assert ada.client.get(f"/like/{twin}")["Location"] == f"/like/{survivor}"
    ada.client.post(f"/like/{twin}", {"liked": "1"})
    assert list(likes_of(ada.reader)) == [survivor]
    marks.like(ada.reader.pk, twin, NOW)  # from before they were merged
    ada.client.post(f"/like/{twin}", {"liked": "0"})
    assert likes_of(ada.reader) == {}


def test_a_withdrawn_article_can_be_taken_back_but_not_liked(ada: Reading) -> None:
    gone = number_of(GONE)
    ada.client.post(f"/like/{gone}", {"liked": "1"})
    assert likes_of(ada.reader) == {}
    marks.like(ada.reader.pk, gone, NOW)
    text = ada.client.get("/you/likes").content.decode()
    assert "withdrawn" in text
    assert "Gone" in text
    ada.client.post(f"/like/{gone}", {"liked": "0"})
    assert likes_of(ada.reader) == {}


@pytest.mark.parametrize("path", ["/like/999999", "/like/999999999999999999"])
def test_nobody_likes_what_is_not_here(ada: Reading, path: str) -> None:
    assert ada.client.get(path).status_code == 404
    assert ada.client.post(path, {"liked": "1"}).status_code == 404
    assert ada.client.get("/like/9999999999999999999999").status_code == 404


def test_without_an_account_and_without_scripts_likes_are_in_a_cookie(client: Client) -> None:
    first, second = number_of(NEAR), number_of("10.5555/near.2")
    for number in (first, second, first):
        response = client.post(f"/like/{number}", {"liked": "1"})
    cookies = [m for m in response.cookies.values() if m.key == browser.COOKIE]
    assert {m["path"] for m in cookies} == {"/like", "/you"}
    assert all(m["samesite"] == "Lax" and not m["domain"] for m in cookies)
    assert "You like this article" in client.get(f"/like/{second}").content.decode()
    text = client.get("/you/likes").content.decode()
    assert re.findall(r'data-like="(\d+)" data-on', text) == [str(first), str(second)]
    client.post(f"/like/{first}", {"liked": "0"})
    assert re.findall(r'data-like="(\d+)" data-on', client.get("/you/likes").content.decode()) == [str(second)]
    client.post("/you/likes/forget")
    assert "Nothing is liked" in client.get("/you/likes").content.decode()
    assert not Like.objects.exists()


def test_a_full_cookie_is_told_and_nothing_is_lost(client: Client) -> None:
    full = ".".join(browser._base36(10**9 + i) for i in range(430))
    client.cookies[browser.COOKIE] = full
    number = number_of(NEAR)
    response = client.post(f"/like/{number}", {"liked": "1"})
    assert response["Location"] == f"/like/{number}?full"
    assert not response.cookies
    assert "no room" in client.get(response["Location"]).content.decode()


def test_the_list_of_a_browser_is_made_of_what_it_posts(client: Client) -> None:
    first, second = number_of(NEAR), number_of("10.5555/near.2")
    response = client.post("/you/likes", {"likes": f"{second}@2026-11-02.{first}.999999.x.-1.{second}"})
    text = response.content.decode()
    assert re.findall(r'data-like="(\d+)" data-on', text) == [str(second), str(first)]
    assert "2 November 2026" in text
    assert not response.cookies.get("sessionid")
    assert not Like.objects.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("1.2", {1: None, 2: None}),
        ("1@2026-01-02.1", {1: datetime(2026, 1, 2, tzinfo=UTC)}),
        ("1@2026-13-02", {1: None}),
        ("1@0001-01-01", {1: None}),
        ("1@0000-00-00.x.-3.4.5..1e9.٣", {1: None, 4: None, 5: None}),
        ("9" * 30, {}),
    ],
)
def test_posted_likes_are_read_whatever_stands_there(text: str, expected: dict[int, datetime | None]) -> None:
    assert browser.read_posted(text) == expected


def test_likes_of_a_browser_are_carried_into_the_account(ada: Reading) -> None:
    first, second, twin, gone = map(number_of, (NEAR, "10.5555/near.2", TWIN, GONE))
    marks.like(ada.reader.pk, second, NOW)
    ada.client.cookies[browser.COOKIE] = browser._base36(second)
    posted = f"{twin}@2026-11-02.{second}@2026-10-01.{gone}.999999"
    text = ada.client.get("/you/likes").content.decode()
    assert "This browser holds" in text
    assert len(likes_of(ada.reader)) == 1  # offered, not done
    answer = ada.client.post("/you/likes/carry", {"likes": posted}, headers=JSON)
    assert answer.json() == {"n_new": 1, "n_known": 1}
    since = {first: datetime(2026, 11, 2, tzinfo=UTC), second: datetime(2026, 10, 1, tzinfo=UTC)}
    assert likes_of(ada.reader) == since
    assert [m["max-age"] for m in answer.cookies.values() if m.key == browser.COOKIE] == [0, 0]


def test_without_scripts_the_cookie_is_carried_by_a_form(ada: Reading) -> None:
    number = number_of(NEAR)
    ada.client.cookies[browser.COOKIE] = browser._base36(number)
    response = ada.client.post("/you/likes/carry", {"likes": ""}, follow=True)
    assert "1 like of this browser was added" in response.content.decode()
    assert list(likes_of(ada.reader)) == [number]


def test_the_likes_page_shows_each_article_once_with_its_standing(ada: Reading) -> None:
    survivor, twin, retracted = number_of(NEAR), number_of(TWIN), number_of("10.5555/retracted.9")
    marks.like(ada.reader.pk, survivor, NOW)
    marks.like(ada.reader.pk, twin, NOW + DAY)
    marks.like(ada.reader.pk, retracted, NOW)
    text = ada.client.get("/you/likes").content.decode()
    assert text.count('<li class="item paper"') == 2
    assert 'class="mark retraction">Retract' in text
    assert RETRACTED in text


def test_the_likes_page_reads_the_same_number_of_times_whatever_it_holds(ada: Reading) -> None:
    def n_read() -> int:
        reads = [CaptureQueriesContext(connections[name]) for name in ("default", "readers") if name in connections]
        for context in reads:
            context.__enter__()
        assert ada.client.get("/you/likes").status_code == 200
        for context in reads:
            context.__exit__(None, None, None)
        return sum(map(len, reads))

    marks.like(ada.reader.pk, number_of(NEAR), NOW)
    one = n_read()
    for i in range(30):
        marks.like(ada.reader.pk, make_article(bare(f"Row {i}", f"10.5555/row.{i}")).pk, NOW)
    assert n_read() == one <= 8


def test_more_goes_through_all_likes(ada: Reading) -> None:
    numbers = [make_article(bare(f"Row {i}", f"10.5555/row.{i}")).pk for i in range(60)]
    for number in numbers:
        marks.like(ada.reader.pk, number, NOW)
    seen: list[str] = []
    path = "/you/likes"
    while path:
        text = ada.client.get(path).content.decode()
        seen += re.findall(r'data-like="(\d+)"', text)
        found = re.search(r'href="(/you/likes\?after=[^"]+)"', text)
        path = found[1] if found else ""
    assert sorted(map(int, seen)) == sorted(numbers)


def test_the_public_count_stands_on_the_article_from_three_on(client: Client) -> None:
    number = number_of("10.5555/interscapular.2021.7")
    LikeCount.objects.create(article_id=number, n=2)
    assert "readers like it" not in client.get(FULL).content.decode()
    LikeCount.objects.update(n=1_203)
    assert re.search(r">1,203<span[^>]*> readers like it", client.get(FULL).content.decode())


def test_the_state_is_told_to_scripts(ada: Reading, client: Client) -> None:
    number = number_of(NEAR)
    marks.like(ada.reader.pk, number, NOW)
    answer = ada.client.get(f"/you/state?articles={number},5,x,{'9' * 40}").json()
    assert (answer["is_reader"], answer["liked"], answer["read"], answer["n_unseen"]) == (True, [number], [], 0)
    assert answer["csrf"]
    nobody = client.get(f"/you/state?articles={number}")
    assert nobody.json() == {"is_reader": False, "liked": [], "read": [], "n_unseen": 0}
    assert not nobody.cookies


BIBTEX = """@article{a, title={Ours}, doi={10.5555/near.1}}

@article{b, title={Elsewhere}, doi={10.5555/not.here}}

@article{c, title={Nameless}}
"""
RIS = "TY  - JOUR\nTI  - Ours\nDO  - 10.5555/near.2\nER  - \n"
CSL = json.dumps([{"id": "x", "type": "article-journal", "title": "Ours", "DOI": "10.5555/NEAR.3"}])
DOIS = "https://doi.org/10.5555/near.1\n\n10.5555/near.2\nnothing at all\n10.5555/not.here\n"


@pytest.mark.parametrize(
    ("content", "liked", "told"),
    [
        (BIBTEX, ["10.5555/near.1"], ["Elsewhere", "Nameless"]),
        (RIS, ["10.5555/near.2"], []),
        (CSL, ["10.5555/near.3"], []),
        (DOIS, ["10.5555/near.1", "10.5555/near.2"], ["Line 4:", "nothing at all", "Line 5:", "10.5555/not.here"]),
    ],
    ids=["bibtex", "ris", "csl", "dois"],
)
def test_a_file_s_articles_are_liked_and_the_rest_is_told(
    ada: Reading, content: str, liked: list[str], told: list[str]
) -> None:
    upload = SimpleUploadedFile("mine.bib", content.encode())
    text = ada.client.post("/you/likes/import", {"file": upload}).content.decode()
    assert sorted(likes_of(ada.reader)) == sorted(map(number_of, liked))
    assert all(words in text for words in told)
    again = ada.client.post("/you/likes/import", {"text": content}).content.decode()
    assert "you liked already" in again
    assert len(likes_of(ada.reader)) == len(liked)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "nothing in it"), (b"\x1f\x8b\x08\x00abc", "packed"), (b"no names here", "No DOI"),
     (b"\xff\xfe\x00", "No DOI"), (b"@article{a, title={Nameless}}", "No DOI")],
)  # fmt: skip
def test_what_is_no_list_of_articles_is_refused_and_says_why(ada: Reading, content: bytes, words: str) -> None:
    response = ada.client.post("/you/likes/import", {"file": SimpleUploadedFile("x", content)})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert likes_of(ada.reader) == {}


def test_a_file_that_is_too_large_is_refused(ada: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likes_import, "MAX_BYTES", 10)
    response = ada.client.post("/you/likes/import", {"file": SimpleUploadedFile("x", b"10.5555/near.1\n")})
    assert response.status_code == 422
    assert "larger than 5 MB" in response.content.decode()


@pytest.mark.parametrize("length", ["6000001", "99999999999999", "-1"])
def test_a_body_that_is_much_too_large_is_not_even_read(ada: Reading, length: str) -> None:
    response = ada.client.post("/like/1", {"liked": "1"}, CONTENT_LENGTH=length)
    assert response.status_code == 413
    assert "in parts" in response.content.decode()


def test_of_a_very_long_list_the_first_are_liked(ada: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likes_import, "MAX_ENTRIES", 1)
    text = ada.client.post("/you/likes/import", {"text": "10.5555/near.1\n10.5555/near.2\n"}).content.decode()
    assert "Only the first 1 lines were read" in text
    assert list(likes_of(ada.reader)) == [number_of(NEAR)]


def test_an_article_without_a_title_can_be_liked(ada: Reading) -> None:
    number = make_article(bare("", "10.5555/untitled")).pk
    assert Article.objects.filter(pk=number).exists()
    assert ada.client.get(f"/like/{number}").status_code == 200
