"""The index inside the program's own processes: tantivy in a folder, one writer, any number of readers.

Beside tantivy stand the rows (`vectors`): what nearest neighbors and rescoring need. Both change in one instant.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from germane.index import (
    Clause,
    Document,
    Filters,
    Forward,
    Hit,
    Index,
    IndexFailure,
    Match,
    PhraseFound,
    Prepared,
    Query,
    Results,
    TermField,
)
from germane.index.analysis import names, phrase_key, stems, storable
from germane.index.embedded import answers, likeness, verifying
from germane.index.embedded.bits import scores, these
from germane.index.embedded.folder import META, ROWS, fill_empty, lock_folder, open_folder, replace_folder
from germane.index.embedded.keeping import OldVectors, read_old_vectors
from germane.index.embedded.plan import restrictions
from germane.index.embedded.preparing import prepare_embedded
from germane.index.embedded.vectors import scan
from germane.index.embedded.vectors.manifest import Broken
from germane.index.embedded.vectors.store import RowStore
from germane.index.embedded.view import View, open_view, stamp_of

WRITER_BYTES = 256_000_000
_AT_ONCE = 256  # documents prepared together

_NAME_FIELDS = frozenset({"author", "venue"})
_EVERYTHING = Filters()


def open_embedded(folder: Path, *, create: bool, dimensions: int, vector_model: str) -> Index:
    """Return the index in a folder; see `germane.index.open_index`."""
    return EmbeddedIndex(folder, open_folder(folder, create=create), dimensions, vector_model)


@contextmanager
def rebuild_embedded(folder: Path, *, dimensions: int, vector_model: str, keep_vectors: bool) -> Iterator[Index]:
    """Give an empty index that takes the place of the folder's, whatever state that is in, when the block ends well.

    Readers keep the old index until then. Raises IndexFailure (not permanent) when another process writes.
    """
    old = read_old_vectors(folder, dimensions, vector_model) if keep_vectors else None
    with lock_folder(folder), replace_folder(folder) as fresh:
        fill_empty(fresh)
        index = EmbeddedIndex(fresh, open_folder(fresh, create=False), dimensions, vector_model, old)
        try:
            yield index
            index.optimize()
        finally:
            index.close()


class EmbeddedIndex:
    """`germane.index.Index` over tantivy and files of our own; may be used from several threads."""

    def __init__(
        self,
        folder: Path,
        index: tantivy.Index,
        dimensions: int,
        vector_model: str,
        old: OldVectors | None = None,
    ) -> None:
        if dimensions <= 0 or dimensions % 8:
            raise ValueError(f"an index has a multiple of 8 dimensions, not {dimensions}")
        self._folder = folder
        self._index = index
        self._dimensions = dimensions
        self._vector_model = vector_model
        self._old = old
        self._lock = threading.RLock()  # who writes
        self._view_lock = threading.Lock()  # who changes over to a new commit
        self._view = open_view(folder, index, dimensions, vector_model)
        self._writer: tantivy.IndexWriter | None = None
        self._rows: RowStore | None = None
        self._held = ExitStack()
        self._pending: set[int] = set()

    @property
    def n_documents(self) -> int:
        """Return how many documents readers see."""
        return self._searcher().num_docs

    @property
    def n_vectors(self) -> int:
        """Return how many documents have a vector of this index's model."""
        return self._current_view().rows.n_vectors

    @property
    def vector_model(self) -> str:
        """Return the name of the model that this index was opened for."""
        return self._vector_model

    @property
    def dimensions(self) -> int:
        """Return how many numbers a vector has."""
        return self._dimensions

    def add(self, documents: Iterable[Document]) -> int:
        """Add or replace documents; see `Index.add`."""
        source = iter(self._old.fill(documents) if self._old else documents)
        n = 0
        while some := list(islice(source, _AT_ONCE)):
            n += self.add_prepared(prepare_embedded(some, self._dimensions))
        return n

    def add_prepared(self, prepared: Prepared) -> int:
        """Add or replace documents; see `Index.add_prepared`."""
        with self._lock, self._translated():
            writer, rows = self._open_writer()
            add, pending = writer.add_json, self._pending
            # a delete costs a look-up in every segment: only where there is something to delete
            there = rows.which_stand(prepared.ids)
            for article_id, text in zip(prepared.ids, prepared.texts, strict=True):
                if article_id in pending or article_id in there:
                    writer.delete_documents_by_term("id", article_id)
                pending.add(article_id)
                add(text)
            rows.add(prepared.columns)
        return len(prepared.ids)

    def delete(self, ids: Iterable[int]) -> None:
        """Remove documents; see `Index.delete`."""
        wanted = [article_id for article_id in ids if 0 <= article_id < 1 << 63]
        with self._lock:
            writer, rows = self._open_writer()
            with self._translated():
                for article_id in wanted:
                    writer.delete_documents_by_term("id", article_id)
                rows.delete(wanted)

    def commit(self) -> None:
        """Make all changes durable and visible; see `Index.commit`."""
        with self._lock:
            if self._writer is not None and self._rows is not None:
                with self._translated():
                    self._rows.prepare()
                    self._writer.commit()
                    self._rows.maintain()
            self._pending.clear()

    def optimize(self) -> None:
        """Commit, and bring the index into its fastest form; see `Index.optimize`."""
        with self._lock:
            _, rows = self._open_writer()
            self.commit()
            with self._translated():
                rows.optimize()

    def verify(self) -> list[str]:
        """Read everything and return what is broken; see `Index.verify`."""
        return verifying.verify(self._folder)

    def search(self, query: Query) -> Results:
        """Return one page of answers; see `Index.search`."""
        view = self._current_view()
        return answers.search(view.searcher, self._index.schema, query, view.whole_facets)

    def similar(
        self,
        document: Document,
        *,
        n: int = 50,
        excluded_ids: Sequence[int] = (),
        candidate_ids: Sequence[int] | None = None,
        filters: Filters = _EVERYTHING,
        without: Sequence[Clause] = (),
        with_matches: bool = True,
    ) -> list[Hit]:
        """Return documents like this one; see `Index.similar`."""
        view, schema = self._current_view(), self._index.schema
        features = view.features_of(schema, document)
        excluded = frozenset(excluded_ids)
        return likeness.similar(
            view.searcher,
            schema,
            document,
            features,
            n,
            excluded,
            candidate_ids,
            filters,
            without,
            with_matches=with_matches,
        )

    def nearest(
        self,
        vector: NDArray[np.float32],
        *,
        n: int = 50,
        excluded_ids: Sequence[int] = (),
        filters: Filters = _EVERYTHING,
        without: Sequence[Clause] = (),
    ) -> list[Hit]:
        """Return the documents with the nearest vectors; see `Index.nearest`."""
        view, schema = self._current_view(), self._index.schema
        banned = restrictions(_EVERYTHING, without, schema, view.searcher)

        def passing(ids: list[int]) -> set[int]:
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, these(schema, ids)), *banned])
            return {article_id for _, article_id in scores(view.searcher, query, len(ids))}

        found = scan.nearest(view.rows, vector, n, frozenset(excluded_ids), filters, passing if banned else None)
        titles = likeness.titles_of(view.searcher, schema, [near.id for near in found]) if found else {}
        return [Hit(near.id, near.score, (), titles.get(near.id, ""), near.year, near.venue_id) for near in found]

    def forward(self, ids: Sequence[int]) -> Forward:
        """Return the vectors and words of many documents; see `Index.forward`."""
        return self._current_view().rows.forward(ids)

    def holds(self, ids: Sequence[int]) -> NDArray[np.bool_]:
        """Return which of these documents there are; see `Index.holds`."""
        return self._current_view().rows.holds(ids)

    def term_freqs(self, terms: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return in how many documents each term is kept; see `Index.term_freqs`."""
        return self._current_view().rows.term_freqs(terms)

    def explain(self, document: Document, other_id: int) -> list[tuple[Match, float]]:
        """Return what two documents share and how much it says; see `Index.explain`."""
        view, schema = self._current_view(), self._index.schema
        return likeness.explain(view.searcher, schema, view.features_of(schema, document), other_id)

    def find_keyphrases(self, text: str) -> list[PhraseFound]:
        """Return the keyphrases of any article in a text; see `Index.find_keyphrases`."""
        return likeness.find_keyphrases(self._searcher(), text)

    def with_keyphrases(self, phrases: Sequence[str], *, n: int = 50) -> list[Hit]:
        """Return documents that have any of these keyphrases; see `Index.with_keyphrases`."""
        return likeness.with_keyphrases(self._searcher(), self._index.schema, phrases, n)

    def doc_freq(self, term: str, field: TermField = "text") -> int:
        """Return about how many documents hold a term; see `Index.doc_freq`."""
        view = self._current_view()
        searcher = view.searcher
        if field == "keyphrase":
            return searcher.doc_freq("phrase", phrase_key(term))
        if field == "phrase":
            return view.n_texts_with(self._index.schema, term)
        if field == "identifier":
            return searcher.doc_freq("identifier", storable(term))
        tokens = names(term) if field in _NAME_FIELDS else stems(term)
        return min((searcher.doc_freq(field, token) for token in tokens), default=0)

    def close(self) -> None:
        """Give up the writer and everything uncommitted; see `Index.close`."""
        with self._lock:
            writer, self._writer, self._rows = self._writer, None, None
            self._pending.clear()
            try:
                if writer is not None:
                    writer.wait_merging_threads()
            except ValueError:  # it died before, as was told then: what it had not committed is given up anyway
                pass
            finally:
                self._held.close()

    def _current_view(self) -> View:
        stamp = stamp_of(self._folder)
        if stamp != self._view.stamp and all(any(part) for part in stamp):
            with self._view_lock:
                if stamp != self._view.stamp:
                    self._view = open_view(self._folder, self._index, self._dimensions, self._vector_model, self._view)
        return self._view

    def _searcher(self) -> tantivy.Searcher:
        return self._current_view().searcher

    def _open_writer(self) -> tuple[tantivy.IndexWriter, RowStore]:
        if self._writer is None or self._rows is None:
            self._held.enter_context(lock_folder(self._folder))
            try:
                with self._translated():
                    self._rows = RowStore(
                        self._folder / ROWS, self._folder / META, self._dimensions, self._vector_model
                    )
                    self._writer = self._index.writer(WRITER_BYTES, 1)
            except IndexFailure:
                self._rows = None
                self._held.close()
                raise
        return self._writer, self._rows

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, OSError, Broken) as error:
            message = f"the search index in {self._folder} cannot be written to: {error}"
            raise IndexFailure(message, permanent=False) from error
