"""Which articles an item's text speaks of when it names none: candidates ranked, each with a probability.

Every candidate gets a few features of 0..1 (`features`): its words by BM25, character 4-grams (inflections, typing
errors, parts of hashtags), how much of its title the text has, its best single sentence, pairs of words, numbers and
acronyms, and the cosine of the embeddings. A linear model adds them up; a logistic one turns the
sum, its lead over the next and the circumstances into a probability (`calibration`). Both were trained by
`scripts/train_matching.py`, and are the same for every collection and corpus.

BM25: Robertson & Zaragoza, Foundations and Trends in Information Retrieval 3(4), 2009. Character n-grams: McNamee &
Mayfield, Information Retrieval 7, 2004.
"""

import html
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.matching.calibration import Model, load_model, probabilities
from germane.matching.ngrams import gram_scores

FEATURES = ("words", "grams", "title", "passage", "pairs", "marks", "meaning", "blend", "encoder")
TITLE_WEIGHT = 3  # how often a title's word counts
K1, B = 1.2, 0.75  # BM25's
K3 = 2.0  # how soon a word that the text repeats stops counting more
PASSAGE = 30  # words: about a sentence and a half
MAX_CHARACTERS = 4_000  # of the text: what comes later rarely says which article it is

Floats = NDArray[np.float32]

