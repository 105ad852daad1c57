"""Cut the records' JSON text out of a file without parsing it: lines, one object, arrays, containers, broken or not.

How it goes on after a broken record: in JSON lines a line that begins with "{" begins a record. Elsewhere the next
record begins at the first "{" after a comma where a whole object stands that has the records' own keys, or from which
the rest of the array reads well; so an object nested in the broken record is not taken for a record.
"""

import re
from collections.abc import Iterator, Sequence

from germane import reading
from germane.reading import Piece, Text
from germane.reading.cursor import SHOWN_CHARS, Cursor
from germane.reading.jsonresync import LOOK_AHEAD, closes, closing_bracket, next_element
from germane.reading.jsonscan import (
    Scan,
    Skip,
    balanced_object,
    keys_of,
    skip_space,
    skip_structure,
    walk,
)
from germane.reading.opening import broken_bytes

_TRUNCATED = "the text ends inside this record"
_RECONSIDERED = 8  # values after which JSON lines are no longer looked for
_IGNORED = " \t\r\n,\x1e\ufeff"  # between records; \x1e begins a record in RFC 7464
_NEXT_VALUE = re.compile(r"\n[ \t]*+(?=[{\[])")


def split_json(text: Text, containers: Sequence[str] = ()) -> Iterator[Piece]:
    """Yield each record's JSON text: a line, a top-level object, or an element of a top-level array or of a container.

    `containers` are the dotted paths of the arrays that hold the records inside an enclosing object
    ("message.items"). An object without any of them is a record itself. Constant memory.
    """
    cursor = Cursor(text)
    cursor.fill(1)
    if has_lines(text.head):
        yield from _split_lines(cursor, containers)
    else:
        yield from _split_values(cursor, containers)
    if cursor.failure is not None:
        raise cursor.failure


def has_lines(head: str) -> bool:
    """Tell whether text is JSON lines: most of its two or more lines are objects (the last may be cut short)."""
    lines = [line for raw in head.split("\n") if (line := raw.strip(" \t\r\x1e\ufeff"))]
    if len(lines) < 2 or lines[0][0] == "[":
        return False
    lines = lines[:-1] if len(head) >= SHOWN_CHARS or not lines[-1].endswith("}") else lines
    # An object that is pretty-printed without indentation has such lines too, but never most of them; elements of
    # an array, one a line, end with a comma.
    return 2 * sum(line[0] == "{" and line[-1] == "}" for line in lines) > len(lines)


def peek(head: str, containers: Sequence[str] = ()) -> dict[str, str]:
    """Return the members of the first readable record in `head`, even when `head` ends inside it.

    Scalars keep their JSON text; a list is "[" and an object "{". Empty when `head` is not JSON.
    """
    start = skip_space(head, 0)
    if head[start : start + 1] not in ("{", "["):
        return {}
    if head[start] == "[":
        return dict(walk(head, skip_space(head, start + 1)).members)
    scan = walk(head, start, containers)
    if scan.outcome != "container":
        return dict(scan.members)
    return dict(walk(head, skip_space(head, scan.position)).members)


def _split_lines(cursor: Cursor, containers: Sequence[str]) -> Iterator[Piece]:
    openings = [(name, re.compile(rf"{re.escape(name)}\s*:\s*\[\s*[{{\]]")) for name in _names(containers)]
    held: Piece | None = None  # a line that did not end its object: what follows may belong to it
    for offset, number, line in _lines(cursor):
        if line[:1] != "{" or line[-1:] != "}":
            stripped = line.strip(_IGNORED)
            skipped = line.find(stripped[:1]) if stripped else 0
            offset, line = offset + skipped, stripped
            if not line:
                continue
        begins = line[0] == "{"
        broken = broken_bytes(cursor.text, offset, offset + len(line))
        if held is not None:
            if not begins and len(held.text) + len(line) < reading.MAX_PIECE_CHARS:
                held = Piece(held.position, held.offset, f"{held.text}\n{line}", held.error or broken, held.line)
                continue
            yield held
            held = None
        may_hold_several = "}{" in line or any(
            line.find(name, 0, 4096) >= 0 and opening.search(line) for name, opening in openings
        )
        if may_hold_several and _holds_several(line, containers):
            for piece in _split_values(Cursor(_Line(line)), containers):
                cursor.count += 1
                error = piece.error or (broken if "\ufffd" in piece.text else "")
                yield Piece(cursor.count, offset + piece.offset, _shown(piece.text, error), error, number)
            continue
        cursor.count += 1
        error = broken if begins else _not_an_object(line)
        piece = Piece(cursor.count, offset, _shown(line, error), error, number)
        if len(line) > reading.MAX_PIECE_CHARS:
            yield Piece(cursor.count, offset, line[:SHOWN_CHARS], _too_long(), number)
        elif begins and line[-1] != "}":
            held = piece
        else:
            yield piece
    if held is not None:
        yield held


