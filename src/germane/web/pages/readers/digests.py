"""How recommendations come to a reader: by mail, confirmed by a mailed link and ended by one press, and by feed."""

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from germane.web.pages.readers.who import for_reader
from germane.web.readers.accounts import AccountAdapter
from germane.web.readers.models import DIGESTS, Reader
from germane.web.readers.store import digests

_PATH = "/you/digest"
_MAIL_EVERY_S = 60  # a mail that asks for confirmation


@for_reader
def show(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Return the page on which both are chosen."""
    reader = Reader.objects.get(pk=reader_id)
    feed = f"{settings.ENVIRONMENT.base_url}/you/feed/{reader.feed_key}.atom"
    return render(request, "readers/digest.html", {"reader": reader, "feed": feed})


@for_reader
def choose(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Note how often mails are wanted; the first time, mail the link by which that is confirmed."""
    digest = request.POST.get("digest", "")
    if digest not in DIGESTS:
        return HttpResponseRedirect(_PATH)
    if digests.want_digest(reader_id, digest) and cache.add(f"digest-mail-{reader_id}", 1, _MAIL_EVERY_S):
        reader = Reader.objects.get(pk=reader_id)
        context = {"digest": digest, "key": reader.digest_key, "base_url": settings.ENVIRONMENT.base_url}
        AccountAdapter(request).send_mail("readers/digest_confirm", reader.email, context)
    return HttpResponseRedirect(_PATH)


def confirm(request: HttpRequest, key: str) -> HttpResponse:
    """Return the page of the mailed link; only its button confirms, for programs that look at links press none."""
    return _by_key(request, key, is_stopping=False)


def stop(request: HttpRequest, key: str) -> HttpResponse:
    """End the mails when posted to, by a mail program (RFC 8058) or by this page's button; looking changes nothing."""
    return _by_key(request, key, is_stopping=True)


@for_reader
def renew_feed(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Give the feed another address."""
    digests.renew_feed_key(reader_id)
    return HttpResponseRedirect(_PATH)


def _by_key(request: HttpRequest, key: str, *, is_stopping: bool) -> HttpResponse:
    is_done = request.method == "POST"
    if is_done:
        is_known = digests.stop_digest(key) if is_stopping else digests.confirm_digest(key, timezone.now())
    else:
        is_known = Reader.objects.filter(digest_key=key, is_active=True).exists()
    if not is_known:
        raise Http404
    context = {"is_stopping": is_stopping, "is_done": is_done, "path": request.path}
    return render(request, "readers/digest_key.html", context)
