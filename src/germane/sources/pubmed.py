"""PubMed and MEDLINE XML: baseline and update files, and answers of efetch.

Format: https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/ · files: https://ftp.ncbi.nlm.nih.gov/pubmed/, baseline each
December, updates daily, to be applied in the order of their numbers: of several records of a PMID the last one stands.
Terms: NLM asks for attribution; abstracts may be under their publishers' copyright.
Deletions: `DeleteCitation` lists the PMIDs that were withdrawn.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape

from lxml.etree import _Element as Element

from germane.article import (
    Abstract,
    Article,
    ArticleType,
    Author,
    Deletion,
    Funding,
    Identifier,
    Keyword,
    Location,
    Notice,
    Record,
    Relation,
    Venue,
)
from germane.identifiers import (
    find_identifiers,
    key_of,
    normalize_doi,
    normalize_issn,
    normalize_nct,
    normalize_orcid,
    normalize_pmcid,
    normalize_pmid,
    url_of,
)
from germane.reading import Piece, Text, medline
from germane.reading.languages import language_code
from germane.reading.xml import XmlError, inner_xml, parse_xml, split_xml, text_of
from germane.sources import Entry, ParseError
from germane.text import clean_markup, plain_text

NAME = "pubmed"

_RECORDS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation", "DeleteDocument")
_SNIFF = re.compile(
    r"<(?:PubmedArticleSet|PubmedBookArticleSet|MedlineCitationSet|PubmedArticle|PubmedBookArticle|MedlineCitation"
    r"|DeleteCitation)[\s>/]"
)
_TRUNCATED = re.compile(r"\s*\(ABSTRACT TRUNCATED(?: AT \d+ WORDS)?\)\s*$")
_ENGLISH = frozenset({"the", "of", "and", "was", "were", "is", "with", "that", "this", "from", "by", "in", "to"})
_NO_ABSTRACT = frozenset(
    {
        "",
        "n/a",
        "not available",
        "abstract not available",
        "no abstract available",
        "abstract available from the publisher",
    }
)
_NO_LABELS = frozenset({"", "UNLABELLED", "UNASSIGNED", "ABSTRACT"})


def sniff(head: str) -> bool:
    """Tell whether a file begins like PubMed's or MEDLINE's XML."""
    return "<" in head and _SNIFF.search(head) is not None


def split(text: Text) -> Iterator[Piece]:
    """Yield each citation, book article and list of deletions."""
    return split_xml(text, _RECORDS, inner=("MedlineCitation",))


def parse(piece: str) -> list[Entry]:
    """Return the article that a piece describes, or the deletions that it lists.

    Raises ParseError when it is malformed, or names its article by neither PMID nor DOI.
    """
    try:
        root = parse_xml(piece)
    except XmlError as error:
        raise ParseError(str(error)) from error
    if root.tag in ("DeleteCitation", "DeleteDocument"):
        return _deletions(root)
    if root.tag == "PubmedBookArticle":
        return [_book_record(root)]
    if root.tag in ("PubmedArticle", "MedlineCitation"):
        return [_record(root)]
    raise ParseError(f"<{root.tag}> is not a record of PubMed")


def _deletions(root: Element) -> list[Entry]:
    pmids = [normalize_pmid(text_of(element)) for element in root.iter("PMID")]
    entries: list[Entry] = [Deletion(NAME, pmid) for pmid in dict.fromkeys(pmids) if pmid]
    if not entries:
        raise ParseError("a list of deletions without a PMID")
    return entries


def _record(root: Element) -> Record:
    citation = root if root.tag == "MedlineCitation" else root.find("MedlineCitation")
    if citation is None:
        raise ParseError("it has no MedlineCitation")
    parts = _children(citation)
    data = _children(root.find("PubmedData")) if root.tag == "PubmedArticle" else {}
    article = _children(parts.get("Article"))
    if not article:
        raise ParseError("it has no Article")
    journal = _children(article.get("Journal"))
    issue = _children(journal.get("JournalIssue"))

    identifiers = _identifiers(parts.get("PMID"), article.get("ELocationID"), data.get("ArticleIdList"))
    title, original = _titles(article.get("ArticleTitle"), article.get("VernacularTitle"))
    if not title and not identifiers:
        raise ParseError("it has neither an identifier nor a title")
    types = [text_of(e) for e in _each(article, "PublicationTypeList", "PublicationType")]
    kind = medline.article_type(types)
    notices, relations = _ties(_each(parts, "CommentsCorrectionsList", "CommentsCorrections"), kind)
    if "Retracted Publication" in types and not any(notice.kind == "retraction" for notice in notices):
        notices.append(Notice("retraction", source=NAME))
    relations += _data_banks(_each(article, "DataBankList", "DataBank"))
    relations += _references(data.get("ReferenceList"))
    languages = [code for code in (language_code(text_of(e)) for e in _all(article, "Language")) if code]
    language = languages[0] if languages else ""

    return Record(
        source=NAME,
        key=_key(identifiers),
        updated_on=_date(parts.get("DateRevised")) or _date(parts.get("DateCompleted")),
        article=Article(
            identifiers=identifiers,
            title=title,
            original_title=original,
            authors=_authors(article.get("AuthorList")),
            venue=_journal(journal, parts.get("MedlineJournalInfo")),
            published_on=medline.earliest(
                _date(issue.get("PubDate")), *(_date(element) for element in _all(article, "ArticleDate"))
            ),
            type=kind,
            language=language,
            volume=_text(issue.get("Volume")),
            issue=_text(issue.get("Issue")),
            pages=_pages(article),
            abstracts=_abstracts(article.get("Abstract"), _all(parts, "OtherAbstract"), language),
            keywords=_keywords(_all(parts, "KeywordList"), parts.get("MeshHeadingList")),
            locations=_locations(identifiers),
            relations=tuple(dict.fromkeys(relations)),
            notices=tuple(dict.fromkeys(notices)),
            funding=_funding(article.get("GrantList")),
        ),
    )


def _book_record(root: Element) -> Record:
    document = root.find("BookDocument")
    if document is None:
        raise ParseError("it has no BookDocument")
    parts = _children(document)
    data = _children(root.find("PubmedBookData"))
    book = _children(parts.get("Book"))
    own = parts.get("ArticleIdList")
    identifiers = _identifiers(
        parts.get("PMID"), book.get("ELocationID"), own if own is not None else data.get("ArticleIdList")
    )
    book_title, _ = _titles(book.get("BookTitle"), None)
    title, original = _titles(parts.get("ArticleTitle"), parts.get("VernacularTitle"))
    if not identifiers and not (title or book_title):
        raise ParseError("it has neither an identifier nor a title")
    publisher = _text(_children(book.get("Publisher")).get("PublisherName"))
    language = next((code for code in (language_code(text_of(e)) for e in _all(parts, "Language")) if code), "")
    return Record(
        source=NAME,
        key=_key(identifiers),
        updated_on=_date(parts.get("DateRevised")) or _date(parts.get("ContributionDate")),
        article=Article(
            identifiers=identifiers,
            title=title or book_title,
            original_title=original,
            authors=_authors(parts.get("AuthorList")) or _authors(book.get("AuthorList")),
            venue=Venue(plain_text(book_title), "book", publisher=publisher) if book_title else None,
            published_on=_date(parts.get("ContributionDate")) or _date(book.get("PubDate")),
            type="chapter" if title and title != book_title else "book",
            language=language,
            volume=_text(book.get("Volume")),
            pages=_pages(parts),
            abstracts=_abstracts(parts.get("Abstract"), [], language),
            keywords=_keywords(_all(parts, "KeywordList"), None),
            relations=tuple(dict.fromkeys(_references(parts.get("ReferenceList")))),
            funding=_funding(parts.get("GrantList")),
        ),
    )


# --- elements ------------------------------------------------------------------------------------------------------

_Parts = dict[str, "Element | list[Element]"]


def _children(element: "Element | list[Element] | None") -> dict[str, Element]:
    """Return an element's children by name: the first of each."""
    if element is None or isinstance(element, list):
        return {}
    found: dict[str, Element] = {}
    for child in element:
        found.setdefault(child.tag, child)
    return found


