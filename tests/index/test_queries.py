"""What typed text means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from germane.article import Identifier
from germane.index import Clause, Filters
from germane.index.queries import MAX_CLAUSES, identify, parse_query


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", ()),
        ("   ", ()),
        ("pain relief", (Clause("pain"), Clause("relief"))),
        ('"neck pain" relief', (Clause("neck pain", is_phrase=True), Clause("relief"))),
        ("“neck pain”", (Clause("neck pain", is_phrase=True),)),
        ('"neck pain', (Clause("neck pain", is_phrase=True),)),
        ('neck" pain', (Clause("neck"), Clause(" pain", is_phrase=True))),
        ("-review", (Clause("review", is_excluded=True),)),
        ('-"case report"', (Clause("case report", is_phrase=True, is_excluded=True),)),
        ("−review", (Clause("review", is_excluded=True),)),
        ("multi-agent", (Clause("multi-agent"),)),
        ("pain - relief", (Clause("pain"), Clause("relief"))),
        ("title:pain", (Clause("pain", "title"),)),
        ('Title:"neck pain"', (Clause("neck pain", "title", is_phrase=True),)),
        ('-author:"de Vries"', (Clause("de Vries", "author", is_phrase=True, is_excluded=True),)),
        ("venue:lancet", (Clause("lancet", "venue"),)),
        ("journal:lancet", (Clause("lancet", "venue"),)),
        ('keyword:"nrs score"', (Clause("nrs score", "keyword", is_phrase=True),)),
        ("title: pain", (Clause("title:"), Clause("pain"))),
        ("stage:III", (Clause("stage III", is_phrase=True),)),
        ("doi:10.5555/ABC", (Clause("doi:10.5555/abc", "identifier"),)),
        ("10.5555/ABC", (Clause("doi:10.5555/abc", "identifier"),)),
        ("https://doi.org/10.5555/abc", (Clause("doi:10.5555/abc", "identifier"),)),
        ("pmid:123", (Clause("pmid:123", "identifier"),)),
        ("arxiv:1501.00001v2", (Clause("arxiv:1501.00001", "identifier"),)),
        ("doi:nonsense", (Clause("doi nonsense", is_phrase=True),)),
        ("year:soon", (Clause("year soon", is_phrase=True),)),
        ("!!! ??? ()", ()),
        ("C++", (Clause("C++"),)),
        ("a\x00b\ud800c\nd", (Clause("a"), Clause("b"), Clause("c"), Clause("d"))),
    ],
)
def test_typed_text_becomes_clauses(text: str, clauses: tuple[Clause, ...]) -> None:
    assert parse_query(text).clauses == clauses


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("year:2019", (2019, 2019)),
        ("year:2019..2021", (2019, 2021)),
        ("year:2019-2021", (2019, 2021)),
        ("year:2019–2021", (2019, 2021)),
        ("year:2021..2019", (2019, 2021)),
        ("year:2019..", (2019, None)),
        ("YEAR:..2021", (None, 2021)),
        ('year:"2020"', (2020, 2020)),
    ],
)
def test_years_narrow_the_filters(text: str, years: tuple[int | None, int | None]) -> None:
    query = parse_query(f"pain {text}", filters=Filters(types=("review",)))
    assert (query.filters.year_from, query.filters.year_to) == years
    assert query.filters.types == ("review",)
    assert query.clauses == (Clause("pain"),)


def test_a_very_long_text_is_cut() -> None:
    assert len(parse_query("word " * 10_000).clauses) == MAX_CLAUSES


def test_the_size_of_a_page_is_kept_within_bounds() -> None:
    assert [parse_query("x", n=n).n for n in (-1, 0, 25, 10_000)] == [1, 1, 25, 200]


@given(st.text())
def test_no_text_makes_it_raise(text: str) -> None:
    query = parse_query(text)
    assert query.text == text
    assert all(clause.text.strip() for clause in query.clauses)


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("10.5555/x", Identifier("doi", "10.5555/x")),
        (' "https://doi.org/10.5555/X" ', Identifier("doi", "10.5555/x")),
        ("PMID: 123", Identifier("pmid", "123")),
        ("pain 10.5555/x", None),
        ("", None),
        ("pain", None),
    ],
)
def test_a_whole_text_that_is_an_identifier_is_recognized(text: str, identifier: Identifier | None) -> None:
    assert identify(text) == identifier
