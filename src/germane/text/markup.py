"""HTML, JATS, MathML, entities and debris to clean markup, and clean markup to plain text.

What comes out is written anew, from constants and escaped text, so that nothing that came in can run: links are
http(s), no element has an attribute but links and formulas, and where there are such, nh3 looks at the whole again.
"""

import re
from collections import Counter
from html import escape, unescape
from html.entities import html5

import nh3

from germane.text import elements

_MAX_DEPTH = 60  # of elements; what lies deeper keeps its text

# Control characters (\x1f among them: it separates nothing here), what cannot be seen, what turns the direction of the
# text around it, lone surrogates. C1 controls are Windows-1252 that was read as Latin-1, as HTML reads them, too.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufdd0-\ufdef"
    r"\ufffe\uffff\ud800-\udfff]"
)
_CONTROL_TO = {0x0B: " ", 0x0C: " "} | {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}

_TOKEN = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]*+)"
    r"(?P<attributes>(?:\s++[\w:.-]++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'<>=]++))*+)\s*+(?P<empty>/?)>"
)
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>=]+))")
_MATH_VALUE = re.compile(r"[\w.,%#() +-]{0,40}")
_ESCAPED_ENTITY = re.compile(r"&amp;((?:amp;)*)(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPED_TAG = re.compile(
    r"&lt;(/?)((?:jats:|mml:)?[A-Za-z][A-Za-z0-9-]{0,20})((?:\s+[\w:-]+=(?:\"[^\"<>]*\"|'[^'<>]*'))*\s*/?)&gt;"
)
_EMPTY = re.compile(r"<(p|h4|ul|ol|li|b|i|em|strong|sub|sup|code|u|s|a)(?: [^<>]*)?>\s*</\1>")
_EDGES = re.compile(r"\s*(</?(?:p|h4|ul|ol|li)>|<br>)\s*")
_LABEL = re.compile(r"<h4>(?:abstract|summary|résumé|resumen|zusammenfassung|resumo|要旨|摘要)\W?</h4>", re.IGNORECASE)
_TEX_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)

_CLEANER = nh3.Cleaner(
    tags=set(elements.OUTPUT_INLINE | elements.OUTPUT_BLOCK | elements.MATHML | {"a"}),
    attributes={"a": {"href"}} | {tag: set(elements.MATHML_ATTRIBUTES) for tag in elements.MATHML},
    url_schemes={"http", "https"},
    link_rel="nofollow noopener",
)


def clean_markup(raw: str, *, block: bool = False) -> str:
    """Return `raw` (plain text, HTML, JATS, with MathML or TeX) as clean markup, whitespace collapsed.

    Inline elements b i em strong sub sup u s code and MathML are kept; with `block` also p ul ol li br h4 and links
    to http(s). A "<" that opens no element that we know is text. Never raises.
    """
    if not raw:
        return ""
    raw = _without_controls(raw)
    if "<" not in raw and "&" not in raw:
        return _squeeze(raw).replace(">", "&gt;")
    if "&" in raw:
        raw = _repair_escapes(raw)
    if "<" not in raw:
        return escape(_squeeze(_without_controls(unescape(raw))), quote=False)
    for opening, closing, keep in (("<!--", "-->", False), ("<![CDATA[", "]]>", True), ("<?", "?>", False)):
        if opening in raw:
            raw = _between(raw, opening, closing, keep=keep)
    writer = _Writer(block)
    writer.read(raw)
    return writer.result()


def plain_text(markup: str) -> str:
    """Return the text of clean markup, entities resolved, whitespace collapsed."""
    if not markup:
        return ""
    markup = _without_controls(markup)
    if "<" in markup:
        if "<!--" in markup:
            markup = _between(markup, "<!--", "-->", keep=False)
        markup = _BLOCK_TAG.sub(" ", markup)
        markup = _ANY_TAG.sub("", markup)
    if "&" in markup:
        markup = _without_controls(unescape(markup))
    return _squeeze(markup)


