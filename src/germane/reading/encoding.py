"""Find out how a file's text is encoded, and decode it without ever failing: broken bytes become U+FFFD.

UTF-8 is assumed unless a byte order mark, an XML declaration or the bytes themselves say otherwise. A file that claims
nothing is judged chunk by chunk, so that one broken byte never turns the rest of a UTF-8 file into nonsense.
"""

import codecs
import re

from charset_normalizer import from_bytes

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARATION = re.compile(rb"""^\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z][\w.:-]{0,40})["']""")
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_GUESSES = ["cp1252", "cp1250", "cp1251", "cp1253", "koi8_r", "shift_jis", "euc_jp", "euc_kr", "gb18030", "big5"]
_SAMPLE_BYTES = 32 * 1024
_TELLING_BYTES = 6  # fewer say nothing of their encoding, and Windows-1252 is the likeliest
_ESCAPED = re.compile("[\udc80-\udcff]")
_LETTER = "[\udcc0-\udcd6\udcd8-\udcf6\udcf8-\udcfd]"  # where Latin-1 and its like have letters
# Or where Windows-1252 has the apostrophe, and ° ± µ ×.
_FOREIGN = re.compile(
    f"(?<=[A-Za-z]){_LETTER}|{_LETTER}(?=[a-z])"
    "|(?<=[A-Za-z])\udc92(?=[a-z])|(?<=[0-9 ])[\udcb0\udcb1\udcb5\udcd7](?=[ 0-9A-Za-z])"
)


class Decoder:
    """Bytes to text, in chunks. NULs are left out."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._declared = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("replace")
        self._guess: codecs.IncrementalDecoder | None = None
        self._rest = b""  # the first bytes of a character that the chunk cut in two
        self._seen_utf8 = False

    def decode(self, data: bytes, *, is_last: bool = False) -> tuple[str, list[int]]:
        """Return the text of the next bytes, and where in it a U+FFFD stands for a broken byte."""
        if self._declared is not None:
            text = self._declared.decode(data, is_last).replace("\0", "")
            return text, [match.start() for match in re.finditer("\ufffd", text)]
        data = self._rest + data if self._rest else data
        self._rest = b""
        if b"\0" in data:
            data = data.replace(b"\0", b"")
        if data.isascii():
            return data.decode("ascii"), []
        try:
            text, n_used = codecs.utf_8_decode(data, "strict", is_last)
        except UnicodeDecodeError:
            return self._decode_broken(data, is_last)
        self._rest = data[n_used:]
        self._seen_utf8 = True
        return text, []

    def _decode_broken(self, data: bytes, is_last: bool) -> tuple[str, list[int]]:
        # surrogateescape tells a broken byte from a U+FFFD that was there before
        text, n_used = codecs.utf_8_decode(data, "surrogateescape", is_last)
        self._rest = data[n_used:]
        broken = _ESCAPED.findall(text)
        self._seen_utf8 = self._seen_utf8 or len(broken) < len(text) - _n_ascii(text)
        if not self._seen_utf8 and _is_legacy(text, len(broken)):
            self._guess = self._guess or codecs.getincrementaldecoder(_guess_encoding(data))("replace")
            text = self._guess.decode(data[:n_used], is_last)
            return text, [match.start() for match in re.finditer("\ufffd", text)]
        return _ESCAPED.sub("\ufffd", text), [match.start() for match in _ESCAPED.finditer(text)]


def find_encoding(first: bytes) -> tuple[str, int]:
    """Return the encoding of a file that begins with `first`, and the length of its byte order mark."""
    for bom, encoding in _BOMS:
        if first.startswith(bom):
            return encoding, len(bom)
    if wide := _find_wide(first[:4]):
        return wide, 0
    if not first.isascii() and _is_utf8(first):
        return "utf-8", 0  # text that is valid UTF-8 and not ASCII is nothing else, whatever it declares
    return _find_declared(first) or "utf-8", 0


def _n_ascii(text: str) -> int:
    """Return the number of ASCII characters in `text`."""
    return len(text.encode("ascii", "ignore"))


def _is_legacy(text: str, n_broken: int) -> bool:
    """Tell whether bytes that are not UTF-8 look like characters of an older encoding rather than damage."""
    return n_broken >= 3 or len(_FOREIGN.findall(text)) == n_broken


def _guess_encoding(data: bytes) -> str:
    first = next((i for i, byte in enumerate(data) if byte > 127), 0)
    sample = data[max(0, first - _SAMPLE_BYTES // 2) :][:_SAMPLE_BYTES]
    if sum(byte > 127 for byte in sample) < _TELLING_BYTES:
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_GUESSES).best()
    return best.encoding if best is not None and best.encoding != "ascii" else "cp1252"


def _is_utf8(first: bytes) -> bool:
    try:
        codecs.utf_8_decode(first, "strict", False)
    except UnicodeDecodeError:
        return False
    return True


def _find_wide(start: bytes) -> str:
    """Recognize UTF-16 and UTF-32 without a mark by the zeros around an ASCII character (XML 1.0, appendix F)."""
    zeros = "".join("0" if byte == 0 else "x" for byte in start)
    return {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(zeros, "")


def _find_declared(first: bytes) -> str:
    match = _DECLARATION.match(first)
    if match is None:
        return ""
    try:
        name = codecs.lookup(match[1].decode("ascii")).name
        "".encode(name)  # refuses codecs that are not of text
    except LookupError:
        return ""
    if name in _NOT_CHARSETS or name.startswith(("utf", "ascii")):
        return ""
    return "cp1252" if name == "iso8859-1" else name  # as the WHATWG reads it: nobody means the C1 controls
