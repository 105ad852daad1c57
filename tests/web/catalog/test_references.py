"""References are kept by the article that makes them, and sorted in, many at a time, by what they lead to."""

from typing import Any

import pytest

from germane.web.catalog import models
from germane.web.catalog.codec import unpack_targets
from germane.web.catalog.rows import target_of
from germane.web.catalog.store import references
from germane.web.catalog.store.articles import remerge_articles, withdraw_records, write_records
from germane.web.catalog.store.incoming import Incoming
from tests.web.catalog.conftest import NOW, Write, make_record

A, B, C = (f"doi:10.5555/{name}" for name in "abc")


def make_citing(number: int, *targets: str) -> Any:
    return make_record(
        "crossref", f"doi:10.5555/citing{number}", title=f"A finding that has the number {number} and no other",
        relations=[("references", target) for target in targets],
    )  # fmt: skip


def lists() -> dict[int, set[int]]:
    return {row.article_id: set(unpack_targets(row.targets)) for row in models.ReferenceList.objects.all()}


def citations() -> set[tuple[int, int]]:
    return set(models.Citation.objects.values_list("citing_id", "target"))


def keys(*pairs: tuple[int, str]) -> set[tuple[int, int]]:
    return {(number, target_of(key)) for number, key in pairs}


def write_only(*records: Any) -> None:
    write_records([Incoming(record, repr(record)) for record in records], lambda *_: [], NOW)


def list_all() -> int:
    return sum(references.list_citations())


@pytest.mark.django_db
def test_new_references_are_sorted_in_later_and_once() -> None:
    write_only(make_citing(1, A, B), make_citing(2), make_citing(3, A))
    assert lists() == {1: {target_of(A), target_of(B)}, 3: {target_of(A)}}
    assert citations() == set()
    assert references.count_unlisted() == 3
    assert list_all() == 3
    assert citations() == keys((1, A), (1, B), (3, A))
    assert references.count_unlisted() == 0
    assert list_all() == 0


@pytest.mark.django_db
def test_sorting_in_that_was_killed_is_done_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "_ROWS", 2)
    monkeypatch.setattr(references, "_ARTICLES", 2)
    write_only(*(make_citing(n, A, B, C) for n in range(1, 6)))
    next(references.list_citations())
    assert len(citations()) == 2
    assert list_all() == 15
    assert citations() == keys(*((n, key) for n in range(1, 6) for key in (A, B, C)))


@pytest.mark.django_db
def test_a_changed_article_changes_its_references_at_once(write: Write) -> None:
    write(make_citing(1, A, B), make_citing(2, A))
    write_again = make_citing(1, B, C)
    write_only(write_again)  # a change of what is there: read again from its record
    remerge_articles([1], lambda *_: [write_again], NOW)
    assert citations() == keys((1, B), (1, C), (2, A))
    assert lists()[1] == {target_of(B), target_of(C)}


@pytest.mark.django_db
def test_a_change_of_an_article_that_is_not_sorted_in_yet_leaves_nothing_behind() -> None:
    write_only(make_citing(1, A, B))
    changed = make_citing(1, C)
    write_records([Incoming(changed, "changed")], lambda *_: [changed], NOW)
    list_all()
    assert citations() == keys((1, C))


@pytest.mark.django_db
def test_a_withdrawn_article_cites_nothing(write: Write) -> None:
    from germane.article import Deletion

    write(make_citing(1, A), make_citing(2, A))
    withdraw_records([Deletion("crossref", "doi:10.5555/citing1")], write.reparse, NOW)  # type: ignore[attr-defined]
    assert citations() == keys((2, A))
    assert set(lists()) == {2}
