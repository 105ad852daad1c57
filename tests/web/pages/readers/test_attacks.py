"""Every private address, each method: nobody, and no other reader, sees or changes anything of a reader's.

The addresses are those of urls.py. One that is not named here fails the first test: say of it what an attacker tries.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from germane.web import urls
from germane.web.readers import mailing
from germane.web.readers.belongings import find_belongings
from germane.web.readers.models import Collection, Follow, Reader, new_key
from germane.web.readers.store import alerts, collections, following, marks, notes, steering
from germane.web.readers.store.alerts import News
from tests.web.pages.readers.conftest import Reading, number_of
from tests.web.readers.people import NOW
from tests.web.readers.visiting import FAST

SECRETS = ("ada@example.org", "quixotic thoughts", "Zyzzyva collection", "Followed zyzzyva", "Told zyzzyva")

# What an attacker sends to each address of ours, who knows the numbers of ada's things ({collection}, {follow},
# {article}) and has keys that were made up. Empty: the address takes no POST.
OURS: dict[str, dict[str, str]] = {
    "like/<number:number>": {"liked": "0"},
    "like/<number:number>/read": {"read": "0"},
    "like/<number:number>/dismiss": {"dismissed": "0"},
    "like/<number:number>/note": {"text": "mine"},
    "like/<number:number>/collect": {"collection": "{collection}", "out": "1"},
    "you": {"likes": "{article}"},
    "you/alerts": {},
    "you/alerts/mails": {"wanted": "0"},
    "you/alerts/seen": {"last": "99999999"},
    "you/because": {"article": "{article}", "likes": "{article}"},
    "you/change": {"reset": "1", "dismiss": "{article}", "undo": "{article}", "remove": "{article}"},
    "you/collections": {"name": "mine"},
    "you/collections/<number:number>": {},
    "you/collections/<number:number>.<str:form>": {},
    "you/collections/<number:number>/<str:what>": {"name": "mine", "article": "{article}"},
    "you/delete": {"password": "x", "code": "x"},
    "you/digest": {"digest": "none"},
    "you/digest/<key:key>": {"confirm": "1"},
    "you/export.json": {},
    "you/export.bib": {},
    "you/export.ris": {},
    "you/feed": {"renew": "1"},
    "you/feed/<key:key>.atom": {},
    "you/feed/<key:key>/alerts.atom": {},
    "you/following": {},
    "you/following/add": {"kind": "article", "target": "{article}"},
    "you/following/stop": {"follow": "{follow}"},
    "you/likes": {"likes": "{article}"},
    "you/likes/carry": {"likes": "{article}"},
    "you/likes/forget": {"all": "1"},
    "you/likes/import": {"text": "10.5555/near.1"},
    "you/notes": {},
    "you/pick": {"pick": "{article}"},
    "you/profile": {},
    "you/read": {},
    "you/recommended.json": {},
    "you/state": {},
    "you/unsubscribe/alerts/<str:key>": {"List-Unsubscribe": "One-Click"},
    "you/unsubscribe/digest/<key:key>": {"List-Unsubscribe": "One-Click"},
}
# django-allauth's, which have tests of their own; here is tried what can be tried of all.
ALLAUTH = re.compile(
    r"account/(|(signup|login|logout|email|password|reauthenticate|confirm-email|inactive|2fa|sessions|3rdparty"
    r"|phone|social)\b.*)"
)
WITHOUT_TOKEN = re.compile(r"/you/(digest|unsubscribe)/|/you$|/you/because$")  # keys; or nothing is changed or kept
ELSEWHERE = ("https://evil.example/", "//evil.example", "/\\evil.example", "https:evil.example", "\\\\evil.example")


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


ALL = sorted(set(routes(urls.PRIVATE)))


def test_every_private_address_is_attacked_here() -> None:
    unknown = [route for route in ALL if route not in OURS and route != "account" and not ALLAUTH.fullmatch(route)]
    assert unknown == [], "say in OURS what an attacker sends there"
    assert set(OURS) <= set(ALL), "an address that is no more"


@pytest.fixture
def victim(ada: Reading, settings: Any) -> Reading:
    """A reader who has something of everything."""
    settings.PASSWORD_HASHERS = FAST
    reader, article = ada.reader, number_of("10.5555/near.1")
    marks.like(reader.pk, article, NOW)
    marks.mark_read(reader.pk, article, NOW)
    marks.dismiss(reader.pk, number_of("10.5555/near.2"), NOW)
    notes.write_note(reader.pk, article, "quixotic thoughts", NOW)
    made = collections.make_collection(reader.pk, "Zyzzyva collection", "", NOW)
    collections.add_article(reader.pk, made, article, NOW)
    following.follow(reader.pk, "keyphrase", "injection", "Followed zyzzyva", 0, NOW)
    alerts.write_alerts([News(reader.pk, "retraction", article, 0, "Told zyzzyva")], NOW)
    assert steering
    Reader.objects.filter(pk=reader.pk).update(digest="weekly", digest_confirmed_at=NOW)
    return ada


def kept_of(reader: Reader) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of a reader's, of every table."""
    return {
        each.model._meta.db_table: sorted(
            each.model._default_manager.filter(**{each.whose: reader.pk}).values_list(), key=str
        )
        for each in find_belongings()
        if each.model._meta.db_table != "usersessions_usersession"  # when somebody was seen last
    }


