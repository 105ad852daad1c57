"""Like what a reader has already: a file of a reference manager, or a list of DOIs, one a line."""

from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from germane.article import Record
from germane.connectors import load_reader
from germane.identifiers import find_identifiers, key_of
from germane.reading import ReadingError
from germane.reading.opening import open_text
from germane.sources import ParseError
from germane.text import excerpt
from germane.web.catalog import queries
from germane.web.pages.readers.who import for_reader
from germane.web.readers.store import carrying

MAX_BYTES = 5_000_000
MAX_ENTRIES = 5_000  # of a file; the rest is told
N_TOLD = 500  # entries that could not be liked, with their lines
_FORMATS = ("nbib", "ris", "csl", "bibtex")  # of reference managers, the most particular first
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK", b"\x28\xb5\x2f\xfd")  # small files that may be endless inside


class Entry(NamedTuple):
    """One entry of a file: where it stands, how it may be recognized, and the names that it gives."""

    line: int  # from 1; 0: unknown
    words: str
    keys: tuple[str, ...]  # "doi:10.1/x"
    error: str = ""


class ImportRefused(ValueError):  # noqa: N818
    """A file that cannot be taken. The message says why, and what would do. Trying again cannot help."""

    permanent = True


@for_reader
def take(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Like every article of a file or a list that is here, and tell the others line by line."""
    upload = request.FILES.get("file")
    try:
        if upload is not None and (upload.size or 0) > MAX_BYTES:
            raise ImportRefused("The file is larger than 5 MB: cut it into parts.")
        content = upload.read() if upload is not None else request.POST.get("text", "").encode()
        entries = read_entries(content)
    except ImportRefused as error:
        return render(request, "readers/refused.html", {"error": str(error), "back": "/you/likes"}, status=422)
    now = timezone.now()
    lines = queries.find_lines(key for entry in entries for key in entry.keys)
    found = [next((lines[key] for key in entry.keys if key in lines), None) for entry in entries]
    carried = carrying.like_many(reader_id, {line.id: now for line in found if line}, now)
    missing = [entry for entry, line in zip(entries, found, strict=True) if line is None]
    context = {"carried": carried, "missing": missing[:N_TOLD], "n_missing": len(missing), "n": len(entries)}
    return render(request, "readers/imported.html", context)


def read_entries(content: bytes) -> list[Entry]:
    """Return the entries of a file in the format of a reference manager, or of a list with an identifier a line.

    Raises ImportRefused.
    """
    if not content.strip():
        raise ImportRefused("There is nothing in it: choose a file, or write DOIs into the field.")
    if content.startswith(_PACKED):
        raise ImportRefused("The file is packed: unpack it first.")
    try:
        entries = list(_entries(content))
    except ReadingError as error:
        raise ImportRefused(f"The file cannot be read: {error}") from error
    if not any(entry.keys for entry in entries):
        raise ImportRefused("No DOI, PMID or arXiv id was found in it. BibTeX, RIS, CSL-JSON and lists of DOIs do.")
    return entries


def _entries(content: bytes) -> Iterator[Entry]:
    text = open_text(BytesIO(content), name="file")
    reader = next((reader for reader in map(load_reader, _FORMATS) if reader.sniff(text.head)), None)
    if reader is None:
        yield from _listed("".join(text.chunks()))
        return
    for n, piece in enumerate(reader.split(text)):
        if n >= MAX_ENTRIES:
            yield Entry(
                piece.line, "", (), f"Only the first {MAX_ENTRIES:,} entries were read: cut the file into parts"
            )
            return
        try:
            read = [] if piece.error else reader.parse(piece.text)
        except ParseError as error:
            yield Entry(piece.line, excerpt(piece.text, 80), (), str(error))
            continue
        if piece.error:
            yield Entry(piece.line, excerpt(piece.text, 80), (), piece.error)
        for record in read:
            if isinstance(record, Record):
                keys = tuple(map(key_of, record.article.identifiers))
                told = "" if keys else "It has no DOI, PMID or arXiv id"
                yield Entry(piece.line, excerpt(record.article.title, 120), keys, told)


def _listed(text: str) -> Iterator[Entry]:
    """Yield what stands on the lines of a text; empty ones are passed over."""
    n = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        n += 1
        if n > MAX_ENTRIES:
            yield Entry(number, "", (), f"Only the first {MAX_ENTRIES:,} lines were read: cut the list into parts")
            return
        keys = tuple(key_of(found.identifier) for found in find_identifiers(line[:2_000]))
        yield Entry(number, excerpt(line.strip(), 120), keys, "" if keys else "No identifier stands there")
