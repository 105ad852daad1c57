"""Records and items to write, in few words."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from germane.article import Article, Author, Identifier, Record, Relation
from germane.identifiers import parse_key
from germane.web.catalog.store.articles import Outcome, write_records
from germane.web.catalog.store.incoming import Incoming
from germane.web.catalog.store.references import list_citations

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make_record(source: str, *keys: str, relations: Iterable[tuple[str, str]] = (), **fields: Any) -> Record:
    """A record of an article with these identifiers ("doi:10.5555/a")."""
    identifiers = tuple(i for i in map(parse_key, keys) if isinstance(i, Identifier))
    assert len(identifiers) == len(keys)
    fields.setdefault("title", "Interscapular pain after injection in adults")
    fields.setdefault("authors", (Author(name="Ada Okafor", family="Okafor", given="Ada"),))
    fields.setdefault("published_on", "2020-03-01")
    fields.setdefault("type", "article")
    article = Article(
        identifiers=identifiers,
        relations=tuple(Relation(kind=kind, identifier=key) for kind, key in relations),  # type: ignore[arg-type]
        **fields,
    )
    return Record(source=source, key=keys[0], article=article)


Write = Callable[..., list[Outcome]]


@pytest.fixture
def write(db: None) -> Write:
    """Write records, each with a text of its own that can be read back into it."""
    texts: dict[str, Record] = {}

    def reparse(source: str, raw: str) -> list[Record]:
        return [texts[raw]]

    def write_them(*records: Record) -> list[Outcome]:
        incoming = []
        for record in records:
            text = repr(record)
            texts[text] = record
            incoming.append(Incoming(record, text))
        outcomes = write_records(incoming, reparse, NOW)
        for _ in list_citations():
            pass
        return outcomes

    write_them.reparse = reparse  # type: ignore[attr-defined]
    return write_them
