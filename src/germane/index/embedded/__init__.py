"""The index inside the program's own processes: tantivy in a folder, one writer, any number of readers."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import tantivy

from germane.index import Document, Hit, Index, IndexFailure, Match, PhraseFound, Query, Results, TermField
from germane.index.analysis import names, phrase_key, stems, storable
from germane.index.embedded import answers, likeness, paging
from germane.index.embedded.facets import FacetCache
from germane.index.embedded.folder import fill_empty, lock_folder, open_folder, replace_folder, stamp
from germane.index.embedded.plan import phrase
from germane.index.embedded.schema import stored_document

WRITER_BYTES = 128_000_000

_NAME_FIELDS = frozenset({"author", "venue"})


def open_embedded(folder: Path, *, create: bool = False) -> Index:
    """Return the index in a folder; see `germane.index.open_index`."""
    return EmbeddedIndex(folder, open_folder(folder, create=create))


@contextmanager
def rebuild_embedded(folder: Path) -> Iterator[Index]:
    """Give an empty index that takes the place of the folder's, whatever state that is in, when the block ends well.

    Readers keep the old index until then. Raises IndexFailure (not permanent) when another process writes.
    """
    with lock_folder(folder), replace_folder(folder) as fresh:
        fill_empty(fresh)
        index = EmbeddedIndex(fresh, open_folder(fresh, create=False))
        try:
            yield index
            index.commit()
        finally:
            index.close()


class EmbeddedIndex:
    """`germane.index.Index` over tantivy; may be used from several threads."""

    def __init__(self, folder: Path, index: tantivy.Index) -> None:
        self._folder = folder
        self._index = index
        self._stamp = stamp(folder)
        self._lock = threading.RLock()
        self._writer: tantivy.IndexWriter | None = None
        self._held = ExitStack()
        self._pending: set[int] = set()
        self._whole_facets = FacetCache()

    @property
    def n_documents(self) -> int:
        """Return how many documents readers see."""
        return self._searcher().num_docs

    def add(self, documents: Iterable[Document]) -> int:
        """Add or replace documents; see `Index.add`. Raises ValueError for an id out of range."""
        n = 0
        with self._lock:
            writer = self._open_writer()
            searcher = self._searcher()
            for document in documents:
                stored = stored_document(document)
                # a delete costs a look-up in every segment: only where there may be something to delete
                if document.id in self._pending or searcher.doc_freq("id", document.id):
                    writer.delete_documents_by_term("id", document.id)
                self._pending.add(document.id)
                with _translated(self._folder):
                    writer.add_document(stored)
                n += 1
        return n

    def delete(self, ids: Iterable[int]) -> None:
        """Remove documents; see `Index.delete`."""
        with self._lock:
            writer = self._open_writer()
            for article_id in ids:
                if article_id >= 0:
                    writer.delete_documents_by_term("id", article_id)

    def commit(self) -> None:
        """Make all changes durable and visible; see `Index.commit`."""
        with self._lock:
            if self._writer is not None:
                with _translated(self._folder):
                    self._writer.commit()
            self._pending.clear()

    def search(self, query: Query) -> Results:
        """Return one page of answers; see `Index.search`."""
        return answers.search(self._searcher(), self._index.schema, query, self._whole_facets)

    def similar(
        self,
        document: Document,
        *,
        n: int = 50,
        excluded_ids: Sequence[int] = (),
        candidate_ids: Sequence[int] | None = None,
    ) -> list[Hit]:
        """Return documents like this one; see `Index.similar`."""
        return likeness.similar(
            self._searcher(), self._index.schema, document, n, frozenset(excluded_ids), candidate_ids
        )

    def explain(self, document: Document, other_id: int) -> list[tuple[Match, float]]:
        """Return what two documents share and how much it says; see `Index.explain`."""
        return likeness.explain(self._searcher(), self._index.schema, document, other_id)

    def find_keyphrases(self, text: str) -> list[PhraseFound]:
        """Return the keyphrases of any article in a text; see `Index.find_keyphrases`."""
        return likeness.find_keyphrases(self._searcher(), text)

    def with_keyphrases(self, phrases: Sequence[str], *, n: int = 50) -> list[Hit]:
        """Return documents that have any of these keyphrases; see `Index.with_keyphrases`."""
        return likeness.with_keyphrases(self._searcher(), self._index.schema, phrases, n)

    def doc_freq(self, term: str, field: TermField = "text") -> int:
        """Return about how many documents hold a term; see `Index.doc_freq`."""
        searcher = self._searcher()
        if field == "keyphrase":
            return searcher.doc_freq("phrase", phrase_key(term))
        if field == "phrase":
            return paging.count(searcher, phrase(self._index.schema, "text", stems(term)))
        if field == "identifier":
            return searcher.doc_freq("identifier", storable(term))
        tokens = names(term) if field in _NAME_FIELDS else stems(term)
        return min((searcher.doc_freq(field, token) for token in tokens), default=0)

    def close(self) -> None:
        """Give up the writer and everything uncommitted; see `Index.close`."""
        with self._lock:
            writer, self._writer = self._writer, None
            self._pending.clear()
            try:
                if writer is not None:
                    writer.wait_merging_threads()
            finally:
                self._held.close()

    def _searcher(self) -> tantivy.Searcher:
        now = stamp(self._folder)
        if now != self._stamp and now != (0, 0, 0):
            with self._lock:
                self._index.reload()
                self._stamp = now
                self._whole_facets = FacetCache()
        return self._index.searcher()

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._held.enter_context(lock_folder(self._folder))
            try:
                with _translated(self._folder):
                    self._writer = self._index.writer(WRITER_BYTES, 1)
            except IndexFailure:
                self._held.close()
                raise
        return self._writer


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError) as error:
        raise IndexFailure(f"the search index in {folder} cannot be written to: {error}", permanent=False) from error
