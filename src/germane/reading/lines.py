"""Cut tagged text into records: RIS, MEDLINE (nbib) and BibTeX, whatever is missing between them."""

import re
from collections.abc import Iterator

from germane import reading
from germane.reading import Piece, Text
from germane.reading.cursor import SHOWN_CHARS, Cursor
from germane.reading.opening import broken_bytes

_RIS_BEGIN = re.compile(r"[ \t]*TY {0,3}-(?: |$)")
_RIS_END = re.compile(r"[ \t]*ER {0,3}-\s*$")
_RIS_TAG = re.compile(r"[ \t]*[A-Z][A-Z0-9] {0,3}-(?: |$)")
_MEDLINE_BEGIN = re.compile(r"[ \t]*PMID ?- ?\d")
_MEDLINE_TAG = re.compile(r"[A-Z]{2,4} *- ")
_ENTRY = re.compile(r"(?:^|(?<=[\s},)]))@[ \t]*(?P<type>[A-Za-z][\w-]*)\s*(?P<open>[{(])", re.MULTILINE)
# An entry that begins a line inside another one: that other one was never closed.
_INSIDE = re.compile(
    r"[{}]|\)|\n[ \t]*@[ \t]*(?:(?:string|preamble|comment)\s*[{(]|[A-Za-z][\w-]*\s*[{(]\s*[^\s,={}()\"]*\s*,)",
    re.IGNORECASE,
)
_BARE_WORD = re.compile(r"[=#]\s*([A-Za-z][\w:.+/-]*)\s*(?=[,#}\n)])")
_MACRO = re.compile(r"@\s*string\s*[{(]\s*([^\s={}\"]+)\s*=", re.IGNORECASE)
_MAX_MACROS = 10_000
_MAX_EXPANDED = 1_000_000  # characters of an entry, or of a definition, with what its macros stand for
# Entries that are no publication: BibLaTeX's own, and IEEEtran's and REVTeX's switches.
_NOT_RECORDS = frozenset({"comment", "preamble", "set", "xdata", "bibnote", "control", "ieeetranbstctl"})


def split_ris(text: Text) -> Iterator[Piece]:
    """Yield each RIS record, from its TY line to its ER line or to the next TY line when ER is missing.

    Lines outside any record are passed over, unless they look like a record without its TY line.
    """
    yield from _split_tagged(text, begin=_RIS_BEGIN, end=_RIS_END, tag=_RIS_TAG)


def split_medline(text: Text) -> Iterator[Piece]:
    """Yield each MEDLINE record, from its PMID line to the next record's."""
    yield from _split_tagged(text, begin=_MEDLINE_BEGIN, end=None, tag=_MEDLINE_TAG)


def split_bibtex(text: Text) -> Iterator[Piece]:
    """Yield each BibTeX entry, with the @string definitions that it needs before it.

    @comment and @preamble are passed over, as is everything between entries (BibTeX's own rule). An entry that is
    not closed ends where the next one begins a line.
    """
    cursor = Cursor(text)
    macros: dict[str, str] = {}
    sizes: dict[str, int] = {}  # of what each macro stands for in the end
    while True:
        cursor.forget()
        begin = _ENTRY.search(cursor.data, cursor.position)
        if begin is None or (begin.end() == len(cursor.data) and not cursor.ended):
            if cursor.fill(len(cursor.data) - cursor.position + 1):
                continue
            if begin is None:
                break
        cursor.position = begin.start()
        end, error = _entry_end(cursor, begin)
        kind = begin["type"].lower()
        if kind == "string" and not error:
            definition = cursor.data[cursor.position : end]
            size = _expanded_size(definition, sizes)
            if (name := _MACRO.match(definition)) and len(sizes) < _MAX_MACROS:
                sizes[name[1].lower()] = min(size, _MAX_EXPANDED + 1)  # of a longer one nothing is kept
                if size <= _MAX_EXPANDED:
                    macros[name[1].lower()] = _with_macros(definition, macros, skip=name[1].lower())
            cursor.position = end
        elif kind in _NOT_RECORDS and not error:
            cursor.position = end
        else:
            if not error and _expanded_size(cursor.data[cursor.position : end], sizes) > _MAX_EXPANDED:
                error = f"with its @string definitions longer than {_MAX_EXPANDED:,} characters"
            piece = cursor.take(end, error)
            yield piece if error or not macros else _replace_text(piece, _with_macros(piece.text, macros))
    if cursor.failure is not None:
        raise cursor.failure