def addresses(route: str, reader: Reader) -> list[str]:
    """Return the addresses of a route that lead to what is a reader's, as far as somebody can know or guess them."""
    numbers = [number_of("10.5555/near.1")]
    if "collections" in route:
        numbers = list(Collection.objects.filter(reader=reader).values_list("pk", flat=True))
    wrong = {new_key(), reader.feed_key[:-1] + ("a" if reader.feed_key[-1] != "a" else "b"), f"{reader.pk}:x"}
    wrong |= {"x", mailing.make_key(reader.pk + 1_000_000)}
    found = []
    for number in numbers:
        for key in wrong if "key>" in route else {""}:
            for what in ("name", "share", "unshare", "remove", "delete") if "<str:what>" in route else ("",):
                text = route.replace("<number:number>", str(number)).replace("<str:what>", what)
                text = re.sub(r"<(str|key):key>", key, text).replace("<str:form>", "bib")
                found.append("/" + re.sub(r"<(\w+:)?\w+>", "7", text).replace("\\", "").strip("^$"))
    return found


def fields_of(route: str, reader: Reader) -> dict[str, str]:
    known = {
        "collection": Collection.objects.filter(reader=reader).values_list("pk", flat=True).first(),
        "follow": Follow.objects.filter(reader=reader).values_list("pk", flat=True).first(),
        "article": number_of("10.5555/near.1"),
    }
    return {name: value.format(**known) for name, value in OURS.get(route, {"email": "x", "next": "/"}).items()}


@pytest.mark.parametrize("who", ["nobody", "ben"])
def test_who_is_not_the_reader_sees_and_changes_nothing_of_theirs(victim: Reading, ben: Reading, who: str) -> None:
    client = ben.client if who == "ben" else Client(headers={"host": "127.0.0.1"})
    before = kept_of(victim.reader)
    for route in ALL:
        fields = fields_of(route, victim.reader)
        for address in addresses(route, victim.reader):
            for answer in (client.get(address), client.post(address, fields), client.put(address)):
                text = answer.content.decode(errors="replace")
                assert not [s for s in SECRETS if s in text and not (s.startswith("Zyz") and s in fields.values())], (
                    address
                )
                assert answer.status_code != 500, address
        if who == "ben" and "logout" in route:
            client.force_login(ben.reader)
        assert kept_of(victim.reader) == before, route
    assert Reader.objects.filter(pk=victim.reader.pk).exists()


def test_a_look_changes_nothing(victim: Reading) -> None:
    before = kept_of(victim.reader)
    for route in ALL:
        if "social" in route or "logout" in route:
            continue
        for address in [*addresses(route, victim.reader), *own_addresses(route, victim.reader)]:
            for ask in (victim.client.get, victim.client.head, victim.client.options):
                ask(address, {**fields_of(route, victim.reader), "seen": "1", "wanted": "0"})
            assert kept_of(victim.reader) == before, address


def own_addresses(route: str, reader: Reader) -> list[str]:
    """Return the addresses with keys that are good."""
    keys = (reader.feed_key, reader.digest_key, mailing.make_key(reader.pk))
    return ["/" + re.sub(r"<(str|key):key>", key, route) for key in keys if "key>" in route]


def test_what_another_site_sends_in_a_readers_name_is_refused(victim: Reading) -> None:
    strict = Client(headers={"host": "127.0.0.1"}, enforce_csrf_checks=True)
    strict.force_login(victim.reader)
    before = kept_of(victim.reader)
    n = 0
    for route in ALL:
        for address in addresses(route, victim.reader):
            answer = strict.post(address, fields_of(route, victim.reader), headers={"origin": "https://evil.example"})
            if not WITHOUT_TOKEN.match(address):
                assert answer.status_code in (403, 404, 405) or "social" in route, (address, answer.status_code)
                n += answer.status_code == 403
            assert kept_of(victim.reader) == before, address
    assert n > 40


@pytest.mark.parametrize("where", ELSEWHERE)
def test_no_form_of_ours_sends_anybody_elsewhere(victim: Reading, where: str) -> None:
    ways = dict.fromkeys(("next", "back", "to", "from", "url", "redirect", "return"), where)
    for route in OURS:
        if route == "you/delete":
            continue
        fields = fields_of(route, victim.reader)
        for address in addresses(route, victim.reader):
            for answer in (victim.client.post(address, {**fields, **ways}), victim.client.get(address, ways)):
                target = answer.headers.get("Location", "/")
                assert re.match(r"/(?![/\\])", target), (address, target)
                assert "evil.example" not in target.partition("?")[0], (address, target)


def test_keys_cannot_be_guessed() -> None:
    keys = {new_key() for _ in range(1_000)}
    assert len(keys) == 1_000
    assert {len(key) for key in keys} == {32}, "192 bits"
    made = {mailing.make_key(number) for number in range(100)}
    assert len({key.partition(":")[2] for key in made}) == 100
    assert min(len(key.partition(":")[2]) for key in made) >= 43, "256 bits of HMAC"
