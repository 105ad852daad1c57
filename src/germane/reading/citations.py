"""Read one citation of JATS and its forerunners, tagged part by part or only marked up."""

from collections.abc import Iterator

from lxml.etree import _Element as Element

from germane.identifiers import find_identifiers, identify, key_of
from germane.reading.elements import attribute, descendants, find, name_of, text_in
from germane.text import clean_markup, plain_text


def citation_target(citation: Element) -> str:
    """Return the identifier that a citation gives, the DOI before others; "" when there is none."""
    found: dict[str, str] = {}
    for element in descendants(citation, "pub-id", "ext-link", "uri"):
        text = text_in(element)
        if name_of(element) == "pub-id":
            identifier = identify(f"pmid:{text}" if element.get("pub-id-type", "").lower() == "pmid" else text)
        else:
            identifier = identify(attribute(element, "href") or text)
        if identifier is not None:
            found.setdefault(identifier.scheme, key_of(identifier))
    if not found and "10." in (text := text_in(citation)) and "doi" in text.lower():
        found = {one.identifier.scheme: key_of(one.identifier) for one in find_identifiers(text)[:1]}
    return next((found[scheme] for scheme in ("doi", "pmid", "pmcid", "arxiv") if scheme in found), "")


_NOT_CITATION = frozenset({"pub-id", "label", "object-id", "ext-link", "uri", "issn", "isbn"})


def _texts(element: Element) -> Iterator[str]:
    """Yield a citation's texts; between the parts of a name, publishers often leave out the space."""
    yield element.text or ""
    for child in element:
        name = name_of(child)
        if name and name not in _NOT_CITATION:
            yield from _texts(child)
        tail = child.tail or ""
        is_in_name = name in ("surname", "given-names") and child.getnext() is not None
        yield tail if tail or not is_in_name else " "


def citation_text(citation: Element) -> str:
    """Return the reference as a reader would see it."""
    if name_of(citation) in ("mixed-citation", "citation"):
        text = " ".join("".join(_texts(citation)).split())
        if " " in text and (citation.text or "").strip() + "".join((e.tail or "").strip() for e in citation):
            return plain_text(clean_markup(text)).strip(" ,;")
    people = descendants(citation, "name", "string-name", "collab")
    names = [text_in(find(e, "surname")) or text_in(e) for e in people]
    shown = ", ".join(names[:3]) + (" et al." if len(names) > 3 else "")
    title, source, year, volume, page = (
        text_in(next(iter(descendants(citation, name)), None))
        for name in ("article-title", "source", "year", "volume", "fpage")
    )
    place = " ".join(part for part in (source, f"{volume}:{page}" if volume and page else volume or page) if part)
    parts = [f"{shown} ({year})" if shown and year else shown or year, title, place]
    return ". ".join(part.strip(" .") for part in parts if part)
