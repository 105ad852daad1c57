"""Tell readers what is new in what they follow, and at once when something that they like was retracted.

Everything new has a number that ascends (`catalog.happenings`), and the job keeps how far it has come, in the
transaction of the alerts themselves: it can be killed at any moment, and tells nobody twice. It looks followers up by
what happened; it looks at no article that is not new, and at no reader whom nothing concerns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.http import QueryDict
from django.template.loader import render_to_string
from msgspec import Struct

from germane.index import IndexFailure
from germane.web.catalog import asking, happenings
from germane.web.catalog.happenings import Arrival, NoticeGained
from germane.web.readers import mailing, news
from germane.web.readers.mailing import Mail
from germane.web.readers.news import Follower, Told
from germane.web.readers.store import alerts, views
from germane.web.readers.store.alerts import News, read_checkpoint, set_checkpoint, write_alerts

KEPT = timedelta(days=365)  # alerts, and how much happened on each day
VIEWS_KEPT = timedelta(days=400)  # sums of page views: a year and a month to compare with
_AT_ONCE = 500  # articles, mentions or notices
_READERS = 2_000
_MAILS = 200  # written at once

# A kind of thing that can be followed, as the reason of an alert says it.
_WORDS = {"article": "", "keyphrase": "the keyword ", "venue": "the venue ", "author": "the author ",
          "search": "the search "}  # fmt: skip


class Alerted(Struct):
    """How many alerts were made, by what happened."""

    n_notices: int = 0
    n_mentions: int = 0
    n_articles: int = 0
    n_searches: int = 0  # alerts of articles that a search finds
    index_failure: str = ""  # why searches could not be asked; they wait for the next run

    @property
    def n(self) -> int:
        """Return how many alerts there are in all."""
        return self.n_notices + self.n_mentions + self.n_articles + self.n_searches


def tell_readers(now: datetime) -> Alerted:
    """Make the alerts of everything that is new; called again, it makes none.

    What was there before anybody followed anything counts as known.
    """
    told = Alerted(
        n_notices=_from("notices", happenings.read_last_notice, _tell_notices, now),
        n_mentions=_from("mentions", happenings.read_last_mention, _tell_mentions, now),
        n_articles=_from("articles", happenings.read_last_article, _tell_arrivals, now),
    )
    try:
        told.n_searches = _tell_searches(now)
    except IndexFailure as failure:  # everything else is told without the index
        told.index_failure = str(failure)
    alerts.forget_alerts(now - KEPT)
    views.forget_views((now - VIEWS_KEPT).date())
    return told


def _from(name: str, read_last: Callable[[], int], tell: Callable[[int, int, datetime], int], now: datetime) -> int:
    """Call what tells from where it was; from the end when nobody ever followed, or when the catalog was begun anew.

    Notices are told from the first on: only articles that were here already, and may be liked, get any.
    """
    last, before = read_last(), read_checkpoint(name)
    if before is None and name == "notices":
        before = 0
    if before is None or before > last:
        set_checkpoint(name, last)
        return 0
    return tell(before, last, now) if before < last else 0


def _tell_notices(after: int, last: int, now: datetime) -> int:
    n = 0
    while some := happenings.read_notices(after, last, _AT_ONCE):
        for one in some:
            for few in _news_of(one):
                n += write_alerts(few, now)
            after = one.id
            set_checkpoint("notices", after)
    return n


def _news_of(notice: NoticeGained) -> Iterator[list[News]]:
    number = notice.article_id
    reader_id = 0
    while readers := news.likers_of(number, reader_id, _READERS):
        yield [News(r, kind, number, 0, "You like this article") for r in readers for kind in notice.kinds]
        reader_id = readers[-1]
    followers = news.followers_of("article", [str(number)])
    yield [News(f.reader_id, kind, number, 0, _why(f), f.follow_id) for f in followers for kind in notice.kinds]


def _tell_mentions(after: int, last: int, now: datetime) -> int:
    if "article" not in news.followed_kinds():
        set_checkpoint("mentions", last)
        return 0
    n = 0
    while after < last:
        some, after = happenings.read_mentioned(after, last, _AT_ONCE)
        followers = _by_target(news.followers_of("article", {str(one.article_id) for one in some}))
        found = [
            News(f.reader_id, "mention", one.article_id, one.item_id, _why(f), f.follow_id)
            for one in some
            for f in followers.get(str(one.article_id), ())
            if one.id > f.seen_to
        ]
        n += write_alerts(found, now, checkpoint=("mentions", after))
    return n


def _tell_arrivals(after: int, _: int, now: datetime) -> int:
    last = happenings.read_last_settled(after)
    n = 0
    while last > after and news.followed_kinds() - {"search"}:
        some = happenings.read_arrivals(after, last, _AT_ONCE)
        until = some[-1].article_id if len(some) == _AT_ONCE else last
        found = [
            News(f.reader_id, "new", one.article_id, 0, why, f.follow_id)
            for one, f, why in _who_follows(some)
            if f.kind == "article" or one.article_id > f.seen_to  # which is a mention's number there
        ]
        n += write_alerts(found, now, checkpoint=("articles", until))
        after = until
    set_checkpoint("articles", last)
    return n


def _who_follows(some: Iterable[Arrival]) -> Iterator[tuple[Arrival, Follower, str]]:
    """Yield each new article with who follows something that it belongs to, and why they are told."""
    keys: dict[str, Callable[[Arrival], Iterable[str]]] = {
        "article": lambda one: map(str, one.versions),
        "keyphrase": lambda one: one.keyphrases,
        "venue": lambda one: [one.venue] if one.venue else [],
        "author": lambda one: one.orcids,
    }
    for kind in news.followed_kinds() & keys.keys():
        targets = {one.article_id: set(keys[kind](one)) for one in some}
        followers = _by_target(news.followers_of(kind, set().union(*targets.values())))
        for one in some:
            for target in sorted(targets[one.article_id] & followers.keys()):
                for follower in followers[target]:
                    why = _why(follower)
                    yield one, follower, why if kind != "article" else f"A new version. {why}"


def _tell_searches(now: datetime) -> int:
    """Ask the index for what is new of each search, once however many follow it."""
    last, n, after = read_checkpoint("articles") or 0, 0, ""
    while searches := news.next_searches(after, _AT_ONCE):
        for search in searches:
            followers = news.followers_of("search", [search])
            for seen_to in sorted({f.seen_to for f in followers if f.seen_to < last}):
                behind = [f for f in followers if f.seen_to == seen_to]
                n += _tell_search(search, behind, last, now)
        after = searches[-1]
    return n


def _tell_search(search: str, followers: list[Follower], last: int, now: datetime) -> int:
    """Tell who follows a search of what it finds among the articles beyond what they have been told of."""
    found, n_found = asking.arrivals(
        asking.read_fields(QueryDict(search)), followers[0].seen_to + 1, last, alerts.MOST_A_DAY
    )
    return write_alerts(
        [News(f.reader_id, "new", number, 0, _why(f), f.follow_id) for number in found for f in followers],
        now,
        unlisted={f.follow_id: n_found - len(found) for f in followers if n_found > len(found)},
        seen_to=([f.follow_id for f in followers], last),
    )


def _by_target(followers: Iterable[Follower]) -> dict[str, list[Follower]]:
    found: dict[str, list[Follower]] = {}
    for follower in followers:
        found.setdefault(follower.target, []).append(follower)
    return found


def _why(follower: Follower) -> str:
    return f"You follow {_WORDS[follower.kind]}“{follower.label}”"


# Mails


def send_alerts(now: datetime) -> tuple[int, str]:
    """Send the mails that are due, one to a reader, and return how many, and why it stopped early ("": it did not).

    A mail is sent, then noted: whoever stops this in between has one mail sent twice, and none lost.
    """
    n, after = 0, 0
    while readers := news.next_to_mail(after, _MAILS):
        addresses = news.addresses_for_mail(readers)
        for reader_id in readers:
            if reader_id not in addresses:
                alerts.forget_mails(reader_id)
        waiting = {r: news.read_to_mail(r) for r in readers if r in addresses}
        mails = [write_mail(r, addresses[r], told) for r, told in waiting.items() if told]
        try:
            for mail, is_sent in mailing.send_mails(mails):
                if is_sent:
                    alerts.mark_mailed([one.id for one in waiting[mail.reader_id]], now)
                    n += 1
                else:
                    alerts.forget_mails(mail.reader_id)
        except mailing.MailFailure as failure:
            return n, str(failure)
        after = readers[-1]
    return n, ""


def write_mail(reader_id: int, address: str, told: Sequence[Told]) -> Mail:
    """Return the mail that tells a reader of retractions and reinstatements."""
    unsubscribe = f"{settings.ENVIRONMENT.base_url}/you/unsubscribe/alerts/{mailing.make_key(reader_id)}"
    context = {"told": told, "unsubscribe": unsubscribe}
    subject, _, body = render_to_string("readers/alert_mail.txt", context).strip().partition("\n")
    return Mail(reader_id, address, subject.strip(), body.strip() + "\n", unsubscribe)
