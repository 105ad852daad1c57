"""Delete a reader: every row in every table, every session, and their part in public counts."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connections, transaction

from germane.web.readers import database
from germane.web.readers.belongings import find_belongings
from germane.web.readers.models import Like, Reader
from germane.web.readers.store import counting


def delete_reader(reader: Reader) -> dict[str, int]:
    """Delete a reader with all that is theirs, and return how many rows each table lost.

    All or nothing. Tables are emptied from the farthest to the reader's own row, one by one and not by cascade: so
    that a table which protects its rows is an error, instead of keeping them.
    """
    removed: dict[str, int] = {}
    with transaction.atomic(using=database()):
        for article_id in Like.objects.filter(reader=reader, is_counted=True).values_list("article_id", flat=True):
            counting.add(article_id, -1)
        removed["django_session"] = end_sessions(reader)
        for belonging in reversed(find_belongings()):
            rows = belonging.model._default_manager.filter(**{belonging.whose: reader.pk})
            removed[belonging.model._meta.db_table] = rows.delete()[0]
        transaction.on_commit(_empty_log, using=database())
    return removed


def end_sessions(reader: Reader) -> int:
    """Sign a reader out everywhere, and return how many sessions that ended."""
    keys = UserSession.objects.filter(user=reader).values_list("session_key", flat=True)
    return int(Session.objects.filter(session_key__in=list(keys)).delete()[0])


def _empty_log() -> None:
    """Have SQLite write its log into the database, where deleted rows are overwritten: the log still has their words.

    While somebody reads it stays; `germane readers tidy` and the next deletion do it then.
    """
    connection = connections[database()]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
