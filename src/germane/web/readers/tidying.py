"""Forget what is no longer needed: ended sessions, addresses that nobody confirmed, counters of limits."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections
from django.db.models import Exists, OuterRef
from msgspec import Struct

from germane.web.readers import database
from germane.web.readers.deleting import delete_reader
from germane.web.readers.models import Reader

UNCONFIRMED_FOR = timedelta(days=7)


class Tidied(Struct, frozen=True):
    """How much was forgotten."""

    n_sessions: int
    n_unconfirmed: int  # accounts
    n_counters: int


def tidy_readers(now: datetime) -> Tidied:
    """Delete sessions that ended, accounts whose address was not confirmed for a week, and counters that count no more.

    Operators' accounts stay, however they were made.
    """
    n_sessions = Session.objects.filter(expire_date__lt=now).delete()[0]
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(alive)).delete()
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    unconfirmed = list(
        Reader.objects.filter(~Exists(confirmed), joined_at__lt=now - UNCONFIRMED_FOR, is_staff=False, is_active=True)
    )
    for reader in unconfirmed:
        delete_reader(reader)
    return Tidied(n_sessions, len(unconfirmed), _forget_counters(now))


def _forget_counters(now: datetime) -> int:
    connection = connections[database()]
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [connection.ops.adapt_datetimefield_value(now)])
        return int(cursor.rowcount)
