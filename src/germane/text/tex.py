"""TeX in bibliographies and titles: accents and commands to clean markup, formulas to MathML."""

import re
import unicodedata
from functools import lru_cache
from html import escape, unescape

import nh3
from latex2mathml.converter import convert
from pylatexenc.latex2text import get_default_latex_context_db  # type: ignore[import-untyped]

from germane.text import elements
from germane.text.markup import clean_markup


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEX = re.compile(r"[\\{}~$]|--|``|''")
_TOKEN = re.compile(
    r"(?P<math>(?<!\\)\$\$[^$]{1,4000}?\$\$|(?<!\\)\$(?=\S)(?:[^$\\]|\\.){1,4000}?\$"
    r"|(?<!\\)\$\s(?=[^$]{1,400}[\\^_])[^$]{1,400}\$|\\\((?:(?!\\[()]).){1,4000}\\\)"
    r"|\\\[(?:(?!\\[\[\]]).){1,4000}\\\])"
    r"|\\(?P<name>[A-Za-z]+)\*?[ \t\n]*|\\(?P<sign>.)|(?P<mark>[{}~]|---?|``|'')",
    re.DOTALL,
)
_ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331", "t": "\u0361",
}  # fmt: skip
_ACCENTED = re.compile(r"\s*(?:\{\s*\\?([^\W\d_])\s*\}|\\([ij])(?![A-Za-z])\s*|([^\W\d_]))")
_FORMATS = {
    "emph": "i", "textit": "i", "textsl": "i", "textbf": "b", "texttt": "code", "underline": "u",
    "textsuperscript": "sup", "textsubscript": "sub", "mathit": "i", "mathbf": "b",
}  # fmt: skip
_SWITCHES = {
    "em": "i",
    "it": "i",
    "itshape": "i",
    "sl": "i",
    "bf": "b",
    "bfseries": "b",
    "tt": "code",
    "ttfamily": "code",
}
_NO_ARGUMENT = _words(
    "rm sc sf normalfont scshape small tiny large protect noindent centering newline par linebreak nobreak relax"
)
_DROPPED = re.compile(r"(?:\[[^\[\]]{0,300}\])?\s*\{[^{}]{0,1000}\}")
_DROPS = _words("cite citep citet ref eqref label vspace hspace footnotemark thanks bibitem pagestyle")
_DOLLAR = "\ue000"  # stands for a literal dollar while the text is built
_SIGNS = {
    ",": " ",
    ";": " ",
    ":": " ",
    " ": " ",
    "\n": " ",
    "!": "",
    "-": "",
    "/": "",
    "\\": " ",
    "$": _DOLLAR,
    "&": "&amp;",
}
_MARKS = {"---": "—", "--": "–", "``": "“", "''": "”"}


def tex_to_markup(tex: str) -> str:
    r"""Return text with TeX in it (BibTeX, arXiv) as clean markup; formulas stay as `$…$`, `\$` becomes `&#36;`.

    "~" is a space only between words ("Fig.~1"); before one, arXiv's authors write it for "about". A command that is
    not known shows its argument or, without one, its own source.
    """
    if not _TEX.search(tex):
        return clean_markup(tex)
    out: list[str] = []
    groups: list[str] = []  # closing tags of the open groups
    position = 0
    while token := _TOKEN.search(tex, position):
        out.append(tex[position : token.start()])
        position = token.end()
        if token["math"]:
            out.append(_as_dollars(token["math"]))
        elif token["mark"]:
            out.append(_mark(token, groups))
        elif token["sign"]:
            position = _sign(token["sign"], tex, position, out)
        else:
            position = _command(token["name"], token[0], tex, position, out, groups)
    out.append(tex[position:])
    out.extend(reversed(groups))
    return clean_markup("".join(out)).replace(_DOLLAR, "&#36;")


def _as_dollars(math: str) -> str:
    inner = math.strip("$") if math[0] == "$" else math[2:-2]
    return f"${inner.strip()}$" if inner.strip() else ""


def _mark(token: re.Match[str], groups: list[str]) -> str:
    mark = token["mark"]
    if mark == "{":
        groups.append("")
        return ""
    if mark == "}":
        return groups.pop() if groups else ""
    if mark == "~":
        before = token.string[token.start() - 1] if token.start() else " "
        return "~" if before.isspace() or before in "([" else " "
    return _MARKS[mark]


def _sign(sign: str, tex: str, position: int, out: list[str]) -> int:
    if sign in _ACCENTS:
        return _accent(sign, tex, position, out)
    out.append(_SIGNS.get(sign, sign))
    return position


def _accent(name: str, tex: str, position: int, out: list[str]) -> int:
    letter = _ACCENTED.match(tex, position)
    if letter is None:
        braces = re.compile(r"\s*\{\s*\}").match(tex, position)  # \~{} and \^{}: the sign itself
        out.append(name if len(name) == 1 and not name.isalpha() else "")
        return braces.end() if braces else position
    base = letter[1] or letter[2] or letter[3]
    out.append(unicodedata.normalize("NFC", base + _ACCENTS[name]))
    return letter.end()


