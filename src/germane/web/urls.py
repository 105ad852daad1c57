"""Every address of the site, in one list."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from germane.article import Identifier, Scheme
from germane.web.api import alert_feeds, exports, feeds, reader_exports, sitemaps, v1
from germane.web.api import collections as collection_files
from germane.web.api import readers as reader_lists
from germane.web.catalog import queries
from germane.web.pages import about, article, browse, errors, home, plain, preview, quality, search
from germane.web.pages.addresses import Form, Located, dashboard_doi, is_canonical, locate, locate_number
from germane.web.pages.readers import (
    account,
    alerts,
    because,
    collections,
    digests,
    following,
    for_you,
    leaving,
    likes,
    likes_import,
    notes,
    profile,
    state,
    steering_forms,
)
from germane.web.pages.readers.who import KeyConverter, NumberConverter, by_method

# What answers for each form of an article: its tabs are pages, the rest is for programs.
_FORMS: dict[Form, Callable[[HttpRequest, Located], HttpResponse]] = {
    "bib": exports.bibtex,
    "ris": exports.ris,
    "csl.json": exports.csl_json,
    "jsonld": exports.json_ld,
    "json": v1.article_form,
    "atom": feeds.article,
    "png": preview.show,
}


def _by_identifier(request: HttpRequest, scheme: Scheme, text: str) -> HttpResponse:
    return _answer(request, locate(scheme, text), text)


def _by_number(request: HttpRequest, text: str) -> HttpResponse:
    return _answer(request, locate_number(text), text)


def _dashboard(request: HttpRequest) -> HttpResponse:
    """Answer the address that the site which we are modelled on uses: `/dashboard/?doi=…`."""
    text = request.GET.get("doi", "")
    doi = dashboard_doi(text)
    place = queries.find_article(Identifier("doi", doi)) if doi else None
    if place is None or place.is_deleted:
        return _answer(request, Located(place, "") if place else None, doi or text)
    return HttpResponsePermanentRedirect(place.address)


def _answer(request: HttpRequest, located: Located | None, text: str) -> HttpResponse:
    if located is None:
        return errors.no_such_article(request, text)
    if located.place.is_deleted:
        return errors.withdrawn(request, text)
    if not is_canonical(located, request.path):
        query = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(located.address + (f"?{query}" if query else ""))
    return _FORMS.get(located.form, article.show)(request, located)


PUBLIC: list[URLPattern] = [
    path("", home.show),
    path("search", search.show),
    *(
        path(f"{scheme}/<path:text>", _by_identifier, {"scheme": scheme})
        for scheme in ("doi", "pmid", "pmcid", "arxiv", "openalex", "acl")
    ),
    path("article/<path:text>", _by_number),
    path("dashboard/", _dashboard),
    path("dashboard", _dashboard),
    path("keyword/<str:slug>.atom", feeds.keyword),
    path("keyword/<str:slug>", browse.keyword),
    path("venue/<str:slug>.atom", feeds.venue),
    path("venue/<str:slug>", browse.venue),
    path("author/<str:orcid>.atom", feeds.author),
    path("author/<str:orcid>", browse.author),
    path("newest", browse.newest),
    path("newest.atom", feeds.newest),
    path("about", about.show),
    path("quality", quality.show),
    path("robots.txt", plain.robots),
    path("favicon.svg", plain.favicon),
    path("favicon.ico", plain.favicon),
    path("opensearch.xml", plain.opensearch),
    path("sitemap.xml", sitemaps.index),
    path("sitemap-<int:number>.xml", sitemaps.part),
    path("api/v1/articles/<path:text>", v1.article),
    path("api/v1/search", v1.search),
]
for _pattern in PUBLIC:  # there is nothing here to write to: anything but GET and HEAD is answered 405
    _pattern.callback = require_safe(_pattern.callback)

# What depends on who asks; `readers.private.is_private` knows each by its beginning.
PRIVATE: list[URLPattern | URLResolver] = []
if settings.ENVIRONMENT.accounts:
    PRIVATE += [
        path("account/", account.show),
        path("account", lambda request: HttpResponsePermanentRedirect("/account/")),
        path("account/", include("allauth.urls")),
        path("you/delete", by_method(get=leaving.delete, post=leaving.delete)),
        path("you/export.json", by_method(get=reader_exports.everything)),
        path("you/export.bib", by_method(get=reader_exports.bibtex)),
        path("you/export.ris", by_method(get=reader_exports.ris)),
    ]

# Likes and other marks; without an account, likes and what is made of them work all the same.
register_converter(NumberConverter, "number")
register_converter(KeyConverter, "key")
PRIVATE += [
    path("like/<number:number>", by_method(get=likes.show, post=likes.press)),
    path("like/<number:number>/read", by_method(post=notes.mark_read)),
    path("like/<number:number>/dismiss", by_method(post=notes.dismiss)),
    path("like/<number:number>/note", by_method(post=notes.write)),
    path("like/<number:number>/collect", by_method(post=collections.collect)),
    path("you/state", by_method(get=state.show)),
    path("you/likes", by_method(get=likes.show_all, post=likes.show_all)),
    path("you/likes/carry", by_method(post=likes.carry)),
    path("you/likes/import", by_method(post=likes_import.take)),
    path("you/likes/forget", by_method(post=likes.forget)),
    path("you/read", by_method(get=notes.show_read)),
    path("you/notes", by_method(get=notes.show_notes)),
    path("you/collections", by_method(get=collections.show_all, post=collections.make)),
    path("you/collections/<number:number>", by_method(get=collections.show)),
    path("you/collections/<number:number>.<str:form>", by_method(get=collection_files.own)),
    path("you/collections/<number:number>/<str:what>", by_method(post=collections.change)),
]
# For you: without an account, it is made of what the browser posts.
PRIVATE += [
    path("you", csrf_exempt(by_method(get=for_you.show, post=for_you.show))),
    path("you/pick", by_method(post=steering_forms.pick)),
    path("you/change", by_method(post=steering_forms.change)),
    path("you/because", csrf_exempt(by_method(get=because.show, post=because.show))),
    path("you/profile", by_method(get=profile.show)),
    path("you/recommended.json", by_method(get=reader_lists.recommended)),
    path("you/feed/<key:key>.atom", by_method(get=reader_lists.feed)),
    path("you/feed", by_method(post=digests.renew_feed)),
    path("you/digest", by_method(get=digests.show, post=digests.choose)),
    path("you/digest/<key:key>", csrf_exempt(by_method(get=digests.confirm, post=digests.confirm))),
    path("you/unsubscribe/digest/<key:key>", csrf_exempt(by_method(get=digests.stop, post=digests.stop))),
]
# What readers follow, and what they are told of it.
PRIVATE += [
    path("you/following", by_method(get=following.show_all)),
    path("you/following/add", by_method(get=following.ask, post=following.add)),
    path("you/following/stop", by_method(post=following.stop)),
    path("you/alerts", by_method(get=alerts.show)),
    path("you/alerts/seen", by_method(post=alerts.mark_seen)),
    path("you/alerts/mails", by_method(post=alerts.set_mails)),
    path("you/feed/<key:key>/alerts.atom", by_method(get=alert_feeds.show)),
    path("you/unsubscribe/alerts/<str:key>", csrf_exempt(by_method(get=alerts.unsubscribe, post=alerts.unsubscribe))),
]
# Public for whoever has the link; no cache keeps it.
SHARED: list[URLPattern | URLResolver] = [
    path("shared/<key:key>.<str:form>", by_method(get=collection_files.shared)),
    path("shared/<key:key>", by_method(get=collections.show_shared)),
]

urlpatterns: list[URLPattern | URLResolver] = [*PUBLIC, *PRIVATE, *SHARED]
handler400 = errors.bad_request
handler404 = errors.not_found
handler500 = errors.broken
handler429 = account.too_many  # allauth's limits ask for it by this name
