"""The article: what everything in Germane speaks about, and what one source says of it.

Text fields named `title` and `markup` hold *clean markup*: the small HTML subset that `germane.text.clean_markup`
lets through, with TeX left in `$…$`. Dates are ISO 8601 and may be cut short ("2021", "2021-03").
Every tuple defaults to empty and every string to "": absent means unknown, never "none exists".
"""

from collections.abc import Mapping
from typing import Literal, get_args

from msgspec import Struct, field

Scheme = Literal["doi", "pmid", "pmcid", "arxiv", "openalex", "acl"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

ArticleType = Literal[
    "article",  # a journal article
    "conference-paper",
    "preprint",
    "review",  # a review article
    "systematic-review",
    "clinical-trial",
    "case-report",
    "book",
    "chapter",
    "thesis",
    "report",
    "dataset",
    "software",
    "peer-review",
    "editorial",
    "letter",
    "correction",
    "retraction",  # the retraction notice itself, when it has a record of its own
    "other",
]
ARTICLE_TYPES: tuple[ArticleType, ...] = get_args(ArticleType)

NoticeKind = Literal["retraction", "concern", "correction", "reinstatement"]

RelationKind = Literal[
    "references",  # this article cites the target
    "is-preprint-of",
    "has-preprint",
    "is-version-of",  # another version of the same work, direction unknown or irrelevant
    "has-review",  # a peer review of this article
    "is-review-of",
    "has-correction",
    "is-correction-of",
    "has-comment",
    "is-comment-on",
    "has-dataset",
    "has-software",
    "has-supplement",
    "has-video",
    "has-trial",
    "has-slides",
    "has-poster",
    "has-award",
    "related",
]
# Relations whose two ends are versions of one work, and so one cluster.
VERSION_RELATIONS: frozenset[RelationKind] = frozenset({"is-preprint-of", "has-preprint", "is-version-of"})

KeywordKind = Literal["author", "subject", "topic"]
VenueKind = Literal["journal", "conference", "repository", "book", ""]
AbstractBasis = Literal["authors", "own-summary"]


class Identifier(Struct, frozen=True, order=True):
    """One name of an article; `value` is normalized by `germane.identifiers`."""

    scheme: Scheme
    value: str


class Author(Struct, frozen=True, order=True):
    """A person or a group in an article's list. `name` is for display; `family` is empty for a group."""

    name: str
    family: str = ""
    given: str = ""
    orcid: str = ""  # bare, with hyphens: 0000-0002-1825-0097
    affiliations: tuple[str, ...] = ()


class Venue(Struct, frozen=True, order=True):
    """Where an article appeared."""

    name: str
    kind: VenueKind = ""
    issns: tuple[str, ...] = ()  # 1234-567X
    publisher: str = ""


class Location(Struct, frozen=True, order=True):
    """A place where the full text, or the landing page, can be had."""

    url: str
    content: Literal["landing", "pdf", "html", "xml", ""] = ""
    version: Literal["published", "accepted", "submitted", ""] = ""
    license: str = ""  # as an SPDX-like short name (cc-by-4.0) where it is known, else as given
    is_open: bool | None = None  # free to read; None: unknown
    host: Literal["publisher", "repository", ""] = ""


class Abstract(Struct, frozen=True, order=True):
    """One source's abstract, or our own summary, with what is known of its licence."""

    markup: str
    source: str  # the connector it came from
    license: str = ""  # short name (cc0, cc-by-4.0 …); empty: unknown
    basis: AbstractBasis = "authors"
    language: str = ""


class Notice(Struct, frozen=True, order=True):
    """A change in an article's standing. The four kinds are never mixed."""

    kind: NoticeKind
    identifier: str = ""  # the notice's own DOI or PMID ("10.1/x", "pmid:1"), if it has one
    on: str = ""
    url: str = ""
    reason: str = ""
    source: str = ""  # who says so


class Relation(Struct, frozen=True, order=True):
    """A declared tie to something else. At least one of `identifier`, `url`, `title` is set."""

    kind: RelationKind
    identifier: str = ""  # "doi:10.1/x", "pmid:1", "arxiv:1501.00001", "nct:NCT01234567"
    url: str = ""
    title: str = ""  # a label, or the unstructured reference, as plain text
    on: str = ""
    source: str = ""  # who declares it


class Keyword(Struct, frozen=True, order=True):
    """The authors' own keyword, a subject heading (MeSH) or a classifier's topic; never one of our keyphrases."""

    text: str
    kind: KeywordKind = "author"
    scheme: str = ""  # "mesh", "arxiv", "openalex" …


class Funding(Struct, frozen=True, order=True):
    """Who paid."""

    funder: str
    award: str = ""
    identifier: str = ""  # the funder's DOI or ROR


class Article(Struct, frozen=True):
    """What is known of an article: one source's view after parsing, everybody's after merging."""

    identifiers: tuple[Identifier, ...] = ()
    title: str = ""
    subtitle: str = ""
    original_title: str = ""  # in its own language, when `title` is a translation
    authors: tuple[Author, ...] = ()
    venue: Venue | None = None
    published_on: str = ""
    type: ArticleType = "other"
    language: str = ""  # ISO 639-1 where there is one, else 639-3
    volume: str = ""
    issue: str = ""
    pages: str = ""
    abstracts: tuple[Abstract, ...] = ()
    keywords: tuple[Keyword, ...] = ()
    locations: tuple[Location, ...] = ()
    relations: tuple[Relation, ...] = ()
    notices: tuple[Notice, ...] = ()
    funding: tuple[Funding, ...] = ()
    license: str = ""  # of the article itself
    n_cited_by: int = 0
    # field name → who said it ("crossref doi:10.1/x 2021-03-04"); filled by `germane.merge`
    provenance: Mapping[str, str] = field(default_factory=dict)

    @property
    def year(self) -> int | None:
        """Return the year of publication, or None when it is unknown."""
        return int(self.published_on[:4]) if self.published_on[:4].isdigit() else None

    def identifier(self, scheme: Scheme) -> str:
        """Return the first identifier of this scheme, or "" when there is none."""
        return next((i.value for i in self.identifiers if i.scheme == scheme), "")


class Record(Struct, frozen=True):
    """What one source says of one article, with where it came from."""

    source: str  # the connector's name: "pubmed", "crossref" …
    key: str  # the source's own name of it; with `source` it is unique
    article: Article
    updated_on: str = ""  # when the source says it last changed, if it says so


class Deletion(Struct, frozen=True):
    """A source withdraws its record of this key."""

    source: str
    key: str
