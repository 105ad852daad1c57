"""Following, and alerts: what is new is told once to those whom it concerns, also when the job is killed in between."""

import smtplib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from germane.article import Venue
from germane.index import IndexFailure
from germane.item import Evidence, Item
from germane.web.catalog import asking
from germane.web.catalog import models as catalog
from germane.web.jobs import alerting
from germane.web.readers import mailing, news
from germane.web.readers.models import Alert, Checkpoint, Follow, FollowDay, Reader
from germane.web.readers.store import alerts, following, marks
from germane.web.readers.store.alerts import News
from tests.web.pages.making import bare, make_article, make_mention, people
from tests.web.readers.people import DAY, NOW, make_reader

pytestmark = pytest.mark.django_db
LINK = Evidence("id-link", "doi:10.5555/a", "url", "links-1", 0.99)
ORCID = "0000-0002-1825-0097"


@pytest.fixture(autouse=True)
def _begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing, "PER_S", 10_000)
    alerting.tell_readers(NOW)


def story(key: str) -> Item:
    return Item(channel="news", key=key, kind="news", url=f"https://news.example/{key}", title=f"Story {key}")


def new_article(title: str, number: int | None = None, **more: Any) -> catalog.Article:
    fields = {name: more.pop(name) for name in ("keyphrases", "cluster_id") if name in more}
    made = make_article(bare(title, f"10.5555/{title}".replace(" ", "-"), **more), number=number, **fields)
    catalog.Article.objects.filter(id=made.id).update(is_indexed=True)
    return made


def retract(article: catalog.Article, gained: int = 1) -> None:
    catalog.NoticeChange.objects.create(article_id=article.id, gained=gained, seen_at=NOW)


def told_to(reader: Reader) -> list[tuple[str, int, str]]:
    return [(one.kind, one.article.now_id, one.why) for one in news.read_alerts(reader.pk, n=1_000)]


def test_who_follows_an_article_is_told_of_a_mention_once() -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    article = new_article("Pain")
    old = make_mention(article, story("old"), LINK)
    following.follow(ada.pk, "article", str(article.id), "Pain", old.id, NOW)
    make_mention(article, story("new"), LINK)
    make_mention(article, story("near"), Evidence("phrases", "pain", "title", "topic-1", 0.5), "topic")
    for _ in range(2):
        alerting.tell_readers(NOW + DAY)
    assert told_to(ada) == [("mention", article.id, "You follow “Pain”")]
    [told] = news.read_alerts(ada.pk)
    assert told.mention
    assert told.mention.title == "Story new"
    assert told_to(ben) == []


def test_who_follows_a_keyword_venue_or_author_is_told_of_new_articles_and_each_once() -> None:
    ada = make_reader("ada")
    last = new_article("Old", keyphrases=["injection"]).id
    following.follow(ada.pk, "keyphrase", "injection", "injection", last, NOW)
    following.follow(ada.pk, "venue", "made-up-letters", "Made-up Letters", last, NOW)
    following.follow(ada.pk, "author", ORCID, "Ada Okafor", last, NOW)
    by_her = [replace(author, orcid=ORCID) for author in people("Ada Okafor")]
    both = new_article("Both", keyphrases=["injection"], venue=Venue("Made-up Letters"))
    hers = new_article("Hers", authors=tuple(by_her))
    new_article("Neither", keyphrases=["surgery"])
    alerting.tell_readers(NOW + DAY)
    told = told_to(ada)
    assert {(kind, number) for kind, number, _ in told} == {("new", both.id), ("new", hers.id)}
    assert len(told) == 2
    assert ("new", hers.id, "You follow the author “Ada Okafor”") in told


def test_an_article_is_told_when_it_is_in_the_index_and_none_is_passed_over() -> None:
    ada = make_reader("ada")
    following.follow(ada.pk, "keyphrase", "injection", "injection", 0, NOW)
    waiting = new_article("Waiting", keyphrases=["injection"])
    later = new_article("Later", keyphrases=["injection"])
    catalog.Article.objects.filter(id=waiting.id).update(is_indexed=False)
    alerting.tell_readers(NOW)
    assert told_to(ada) == []
    catalog.Article.objects.filter(id=waiting.id).update(is_indexed=True)
    alerting.tell_readers(NOW)
    assert {number for _, number, _ in told_to(ada)} == {waiting.id, later.id}