def _command(name: str, source: str, tex: str, position: int, out: list[str], groups: list[str]) -> int:
    if name in _ACCENTS and _ACCENTED.match(tex, position):
        return _accent(name, tex, position, out)
    braced = tex.startswith("{", position)
    if name in _FORMATS and braced:
        out.append(f"<{_FORMATS[name]}>")
        groups.append(f"</{_FORMATS[name]}>")
        return position + 1
    if name in _SWITCHES:
        if groups:  # until the group ends; outside of one there is no telling
            out.append(f"<{_SWITCHES[name]}>")
            groups[-1] = f"</{_SWITCHES[name]}>" + groups[-1]
        return position
    if name in _DROPS or (name == "href" and braced):
        dropped = _DROPPED.match(tex, position)
        return dropped.end() if dropped else position
    symbol = _symbol(name)
    if symbol:
        out.append(symbol)
        if braced and tex.startswith("{}", position):
            return position + 2
        if source[-1].isspace() and not symbol.isalpha():
            out.append(" ")
    elif not braced and name not in _NO_ARGUMENT:
        out.append(source)
    return position


_EXACT = {
    "textless": "&lt;",
    "textgreater": "&gt;",
    "lt": "&lt;",
    "gt": "&gt;",
    "textdollar": _DOLLAR,
    "LaTeX": "LaTeX",
    "TeX": "TeX",
}


_COMMANDS = get_default_latex_context_db()


@lru_cache(maxsize=2048)
def _symbol(name: str) -> str:
    """Return what a command without arguments prints (ß, α, …), "" when pylatexenc does not know it."""
    if name in _EXACT:
        return _EXACT[name]
    if name in _NO_ARGUMENT or name in _FORMATS:
        return ""
    spec = _COMMANDS.get_macro_spec(name)
    text = spec.simplify_repl if spec is not None else ""
    return text.strip() if isinstance(text, str) and len(text) <= 3 and not {"\\", "%"} & set(text) else ""


# --- formulas -----------------------------------------------------------------------------------------------------

_MAX_FORMULA = 600  # characters; latex2mathml needs about 10 µs for one
_MAX_FORMULAS = 12_000  # characters of formulas in one text
_MAX_NESTING = 30
_NO_MATH = re.compile(r"(<math\b.*?</math>|<code>.*?</code>|<[^<>]*>)", re.DOTALL)
# A closing dollar has no space before it and no digit after it (pandoc's rule): "$5 and $10" is money.
_FORMULA = re.compile(
    r"\$\$([^$]+)\$\$|(?<!\\)\$(?![\s$])([^$]*?[^$\s\\])\$(?!\d)"
    r"|\\\(((?:(?!\\[()]).)+)\\\)|\\\[((?:(?!\\[\[\]]).)+)\\\]",
    re.DOTALL,
)
# What stands between two prices: words, of which two are together, and nothing that only formulas have.
_PROSE = re.compile(r"[^\\^_={}<>+]*(?:[A-Za-z]{3,}[\s,;.]+[A-Za-z]{3,}|\d\s[A-Za-z]+\s)[^\\^_={}<>+]*")
_MATHML = nh3.Cleaner(
    tags=set(elements.MATHML), attributes={tag: set(elements.MATHML_ATTRIBUTES) for tag in elements.MATHML}
)


def render_math(markup: str) -> str:
    r"""Return clean markup with its TeX formulas (`$…$`, `$$…$$`, `\(…\)`, `\[…\]`) as MathML.

    What latex2mathml cannot do, or would take too long, is shown as `<code>source</code>`. Amounts of money stay text.
    """
    if "$" not in markup and "\\(" not in markup and "\\[" not in markup:
        return markup
    budget = _MAX_FORMULAS

    def render(match: re.Match[str]) -> str:
        nonlocal budget
        source = unescape(match[1] or match[2] or match[3] or match[4]).strip()
        if not source or (match[2] and _PROSE.fullmatch(source)):
            return match[0]
        budget -= len(source)
        mathml = _to_mathml(source) if len(source) <= _MAX_FORMULA and budget >= 0 else ""
        return mathml or f"<code>{escape(source, quote=False)}</code>"

    parts = _NO_MATH.split(markup) if "<" in markup else [markup]
    return "".join(part if part.startswith("<") else _FORMULA.sub(render, part) for part in parts)


@lru_cache(maxsize=4096)
def _to_mathml(source: str) -> str:
    """Return the MathML of one formula, "" when latex2mathml cannot do it."""
    if _nesting(source) > _MAX_NESTING or source.endswith("\\"):
        return ""
    try:
        mathml = convert(source)
    except (
        Exception
    ):  # its parser raises what it likes (IndexError, AttributeError …) on bad TeX, which is no defect of ours
        return ""
    if "\\" in mathml:  # it writes commands that it does not know as they are
        return ""
    return _MATHML.clean(mathml)


def _nesting(source: str) -> int:
    depth = deepest = 0
    for char in source:
        depth += (char in "{^_") - (char == "}")
        deepest = max(deepest, source.count("\\left") if char == "\\" and not depth else depth)
    return deepest
