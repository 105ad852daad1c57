"""Look into XML elements by local name, whatever their namespace and prefix."""

from collections.abc import Iterator

from lxml.etree import _Element as Element


def name_of(element: Element) -> str:
    """Return an element's local name; "" for a comment, an instruction or an entity."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def find(element: Element | None, *names: str) -> Element | None:
    """Return the first child with one of these names."""
    return next((child for child in element if name_of(child) in names), None) if element is not None else None


def find_all(element: Element | None, *names: str) -> list[Element]:
    """Return the children with one of these names."""
    return [child for child in element if name_of(child) in names] if element is not None else []


def attribute(element: Element, name: str) -> str:
    """Return an attribute by its local name: links are `xlink:href`, with any prefix or none."""
    return next((str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name), "")


def text_in(element: Element | None, *but_not: str) -> str:
    """Return the text in an element, without that in elements of the names `but_not`."""
    if element is None:
        return ""
    if not len(element):
        return " ".join((element.text or "").split())
    return " ".join("".join(walk_text(element, frozenset(but_not))).split())


def walk_text(element: Element, but_not: frozenset[str]) -> Iterator[str]:
    """Yield the texts in an element, each as it stands between two tags, without those in elements `but_not`."""
    yield element.text or ""
    for child in element:
        name = name_of(child)
        if name and name not in but_not:
            yield from walk_text(child, but_not)
        yield child.tail or ""
