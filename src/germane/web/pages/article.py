"""The article page: what it is, where its full text is, whether to trust it, and everything around it."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from germane.article import Keyword, Location, Notice, NoticeKind, RelationKind
from germane.enrich.fulltext import choose_location
from germane.identifiers import parse_key, url_of
from germane.item import PROBABLE_CODES, SHELVES, TABS, Shelf, Tab
from germane.text import excerpt, plain_text
from germane.web.catalog import queries
from germane.web.catalog.queries import After
from germane.web.catalog.rows import MentionLine, Page
from germane.web.pages import addresses, charts, citing, recommended
from germane.web.pages.addresses import Export, Located
from germane.web.pages.environment import render
from germane.web.pages.views import HEADER as VIEWED
from germane.web.pages.words import IDENTIFIER_NAMES, NOTICE_NAMES, plural, source_name, teaser
from germane.web.readers.queries import n_likes_shown

N_AUTHORS = 10
N_ON_SHELF = 5  # on the article's own address; a tab's address shows more
N_MORE = 25
N_REFERENCES = 8
N_ALL_REFERENCES = 400
FOLD_AT = 1_200  # characters of abstract
_TAG_OR_STOP = re.compile(r"<[^>]*>|\. ")
_NOUNS: dict[Tab, tuple[str, str]] = {
    "more": ("item", "items"),
    "news": ("item", "items"),
    "social": ("post", "posts"),
    "video": ("video", "videos"),
    "recommended": ("article", "articles"),
}
_EMPTY_WORDS: dict[Tab, str] = {
    "more": "No other version, data, code, review or reference list found in the sources loaded here",
    "news": "No news or blog post found in the sources loaded here",
    "social": "No post found in the sources loaded here",
    "video": "No video found in the sources loaded here",
    "recommended": "No similar article found among those loaded here",
}
EXPORT_TYPES: dict[Export, str] = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl.json": "application/vnd.citationstyles.csl+json",
    "jsonld": "application/ld+json",
    "json": "application/json",
    "atom": "application/atom+xml",
}
_VERSION_WORDS: dict[RelationKind, str] = {
    "is-preprint-of": "Published version",
    "has-preprint": "Preprint",
    "is-version-of": "Another version",
    "is-correction-of": "Corrects",
    "is-comment-on": "Comments on",
    "is-review-of": "Reviews",
}


class TabView(NamedTuple):
    """A tab in the strip."""

    tab: Tab
    name: str
    n: int
    label: str  # what a screen reader hears after the name
    address: str
    is_open: bool


class ShelfView(NamedTuple):
    """A shelf of a tab: items about the article, or on the same topic. `more` is the address of the rest."""

    shelf: Shelf
    groups: Sequence[tuple[str, Sequence[MentionLine]]]  # (platform or label, items)
    more: str
    is_continued: bool

    @property
    def n_shown(self) -> int:
        """Return how many items are shown."""
        return sum(len(items) for _, items in self.groups)


class Banner(NamedTuple):
    """What was said about an article's standing."""

    notice: Notice
    words: str
    url: str


class FullText(NamedTuple):
    """The link to the full text, and what to expect behind it."""

    location: Location
    url: str
    words: str


