"""Tell readers what is new in what they follow, and at once when something that they like was retracted.

Everything new has a number that ascends (`catalog.happenings`), and the job keeps how far it has come, in the
transaction of the alerts themselves: it can be killed at any moment, and tells nobody twice. It looks followers up by
what happened; it looks at no article that is not new, and at no reader whom nothing concerns.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from germane.web.catalog import happenings
from germane.web.catalog.happenings import Arrival, NoticeGained
from germane.web.readers import news
from germane.web.readers.news import Follower
from germane.web.readers.store import alerts
from germane.web.readers.store.alerts import News, read_checkpoint, set_checkpoint, write_alerts

KEPT = timedelta(days=365)  # alerts, and how much happened on each day
_AT_ONCE = 500  # articles, mentions or notices
_READERS = 2_000

# A kind of thing that can be followed, as the reason of an alert says it.
_WORDS = {"article": "", "keyphrase": "the keyword ", "venue": "the venue ", "author": "the author ",
          "search": "the search "}  # fmt: skip


class Alerted(Struct):
    """How many alerts were made, by what happened."""

    n_notices: int = 0
    n_mentions: int = 0
    n_articles: int = 0


def tell_readers(now: datetime) -> Alerted:
    """Make the alerts of everything that is new; called again, it makes none.

    When it has never run before, what is there already counts as known.
    """
    told = Alerted(
        n_notices=_from("notices", happenings.read_last_notice, _tell_notices, now),
        n_mentions=_from("mentions", happenings.read_last_mention, _tell_mentions, now),
        n_articles=_from("articles", happenings.read_last_article, _tell_arrivals, now),
    )
    alerts.forget_alerts(now - KEPT)
    return told


def _from(name: str, read_last: Callable[[], int], tell: Callable[[int, datetime], int], now: datetime) -> int:
    """Call what tells from where it was; from the end when it has never run, or when the catalog was begun anew."""
    last, before = read_last(), read_checkpoint(name)
    if before is None or before > last:
        set_checkpoint(name, last)
        return 0
    return tell(before, now) if before < last else 0


def _tell_notices(after: int, now: datetime) -> int:
    n = 0
    while some := happenings.read_notices(after, _AT_ONCE):
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


def _tell_mentions(after: int, now: datetime) -> int:
    if "article" not in news.followed_kinds():
        set_checkpoint("mentions", happenings.read_last_mention())
        return 0
    n = 0
    while True:
        some, last = happenings.read_mentioned(after, _AT_ONCE)
        if last == after:
            return n
        followers = _by_target(news.followers_of("article", {str(one.article_id) for one in some}))
        found = [
            News(f.reader_id, "mention", one.article_id, one.item_id, _why(f), f.follow_id)
            for one in some
            for f in followers.get(str(one.article_id), ())
            if one.id > f.seen_to
        ]
        n += write_alerts(found, now, checkpoint=("mentions", last))
        after = last


def _tell_arrivals(after: int, now: datetime) -> int:
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


def _by_target(followers: Iterable[Follower]) -> dict[str, list[Follower]]:
    found: dict[str, list[Follower]] = {}
    for follower in followers:
        found.setdefault(follower.target, []).append(follower)
    return found


def _why(follower: Follower) -> str:
    return f"You follow {_WORDS[follower.kind]}“{follower.label}”"
