"""What our own compiling of templates changes, and what it does not."""

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from germane.web.catalog.rows import Phrase
from germane.web.pages.compiling import PageEnvironment


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
