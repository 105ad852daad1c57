"""JATS and its NLM forerunners: articles of publishers, PubMed Central and Europe PMC, with or without their full text.

Format: https://jats.nlm.nih.gov/ (1.x) and the NLM Journal Publishing DTD (2.x, 3.0); alone, in a `pmc-articleset`, or
as OAI-PMH records (metadataPrefix pmc, pmc_fm). Terms: the article's own licence, which is kept with its abstract.
Deletions: OAI-PMH headers with status "deleted".
"""

import re
from collections.abc import Callable, Iterator

from lxml.etree import _Element as Element

from germane.article import (
    Abstract,
    Article,
    ArticleType,
    Deletion,
    Funding,
    Identifier,
    Keyword,
    Location,
    Notice,
    NoticeKind,
    Record,
    Relation,
    RelationKind,
    Scheme,
    Venue,
)
from germane.identifiers import (
    find_identifiers,
    identify,
    key_of,
    normalize_arxiv,
    normalize_doi,
    normalize_issn,
    normalize_nct,
    normalize_pmcid,
    normalize_pmid,
    url_of,
)
from germane.reading import Piece, Text, medline
from germane.reading.citations import citation_target, citation_text
from germane.reading.contributors import read_authors
from germane.reading.dates import date_from_text
from germane.reading.elements import attribute, descendants, find, find_all, name_of, text_in
from germane.reading.keys import record_key
from germane.reading.languages import language_code
from germane.reading.licenses import is_open_license, license_name
from germane.reading.xml import XmlError, inner_xml, parse_xml, split_xml
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text

NAME = "jats"

_SNIFF = re.compile(r"<(?:\w+:)?article[\s>].*?<(?:\w+:)?(?:front|front-stub|article-meta)[\s>]", re.DOTALL)
_OAI = re.compile(r"<(?:\w+:)?OAI-PMH[\s>]|<(?:\w+:)?record[\s>].{0,4000}?<(?:\w+:)?article[\s>]", re.DOTALL)
_BODY = re.compile(r"<((?:\w+:)?body)[\s>]")

_TYPES: dict[str, ArticleType] = {
    **dict.fromkeys(
        ("research-article", "article", "original-article", "brief-report", "rapid-communication", "methods-article",
         "data-paper", "protocol", "technical-note", "corrected-article", "translation", "research", "reprint"),
        "article",
    ),
    **dict.fromkeys(("review-article", "review", "scoping-review", "meta-analysis"), "review"),
    **dict.fromkeys(("letter", "reply", "correspondence", "article-commentary", "comment"), "letter"),
    **dict.fromkeys(("correction", "erratum", "addendum", "corrigendum"), "correction"),
    **dict.fromkeys(("retraction", "partial-retraction"), "retraction"),
    **dict.fromkeys(("proceedings", "conference-paper", "conference-proceeding", "meeting-report"), "conference-paper"),
    **dict.fromkeys(("editorial", "introduction", "foreword"), "editorial"),
    **dict.fromkeys(("reviewer-report", "referee-report", "peer-review"), "peer-review"),
    **dict.fromkeys(("chapter-article", "chapter"), "chapter"),
    "systematic-review": "systematic-review",
    "clinical-trial": "clinical-trial",
    "case-report": "case-report",
    "preprint": "preprint",
    "dissertation": "thesis",
    "dataset": "dataset",
    "report": "report",
    "book": "book",
}  # fmt: skip
_NOT_ARTICLES = frozenset(
    {"other", "obituary", "book-review", "product-review", "announcement", "news", "calendar", "in-brief", "abstract",
     "oration", "books-received", "collection", "expression-of-concern", "discussion", "interview"}
)  # fmt: skip
# related-article-type → what it says of this article: "-forward" is PubMed Central's, and points to the notice.
_NOTICES: dict[str, NoticeKind] = {
    "retraction-forward": "retraction",
    "correction-forward": "correction",
    "concern-forward": "concern",
    "expression-of-concern-forward": "concern",
}
_RELATIONS: dict[str, tuple[RelationKind, str]] = {
    "correction-forward": ("has-correction", ""),
    "corrected-article": ("is-correction-of", ""),
    "addended-article": ("is-correction-of", ""),
    "retracted-article": ("related", "Retracts: "),
    "partially-retracted-article": ("related", "Retracts in part: "),
    "object-of-concern": ("related", "Expresses concern about: "),
    "commentary-article": ("is-comment-on", ""),
    "commentary": ("has-comment", ""),
    "letter": ("has-comment", ""),
    "reply": ("has-comment", ""),
    "peer-reviewed-article": ("is-review-of", ""),
    "peer-review": ("has-review", ""),
    "reviewer-report": ("has-review", ""),
    "preprint": ("has-preprint", ""),
    "published-article": ("is-preprint-of", ""),
    "alt-language": ("is-version-of", ""),
    "republished-article": ("is-version-of", ""),
    "updated-article": ("is-version-of", ""),
    "data": ("has-dataset", ""),
    "dataset": ("has-dataset", ""),
    "software": ("has-software", ""),
    "supplement": ("has-supplement", ""),
}
_NOT_PUBLISHED = re.compile(
    r"received|accepted|rev-|revis|registration|requested|release$|open-access|retract|correct|preprint|embargo|live"
)
_LAST_CHOICE = re.compile(r"collection|cover|issue")
_NOT_ABSTRACTS = re.compile(
    r"graphic|toc|teaser|key-image|scanned|video|highlight|editor|web|stereo|precis|object|short"
)
_SUMMARIES = re.compile(r"(?<!executive-)summary|plain|lay")
_IS_SIGNIFICANCE = re.compile(r"<h4>Significance", re.IGNORECASE)
_NOT_KEYWORDS = re.compile(r"abbr|glossary|nomenclature|org|funder|copyright|custom", re.IGNORECASE)
_SCHEMES = re.compile(r"mesh|pacs|msc|jel|ccs|inspec|lcsh|agrovoc|aat|uat", re.IGNORECASE)
_REPOSITORY_DOIS = re.compile(r"doi:10\.(?:5061|5281|6084|17605|7910|17632|15468|17862|17863|1594)/")
_DROPPED = {"xref", "fn", "fn-group", "label", "fig", "graphic", "table-wrap", "supplementary-material", "object-id"}


