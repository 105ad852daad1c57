"""Look into XML elements by local name, whatever their namespace and prefix."""

from collections.abc import Iterator
from functools import lru_cache

from lxml.etree import _Element as Element


def name_of(element: Element) -> str:
    """Return an element's local name; "" for a comment, an instruction or an entity."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2] if tag.startswith("{") else tag


def find(element: Element | None, *names: str) -> Element | None:
    """Return the first child with one of these names."""
    return next(element.iterchildren(*_any_namespace(names)), None) if element is not None else None


def find_all(element: Element | None, *names: str) -> list[Element]:
    """Return the children with one of these names."""
    return list(element.iterchildren(*_any_namespace(names))) if element is not None else []


def descendants(element: Element | None, *names: str) -> list[Element]:
    """Return the elements within, at any depth, with one of these names, in document order."""
    return list(element.iter(*_any_namespace(names))) if element is not None else []


@lru_cache(maxsize=512)
def _any_namespace(names: tuple[str, ...]) -> list[str]:
    return [f"{{*}}{name}" for name in names]


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
