"""Readers who are signed in, over the invented corpus."""

import pytest
from django.test import Client

from germane.web.catalog.models import Article
from germane.web.readers.models import Reader
from tests.web.readers.people import make_reader


class Reading:
    """A reader with a browser."""

    def __init__(self, name: str) -> None:
        self.reader: Reader = make_reader(name)
        self.client = Client(headers={"host": "127.0.0.1"})
        self.client.force_login(self.reader)


@pytest.fixture
def ada(client: Client) -> Reading:
    return Reading("ada")


@pytest.fixture
def ben(client: Client) -> Reading:
    return Reading("ben")


def number_of(doi: str) -> int:
    """Return an article's number."""
    return int(Article.objects.get(doi=doi).pk)
