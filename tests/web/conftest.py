"""A site with the sample corpus in it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from msgspec import structs

from germane.web import wiring


@pytest.fixture(scope="module")
def sample_site(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Import the sample corpus and bring everything up to date, as `make demo` does, once for a module's tests.

    Each test that writes asks for `db` too, which takes back what it wrote.
    """
    from germane.sample import sample_files
    from germane.web.jobs.importing import import_files
    from germane.web.jobs.stages import run_stages

    before = settings.ENVIRONMENT
    with django_db_blocker.unblock():
        settings.ENVIRONMENT = structs.replace(before, home=tmp_path_factory.mktemp("sample-site"))
        wiring.index.cache_clear()
        for report in import_files([str(path) for path in sample_files()]):
            assert not report.error
            assert not report.counts.rejected
        for _ in run_stages():
            pass
        yield
        settings.ENVIRONMENT = before
        wiring.index.cache_clear()
        tables = [t for t in connection.introspection.table_names() if t.startswith("catalog_")]
        with connection.cursor() as cursor:
            for table in sorted(tables, key=lambda t: t == "catalog_item"):  # mentions point at items
                cursor.execute(f"DELETE FROM {table}")
