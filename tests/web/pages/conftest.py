"""The invented corpus, made once for each module of tests, and a browser without a screen."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from tests.web.pages.corpus import make_corpus


@pytest.fixture(scope="module")
def corpus(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Fill the test database; the rows are taken away again at the end."""
    from django.core.management import call_command

    with django_db_blocker.unblock():
        make_corpus()
        yield
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def client(corpus: None, db: None) -> Client:
    return Client(headers={"host": "127.0.0.1"})
