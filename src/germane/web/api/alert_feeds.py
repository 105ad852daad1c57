"""A reader's alerts as an Atom feed, at an address that nobody guesses: feed readers have no cookie to sign in with."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from germane.web.api.feeds import write_entry, write_feed
from germane.web.pages import evidence
from germane.web.pages.addresses import TAB_NAMES, safe_url
from germane.web.pages.words import NOTICE_NAMES
from germane.web.readers import news
from germane.web.readers.models import Reader
from germane.web.readers.news import Told

_N = 50
_EPOCH = "1970-01-01T00:00:00Z"


def show(request: HttpRequest, key: str) -> HttpResponse:
    """Return the newest alerts of the reader whose key this is."""
    reader = Reader.objects.filter(feed_key=key, is_active=True).first()
    if reader is None:
        raise Http404
    told = news.read_alerts(reader.pk, n=_N)[:_N]
    base = settings.ENVIRONMENT.base_url
    response = write_feed(
        f"Your alerts · {settings.ENVIRONMENT.site_name}",
        f"{base}/you/alerts",
        f"{base}{request.path}",
        [_entry(one, base) for one in told],
        f"{told[0].happened_at:%Y-%m-%dT%H:%M:%SZ}" if told else _EPOCH,
    )
    del response.headers["Access-Control-Allow-Origin"]
    return response


def _entry(one: Told, base: str) -> str:
    article, mention = one.article, one.mention
    address = base + article.line.address if article.line else f"{base}/you/alerts"
    title, what, link = article.title, "", address
    if mention:
        title = mention.title or mention.url
        what = f"{TAB_NAMES[mention.tab]} about “{article.title}”. {evidence.sentence(mention.evidence)}. "
        link = safe_url(mention.url) or address
    elif one.kind in NOTICE_NAMES:
        title = f"[{NOTICE_NAMES[one.kind]}] {article.title}"
    return write_entry(
        title, f"{base}/you/alerts#{one.id}", link, f"{one.happened_at:%Y-%m-%dT%H:%M:%SZ}", f"{what}{one.why}.",
        article.line.byline if article.line else "",
    )  # fmt: skip
