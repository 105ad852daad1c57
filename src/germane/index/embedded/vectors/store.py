"""The one writer of the rows: collects them, writes segments, and tells readers by the manifest."""

from pathlib import Path
from zlib import crc32

import numpy as np
from msgspec.structs import replace

from germane.index import Document
from germane.index.embedded.vectors import binary_ivf
from germane.index.embedded.vectors.binary_ivf import build_ivf, is_sound
from germane.index.embedded.vectors.files import written_whole
from germane.index.embedded.vectors.manifest import (
    MANIFEST,
    Entry,
    Manifest,
    State,
    read_manifest,
    read_opstamp,
    write_manifest,
)
from germane.index.embedded.vectors.merging import choose_all, choose_merge, merge
from germane.index.embedded.vectors.rows import Row, columns_of, count_terms, row_of
from germane.index.embedded.vectors.segments import write_segment
from germane.index.embedded.vectors.snapshot import Part, open_part

FLUSHED = 16_384  # rows held in memory, about 50 MB


class RowStore:
    """Writes the rows beside a text index, in step with that index's commits. Held by one process at a time."""

    def __init__(self, folder: Path, meta: Path, dimensions: int, vector_model: str) -> None:
        """Open the rows as the text index's last commit left them; raises Broken."""
        self._folder = folder
        self._meta = meta
        self._dimensions = dimensions
        self._vector_model = vector_model
        self._pending: dict[int, Row | None] = {}  # None: deleted
        self._sound: set[Path] = set()  # segments whose inverted files were looked at
        manifest = read_manifest(folder)
        self._state = manifest.state_at(read_opstamp(meta))
        self._parts = [open_part(folder, entry) for entry in self._state.entries]
        self._number = max((int(path.name[:8]) for path in folder.glob("[0-9]*.*")), default=0)
        self._remove_strangers(manifest)

    def row_of(self, document: Document) -> Row:
        """Return what `add` takes; raises ValueError for a vector that cannot be one."""
        return row_of(document, self._dimensions)

    def add(self, row: Row) -> None:
        """Add a row in place of the one with its id."""
        self._pending[row.id] = row
        if len(self._pending) >= FLUSHED:
            self._flush()

    def delete(self, article_id: int) -> None:
        """Remove the row with this id, if there is one."""
        self._pending[article_id] = None

    def prepare(self) -> None:
        """Write everything that the text index's next commit will make true."""
        self._flush()
        entries = tuple(self._entry(part) for part in self._parts if part.alive.any())
        after = State(entries)
        if after != self._state:
            write_manifest(self._folder, Manifest(read_opstamp(self._meta), self._state, after))
            self._state = after

    def maintain(self) -> None:
        """Put small segments together, and give large ones their inverted files; nothing that readers see changes."""
        self._parts = [part for part in self._parts if part.alive.any()]
        is_merged = False
        while chosen := choose_merge(self._parts):
            self._merge(chosen)
            is_merged = True
        self._settle(is_merged=is_merged)

    def optimize(self) -> None:
        """Put all segments of a model together."""
        chosen = choose_all(self._parts)
        for parts in chosen:
            self._merge(parts)
        self._settle(is_merged=bool(chosen))

    def _settle(self, *, is_merged: bool) -> None:
        for part in self._parts:
            is_large = part.segment.n_rows >= binary_ivf.FROM_ROWS
            if is_large and part.segment.path not in self._sound and not is_sound(part.segment):
                build_ivf(part.segment)
            self._sound.add(part.segment.path)
        if is_merged:
            self._state = State(tuple(self._entry(part) for part in self._parts))
            manifest = Manifest(read_opstamp(self._meta), self._state, self._state)
            write_manifest(self._folder, manifest)
            self._remove_strangers(manifest)

    def _flush(self) -> None:
        if not self._pending:
            return
        touched = np.array(sorted(self._pending), np.int64)
        for part in self._parts:
            rows = part.segment.rows_of(touched)
            part.alive[rows[rows >= 0]] = False
        added = [row for article_id in touched.tolist() if (row := self._pending[article_id])]
        if added:
            columns = columns_of(added, self._dimensions)
            terms, counts = count_terms(row.terms for row in added)
            entry = write_segment(
                self._next_path(),
                len(added),
                self._dimensions,
                self._vector_model,
                lambda name: [columns[name]],
                (terms, counts.astype(np.uint32)),
            )
            self._parts.append(open_part(self._folder, entry))
        self._pending.clear()

    def _merge(self, chosen: list[Part]) -> None:
        left = [part for part in self._parts if part not in chosen]
        if any(part.alive.any() for part in chosen):
            left.append(open_part(self._folder, merge(self._next_path(), chosen)))
        self._parts = left  # only now: when the disk is full, the old ones still count

    def _entry(self, part: Part) -> Entry:
        """Return a part's entry; when more of its rows died since, write which."""
        entry = part.entry
        n_dead = int(part.segment.n_rows - np.count_nonzero(part.alive))
        if n_dead == entry.n_dead:
            return entry
        path = self._next_path().with_suffix(".dead")
        packed = np.packbits(~part.alive).tobytes()
        with written_whole(path) as file:
            file.write(packed)
        part.entry = replace(entry, dead=path.name, n_dead=n_dead, dead_checksum=crc32(packed))
        return part.entry

    def _next_path(self) -> Path:
        self._number += 1
        return self._folder / f"{self._number:08}.rows"

    def _remove_strangers(self, manifest: Manifest) -> None:
        """Remove the files that neither state of the manifest names: of a writer that died, or merged away."""
        entries = (*manifest.before.entries, *manifest.after.entries)
        named = {MANIFEST} | {entry.name for entry in entries} | {entry.dead for entry in entries}
        named |= {Path(entry.name).with_suffix(".ivf").name for entry in entries}
        for path in self._folder.iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)
