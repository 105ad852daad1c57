import re
import time

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.text import (
    clean_markup,
    detect_language,
    elements,
    excerpt,
    fold,
    plain_text,
    render_math,
    sentences,
    tex_to_markup,
)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Plain  text\n here ", "Plain text here"),
        ("a\x1fb\x00c\x07d", "abcd"),  # control characters separate nothing
        ("a\x0bb\x0cc", "a b c"),
        ("caf\x92s \x93x\x94", "caf’s “x”"),  # Windows-1252 read as Latin-1
        ("so\u00adft\u200b \ufeffx \u202eevil", "soft x evil"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("a < b > c & d", "a &lt; b &gt; c &amp; d"),
        ("R&D at AT&T", "R&amp;D at AT&amp;T"),
        ("&copy; &eacute; &#945; &#x3b1; &nbsp;x", "© é α α x"),
        ("p&lt;0.05", "p&lt;0.05"),
        # elements
        ("<i>Moss</i> on <b>walls</b>", "<i>Moss</i> on <b>walls</b>"),
        ("<jats:italic>Moss</jats:italic> CO<jats:sub>2</jats:sub>", "<i>Moss</i> CO<sub>2</sub>"),
        ("<italic>Moss</italic>, <bold>m</bold><sup>2</sup>", "<i>Moss</i>, <b>m</b><sup>2</sup>"),
        ("<ce:italic>x</ce:italic><ce:inf>2</ce:inf>", "<i>x</i><sub>2</sub>"),
        ("<span class='x'>a</span><font>b</font>", "ab"),
        ("<p>a</p><p>b</p>", "a b"),
        ("a<br/>b", "a b"),
        ("<i>open", "<i>open</i>"),
        ("<i>a<b>c</i>d</b>", "<i>a<b>c</b></i>d"),
        ("closed</i>", "closed"),
        ("<i></i>x<b> </b>", "x"),
        ("<I CLASS=a>x</I>", "<i>x</i>"),
        ("<!-- no -->x<!-- open", "x&lt;!-- open"),
        ("<![CDATA[<i>x</i>]]>", "<i>x</i>"),
        ("<?xml version='1.0'?>x", "x"),
        # what is no element is text
        ("the <UNK> and <eos> tokens", "the &lt;UNK&gt; and &lt;eos&gt; tokens"),
        ("if x<y and z>w", "if x&lt;y and z&gt;w"),
        ("a<b and c>d", "a&lt;b and c&gt;d"),
        ("see <https://example.org/>", "see &lt;https://example.org/&gt;"),
        ("<5 mm", "&lt;5 mm"),
        # escaped twice
        ("&amp;lt;i&amp;gt;Moss&amp;lt;/i&amp;gt;", "<i>Moss</i>"),
        ("&lt;i&gt;Moss&lt;/i&gt;", "<i>Moss</i>"),
        ("&lt;sub&gt;2&lt;/sub&gt; and p &lt; 1", "<sub>2</sub> and p &lt; 1"),
        ("Moss &amp;amp; walls &amp;eacute;", "Moss &amp; walls é"),
        ("the &lt;b&gt; element of HTML", "the &lt;b&gt; element of HTML"),  # never closed: it is spoken of
        ("&amp;unknown;", "&amp;unknown;"),
        # formulas
        ("$a<b$ stays", "$a&lt;b$ stays"),
        ("<mml:math><mml:mi>x</mml:mi></mml:math>", "<math><mi>x</mi></math>"),
        ('<math xmlns="m"><mi mathvariant="bold" onclick="x">x</mi><mo>&lt;</mo></math>',
         '<math><mi mathvariant="bold">x</mi><mo>&lt;</mo></math>'),
        ("<math><mi>x</mi>", "<math><mi>x</mi></math>"),
        ("<math><i>x</i><script>1</script></math>y", "<math>x</math>y"),
        ("<mi>x</mi>", "x"),
        ("<math><semantics><mi>x</mi><annotation>no</annotation></semantics></math>",
         "<math><semantics><mi>x</mi></semantics></math>"),
        ("<jats:tex-math>$$x^2$$</jats:tex-math>", "$x^2$"),
        (r"<tex-math>\documentclass{m}\begin{document}$a&lt;b$\end{document}</tex-math>", "$a&lt;b$"),
        ("<jats:alternatives><jats:tex-math>$x$</jats:tex-math><mml:math><mml:mi>x</mml:mi></mml:math></jats:alternatives>",
         "<math><mi>x</mi></math>"),
        ("<inline-formula><alternatives><math><mi>x</mi></math><tex-math>$x$</tex-math></alternatives></inline-formula>",
         "<math><mi>x</mi></math>"),
        # what could run
        ("<script>alert(1)</script>x", "x"),
        ("<style>p{}</style>x<iframe src=a>b</iframe>", "x"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<a href='javascript:alert(1)'>x</a>", "x"),
        ("<svg onload=alert(1)><i>x</i></svg>y", "y"),
        ("<script>never closed", "never closed"),
        ("", ""),
    ],
)  # fmt: skip
def test_clean_markup_in_a_line(raw: str, clean: str) -> None:
    assert clean_markup(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plain", "plain"),
        ("<jats:p>One <jats:italic>x</jats:italic>.</jats:p> <jats:p>Two.</jats:p>", "<p>One <i>x</i>.</p><p>Two.</p>"),
        ("<jats:title>Abstract</jats:title><jats:p>One.</jats:p>", "<p>One.</p>"),
        ("<jats:sec><jats:title>Methods</jats:title><jats:p>One.</jats:p></jats:sec>", "<h4>Methods</h4><p>One.</p>"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<h2>x</h2>y", "<h4>x</h4>y"),
        ("<jats:list><jats:list-item><jats:p>a</jats:p></jats:list-item></jats:list>", "<ul><li>a</li></ul>"),
        ("<list list-type='order'><list-item>a</list-item></list>", "<ol><li>a</li></ol>"),
        ("<ul><li>a<li>b</ul>c", "<ul><li>a</li><li>b</li></ul>c"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("<li>a</li>", "<p>a</p>"),
        ("<div>a</div><div>b</div>", "a b"),
        ("a<br>b", "a<br>b"),
        ('<a href="https://example.org/?a=1&amp;b=2" onclick="x">y</a>',
         '<a href="https://example.org/?a=1&amp;b=2" rel="nofollow noopener">y</a>'),
        ("<jats:ext-link xlink:href='http://example.org'>y</jats:ext-link>",
         '<a href="http://example.org" rel="nofollow noopener">y</a>'),
        ("<a href='data:text/html,x'>y</a><a href='//example.org'>z</a>", "yz"),
        ("<p></p><p> </p>x", "x"),
    ],
)  # fmt: skip
def test_clean_markup_in_blocks(raw: str, clean: str) -> None:
    assert clean_markup(raw, block=True) == clean


NAMES = [
    *("i", "b", "sub", "p", "jats:p", "title", "li", "ul", "ol", "list-item", "math", "mml:math", "mi", "mo", "script"),
    *("style", "a", "a href='https://example.org'", "a href='javascript:x'", "img src=x onerror=y", "UNK", "br", "div"),
    *("alternatives", "tex-math", "annotation", "svg", "sec", "semantics"),
]
TAGS = st.sampled_from([f"<{name}>" for name in NAMES] + [f"</{name.split(' ')[0]}>" for name in NAMES])
PIECE = (
    TAGS
    | st.sampled_from(
        [
            "x",
            " ",
            "&lt;",
            "&amp;",
            "&amp;lt;i&amp;gt;",
            "&lt;i&gt;",
            "&lt;/i&gt;",
            "<",
            ">",
            "&",
            '"',
            "'",
            "$",
            "\\",
            "\x1f",
            "\x00",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "\n",
            "é",
            "&#0;",
            "&#x1f;",
            "&nbsp;",
        ]
    )
    | st.text(max_size=5)
)
RAW = st.lists(PIECE, max_size=25).map("".join)
TAG = re.compile(r"<(/?)([a-z0-9]+)((?: [a-z]+=\"[^\"<>]*\")*)>")


@settings(deadline=None)  # the machine may be busy
@given(RAW, st.booleans())
def test_clean_markup_is_safe_and_well_formed_and_stable(raw: str, block: bool) -> None:
    clean = clean_markup(raw, block=block)
    allowed = elements.OUTPUT_INLINE | elements.MATHML | ((elements.OUTPUT_BLOCK | {"a"}) if block else set())
    open_tags: list[str] = []
    for close, name, attributes in TAG.findall(clean):
        assert name in allowed
        assert not attributes or name == "a" or name in elements.MATHML
        if name == "br":
            continue
        if close:
            assert open_tags.pop() == name
        else:
            open_tags.append(name)
    assert not open_tags
    assert "<" not in TAG.sub("", clean)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", clean)
    assert clean == " ".join(clean.split())
    cleaner = nh3.Cleaner(
        tags=set(allowed),
        attributes={"a": {"href"}} | {tag: set(elements.MATHML_ATTRIBUTES) for tag in elements.MATHML},
        url_schemes={"http", "https"},
        link_rel="nofollow noopener",
    )
    assert plain_text(cleaner.clean(clean)) == plain_text(clean)
    assert plain_text(clean_markup(clean, block=block)) == plain_text(clean)


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_plain_text_in_is_plain_text_out(text: str) -> None:
    kept = "".join(char for char in text if char not in "<>&")
    assert plain_text(clean_markup(kept)) == " ".join(clean_markup(kept).split())


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One <i>x</i>.</p><p>p &lt; 1 &amp; q</p>", "One x. p < 1 & q"),
        ("H<sub>2</sub>O<br>x", "H2O x"),
        ("<math><mi>x</mi><mo>&lt;</mo><mn>1</mn></math>", "x<1"),
        ("a\x1fb  c", "ab c"),
        ("a < b and c > d", "a < b and c > d"),
        ("<!-- x -->y", "y"),
        ("", ""),
    ],
)
def test_plain_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


