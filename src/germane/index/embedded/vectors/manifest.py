"""Which segments there are: one small file, replaced whole, that holds the state before and after a commit.

The text index's own commit decides which of the two is true: it raises the number (opstamp) in its meta.json. So text
and vectors change in the same instant, whenever the writer dies: before that instant readers see `before`, after it
`after`.
"""

from pathlib import Path
from zlib import crc32

import msgspec

from germane.files import written_whole

MANIFEST = "manifest.json"
FORMAT = 1


class Broken(Exception):  # noqa: N818 (what is broken is a file, not the program)
    """A file of the index is missing or not as it was written; the message says which and how."""


class Entry(msgspec.Struct, frozen=True):
    """One segment as it stands in a state: its file, what that holds, and which of its rows no longer count."""

    name: str
    n_rows: int
    n_bytes: int
    checksum: int  # of the file's directory, which holds those of its columns
    vector_model: str
    dimensions: int
    dead: str = ""  # the file of rows that were replaced or deleted; "": none were
    n_dead: int = 0
    dead_checksum: int = 0


class State(msgspec.Struct, frozen=True):
    """The segments of one commit; a document stands in one row of one of them."""

    entries: tuple[Entry, ...] = ()


class Manifest(msgspec.Struct, frozen=True):
    """The state up to the text index's commit `opstamp`, and the one from the next commit on."""

    opstamp: int = 0
    before: State = State()
    after: State = State()

    def state_at(self, opstamp: int) -> State:
        """Return the state that belongs to a commit of the text index."""
        return self.after if opstamp > self.opstamp else self.before


class _File(msgspec.Struct):
    format: int
    checksum: int
    manifest: msgspec.Raw


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest into the place of the one before, durably."""
    content = msgspec.json.encode(manifest)
    with written_whole(folder / MANIFEST) as file:
        file.write(msgspec.json.encode(_File(FORMAT, crc32(content), msgspec.Raw(content))))


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest; raises Broken when it is missing, damaged or of another format."""
    path = folder / MANIFEST
    try:
        return decode_manifest(path.read_bytes(), path)
    except OSError as error:
        raise Broken(f"{path} cannot be read: {error}") from error


def decode_manifest(content: bytes, path: Path) -> Manifest:
    """Return the manifest that a file holds; raises Broken, which names the path, when it is damaged."""
    try:
        file = msgspec.json.decode(content, type=_File)
        if file.format != FORMAT:
            raise Broken(f"{path} is of format {file.format}, and this program's is {FORMAT}")
        if crc32(file.manifest) != file.checksum:
            raise Broken(f"{path} is damaged: its checksum is wrong")
        return msgspec.json.decode(file.manifest, type=Manifest)
    except msgspec.DecodeError as error:
        raise Broken(f"{path} is damaged: {error}") from error


class _Meta(msgspec.Struct):
    opstamp: int


def read_opstamp(meta: Path) -> int:
    """Return the number of the text index's last commit; raises Broken when its meta.json cannot be read."""
    try:
        return decode_opstamp(meta.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise Broken(f"{meta} cannot be read: {error}") from error


def decode_opstamp(meta: bytes) -> int:
    """Return the number of the commit that a meta.json tells of. Raises msgspec.DecodeError."""
    return msgspec.json.decode(meta, type=_Meta).opstamp
