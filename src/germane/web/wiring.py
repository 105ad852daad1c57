"""Addresses and names in the settings → the objects that they stand for."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from germane.enrich.embedding import Embedder, load_embedder
from germane.index import Document, Index, Prepared, open_index, prepare_documents, rebuild_index

if TYPE_CHECKING:  # most processes, those that serve pages among them, never ask anybody
    from germane.fetch import Client


@cache
def index() -> Index:
    """Return the search index that `GERMANE_INDEX_URL` names, opened once a process, for reading."""
    return open_writable_index()


def open_writable_index() -> Index:
    """Return the same index for writing; whoever asks closes it, for there is one writer at a time."""
    model = embedder()
    return open_index(
        settings.ENVIRONMENT.index_url,
        settings.ENVIRONMENT.home,
        create=True,
        dimensions=model.dimensions,
        vector_model=model.name,
    )


def new_index(*, keep_vectors: bool = True) -> AbstractContextManager[Index]:
    """Give an empty index in a `with` block that then takes the place of the one there is, its vectors kept or not."""
    model = embedder()
    return rebuild_index(
        settings.ENVIRONMENT.index_url,
        settings.ENVIRONMENT.home,
        dimensions=model.dimensions,
        vector_model=model.name,
        keep_vectors=keep_vectors,
    )


def prepare(documents: Sequence[Document]) -> Prepared:
    """Return documents as the index takes them, which any process can do for the one that writes."""
    return prepare_documents(settings.ENVIRONMENT.index_url, documents, dimensions=embedder().dimensions)


def embedder() -> Embedder:
    """Return what `GERMANE_EMBEDDER` names, loaded once a process. Raises EmbeddingFailure."""
    return load_embedder(settings.ENVIRONMENT.embedder)


@cache
def fetch_client() -> "Client":
    """Return the client by which this process asks the Internet; who runs the site is `GERMANE_CONTACT`."""
    from germane.fetch import Client

    environment = settings.ENVIRONMENT
    return Client(
        environment.home,
        contact=environment.contact,
        base_url=environment.base_url,
        allowed_hosts=environment.fetch_allowed_hosts,
    )
