"""Mail the digests that are due: `germane recommend digest`, and within `germane work`.

A digest holds what is recommended and was never mailed to that reader before, and what happened to what they follow.
With nothing new none is sent. It is noted as sent before the mail leaves, so that a killed run mails nothing twice.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from msgspec import Struct

from germane.web.catalog import queries as catalog
from germane.web.readers import mailing
from germane.web.readers.bulk import DueDigest, digests_due, mailed_ids
from germane.web.readers.lists import read_list
from germane.web.readers.mailing import Mail, MailFailure
from germane.web.readers.news import Told, alerts_for_digest
from germane.web.readers.store import digests
from germane.web.readers.suggesting import Suggestion, needed, suggest

N = {"daily": 5, "weekly": 10}  # recommendations in a digest

Progress = Callable[[int], None]  # digests looked at


class Digested(Struct):
    """What became of the digests that were due."""

    n_sent: int = 0
    n_refused: int = 0  # by the mail server, for good
    n_empty: int = 0  # nothing was new


class _Content(Struct, frozen=True):
    suggestions: list[Suggestion]
    told: list[Told]
    n_more: int


def send_digests(now: datetime, progress: Progress = lambda _: None) -> Digested:
    """Send all digests that are due, at the pace of `mailing`. Raises MailFailure; what was not sent is due still."""
    done = Digested()
    begun: list[tuple[DueDigest, list[int]]] = []

    def mails() -> Iterator[Mail]:
        for due in _all_due(now):
            content = _content_of(due, now)
            if not content.suggestions and not content.told:
                done.n_empty += 1
                continue
            ids = [each.line.id for each in content.suggestions]
            if digests.begin_sending(due.reader_id, ids, due.sent_at, now):
                begun.append((due, ids))
                yield write_mail(due, content)

    try:
        for _, is_sent in mailing.send_mails(mails()):
            begun.pop()
            done.n_sent += is_sent
            done.n_refused += not is_sent
            progress(done.n_sent + done.n_refused + done.n_empty)
    except MailFailure:
        for due, ids in begun:
            digests.take_back_sending(due.reader_id, ids, due.sent_at, now)
        raise
    return done


def write_mail(due: DueDigest, content: _Content) -> Mail:
    """Return a digest as plain text and as simple markup, with no picture and nothing that tells whether it is read."""
    unsubscribe = f"{settings.ENVIRONMENT.base_url}/you/unsubscribe/digest/{due.digest_key}"
    context = {
        "suggestions": content.suggestions,
        "told": content.told,
        "n_more": content.n_more,
        "digest": due.digest,
        "unsubscribe": unsubscribe,
    }
    subject, _, body = render_to_string("readers/digest_mail.txt", context).strip().partition("\n")
    html = render_to_string("readers/digest_mail.html", context)
    return Mail(due.reader_id, due.email, " ".join(subject.split()), body.strip() + "\n", unsubscribe, html)


def _all_due(now: datetime) -> Iterator[DueDigest]:
    after = 0
    while some := digests_due(now, after=after):
        yield from some
        after = some[-1].reader_id


def _content_of(due: DueDigest, now: datetime) -> _Content:
    told, n_more = alerts_for_digest(due.reader_id, due.since)
    mailed = mailed_ids(due.reader_id) | {one.article.now_id for one in told}
    found = [each for each in read_list(due.reader_id, now).found if each.article_id not in mailed][: N[due.digest]]
    lines = {line.id: line for line in catalog.read_lines(needed(found))}
    return _Content(suggest(found, lines), told, n_more)