def sniff(head: str) -> bool:
    """Tell whether a file begins with an article in JATS, whatever it is wrapped in."""
    return "article" in head and _SNIFF.search(head) is not None


def split(text: Text) -> Iterator[Piece]:
    """Yield each article, or each OAI-PMH record around one."""
    return split_xml(text, ("record",) if _OAI.search(text.head) else ("article",))


def parse(piece: str) -> list[Entry]:
    """Return the article of a piece, or its deletion.

    Raises ParseError when it is malformed, or holds no article with a title or an identifier.
    """
    root = _parse(piece)
    header = find(root, "header") if name_of(root) == "record" else None
    oai_id = text_in(find(header, "identifier"))
    if header is not None and header.get("status") == "deleted":
        return [Deletion(NAME, oai_id)]
    article = root if name_of(root) == "article" else next(iter(descendants(root, "article")), None)
    front = find(article, "front", "front-stub")
    meta = find(front, "article-meta")
    if article is None or front is None or meta is None:
        raise ParseError("it has no article with metadata")
    parsed = _article(article, find(front, "journal-meta"), meta)
    if not parsed.title and not parsed.identifiers:
        raise ParseError("it has neither an identifier nor a title")
    key = oai_id or record_key(parsed)
    return [Record(NAME, key, parsed, date_from_text(text_in(find(header, "datestamp"))))]


def _parse(piece: str) -> Element:
    """Parse without the full text, which we do not use and which may be what is malformed."""
    try:
        return parse_xml(_without_bodies(piece))
    except XmlError:
        try:
            return parse_xml(piece)
        except XmlError as error:
            raise ParseError(str(error)) from error


def _without_bodies(piece: str) -> str:
    parts = []
    position = 0
    while (start := _BODY.search(piece, position)) and (end := piece.find(f"</{start[1]}>", start.end())) >= 0:
        parts.append(piece[position : start.start()])
        position = end + len(start[1]) + 3
    return "".join(parts) + piece[position:]


