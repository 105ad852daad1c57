"""What an article's own records declare around it (talks, data, code, trials, reviews) → items with evidence."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from germane.article import Article, Relation, RelationKind
from germane.identifiers import url_of
from germane.item import Evidence, Item, ItemKind
from germane.text import plain_text

MATCHER = "declared/1"

# What a declared relation becomes: the item's kind, and the word that says what it is.
_KINDS: Mapping[RelationKind, tuple[ItemKind, str]] = {
    "has-video": ("video", "talk"),
    "has-dataset": ("reference", "data"),
    "has-software": ("reference", "code"),
    "has-supplement": ("reference", "supplement"),
    "has-trial": ("reference", "trial"),
    "has-review": ("reference", "peer review"),
    "has-comment": ("reference", "comment"),
    "has-correction": ("reference", "correction"),
    "has-slides": ("reference", "slides"),
    "has-poster": ("reference", "poster"),
    "has-award": ("reference", "award"),
}
_PLATFORMS: Mapping[str, str] = {
    "aclanthology.org": "ACL Anthology",
    "clinicaltrials.gov": "ClinicalTrials.gov",
    "datadryad.org": "Dryad",
    "doi.org": "DOI",
    "figshare.com": "figshare",
    "github.com": "GitHub",
    "ncbi.nlm.nih.gov": "NCBI",
    "osf.io": "OSF",
    "pubmed.ncbi.nlm.nih.gov": "PubMed",
    "slideslive.com": "SlidesLive",
    "vimeo.com": "Vimeo",
    "youtu.be": "YouTube",
    "youtube.com": "YouTube",
    "zenodo.org": "Zenodo",
}
_SOURCES: Mapping[str, str] = {  # names that readers know
    "arxiv": "arXiv",
    "crossref": "Crossref",
    "csl": "the venue",
    "datacite": "DataCite",
    "europepmc": "Europe PMC",
    "germane": "the operator",
    "jats": "the publisher",
    "openalex": "OpenAlex",
    "pubmed": "PubMed",
}


class Declared(NamedTuple):
    """An item that an article's records declare, and why it is on its page."""

    item: Item
    evidence: Evidence


def declared_items(article: Article) -> list[Declared]:
    """Return the items that the article's relations declare, in their order, one for each target."""
    found: dict[str, Declared] = {}
    for relation in article.relations:
        if relation.kind in _KINDS and (relation.url or relation.identifier):
            declared = _declared(article, relation)
            found.setdefault(declared.item.key, declared)
    return list(found.values())


def platform_of(url: str) -> str:
    """Return what readers call the site of an address: "YouTube", else its host without "www."."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:  # an address that is none
        return ""
    return _PLATFORMS.get(host, host)


def _declared(article: Article, relation: Relation) -> Declared:
    kind, label = _KINDS[relation.kind]
    scheme, _, value = relation.identifier.partition(":")
    url = relation.url or (url_of(scheme, value) if value else "")
    source = plain_text(_SOURCES.get(relation.source, relation.source)) or "its record"
    item = Item(
        channel=relation.source or "records",
        key=relation.url or relation.identifier,
        kind=kind,
        url=url,
        title=relation.title or _title(article, relation, label),
        platform=platform_of(url),
        label=label,
        published_on=relation.on,
        storage="cc0",
    )
    evidence = Evidence(code="declared", matched=f"{relation.kind} {item.key}", where=source, matcher=MATCHER)
    return Declared(item, evidence)


def _title(article: Article, relation: Relation, label: str) -> str:
    """A talk is called what its article is called; everything else what it is, and its identifier."""
    if relation.kind == "has-video":
        return plain_text(article.title)
    _, _, value = relation.identifier.partition(":")
    name = value or relation.url.rstrip("/").rpartition("/")[2]
    return f"{label.capitalize()}: {name}" if name else label.capitalize()
