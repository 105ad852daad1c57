"""Candidates → numbers that tell keyphrases from other phrases."""

import numpy as np
from numpy.typing import NDArray

from germane.enrich.keyphrases.background import Background, Floats
from germane.enrich.keyphrases.candidates import MAX_WORDS, Candidates, Ints
from germane.enrich.keyphrases.words import Kind

Numbers = NDArray[np.float64]

# Those that need nothing but the text, and so hold in every language.
PLAIN_FEATURES = (
    "count", "count_share", "words", "stems", "characters", "title_count", "abstract_count", "first_place",
    "first_word", "last_place", "spread", "title_place", "title_share", "capital_share", "all_capitals", "digits",
    "hyphens", "left_edge", "right_edge", "longer_share", "opening_share", "closing_share", "is_acronym",
    "acronym_count", "links", "word_count_mean", "word_count_min", "text_words", "title_words", "weak_words",
    "weak_first", "weak_last", "count_rank",
)  # fmt: skip
# Those that need the background tables (English).
BACKGROUND_FEATURES = (
    "texts", "keywords", "keyword_share", "word_texts_mean", "word_texts_min", "word_texts_max", "inside_mean",
    "inside_min", "opens", "closes", "first_capitals", "cohesion", "longer_keywords", "shorter_keywords", "rarity",
    "rarity_share", "rarity_rank", "keyword_rank", "ends_ing", "ends_ed", "ends_ly", "starts_ing", "starts_ed",
    "starts_ly",
)  # fmt: skip
FEATURES = PLAIN_FEATURES + BACKGROUND_FEATURES


def measure(found: Candidates, background: Background | None) -> Floats:
    """Return one row of features per phrase, shape (n, len(FEATURES)), or only the plain ones without a background."""
    columns = _Text(found)
    values = columns.plain()
    if background is not None:
        values += columns.informed(background)
    return np.array(values, dtype=np.float32).T  # columns lie together, as the trees read them


