"""What a reader sees: the text index and the rows of one and the same commit."""

import time
from collections.abc import Sequence
from pathlib import Path

import tantivy

from germane.index import Document, IndexFailure
from germane.index.analysis import phrase_key
from germane.index.embedded.facets import FacetCache
from germane.index.embedded.folder import META, REMEDY, ROWS
from germane.index.embedded.likeness import Feature, features_of
from germane.index.embedded.paging import count
from germane.index.embedded.plan import phrase
from germane.index.embedded.vectors.manifest import MANIFEST, Broken, read_manifest, read_opstamp
from germane.index.embedded.vectors.snapshot import Snapshot, open_snapshot

Stamp = tuple[tuple[int, int, int], tuple[int, int, int]]

MOST_COUNTED = 100_000  # phrases whose texts' number is remembered
_PATIENCE = 200  # tries, a few milliseconds each: a writer may commit in the middle of any of them


class View:
    """One commit, as it stays for whoever holds it."""

    def __init__(self, stamp: Stamp, searcher: tantivy.Searcher, rows: Snapshot) -> None:
        self.stamp = stamp
        self.searcher = searcher
        self.rows = rows
        self.whole_facets = FacetCache()
        self._asked: tuple[Document, Sequence[Feature]] | None = None
        self._n_texts: dict[str, int] = {}

    def features_of(self, schema: tantivy.Schema, document: Document) -> Sequence[Feature]:
        """Return a document's features; one article's list asks for them several times in a row."""
        asked = self._asked
        if asked is None or asked[0] != document:
            asked = self._asked = (document, features_of(self.searcher, schema, document))
        return asked[1]

    def n_texts_with(self, schema: tantivy.Schema, words: str) -> int:
        """Return in about how many texts some words stand together; what many texts speak of is asked for often."""
        key = phrase_key(words)
        n = self._n_texts.get(key)
        if n is None:
            if len(self._n_texts) >= MOST_COUNTED:
                self._n_texts.clear()
            tokens = key.split()
            n = (
                self.searcher.doc_freq("text", key)
                if len(tokens) == 1
                else count(self.searcher, phrase(schema, "text", tokens))
            )
            self._n_texts[key] = n
        return n


def open_view(
    folder: Path, index: tantivy.Index, dimensions: int, vector_model: str, before: View | None = None
) -> View:
    """Return the view of the last commit; what the one `before` has open is shared.

    Raises IndexFailure (permanent) when it is broken.
    """
    for attempt in range(_PATIENCE):
        stamp = stamp_of(folder)
        try:
            index.reload()
            searcher = index.searcher()
            state = read_manifest(folder / ROWS).state_at(read_opstamp(folder / META))
            rows = open_snapshot(folder / ROWS, state, dimensions, vector_model, before.rows if before else None)
        except (Broken, ValueError, OSError) as error:
            if stamp == stamp_of(folder) and attempt > 1:
                raise IndexFailure(
                    f"the search index in {folder} is broken ({error}); {REMEDY}", permanent=True
                ) from error
            time.sleep(0.005)
            continue
        if stamp == stamp_of(folder):
            return View(stamp, searcher, rows)
    raise IndexFailure(f"the search index in {folder} changes too fast to be read; try again", permanent=False)


def stamp_of(folder: Path) -> Stamp:
    """Return what changes with every commit, since both files are replaced whole. Zeros while one is not there."""
    return _stamp(folder / META), _stamp(folder / ROWS / MANIFEST)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_mtime_ns, status.st_size)
