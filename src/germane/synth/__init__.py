"""A synthetic corpus of any size: metadata as real archives give them, of articles that nobody wrote.

Everything about an article is a pure function of the seed and the article's number (`chance`), so any part can be made
anywhere, in any order, and an update needs no corpus beside it. Articles are numbered in order of publication.

    chance, corpus           numbers → random bits; → date, topic, source, identifiers
    topics, patterns, prose  words, sentences, titles and abstracts; languages: the titles that are not English
    people, venues, citing   who wrote it, where it appeared, what it cites
    article, formats/        all of that together, a batch at a time; as a source's record
    items, readers           who speaks of articles, who likes them
    making, writing          batches on every core; files that are whole or not there

Docs: `germane synth` in docs/operate.md; how near to real corpora it comes: docs/performance.md.
"""

VERSION = 1
"""Goes up when the same N and seed no longer give the same bytes."""

MARK = "Germane synthetic corpus"
"""Stands in every record where its format has room, so that nobody takes it for real."""


class SynthError(ValueError):
    """What was asked for cannot be made. The message tells people why; trying again cannot help."""

    permanent = True


def words_of(text: str) -> list[str]:
    """Return a list of words that is written as text."""
    return text.split()
