"""What our own compiling of templates changes, and what it does not."""

import pytest
from django.test import Client
from jinja2 import DictLoader, Environment, UndefinedError
from markupsafe import Markup

from germane.web.catalog.rows import Phrase
from germane.web.pages import environment
from germane.web.pages.compiling import PageEnvironment
from tests.web.pages.corpus import ARABIC, FULL, LONG_WORD, RETRACTED


def rendered(template: str, **context: object) -> str:
    return PageEnvironment(autoescape=True).from_string(template).render(context)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<b>&\"'", "&lt;b&gt;&amp;&#34;&#39;"),
        (Markup("<b>"), "<b>"),
        (7, "7"),
        (0.5, "0.5"),
        (True, "True"),
        (None, "None"),
        (["<"], "[&#39;&lt;&#39;]"),
    ],
)
def test_values_are_escaped_unless_they_are_markup(value: object, expected: str) -> None:
    assert rendered("{{ value }}", value=value) == expected


def test_macros_filters_and_attributes_are_escaped_once() -> None:
    template = "{% macro m(p) %}<i>{{ p.phrase }}</i>{% endmacro %}{{ m(p) }}{{ p.slug|upper }}{{ m(p) ~ '<' }}"
    assert rendered(template, p=Phrase("a<b", "<s>")) == "<i>a&lt;b</i>&lt;S&gt;<i>a&lt;b</i>&lt;"


def test_text_is_left_alone_where_escaping_is_off() -> None:
    assert rendered("{% autoescape false %}{{ value }}{% endautoescape %}{{ value }}", value="<") == "<&lt;"


def test_a_name_that_a_record_does_not_have_is_an_error() -> None:
    with pytest.raises(AttributeError):
        rendered("{{ p.phrses }}", p=Phrase("a", "a"))
    with pytest.raises(UndefinedError):
        rendered("{{ q.phrase }}")


def test_macros_are_given_values_by_place_by_name_and_by_default() -> None:
    macro = "{% macro m(a, b='-', c='<') %}{{ a }}{{ b }}{{ c }}{% endmacro %}"
    assert rendered(macro + "{{ m(1) }} {{ m(1, c='>') }} {{ m(b=2, a=1) }} {{ m(*[1, 2, 3]) }}") == (
        "1-&lt; 1-&gt; 12&lt; 123"
    )
    for call in ("m(1, 2, 3, 4)", "m(1, d=2)"):
        with pytest.raises(TypeError, match="takes a, b, c"):
            rendered(f"{macro}{{{{ {call} }}}}")


def test_what_a_macro_is_called_around_is_printed_where_it_says() -> None:
    macro = "{% macro m(a) %}[{% if caller is defined %}{{ caller() }}{% endif %}{{ a }}]{% endmacro %}"
    assert rendered(macro + "{{ m('<') }}{% call m(1) %}<b>{{ x }}</b>{% endcall %}", x="&") == "[&lt;][<b>&amp;</b>1]"


def test_macros_of_templates_that_are_not_escaped_print_plain_text() -> None:
    template = "{% macro m(a) %}{{ a }}{% endmacro %}{{ m('<') }}{{ m('<') ~ '&' }}"
    assert PageEnvironment(autoescape=False).from_string(template).render() == "<<&"


def test_blocks_includes_and_loops_print_in_their_order() -> None:
    files = {
        "base": "a{% block one %}-{% endblock %}b{% block two %}{% for x in [1] %}{{ x }}{% endfor %}{% endblock %}c",
        "page": "{% extends 'base' %}lost{% block one %}{{ super() }}{% include 'part' %}{% endblock %}",
        "part": "{% for x in (1, 2, 3) %}{% if x > 2 %}{% break %}{% endif %}<{{ loop.index }}{{ y }}>{% endfor %}",
    }
    made = PageEnvironment(autoescape=True, loader=DictLoader(files), extensions=["jinja2.ext.loopcontrols"])
    assert made.get_template("page").render(y="&") == "a-<1&amp;><2&amp;>b1c"


def test_names_that_python_keeps_for_itself_may_be_asked_for() -> None:
    assert rendered("{{ p.upper() }}{{ 'a.b'.partition('.')[2] }}{{ (p ~ 'y').title() }}", p="x") == "XbXy"
    with pytest.raises(AttributeError):
        rendered("{{ p.class }}", p="x")


@pytest.mark.parametrize("path", ["", "/more", "/news", "/social", "/video", "/recommended", "/recommended?recency=1"])
@pytest.mark.parametrize("article", [FULL, RETRACTED, ARABIC, LONG_WORD])
def test_article_pages_are_what_jinja_alone_prints(
    client: Client, monkeypatch: pytest.MonkeyPatch, article: str, path: str
) -> None:
    ours = client.get(article + path).content.decode()
    mine = environment._environment()
    plain = Environment(
        loader=mine.loader, autoescape=mine.autoescape, trim_blocks=True, lstrip_blocks=True,
        extensions=["jinja2.ext.loopcontrols"],
    )  # fmt: skip
    plain.filters |= mine.filters
    plain.globals |= mine.globals
    monkeypatch.setattr(environment, "_environment", lambda: plain)
    assert client.get(article + path).content.decode() == ours