def _article(article: Element, journal: Element | None, meta: Element) -> Article:
    identifiers = _identifiers(meta)
    language = language_code(attribute(article, "lang"))
    custom = {text_in(find(e, "meta-name")).lower(): find(e, "meta-value") for e in descendants(meta, "custom-meta")}
    kind = _type(article, custom, has_abstract=find(meta, "abstract") is not None)
    license_ = _license(find(meta, "permissions"), meta)
    title, subtitle, original = _titles(find(meta, "title-group"), language)
    if not title and find(meta, "product") is not None:  # a review of a book, which often has no title of its own
        title = "Review of " + _inline(find(find(meta, "product"), "source", "article-title"))
    notices, relations = _related(meta)
    if any(attribute(e, "date-type") == "retracted" for e in find_all(meta, "pub-date")) and not notices:
        notices.append(Notice("retraction", source=NAME))
    relations += _preprints(meta, identifiers)
    relations += _datasets(custom)
    relations += _references(find(article, "back"))
    return Article(
        identifiers=identifiers,
        title=title,
        subtitle=subtitle,
        original_title=original,
        authors=read_authors(meta),
        venue=_venue(journal, meta),
        published_on=_published_on(meta),
        type=kind,
        language=language,
        volume=text_in(find(meta, "volume")),
        issue=text_in(find(meta, "issue")),
        pages=_pages(meta),
        abstracts=_abstracts(meta, language, license_),
        keywords=_keywords(meta),
        locations=_locations(meta, identifiers, license_),
        relations=tuple(dict.fromkeys(relations)),
        notices=tuple(dict.fromkeys(notices)),
        funding=_funding(meta),
        license=license_,
    )


def _without(element: Element) -> Element:
    """Drop, in place, what is no part of a title or an abstract: footnotes, figures, marks of either."""
    for child in list(element.iter()):
        parent = child.getparent()
        name = name_of(child)
        is_dropped = name in _DROPPED and (
            name != "xref" or child.get("ref-type") in ("fn", "aff", "author-notes", "table-fn")
        )
        if (
            parent is None
            or child is element
            or not (is_dropped or child.get("sec-type") in ("kwd-group", "scanned-figures"))
        ):
            continue
        previous = child.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + (child.tail or "")
        else:
            parent.text = (parent.text or "") + (child.tail or "")
        parent.remove(child)
    return element


def _inline(element: Element | None) -> str:
    return clean_markup(inner_xml(_without(element))) if element is not None else ""


# --- what it is ----------------------------------------------------------------------------------------------------


def _identifiers(meta: Element) -> tuple[Identifier, ...]:
    found: dict[Identifier, None] = {}
    for scheme, kinds, normalize in _IDENTIFIERS:
        for element in find_all(meta, "article-id"):
            if element.get("pub-id-type", "").lower() in kinds and (value := normalize(text_in(element))):
                found[Identifier(scheme, value)] = None
    return tuple(found)


_IDENTIFIERS: tuple[tuple[Scheme, tuple[str, ...], Callable[[str], str | None]], ...] = (
    ("doi", ("doi",), normalize_doi),
    ("pmcid", ("pmc", "pmcid"), normalize_pmcid),
    ("pmid", ("pmid",), normalize_pmid),
)


def _preprints(meta: Element, identifiers: tuple[Identifier, ...]) -> list[Relation]:
    """Return the arXiv version that an article names: it is another article, of the same work."""
    found = [normalize_arxiv(text_in(e)) for e in find_all(meta, "article-id") if e.get("pub-id-type") == "arxiv"]
    return [Relation("has-preprint", f"arxiv:{number}", source=NAME) for number in found if number and identifiers]


def _type(article: Element, custom: dict[str, Element | None], *, has_abstract: bool) -> ArticleType:
    if text_in(custom.get("pmc-prop-preprint")) == "yes":
        return "preprint"
    given = article.get("article-type", "").strip().lower()
    unknown: ArticleType = "article" if has_abstract and given not in _NOT_ARTICLES else "other"
    return _TYPES.get(given, unknown)


def _titles(group: Element | None, language: str) -> tuple[str, str, str]:
    """Return the title, subtitle and, where the title is a translation into English, the title as it was."""
    title = _inline(find(group, "article-title"))
    subtitle = _inline(find(group, "subtitle"))
    if language in ("", "en") or group is None:
        return title, subtitle, ""
    for outer in (group, *find_all(group, "trans-title-group")):
        for element in find_all(outer, "trans-title"):
            code = language_code(attribute(element, "lang") or attribute(outer, "lang"))
            if code == "en" and (translated := _inline(element)):
                return translated, _inline(find(outer, "trans-subtitle")), title
    return title, subtitle, ""


def _venue(journal: Element | None, meta: Element) -> Venue | None:
    group = find(journal, "journal-title-group")
    ids = {e.get("journal-id-type", ""): text_in(e) for e in find_all(journal, "journal-id")}
    name = (
        text_in(find(group if group is not None else journal, "journal-title", "abbrev-journal-title"))
        or text_in(find(journal, "journal-title", "abbrev-journal-title"))
        or ids.get("nlm-ta", "")
        or ids.get("publisher-id", "")
    )
    issns = [normalize_issn(text_in(e)) for e in find_all(journal, "issn", "issn-l")]
    publisher = text_in(find(find(journal, "publisher"), "publisher-name"))
    found = tuple(dict.fromkeys(issn for issn in issns if issn))
    if not name:
        meeting = text_in(find(find(meta, "conference"), "conf-name", "conf-acronym"))
        return Venue(meeting, "conference", found, publisher) if meeting else None
    return Venue(name, "journal", found, publisher)


