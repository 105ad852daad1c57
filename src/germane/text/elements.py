"""Which elements of HTML, JATS and MathML mean what in clean markup."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


INLINE = {
    "b": "b",
    "bold": "b",
    "code": "code",
    "em": "em",
    "emph": "em",
    "emphasis": "em",
    "i": "i",
    "inf": "sub",
    "it": "i",
    "italic": "i",
    "monospace": "code",
    "s": "s",
    "strike": "s",
    "strong": "strong",
    "sub": "sub",
    "sup": "sup",
    "tt": "code",
    "u": "u",
    "underline": "u",
}
BLOCK = {
    "h1": "h4",
    "h2": "h4",
    "h3": "h4",
    "h4": "h4",
    "h5": "h4",
    "h6": "h4",
    "item": "li",
    "li": "li",
    "list": "ul",
    "list-item": "li",
    "ol": "ol",
    "p": "p",
    "para": "p",
    "section-title": "h4",
    "simple-para": "p",
    "title": "h4",
    "ul": "ul",
}
BREAKS = frozenset({"br", "break", "newline"})
# Elements without a counterpart that separate words.
BOUNDARIES = _words(
    "abstract abstract-sec abstracttext address article article-title blockquote body boxed-text caption center dd def "
    "def-item def-list disp-formula disp-quote div dl dt figcaption figure footer fn header hr html main pre sec "
    "section simple-sec subtitle table tbody td term tfoot th thead title-group tr trans-abstract trans-title"
)
# Elements without a counterpart that do not: their content stays.
TRANSPARENT = _words(
    "a abbr acronym alternatives alt-text annotation bdi bdo big chem-struct cite col colgroup dfn email ext-link "
    "fixed-case font graphic hsp img inline-formula inline-graphic ins kbd label link mark math meta mspace "
    "named-content nobr overline private-char q related-article related-object roman samp sans-serif sc small "
    "small-caps span styled-content tex-math time uri var wbr xref"
)
# Elements that go with all that they hold.
DROPPED = _words(
    "annotation annotation-xml applet audio canvas embed frame frameset head iframe noscript object script select "
    "style svg template textarea video"
)
FORMULA_HOLDERS = frozenset({"alternatives", "inline-formula", "disp-formula"})
# MathML Core, and the table and scheme elements that publishers send.
MATHML = _words(
    "maction maligngroup malignmark math menclose merror mfenced mfrac mi mlabeledtr mmultiscripts mn mo mover mpadded "
    "mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover "
    "none semantics"
)
MATHML_ATTRIBUTES = _words(
    "accent accentunder close columnalign columnspan depth display displaystyle fence form height linethickness lspace "
    "mathvariant maxsize minsize movablelimits notation open rowspan rspace scriptlevel separator separators stretchy "
    "symmetric voffset width"
)
OUTPUT_INLINE = frozenset(INLINE.values())
OUTPUT_BLOCK = frozenset({"p", "h4", "ul", "ol", "li", "br"})
KNOWN = frozenset(INLINE) | frozenset(BLOCK) | BREAKS | BOUNDARIES | TRANSPARENT | DROPPED | MATHML
