"""The search engine behind one interface: what it keeps (`Document`), what is asked (`Query`), what it answers.

`open_index` chooses the implementation by the address's scheme. Texts that come in are plain, never markup.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

ClauseField = Literal["any", "title", "author", "venue", "keyword", "identifier"]
Sort = Literal["relevance", "newest"]
MatchField = Literal["title", "keyphrase", "author", "venue", "text"]
TermField = Literal["text", "title", "author", "venue", "keyphrase", "phrase", "identifier"]
DIMENSIONS = 256
VECTOR_MODEL = "static/1"
MAX_WINDOW = 1_000  # how deep pages sorted by relevance go; pages sorted by newest go to the end


class IndexFailure(Exception):  # noqa: N818 (it is the index that failed; IndexError is Python's)
    """The index cannot answer. `permanent`: trying again cannot help; the message says what a person can do."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class Document(Struct, frozen=True):
    """What the index keeps of one article. `id` is 0 ≤ id < 2**40; every text is plain."""

    id: int
    title: str = ""
    abstract: str = ""  # for matching only: it is never given back
    keyphrases: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()  # the authors' own, subject headings
    authors: tuple[str, ...] = ()  # display names
    venue: str = ""
    venue_id: int = 0  # 0: none
    year: int | None = None
    type: str = "other"
    is_open: bool = False
    has_news: bool = False
    has_video: bool = False
    has_social: bool = False
    has_data: bool = False
    is_retracted: bool = False
    language: str = ""
    identifiers: tuple[str, ...] = ()  # "doi:10.5555/x", as `germane.identifiers.key_of` writes them
    vector: bytes = b""  # little-endian float16 of the unit vector, as many as the index has dimensions; b"": none


class Prepared(Struct, frozen=True, eq=False):
    """Documents in the form in which an index keeps them; `prepare_documents` makes it. It may go to another process.

    But for `ids` it is the implementation's own business.
    """

    ids: list[int]
    texts: list[str]
    columns: dict[str, NDArray[Any]]


class Clause(Struct, frozen=True):
    """One thing that is asked for: a word, or a phrase whose words stand together, anywhere or in one field."""

    text: str
    field: ClauseField = "any"
    is_phrase: bool = False
    is_excluded: bool = False


class Filters(Struct, frozen=True):
    """What every hit must be; None and () ask for nothing. Years are inclusive."""

    year_from: int | None = None
    year_to: int | None = None
    venue_ids: tuple[int, ...] = ()
    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    is_open: bool | None = None
    has_news: bool | None = None
    has_video: bool | None = None
    has_social: bool | None = None
    has_data: bool | None = None
    is_retracted: bool | None = None
    id_from: int | None = None  # inclusive, as for years: what came since then
    id_to: int | None = None


class Query(Struct, frozen=True):
    """What is asked. `germane.index.queries.parse_query` makes one of what a person typed."""

    clauses: tuple[Clause, ...] = ()  # none: everything that passes the filters, newest first
    filters: Filters = Filters()
    sort: Sort = "relevance"
    n: int = 10  # 1..200
    after: str = ""  # `Results.next_page` of the page before
    with_facets: bool = False
    text: str = ""  # as it was typed


class Match(Struct, frozen=True):
    """Why a document was found: a word or phrase of the question (or of the article that others are compared with)."""

    field: MatchField
    text: str


class Hit(Struct, frozen=True):
    """One answer; a higher score is better, and scores compare only within one answer."""

    id: int
    score: float
    matched: tuple[Match, ...] = ()
    title: str = ""  # filled by `similar` and `nearest` alone, so that equal titles can be told
    year: int | None = None  # this and the venue likewise
    venue_id: int = 0


class FacetValue(Struct, frozen=True):
    """How many of the result's articles have this value."""

    value: str | int
    n: int


class Facet(Struct, frozen=True):
    """One way of dividing a result: `year` (ascending), `venue` (ids, top 20), `type`, `is_open` (0 and 1)."""

    name: Literal["year", "venue", "type", "is_open"]
    values: tuple[FacetValue, ...]


class Results(Struct, frozen=True):
    """One page of answers, best first; equal scores stand by ascending id."""

    hits: tuple[Hit, ...] = ()
    n_total: int = 0
    is_at_least: bool = False  # `n_total` is a lower bound
    is_relaxed: bool = False  # few articles have every word: the rest have some of them
    facets: tuple[Facet, ...] = ()
    next_page: str = ""  # "": this is the last one
    suggestion: str = ""  # "did you mean", as a whole query


class PhraseFound(Struct, frozen=True):
    """A keyphrase that articles have, found in a running text."""

    phrase: str  # as the text writes it
    n_articles: int
    start: int  # its first character's offset in the text
    n_words: int


