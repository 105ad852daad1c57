"""What is no longer needed is forgotten, and nothing else."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone

from germane.web.readers.models import Reader
from germane.web.readers.tidying import Tidied, tidy_readers

pytestmark = pytest.mark.django_db


def make_reader(email: str, *, is_confirmed: bool, days_old: int) -> Reader:
    reader = Reader.objects.create_user(email)
    EmailAddress.objects.create(user=reader, email=email, verified=is_confirmed, primary=True)
    Reader.objects.filter(pk=reader.pk).update(joined_at=timezone.now() - timedelta(days=days_old))
    return reader


def test_an_address_that_nobody_confirmed_is_forgotten_after_a_week() -> None:
    make_reader("old@example.org", is_confirmed=False, days_old=8)
    make_reader("new@example.org", is_confirmed=False, days_old=6)
    make_reader("confirmed@example.org", is_confirmed=True, days_old=400)
    Reader.objects.create_superuser("operator@example.org", "x")
    Reader.objects.filter(email="operator@example.org").update(joined_at=timezone.now() - timedelta(days=400))
    assert tidy_readers(timezone.now()).n_unconfirmed == 1
    assert sorted(Reader.objects.values_list("email", flat=True)) == [
        "confirmed@example.org",
        "new@example.org",
        "operator@example.org",
    ]


def test_sessions_and_counters_that_ended_are_forgotten() -> None:
    now = timezone.now()
    reader = make_reader("ada@example.org", is_confirmed=True, days_old=1)
    keys = []
    for days in (-1, 1):
        store = SessionStore()
        store["a"] = 1
        store.set_expiry(now + timedelta(days=days))
        store.save()
        keys.append(store.session_key)
        UserSession.objects.create(user=reader, ip="192.0.2.1", user_agent="x", session_key=store.session_key)
    cache.set("ended", 1, timeout=1)
    cache.set("counting", 1, timeout=300)
    assert tidy_readers(now + timedelta(seconds=5)) == Tidied(n_sessions=1, n_unconfirmed=0, n_counters=1)
    assert list(Session.objects.values_list("session_key", flat=True)) == keys[1:]
    assert list(UserSession.objects.values_list("session_key", flat=True)) == keys[1:]
    assert cache.get("counting") == 1
