"""Which database holds what: with SQLite, all that is personal lives in a file of its own.

An import holds the catalog's only write lock for seconds at a time, and a like must never wait for it. With PostgreSQL
there is one database, and this router has no opinion.
"""

from typing import Any

from django.conf import settings
from django.db.models import Model

APPS = frozenset(
    {
        "readers",
        "auth",
        "contenttypes",
        "sessions",
        "account",
        "socialaccount",
        "mfa",
        "usersessions",
        "django_cache",
    }
)


class ReaderRouter:
    """Sends the readers' apps to "readers", all others to "default"."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """Return where a model's rows are read."""
        return self._alias(model._meta.app_label)

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        """Return where a model's rows are written."""
        return self._alias(model._meta.app_label)

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool | None:
        """Return whether two rows may point at each other: never from one database to the other."""
        return self._alias(one._meta.app_label) == self._alias(other._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Return whether an app's tables belong in a database."""
        wanted = self._alias(app_label)
        return None if wanted is None else db == wanted

    def _alias(self, app_label: str) -> str | None:
        if "readers" not in settings.DATABASES:
            return None
        return "readers" if app_label in APPS else "default"
