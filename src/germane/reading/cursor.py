"""A movable window on a text, so that a splitter can look ahead without holding the file."""

from germane import reading
from germane.reading import Piece, ReadingError, Text
from germane.reading.opening import broken_bytes

SHOWN_CHARS = 65_536  # how much of a broken record is kept
_FORGET_AT = 131_072


class Cursor:
    """A window on the text: `data` from `position` on is still unread, and `fill` makes it longer."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self._chunks = text.chunks()
        self.data = ""
        self.position = 0
        self.offset = 0  # of data[0] in the whole text
        self.line = 1  # of data[_counted]
        self._counted = 0
        self.count = 0
        self.ended = False
        self.failure: ReadingError | None = None  # kept until everything read before it has been yielded

    def fill(self, size: int) -> bool:
        """Read on until `size` unread characters are there; return whether anything came. Positions stay true."""
        parts, have = [self.data], len(self.data) - self.position
        while have < size and not self.ended:
            try:
                chunk = next(self._chunks, None)
            except ReadingError as error:
                self.failure, chunk = error, None
            if chunk is None:
                self.ended = True
            else:
                parts.append(chunk)
                have += len(chunk)
        grew = len(parts) > 1
        if grew:
            self.data = "".join(parts)
        return grew

    def more(self) -> bool:
        """Read on until twice as much is unread, so that scanning again from the start stays cheap."""
        return self.fill(2 * (len(self.data) - self.position) + 1)

    def forget(self, at_least: int = _FORGET_AT) -> None:
        """Drop what has been read, when it is much; positions taken before are void."""
        if self.position > at_least:
            self._count_lines()
            self.offset += self.position
            self.data = self.data[self.position :]
            self.position = self._counted = 0

    def skip(self, ignored: str) -> str:
        """Go to the next character that is not to be ignored and return it; "" at the end."""
        while True:
            rest = self.data[self.position : self.position + 64]
            if stripped := rest.lstrip(ignored):
                self.position += len(rest) - len(stripped)
                return stripped[0]
            self.position += len(rest)
            if not rest and not self.fill(1):
                return ""

    def take(self, end: int, error: str = "") -> Piece:
        """Return the piece from `position` to `end` of `data`, and go there."""
        self.count += 1
        start = self.position
        if not error and end - start > reading.MAX_PIECE_CHARS:
            error = f"longer than {reading.MAX_PIECE_CHARS:,} characters"
        broken = broken_bytes(self.text, self.offset + start, self.offset + end)
        error = error or broken
        shown = self.data[start : min(end, start + SHOWN_CHARS) if error else end]
        self.position, line = start, self._count_lines()
        self.position = end
        return Piece(self.count, self.offset + start, shown, error, line)

    def _count_lines(self) -> int:
        self.line += self.data.count("\n", self._counted, self.position)
        self._counted = self.position
        return self.line