def show(request: HttpRequest, located: Located) -> HttpResponse:
    """Return the page of an article with one of its tabs open."""
    page = queries.read_page(located.place.article_id)
    if page is None:  # withdrawn between two queries; the next request says so
        return HttpResponsePermanentRedirect(located.place.address)
    counts = page.counts
    chosen: Tab = located.form if located.form in TABS else "more"
    tab: Tab = chosen if located.form else next((t for t in TABS if counts.of(t)), "more")
    address = settings.ENVIRONMENT.base_url + page.line.address
    full_text = full_text_of(page)
    context = {
        "page": page,
        "line": page.line,
        "counts": counts,
        "article": page.article,
        "address": address,
        "tab": tab,
        "forms": {form: addresses.address_of_form(page.line.address, form) for form in (*TABS, *addresses.EXPORTS)},
        "is_tab_page": bool(located.form),
        "tabs": tab_views(page, tab),
        "banners": banners_of(page),
        "authors": page.article.authors[:N_AUTHORS],
        "other_authors": page.article.authors[N_AUTHORS:],
        "full_text": full_text,
        "abstract": abstract_of(page),
        "description": description_of(page),
        "own_keywords": _keywords(page, "author"),
        "lanes": _lanes(page),
        "timeline": charts.timeline(page.months, page.line.published_on),
        "citation": citing.formatted(page, address),
        "share": share_links(citing.marked_title(page), address),
        "marked_title": citing.marked_title(page),
        "meta": citing.meta_tags(
            page, address, full_text.url if full_text and full_text.location.content == "pdf" else ""
        ),
        "jsonld": citing.embedded_json(citing.jsonld(page, address)),
        "has_math": "<math" in page.line.title_html or bool(page.abstract and "<math" in page.abstract.html),
        "sources": _sources(page),
        "id_names": IDENTIFIER_NAMES,
        "export_types": EXPORT_TYPES,
        "empty_words": _EMPTY_WORDS,
        "is_steered": False,
        "n_likes": n_likes_shown(page.line.id),
        **_tab_context(request, page, tab, is_own_page=bool(located.form)),
    }
    response = render("article.html", context)
    response.headers[VIEWED] = str(page.line.id)  # for the page cache, which counts views
    return response


def tab_views(page: Page, open_tab: Tab) -> list[TabView]:
    """Return the strip under the title: every tab with its count and the name that a screen reader hears."""
    views, counts = [], page.counts
    for tab, name in addresses.TAB_NAMES.items():
        n, n_about = counts.of(tab), counts.about(tab)
        label = plural(n, *_NOUNS[tab]) if n else "nothing found"
        if n and tab in ("news", "social", "video"):
            label += f", {n_about:,} of them about this article"
        views.append(TabView(tab, name, n, label, addresses.address_of_form(page.line.address, tab), tab == open_tab))
    return views


def banners_of(page: Page) -> list[Banner]:
    """Return what to say above the title, the gravest first; a reinstatement takes its retraction back."""
    kinds = {notice.kind for notice in page.notices}
    banners = []
    for kind in NOTICE_NAMES:
        if kind == "retraction" and "reinstatement" in kinds:
            continue
        for notice in [n for n in page.notices if n.kind == kind][:3]:
            banners.append(_banner(notice, page))
            if kind in ("retraction", "reinstatement"):
                break
    return banners


def full_text_of(page: Page) -> FullText | None:
    """Return the best way to the full text, or None when none is known."""
    location = choose_location(page.article.locations)
    url = addresses.safe_url(location.url) if location else ""
    if location is None or not url:
        return None
    form = {"pdf": "PDF", "html": "web page", "xml": "XML", "landing": "at the publisher"}.get(location.content, "")
    if location.content == "landing" and location.host == "repository":
        form = "in a repository"
    return FullText(location, url, form)


def abstract_of(page: Page) -> tuple[str, str] | None:
    """Return the abstract's beginning and its rest, each whole markup; the rest is "" when it is short enough."""
    if page.abstract is None:
        return None
    html = page.abstract.html.strip()
    if not html.startswith("<p"):
        html = f"<p>{html}</p>" if not html.startswith(("<ul", "<ol", "<h4")) else html
    if len(html) <= FOLD_AT or len(plain_text(html)) <= FOLD_AT:
        return html, ""
    return _fold(html)


def description_of(page: Page) -> str:
    """Return one or two plain sentences for search engines and link previews."""
    if page.abstract:
        return teaser(page.abstract.html, 200)
    return excerpt(". ".join(part for part in (page.line.title, page.line.byline, page.line.venue) if part), 200)