def _published_on(meta: Element) -> str:
    """Return the earliest date of publication; those of collections and covers count only where there is no other."""
    best: list[str] = []
    last: list[str] = []
    other: list[str] = []
    for element in find_all(meta, "pub-date"):
        date = _date(element)
        kind = f"{element.get('pub-type', '')} {element.get('date-type', '')}".lower().strip()
        (other if _NOT_PUBLISHED.search(kind) else last if _LAST_CHOICE.search(kind) else best).append(date)
    return medline.earliest(*best) or medline.earliest(*last) or medline.earliest(*other)


def _date(element: Element) -> str:
    if iso := date_from_text(attribute(element, "iso-8601-date")):
        return iso
    year, month, day = (text_in(find(element, name)) for name in ("year", "month", "day"))
    return medline.date_of_parts(year, month, day) or date_from_text(text_in(find(element, "string-date")))


def _pages(meta: Element) -> str:
    first, last = text_in(find(meta, "fpage")), text_in(find(meta, "lpage"))
    if first:
        return f"{first}-{last}" if last and last != first else first
    return text_in(find(meta, "page-range")) or text_in(find(meta, "elocation-id"))


def _license(permissions: Element | None, meta: Element) -> str:
    """Return the short name of a licence, else its address; prose that names neither is none."""
    addresses = []
    for outer in (permissions, meta):
        for element in find_all(outer, "license", "license_ref"):
            inside = [
                element,
                *descendants(element, "license_ref", "ext-link", "uri", "license-p", "p"),
            ]
            for one in inside:
                for text in (
                    attribute(one, "href"),
                    attribute(one, "resource"),
                    one.get("license-type", ""),
                    text_in(one),
                ):
                    name = license_name(text) if text else ""
                    if is_open_license(name) and name != "ccc":  # the Copyright Clearance Center
                        return name
                    if text.startswith("http") and " " not in text:
                        addresses.append(text)
    return addresses[0] if addresses else ""


def _locations(meta: Element, identifiers: tuple[Identifier, ...], license_: str) -> tuple[Location, ...]:
    is_open = True if is_open_license(license_) else None
    found = [
        Location(url_of("pmcid", one.value), "html", "", license_, is_open=True, host="repository")
        for one in identifiers
        if one.scheme == "pmcid"
    ]
    for element in find_all(meta, "self-uri"):
        url = attribute(element, "href") or text_in(element)
        if url.startswith(("http://", "https://")) and " " not in url:
            is_pdf = "pdf" in element.get("content-type", "").lower() or url.lower().endswith(".pdf")
            found.append(Location(url, "pdf" if is_pdf else "landing", "published", license_, is_open, "publisher"))
    return tuple(dict.fromkeys(found))


# --- what it says --------------------------------------------------------------------------------------------------


def _abstracts(meta: Element, language: str, license_: str) -> tuple[Abstract, ...]:
    main: list[Abstract] = []
    last: list[Abstract] = []  # beside the abstract proper, or for want of one
    spare: list[Abstract] = []
    for element in find_all(meta, "abstract", "trans-abstract"):
        kind = element.get("abstract-type", "").lower()
        if _NOT_ABSTRACTS.search(kind):
            continue
        markup = clean_markup(inner_xml(_without(element)), block=True)
        if not plain_text(markup):
            continue
        own = language if name_of(element) == "abstract" else ""
        abstract = Abstract(
            markup,
            NAME,
            license_ if is_open_license(license_) else "",
            language=language_code(attribute(element, "lang")) or own,
        )
        (spare if _SUMMARIES.search(kind) else last if kind or _IS_SIGNIFICANCE.match(markup) else main).append(
            abstract
        )
    return tuple([*main, *last] or spare)


