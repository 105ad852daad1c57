"""A site with the sample corpus in it."""

from collections.abc import Iterator
from typing import Any

import pytest

from germane.sample import sample_files
from tests.sites import imported_site


@pytest.fixture(scope="module")
def sample_site(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Import the sample corpus as `make demo` does, once for a module's tests.

    Each test that writes asks for `db` too, which takes back what it wrote.
    """
    with imported_site(django_db_blocker, tmp_path_factory.mktemp("sample-site"), sample_files()) as reports:
        for report in reports:
            assert not report.error
            assert not report.counts.rejected
        yield
