"""Find where the records of a JSON array go on after one that is broken."""

import re
from enum import Enum, auto

from germane import reading
from germane.reading.cursor import Cursor
from germane.reading.jsonscan import STRING, keys_of, object_end, skip_space, walk

LOOK_AHEAD = 524_288  # how far ahead to read before anything is decided

_CANDIDATE = re.compile(r",(\s*+)(?=\{)")
_FIRST_KEY = re.compile(rf"\{{\s*+({STRING.pattern})")
_BRACKET = re.compile(r"\]")


class _Verdict(Enum):
    WELL = auto()  # everything from here on can be read
    BROKEN = auto()  # another broken element comes later
    BADLY = auto()  # the array ends where it cannot end: these are parts of a record, not records


def next_element(cursor: Cursor, broken_at: int, closers: str, known: frozenset[str], gap: str) -> int:
    """Return where the next element begins after the one at the cursor, which breaks at `broken_at`; -1 when nowhere.

    `known` are the keys of an element that was whole, `gap` the white space before the broken one. Reads on as far
    as a piece may be long.
    """
    rejected: set[int] = set()  # parts of records, seen in an earlier round or on the way
    cursor.fill(LOOK_AHEAD)
    while True:
        found = _search(cursor.data, cursor.position, broken_at, closers, known, gap, rejected, cursor.ended)
        if found >= 0 or len(cursor.data) - cursor.position > reading.MAX_PIECE_CHARS or not cursor.more():
            return found


def closing_bracket(data: str, position: int, closers: str) -> int:
    """Return where the array's own "]" stands when its last element is broken, or -1."""
    for match in _BRACKET.finditer(data, position):
        if closes(data, match.end(), closers, final=True):
            return match.start()
    return -1


def closes(data: str, position: int, closers: str, *, final: bool) -> bool:
    """Tell whether what follows the array's last bracket is what should: the enclosing objects' ends, and no more.

    `final` tells that `data` is all there is.
    """
    if closers[0] == "?":
        return True
    if len(closers) > 1:
        scan = walk(data, position, closers=closers[:-1])
        if scan.outcome != "end":
            return scan.outcome == "unfinished" and not final
        position = scan.position
    after = skip_space(data, position)
    return after >= len(data) or (data[after] in "{[" and "\n" in data[position:after])


def _search(
    data: str,
    begin: int,
    broken_at: int,
    closers: str,
    known: frozenset[str],
    gap: str,
    rejected: set[int],
    final: bool,
) -> int:
    first_key = _FIRST_KEY.match(data, begin)
    for candidate in _CANDIDATE.finditer(data, begin + 1):
        start = candidate.end()
        end = -1 if start in rejected else object_end(data, start)
        if end >= 0:
            keys = keys_of(data[start:end])
            if 2 * len(keys & known) > len(keys | known):
                return start
            verdict = _read_on(data, start, closers, rejected, final=final)
            # An undamaged list inside the broken record, behind its damage, would end with its bracket.
            if keys and (verdict is _Verdict.WELL or (verdict is _Verdict.BROKEN and start > broken_at)):
                return start
        elif start > broken_at and first_key and candidate[1] == gap and start not in rejected:
            other = _FIRST_KEY.match(data, start)
            if other and other[1] == first_key[1]:
                return start  # broken too, but a record of its own
    return -1


def _read_on(data: str, position: int, closers: str, rejected: set[int], *, final: bool) -> _Verdict:
    """Tell how the array reads from here on; the elements of a list that ends badly are noted as rejected."""
    starts = []
    while (end := object_end(data, position)) >= 0:
        starts.append(position)
        position = skip_space(data, end)
        if position >= len(data):
            return _Verdict.WELL
        if data[position] == "]" and closes(data, position + 1, closers, final=final):
            return _Verdict.WELL
        if data[position] != ",":
            rejected.update(starts)
            return _Verdict.BADLY
        position = skip_space(data, position + 1)
    return _Verdict.BROKEN