def share_links(title: str, address: str) -> list[tuple[str, str]]:
    """Return plain links to where an article is shared: no script and no tracker of theirs is in our page."""
    short = quote(excerpt(title, 180), safe="")
    here = quote(address, safe="")
    return [
        ("E-mail", f"mailto:?subject={short}&body={here}"),
        ("Bluesky", f"https://bsky.app/intent/compose?text={short}%20{here}"),
        ("Mastodon", f"https://share.joinmastodon.org/#text={short}%20{here}"),
        ("X", f"https://x.com/intent/post?text={short}&url={here}"),
        ("LinkedIn", f"https://www.linkedin.com/sharing/share-offsite/?url={here}"),
        ("Reddit", f"https://www.reddit.com/submit?title={short}&url={here}"),
    ]


def _tab_context(request: HttpRequest, page: Page, tab: Tab, *, is_own_page: bool) -> dict[str, object]:
    """Return what the open tab lists. On the article's own address it is made of what the page already has."""
    if tab == "recommended":
        return recommended.context_of(request, page, is_own_page=is_own_page)
    near = charts.near_map(page.similar, page.line.sort_on)
    shelf, after = request.GET.get("shelf", ""), read_after(request)
    shelves = []
    for name in SHELVES:
        if shelf in SHELVES and name != shelf:
            continue
        if is_own_page:
            items = queries.read_mentions(page.line.id, tab, name, after if name == shelf else None, N_MORE)
            shown = items[:N_MORE]
            last = shown[-1] if len(items) > N_MORE else None
            query = f"?shelf={name}&after={last.sort_on}.{last.id}#{name}" if last else ""
        else:
            shown = [m for m in page.mentions if m.shelf == name and tab_of(m) == tab][:N_ON_SHELF]
            last, query = (shown[-1], f"#{name}") if len(shown) == N_ON_SHELF else (None, "")
        more = addresses.address_of_form(page.line.address, tab) + query if last else ""
        shelves.append(ShelfView(name, _grouped(shown, tab), more, name == shelf and after is not None))
    is_empty = not any(view.groups for view in shelves)
    if tab != "more":
        return {"near": near, "shelves": shelves, "is_empty": is_empty}
    more_context = _more_information(request, page)
    names = ("references", "cited_by", "relations", "subjects", "topics")
    is_empty = is_empty and not any(more_context[name] for name in names)
    is_empty = is_empty and not (page.versions or page.notices or page.article.funding)
    return {"near": near, "shelves": shelves, "is_empty": is_empty, **more_context}


def _more_information(request: HttpRequest, page: Page) -> dict[str, object]:
    article = page.article
    shows_all = request.GET.get("show") == "references"
    references = [relation for relation in article.relations if relation.kind == "references"]
    shown = references[: N_ALL_REFERENCES if shows_all else N_REFERENCES]
    read = queries.read_relations([*page.elsewhere, *shown])
    n_citing = N_MORE if shows_all else N_REFERENCES
    cited_by = queries.read_cited_by(article, page.line.id, n_citing)
    return {
        "references": read[len(page.elsewhere) :],
        "n_references": len(references),
        "cited_by": cited_by[:n_citing],
        "has_more_citing": len(cited_by) > n_citing,
        "notices": [_banner(notice, page) for notice in sorted(page.notices, key=lambda n: n.on)],
        "relations": [
            (_VERSION_WORDS[relation.kind], relation, found)
            for relation, found in zip(page.elsewhere, read, strict=False)
        ],
        "subjects": _keywords(page, "subject"),
        "topics": _keywords(page, "topic"),
    }


def tab_of(mention: MentionLine) -> Tab:
    """Return the tab on which a mention stands."""
    return "more" if mention.kind == "reference" else mention.kind


