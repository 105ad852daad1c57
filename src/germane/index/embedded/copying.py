"""The files of an index's last commit, held open, so that they can be copied while a writer goes on.

Files are never changed once they are named, only removed: an open one can be read to its end whatever happens.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from germane.index import IndexFailure
from germane.index.embedded.folder import META, REMEDY, ROWS, VERSION_FILE
from germane.index.embedded.textfiles import text_files
from germane.index.embedded.vectors.manifest import MANIFEST, Broken, decode_manifest, decode_opstamp

_PATIENCE = 50  # times that a writer may remove a file under our hands
_MANAGED = ".managed.json"  # tantivy's list of the files that it may remove


@contextmanager
def held_files(folder: Path) -> Iterator[dict[str, BinaryIO]]:
    """Give every file of the last commit, open for reading, by its path in the folder (with slashes).

    Raises IndexFailure (permanent) when the index is absent or broken.
    """
    for attempt in range(_PATIENCE):
        with ExitStack() as stack:
            try:
                files = _open_all(folder, stack)
            except (OSError, msgspec.DecodeError, Broken) as error:
                if attempt + 1 == _PATIENCE or not (folder.is_dir() or _is_being_replaced(folder)):
                    message = f"the search index in {folder} cannot be copied: {error}; {REMEDY}"
                    raise IndexFailure(message, permanent=True) from error
            else:
                yield files
                return
        time.sleep(0.05)


def _is_being_replaced(folder: Path) -> bool:
    """Tell whether a rebuilt index is about to come to the folder's place."""
    return folder.with_name(f"{folder.name}.old").is_dir()


def _open_all(folder: Path, stack: ExitStack) -> dict[str, BinaryIO]:
    meta, manifest = (folder / META).read_bytes(), (folder / ROWS / MANIFEST).read_bytes()
    texts = text_files(meta)
    rows = _row_files(folder / ROWS, manifest, decode_opstamp(meta))
    paths = [VERSION_FILE, *texts, *(f"{ROWS}/{name}" for name in rows)]
    files: dict[str, BinaryIO] = {name: stack.enter_context((folder / name).open("rb")) for name in paths}
    # These two are replaced, not kept: what counts is what they said when the files that they name were opened.
    files[f"{ROWS}/{MANIFEST}"] = BytesIO(manifest)
    files[_MANAGED] = BytesIO(msgspec.json.encode([*texts, META]))
    files[META] = BytesIO(meta)
    return files


def _row_files(rows: Path, manifest: bytes, opstamp: int) -> Iterator[str]:
    for entry in decode_manifest(manifest, rows / MANIFEST).state_at(opstamp).entries:
        yield entry.name
        if entry.dead:
            yield entry.dead
        inverted = Path(entry.name).with_suffix(".ivf").name
        if (rows / inverted).exists():  # else: it is made when a writer has time
            yield inverted
