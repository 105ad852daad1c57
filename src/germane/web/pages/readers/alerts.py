"""What a reader was told: the list of alerts, what of it is new to them, and whether mails are sent at once."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from germane.web.pages.readers.account import reader_of
from germane.web.pages.readers.likes import N_LINES, read_place
from germane.web.pages.readers.who import for_reader, read_number
from germane.web.readers import mailing, news
from germane.web.readers.store import alerts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MORE_FROM = timedelta(days=30)


@for_reader
def show(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Return the list of a reader's alerts, newest first."""
    reader, after = reader_of(request), read_place(request)
    page = news.read_alerts(reader_id, after, N_LINES)
    shown = page[:N_LINES]
    seen = request.GET.get("seen", "")
    context = {
        "alerts": shown,
        "more": f"/you/alerts?after={shown[-1].place}" if len(page) > N_LINES else "",
        "unlisted": [] if after else news.read_more(reader_id, (timezone.now() - _MORE_FROM).date()),
        "last": max((alert.id for alert in shown), default=0),
        "has_unseen": any(not alert.is_seen for alert in shown),
        "seen": seen if seen.isascii() and seen.isdigit() and len(seen) < 18 else "",
        "wants_mails": reader.alert_mails,
        "feed": f"{settings.ENVIRONMENT.base_url}/you/feed/{reader.feed_key}/alerts.atom",
    }
    return render(request, "readers/alerts.html", context)


@for_reader
def mark_seen(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Mark a reader's alerts as seen, up to the one that stood on top when they pressed; `undo` takes that back."""
    undo, last = request.POST.get("undo", ""), read_number(request.POST.get("last", ""))
    if undo.isascii() and undo.isdigit() and len(undo) < 18:
        alerts.unmark_seen(reader_id, _EPOCH + timedelta(microseconds=int(undo)))
        return HttpResponseRedirect("/you/alerts")
    now = timezone.now()
    if last:
        alerts.mark_seen(reader_id, last, now)
    return HttpResponseRedirect(f"/you/alerts?seen={(now - _EPOCH) // timedelta(microseconds=1)}")


@for_reader
def set_mails(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Note whether a reader wants a mail at once when something that they like is retracted."""
    alerts.set_alert_mails(reader_id, request.POST.get("wanted") == "1")
    return HttpResponseRedirect("/you/alerts#mails")


def unsubscribe(request: HttpRequest, key: str) -> HttpResponse:
    """Stop a reader's mails, by the link in each of them: RFC 8058.

    A mail program posts without a cookie or a token; the key in the address says who. Opening the page changes nothing.
    """
    try:
        reader_id = mailing.read_key(key)
    except BadSignature as error:
        raise Http404 from error
    is_wanted = request.POST.get("wanted") == "1"
    if request.method == "POST":
        alerts.set_alert_mails(reader_id, is_wanted)
    is_done = request.method == "POST"
    return render(request, "readers/unsubscribe.html", {"is_done": is_done, "is_wanted": is_wanted})
