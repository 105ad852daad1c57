"""The first page: the search field, what is here, and three live strips; no hero text."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from germane.index import IndexFailure
from germane.web import wiring
from germane.web.catalog import queries
from germane.web.pages.environment import render

_N = 6


def show(request: HttpRequest) -> HttpResponse:
    """Return the first page."""
    return render(
        "home.html",
        {
            "n_articles": _n_articles(),
            "newest": queries.read_newest(n=_N)[:_N],
            "discussed": queries.read_discussed(_N),
            "latest": queries.read_latest_mentions(_N),
            "address": settings.ENVIRONMENT.base_url + "/",
        },
    )


def _n_articles() -> int:
    """Return how many articles can be found; the index knows without counting rows."""
    try:
        return wiring.index().n_documents
    except IndexFailure:
        return 0
