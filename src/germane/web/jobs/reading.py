"""Pieces of a file → entries ready to be written. Pure, and so done by every core, while the pieces stay in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from germane.article import Deletion, Record
from germane.connectors import load_reader
from germane.item import Item
from germane.reading import Piece, ReadingError
from germane.reading.cleaning import without_controls
from germane.sources import ParseError, Reader
from germane.web.catalog.store.incoming import Incoming, Prepared, prepare
from germane.web.jobs.parallel import Pool, map_batches

_HERE = 600  # pieces of a file that are read in this process: a small file is done before another one is started
_PIECES = 200  # handed to another process at once …
_AHEAD = 24  # such batches are handed over in advance, so that processes have work while this one writes
_CHARS = 1_000_000  # … or fewer, of so much text


class Withdrawn(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A source withdraws its record of this key."""

    source: str
    key: str


class Heard(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """An item that was read."""

    item: Item


Entry = Prepared | Withdrawn | Heard


class Parsed(msgspec.Struct, frozen=True, array_like=True):
    """What one piece says, in its order; with `error` set, why it cannot be understood."""

    entries: list[Entry]
    error: str = ""


def read_pieces(reader: str, pieces: Iterable[Piece], done: int, pool: Pool) -> Iterator[tuple[Piece, Parsed]]:
    """Yield each piece after the first `done`, in order, with what it says. `reader` is a connector's name.

    Raises what cutting the pieces raises, after everything before it has been yielded.
    """
    todo = _Stream(piece for piece in pieces if piece.position > done)
    module = load_reader(reader)
    for piece in islice(todo, _HERE):
        yield piece, _parsed(piece, module)
    waiting: deque[list[Piece]] = deque()
    for answer in map_batches(parse_pieces, _texts(reader, todo, waiting), pool=pool, ahead=_AHEAD):
        batch = waiting.popleft()
        told = iter(_answers.decode(answer))
        for piece in batch:
            yield piece, Parsed([], piece.error) if piece.error else next(told)
    if todo.failure is not None:
        raise todo.failure


def parse_pieces(batch: list[str]) -> bytes:
    """Return what some pieces say, packed for the way between processes. The first of the texts names the reader."""
    name, *texts = batch
    reader = load_reader(name)
    return _encoder.encode([read_piece(reader, text) for text in texts])


def read_piece(reader: Reader, text: str) -> Parsed:
    """Return what a piece says, or why it cannot be understood."""
    try:
        return Parsed([_entry(entry, text) for entry in map(without_controls, reader.parse(text))])
    except ParseError as error:
        return Parsed([], str(error) or "it cannot be understood")
    except Exception as error:  # a defect of the reader must cost one record, not the import
        return Parsed([], f"the {reader.NAME} reader failed: {type(error).__name__}: {error}")


def _entry(entry: Record | Deletion | Item, text: str) -> Entry:
    if isinstance(entry, Record):
        return prepare(Incoming(entry, text))
    return Heard(entry) if isinstance(entry, Item) else Withdrawn(entry.source, entry.key)


class _Stream:
    """Pieces, and what ended them early: it is raised only when all that came before is done."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[Piece]:
        return self

    def __next__(self) -> Piece:
        try:
            return next(self._pieces)
        except ReadingError as error:
            self.failure = error
            raise StopIteration from error


def _parsed(piece: Piece, reader: Reader) -> Parsed:
    return Parsed([], piece.error) if piece.error else read_piece(reader, piece.text)


def _texts(reader: str, pieces: Iterator[Piece], waiting: deque[list[Piece]]) -> Iterator[list[str]]:
    """Yield the texts of pieces in batches, each after the reader's name; `waiting` is given the pieces themselves."""
    batch: list[Piece] = []
    n_chars = 0
    for piece in pieces:
        batch.append(piece)
        n_chars += len(piece.text)
        if len(batch) >= _PIECES or n_chars >= _CHARS:
            waiting.append(batch)
            yield [reader, *(p.text for p in batch if not p.error)]
            batch, n_chars = [], 0
    if batch:
        waiting.append(batch)
        yield [reader, *(p.text for p in batch if not p.error)]


_encoder = msgspec.msgpack.Encoder()
_answers = msgspec.msgpack.Decoder(list[Parsed])
