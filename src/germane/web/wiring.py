"""Addresses and names in the settings → the objects that they stand for."""

from functools import cache

from django.conf import settings

from germane.index import Index, open_index


@cache
def index() -> Index:
    """Return the search index that `GERMANE_INDEX_URL` names, opened once a process, for reading."""
    return open_index(settings.ENVIRONMENT.index_url, settings.ENVIRONMENT.home, create=True)


def open_writable_index() -> Index:
    """Return the same index for writing; whoever asks closes it, for there is one writer at a time."""
    return open_index(settings.ENVIRONMENT.index_url, settings.ENVIRONMENT.home, create=True)