def read_after(request: HttpRequest) -> After:
    """Return the place in a list that the address names ("20210314.77"); None for the beginning and for nonsense."""
    day, _, number = request.GET.get("after", "").partition(".")
    is_place = day.isascii() and day.isdigit() and number.isascii() and number.isdigit() and len(day + number) < 26
    return (min(int(day), 99_999_999), min(int(number), 1 << 62)) if is_place else None


def _grouped(items: Sequence[MentionLine], tab: Tab) -> list[tuple[str, list[MentionLine]]]:
    """Return items as groups: posts by network, everything else as one list."""
    if tab != "social":
        return [("", list(items))] if items else []
    groups: dict[str, list[MentionLine]] = {}
    for item in items:
        groups.setdefault(item.platform or "Elsewhere", []).append(item)
    return list(groups.items())


def _lanes(page: Page) -> dict[str, list[MentionLine]]:
    """Return the best item of every tab for the rail: about the article before on its topic, newest first."""
    lanes: dict[str, list[MentionLine]] = {tab: [] for tab in TABS}
    for mention in page.mentions:
        lanes[tab_of(mention)].append(mention)
    return {tab: sorted(items, key=_doubt)[:1] for tab, items in lanes.items()}


def _sources(page: Page) -> str:
    """Return who said what stands on the page, as a sentence names them."""
    names = sorted({source_name(origin.split(" ", 1)[0]) for origin in page.article.provenance.values() if origin})
    return ", ".join(names[:6]) or "an imported file"


def _doubt(mention: MentionLine) -> tuple[bool, bool]:
    """Return what puts an item behind others on the rail: not about the article, then only probably so."""
    return mention.shelf != "about", mention.evidence.code in PROBABLE_CODES


def _keywords(page: Page, kind: str) -> list[Keyword]:
    return [keyword for keyword in page.article.keywords if keyword.kind == kind][:40]


def _banner(notice: Notice, page: Page) -> Banner:
    identifier = parse_key(notice.identifier if ":" in notice.identifier else f"doi:{notice.identifier}")
    url = addresses.safe_url(notice.url) or (url_of(identifier.scheme, identifier.value) if identifier else "")
    return Banner(notice, _notice_sentence(notice, {n.kind for n in page.notices}), url)


def _notice_sentence(notice: Notice, kinds: Collection[NoticeKind]) -> str:
    if notice.kind == "retraction":
        return "This article has been retracted."
    if notice.kind == "concern":
        return "An expression of concern has been published about this article."
    if notice.kind == "correction":
        return "A correction to this article has been published."
    if "retraction" in kinds:
        return "This article was retracted, and has since been reinstated."
    return "This article has been reinstated."


def _fold(html: str) -> tuple[str, str]:
    """Cut clean markup after about `FOLD_AT` characters: between paragraphs, or sentences outside any element."""
    cut = html.rfind("</p>", 0, FOLD_AT)
    if cut > FOLD_AT // 2:
        return html[: cut + 4], html[cut + 4 :]
    end = html.find("</p>")
    only = html[:end] if end > 0 else html
    place = _sentence_end(only)
    if not place:
        return (html[: end + 4], html[end + 4 :]) if end > 0 and html[end + 4 :].strip() else (html, "")
    return f"{only[:place].rstrip()}</p>", f"<p>{only[place:].lstrip()}{html[end:] if end > 0 else '</p>'}"


def _sentence_end(html: str) -> int:
    """Return where the last sentence before `FOLD_AT` ends that is outside any inline element, 0 for nowhere."""
    depth, best, start = 0, 0, html.find(">") + 1 if html.startswith("<p") else 0
    for found in _TAG_OR_STOP.finditer(html, start):
        if found.start() >= FOLD_AT:
            break
        step = found[0]
        if step == ". ":
            best = best if depth else found.start() + 1
        elif not (step.endswith("/>") or step.startswith(("<br", "<mspace", "<none"))):
            depth += -1 if step.startswith("</") else 1
    return best if best > FOLD_AT // 3 else 0
