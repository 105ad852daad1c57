"""A first load goes without some indexes, and makes them when it has ended."""

import pytest
from django.db import connection

from germane.web.catalog.store.indexes import leave_out_indexes, make_indexes
from tests.web.catalog.conftest import Write, make_record

pytestmark = pytest.mark.django_db


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        tables = ("catalog_articlekeyphrase", "catalog_article")
        found = [connection.introspection.get_constraints(cursor, table) for table in tables]
    return {name for some in found for name, how in some.items() if how["index"]}


def test_an_empty_catalog_goes_without_them_until_they_are_made() -> None:
    before = indexes()
    assert leave_out_indexes()
    assert indexes() == before - {"article_of_keyphrase", "article_by_venue"}
    make_indexes()
    make_indexes()
    assert indexes() == before


def test_a_catalog_with_articles_keeps_them(write: Write) -> None:
    before = indexes()
    write(make_record("crossref", "doi:10.5555/1"))
    assert not leave_out_indexes()
    assert indexes() == before