class _Text:
    """One text's words and phrases as arrays; only lives while its features are computed."""

    def __init__(self, found: Candidates) -> None:
        self.found = found
        words = found.words
        self.n_words = len(words)
        hashes, n_stems, kinds, stems, n_letters = zip(*words.forms, strict=True)
        self.kind = np.array(kinds, dtype=np.int64)
        self.n_title = words.n_title
        self.is_title = np.arange(self.n_words) < words.n_title
        self.token = np.array(hashes, dtype=np.uint64)
        self.n_stems = np.array(n_stems, dtype=np.float64)
        self.stems = stems
        self.n_letters = np.array(n_letters, dtype=np.float64)
        _, inverse, counts = np.unique(self.token, return_inverse=True, return_counts=True)
        self.token_count = counts[inverse].astype(np.float64)
        in_title = np.zeros(len(counts), dtype=bool)
        in_title[inverse[self.is_title]] = True
        self.token_in_title = in_title[inverse]
        # The words of each phrase's first occurrence, padded to MAX_WORDS.
        self.starts = found.at[found.first]
        self.lengths = found.length[found.first]
        steps = np.arange(MAX_WORDS)
        self.inside = steps[None, :] < self.lengths[:, None]
        self.places = np.minimum(self.starts[:, None] + steps[None, :], max(self.n_words - 1, 0))
        self.last = self.starts + self.lengths - 1
        self.bounds = found.first
        self.count = np.diff(np.append(found.first, len(found.at))).astype(np.float64)
        self.neighbors = _neighbors(found, self.n_words)

    def has(self, kind: Kind) -> Numbers:
        """Return 1 for each word of the kind, else 0."""
        flags: Numbers = ((self.kind & int(kind)) != 0).astype(np.float64)
        return flags

    def total(self, per_occurrence: Numbers) -> Numbers:
        totals: Numbers = np.add.reduceat(per_occurrence, self.bounds)
        return totals

    def mean(self, per_word: Numbers) -> Numbers:
        values: Numbers = np.where(self.inside, per_word[self.places], 0).sum(axis=1) / self.lengths
        return values

    def least(self, per_word: Numbers) -> Numbers:
        values: Numbers = np.where(self.inside, per_word[self.places], np.inf).min(axis=1)
        return values

    def most(self, per_word: Numbers) -> Numbers:
        values: Numbers = np.where(self.inside, per_word[self.places], -np.inf).max(axis=1)
        return values

    def plain(self) -> list[Numbers]:
        found, words = self.found, self.found.words
        at, end = found.at, found.at + found.length
        title_count = self.total(self.is_title[at].astype(np.float64))
        n_abstract = max(self.n_words - self.n_title, 1)
        place = np.where(self.is_title[at], 0.0, (at - self.n_title) / n_abstract)
        first = np.minimum.reduceat(place, self.bounds)
        last = np.maximum.reduceat(place, self.bounds)
        title_place = np.where(self.is_title[self.starts], self.starts / max(self.n_title, 1), -1.0)
        capital = self.has(Kind.CAPITAL)
        capital[words.opens] = 0
        capital[self.is_title] = 0
        upper = self.has(Kind.UPPER)
        hyphens = self.n_stems - 1
        # A phrase is at an edge where its neighbor is a stop word, punctuation or nothing.
        segment = words.segments
        left = (at == 0) | (segment[np.maximum(at - 1, 0)] != segment[at])
        right = (end >= self.n_words) | (segment[np.minimum(end, self.n_words - 1)] != segment[end - 1])
        longer, prefix, suffix = self.neighbors
        counts = np.append(self.count, 0.0)
        longer_count = np.maximum(counts[longer[0]], counts[longer[1]])
        weak = self.has(Kind.WEAK)
        return [
            np.log1p(self.count),
            self.count / self.count.max(),
            self.lengths.astype(np.float64),
            self.lengths + self.total_first(hyphens),
            self.total_first(self.n_letters + 1),
            title_count,
            np.log1p(self.count - title_count),
            first,
            np.log1p(self.starts.astype(np.float64)),
            last,
            last - first,
            title_place,
            self.mean(self.token_in_title.astype(np.float64)),
            self.total(capital[at]) / self.count,
            self.mean(upper),
            self.most(self.has(Kind.DIGIT | Kind.NUMBER)),
            self.total_first(hyphens),
            self.total(left.astype(np.float64)) / self.count,
            self.total(right.astype(np.float64)) / self.count,
            np.maximum.reduceat(longer_count, self.bounds) / self.count,
            np.where(prefix < found.n, self.count / np.maximum(counts[prefix], 1), 1.0),
            np.where(suffix < found.n, self.count / np.maximum(counts[suffix], 1), 1.0),
            *self.acronyms(),
            self.total_first(self.has(Kind.LINK)),
            np.log(self.mean(self.token_count)),
            np.log(self.least(self.token_count)),
            np.full(found.n, np.log1p(self.n_words)),
            np.full(found.n, float(self.n_title)),
            self.total_first(weak),
            weak[self.starts],
            weak[self.last],
            _rank(self.count),
        ]

    def total_first(self, per_word: Numbers) -> Numbers:
        """Return the sum over the words of each phrase."""
        values: Numbers = np.where(self.inside, per_word[self.places], 0).sum(axis=1)
        return values

    def acronyms(self) -> list[Numbers]:
        found = self.found
        is_acronym, acronym_count = np.zeros(found.n), np.zeros(found.n)
        for acronym in found.acronyms:
            short, full = (int(np.searchsorted(found.hash, np.uint64(h))) for h in (acronym.short, acronym.full))
            if short < found.n and found.hash[short] == acronym.short:
                is_acronym[short] = 1
                if full < found.n and found.hash[full] == acronym.full:
                    acronym_count[full] = np.log1p(self.count[short])
        return [is_acronym, acronym_count]

    def informed(self, background: Background) -> list[Numbers]:
        found = self.found
        texts, keywords = background.look_up_phrases(found.hash).astype(np.float64)
        opening = np.array([s[0] for s in self.stems], dtype=np.uint64)
        closing = np.array([s[-1] for s in self.stems], dtype=np.uint64)
        opens = background.look_up_words(opening).astype(np.float64)
        closes = background.look_up_words(closing).astype(np.float64)
        word_texts = np.minimum(opens[0], closes[0])
        inside = (opens[1] + closes[1]) / 2
        longer, prefix, suffix = self.neighbors
        known = np.append(keywords, 0.0)
        prefix_texts = np.append(texts, 0.0)[prefix]
        cohesion = np.where(
            (self.lengths > 1) & (texts > 0) & (prefix_texts > 0),
            texts + np.log(background.n_texts) - prefix_texts - word_texts[self.last],
            0.0,
        )
        # A phrase never met is as rare as its rarest word, and then some.
        estimate = np.where(texts > 0, texts, np.maximum(self.least(word_texts) - 2.0 * (self.lengths > 1), 0.0))
        rarity = np.log(background.n_texts) - estimate
        weight = self.count * rarity
        share = np.where(keywords > 0, keywords - texts, -8.0)
        endings = [self.has(kind) for kind in (Kind.ING, Kind.ED, Kind.LY)]
        return [
            texts,
            keywords,
            share,
            self.mean(word_texts),
            self.least(word_texts),
            self.most(word_texts),
            self.mean(inside),
            self.least(inside),
            opens[2][self.starts],
            closes[3][self.last],
            opens[4][self.starts],
            cohesion,
            np.maximum.reduceat(np.maximum(known[longer[0]], known[longer[1]]), self.bounds),
            np.maximum(known[prefix], known[suffix]),
            rarity,
            weight / weight.max(),
            _rank(weight),
            _rank(share + keywords),
            *(e[self.last] for e in endings),
            *(e[self.starts] for e in endings),
        ]


def _rank(values: Numbers) -> Numbers:
    """Return how many of the text's phrases have more, on a logarithmic scale."""
    ordered = np.sort(-values)
    return np.log1p(np.searchsorted(ordered, -values, side="left").astype(np.float64))


def _neighbors(found: Candidates, n_words: int) -> tuple[tuple[Ints, Ints], Ints, Ints]:
    """Return, per occurrence, the phrases one word longer to either side; per phrase, those one shorter. n: none."""
    table = np.full((n_words + 2, MAX_WORDS + 2), found.n, dtype=np.int64)
    table[found.at + 1, found.length] = found.phrase_of
    longer = (table[found.at, found.length + 1], table[found.at + 1, found.length + 1])
    at, length = found.at[found.first], found.length[found.first]
    prefix = np.where(length > 1, table[at + 1, length - 1], found.n)
    suffix = np.where(length > 1, table[at + 2, length - 1], found.n)
    return longer, prefix, suffix
