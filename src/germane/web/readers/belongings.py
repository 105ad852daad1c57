"""Which tables hold rows of a reader's: found by their columns, so that no new table can be forgotten.

What is exported, and what is deleted, follows from this list.
"""

from functools import cache

from django.apps import apps
from django.db.models import ForeignKey, Model
from msgspec import Struct

from germane.web.readers.models import Reader


class Belonging(Struct, frozen=True):
    """A table of rows that are a reader's, and how a row tells whose it is, as a filter's name."""

    model: type[Model]
    whose: str


@cache
def find_belongings() -> tuple[Belonging, ...]:
    """Return the tables that point at readers, and those that point at these; a table once."""
    found: dict[type[Model], Belonging] = {Reader: Belonging(Reader, "pk")}
    level = [found[Reader]]
    while level:
        level = [
            Belonging(model, field.name if one.whose == "pk" else f"{field.name}__{one.whose}")
            for one in level
            for model in apps.get_models(include_auto_created=True)
            for field in model._meta.concrete_fields
            if isinstance(field, ForeignKey) and field.related_model is one.model and model not in found
        ]
        for belonging in level:
            found.setdefault(belonging.model, belonging)
    return tuple(found.values())
