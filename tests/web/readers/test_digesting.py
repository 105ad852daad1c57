"""Digests and kept lists: confirmed twice, ended by one press, nothing twice, killed in between, paced."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from germane.item import Evidence
from germane.recommend import Because, Recommendation
from germane.web.catalog.models import Article
from germane.web.jobs import digesting, refreshing
from germane.web.readers import lists, mailing
from germane.web.readers.codec import pack_list, unpack_list
from germane.web.readers.models import Alert, Mailed, Reader, RecommendedList
from germane.web.readers.queries import marks_of
from germane.web.readers.store import digests, marks
from germane.web.readers.store.recommended import write_lists
from tests.web.pages.making import bare, make_article, make_similar
from tests.web.readers.people import DAY, NOW, make_reader

pytestmark = pytest.mark.django_db
PAIN = (Evidence("phrases", "pain", "keyphrases", "germane-1", 0.5),)
N = 14


@pytest.fixture(autouse=True)
def _unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing, "PER_S", 1e9)


@pytest.fixture
def ada() -> Reader:
    """A reader with one like, which many articles are similar to, and a weekly digest."""
    first, *others = [make_article(bare(f"Pain <{n}> & relief", f"10.5555/{n}")) for n in range(N + 1)]
    make_similar(first, [(other, 0.9 - 0.01 * at, PAIN) for at, other in enumerate(others)])
    reader = make_reader("ada")
    marks.like(reader.pk, first.pk, NOW)
    assert digests.want_digest(reader.pk, "weekly")
    reader.refresh_from_db()
    assert digests.confirm_digest(reader.digest_key, NOW)
    reader.refresh_from_db()
    return reader


def send(at: Any = NOW) -> tuple[int, int, int]:
    done = digesting.send_digests(at)
    return done.n_sent, done.n_refused, done.n_empty


def test_a_digest_has_what_is_recommended_as_text_and_markup_and_how_to_end_it(ada: Reader) -> None:
    assert send() == (1, 0, 0)
    [sent] = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert "10 articles for you" in sent.subject
    assert "Pain <1> & relief" in sent.body
    assert "Because you liked “Pain <0> & relief”" in sent.body
    assert isinstance(sent, mail.EmailMultiAlternatives)
    [(html, kind)] = [(str(content), kind) for content, kind in sent.alternatives]
    assert kind == "text/html"
    assert "Pain &lt;1&gt; &amp; relief" in html
    assert "<img" not in html
    assert "<script" not in html
    address = sent.extra_headers["List-Unsubscribe"].strip("<>")
    assert address.endswith(f"/you/unsubscribe/digest/{ada.digest_key}")
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in sent.body


def test_no_article_is_mailed_twice_and_nothing_is_sent_when_nothing_is_new(ada: Reader) -> None:
    assert send() == (1, 0, 0)
    assert send(NOW + 6 * DAY) == (0, 0, 0)  # not due
    assert send(NOW + 7 * DAY) == (1, 0, 0)
    first, second = ({line for line in m.body.splitlines() if line.startswith("* ")} for m in mail.outbox)
    assert (len(first), len(second), first & second) == (10, N - 10, set())
    assert send(NOW + 14 * DAY) == (0, 0, 1)
    assert len(mail.outbox) == 2


def test_news_of_what_one_follows_are_a_reason_to_write(ada: Reader) -> None:
    send()
    send(NOW + 7 * DAY)
    story = make_article(bare("Followed", "10.5555/followed"))
    Alert.objects.create(reader=ada, kind="new", article_id=story.pk, why="You follow pain", happened_at=NOW + 8 * DAY)
    assert send(NOW + 14 * DAY) == (1, 0, 0)
    assert "Followed" in mail.outbox[-1].body
    assert "You follow pain" in mail.outbox[-1].body


@pytest.mark.parametrize("why", ["unconfirmed", "none", "unverified", "inactive", "daily too soon"])
def test_who_has_not_asked_for_it_gets_none(ada: Reader, why: str) -> None:
    if why == "unconfirmed":
        Reader.objects.update(digest_confirmed_at=None)
    elif why == "none":
        digests.want_digest(ada.pk, "none")
    elif why == "unverified":
        EmailAddress.objects.update(verified=False)
    elif why == "inactive":
        Reader.objects.update(is_active=False)
    else:
        Reader.objects.update(digest="daily", digest_sent_at=NOW - timedelta(hours=20))
    assert send() == (0, 0, 0)
    assert not mail.outbox


def test_a_mail_server_that_is_down_costs_nothing(ada: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any) -> bool:
        raise mailing.MailFailure("the mail server does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(mailing, "_send", down)
        with pytest.raises(mailing.MailFailure):
            send()
    assert not Mailed.objects.exists()
    assert send() == (1, 0, 0)


def test_who_is_killed_while_sending_mails_nothing_twice(ada: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(mailing, "_send", killed)
        with pytest.raises(KeyboardInterrupt):
            send()
    assert Mailed.objects.count() == 10
    assert send() == (0, 0, 0)
    assert send(NOW + 7 * DAY) == (1, 0, 0)  # of the others


def test_an_address_that_is_refused_for_good_holds_up_nobody(ada: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    ben = make_reader("ben")
    marks.like(ben.pk, ada_like(ada), NOW)
    Reader.objects.filter(pk=ben.pk).update(digest="daily", digest_confirmed_at=NOW)
    real = mail.EmailMessage.send

    def refused(message: Any, *rest: Any) -> int:
        if message.to == [ada.email]:
            raise smtplib.SMTPRecipientsRefused({ada.email: (550, b"no such user")})
        return real(message, *rest)

    monkeypatch.setattr(mail.EmailMessage, "send", refused)
    assert send() == (1, 1, 0)
    assert [m.to for m in mail.outbox] == [["ben@example.org"]]


def ada_like(ada: Reader) -> int:
    return next(iter(marks_of(ada.pk).liked))


def test_one_press_in_a_mail_program_ends_it_and_a_look_does_not(ada: Reader) -> None:
    program = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    address = f"/you/unsubscribe/digest/{ada.digest_key}"
    assert "No more mails" in program.get(address).content.decode()
    assert Reader.objects.get().digest == "weekly"
    answer = program.post(address, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, Reader.objects.get().digest) == (200, "none")
    assert "Done" in answer.content.decode()
    assert not answer.cookies
    assert program.post(address).status_code == 200
    assert program.get("/you/unsubscribe/digest/guessed").status_code == 404
    assert program.post("/you/unsubscribe/digest/guessed").status_code == 404


def test_mails_begin_when_the_mailed_link_is_confirmed_by_its_button() -> None:
    reader, client = make_reader("ben"), Client(headers={"host": "127.0.0.1"})
    client.force_login(reader)
    for _ in range(2):
        client.post("/you/digest", {"digest": "daily"})
    [sent] = mail.outbox  # the second within a minute is not sent
    reader.refresh_from_db()
    assert (reader.digest, reader.digest_confirmed_at) == ("daily", None)
    address = f"/you/digest/{reader.digest_key}"
    assert address in sent.body
    program = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    assert program.get(address).status_code == 200
    reader.refresh_from_db()
    assert reader.digest_confirmed_at is None
    assert program.post(address).status_code == 200
    reader.refresh_from_db()
    assert reader.digest_confirmed_at is not None
    assert "You get a daily mail" in client.get("/you/digest").content.decode()
    client.post("/you/digest", {"digest": "nonsense"})
    client.post("/you/digest", {"digest": "none"})
    assert program.post(address).status_code == 404  # an old mail begins nothing
    reader.refresh_from_db()
    assert (reader.digest, reader.digest_confirmed_at) == ("none", None)


def test_lists_of_the_active_are_made_once_a_night_and_go_on_where_they_were(
    ada: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [make_reader(f"reader{n}") for n in range(5)]
    for reader in others:
        marks.like(reader.pk, ada_like(ada), NOW)
    Reader.objects.filter(pk=others[0].pk).update(joined_at=NOW - 90 * DAY)  # not seen since
    monkeypatch.setattr(refreshing, "_AT_ONCE", 1)
    monkeypatch.setattr(refreshing, "map_batches", lambda work, batches, **_: map(work, batches))
    assert refreshing.count_due(NOW) == 5

    def stop(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refreshing.refresh_lists(NOW, stop)
    assert refreshing.refresh_lists(NOW) == 3
    assert refreshing.refresh_lists(NOW + DAY / 2) == 0
    assert refreshing.refresh_lists(NOW + DAY) == 5
    assert not RecommendedList.objects.filter(reader=others[0]).exists()


def test_a_kept_list_leaves_out_what_was_marked_withdrawn_or_excluded_since(ada: Reader) -> None:
    refreshing.refresh_lists(NOW)
    first, second, third, *_ = [each.article_id for each in lists.read_list(ada.pk, NOW).found]
    marks.dismiss(ada.pk, first, NOW)
    Article.objects.filter(pk=second).update(notices=1)
    Article.objects.filter(pk=third).update(is_deleted=True)
    kept = lists.read_list(ada.pk, NOW)
    assert not {first, second, third} & {each.article_id for each in kept.found}
    assert kept.made_at == NOW
    assert lists.read_list(ada.pk, NOW + 2 * DAY).made_at == NOW + 2 * DAY  # too old: made afresh


def test_a_list_is_packed_and_unpacked_whole_and_that_of_another_version_is_none() -> None:
    found = [Recommendation(7, 1.25, (Because(3, 0.75), Because(0, 0.25, "pain")), is_step_outside=True)]
    assert unpack_list(pack_list(found)) == found
    assert unpack_list(b"\x92\x63\x90") == []
    assert unpack_list(b"nonsense") == []
    assert write_lists({999: found}, NOW) == 0  # who has left


def test_the_feed_needs_its_key_alone_and_the_key_can_be_renewed(ada: Reader) -> None:
    program, own = Client(headers={"host": "127.0.0.1"}), Client(headers={"host": "127.0.0.1"})
    own.force_login(ada)
    address = f"/you/feed/{ada.feed_key}.atom"
    answer = program.get(address)
    assert answer["Content-Type"].startswith("application/atom+xml")
    assert answer.content.decode().count("<entry>") == N
    assert "Because you liked “Pain &lt;0&gt; &amp; relief”" in answer.content.decode()
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("private, no-store", "noindex")
    assert not answer.cookies
    assert "Access-Control-Allow-Origin" not in answer
    assert address in own.get("/you/digest").content.decode()
    own.post("/you/feed")
    assert program.get(address).status_code == 404
    assert program.get(f"/you/feed/{Reader.objects.get().feed_key}.atom").status_code == 200


def test_programs_of_the_reader_get_json(ada: Reader) -> None:
    own = Client(headers={"host": "127.0.0.1"})
    own.force_login(ada)
    found = own.get("/you/recommended.json").json()["recommended"]
    assert len(found) == N
    assert found[0]["title"] == "Pain <1> & relief"
    assert found[0]["evidence"] == {"code": "liked", "sentence": "Because you liked “Pain <0> & relief”"}
    assert found[0]["because"][0]["liked"] == "Pain <0> & relief"
    assert sum(each["is_step_outside"] for each in found) == 1