def _all(parts: dict[str, Element], name: str) -> list[Element]:
    """Return the first element of this name and its later siblings of the same name."""
    first = parts.get(name)
    return [] if first is None else [first, *first.itersiblings(name)]


def _each(parts: dict[str, Element], outer: str, inner: str) -> list[Element]:
    return [element for one in _all(parts, outer) for element in one.iterchildren(inner)]


def _text(element: Element | None) -> str:
    return text_of(element) if element is not None else ""


def _markup(element: Element) -> str:
    raw = inner_xml(element)
    text = " ".join(raw.split())
    return text if _is_plain(text) else clean_markup(raw)


def _plain(element: Element) -> str:
    raw = inner_xml(element)
    text = " ".join(raw.split())
    return text if _is_plain(text) else plain_text(clean_markup(raw))


def _is_plain(text: str) -> bool:
    """Tell whether there is nothing to clean, as in nearly all of the many short texts of a record."""
    return text.isprintable() and "<" not in text and "&" not in text and ">" not in text


def _date(element: Element | None) -> str:
    if element is None:
        return ""
    year = month = day = ""
    for child in element:
        match child.tag:
            case "Year":
                year = text_of(child)
            case "Month":
                month = text_of(child)
            case "Day":
                day = text_of(child)
            case "MedlineDate":
                return medline.date_of_issue(text_of(child))
    return medline.date_of_parts(year, month, day)


