"""Articles with everything that a source's record of them may say, made a batch at a time."""

from itertools import pairwise

import numpy as np
from msgspec import Struct

from germane.synth.chance import Numbers, from_quantiles
from germane.synth.citing import Citing
from germane.synth.corpus import ARXIV, FIRST_PMID, LANGUAGES, PUBMED, SOURCES, Corpus
from germane.synth.languages import foreign_titles
from germane.synth.people import Author, People
from germane.synth.prose import Marks, Prose
from germane.synth.topics import N_HEADINGS, Topics
from germane.synth.venues import Venue, Venues

# Published quantiles of the number of words of abstracts, from a million records.
_ABSTRACT_QUANTILES = (
    (0.0, 12.0), (0.05, 50.0), (0.25, 104.0), (0.5, 146.0), (0.75, 190.0), (0.95, 263.0), (0.99, 314.0), (1.0, 600.0)
)  # fmt: skip
_NO_ABSTRACT_SHARE = 0.08
_TEX_SHARES = (0.02, 0.24, 0.36, 0.70)  # by source; together the published 22 %
_LETTERS_SHARE, _ANGLES_SHARE = 0.049, 0.008
_REVIEW_SHARE, _RETRACTED_SHARE, _OPEN_SHARE, _STRUCTURED_SHARE = 0.06, 0.0005, 0.4, 0.25
_N_HEADINGS = 8
_ISSUES = 12


Cited = tuple[int, str, int]
"""A reference: article number (negative: outside of the corpus), DOI or "", PMID or 0."""


class Article(Struct, frozen=True, gc=False):
    """All that records are made of; identifiers that it has not are empty."""

    number: int
    source: str
    again: str
    by_title: bool
    doi: str
    pmid: int
    openalex: str
    arxiv: str
    title: str
    original_title: str
    language: str
    sentences: list[str]
    is_structured: bool
    authors: list[Author]
    venue: Venue
    date: str
    volume: int
    issue: int
    page: int
    headings: list[str]
    topic: str
    field: str
    references: list[Cited]
    n_cited_by: int
    is_review: bool
    is_open: bool
    is_retracted: bool
    revised_on: str

    @property
    def text(self) -> str:
        """Return the abstract, or ""."""
        return " ".join(self.sentences)


