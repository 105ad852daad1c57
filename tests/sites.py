"""A site of a test's own: rows in the test database, index in a folder."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.db import connection
from msgspec import structs

from germane.web import wiring
from germane.web.jobs import stages
from germane.web.jobs.importing import FileReport, import_files


@contextmanager
def imported_site(blocker: Any, home: Path, files: Sequence[Path]) -> Iterator[list[FileReport]]:
    """Import files and bring everything up to date, as `germane import` does; afterwards empty every table."""
    before, home_before = settings.ENVIRONMENT, os.environ["GERMANE_HOME"]
    with blocker.unblock():
        settings.ENVIRONMENT = structs.replace(before, home=home)
        os.environ["GERMANE_HOME"] = str(home)  # for the processes that the stages start
        wiring.index.cache_clear()
        try:
            reports = list(import_files([str(path) for path in files]))
            with patch.object(stages, "map_batches", _here):  # other processes would not see the test database
                for _ in stages.run_stages():
                    pass
            yield reports
        finally:
            settings.ENVIRONMENT = before
            os.environ["GERMANE_HOME"] = home_before
            wiring.index.cache_clear()
            tables = [t for t in connection.introspection.table_names() if t.startswith("catalog_")]
            with connection.cursor() as cursor:
                for table in sorted(tables, key=lambda t: t == "catalog_item"):  # mentions point at items
                    cursor.execute(f"DELETE FROM {table}")


def _here(work: Callable[[Any], Any], batches: Iterable[Any], **_: Any) -> Iterator[Any]:
    return map(work, batches)