def _keywords(meta: Element) -> tuple[Keyword, ...]:
    found: dict[Keyword, None] = {}
    for group in find_all(meta, "kwd-group"):
        kind = group.get("kwd-group-type", "")
        if _NOT_KEYWORDS.search(kind):
            continue
        scheme = match[0].lower() if (match := _SCHEMES.search(kind)) else ""
        for element in descendants(group, "kwd", "compound-kwd"):
            if name_of(element) == "kwd":
                text = plain_text(_inline(element))
            elif name_of(element) == "compound-kwd":
                parts = [plain_text(_inline(e)) for e in find_all(element, "compound-kwd-part")]
                text = " ".join(part for part in parts if not part.isdecimal() and not part.startswith("http"))
            else:
                continue
            for one in text.split(";"):
                if word := one.strip(" .,"):
                    found[Keyword(word, "subject" if scheme else "author", scheme)] = None
    for element in descendants(meta, "subj-group"):
        is_discipline = element.get("subj-group-type", "").lower().startswith("discipline")
        if is_discipline and (text := text_in(find(element, "subject"))) and "/" not in text:
            found[Keyword(text, "subject")] = None
    return tuple(found)


def _funding(meta: Element) -> tuple[Funding, ...]:
    found: dict[Funding, None] = {}
    for group in descendants(meta, "award-group"):
        sources = find_all(group, "funding-source")
        awards = [text_in(e) for e in find_all(group, "award-id")] or [""]
        for source in sources:
            ids = [text_in(e) for e in descendants(source, "institution-id", "named-content")]
            known = next((doi for doi in map(normalize_doi, ids) if doi), "") or next(
                (i for i in ids if "ror.org/" in i), ""
            )
            if name := text_in(source, "institution-id", "named-content").strip(" ,;"):
                for award in awards:
                    found[Funding(name, award, known)] = None
    for sponsor in descendants(meta, "contract-sponsor", "grant-sponsor"):
        numbers = descendants(meta, "contract-num", "grant-num")
        awards = [text_in(e) for e in numbers if e.get("rid") == sponsor.get("id")] or [""]
        if name := text_in(sponsor):
            found.update(dict.fromkeys(Funding(name, award) for award in awards))
    return tuple(found)


# --- ties ----------------------------------------------------------------------------------------------------------


def _related(meta: Element) -> tuple[list[Notice], list[Relation]]:
    notices: list[Notice] = []
    relations: list[Relation] = []
    for element in find_all(meta, "related-article", "related-object"):
        kind = (element.get("related-article-type") or element.get("link-type") or "").lower()
        href = attribute(element, "href").removeprefix("info:doi/").removeprefix("info:pmid/")
        label = plain_text(text_in(element)) or attribute(element, "title")
        text = href or element.get("document-id", "") or element.get("object-id", "") or element.get("source-id", "")
        if nct := normalize_nct(text):
            relations.append(Relation("has-trial", f"nct:{nct}", url_of("nct", nct), label, source=NAME))
            continue
        is_pmid = element.get("ext-link-type", element.get("document-id-type", "")) in ("pubmed", "pmid")
        identifier = identify(f"pmid:{text}" if is_pmid and text.isdecimal() else text) if text else None
        target = key_of(identifier) if identifier else ""
        url = href if href.startswith("http") and not target else ""
        if kind in _NOTICES:
            notices.append(Notice(_NOTICES[kind], target.removeprefix("doi:"), url=url, source=NAME))
        if not (target or url or label) or (kind in _NOTICES and kind not in _RELATIONS):
            continue
        relation, prefix = _RELATIONS.get(kind, ("related", ""))
        relations.append(Relation(relation, target, url, f"{prefix}{label}".strip(), source=NAME))
    return notices, relations


def _datasets(custom: dict[str, Element | None]) -> list[Relation]:
    """Return the deposits that a statement of data availability names by the DOI of a repository."""
    statement = next(
        (value for name, value in custom.items() if "data availability" in name and value is not None), None
    )
    if statement is None:
        return []
    links = " ".join(attribute(e, "href") for e in descendants(statement, "ext-link", "uri"))
    keys = [key_of(found.identifier) for found in find_identifiers(f"{text_in(statement)} {links}")]
    return [Relation("has-dataset", key, source=NAME) for key in dict.fromkeys(keys) if _REPOSITORY_DOIS.match(key)]


def _references(back: Element | None) -> list[Relation]:
    relations = []
    for ref in descendants(back, "ref"):
        outer = find(ref, "citation-alternatives")
        for citation in find_all(
            ref if outer is None else outer, "mixed-citation", "element-citation", "nlm-citation", "citation"
        ):
            target, title = citation_target(citation), citation_text(citation)
            if target or title:
                relations.append(Relation("references", target, title=title, source=NAME))
            if outer is not None:
                break
    return relations