class Maker:
    """Makes articles of a corpus by their numbers."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus, self.chance = corpus, corpus.chance
        self.topics = Topics(corpus.chance, corpus.n_topics)
        self.prose = Prose(corpus.chance, self.topics)
        self.citing = Citing(corpus)
        self.people = People(corpus)
        self.venues = Venues(corpus.chance, self.topics, corpus.n_topics)

    def articles(self, numbers: Numbers, revised_on: str = "") -> list[Article]:
        """Return the articles (n,). `revised_on` makes them as a source tells them after a revision on that day."""
        corpus, chance = self.corpus, self.chance
        sources, again, topics = corpus.sources(numbers), corpus.again(numbers), corpus.topics(numbers)
        languages = corpus.languages(numbers)
        titles = self.prose.titles(numbers, topics)
        originals = foreign_titles(chance, self.topics, numbers, topics, languages)
        if revised_on:
            titles = [f"{title}, revisited" for title in titles]
            originals = [original and f"{original}, II" for original in originals]
        references = self._references(numbers, sources, more=1 if revised_on else 0)
        fields = self.topics.fields(topics).tolist()
        retracted_share = 0.02 if revised_on else _RETRACTED_SHARE
        draws = {
            name: (chance.units(name, numbers) < share).tolist()
            for name, share in (
                ("review", _REVIEW_SHARE), ("retracted", retracted_share), ("open", _OPEN_SHARE),
                ("structured", _STRUCTURED_SHARE),
            )
        }  # fmt: skip
        names = (*LANGUAGES, "en")
        return [
            Article(
                number=number,
                source=SOURCES[source],
                again=SOURCES[second] if second >= 0 else "",
                by_title=by_title,
                doi=corpus.doi(number) if has_doi else "",
                pmid=corpus.pmid(number) if source == PUBMED else 0,
                openalex=corpus.openalex(number),
                arxiv=arxiv if source == ARXIV else "",
                title=title,
                original_title=original,
                language=names[language],
                sentences=sentences,
                is_structured=structured and source == PUBMED,
                authors=authors,
                venue=self.venues.get(venue),
                date=date,
                volume=1 + int(date[:4]) - 1960 + number % 7,
                issue=1 + number % _ISSUES,
                page=1 + number * 13 % 2900,
                headings=headings,
                topic=self.topics.name(topic),
                field=self.topics.field_name(field),
                references=cited,
                n_cited_by=n_cited_by,
                is_review=review,
                is_open=is_open,
                is_retracted=retracted,
                revised_on=revised_on,
            )
            for (
                number, source, second, by_title, has_doi, arxiv, title, original, language, sentences, structured,
                authors, venue, date, headings, topic, field, cited, n_cited_by, review, is_open, retracted,
            ) in zip(
                numbers.tolist(), sources.tolist(), again.tolist(), corpus.by_title(numbers).tolist(),
                corpus.have_doi(numbers).tolist(), corpus.arxiv(numbers), titles, originals, languages.tolist(),
                self._abstracts(numbers, sources, topics), draws["structured"], self.people.authors(numbers),
                self.venues.draw(numbers, topics).tolist(), np.datetime_as_string(corpus.days(numbers)).tolist(),
                self._headings(numbers, topics), topics.tolist(), fields, references,
                self.citing.cited_by(numbers).tolist(), draws["review"], draws["open"], draws["retracted"], strict=True,
            )
        ]  # fmt: skip

    def _abstracts(self, numbers: Numbers, sources: Numbers, topics: Numbers) -> list[list[str]]:
        chance = self.chance
        n_words = from_quantiles(chance.units("abstract words", numbers), _ABSTRACT_QUANTILES).astype(np.int64)
        marks = Marks(
            tex=chance.units("tex", numbers) < np.array(_TEX_SHARES)[sources],
            letters=chance.units("letters", numbers) < _LETTERS_SHARE,
            angles=chance.units("angles", numbers) < _ANGLES_SHARE,
        )
        texts = self.prose.sentences("abstract", numbers, numbers, topics, n_words, marks)
        has_none = (chance.units("no abstract", numbers) < _NO_ABSTRACT_SHARE).tolist()
        return [[] if none else text for none, text in zip(has_none, texts, strict=True)]

    def _references(self, numbers: Numbers, sources: Numbers, more: int) -> list[list[Cited]]:
        corpus = self.corpus
        targets, begins = self.citing.references(numbers, more)
        inside = np.maximum(targets, 0)
        have_doi = (corpus.have_doi(inside) | (targets < 0)).tolist()
        pmids = np.where((targets >= 0) & (corpus.sources(inside) == PUBMED), FIRST_PMID + inside, 0).tolist()
        ours, outside = f"10.5555/synthetic.{corpus.seed}.", f"10.5555/outside.{corpus.seed}."
        listed = targets.tolist()
        dois = [
            (f"{ours}{target}" if target >= 0 else f"{outside}{-target}") if has_doi else ""
            for target, has_doi in zip(listed, have_doi, strict=True)
        ]
        cited = list(zip(listed, dois, pmids, strict=True))
        return [cited[a:b] for a, b in pairwise(begins.tolist())]

    def _headings(self, numbers: Numbers, topics: Numbers) -> list[list[str]]:
        """Return each article's subject headings: the most used phrases of its topic."""
        shifts = np.arange(_N_HEADINGS, dtype=np.uint64) * np.uint64(5)
        ranks = self.chance.bits("headings", numbers)[:, None] >> shifts
        return [
            list(dict.fromkeys([names[rank] for rank in row]))
            for names, row in zip(
                map(self.topics.headings, topics.tolist()), (ranks % np.uint64(N_HEADINGS)).tolist(), strict=True
            )
        ]
