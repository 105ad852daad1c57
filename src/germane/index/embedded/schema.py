"""The embedded index's fields, and a `Document` as tantivy keeps it. A change here raises VERSION."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

import msgspec
import numpy as np
import tantivy

from germane.index import Document
from germane.index.analysis import NAMES, STEMMED, WORDS, compounds, prepare, storable
from germane.index.embedded.vectors.rows import MAX_YEAR
from germane.index.pieces import Pieces, cut
from germane.index.terms import TITLE_WEIGHT

VERSION = 4
ID_BITS = 40  # `newest` is the year, then the id, in one number
FLAGS = ("is_open", "has_news", "has_video", "has_social", "has_data", "is_retracted")

_encode = msgspec.json.Encoder().encode


def schema() -> tantivy.Schema:
    """Return the schema.

    `text` answers questions (title, abstract, keyphrases, keywords), `title` and `keyword` what is asked of them,
    `phrase` counts whole keyphrases, `spelling` is the dictionary of the titles' unstemmed words, `exact` is the
    whole title. `text` and `keyword` come as stems, which are found far quicker by looking most of them up.
    """
    builder = tantivy.SchemaBuilder()  # numbers are signed: tantivy-py deletes nothing by an unsigned term
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_integer_field("newest", fast=True)
    builder.add_text_field("text", tokenizer_name="stemmed", index_option="position")
    builder.add_text_field("title", stored=True, tokenizer_name="words", index_option="position")
    builder.add_text_field("keyword", tokenizer_name="stemmed", index_option="position")
    builder.add_text_field("author", tokenizer_name="names", index_option="freq")
    builder.add_text_field("venue", tokenizer_name="names", index_option="freq")
    builder.add_text_field("spelling", tokenizer_name="names", index_option="basic")
    builder.add_text_field("phrase", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("exact", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("identifier", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("type", tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_text_field("language", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("venue_id", indexed=True, fast=True)
    builder.add_integer_field("year", indexed=True, fast=True)
    for flag in FLAGS:
        builder.add_boolean_field(flag, indexed=True, fast=True)
    return builder.build()


def register_tokenizers(index: tantivy.Index) -> None:
    """Make the analyzers that the schema names known to an index that was just opened."""
    index.register_tokenizer("words", WORDS)
    index.register_tokenizer("names", NAMES)
    index.register_tokenizer("stemmed", STEMMED)


def stored_documents(documents: Sequence[Document], pieces: Pieces) -> list[str]:
    """Return documents as tantivy keeps them, in JSON: it is quick to make here and to read there.

    `pieces` are those of each document's title and abstract, one after the other, prepared. Raises ValueError when an
    id is out of range.
    """
    phrases = [[prepare(phrase) for phrase in (*d.keyphrases, *d.keywords)] for d in documents]
    stemmed = iter(_stemmed([phrase for some in phrases for phrase in some]))
    joined = _joined_compounds(pieces)
    return [
        _stored(
            document,
            pieces.stemmed(2 * i),
            pieces.stemmed(2 * i + 1),
            list(islice(stemmed, len(phrases[i]))),
            joined.get(i, ""),
        )
        for i, document in enumerate(documents)
    ]


def newest(year: int | None, article_id: int) -> int:
    """Return the number that orders articles by year, then by id."""
    return (min(max(year or 0, 0), MAX_YEAR) << ID_BITS) + article_id


def _stored(document: Document, title: str, abstract: str, phrases: list[str], joined: str) -> str:
    if not 0 <= document.id < 1 << ID_BITS:
        raise ValueError(f"a document's id is 0 ≤ id < 2**{ID_BITS}, not {document.id}")
    shown = prepare(document.title)
    fields: dict[str, object] = {
        "id": document.id,
        "newest": newest(document.year, document.id),
        # the title is written several times: weights inside BM25's saturation, not outside it
        "text": [value for value in (*(title,) * TITLE_WEIGHT, abstract, *phrases, joined) if value],
        "title": [shown, compounds(shown)] if joined else shown,
        "keyword": phrases,
        "author": [prepare(name) for name in document.authors],
        "venue": prepare(document.venue),
        "spelling": shown,
        "phrase": sorted({*phrases} - {""}),
        "identifier": [storable(identifier) for identifier in document.identifiers],
        "type": storable(document.type),
    }
    if key := " ".join(title.split()):
        fields["exact"] = key[:200]
    if document.language:
        fields["language"] = storable(document.language)
    if document.venue_id:
        fields["venue_id"] = document.venue_id
    if document.year is not None:
        fields["year"] = min(max(document.year, -MAX_YEAR), MAX_YEAR)
    for flag in FLAGS:
        fields[flag] = getattr(document, flag)
    return _encode(fields).decode()


def _stemmed(texts: Sequence[str]) -> list[str]:
    """Return what `phrase_key` does of prepared texts."""
    pieces = cut(texts)
    return [" ".join(pieces.stemmed(i).split()) for i in range(len(texts))]


def _joined_compounds(pieces: Pieces) -> dict[int, str]:
    """Return the compounds of each text that has some, without their hyphens and stemmed."""
    vocabulary, found = pieces.vocabulary, defaultdict(set)
    numbers, bounds = np.array(pieces.numbers, np.int64), np.array(pieces.bounds[::2])
    holders = np.flatnonzero(vocabulary.n_compounds[numbers])
    texts = np.searchsorted(bounds, holders, side="right") - 1
    for text, number in zip(texts.tolist(), numbers[holders].tolist(), strict=True):
        found[text].update(vocabulary.compounds[number])
    return {text: " ".join(sorted(vocabulary.stemmed[n] for n in some)) for text, some in found.items()}