def test_an_old_article_that_waits_to_be_indexed_again_holds_nothing_up() -> None:
    ada = make_reader("ada")
    old = new_article("Old")
    alerting.tell_readers(NOW)
    following.follow(ada.pk, "keyphrase", "injection", "injection", 0, NOW)
    catalog.Article.objects.filter(id=old.id).update(is_indexed=False)
    new = new_article("New", keyphrases=["injection"])
    alerting.tell_readers(NOW)
    assert [number for _, number, _ in told_to(ada)] == [new.id]


def test_a_new_version_of_an_article_is_told_to_who_follows_it() -> None:
    ada = make_reader("ada")
    preprint = new_article("Preprint")
    following.follow(ada.pk, "article", str(preprint.id), "Preprint", 10**6, NOW)
    published = new_article("Published", cluster_id=preprint.id)
    alerting.tell_readers(NOW)
    assert told_to(ada) == [("new", published.id, "A new version. You follow “Preprint”")]


def test_every_notice_is_told_to_who_likes_or_follows_the_article_and_once_to_who_does_both() -> None:
    ada, ben, cleo = make_reader("ada"), make_reader("ben"), make_reader("cleo")
    article = new_article("Pain")
    for reader in (ada, ben):
        marks.like(reader.pk, article.id, NOW)
    following.follow(ben.pk, "article", str(article.id), "Pain", 0, NOW)
    following.follow(cleo.pk, "article", str(article.id), "Pain", 0, NOW)
    retract(article, 1 | 2 | 4)
    assert alerting.tell_readers(NOW).n_notices == 9
    assert alerting.tell_readers(NOW).n_notices == 0
    for reader, why in ((ada, "You like this article"), (ben, "You like this article"), (cleo, "You follow “Pain”")):
        assert sorted(told_to(reader)) == [(k, article.id, why) for k in ("concern", "correction", "retraction")]
    assert Alert.objects.filter(is_to_mail=True).count() == 3


def test_a_mail_is_sent_once_to_those_who_want_it_and_have_a_confirmed_address() -> None:
    ada, ben, cleo = make_reader("ada"), make_reader("ben", is_verified=False), make_reader("cleo")
    first, second = new_article("First"), new_article("Second")
    for reader in (ada, ben, cleo):
        marks.like(reader.pk, first.id, NOW)
        marks.like(reader.pk, second.id, NOW)
    alerts.set_alert_mails(cleo.pk, is_wanted=False)
    retract(first)
    retract(second)
    alerting.tell_readers(NOW)
    assert alerting.send_alerts(NOW) == (1, "")
    assert alerting.send_alerts(NOW) == (0, "")
    [sent] = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert "First and 1 more" in sent.subject
    assert "Second" in sent.body
    assert not Alert.objects.filter(is_to_mail=True).exists()


def test_a_mail_server_that_is_down_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    article = new_article("Pain")
    for reader in (ada, ben):
        marks.like(reader.pk, article.id, NOW)
    retract(article)
    alerting.tell_readers(NOW)
    real = mailing._send

    def down(connection: Any, one: mailing.Mail) -> bool:
        if one.reader_id == ben.pk:
            raise mailing.MailFailure("mails cannot be sent: it rains")
        return real(connection, one)

    monkeypatch.setattr(mailing, "_send", down)
    assert alerting.send_alerts(NOW) == (1, "mails cannot be sent: it rains")
    monkeypatch.setattr(mailing, "_send", real)
    assert alerting.send_alerts(NOW) == (1, "")
    assert [one.to for one in mail.outbox] == [["ada@example.org"], ["ben@example.org"]]


@pytest.mark.parametrize(
    ("error", "is_refused"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"no such user")}), True),
        (smtplib.SMTPRecipientsRefused({"a@b": (451, b"later")}), False),
        (smtplib.SMTPDataError(554, b"spam"), True),
        (smtplib.SMTPServerDisconnected("gone"), False),
        (OSError("no route"), False),
    ],
)
def test_an_address_that_is_refused_for_good_holds_up_no_others(
    monkeypatch: pytest.MonkeyPatch, error: Exception, is_refused: bool
) -> None:
    def fail(self: object, *_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)
    one = mailing.Mail(1, "a@example.org", "Subject", "Body", "https://x.example/")
    if is_refused:
        assert list(mailing.send_mails([one])) == [(one, False)]
    else:
        with pytest.raises(mailing.MailFailure):
            list(mailing.send_mails([one]))