class Forward(Struct, frozen=True, eq=False):
    """What the index knows of `m` documents as arrays, a row for each id that was asked for, in that order.

    A row of zeros stands for an unknown id. Terms are those of `germane.index.terms.term_counts`, most telling first,
    as many as the index keeps; 0 fills the rest of a row.
    """

    ids: NDArray[np.int64]  # (m,)
    vectors: NDArray[np.float32]  # (m, dimensions), of unit length; zeros: none of this model
    terms: NDArray[np.uint32]  # (m, T)
    counts: NDArray[np.uint8]  # (m, T), a word of the title counted TITLE_WEIGHT times
    lengths: NDArray[np.int32]  # (m,) words in title and abstract, the title's counted TITLE_WEIGHT times


_NO_FILTERS = Filters()


class Index(Protocol):
    """A search index over articles.

    Guarantees, kept by every implementation and checked by one contract suite:

    - `add` and `delete` change nothing for readers until `commit` returns; then every reader, in any process,
      sees it within 0.2 s, and no crash of any process takes it back.
    - `add` replaces the document of the same id, also within one batch. Deleting an unknown id is no error.
    - A process that dies between commits loses its uncommitted changes and nothing else.
    - Any number of processes may read while one writes. A second writer is refused (IndexFailure, not permanent).
    - No Query raises, whatever its text. A malformed or outdated `after` begins at the first page.
    - An index that cannot be read raises IndexFailure when it is opened, not later.
    - Vectors of two models are never compared. Those of another model than the index was opened for count as none,
      until their documents are added again; everything that needs no vectors goes on as ever.
    """

    @property
    def n_documents(self) -> int:
        """Return how many documents readers see."""
        ...

    @property
    def n_vectors(self) -> int:
        """Return how many documents have a vector of the model that this index was opened for."""
        ...

    @property
    def vector_model(self) -> str:
        """Return the name of the model that this index was opened for."""
        ...

    @property
    def dimensions(self) -> int:
        """Return how many numbers a vector has."""
        ...

    def add(self, documents: Iterable[Document]) -> int:
        """Add documents, each in place of the one with its id, and return how many; readers see them after `commit`.

        Raises ValueError for an id out of range, or a vector that is not `dimensions` finite numbers.
        """
        ...

    def add_prepared(self, prepared: Prepared) -> int:
        """Add documents as `add` does; what `prepare_documents` did before need not be done here."""
        ...

    def delete(self, ids: Iterable[int]) -> None:
        """Remove the documents with these ids; readers miss them after `commit`."""
        ...

    def commit(self) -> None:
        """Make all changes so far durable and visible to every reader.

        Raises IndexFailure when they cannot be written (a full disk): readers go on with the last commit, and trying
        again may help after `close` alone, when what was not committed is added again. So does `add`.
        """
        ...

    def optimize(self) -> None:
        """Commit, and bring the index into the form that answers fastest; may take minutes. Answers stay the same."""
        ...

    def verify(self) -> list[str]:
        """Read everything that is committed and return what is broken, a sentence each; nothing when all is well."""
        ...

    def search(self, query: Query) -> Results:
        """Return one page of the answers to a query."""
        ...

    def similar(
        self,
        document: Document,
        *,
        n: int = 50,
        excluded_ids: Sequence[int] = (),
        candidate_ids: Sequence[int] | None = None,
        filters: Filters = _NO_FILTERS,
        without: Sequence[Clause] = (),
        with_matches: bool = True,
    ) -> list[Hit]:
        """Return up to `n` documents like this one by their words, best first, without itself and retracted ones.

        Every one passes the filters, and none satisfies a clause of `without`.

        The document need not be in the index. `matched` holds what they share: keyphrases first, rarest first, then
        the most telling words, as the given document writes them. A document that shares nothing telling is left out,
        and stays without `with_matches`, at half the cost. A copy scores about 1. Only `candidate_ids`, if given, rank.
        """
        ...

    def nearest(
        self,
        vector: NDArray[np.float32],
        *,
        n: int = 50,
        excluded_ids: Sequence[int] = (),
        filters: Filters = _NO_FILTERS,
        without: Sequence[Clause] = (),
    ) -> list[Hit]:
        """Return the `n` documents whose vectors are nearest to this one (dimensions,), best first, no retracted ones.

        The score is the cosine, -1..1; equal ones stand by ascending id. Among many documents a few of the nearest
        may be missing, but never one that is there out of order. A vector of zeros has no neighbors. Raises ValueError
        for a vector of another shape or with numbers that are not finite.
        """
        ...

    def forward(self, ids: Sequence[int]) -> Forward:
        """Return the vectors and words of many documents at once; ids are 64-bit numbers."""
        ...

    def holds(self, ids: Sequence[int]) -> NDArray[np.bool_]:
        """Return for each of these ids whether readers see its document: (m,); ids are 64-bit numbers."""
        ...

    def term_freqs(self, terms: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return in how many documents each of these terms is kept, in the shape that was asked; 0 for the term 0.

        Replaced and deleted documents may still count until the index is optimized.
        """
        ...

    def explain(self, document: Document, other_id: int) -> list[tuple[Match, float]]:
        """Return what this document shares with an indexed one and the share of the score, 0..1, that each gives.

        Most telling first; the shares add up to 1, or the list is empty.
        """
        ...

    def find_keyphrases(self, text: str) -> list[PhraseFound]:
        """Return the keyphrases of any article that stand in this text, once each, in the text's order."""
        ...

    def with_keyphrases(self, phrases: Sequence[str], *, n: int = 50) -> list[Hit]:
        """Return documents that have any of these keyphrases, by the summed rarity of those they have."""
        ...

    def doc_freq(self, term: str, field: TermField = "text") -> int:
        """Return about how many documents hold this term; deleted ones may still count.

        The term is a word; for `keyphrase` a whole keyphrase, for `phrase` words that stand together in the text.
        """
        ...

    def close(self) -> None:
        """Give up the writer, if this process has it, and everything uncommitted. Closing twice is no error."""
        ...


def open_index(
    url: str, home: Path, *, create: bool = False, dimensions: int = DIMENSIONS, vector_model: str = VECTOR_MODEL
) -> Index:
    """Return the index at an address: `embedded:` (in `home`/index) or `embedded:/a/folder`.

    `vector_model` names what the vectors to come are made with, or are asked with; `dimensions` is a multiple of 8.
    With `create` an index that is not there yet is made, empty; one that is broken or outdated is left as it is.
    Raises IndexFailure (permanent) for an address that cannot be understood, and for an index that is absent, broken or
    of another version.
    """
    from germane.index.embedded import open_embedded  # here: the implementation imports this contract

    return open_embedded(_folder(url, home), create=create, dimensions=dimensions, vector_model=vector_model)


def prepare_documents(url: str, documents: Sequence[Document], *, dimensions: int = DIMENSIONS) -> Prepared:
    """Return documents as the index at an address takes them: most of the work of adding them, in any process.

    Raises ValueError as `Index.add` does, and IndexFailure (permanent) for an address that cannot be understood.
    """
    from germane.index.embedded.preparing import prepare_embedded

    _folder(url, Path())
    return prepare_embedded(documents, dimensions)


def rebuild_index(
    url: str,
    home: Path,
    *,
    dimensions: int = DIMENSIONS,
    vector_model: str = VECTOR_MODEL,
    keep_vectors: bool = False,
) -> AbstractContextManager[Index]:
    """Give an empty index in a `with` block; when that ends well, it takes the place of the one at the address.

    Readers keep the old one until then; what is there may be absent, broken or of another version. When the block
    raises, the old one stays. Raises IndexFailure: permanent for an address that cannot be understood, not permanent
    while another process writes.

    With `keep_vectors`, a document that comes without a vector takes over the one that the old index has under its id,
    where that can be read and is of this model.
    """
    from germane.index.embedded import rebuild_embedded

    return rebuild_embedded(
        _folder(url, home), dimensions=dimensions, vector_model=vector_model, keep_vectors=keep_vectors
    )


def hold_index(url: str, home: Path) -> AbstractContextManager[dict[str, BinaryIO]]:
    """Give the files of the index's last commit in a `with` block, open for reading, by their path in its folder.

    What they hold together stays as it is, whatever a writer does meanwhile: copied into another folder, they are that
    index. Raises IndexFailure (permanent) when the index is absent or broken.
    """
    from germane.index.embedded.copying import held_files

    return held_files(_folder(url, home))


def index_folder(url: str, home: Path) -> Path:
    """Return where an address keeps the index. Raises IndexFailure (permanent) when it cannot be understood."""
    return _folder(url, home)


def _folder(url: str, home: Path) -> Path:
    scheme, separator, rest = url.partition(":")
    if separator and scheme == "embedded":
        return Path(rest) if rest else home / "index"
    if separator and scheme == "opensearch":
        message = "GERMANE_INDEX_URL: opensearch: is not available in this version; use embedded:"
    else:
        message = f"GERMANE_INDEX_URL: {url!r} is no address of an index; use embedded: or embedded:/a/folder"
    raise IndexFailure(message, permanent=True)
