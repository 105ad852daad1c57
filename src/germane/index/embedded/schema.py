"""The embedded index's fields, and a `Document` as tantivy keeps it. A change here raises VERSION."""

import tantivy

from germane.index import Document
from germane.index.analysis import NAMES, WORDS, compounds, phrase_key, prepare, storable
from germane.index.embedded.vectors.rows import MAX_YEAR
from germane.index.terms import TITLE_WEIGHT

VERSION = 3
ID_BITS = 40  # `newest` is the year, then the id, in one number
FLAGS = ("is_open", "has_news", "has_video", "has_social", "has_data", "is_retracted")


def schema() -> tantivy.Schema:
    """Return the schema.

    `text` answers questions (title, abstract, keyphrases, keywords), `title` and `keyword` what is asked of them,
    `phrase` counts whole keyphrases, `spelling` is the dictionary of the titles' unstemmed words, `exact` is the
    whole title.
    """
    builder = tantivy.SchemaBuilder()  # numbers are signed: tantivy-py deletes nothing by an unsigned term
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_integer_field("newest", fast=True)
    builder.add_text_field("text", tokenizer_name="words", index_option="position")
    builder.add_text_field("title", stored=True, tokenizer_name="words", index_option="position")
    builder.add_text_field("keyword", tokenizer_name="words", index_option="position")
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


def stored_document(document: Document) -> tantivy.Document:
    """Return the document as tantivy keeps it.

    Raises ValueError when the id is out of range.
    """
    if not 0 <= document.id < 1 << ID_BITS:
        raise ValueError(f"a document's id is 0 ≤ id < 2**{ID_BITS}, not {document.id}")
    out = tantivy.Document()
    out.add_integer("id", document.id)
    out.add_integer("newest", newest(document.year, document.id))
    _add_text(out, document)
    for name in document.authors:
        out.add_text("author", prepare(name))
    out.add_text("venue", prepare(document.venue))
    for identifier in document.identifiers:
        out.add_text("identifier", storable(identifier))
    out.add_text("type", storable(document.type))
    if document.language:
        out.add_text("language", storable(document.language))
    if document.venue_id:
        out.add_integer("venue_id", document.venue_id)
    if document.year is not None:
        out.add_integer("year", min(max(document.year, -MAX_YEAR), MAX_YEAR))
    for flag in FLAGS:
        out.add_boolean(flag, getattr(document, flag))
    return out


def newest(year: int | None, article_id: int) -> int:
    """Return the number that orders articles by year, then by id."""
    return (min(max(year or 0, 0), MAX_YEAR) << ID_BITS) + article_id


def _add_text(out: tantivy.Document, document: Document) -> None:
    title = prepare(document.title)
    abstract = prepare(document.abstract)
    phrases = [prepare(phrase) for phrase in (*document.keyphrases, *document.keywords)]
    joined = compounds(f"{title} {abstract}")
    # the title is written several times: weights inside BM25's saturation, not outside it
    for value in (*(title,) * TITLE_WEIGHT, abstract, *phrases, joined):
        if value:
            out.add_text("text", value)
    out.add_text("title", title)
    if joined:
        out.add_text("title", compounds(title))
    out.add_text("spelling", title)
    for phrase in phrases:
        out.add_text("keyword", phrase)
    for key in {phrase_key(phrase) for phrase in phrases} - {""}:
        out.add_text("phrase", key)
    if key := phrase_key(title):
        out.add_text("exact", key[:200])
