"""What a batch costs does not grow with the catalog: no statement scans a table, and hubs stay bounded."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from germane.article import Author
from germane.enrich.keyphrases import Keyphrase
from germane.item import Evidence, Item, ItemClaim
from germane.web.catalog import models, neighborhoods, stale
from germane.web.catalog.rows import target_of
from germane.web.catalog.store import derived, items, keyphrases, work_keys
from germane.web.catalog.store.articles import remerge_articles, withdraw_records
from tests.web.catalog.conftest import NOW, Write, make_record

# A whole table, or a whole index that is not one stage's queue.
SCAN = re.compile(r"SCAN (?!CONSTANT|\(?subquery|x\b|c\b)(\S+)(?! USING (?:COVERING )?INDEX (?:article|item)_to_)")


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Note every statement, with the parameters of its first row."""
    seen: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        seen.append((sql, parameters[0] if many else parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        yield seen


def scans(seen: list[tuple[str, Any]]) -> set[str]:
    """Return the statements that read a whole table, with how SQLite would execute them."""
    found = set()
    for sql, parameters in seen:
        if sql.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
                plan = "; ".join(str(row[3]) for row in cursor.fetchall())
            if SCAN.search(plan):
                found.add(f"{sql[:160]} → {plan}")
    return found


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's way of explaining")
def test_no_write_and_no_stage_scans_a_table(write: Write) -> None:
    reparse = write.reparse  # type: ignore[attr-defined]
    with statements() as seen:
        for n in range(6):
            write(
                make_record("crossref", f"doi:10.5555/{n}", title=f"Soil moisture and meadow number {n}",
                            relations=[("references", "doi:10.5555/0"), ("is-version-of", "doi:10.5555/1"),
                                       ("has-dataset", "doi:10.5555/data")]),
                make_record("openalex", f"openalex:W{n}", title=f"Spectral gaps of graph number {n}"),
            )  # fmt: skip
        write(make_record("pubmed", "pmid:1", "doi:10.5555/1", "openalex:W2"))
        write(make_record("pubmed", "pmid:1", "doi:10.5555/3"))
        claim = ItemClaim("doi:10.5555/2", Evidence("id-link", "doi:10.5555/2", "links:0", "links/1"))
        derived.recount(items.write_items([Item("blogs", "u", "news", claims=(claim,))], NOW)[1], NOW)
        for waiting in (stale.articles_to_derive, stale.articles_to_enrich, stale.articles_to_index):
            for ids in waiting(100):
                phrases = keyphrases.phrase_rows([Keyphrase("soil moisture", 1.0, 0, "title")])
                keyphrases.write_keyphrases(dict.fromkeys(ids, phrases), {})
                derived.write_rendered(dict.fromkeys(ids, "A title"), {})
                changed_at = {s.text.article_id: s.changed_at for s in stale.read_sources(ids)}
                derived.mark_enriched(changed_at)
                if waiting == stale.articles_to_index:
                    derived.mark_indexed(changed_at)
        for some in stale.neighborhoods_to_relate(100):
            reason = Evidence("phrases", "soil", "keyphrases", "similar/1", 0.5)
            numbers = [n.document.id for n in some]
            derived.write_similar({n: [(o, 0.5, (reason,)) for o in numbers if o != n] for n in numbers})
            derived.write_failures("relate", {1: "a defect"}, NOW)
            derived.remove_failures("relate", [1])
        derived.write_similar({2: [(n, 0.5, (reason,)) for n in (3, 4)]}, generation=1)
        assert list(stale.neighborhoods_to_refresh(100)) == []  # article 2 is no news
        for heard in stale.items_to_relate(100):
            number, item, _ = heard[0]
            tie = items.Tie(number, 1, item, Evidence("phrases", "soil", "text:0", "topic/1", 0.5))
            items.write_topic_mentions([number], [tie], NOW)
            derived.mark_items_related([number])
        withdraw_records([], reparse, NOW)
        remerge_articles(range(1, 5), reparse, NOW)
    assert len(seen) > 100
    assert not scans(seen)


def test_the_hundredth_batch_costs_as_many_statements_as_the_first(write: Write) -> None:
    costs = []
    for n in range(12):
        with statements() as seen:
            write(*(
                make_record("crossref", f"doi:10.5555/{n}.{i}", title=f"Soil moisture and meadow {n} {i}",
                            relations=[("references", "doi:10.5555/hub")])
                for i in range(20)
            ))  # fmt: skip
        costs.append(len(seen))
    assert len(set(costs[1:])) == 1


def test_one_title_on_very_many_articles_stays_cheap(write: Write) -> None:
    for n in range(5):
        write(*(
            make_record("csl", f"acl:W{n:02}-1{i:03}", title="Announcements of the yearly winter assembly",
                        authors=(Author(name=f"Ada Z{n}{i}", family=f"Z{n}{i}"),))
            for i in range(40)
        ))  # fmt: skip
    assert models.Article.objects.count() == 200
    work_keys.sort_in_work_keys()
    keys = list(models.WorkKey.objects.values_list("key", flat=True))
    assert max(map(keys.count, set(keys))) <= work_keys.TOO_COMMON + 1


def test_what_everybody_cites_is_read_in_part_and_couples_nobody(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/hub", title="The hub of it all, in few words"))
    write(make_record("crossref", "doi:10.5555/rare", title="Rarely cited, of other matters"))
    write(*(
        make_record("crossref", f"doi:10.5555/{i}", title=f"Soil moisture and meadow {i}",
                    relations=[("references", "doi:10.5555/hub")] + [("references", "doi:10.5555/rare")] * (i < 3))
        for i in range(neighborhoods.MAX_FELLOWS + 100)
    ))  # fmt: skip
    assert (
        models.Citation.objects.filter(target=target_of("doi:10.5555/hub")).count() == neighborhoods.MAX_FELLOWS + 100
    )
    hub, rare, first, last = stale.read_neighborhoods([1, 2, 3, 100])
    assert len(hub.cited_by) == neighborhoods.MAX_FELLOWS + 1
    assert sorted(rare.cited_by) == [3, 4, 5]
    assert (set(first.cites), first.coupled) == ({1, 2}, ((4, 1), (5, 1)))
    assert (last.cites, last.coupled) == ((1,), ())


def test_a_cluster_of_hundreds_is_joined_and_split_with_few_statements(write: Write) -> None:
    with statements() as seen:
        write(*(
            make_record("crossref", f"doi:10.5555/{i}", title=f"Soil moisture and meadow {i}", authors=(),
                        relations=[("is-version-of", "doi:10.5555/0")])
            for i in range(300)
        ))  # fmt: skip
    assert len(seen) < 60
    assert set(models.Article.objects.values_list("cluster_id", flat=True)) == {1}
    with statements() as seen:
        write(make_record("crossref", "doi:10.5555/7", title="Soil moisture and meadow 7", authors=()))
    assert len(seen) < 60
    assert models.Article.objects.get(id=8).cluster_id == 8
    assert models.Article.objects.filter(cluster_id=1).count() == 299
