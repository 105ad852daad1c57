"""What the citation graph says of an article."""

import pytest

from germane.web.catalog import neighborhoods, stale
from tests.web.catalog.conftest import Write, make_record

pytestmark = pytest.mark.django_db


def cite(name: str, *cited: str) -> object:
    return make_record("crossref", f"doi:10.5555/{name}", title=f"On matters of {name * 3}",
                       relations=[("references", f"doi:10.5555/{other}") for other in cited])  # fmt: skip


def test_articles_that_are_cited_together_are_counted(write: Write) -> None:
    write(cite("a"), cite("b"), cite("c"))
    write(cite("p", "a", "b", "unknown"), cite("q", "a", "b", "c"), cite("r", "b"))
    a, b, c = stale.read_neighborhoods([1, 2, 3])
    assert dict(a.co_cited) == {2: 2, 3: 1}
    assert dict(b.co_cited) == {1: 2, 3: 1}
    assert dict(c.co_cited) == {1: 1, 2: 1}
    assert sorted(a.cited_by) == [4, 5]


def test_of_very_many_that_cite_only_the_newest_are_looked_at(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighborhoods, "MAX_CITING", 3)
    monkeypatch.setattr(neighborhoods, "MAX_CO_CITED", 2)
    write(cite("a"), cite("b"), cite("c"), cite("d"))
    write(*(cite(f"old{i}", "a", "d") for i in range(5)))
    write(*(cite(f"new{i}", "a", "b", "c") for i in range(3)))
    [near] = stale.read_neighborhoods([1])
    assert dict(near.co_cited) == {2: 3, 3: 3}


def test_an_article_that_nobody_cites_has_no_company(write: Write) -> None:
    write(cite("a", "b"), cite("b"))
    a, b = stale.read_neighborhoods([1, 2])
    assert (a.co_cited, a.cites) == ((), (2,))
    assert (b.co_cited, b.cited_by) == ((), (1,))
