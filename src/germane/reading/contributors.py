"""Read the authors of JATS and its forerunners, with their addresses."""

import re

from lxml.etree import _Element as Element

from germane.article import Author
from germane.identifiers import normalize_orcid
from germane.reading.elements import attribute, descendants, find, find_all, name_of, text_in, walk_text
from germane.text import clean_markup, plain_text

_NOT_ADDRESS = frozenset({"label", "sup", "institution-id", "email", "xref", "fn", "ext-link", "phone", "fax"})


def read_authors(meta: Element) -> tuple[Author, ...]:
    """Return the authors and groups of an `article-meta`, in order; editors and members of groups are none."""
    affiliations: dict[str, str] = {}
    for element in descendants(meta, "aff", "aff-alternatives"):
        if rid := element.get("id", ""):
            affiliations[rid] = _affiliation(element)
    found: list[Author] = []
    for group in find_all(meta, "contrib-group"):
        # One address without a mark is everybody's.
        shared = tuple(_affiliation(e) for e in [*find_all(group, "aff"), *find_all(meta, "aff")] if not e.get("id"))
        for contrib in find_all(group, "contrib"):
            kind = (contrib.get("contrib-type") or group.get("content-type") or "author").lower()
            if kind.startswith(("author", "contributor", "collab", "person")) and (
                author := _author(contrib, affiliations, shared)
            ):
                found.append(author)
    return tuple(found)


def _author(contrib: Element, affiliations: dict[str, str], shared: tuple[str, ...]) -> Author | None:
    links = [
        rid for e in find_all(contrib, "xref") if e.get("ref-type", "aff") == "aff" for rid in e.get("rid", "").split()
    ]
    places = [affiliations.get(rid, "") for rid in links]
    places += [_affiliation(e) for e in find_all(contrib, "aff", "aff-alternatives")]
    addresses = tuple(dict.fromkeys(place for place in places if place)) or shared
    orcid = ""
    for element in find_all(contrib, "contrib-id", "ext-link", "uri"):
        orcid = orcid or normalize_orcid(text_in(element)) or normalize_orcid(attribute(element, "href")) or ""
    alternatives = find(contrib, "name-alternatives")
    source = contrib if alternatives is None else alternatives
    name = find(source, "name", "string-name")
    if name is None:
        group = find(contrib, "collab", "collab-alternatives", "on-behalf-of")
        text = plain_text(
            clean_markup(text_in(group, "contrib-group", "xref", "contrib", "label", "institution-id", "fn"))
        )
        if not text and find(contrib, "anonymous") is not None:
            text = "Anonymous"
        return Author(text.strip(" ,;"), orcid=orcid, affiliations=addresses) if text.strip(" ,;") else None
    family, given = text_in(find(name, "surname"), "xref"), text_in(find(name, "given-names"), "xref")
    suffix = text_in(find(name, "suffix"))
    if not family and not given:
        text = text_in(name, "xref").strip(" ,;")
        return Author(text, orcid=orcid, affiliations=addresses) if text else None
    parts = (family, given) if name.get("name-style") == "eastern" else (given, family)
    shown = " ".join(part for part in (*parts, suffix) if part)
    return Author(shown, family or given, given if family else "", orcid, addresses)


def _affiliation(element: Element) -> str:
    if name_of(element) == "aff-alternatives":
        first = find(element, "aff")
        return _affiliation(first) if first is not None else ""
    texts = (" ".join(text.split()) for text in walk_text(element, _NOT_ADDRESS))
    parts = [text for text in texts if text]
    # Publishers' markup has the commas between elements, or leaves them to the reader.
    joined = re.sub(r"(?:\s*[,;])+\s*(?=[,;]|$)|\s+(?=[,;.)])", "", ", ".join(parts))
    return re.sub(r"([,;])[\s,;]+", r"\1 ", joined).strip(" ,;")