def _names(containers: Sequence[str]) -> list[str]:
    """Return the containers' own names, as they stand in the text."""
    return [f'"{path.rpartition(".")[2]}"' for path in containers]


def _holds_several(line: str, containers: Sequence[str]) -> bool:
    """Tell whether a line is a page of records, or several objects."""
    scan = walk(line, 0, containers)
    return scan.outcome == "container" or (scan.outcome == "end" and line[scan.position : scan.position + 1] == "{")


class _Line:
    """One line as a text of its own."""

    def __init__(self, line: str) -> None:
        self.head = line

    def chunks(self) -> Iterator[str]:
        yield self.head


def _lines(cursor: Cursor) -> Iterator[tuple[int, int, str]]:
    """Yield offset, number and text of each line; of a line that is too long, little more than the limit."""
    cursor.forget(0)
    number, offset, dropped = cursor.line, cursor.offset, 0
    while True:
        if cursor.ended:
            lines, rest = cursor.data.split("\n"), ""
        else:
            *lines, rest = cursor.data.split("\n")
        for line in lines:
            yield offset, number, line
            offset += len(line) + dropped + 1
            number, dropped = number + 1, 0
        if cursor.ended:
            return
        if len(rest) > 2 * reading.MAX_PIECE_CHARS:
            dropped += len(rest) - reading.MAX_PIECE_CHARS - 1
            rest = rest[: reading.MAX_PIECE_CHARS + 1]
        cursor.data = rest
        cursor.fill(len(rest) + 1)


def _split_values(cursor: Cursor, containers: Sequence[str]) -> Iterator[Piece]:
    names = _names(containers)
    n_values = 0
    while first := cursor.skip(_IGNORED):
        cursor.forget()
        n_values += 1
        if 1 < n_values < _RECONSIDERED and has_lines(cursor.data[cursor.position : cursor.position + SHOWN_CHARS]):
            yield from _split_lines(cursor, containers)  # the first line was longer than the head
            return
        if first == "[":
            cursor.position += 1
            yield from _split_array(cursor, "]")
        elif first == "{":
            yield from _split_object(cursor, containers, names)
        else:
            yield _broken_value(cursor, _not_an_object(cursor.data[cursor.position : cursor.position + 20]))


def _split_object(cursor: Cursor, containers: Sequence[str], names: Sequence[str]) -> Iterator[Piece]:
    end = balanced_object(cursor.data, cursor.position)
    if end >= 0 and not any(cursor.data.find(name, cursor.position, end) >= 0 for name in names):
        yield cursor.take(end)
        return
    scan = _walk_on(cursor, containers)
    if scan.outcome == "container":
        cursor.position = scan.position
        yield from _split_array(cursor, scan.closers)
    elif scan.outcome == "end":
        yield cursor.take(scan.position)
    elif scan.outcome == "unfinished" and not cursor.ended:
        yield from _skip_long(cursor)
    else:
        for path in containers:  # broken before its container: the records may still be had
            opening = re.compile(rf'"{re.escape(path.rpartition(".")[2])}"\s*:\s*\[').search(
                cursor.data, cursor.position
            )
            if opening:
                yield cursor.take(opening.end(), scan.error)
                yield from _split_array(cursor, "?]")
                return
        yield _broken_value(cursor, _TRUNCATED if scan.outcome == "unfinished" else scan.error)


def _walk_on(cursor: Cursor, containers: Sequence[str] = ()) -> Scan:
    """Walk over the value here, reading on as far as a piece may be long."""
    while True:
        scan = walk(cursor.data, cursor.position, containers, final=cursor.ended)
        if scan.outcome != "unfinished" or len(cursor.data) - cursor.position > reading.MAX_PIECE_CHARS:
            return scan
        if not cursor.more():
            return walk(cursor.data, cursor.position, containers)


def _broken_value(cursor: Cursor, error: str) -> Piece:
    """Take everything up to the next line that begins a value."""
    while True:
        following = _NEXT_VALUE.search(cursor.data, cursor.position + 1)
        if following:
            return cursor.take(following.end(), error)
        if len(cursor.data) - cursor.position > reading.MAX_PIECE_CHARS or not cursor.more():
            return cursor.take(len(cursor.data), error)