EVIL = [
    *("<", "<a ", "<!--", "<![CDATA[", "<?", "<script>", "<i>", "&amp;", "&lt;", '&lt;i a="', "<math>", "<b a='"),
    *("<ul><li>", "<alternatives>", "<i></i>", "<p>", "</p>", "<tex-math>", "$", "$x", "$ ", "\\(", "\\[", "{", "\\'{"),
    *("\\cite[", "$$x", "\\emph{", "\\", "`", "~", '&lt;a a=""&gt;', "<math><mi>"),
]


@pytest.mark.parametrize("evil", EVIL)
def test_long_nonsense_takes_no_time(evil: str) -> None:
    text = evil * (60_000 // len(evil))
    started = time.process_time()
    for markup in (clean_markup(text), clean_markup(text, block=True), tex_to_markup(text)):
        plain_text(markup)
        render_math(markup)
    assert time.process_time() - started < 4


@pytest.mark.parametrize(
    ("tex", "markup"),
    [
        ("plain text", "plain text"),
        (
            r"Schr{\"o}dinger, \'{E}cole, M\"uller, Fran\c{c}ois, na{\"\i}ve",
            "Schrödinger, École, Müller, François, naïve",
        ),
        (r"Ga\v{s}per {\O}rsted Stra\ss{}e \AA{}ngstr\"om {\L}\'od\'z", "Gašper Ørsted Straße Ångström Łódź"),
        (r"{The} {NASA} mission", "The NASA mission"),
        (r"\emph{Moss} and \textbf{walls {and} more}", "<i>Moss</i> and <b>walls and more</b>"),
        (r"{\em Moss} x", "<i>Moss</i> x"),
        (r"5\% of \$5, R\&D \#1 a\_b", "5% of &#36;5, R&amp;D #1 a_b"),
        ("100% unescaped", "100% unescaped"),
        ("Fig.~1 of ~10 (~5)", "Fig. 1 of ~10 (~5)"),
        ("pages 1--2 --- ``so''", "pages 1–2 — “so”"),
        ("$a<b$ and $x_{1}$", "$a&lt;b$ and $x_{1}$"),
        (r"\(x\) and $$y$$", "$x$ and $y$"),
        (r"\alpha-decay \cite{moss} x", "α-decay x"),
        (r"\unknown{shown} \lost", r"shown \lost"),
        (r"\textsuperscript{2}H, x$^2$", "<sup>2</sup>H, x$^2$"),
        (r"\url{https://example.org/a}", "https://example.org/a"),
        (r"\href{https://example.org}{here}", "here"),
        ("odd $ sign", "odd $ sign"),
        ("unclosed {brace and } closed}", "unclosed brace and closed"),
        (r"\emph{open", "<i>open</i>"),
        ("line\\\\break", "line break"),
        ("<i>HTML</i> &amp; TeX--", "<i>HTML</i> &amp; TeX–"),
        ("\\", "\\"),
        (r"\'", "'"),
        ("", ""),
    ],
)
def test_tex_to_markup(tex: str, markup: str) -> None:
    assert tex_to_markup(tex) == markup


@settings(deadline=None)  # the machine may be busy
@given(st.text(st.sampled_from("\\{}$~-`'\"%&<>abi^_c \n[]()em"), max_size=60))
def test_no_tex_breaks_anything(tex: str) -> None:
    markup = tex_to_markup(tex)
    assert plain_text(clean_markup(markup)) == plain_text(markup)
    assert "<script" not in render_math(markup)


@pytest.mark.parametrize(
    "text", ["$5 and $10", "from $5-$10 each", "US$10 to US$20", "a $5 fee and 10$ later", "5$", "&#36;5"]
)
def test_prices_are_no_formulas(text: str) -> None:
    assert render_math(text) == text


@pytest.mark.parametrize(
    "source", ["x", "x^2", r"\alpha", "n=5", "10", r"\frac{1}{2}", "a &lt; b", "p", r"\mathbb{R}^n"]
)
def test_formulas_become_mathml(source: str) -> None:
    rendered = render_math(f"so <i>${source}$</i>, it is")
    assert rendered.startswith("so <i><math")
    assert "$" not in rendered
    assert "\\" not in rendered


@pytest.mark.parametrize("source", [r"\foo{x}", "x^", r"\left( x", "{" * 50 + "}" * 50, "x+" * 400, r"\begin{array}x"])
def test_a_formula_that_cannot_be_rendered_is_shown_as_it_is(source: str) -> None:
    assert render_math(f"${source}$") == f"<code>{source}</code>"


def test_formulas_in_code_and_mathml_are_left_alone() -> None:
    markup = "<code>$x$</code> <math><mi>$x$</mi></math>"
    assert render_math(markup) == markup


def test_nothing_in_a_formula_can_run() -> None:
    rendered = render_math(r"$\text{&lt;script&gt;alert(1)&lt;/script&gt;}$ $\href{javascript:alert(1)}{x}$")
    assert "<script" not in rendered
    assert "href=" not in rendered


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Moss-Walls: a Study!", "moss walls a study"),
        ("Schrödinger's Straße", "schrodinger s strasse"),
        ("Øystein Łódź æther ﬁn", "oystein lodz aether fin"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("が 日本語 한국어", "が 日本語 한국어"),
        ("हिन्दी", "हिन्दी"),
        ("ΑΒΓ Ёлка", "αβγ елка"),
        ("x²", "x2"),
        ("  ", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=30))
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_sentences() -> None:
    text = 'We saw E. coli in Fig. 1. It was 3.5 mm, e.g. big! Dr. Moss (2020) said so. "Yes." Is it? See et al. 7.'
    assert sentences(text) == [
        "We saw E. coli in Fig. 1.",
        "It was 3.5 mm, e.g. big!",
        "Dr. Moss (2020) said so.",
        '"Yes."',
        "Is it?",
        "See et al. 7.",
    ]
    assert sentences("これは文です。これも。") == ["これは文です。", "これも。"]
    assert sentences("") == []


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=80))
def test_no_text_is_lost_between_sentences(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("This is a study of the effects of moss on the walls and of the results that were seen.", "en"),
        ("Une étude des effets de la mousse sur les murs des maisons anciennes", "fr"),
        ("Ein Beitrag zur Kenntnis der Wirkung von Moos auf das Mauerwerk", "de"),
        ("コケの研究について", "ja"),
        ("이끼에 관한 연구", "ko"),
        ("Moss", ""),
        ("", ""),
        ("12 34 56 78 90 12 34 56", ""),
    ],
)
def test_detect_language(text: str, language: str) -> None:
    assert detect_language(text) == language


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=300), st.integers(1, 60))
def test_an_excerpt_is_never_too_long(text: str, limit: int) -> None:
    assert len(excerpt(text, limit)) <= limit


def test_an_excerpt_is_cut_at_a_word() -> None:
    assert excerpt("moss on old walls", 200) == "moss on old walls"
    assert excerpt("moss on old walls", 13) == "moss on old…"
    assert excerpt("moss, on old walls", 8) == "moss…"