def dying_after(n: int) -> Callable[..., int]:
    """Return what writes alerts, and ends the process the n-th time."""
    calls = iter(range(n))

    def write(*args: Any, **kwargs: Any) -> int:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return alerts.write_alerts(*args, **kwargs)

    return write


def test_fifty_alerts_a_day_are_made_of_one_thing_and_the_rest_is_counted() -> None:
    ada = make_reader("ada")
    article = new_article("Pain")
    following.follow(ada.pk, "article", str(article.id), "Pain", 0, NOW)
    for i in range(60):
        make_mention(article, story(str(i)), LINK)
    alerting.tell_readers(NOW)
    make_mention(article, story("60"), LINK)
    alerting.tell_readers(NOW)
    assert len(told_to(ada)) == 50
    [more] = news.read_more(ada.pk, NOW.date())
    assert (more.follow.label, more.n) == ("Pain", 11)
    retract(article)
    alerting.tell_readers(NOW)
    assert told_to(ada)[0][0] == "retraction", "which is told whatever came before"
    assert [more.n for more in news.read_more(ada.pk, NOW.date())] == [11]
    make_mention(article, story("61"), LINK)
    alerting.tell_readers(NOW + DAY)
    assert told_to(ada)[0][0] == "mention"


def test_who_is_killed_in_between_tells_the_rest_and_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerting, "_AT_ONCE", 2)
    ada = make_reader("ada")
    article = new_article("Pain")
    following.follow(ada.pk, "article", str(article.id), "Pain", 0, NOW)
    for i in range(7):
        make_mention(article, story(str(i)), LINK)
    for fatal in range(2, 6):
        monkeypatch.setattr(alerting, "write_alerts", dying_after(fatal))
        try:
            alerting.tell_readers(NOW)
        except KeyboardInterrupt:
            continue
    monkeypatch.setattr(alerting, "write_alerts", alerts.write_alerts)
    alerting.tell_readers(NOW)
    assert len(told_to(ada)) == 7
    assert FollowDay.objects.get().n == 7


def test_a_search_is_asked_once_for_all_who_follow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben, cleo = make_reader("ada"), make_reader("ben"), make_reader("cleo")
    for reader in (ada, ben):
        following.follow(reader.pk, "search", "q=pain", "pain", Checkpoint.objects.get(name="articles").value, NOW)
    articles = [new_article(f"Pain {i}") for i in range(3)]
    following.follow(cleo.pk, "search", "q=pain", "pain", articles[-1].id, NOW)
    asked: list[tuple[str, int, int]] = []

    def search(what: asking.Asked, first: int, last: int, n: int) -> tuple[list[int], int]:
        asked.append((what.q, first, last))
        return [articles[2].id, articles[0].id], 314

    monkeypatch.setattr(asking, "arrivals", search)
    for _ in range(2):
        alerting.tell_readers(NOW)
    assert asked == [("pain", articles[0].id, articles[-1].id)]
    for reader in (ada, ben):
        assert [(k, n) for k, n, _ in told_to(reader)] == [("new", articles[0].id), ("new", articles[2].id)]
        assert [more.n for more in news.read_more(reader.pk, NOW.date())] == [264]
    assert told_to(cleo) == []


def test_all_but_searches_is_told_while_the_index_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = make_reader("ada")
    following.follow(ada.pk, "search", "q=pain", "pain", 0, NOW)
    following.follow(ada.pk, "keyphrase", "injection", "injection", 0, NOW)
    article = new_article("Pain", keyphrases=["injection"])

    def broken(*_: object) -> tuple[list[int], int]:
        raise IndexFailure("the index is broken", permanent=True)

    with monkeypatch.context() as patch:
        patch.setattr(asking, "arrivals", broken)
        told = alerting.tell_readers(NOW)
    assert (told.n, told.index_failure) == (1, "the index is broken")
    monkeypatch.setattr(asking, "arrivals", lambda *_: ([article.id], 1))
    assert alerting.tell_readers(NOW).index_failure == ""
    assert Follow.objects.get(kind="search").seen_to == article.id