def _split_array(cursor: Cursor, closers: str) -> Iterator[Piece]:
    """Yield the elements from `position` on, just inside the array, and leave the cursor behind its last bracket."""
    known: frozenset[str] | None = None  # the keys of the last whole element
    last = ""
    gap = ""  # the white space before it
    while True:
        cursor.forget()
        before = cursor.position
        first = cursor.skip(_IGNORED)
        if first == "]":
            if not closes(cursor.data, cursor.position + 1, closers, final=cursor.ended):
                known = keys_of(last) if known is None else known
                following = next_element(cursor, cursor.position, closers, known, gap)
                if following >= 0:  # a bracket of the broken element before
                    yield cursor.take(following, "a ] that closes nothing")
                    continue
            cursor.position += 1
            _skip_tail(cursor, closers[:-1])
            return
        if not first:
            if cursor.failure is None:
                yield cursor.take(len(cursor.data), "the text ends inside the list of records")
            return
        gap = cursor.data[before : cursor.position].rpartition(",")[2] if before < cursor.position else gap
        end = balanced_object(cursor.data, cursor.position)
        if end < 0 and first == "{" and len(cursor.data) - cursor.position < LOOK_AHEAD and cursor.fill(LOOK_AHEAD):
            end = balanced_object(cursor.data, cursor.position)
        if end >= 0 and _goes_on(cursor, end):
            piece = cursor.take(end)
            last, known = piece.text, None
            yield piece
            continue
        if known is None:
            known = keys_of(last)
        yield from _slow_element(cursor, closers, known, gap)


def _goes_on(cursor: Cursor, end: int) -> bool:
    """Tell whether more text follows: the last object of a text cut short may have swallowed its neighbors."""
    if skip_space(cursor.data, end) < len(cursor.data):
        return True
    cursor.fill(end - cursor.position + LOOK_AHEAD)
    return not cursor.ended


def _slow_element(cursor: Cursor, closers: str, known: frozenset[str], gap: str) -> Iterator[Piece]:
    scan = _walk_on(cursor)
    if scan.outcome == "unfinished" and not cursor.ended:
        yield from _skip_long(cursor)
        return
    sound = scan.outcome == "end"
    after = skip_space(cursor.data, scan.position)
    if sound and cursor.data[cursor.position] != "{" and cursor.data[after : after + 1] in (",", "]"):
        yield cursor.take(scan.position, _not_an_object(cursor.data[cursor.position : scan.position]))
        return
    sound = sound and cursor.data[cursor.position] == "{"
    if sound and _goes_on(cursor, scan.position):
        yield cursor.take(walk(cursor.data, cursor.position).position)
        return
    following = next_element(cursor, scan.position, closers, known, gap)
    if following >= 0:
        yield cursor.take(following, scan.error or _TRUNCATED)
    elif sound:
        yield cursor.take(scan.position)
    else:
        close = closing_bracket(cursor.data, cursor.position, closers)
        yield cursor.take(close if close >= 0 else len(cursor.data), scan.error or _TRUNCATED)


def _skip_tail(cursor: Cursor, closers: str) -> None:
    """Go to the end of the object that encloses the records."""
    if not closers or closers[0] == "?":
        if closers:
            cursor.position = len(cursor.data)
        return
    while True:
        scan = walk(cursor.data, cursor.position, closers=closers, final=cursor.ended)
        if scan.outcome == "end":
            cursor.position = scan.position
            return
        if scan.outcome == "broken" or not cursor.more():
            following = _NEXT_VALUE.search(cursor.data, cursor.position)
            cursor.position = following.end() if following else len(cursor.data)
            return


def _skip_long(cursor: Cursor) -> Iterator[Piece]:
    """Report the element here as too long and go to its end by counting brackets, a window at a time."""
    start = cursor.position
    yield cursor.take(start + SHOWN_CHARS, _too_long())
    skip = Skip(start)
    while True:
        skip_structure(cursor.data, skip)
        cursor.position = skip.position
        if not skip.depth:
            return
        cursor.forget()
        if not cursor.fill(len(cursor.data) - cursor.position + LOOK_AHEAD):
            cursor.position = len(cursor.data)
            return
        skip.position = cursor.position


def _shown(text: str, error: str) -> str:
    return text[:SHOWN_CHARS] if error else text


def _not_an_object(text: str) -> str:
    return f"not a JSON object: {text[:20]!r}"


def _too_long() -> str:
    return f"longer than {reading.MAX_PIECE_CHARS:,} characters"
