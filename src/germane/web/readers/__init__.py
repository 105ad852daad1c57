"""Readers: accounts, likes and other marks, what they follow, and what is recommended to them.

Everything here is personal. It lives in tables, and with SQLite in a file, of its own (`router`).
"""

from django.conf import settings


def database() -> str:
    """Return the alias of the readers' database, for raw SQL: `connections[database()]`."""
    return "readers" if "readers" in settings.DATABASES else "default"
