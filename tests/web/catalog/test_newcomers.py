"""The straight path of records that nobody knows leads where the long one leads."""

from typing import Any

import pytest
from django.db import connection

from germane.article import Author
from germane.web.catalog.models import Article, Record
from germane.web.catalog.store import articles
from germane.web.catalog.store.incoming import Incoming, prepare
from germane.web.catalog.store.newcomers import find_newcomers
from germane.web.catalog.store.work_keys import sort_in_work_keys
from tests.web.catalog.conftest import Write, make_record

TABLES = {
    "article": "id, cluster_id, merged_into, title, doi, venue_id, sort_on, counts, n_listed, n_mentions, content",
    "identifier": "key, article_id",
    "workkey": "key, article_id",
    "record": "source, key, article_id, digest, raw",
    "abstract": "article_id, source, markup",
    "authorship": "orcid, article_id, name",
    "citation": "target, citing_id",
    "versionlink": "target, article_id",
    "mention": "article_id, tab, shelf, code, matched",
}


def catalog() -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    sort_in_work_keys()  # as an import ends
    with connection.cursor() as cursor:
        for table, columns in TABLES.items():
            cursor.execute(f"SELECT {columns} FROM catalog_{table}")
            found[table] = sorted(tuple(map(repr, row)) for row in cursor.fetchall())
    return found


def records() -> list[Any]:
    """Strangers, two of one title, two of one name, versions that are declared, and what declares items."""
    ada = (Author("Ada Okafor", "Okafor", "Ada", orcid="0000-0002-1825-0097"),)
    return [
        make_record("crossref", "doi:10.5555/1", title="Soil moisture and the bloom of meadows", authors=ada),
        make_record("crossref", "doi:10.5555/2", title="Spectral gaps of random regular graphs",
                    relations=[("references", "doi:10.5555/1"), ("has-dataset", "doi:10.5555/data")]),
        make_record("pubmed", "pmid:3", title="Interscapular pain after injection in many adults"),
        make_record("openalex", "openalex:W3", title="Interscapular pain after injection in many adults"),
        make_record("openalex", "openalex:W4", "doi:10.5555/2", title="Spectral gaps of random regular graphs"),
        make_record("arxiv", "arxiv:2001.00001", title="Sparse attention over very long documents", type="preprint",
                    relations=[("is-preprint-of", "doi:10.5555/5")]),
        make_record("crossref", "doi:10.5555/5", title="Attending sparsely to what is long, a journal's version"),
        make_record("crossref", "doi:10.5555/6", title="Editorial"),
        make_record("crossref", "doi:10.5555/7", title="Editorial"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_both_paths_write_the_same(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import transaction

    seen: list[list[bool]] = []

    def none(fresh: Any) -> list[bool]:
        return [False] * len(fresh)

    def noting(fresh: Any) -> list[bool]:
        seen.append(find_newcomers(fresh))
        return seen[-1]

    found = []
    for path in (none, noting):
        monkeypatch.setattr(articles, "find_newcomers", path)
        with transaction.atomic():
            some = records()
            write(*some[:5])
            write(*some[5:])
            found.append(catalog())
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert seen[0] == [True, False, False, False, False]
    assert seen[1] == [True, True, True, True]


@pytest.mark.django_db
def test_what_shares_a_name_or_a_title_is_no_newcomer(write: Write) -> None:
    some = records()
    write(some[0])
    again = [prepare(Incoming(record, "")) for record in records()]
    assert find_newcomers(again)[0] is False
    assert find_newcomers([again[1]]) == [True]
    assert find_newcomers([again[1], again[4]]) == [False, False]


@pytest.mark.django_db
def test_a_title_that_comes_to_light_in_this_batch_is_compared_with_newcomers(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two records were one article, under the title of one of them; they part, and a newcomer has the other's title."""
    shown, hidden = "Soil moisture and the bloom of meadows", "Spectral gaps of random regular graphs"
    write(make_record("crossref", "doi:10.5555/1", "pmid:1", title=shown))
    write(make_record("openalex", "openalex:W1", "pmid:1", title=hidden))
    assert Article.objects.count() == 1
    seen: list[bool] = []

    def noting(fresh: Any) -> list[bool]:
        seen.extend(find_newcomers(fresh))
        return seen

    monkeypatch.setattr(articles, "find_newcomers", noting)
    write(
        make_record("crossref", "doi:10.5555/1", title=shown),
        make_record("csl", "doi:10.5555/9", title=hidden),
    )
    assert seen == [False, True]
    at = dict(Record.objects.values_list("source", "article_id"))
    assert at["openalex"] == at["csl"] != at["crossref"]