def test_what_telling_costs_does_not_grow_with_readers_whom_nothing_concerns() -> None:
    def n_queries() -> int:
        new_article(f"New {catalog.Article.objects.count()}", keyphrases=["injection"])
        with CaptureQueriesContext(connections[Alert.objects.db]) as captured:
            alerting.tell_readers(NOW)
        return len(captured)

    ada = make_reader("ada")
    following.follow(ada.pk, "keyphrase", "injection", "injection", 0, NOW)
    before = n_queries()
    for i in range(20):
        other = make_reader(f"other{i}")
        following.follow(other.pk, "keyphrase", f"topic-{i}", "topic", 0, NOW)
        following.follow(other.pk, "venue", f"venue-{i}", "venue", 0, NOW)
    assert n_queries() <= before + 1, "the question for those who follow venues"


def test_when_nothing_was_ever_told_what_is_there_counts_as_known() -> None:
    Checkpoint.objects.all().delete()
    ada = make_reader("ada")
    following.follow(ada.pk, "keyphrase", "injection", "injection", 0, NOW)
    new_article("Old", keyphrases=["injection"])
    assert alerting.tell_readers(NOW) == alerting.Alerted()
    assert told_to(ada) == []


def test_a_retraction_is_told_where_nothing_was_ever_told() -> None:
    Checkpoint.objects.all().delete()
    ada = make_reader("ada")
    article = new_article("Pain")
    marks.like(ada.pk, article.id, NOW)
    retract(article)
    alerting.tell_readers(NOW)
    assert [kind for kind, _, _ in told_to(ada)] == ["retraction"]


def test_a_catalog_that_was_begun_anew_is_told_from_its_beginning_on() -> None:
    Checkpoint.objects.filter(name="mentions").update(value=10**9)
    ada = make_reader("ada")
    article = new_article("Pain")
    following.follow(ada.pk, "article", str(article.id), "Pain", 0, NOW)
    alerting.tell_readers(NOW)
    make_mention(article, story("new"), LINK)
    alerting.tell_readers(NOW)
    assert [kind for kind, _, _ in told_to(ada)] == ["mention"]


def test_who_follows_a_merged_article_follows_the_one_that_it_is_now() -> None:
    ada, ben = make_reader("ada"), make_reader("ben")
    for number in (1, 2):
        following.follow(ada.pk, "article", str(number), "Pain", 0, NOW)
    following.follow(ben.pk, "article", "2", "Pain", 0, NOW)
    assert following.follow_absorbed_articles({2: 1}) == 2
    assert following.follow_absorbed_articles({2: 1}) == 0
    assert sorted(Follow.objects.values_list("reader_id", "target")) == [(ada.pk, "1"), (ben.pk, "1")]


def test_old_alerts_are_forgotten() -> None:
    ada = make_reader("ada")
    article = new_article("Pain")
    alerts.write_alerts([News(ada.pk, "new", article.id, 0, "old")], NOW - timedelta(days=400))
    alerts.write_alerts([News(ada.pk, "mention", article.id, 1, "young")], NOW)
    assert alerts.forget_alerts(NOW - alerting.KEPT) == 1
    assert [why for _, _, why in told_to(ada)] == ["young"]


def test_a_digest_gets_what_was_neither_seen_nor_mailed_and_the_gravest_first() -> None:
    ada = make_reader("ada")
    ids = [new_article(f"Article {i}").id for i in range(5)]
    alerts.write_alerts([News(ada.pk, "correction", ids[0], 0, "x")], NOW)
    alerts.write_alerts([News(ada.pk, "new", number, 0, "x") for number in ids], NOW + DAY)
    alerts.write_alerts([News(ada.pk, "concern", ids[1], 0, "x")], NOW - DAY)
    told, n_more = news.alerts_for_digest(ada.pk, NOW - timedelta(hours=1), n=3)
    assert [(one.kind, one.article.now_id) for one in told] == [
        ("correction", ids[0]),
        ("new", ids[4]),
        ("new", ids[3]),
    ]
    assert n_more == 3
    alerts.mark_seen(ada.pk, 10**9, NOW)
    assert news.alerts_for_digest(ada.pk, NOW - DAY) == ([], 0)


def test_nobody_follows_more_than_five_hundred_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MAX_FOLLOWED", 2)
    ada = make_reader("ada")
    for target in ("a", "b", "b"):
        following.follow(ada.pk, "keyphrase", target, target, 0, NOW)
    with pytest.raises(following.FollowError, match="stop following one"):
        following.follow(ada.pk, "keyphrase", "c", "c", 0, NOW)
    with pytest.raises(following.FollowError, match="too long"):
        following.follow(ada.pk, "search", "q=" + "x" * 1_000, "x", 0, NOW)
