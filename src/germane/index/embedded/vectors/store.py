"""The one writer of the rows: collects them, writes segments, and tells readers by the manifest."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from msgspec.structs import replace

from germane.files import written_whole
from germane.index.embedded.vectors import binary_ivf
from germane.index.embedded.vectors.binary_ivf import build_ivf, is_sound
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
from germane.index.embedded.vectors.rows import count_terms
from germane.index.embedded.vectors.segments import Column, block_dtype, write_segment
from germane.index.embedded.vectors.snapshot import Part, find, open_part

FLUSHED = 65_536  # rows held in memory, about 70 MB


class RowStore:
    """Writes the rows beside a text index, in step with that index's commits. Held by one process at a time."""

    def __init__(self, folder: Path, meta: Path, dimensions: int, vector_model: str) -> None:
        """Open the rows as the text index's last commit left them; raises Broken."""
        self._folder = folder
        self._meta = meta
        self._dimensions = dimensions
        self._vector_model = vector_model
        self._added: list[Mapping[str, Column]] = []
        self._n_added = 0
        self._deleted: dict[int, int] = {}  # id → how many of `_added` came before
        self._sound: set[Path] = set()  # segments whose inverted files were looked at
        manifest = read_manifest(folder)
        self._state = manifest.state_at(read_opstamp(meta))
        self._parts = [open_part(folder, entry) for entry in self._state.entries]
        self._number = max((int(path.name[:8]) for path in folder.glob("[0-9]*.*")), default=0)
        self._remove_strangers(manifest)

    def which_stand(self, ids: Sequence[int]) -> set[int]:
        """Return which of these ids have a row, those added since the last commit aside."""
        wanted = np.array(ids, np.int64)
        found: set[int] = set()
        for part in self._parts:
            here, _ = find(part, wanted)
            found.update(wanted[here].tolist())
        return found

    def add(self, columns: Mapping[str, Column]) -> None:
        """Add rows, as `rows.row_columns_of` makes them, each in place of the one with its id."""
        self._added.append(columns)
        self._n_added += len(columns["ids"])
        if self._n_added >= FLUSHED:
            self._flush()

    def delete(self, ids: Iterable[int]) -> None:
        """Remove the rows with these ids, as far as there are some."""
        self._deleted.update(dict.fromkeys(ids, len(self._added)))

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
        if not self._added and not self._deleted:
            return
        columns = self._collected()
        touched = np.union1d(columns["ids"], np.array(list(self._deleted), np.int64))
        for part in self._parts:
            rows = part.segment.rows_of(touched)
            part.alive[rows[rows >= 0]] = False
        n_rows = len(columns["ids"])
        if n_rows:
            terms, counts = count_terms([columns["blocks"].view(block_dtype(self._dimensions))["terms"]])
            entry = write_segment(
                self._next_path(),
                n_rows,
                self._dimensions,
                self._vector_model,
                lambda name: [columns[name]],
                (terms, counts.astype(np.uint32)),
            )
            self._parts.append(open_part(self._folder, entry))
        self._added, self._n_added, self._deleted = [], 0, {}

    def _collected(self) -> dict[str, Column]:
        """Return what was added and not deleted since, by ascending id; of two rows with one id the later one."""
        if not self._added:
            return {"ids": np.zeros(0, np.int64)}
        ids = np.concatenate([columns["ids"] for columns in self._added])
        order = np.argsort(ids, kind="stable")
        kept = order[np.append(ids[order][1:] != ids[order][:-1], True)]
        if self._deleted:
            batch = np.repeat(np.arange(len(self._added)), [len(columns["ids"]) for columns in self._added])
            n_before = np.array([self._deleted.get(article_id, 0) for article_id in ids[kept].tolist()])
            kept = kept[batch[kept] >= n_before]
        return {name: np.concatenate([columns[name] for columns in self._added])[kept] for name in self._added[0]}

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
