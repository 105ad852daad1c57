"""Candidates → numbers that tell keyphrases from other phrases."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from germane.enrich.keyphrases.background import Floats, Tables
from germane.enrich.keyphrases.candidates import MAX_WORDS, Candidates, Ints, edges
from germane.enrich.keyphrases.lexicon import Kind

_TAKEN, _PRIOR = 0.02, 3.0  # the share of phrases that are taken, and for how many articles it counts

Numbers = NDArray[Any]  # float32 or int64

# Those that need nothing but the text, and so hold in every language.
PLAIN_FEATURES = (
    "count", "count_share", "words", "stems", "characters", "title_count", "abstract_count", "first_place",
    "first_word", "last_place", "spread", "title_place", "title_share", "capital_share", "all_capitals", "digits",
    "left_edge", "right_edge", "longer_share", "opening_share", "closing_share", "is_acronym",
    "acronym_count", "links", "word_count_mean", "word_count_min", "text_words", "title_words", "weak_words",
    "weak_first", "weak_last", "count_rank",
)  # fmt: skip
# Those that need the background tables (English).
BACKGROUND_FEATURES = (
    "texts", "keywords", "keyword_share", "word_texts_mean", "word_texts_min", "word_texts_max", "inside_mean",
    "inside_min", "opens", "closes", "first_capitals", "cohesion", "longer_keywords", "shorter_keywords", "rarity",
    "rarity_share", "rarity_rank", "keyword_rank", "affinity", "text_affinity", "text_keywords", "ends_ing", "ends_ed",
    "ends_ly", "starts_ing", "starts_ed", "starts_ly",
    "offered", "taken_share", "taken_rank",
)  # fmt: skip
FEATURES = PLAIN_FEATURES + BACKGROUND_FEATURES


def measure(found: Candidates, tables: Tables | None, affinity: Floats | None = None) -> Floats:
    """Return one column of features per phrase, shape (len(FEATURES), n), or the plain ones alone without tables.

    `affinity`, shape (n,), is how well a phrase goes with its text as a common keyword.
    """
    columns = _Phrases(found)
    values = columns.plain()
    if tables is not None and affinity is not None:
        values += columns.informed(tables, affinity)
    out = np.empty((len(values), found.n), dtype=np.float32)
    for row, value in zip(out, values, strict=True):
        row[:] = value
    return out


class _Phrases:
    """The words and phrases of some texts as arrays; only lives while their features are computed."""

    def __init__(self, found: Candidates) -> None:
        self.found = found
        words = found.words
        self.text_of = found.text_of
        n_words = np.diff(words.bounds)
        self.title_words, self.abstract_words = n_words[::2], n_words[1::2]
        self.is_title = np.repeat(np.arange(len(n_words)) % 2 == 0, n_words)
        self.starts = found.at[found.first[:-1]]
        self.lengths = found.length[found.first[:-1]]
        self.last = self.starts + self.lengths - 1
        self.heads = found.first[:-1]
        self.count = np.diff(found.first)
        # The words of each phrase's first occurrence, padded to MAX_WORDS with one that counts for nothing.
        steps = np.arange(MAX_WORDS)[:, None]
        self.places = np.where(steps < self.lengths, self.starts + steps, len(words))
        # Texts that have phrases, and where those begin.
        self.has_phrases = np.diff(found.bounds) > 0
        self.text_heads = found.bounds[:-1][self.has_phrases]
        self.text_sizes = np.diff(found.bounds)[self.has_phrases]

    def has(self, kind: Kind) -> Numbers:
        """Return 1 for each word of the kind, else 0."""
        values: Numbers = ((self.found.words.kind & int(kind)) != 0).astype(np.int64)
        return values

    def total(self, per_word: Numbers) -> Numbers:
        """Return the sum over the words of each phrase."""
        values: Numbers = np.append(per_word, per_word.dtype.type(0))[self.places].sum(axis=0)
        return values

    def least(self, per_word: Floats) -> Floats:
        values: Floats = np.append(per_word, np.float32(np.inf))[self.places].min(axis=0)
        return values

    def most(self, per_word: Numbers) -> Numbers:
        values: Numbers = np.append(per_word, per_word.dtype.type(0))[self.places].max(axis=0)
        return values

    def over_occurrences(self, per_occurrence: Numbers) -> Numbers:
        return np.add.reduceat(per_occurrence, self.heads)

    def share_of_most(self, values: Numbers) -> Floats:
        """Return each phrase's value over the greatest of its text."""
        most = np.repeat(np.maximum.reduceat(values, self.text_heads), self.text_sizes)
        shares: Floats = (values / np.maximum(most, 1e-9)).astype(np.float32)
        return shares

    def rank(self, values: Numbers) -> Floats:
        """Return how many of the text's phrases have more, on a logarithmic scale."""
        order = np.lexsort((-values, self.text_of))
        ordered, text = values[order], self.text_of[order]
        is_new = np.append(True, (ordered[1:] != ordered[:-1]) | (text[1:] != text[:-1]))
        place = np.maximum.accumulate(np.where(is_new, np.arange(len(order)), 0)) - self.found.bounds[text]
        ranks = np.empty(len(order), dtype=np.float32)
        ranks[order] = np.log1p(place.astype(np.float32))
        return ranks

    def plain(self) -> list[Numbers]:
        found, words = self.found, self.found.words
        at, length, starts, count, text_of = found.at, found.length, self.starts, self.count, self.text_of
        is_title = self.is_title[at]
        title_count = self.over_occurrences(is_title.astype(np.int64))
        # Places run from 0 to 1 in the abstract; the title stands at 0.
        begin = words.bounds[1::2][text_of]
        size = np.maximum(self.abstract_words, 1)[text_of]
        first_abstract = np.minimum.reduceat(np.where(is_title, len(words), at), self.heads)
        is_in_title = title_count > 0
        first = np.where(is_in_title, 0, (first_abstract - begin) / size)
        last_word = np.maximum.reduceat(at, self.heads)
        last = np.maximum((last_word - begin) / size, 0)
        text_begin = words.bounds[:-1:2][text_of]
        title_words = self.title_words[text_of]
        title_place = np.where(is_in_title, (starts - text_begin) / np.maximum(title_words, 1), -1.0)
        capital = self.has(Kind.CAPITAL)
        capital[words.opens | self.is_title] = 0
        left, right = edges(words, at, length)
        weak = self.has(Kind.WEAK)
        extra_stems = words.lexicon.n_stems[words.numbers] - 1
        token_count, token_in_title = self.tokens()
        text_words = np.log1p((self.title_words + self.abstract_words).astype(np.float32))
        return [
            np.log1p(count.astype(np.float32)),
            self.share_of_most(count),
            self.lengths,
            self.lengths + self.total(extra_stems),
            self.total(words.lexicon.n_letters[words.numbers] + 1),
            title_count,
            np.log1p((count - title_count).astype(np.float32)),
            first,
            np.log1p((starts - text_begin).astype(np.float32)),
            last,
            last - first,
            title_place,
            self.total(token_in_title) / self.lengths,
            self.over_occurrences(capital[at]) / count,
            self.total(self.has(Kind.UPPER)) / self.lengths,
            self.most(self.has(Kind.DIGIT | Kind.NUMBER)),
            self.over_occurrences(left.astype(np.int64)) / count,
            self.over_occurrences(right.astype(np.int64)) / count,
            found.longer / count,
            np.where(found.prefix > 0, count / np.maximum(found.prefix, 1), 1.0),
            np.where(found.suffix > 0, count / np.maximum(found.suffix, 1), 1.0),
            *self.acronyms(),
            self.total(self.has(Kind.LINK)),
            np.log(self.total(token_count) / self.lengths),
            np.log(self.least(token_count.astype(np.float32))),
            text_words[text_of],
            title_words,
            self.total(weak),
            weak[starts],
            weak[self.last],
            self.rank(count),
        ]

    def tokens(self) -> tuple[Ints, Ints]:
        """Return how often each word occurs in its text, and whether it does in the title."""
        words = self.found.words
        n_words = np.diff(words.bounds[::2])
        text_of_word = np.repeat(np.arange(len(n_words)), n_words)
        key = (text_of_word << 32) | words.lexicon.word[words.numbers]
        _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
        in_title = np.zeros(len(counts), dtype=np.int64)
        in_title[inverse[self.is_title]] = 1
        return counts[inverse], in_title[inverse]

    def acronyms(self) -> list[Numbers]:
        found = self.found
        is_acronym, acronym_count = np.zeros(found.n, dtype=np.float32), np.zeros(found.n, dtype=np.float32)
        for text, acronyms in enumerate(found.acronyms):
            if not acronyms:
                continue
            some = found.of(text)
            number = dict(zip(found.hash[some.start : some.stop].tolist(), some, strict=True))
            for acronym in acronyms:
                short, full = number.get(acronym.short), number.get(acronym.full)
                if short is not None:
                    is_acronym[short] = 1
                    if full is not None:
                        acronym_count[full] = np.log1p(self.count[short])
        return [is_acronym, acronym_count]

    def informed(self, tables: Tables, affinity: Floats) -> list[Numbers]:
        found = self.found
        texts, keywords, offered, taken = found.known
        opens, closes = self.look_up(tables)
        word_texts = np.minimum(opens[0], closes[0])
        inside = (opens[1] + closes[1]) / 2
        log_n = np.float32(np.log(tables.n_texts))
        cohesion = np.where(
            (self.lengths > 1) & (texts > 0) & (found.prefix_texts > 0),
            texts + log_n - found.prefix_texts - word_texts[self.last],
            0.0,
        )
        rarest = self.least(word_texts)
        # A phrase never met is as rare as its rarest word, and then some.
        estimate = np.where(texts > 0, texts, np.maximum(rarest - 2.0 * (self.lengths > 1), 0.0))
        rarity = log_n - estimate
        weight = self.count * rarity
        # How often authors whose text has the phrase take it, drawn to the mean by a few articles more.
        taken_share = np.log((np.expm1(taken) + _PRIOR * _TAKEN) / (np.expm1(offered) + _PRIOR))
        share = np.where(keywords > 0, keywords - texts, np.float32(-8.0))
        mean_keywords = np.add.reduceat(taken_share, self.text_heads) / self.text_sizes
        best_affinity = np.maximum.reduceat(affinity, self.text_heads)
        endings = [self.has(kind) for kind in (Kind.ING, Kind.ED, Kind.LY)]
        return [
            texts,
            keywords,
            share,
            self.total(word_texts) / self.lengths,
            rarest,
            self.most(word_texts),
            self.total(inside) / self.lengths,
            self.least(inside),
            opens[2][self.starts],
            closes[3][self.last],
            opens[4][self.starts],
            cohesion,
            found.longer_known,
            found.shorter_known,
            rarity,
            self.share_of_most(weight),
            self.rank(weight),
            self.rank(share + keywords),
            affinity,
            np.repeat(best_affinity, self.text_sizes),
            np.repeat(mean_keywords, self.text_sizes),
            *(e[self.last] for e in endings),
            *(e[self.starts] for e in endings),
            offered,
            taken_share,
            self.rank(taken_share),
        ]

    def look_up(self, tables: Tables) -> tuple[Floats, Floats]:
        """Return what the tables say of each word's first and of its last stem, shape (5, w) each."""
        words = self.found.words
        numbers, inverse = np.unique(words.numbers, return_inverse=True)
        stems = [words.lexicon.stems[number] for number in numbers.tolist()]
        opening = tables.look_up_words(np.array([s[0] for s in stems], dtype=np.uint64))
        closing = tables.look_up_words(np.array([s[-1] for s in stems], dtype=np.uint64))
        return opening[:, inverse], closing[:, inverse]
