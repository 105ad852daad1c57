"""The quick way to SQLite answers as Django's own does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, ProgrammingError, connection

from germane.web.catalog.store.sql import rows


def as_django(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    """Ask with a wrapper around, as tests and tools do that look at statements: then Django is asked."""

    def passed(execute: Callable[..., Any], *given: Any) -> Any:
        asked.append(given[0])
        return execute(*given)

    asked: list[str] = []
    with connection.execute_wrapper(passed):
        found = rows(sql, parameters)
    assert asked == [sql]
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT %s, %s", [1, "a %s ?"]),
        ("SELECT 7 %% 4, '100%%', %s", ["%"]),
        ("SELECT 1 WHERE 1 = 2", []),
        ("SELECT CAST(NULL AS INTEGER), %s", [b"\x00\xff"]),
    ],
)
def test_a_query_finds_the_same_either_way(sql: str, parameters: list[Any]) -> None:
    found = [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows(sql, parameters)]
    assert found == as_django(sql, parameters)


@pytest.mark.django_db
def test_what_goes_wrong_is_said_by_djangos_errors() -> None:
    with pytest.raises((OperationalError, ProgrammingError)) as failed:
        rows("SELECT nothing FROM nowhere")
    assert isinstance(failed.value, DatabaseError)