def iter_lines(text: Text) -> Iterator[tuple[int, int, str]]:
    """Yield offset, number from 1 and content of each line; it may end with CR LF, LF or CR.

    Of a line longer than a piece may be, the beginning is yielded.
    """
    rest, offset, number, dropped = "", 0, 0, 0
    lone_cr = "\n" not in text.head and "\r" in text.head
    newline = "\r" if lone_cr else "\n"
    for chunk in text.chunks():
        *lines, rest = (rest + chunk).split(newline)
        for line in lines:
            number += 1
            yield offset, number, line.rstrip("\r")
            offset += len(line) + dropped + 1
            dropped = 0
        if len(rest) > 2 * reading.MAX_PIECE_CHARS:
            dropped += len(rest) - reading.MAX_PIECE_CHARS
            rest = rest[: reading.MAX_PIECE_CHARS]
    if rest:
        yield offset, number + 1, rest.rstrip("\r")


def _split_tagged(
    text: Text, *, begin: re.Pattern[str], end: re.Pattern[str] | None, tag: re.Pattern[str]
) -> Iterator[Piece]:
    count = 0
    lines: list[str] = []
    at, last, number, size, is_record = 0, 0, 0, 0, False
    is_begun = False  # nothing but lines that begin a record came so far

    def piece(end: int) -> Piece | None:
        nonlocal count
        body = "\n".join(lines).rstrip()
        if not is_record and not any(tag.match(line) for line in lines):
            return None
        count += 1
        error = broken_bytes(text, at, end)
        if size > reading.MAX_PIECE_CHARS:
            error = f"longer than {reading.MAX_PIECE_CHARS:,} characters"
        return Piece(count, at, body[:SHOWN_CHARS] if error else body, error, number)

    failure: reading.ReadingError | None = None
    source = iter_lines(text)
    while True:
        try:
            entry = next(source, None)
        except reading.ReadingError as error:  # first what came before it
            failure, entry = error, None
        if entry is None:
            break
        offset, line_number, line = entry
        last = offset + len(line)
        is_begin = begin.match(line) is not None
        if is_begin and not (is_record and end is not None and is_begun):
            if lines and (found := piece(offset)):
                yield found
            lines, at, number, size, is_record, is_begun = [line], offset, line_number, len(line), True, True
        elif end is not None and end.match(line):
            lines.append(line)
            if len(lines) > 1 and (found := piece(last)):
                yield found
            lines, size, is_record, is_begun = [], 0, False, False
        elif lines or line.strip():
            is_begun = is_begun and is_begin
            if not lines:
                at, number, size = offset, line_number, 0
            size += len(line) + 1
            if size <= 2 * reading.MAX_PIECE_CHARS:
                lines.append(line)
    if lines and (found := piece(last)):
        yield found
    if failure is not None:
        raise failure


def _entry_end(cursor: Cursor, begin: re.Match[str]) -> tuple[int, str]:
    """Return where the entry at the cursor ends, and an error when it is not closed."""
    in_braces = begin["open"] == "{"
    depth, start = 1 if in_braces else 0, begin.end()
    while True:
        for match in _INSIDE.finditer(cursor.data, start):
            found = match.group()
            if found == "{":
                depth += 1
            elif found == "}":
                depth -= 1
                if depth == 0 and in_braces:
                    return match.end(), ""
            elif found == ")":
                if not in_braces and depth == 0:
                    return match.end(), ""
            else:
                return match.start() + 1, "the entry is not closed"
            start = match.end()
        if len(cursor.data) - cursor.position > reading.MAX_PIECE_CHARS:
            return len(cursor.data), f"longer than {reading.MAX_PIECE_CHARS:,} characters"
        # A line break stays unread: the entry that begins after it may not be there yet.
        start = max(start, cursor.data.rfind("\n", start)) if "\n" in cursor.data[start:] else start
        if not cursor.more():
            return len(cursor.data), "the text ends inside this entry"


def _expanded_size(entry: str, sizes: dict[str, int]) -> int:
    """Return how long an entry is with all that its macros stand for, of which each may double another."""
    return len(entry) + sum(sizes.get(word.lower(), 0) for word in _BARE_WORD.findall(entry))


def _with_macros(entry: str, macros: dict[str, str], skip: str = "") -> str:
    names = {word.lower() for word in _BARE_WORD.findall(entry)} - {skip}
    return "".join(f"{macros[name]}\n" for name in sorted(names) if name in macros) + entry


def _replace_text(piece: Piece, text: str) -> Piece:
    return Piece(piece.position, piece.offset, text, piece.error, piece.line)