# --- who and where -------------------------------------------------------------------------------------------------


def _identifiers(pmid: Element | None, location: Element | None, ids: Element | None) -> tuple[Identifier, ...]:
    found: dict[Identifier, None] = {}
    if pmid is not None and (value := normalize_pmid(text_of(pmid))):
        found[Identifier("pmid", value)] = None
    locations = [] if location is None else [location, *location.itersiblings("ELocationID")]
    for element in locations:
        is_doi = element.get("EIdType") == "doi" and element.get("ValidYN") != "N"
        if is_doi and (value := normalize_doi(text_of(element))):
            found[Identifier("doi", value)] = None
    for element in ids if ids is not None else ():
        match element.get("IdType"):
            case "doi" if value := normalize_doi(text_of(element)):
                found[Identifier("doi", value)] = None
            case "pmc" | "pmcid" if value := normalize_pmcid(text_of(element)):
                found[Identifier("pmcid", value)] = None
            case "pubmed" if not found and (value := normalize_pmid(text_of(element))):
                found[Identifier("pmid", value)] = None
    return tuple(found)


def _key(identifiers: tuple[Identifier, ...]) -> str:
    by_scheme = {identifier.scheme: identifier for identifier in reversed(identifiers)}
    if "pmid" in by_scheme:
        return by_scheme["pmid"].value
    if not identifiers:
        raise ParseError("it has neither a PMID nor a DOI")
    return key_of(identifiers[0])


def _titles(title: Element | None, vernacular: Element | None) -> tuple[str, str]:
    """Return the title and, where it is a translation, the title in the article's own language."""
    shown, is_translated = medline.clean_title(_markup(title)) if title is not None else ("", False)
    original = medline.clean_title(_markup(vernacular))[0] if vernacular is not None else ""
    if shown.lower() in ("", "not available", "in process citation") and (original or is_translated):
        return original, ""
    return shown, original if original != shown else ""


def _authors(element: Element | None) -> tuple[Author, ...]:
    lists = [] if element is None else [element, *element.itersiblings("AuthorList")]
    # A book has lists of editors, too; those of authors come first.
    chosen = [one for one in lists if one.get("Type") != "editors"] or lists
    found = [_author(child) for one in chosen for child in one if child.tag == "Author" and child.get("ValidYN") != "N"]
    return tuple(author for author in found if author is not None)