# An address, and the word before it that only says what it leads to ("pdf: https://…")
_ADDRESS = re.compile(
    r"(?:\b(?:abs|arxiv|blog|code|data|demo|github|link|paper|pdf|poster|preprint|project(?: page)?|slides|video|site)"
    r"s?:\s*)?(?:https?://|www\.|pic\.twitter\.com/)\S+",
    re.IGNORECASE,
)
_TAG = re.compile(r"[#@](\w+)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_MARK = re.compile(r"[^\W_]*(?:\d|[A-Z][^\W_]*[A-Z0-9])[^\W_]*")


class ArticleText(Struct, frozen=True):
    """What a candidate is judged by: plain texts. `linked` are texts of earlier items that link to it."""

    id: int
    title: str = ""
    abstract: str = ""
    linked: tuple[str, ...] = ()


class Corpus(Protocol):
    """The statistics of all articles among which the text is placed, and how their texts become words."""

    @property
    def n_documents(self) -> int:
        """Return how many articles there are."""
        ...

    def stems(self, text: str) -> list[str]:
        """Return a plain text's words in order, stemmed."""
        ...

    def doc_freqs(self, stems: Sequence[str]) -> NDArray[np.int64]:
        """Return in how many articles each stem stands; -1 for one that says nothing ("the", "study")."""
        ...


class Ranked(Struct, frozen=True):
    """One candidate. `probability` (0..1) is that the text speaks of this article; `score` orders one answer."""

    id: int
    probability: float
    score: float


def rank_articles(
    text: str,
    candidates: Sequence[ArticleText],
    corpus: Corpus,
    *,
    cosines: Floats | None = None,
    encoder_cosines: Floats | None = None,
    least: float = 0.0,
) -> list[Ranked]:
    """Return the candidates that a text may speak of, best first, equal ones by ascending id.

    `cosines` (n,) are those of the embeddings of text and candidates; `encoder_cosines` those of a sentence encoder,
    with which the model for them is used. Candidates with a probability below `least` are left out: that is how to
    abstain.
    """
    if not candidates:
        return []
    model = load_model("high" if encoder_cosines is not None else "default")
    table = features(text, candidates, corpus, cosines=cosines, encoder_cosines=encoder_cosines)
    scores = np.round(table @ model.weights, 5)
    chances = probabilities(model, scores, n_words=len(text.split()), n_documents=corpus.n_documents)
    order = sorted(range(len(candidates)), key=lambda i: (-scores[i], candidates[i].id))
    return [Ranked(candidates[i].id, float(chances[i]), float(scores[i])) for i in order if chances[i] >= least]


def explain_article(
    text: str, candidate: ArticleText, corpus: Corpus, *, cosine: float = 0.0, model: Model | None = None
) -> dict[str, float]:
    """Return what each feature gives to a candidate's score."""
    chosen = model or load_model("default")
    row = features(text, [candidate], corpus, cosines=np.array([cosine], np.float32))[0]
    return {name: float(share) for name, share in zip(FEATURES, row * chosen.weights, strict=True)}


def clean_item(text: str) -> str:
    """Return an item's text without addresses, and with hashtags and handles as the words that they are made of."""
    text = _ADDRESS.sub(" ", html.unescape(text[:MAX_CHARACTERS]))
    return _TAG.sub(lambda match: " ".join(_CAMEL.split(match[1])), text)


def features(
    text: str,
    candidates: Sequence[ArticleText],
    corpus: Corpus,
    *,
    cosines: Floats | None = None,
    encoder_cosines: Floats | None = None,
) -> Floats:
    """Return (n, FEATURES): how well each candidate fits, each of about 0..1."""
    text = clean_item(text)
    asked = _asked(text, corpus)
    table = np.zeros((len(candidates), len(FEATURES)), np.float32)
    if not candidates:
        return table
    column = {name: table[:, i] for i, name in enumerate(FEATURES)}
    if cosines is not None:
        column["meaning"][:] = cosines
    if encoder_cosines is not None:
        column["encoder"][:] = encoder_cosines
    titles = [corpus.stems(candidate.title) for candidate in candidates]
    bodies = [corpus.stems(_body(candidate)) for candidate in candidates]
    lengths = np.array([TITLE_WEIGHT * len(t) + len(b) for t, b in zip(titles, bodies, strict=True)], np.float32)
    usual = max(float(lengths.mean()), 1.0)
    if not asked:
        return table
    norms = (K1 * (1 - B + B * lengths / usual)).tolist()
    total = sum(asked.values())
    rarity = _rarities(sorted({stem for title in titles for stem in title}), corpus)
    pairs = _pairs(asked, corpus.stems(text))
    marked = {stem for match in _MARK.finditer(text) for stem in corpus.stems(match.group()) if stem in asked}

    for i, (title, body, norm) in enumerate(zip(titles, bodies, norms, strict=True)):
        hits, hits_in_title = _hits(asked, body), _hits(asked, title)
        counts = Counter([stem for _, stem in hits])
        for _, stem in hits_in_title:
            counts[stem] += TITLE_WEIGHT
        column["words"][i] = sum(asked[stem] * n / (n + norm) for stem, n in counts.items()) / total
        if whole := sum(rarity[stem] for stem in set(title)):
            column["title"][i] = sum(rarity[stem] for stem in set(title) if stem in asked) / whole
        column["passage"][i] = _best_passage(asked, hits) / total
        if pairs:
            near = _near(hits_in_title) | _near(hits)
            column["pairs"][i] = sum(pairs[pair] for pair in pairs.keys() & near) / sum(pairs.values())
        if marked:
            column["marks"][i] = _weight(asked, marked & counts.keys()) / _weight(asked, marked)
    # where the text's very words stand nowhere together, meaning says more
    column["blend"][:] = column["meaning"] * (1 - float(column["passage"].max()))
    words = [word for word in text.split() if not asked.keys().isdisjoint(corpus.stems(word))]
    column["grams"][:] = gram_scores(words, [(c.title, _body(c)) for c in candidates], TITLE_WEIGHT)
    return table


def _body(candidate: ArticleText) -> str:
    return "\n".join((candidate.abstract, *candidate.linked)) if candidate.linked else candidate.abstract


def _asked(text: str, corpus: Corpus) -> dict[str, float]:
    """Return the text's telling words with their weights: rarity, times how often they stand there, saturating."""
    counts = Counter(corpus.stems(text))
    rarity = _rarities(list(counts), corpus)
    return {stem: rarity[stem] * n * (1 + K3) / (n + K3) for stem, n in counts.items() if rarity[stem] > 0}


def _rarities(stems: Sequence[str], corpus: Corpus) -> dict[str, float]:
    """Return BM25's idf of each word, 0 for one that says nothing."""
    freqs = corpus.doc_freqs(stems)
    known = np.maximum(freqs, 0)
    rarity = np.where(freqs < 0, 0.0, np.log1p((np.maximum(corpus.n_documents - known, 0) + 0.5) / (known + 0.5)))
    return dict(zip(stems, rarity.tolist(), strict=True))


def _pairs(asked: Mapping[str, float], stems: Sequence[str]) -> dict[tuple[str, str], float]:
    """Return the telling words that follow one another in the text, dull ones left out, with their weights."""
    telling = [stem for stem in stems if stem in asked]
    return {(a, b): min(asked[a], asked[b]) for a, b in itertools.pairwise(telling) if a != b}


def _hits(asked: Mapping[str, float], stems: Sequence[str]) -> list[tuple[int, str]]:
    """Return the places of the text's words among many others, with the words: most of the time goes by here."""
    return [(place, stems[place]) for place in itertools.compress(range(len(stems)), map(asked.__contains__, stems))]


def _near(hits: Sequence[tuple[int, str]]) -> set[tuple[str, str]]:
    """Return the pairs of words that stand beside each other, or with one word between."""
    near = {(a, b) for (i, a), (k, b) in itertools.pairwise(hits) if k - i <= 2}
    return near | {(a, b) for (i, a), (k, b) in zip(hits, hits[2:], strict=False) if k - i <= 2}


def _best_passage(asked: Mapping[str, float], hits: Sequence[tuple[int, str]]) -> float:
    """Return the weight of the text's words in the best stretch of PASSAGE words that begins with one of them."""
    best, end = 0.0, 0
    inside: Counter[str] = Counter()
    weight = 0.0
    for begin, stem in hits:
        while end < len(hits) and hits[end][0] < begin + PASSAGE:
            new = hits[end][1]
            inside[new] += 1
            weight += asked[new] if inside[new] == 1 else 0.0
            end += 1
        best = max(best, weight)
        inside[stem] -= 1
        weight -= 0.0 if inside[stem] else asked[stem]
    return best


def _weight(asked: Mapping[str, float], stems: Iterable[str]) -> float:
    return sum(asked[stem] for stem in stems)