_BLOCK_TAG = re.compile(r"</?(?:p|h[1-6]|ul|ol|li|br|div|tr|td|th|sec|title|mtd|mtr)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def _without_controls(text: str) -> str:
    if text.isprintable():  # much faster than the search; False is no verdict yet: a line break is not printable
        return text
    return _CONTROL.sub(_replace_control, text) if _CONTROL.search(text) else text


def _replace_control(match: re.Match[str]) -> str:
    return _CONTROL_TO.get(ord(match.group()), "")


def _squeeze(text: str) -> str:
    if "  " not in text and text.isprintable() and text[:1] != " " != text[-1:]:
        return text
    return " ".join(text.split())


def _repair_escapes(raw: str) -> str:
    """Undo what was escaped twice: "&amp;lt;" is "&lt;"; an escaped element that we keep, opened and closed, is one."""
    if "&amp;" in raw:
        raw = _ESCAPED_ENTITY.sub(_unescape_once, raw)
    if "&lt;" not in raw:
        return raw
    tags = _ESCAPED_TAG.findall(raw)
    if not tags:
        return raw
    opened = Counter(name for close, name, _ in tags if not close)
    closed = Counter(name for close, name, _ in tags if close)
    real = {name for name in opened if opened[name] == closed[name] and _is_formatting(name)}
    return _ESCAPED_TAG.sub(lambda tag: f"<{tag[1]}{tag[2]}{tag[3]}>" if tag[2] in real else tag[0], raw)


def _unescape_once(match: re.Match[str]) -> str:
    entity = match.group(2)
    return f"&{entity};" if entity.startswith("#") or f"{entity};" in html5 else match.group()


def _is_formatting(name: str) -> bool:
    local = name.rpartition(":")[2].lower()
    return local in elements.INLINE or local in elements.BLOCK or local in elements.MATHML or ":" in name


def _between(raw: str, opening: str, closing: str, *, keep: bool) -> str:
    """Drop (or, with `keep`, unwrap) what stands between two marks; an opening mark without its closing one stays."""
    kept = []
    position = 0
    while (start := raw.find(opening, position)) >= 0 and (end := raw.find(closing, start + len(opening))) >= 0:
        kept += [raw[position:start], raw[start + len(opening) : end] if keep else " "]
        position = end + len(closing)
    return "".join(kept) + raw[position:]


class _Writer:
    """Reads tokens and writes clean markup: it holds what is open, which is all the state there is."""

    def __init__(self, block: bool) -> None:
        self.block = block
        self.out: list[str] = []
        self.open: list[tuple[str, str]] = []  # (name in the source, tag written)
        self.holders: list[tuple[str, int, list[int]]] = []  # formula holders: name, where begun, where TeX was written
        self.in_math = False
        self.risky = False  # a link or a formula was written
        self.has_blocks = False

    def read(self, raw: str) -> None:
        position = 0
        length = len(raw)
        unclosed: set[str] = set()
        while position < length:
            token = _TOKEN.search(raw, position)
            if token is None:
                break
            self.text(raw[position : token.start()])
            position = token.end()
            prefix, _, name = token["name"].lower().rpartition(":")
            if not prefix and name not in elements.KNOWN:
                self.text(token.group())  # "<UNK>": somebody's text
            elif name in elements.DROPPED or name == "tex-math":
                if not token["close"] and not token["empty"] and token["name"] not in unclosed:
                    position = self.skip(raw, position, token["name"], name, unclosed)
            elif token["close"]:
                self.end(name)
            else:
                self.start(name, token["attributes"], empty=bool(token["empty"]))
        self.text(raw[position:])

    def text(self, text: str) -> None:
        if text:
            if "&" in text:
                text = _without_controls(unescape(text))
            if "<" in text or ">" in text or "&" in text:
                text = escape(text, quote=False)
            self.out.append(text)

    def skip(self, raw: str, position: int, written: str, name: str, unclosed: set[str]) -> int:
        """Go behind the closing tag of an element whose content is not markup, if it has one."""
        close = re.compile(rf"</{re.escape(written)}\s*>", re.IGNORECASE).search(raw, position)
        if close is None:
            unclosed.add(written)
            return position
        if name == "tex-math":
            self.tex(raw[position : close.start()])
        return close.end()

    def tex(self, source: str) -> None:
        document = _TEX_DOCUMENT.search(source)
        formula = unescape(document.group(1) if document else source).strip().strip("$").strip()
        formula = formula.removeprefix("\\[").removesuffix("\\]").removeprefix("\\(").removesuffix("\\)").strip()
        if formula:
            if self.holders:
                self.holders[-1][2].append(len(self.out))
            self.text(f"${escape(formula, quote=False)}$")

    def start(self, name: str, attributes: str, *, empty: bool) -> None:
        if self.in_math:
            self.start_math(name, attributes, empty=empty)
        elif name == "math":
            if not empty:
                self.in_math = self.risky = True
                self.push(name, "math", f"<math{_math_attributes(attributes)}>")
        elif name in elements.INLINE:
            tag = elements.INLINE[name]
            if not empty:
                self.push(name, tag, f"<{tag}>")
        elif name in elements.BREAKS or name in elements.BLOCK or name in elements.BOUNDARIES:
            self.start_block(name, attributes, empty=empty)
        elif name in ("a", "ext-link", "uri") and self.block and not empty:
            self.start_link(name, attributes)
        if name in elements.FORMULA_HOLDERS and not empty:
            self.holders.append((name, len(self.out), []))

    def start_math(self, name: str, attributes: str, *, empty: bool) -> None:
        if name in elements.MATHML and name != "math":
            tag = f"<{name}{_math_attributes(attributes)}>"
            if empty:
                self.out.append(f"{tag}</{name}>")
            else:
                self.push(name, name, tag)

    def start_block(self, name: str, attributes: str, *, empty: bool) -> None:
        tag = elements.BLOCK.get(name, "")
        if not self.block or (not tag and name not in elements.BREAKS):
            self.out.append(" ")
            if self.block and self.is_open("p", "h4"):
                self.close_to("p", "h4")
            return
        if name in elements.BREAKS:
            self.out.append("<br>")
            self.has_blocks = True
            return
        if empty:
            return
        if name == "list" and "order" in attributes:
            tag = "ol"
        self.close_to("p", "h4")
        if tag == "li":
            if self.is_open("ul", "ol"):
                self.close_to("li", within=("ul", "ol"))
            else:
                tag = "p"
        elif tag in ("ul", "ol") and self.is_open("ul", "ol") and not self.is_open("li"):
            self.push(name, "li", "<li>")
        self.has_blocks = True
        if tag == "p" and self.is_open("li"):
            self.out.append(" ")  # a paragraph in an item is the item
            return
        self.push(name, tag, f"<{tag}>")

    def start_link(self, name: str, attributes: str) -> None:
        values = {found[0].rpartition(":")[2].lower(): "".join(found[1:]) for found in _ATTRIBUTE.findall(attributes)}
        href = _without_controls(unescape(values.get("href", ""))).strip()
        if href.lower().startswith(("http://", "https://")) and not self.is_open("a"):
            self.risky = True
            self.push(name, "a", f'<a href="{escape(href)}">')

    def end(self, name: str) -> None:
        if self.holders and self.holders[-1][0] == name:
            self.end_holder()
        if any(source == name for source, _ in reversed(self.open)):
            if self.in_math and name != "math" and name not in elements.MATHML:
                return
            while self.open:
                source = self.open[-1][0]
                self.pop()
                if source == name:
                    break
        if name in elements.BLOCK or name in elements.BOUNDARIES:
            self.out.append(" ")

    def end_holder(self) -> None:
        """Of the alternatives of one formula keep MathML; TeX is kept only where there is none."""
        _, begun, tex = self.holders.pop()
        if tex and any(part.startswith("<math") for part in self.out[begun:]):
            for position in tex:
                self.out[position] = ""
        elif self.holders:
            self.holders[-1][2].extend(tex)

    def push(self, name: str, tag: str, written: str) -> None:
        if len(self.open) < _MAX_DEPTH:
            self.out.append(written)
            self.open.append((name, tag))

    def pop(self) -> None:
        _, tag = self.open.pop()
        self.out.append(f"</{tag}>")
        if tag == "math":
            self.in_math = False

    def is_open(self, *tags: str) -> bool:
        return any(tag in tags for _, tag in self.open)

    def close_to(self, *tags: str, within: tuple[str, ...] = ()) -> None:
        """Close the innermost open element of these, with what is open in it, if it is open (within the nearest …)."""
        for depth in range(len(self.open) - 1, -1, -1):
            tag = self.open[depth][1]
            if tag in within:
                return
            if tag in tags:
                while len(self.open) > depth:
                    self.pop()
                return

    def result(self) -> str:
        while self.holders:
            self.end_holder()
        while self.open:
            self.pop()
        markup = _squeeze("".join(self.out))
        if self.has_blocks:
            markup = _EDGES.sub(r"\1", markup)
        while "></" in markup or "> </" in markup:
            before, markup = markup, _EMPTY.sub("", markup)
            if markup == before:
                break
        if self.has_blocks and markup.startswith("<h4>"):
            markup = _LABEL.sub("", markup, count=1) if _LABEL.match(markup) else markup
        return _squeeze(_CLEANER.clean(markup)) if self.risky else markup.strip()


def _math_attributes(attributes: str) -> str:
    kept = []
    for name, double, single, bare in _ATTRIBUTE.findall(attributes):
        value = double or single or bare
        if name in elements.MATHML_ATTRIBUTES and _MATH_VALUE.fullmatch(value):
            kept.append(f' {name}="{value}"')
    return "".join(kept)