def _author(element: Element) -> Author | None:
    family = given = initials = suffix = group = orcid = ""
    affiliations: list[str] = []
    for child in element:
        tag = child.tag
        if tag == "AffiliationInfo":
            affiliations += [_plain(one) for one in child if one.tag == "Affiliation"]
        elif tag == "LastName":
            family = text_of(child)
        elif tag == "ForeName" or tag == "FirstName":
            given = text_of(child)
        elif tag == "Initials":
            initials = text_of(child)
        elif tag == "Suffix":
            suffix = text_of(child)
        elif tag == "CollectiveName":
            group = _plain(child)
        elif tag == "Identifier" and child.get("Source", "").upper() == "ORCID":
            orcid = normalize_orcid(text_of(child)) or ""
        elif tag == "Affiliation":
            affiliations.append(_plain(child))
    if not family and not given:
        return Author(group, orcid=orcid, affiliations=tuple(affiliations)) if group else None
    given = given or " ".join(initials)
    name = f"{given} {family}" if given and family else family or given
    if suffix:
        name = f"{name} {suffix}"
    return Author(name, family or given, given if family else "", orcid, tuple(filter(None, affiliations)))


def _journal(journal: dict[str, Element], medline_journal: Element | None) -> Venue | None:
    more = _children(medline_journal)
    name = _text(journal.get("Title")) or _text(journal.get("ISOAbbreviation")) or _text(more.get("MedlineTA"))
    if not name:
        return None
    issns = [_issn(text_of(e)) for e in (*_all(journal, "ISSN"), *_all(more, "ISSNLinking"))]
    is_preprints = name.lower().rstrip(".").split(" :")[0] in _PREPRINT_VENUES
    return Venue(
        plain_text(name).rstrip("."),
        "repository" if is_preprints else "journal",
        tuple(dict.fromkeys(issn for issn in issns if issn)),
    )


@lru_cache(maxsize=4096)
def _issn(text: str) -> str | None:
    return normalize_issn(text)


_PREPRINT_VENUES = frozenset({"biorxiv", "medrxiv", "arxiv", "research square", "chemrxiv", "ssrn", "preprints.org"})


def _pages(parts: dict[str, Element]) -> str:
    pagination = _children(parts.get("Pagination"))
    if pages := _text(pagination.get("MedlinePgn")):
        return medline.expand_pages(pages)
    first, last = _text(pagination.get("StartPage")), _text(pagination.get("EndPage"))
    if first:
        return f"{first}-{last}" if last and last != first else first
    numbers = [text_of(e) for e in _all(parts, "ELocationID") if e.get("EIdType") == "pii" and e.get("ValidYN") != "N"]
    return next((number for number in numbers if len(number) <= 12), "")  # an article number, not Elsevier's PII


def _locations(identifiers: tuple[Identifier, ...]) -> tuple[Location, ...]:
    return tuple(
        Location(url_of("pmcid", identifier.value), "html", is_open=True, host="repository")
        for identifier in identifiers
        if identifier.scheme == "pmcid"
    )


# --- what about ----------------------------------------------------------------------------------------------------


def _abstracts(main: Element | None, others: list[Element], language: str) -> tuple[Abstract, ...]:
    found = []
    if main is not None and (markup := _abstract(main)):
        found.append(Abstract(markup, NAME, language="en" if language == "en" or _is_english(markup) else language))
    for other in others:
        # A plain-language summary is not the abstract, and stands for it only where there is no other.
        if found and other.get("Type") == "plain-language-summary":
            continue
        if markup := _abstract(other):
            found.append(Abstract(markup, NAME, language=language_code(other.get("Language", ""))))
    return tuple(found)


def _is_english(markup: str) -> bool:
    """Tell whether an abstract is in English; PubMed's nearly always are, whatever the article's language."""
    return len(_ENGLISH.intersection(markup[:600].split())) >= 3


def _abstract(element: Element) -> str:
    texts = list(element.iterchildren("AbstractText"))
    parts = []
    for text in texts:
        label = " ".join(text.get("Label", "").split())
        markup = _markup(text)
        if text is texts[-1] and markup.endswith(("WORDS)", "TRUNCATED)")):
            markup = _TRUNCATED.sub(" …", markup)
        if not markup:
            continue
        if label.upper() not in _NO_LABELS:
            label = escape(label.capitalize() if label.isupper() else label, quote=False)
            parts.append(f"<h4>{label}</h4><p>{markup}</p>")
        else:
            parts.append(f"<p>{markup}</p>" if len(texts) > 1 else markup)
    whole = "".join(parts)
    return "" if len(whole) < 45 and whole.strip(" .").lower() in _NO_ABSTRACT else whole


