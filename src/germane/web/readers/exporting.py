"""Everything that is kept of a reader, as one JSON object: GDPR, articles 15 and 20.

Left out is only what would let somebody in who finds the file (password, keys of second steps, of sessions and of
private addresses); that it is there is said.
"""

from datetime import datetime
from typing import Any

from django.db.models import BinaryField, Field, ForeignKey, Model
from msgspec import to_builtins

from germane.web.catalog.numbers import read_remembered
from germane.web.readers.belongings import find_belongings
from germane.web.readers.codec import unpack_list
from germane.web.readers.models import Reader

_SECRETS = frozenset({"password", "feed_key", "digest_key", "session_key", "key", "token", "token_secret"})
_SECRET_DATA = frozenset({"mfa_authenticator"})  # whose `data` signs in
_ARTICLES = 500  # looked up at once


def export_reader(reader: Reader, now: datetime) -> dict[str, Any]:
    """Return everything that is kept of a reader: {"made_at", "tables": {table: [row, …]}, "articles": {number: …}}.

    Articles are numbers in the rows; "articles" says what each number stands for.
    """
    tables: dict[str, list[dict[str, Any]]] = {}
    for belonging in find_belongings():
        rows = belonging.model._default_manager.filter(**{belonging.whose: reader.pk}).order_by("pk")
        tables[belonging.model._meta.db_table] = [_row(row) for row in rows.iterator(chunk_size=2_000)]
    return {"made_at": now.isoformat(), "tables": tables, "articles": _articles(sorted(_numbers(tables)))}


def _row(row: Model) -> dict[str, Any]:
    return {
        field.attname: _value(row, field)
        for field in row._meta.concrete_fields
        if not (isinstance(field, ForeignKey) and field.related_model is Reader)
    }


def _value(row: Model, field: "Field[Any, Any]") -> Any:
    value = getattr(row, field.attname)
    if value in (None, ""):
        return value
    if field.name in _SECRETS or (field.name == "data" and row._meta.db_table in _SECRET_DATA):
        return "(a secret, not exported)"
    if isinstance(field, BinaryField):  # the list of the night, the only packed one
        return to_builtins(unpack_list(value))
    return to_builtins(value)


def _numbers(value: Any) -> set[int]:
    """Return the articles that anything in some rows names."""
    if isinstance(value, dict):
        own = {value["article_id"]} if value.get("article_id") else set()
        return own.union(*map(_numbers, value.values()))
    return set().union(*map(_numbers, value)) if isinstance(value, list | tuple) else set()


def _articles(numbers: list[int]) -> dict[str, dict[str, str]]:
    """Return title and address of articles by number; of those that are gone, the title as it was known last."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(numbers), _ARTICLES):
        for one in read_remembered(numbers[start : start + _ARTICLES]):
            found[str(one.article_id)] = {"title": one.title, "address": one.line.address if one.line else ""}
    return found
