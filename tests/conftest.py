"""What every test may use. Nothing here touches the network or a person's own data."""

import os
import tempfile
from pathlib import Path

import django
import pytest
from django.db import connection

# Before Django reads its settings: a home of the tests' own, whatever the person's environment says.
for _name in [n for n in os.environ if n.startswith("GERMANE_") and n != "GERMANE_SHARED"]:
    del os.environ[_name]
os.environ["GERMANE_HOME"] = tempfile.mkdtemp(prefix="germane-tests-")
if os.environ.get("TEST_DATABASE_URL"):  # see tests/with-postgresql.sh
    os.environ["GERMANE_DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
# Playwright keeps an event loop running in the process, which Django takes for asynchronous code; it is none.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
os.environ["DJANGO_SETTINGS_MODULE"] = "germane.web.settings"
django.setup()

SHARED = Path(os.environ.get("GERMANE_SHARED") or Path(__file__).parents[2] / "shared")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data; the test is skipped, and says so, where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"GERMANE_SHARED is absent: no real data at {SHARED}")
    return SHARED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test that uses a database both of them: the catalog's, and the readers'."""
    for item in items:
        mark = item.get_closest_marker("django_db") or pytest.mark.django_db().mark
        uses_database = mark in item.iter_markers() or {"db", "transactional_db"} & set(
            getattr(item, "fixturenames", ())
        )
        if uses_database and "databases" not in mark.kwargs:
            both = pytest.mark.django_db(*mark.args, **mark.kwargs, databases="__all__")
            item.add_marker(both, append=False)


def pytest_report_header() -> str:
    """Say which database and which data these tests see."""
    database = connection.vendor
    data = SHARED if (SHARED / "data").is_dir() else "absent, its tests are skipped"
    return f"database: {database}; real data: {data}"