def _keywords(lists: list[Element], headings: Element | None) -> tuple[Keyword, ...]:
    found: dict[Keyword, None] = {}
    for one in lists:
        owner = one.get("Owner", "NOTNLM")
        for child in one.iterchildren("Keyword"):
            text = _plain(child).strip(" .;,")
            if text:
                found[Keyword(text) if owner == "NOTNLM" else Keyword(text, "subject", owner.lower())] = None
    for name in headings.iter("DescriptorName") if headings is not None else ():
        found[Keyword(text_of(name), "subject", "mesh")] = None
    return tuple(found)


def _funding(element: Element | None) -> tuple[Funding, ...]:
    found: dict[Funding, None] = {}
    for grant in element if element is not None else ():
        parts = _children(grant)
        agency = _text(parts.get("Agency")) or _text(parts.get("Acronym"))
        award = _text(parts.get("GrantID"))
        if agency or award:
            found[Funding(agency or award, award if agency else "")] = None
    return tuple(found)


# --- ties ----------------------------------------------------------------------------------------------------------


def _ties(elements: list[Element], kind: ArticleType) -> tuple[list[Notice], list[Relation]]:
    """Return the notices about this article, and its ties to other articles."""
    notices: list[Notice] = []
    relations: list[Relation] = []
    for element in elements:
        reference_type = element.get("RefType", "")
        parts = _children(element)
        source = " ".join(part for part in (_text(parts.get("RefSource")), _text(parts.get("Note"))) if part)
        target = _target(parts.get("PMID"), source)
        if reference_type in medline.NOTICES:
            notice, reason = medline.NOTICES[reference_type]
            notices.append(
                Notice(notice, target.removeprefix("doi:"), medline.date_of_issue(source), reason=reason, source=NAME)
            )
        if reference_type in medline.RELATIONS and (target or source):
            relation = medline.relation_kind(reference_type, source, is_preprint=kind == "preprint")
            label = f"{medline.RELATIONS[reference_type][1]}{source}".strip()
            relations.append(Relation(relation, target, title=label, source=NAME))
    return notices, relations


def _target(pmid: Element | None, source: str) -> str:
    if pmid is not None and (value := normalize_pmid(text_of(pmid))):
        return f"pmid:{value}"
    found = find_identifiers(source) if "10." in source or "arXiv" in source else []
    return key_of(found[0].identifier) if found else ""


def _data_banks(elements: list[Element]) -> list[Relation]:
    relations = []
    for element in elements:
        bank = _text(element.find("DataBankName"))
        for number in element.iter("AccessionNumber"):
            accession = text_of(number)
            kind, url = medline.data_bank(bank, accession)
            if kind == "has-trial" and (nct := normalize_nct(accession)):
                relations.append(Relation(kind, f"nct:{nct}", url_of("nct", nct), f"{bank} {nct}", source=NAME))
            elif doi := normalize_doi(accession):
                relations.append(Relation(kind, f"doi:{doi}", url_of("doi", doi), f"{bank} {doi}", source=NAME))
            elif accession:
                relations.append(Relation(kind, url=url, title=f"{bank} {accession}".strip(), source=NAME))
    return relations


def _references(element: Element | None) -> list[Relation]:
    relations = []
    lists = [] if element is None else [element, *element.itersiblings("ReferenceList")]
    for reference in (one for each in lists for one in each.iter("Reference")):
        parts = _children(reference)
        ids = parts.get("ArticleIdList")
        target = _best_id(ids) if ids is not None else ""
        citation = parts.get("Citation")
        title = _plain(citation) if citation is not None else ""
        if target or title:
            relations.append(Relation("references", target, title=title, source=NAME))
    return relations


def _best_id(ids: Element) -> str:
    found = {}
    for element in ids:
        kind, value = element.get("IdType"), text_of(element)
        if kind == "doi" and (doi := normalize_doi(value)):
            return f"doi:{doi}"
        if kind == "pubmed" and (pmid := normalize_pmid(value)):
            found["pmid"] = f"pmid:{pmid}"
        elif kind in ("pmc", "pmcid") and (pmcid := normalize_pmcid(value)):
            found["pmcid"] = f"pmcid:{pmcid}"
    return found.get("pmid") or found.get("pmcid") or ""
