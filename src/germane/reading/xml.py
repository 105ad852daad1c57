"""Cut the records out of an XML file of any size by scanning it, and parse one of them safely.

The file is never parsed as a whole: a malformed record is one broken piece, and its neighbors live. A DOCTYPE is
passed over and the entities that it defines are never expanded, so that no file can blow up or reach out.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from html.entities import html5

from lxml import etree

from germane.reading import MAX_PIECE_CHARS, Piece, ReadingError, Text
from germane.reading.opening import broken_before

_ERROR_CHARS = 64 * 1024
_NAME_CHARS = 256  # no name of a tag is longer
_TAG_CHARS = 64 * 1024  # no start tag is longer
_WRAPPER = "germane-piece"


class XmlError(ValueError):
    """A piece that is not well-formed, beyond what can be mended."""

    permanent = True


def split_xml(text: Text, tags: Sequence[str], inner: Sequence[str] = ()) -> Iterator[Piece]:
    """Yield each outermost element whose local name is in `tags` or `inner`, in order, in constant memory.

    One of `tags` never stands inside another: where it does, the outer one lacks its end tag. Those in `inner` may
    stand inside the others, and are then no records of their own.
    Each piece is self-contained: where namespaces are declared around it, it is wrapped in an element that
    declares them (`parse_xml` takes that off again). A record without its end tag, one without its start tag, one
    with broken bytes and one of more than MAX_PIECE_CHARS are pieces with an error; those around them are whole.
    Raises ReadingError, after the last piece, when the text could not be read to its end.
    """
    window = _Window(text)
    wanted = frozenset((*tags, *inner))
    namespaces: dict[str, str] = {}
    root = ""
    position = 0
    at = last_end = 0
    while (match := window.search(_OUTSIDE, at)) is not None:
        start, after = window.base + match.start(), window.base + match.end()
        name = match["name"]
        if name is None:
            at = _skip(window, match[0], after)
            continue
        is_record = name[name.rfind(":") + 1 :] in wanted
        if match["close"]:
            if is_record:
                position += 1
                piece = window.piece(position, last_end, start, "an end tag without its start tag")
                yield piece
                last_end = start
            elif name == root:
                root = ""
            at = after
            continue
        tag_end = _tag_end(window, start, after)
        tag = window.slice(start, tag_end)
        if not is_record:
            if "xmlns" in tag:
                namespaces.update(_XMLNS.findall(tag))
            root = root or ("" if tag.endswith("/>") else name)
            at = tag_end
            continue
        position += 1
        window.hold(start)
        end, error = (tag_end, "") if tag.endswith("/>") else _record_end(window, name, tag_end, root, tags)
        piece = window.piece(position, start, end, error)
        if not piece.error and namespaces:
            piece = Piece(piece.position, piece.offset, _wrap(piece.text, namespaces), "", piece.line)
        yield piece
        window.hold(None)
        at = last_end = end
        if error == _CUT_OFF:
            root = ""
    if window.failure is not None:
        raise window.failure
    if root:
        raise ReadingError(f"the file ends before its <{root}> is closed (truncated?)")


def parse_xml(piece: str) -> etree._Element:
    """Return the element that a piece holds.

    Named entities of HTML, stray ampersands and control characters are mended where a strict parse fails.
    Raises XmlError when it is not well-formed even so.
    """
    try:
        element = etree.fromstring(piece, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        try:
            element = etree.fromstring(_mend(piece), _PARSER)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise XmlError(f"not well-formed XML: {error}") from error
    return element[0] if element.tag.endswith(_WRAPPER) and len(element) else element


def text_of(element: etree._Element) -> str:
    """Return all the text in an element, whitespace collapsed."""
    text = element.text if not len(element) else "".join(map(str, element.itertext()))
    return "" if text is None else text if text.isalnum() else " ".join(text.split())


def inner_xml(element: etree._Element) -> str:
    """Return what an element holds, as markup for `germane.text.clean_markup`: text alone as it is, else XML."""
    if not len(element):
        return element.text or ""
    parts = [escape(element.text or "", quote=False)]
    parts += [etree.tostring(child, encoding="unicode") for child in element]
    return "".join(parts)


# --- scanning ------------------------------------------------------------------------------------------------------

_CUT_OFF = "the file ends inside this record"
_MISSING_END = "its end tag is missing: the next record begins before it"
_NCNAME = r"[A-Za-z_][\w.\-]*"
_OUTSIDE = re.compile(rf"<(?:!--|!\[CDATA\[|\?|!DOCTYPE\b|(?P<close>/?)(?P<name>(?:{_NCNAME}:)?{_NCNAME})(?=[\s/>]))")
_REST_OF_TAG = re.compile(r"""(?:[^>"'<]|"[^"<]*"|'[^'<]*')*>""")
_XMLNS = re.compile(r"""\s(xmlns(?::[\w.\-]+)?)\s*=\s*("[^"<]*"|'[^'<]*')""")
_ENDS = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}


class _Window:
    """The part of a text that is looked at, addressed by offsets from its start."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._chunks = text.chunks()
        self.buffer = ""
        self.base = 0
        self.failure: ReadingError | None = None
        self._held: int | None = None  # the start of the record that must not be dropped
        self._head = ""  # its first characters, once it has grown too long to be kept
        self._absent: dict[str, int] = {}  # how far something was looked for in vain
        self._line = 1
        self._line_offset = 0

    @property
    def end(self) -> int:
        return self.base + len(self.buffer)

    @property
    def oversized(self) -> bool:
        return bool(self._head)

    def hold(self, start: int | None) -> None:
        """Keep everything from `start` on, up to MAX_PIECE_CHARS of it."""
        self._held = start
        self._head = ""

    def slice(self, start: int, end: int) -> str:
        return self.buffer[max(0, start - self.base) : max(0, end - self.base)]

    def more(self, keep: int) -> bool:
        """Read on, dropping what lies before `keep` and before what is held; False at the end of the text."""
        if self._held is not None and not self._head:
            if self.end - self._held > MAX_PIECE_CHARS:
                self._head = self.slice(self._held, self._held + _ERROR_CHARS)
            else:
                keep = min(keep, self._held)
        try:
            chunk = next(self._chunks, "")
        except ReadingError as error:
            self.failure = error
            chunk = ""
        if not chunk:
            return False
        self._count_lines(keep)
        self.buffer = self.buffer[max(0, keep - self.base) :] + chunk
        self.base = max(self.base, keep)
        return True

    def search(self, pattern: re.Pattern[str], at: int) -> re.Match[str] | None:
        """Find `pattern` at or after `at`."""
        while (match := pattern.search(self.buffer, max(0, at - self.base))) is None:
            at = max(at, self.end - _NAME_CHARS)  # a name may be cut in two
            if not self.more(at):
                return None
        return match

    def find(self, needle: str, at: int, limit: int) -> int:
        """Return where `needle` stands at or after `at`, within `limit` characters; else -1."""
        first = at
        at = max(at, self._absent.get(needle, 0) - len(needle))  # or many that are missing would cost their square
        while (i := self.buffer.find(needle, at - self.base)) < 0:
            at = max(at, self.end - len(needle) + 1)
            if self.end - first > limit or not self.more(first):
                self._absent[needle] = self.end
                return -1
        return self.base + i

    def piece(self, position: int, start: int, end: int, error: str) -> Piece:
        """Return the piece between two offsets; what is wrong with its bytes or its size is an error too."""
        text = self._head or self.slice(start, end)
        if self.oversized or end - start > MAX_PIECE_CHARS:
            error = f"larger than {MAX_PIECE_CHARS:,} characters"
        if n_broken := broken_before(self._text, end):
            error = error or f"{n_broken} byte(s) that its encoding does not know"
        self._count_lines(start)
        line = self._line
        if self._held is None or not self._head:
            self._count_lines(end)
        return Piece(position, start, text[:_ERROR_CHARS] if error else text, error, line)

    def _count_lines(self, offset: int) -> None:
        if offset > self._line_offset:
            self._line += self.buffer.count("\n", max(0, self._line_offset - self.base), max(0, offset - self.base))
            self._line_offset = offset


def _record_end(window: _Window, name: str, at: int, root: str, tags: Sequence[str]) -> tuple[int, str]:
    """Return where the record ends whose content begins at `at`, and what is wrong with it."""
    simple = f"</{name}>"
    prefix = name[: name.rfind(":") + 1]
    i = window.buffer.find(simple, at - window.base)
    if i >= 0:
        first, buffer = at - window.base, window.buffer
        # Nearly always it holds elements only, and no record. One character is found ten times faster than two.
        is_plain = all(buffer.find(mark[-1], first, i) < 0 or buffer.find(mark, first, i) < 0 for mark in ("<!", "<?"))
        if is_plain and all(buffer.find(f"<{prefix}{tag}", first, i) < 0 for tag in tags):
            return window.base + i + len(simple), ""
    inside = _pattern(name, tuple(f"{prefix}{tag}" for tag in tags))
    nested = -1
    while (match := window.search(inside, at)) is not None:
        start, after = window.base + match.start(), window.base + match.end()
        if match[0] in _ENDS:
            at = _skip(window, match[0], after, name)
            continue
        at = _tag_end(window, start, after)
        if match[0].startswith("</"):
            if nested < 0:
                return at, ""
            if not _closes_an_element(window, at, {name, root}):
                return nested, _MISSING_END
            nested = -1
        elif not window.slice(start, at).endswith("/>"):
            if nested >= 0 or window.oversized or match[0] != f"<{name}":
                return nested if nested >= 0 else start, _MISSING_END
            nested = start
    return (nested, _MISSING_END) if nested >= 0 else (window.end, _CUT_OFF)


def _closes_an_element(window: _Window, at: int, but_not: set[str]) -> bool:
    """Tell whether the next tag after `at` closes an element around an element of the record's own name."""
    match = window.search(_OUTSIDE, at)
    return match is not None and bool(match["close"]) and match["name"] not in but_not


def _skip(window: _Window, opening: str, after: int, name: str = "") -> int:
    """Return where the comment, CDATA section, instruction or DOCTYPE ends whose opening ends at `after`.

    One that is never closed is skipped by its opening alone. So is one that swallows the opening of another, whose
    closing it took for its own: always for a comment, which cannot hold one; for the others only if it also
    swallows the end of the record `name`.
    """
    if opening.startswith("<!DOCTYPE"):
        return _doctype_end(window, after)
    closing = _ENDS[opening]
    end = window.find(closing, after, MAX_PIECE_CHARS)
    if end < 0:
        return after
    again = window.buffer.find(opening, after - window.base, end - window.base)
    if again >= 0 and (opening == "<!--" or (name and f"</{name}>" in window.slice(after, window.base + again))):
        return after
    return end + len(closing)


def _doctype_end(window: _Window, at: int) -> int:
    first = at
    depth = 0
    while (match := window.search(_DOCTYPE, at)) is not None and window.base + match.end() - first < MAX_PIECE_CHARS:
        at = window.base + match.end()
        mark = match[0]
        if mark in _ENDS:
            at = _skip(window, mark, at)
        elif mark in "'\"":
            end = window.find(mark, at, MAX_PIECE_CHARS)
            at = end + 1 if end >= 0 else at
        elif mark == ">" and depth <= 0:
            return at
        else:
            depth += {"[": 1, "]": -1}.get(mark, 0)
    return first


_DOCTYPE = re.compile(r"""<!--|<\?|["'\[\]>]""")


def _tag_end(window: _Window, start: int, after: int) -> int:
    """Return where the tag ends whose name ends at `after`; `>` may stand in its attributes."""
    while (match := _REST_OF_TAG.match(window.buffer, after - window.base)) is None:
        if window.end - after > _TAG_CHARS or not window.more(start):
            end = window.buffer.find(">", after - window.base)
            following = window.buffer.find("<", after - window.base, max(end, 0))
            if following >= 0:  # its own ">" is lost: what it swallowed is the next tag
                return window.base + following
            return window.base + end + 1 if end >= 0 else after
    return window.base + match.end()


@lru_cache(maxsize=64)
def _pattern(name: str, tags: tuple[str, ...]) -> re.Pattern[str]:
    starts = "|".join(re.escape(tag) for tag in tags)
    return re.compile(rf"<(?:(?:/?{re.escape(name)}|{starts})(?=[\s/>])|!--|!\[CDATA\[|\?)")


def _wrap(text: str, namespaces: dict[str, str]) -> str:
    declared = "".join(f" {name}={value}" for name, value in namespaces.items())
    return f"<{_WRAPPER}{declared}>{text}</{_WRAPPER}>"


# --- parsing -------------------------------------------------------------------------------------------------------


_PARSER = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    huge_tree=False,
    load_dtd=False,
    remove_comments=True,
    remove_pis=True,
    strip_cdata=True,
)
_KNOWN_PREFIXES = {
    "xlink": "http://www.w3.org/1999/xlink",
    "mml": "http://www.w3.org/1998/Math/MathML",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "ali": "http://www.niso.org/schemas/ali/1.0/",
    "jats": "http://jats.nlm.nih.gov",
}
# ISO 8879's "Greek Letters", which HTML does not have, and publishers do.
_GREEK_NAMES = "a b g d e z ee th i k l m n x o p r sf s t u ph kh ps oh"
_GREEK = {
    **{f"{name}gr": char for name, char in zip(_GREEK_NAMES.split(), "αβγδεζηθικλμνξοπρςστυφχψω", strict=True)},
    **{
        f"{name.upper()}gr": char.upper()
        for name, char in zip(_GREEK_NAMES.split(), "αβγδεζηθικλμνξοπρςστυφχψω", strict=True)
    },
}
_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_ENTITY = re.compile(r"&(?:#(?P<number>[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});|(?P<name>[A-Za-z][A-Za-z0-9]{0,31});)?")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NAMESPACE = re.compile(r"""(?<=\s)xmlns:[\w.\-]+="[^"<]*"|(?<=\s)xmlns:[\w.\-]+='[^'<]*'""")
_STRAY_LESS = re.compile(r"<(?![A-Za-z_/!?])")


def _mend(piece: str) -> str:
    parts = _CDATA.split(_ILLEGAL.sub("", piece))
    parts[::2] = [_STRAY_LESS.sub("&lt;", _ENTITY.sub(_mend_entity, part)) for part in parts[::2]]
    mended = _NAMESPACE.sub(lambda match: "%20".join(match[0].split()), "".join(parts))
    used = {p for p in _KNOWN_PREFIXES if f"{p}:" in mended and f"xmlns:{p}" not in mended}
    return _wrap(mended, {f"xmlns:{p}": f'"{_KNOWN_PREFIXES[p]}"' for p in sorted(used)}) if used else mended


def _mend_entity(match: re.Match[str]) -> str:
    if number := match["number"]:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        is_legal = code <= 0x10FFFF and (code >= 32 or code in (9, 10, 13)) and not _ILLEGAL.match(chr(code))
        return match[0] if is_legal else ""
    name = match["name"]
    if name in ("amp", "lt", "gt", "quot", "apos"):
        return match[0]
    if name and (chars := html5.get(f"{name};") or _GREEK.get(name)):
        return "".join(f"&#{ord(c)};" for c in chars)
    return "&amp;" + match[0][1:]
