"""What readers follow, and what they are told: reads of `Follow` and `Alert`, and alerts with what they are about.

Lists go by keyset, as in `queries`: `after` is the (microseconds, number) of the last alert shown.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from msgspec import Struct

from germane.web.catalog.happenings import ToldMention, read_told_mentions
from germane.web.catalog.numbers import Remembered, read_remembered
from germane.web.readers.models import Alert, Follow, FollowDay, Like, Reader
from germane.web.readers.queries import After
from germane.web.readers.store.alerts import MOST_A_DAY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SOME = 500  # values in one IN list


class Followed(NamedTuple):
    """Something that a reader follows."""

    id: int
    kind: str
    target: str
    label: str
    made_at: datetime


class Follower(NamedTuple):
    """A reader who follows something, and up to which number they need not be told of it."""

    follow_id: int
    reader_id: int
    kind: str
    target: str
    label: str
    seen_to: int


class More(NamedTuple):
    """That more happened on one day to something that is followed than is listed."""

    follow: Followed
    day: date
    n: int


class Told(Struct, frozen=True):
    """An alert with what it is about."""

    id: int
    kind: str  # of `models.ALERTS`
    article: Remembered  # as it is today
    mention: ToldMention | None  # of an alert of a mention, while it is shown
    why: str  # "You like this article", "You follow the keyword “pain”"
    happened_at: datetime
    is_seen: bool

    @property
    def place(self) -> str:
        """Return its place in the list, as an address carries it."""
        return f"{(self.happened_at - _EPOCH) // timedelta(microseconds=1)}.{self.id}"


def read_followed(reader_id: int) -> list[Followed]:
    """Return what a reader follows, by kind and name."""
    mine = Follow.objects.filter(reader_id=reader_id).order_by("kind", "label", "id")
    return [Followed(*row) for row in mine.values_list("id", "kind", "target", "label", "made_at")]


def find_followed(reader_id: int, kind: str, target: str) -> Followed | None:
    """Return what a reader follows, or None when they do not."""
    mine = Follow.objects.filter(reader_id=reader_id, kind=kind, target=target)
    row = mine.values_list("id", "kind", "target", "label", "made_at").first()
    return Followed(*row) if row else None


def read_alerts(reader_id: int, after: After = None, n: int = 25) -> list[Told]:
    """Return one page of a reader's alerts, newest first, and one more than `n` when there are more."""
    wanted = Q(reader_id=reader_id)
    if after:
        at = _EPOCH + timedelta(microseconds=after[0])
        wanted &= Q(happened_at__lt=at) | Q(happened_at=at, id__lt=after[1])
    return _tell(Alert.objects.filter(wanted).order_by("-happened_at", "-id")[: n + 1])


def alerts_for_digest(reader_id: int, since: datetime, n: int = 20) -> tuple[list[Told], int]:
    """Return what a reader was told after a time and has neither seen nor got by mail, newest first; and how many more.

    At most `n` alerts; gravest (retractions) before the rest when there are more.
    """
    wanted = Alert.objects.filter(reader_id=reader_id, happened_at__gt=since, seen_at=None, mailed_at=None)
    graver = wanted.exclude(kind__in=("new", "mention")).order_by("-happened_at", "-id")[:n]
    chosen = [*graver, *wanted.filter(kind__in=("new", "mention")).order_by("-happened_at", "-id")[:n]][:n]
    told = _tell(chosen)
    unlisted = FollowDay.objects.filter(follow__reader_id=reader_id, day__gt=since.date(), n__gt=MOST_A_DAY)
    return told, wanted.count() - len(chosen) + sum(day.n - MOST_A_DAY for day in unlisted)


def read_more(reader_id: int, since: date) -> list[More]:
    """Return where more happened on a day since then than is listed, the latest day first."""
    days = FollowDay.objects.filter(follow__reader_id=reader_id, day__gte=since, n__gt=MOST_A_DAY)
    return [
        More(Followed(d.follow.pk, d.follow.kind, d.follow.target, d.follow.label, d.follow.made_at), d.day,
             d.n - MOST_A_DAY)
        for d in days.select_related("follow").order_by("-day", "follow__label")
    ]  # fmt: skip


def read_to_mail(reader_id: int) -> list[Told]:
    """Return the alerts that wait to be told to a reader by mail."""
    return _tell(Alert.objects.filter(reader_id=reader_id, is_to_mail=True).order_by("id"))


# For those who tell


def followed_kinds() -> set[str]:
    """Return the kinds of things that anybody follows."""
    return {kind for kind in ("article", "keyphrase", "venue", "author", "search")
            if Follow.objects.filter(kind=kind).exists()}  # fmt: skip


def followers_of(kind: str, targets: Iterable[str]) -> list[Follower]:
    """Return who follows any of some things of a kind."""
    wanted, found = sorted(set(targets)), []
    for start in range(0, len(wanted), _SOME):
        some = Follow.objects.filter(kind=kind, target__in=wanted[start : start + _SOME], reader__is_active=True)
        found += [Follower(*row) for row in some.values_list("id", "reader_id", "kind", "target", "label", "seen_to")]
    return found


def next_searches(after: str, n: int) -> list[str]:
    """Return the next searches that anybody follows, each once."""
    searches = Follow.objects.filter(kind="search", target__gt=after).order_by("target")
    return list(searches.values_list("target", flat=True).distinct()[:n])


def likers_of(article_id: int, after: int, n: int) -> list[int]:
    """Return the next readers who like an article, by their numbers."""
    likes = Like.objects.filter(article_id=article_id, reader_id__gt=after, reader__is_active=True)
    return list(likes.order_by("reader_id").values_list("reader_id", flat=True)[:n])


def next_to_mail(after: int, n: int) -> list[int]:
    """Return the next readers for whom alerts wait to be told by mail, by their numbers."""
    waiting = Alert.objects.filter(is_to_mail=True, reader_id__gt=after).order_by("reader_id")
    return list(waiting.values_list("reader_id", flat=True).distinct()[:n])


def addresses_for_mail(reader_ids: Collection[int]) -> dict[int, str]:
    """Return the confirmed addresses of those of some readers who want to be told by mail."""
    from allauth.account.models import EmailAddress

    wanting = Reader.objects.filter(id__in=list(reader_ids), alert_mails=True, is_active=True)
    addresses = EmailAddress.objects.filter(user__in=wanting, verified=True).order_by("primary")  # the primary wins
    return dict(addresses.values_list("user_id", "email"))


def _tell(alerts: Sequence[Alert] | Iterable[Alert]) -> list[Told]:
    """Return alerts with what they are about, in four queries."""
    found = list(alerts)
    today = {one.article_id: one for one in _remember(found)}
    mentions = read_told_mentions(
        (today[a.article_id].now_id, a.item_id) for a in found if a.item_id and a.article_id in today
    )
    return [
        Told(
            id=a.pk,
            kind=a.kind,
            article=today[a.article_id],
            mention=mentions.get((today[a.article_id].now_id, a.item_id)),
            why=a.why,
            happened_at=a.happened_at,
            is_seen=a.seen_at is not None,
        )
        for a in found
        if a.article_id in today
    ]


def _remember(alerts: Sequence[Alert]) -> list[Remembered]:
    """Return what the articles of some alerts are today; two that became one, under both numbers."""
    ids = list(dict.fromkeys(a.article_id for a in alerts))
    found = read_remembered(ids)
    seen = {one.article_id for one in found}
    return found + [one for number in ids if number not in seen for one in read_remembered([number])]
