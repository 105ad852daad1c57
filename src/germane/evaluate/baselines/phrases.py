"""Other ways to find keyphrases, to be measured beside ours: n-grams by tf·idf and position, RAKE, TextRank, YAKE."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import pairwise

import snowballstemmer  # type: ignore[import-untyped]

from germane.enrich.keyphrases.stopwords import STOP

Text = tuple[str, str]  # title, abstract
Method = Callable[[Sequence[Text], int], list[list[str]]]  # texts → at most n phrases of each, best first
Stems = tuple[str, ...]

_WORD = re.compile(r"[^\W_]+(?:['’.+#&][^\W_]+)*[+#]*")
_PIECE = re.compile(r"[^.,;:!?()\[\]{}\"\n]+")
_STOP = STOP["en"]
_DAMPING, _ROUNDS = 0.85, 30


@cache
def _stem(word: str) -> str:
    return str(snowballstemmer.stemmer("porter").stemWord(word))


def stem_phrase(phrase: str) -> Stems:
    """Return the stems by which phrases are compared: Porter's, of lower case, hyphens and slashes split."""
    return tuple(_stem(word.removesuffix("'s")) for word in _WORD.findall(phrase.lower().replace("’", "'")))


def one_by_one(rank: Callable[[str], Iterable[str]]) -> Method:
    """Return a method that asks for one text after another."""

    def method(texts: Sequence[Text], n: int) -> list[list[str]]:
        return [list(rank(f"{title}. {abstract}"))[:n] for title, abstract in texts]

    return method


def count_texts(texts: Iterable[Text]) -> tuple[Counter[Stems], int]:
    """Return in how many texts each run of up to four words stands, and the number of texts."""
    counts: Counter[Stems] = Counter()
    n_texts = 0
    for title, abstract in texts:
        counts.update({stems for stems, _, _ in _grams(f"{title}. {abstract}")})
        n_texts += 1
    return counts, n_texts


def ngram(counts: Mapping[Stems, int], n_texts: int) -> Method:
    """Return n-grams between stop words by count · inverse document frequency · √words / (1 + place / 1000)."""

    def rank(text: str) -> list[str]:
        count: Counter[Stems] = Counter()
        first: dict[Stems, tuple[int, str]] = {}
        for stems, place, written in _grams(text):
            count[stems] += 1
            first.setdefault(stems, (place, written))

        def weight(stems: Stems) -> float:
            rarity = math.log((n_texts + 1) / (counts.get(stems, 0) + 1)) + 1
            return count[stems] * rarity * math.sqrt(len(stems)) / (1 + first[stems][0] / 1000)

        return [first[stems][1] for stems in sorted(count, key=lambda stems: (-weight(stems), stems))]

    return one_by_one(rank)


def _grams(text: str) -> list[tuple[Stems, int, str]]:
    """Return runs of one to four words that hold no stop word: stems, place, and as written."""
    found: list[tuple[Stems, int, str]] = []
    for piece in _PIECE.finditer(text):
        words = [(m.group().lower(), piece.start() + m.start()) for m in _WORD.finditer(piece.group())]
        for start in range(len(words)):
            for end in range(start + 1, min(start + 4, len(words)) + 1):
                run = [word for word, _ in words[start:end]]
                if run[-1] in _STOP or run[-1].isdigit():
                    break
                found.append((tuple(_stem(w) for w in run), words[start][1], " ".join(run)))
    return found


def rake() -> Method:
    """Return RAKE, with our stop words (Rose, Engel, Cramer and Cowley, Text Mining: Applications and Theory, 2010).

    Candidates are the runs between stop words and punctuation; a word scores degree / frequency in the graph of words
    that share a candidate, and a candidate the sum of its words. Candidates that adjoin twice in the same order, with
    stop words between, make one more.
    """

    def rank(text: str) -> list[str]:
        runs, joined = _runs(text)
        frequency: Counter[str] = Counter()
        degree: Counter[str] = Counter()
        for run in runs:
            for word in run:
                frequency[word] += 1
                degree[word] += len(run)
        score = {run: math.fsum(degree[word] / frequency[word] for word in run) for run in runs}
        by_text = {" ".join(run): value for run, value in score.items()}
        for (left, between, right), times in joined.items():
            if times > 1:
                by_text[" ".join((*left, *between, *right))] = score[left] + score[right]
        return sorted(by_text, key=lambda phrase: (-by_text[phrase], phrase))

    return one_by_one(rank)


def _runs(text: str) -> tuple[list[Stems], Counter[tuple[Stems, Stems, Stems]]]:
    """Return runs of words without a stop word, and how often one follows another with stop words alone between."""
    runs: list[Stems] = []
    joined: Counter[tuple[Stems, Stems, Stems]] = Counter()
    for piece in _PIECE.findall(text):
        parts: list[tuple[bool, list[str]]] = []
        for word in _WORD.findall(piece.lower()):
            is_stop = word in _STOP or word.isdigit()
            if not parts or parts[-1][0] != is_stop:
                parts.append((is_stop, []))
            parts[-1][1].append(word)
        runs += [tuple(words) for is_stop, words in parts if not is_stop]
        for (_, left), (is_stop, between), (_, right) in zip(parts, parts[1:], parts[2:], strict=False):
            if is_stop:
                joined[tuple(left), tuple(between), tuple(right)] += 1
    return runs, joined


def textrank() -> Method:
    """Return TextRank (Mihalcea and Tarau, EMNLP 2004) over all words but stop words, as no tagger is at hand.

    PageRank over words that follow each other; the best third of the words, joined where they adjoin.
    """

    def rank(text: str) -> list[str]:
        runs, _ = _runs(text)
        neighbors: dict[str, set[str]] = {word: set() for run in runs for word in run}
        for run in runs:
            for left, right in pairwise(run):
                if left != right:
                    neighbors[left].add(right)
                    neighbors[right].add(left)
        weight = dict.fromkeys(neighbors, 1.0)
        for _ in range(_ROUNDS):
            weight = {
                word: 1 - _DAMPING + _DAMPING * math.fsum(weight[other] / len(neighbors[other]) for other in near)
                for word, near in neighbors.items()
            }
        kept = set(sorted(weight, key=lambda word: (-weight[word], word))[: max(len(weight) // 3, 1)])
        phrases: dict[str, float] = {}
        for run in runs:
            for phrase in _kept_runs(run, kept):
                phrases[" ".join(phrase)] = math.fsum(weight[word] for word in phrase)
        return sorted(phrases, key=lambda phrase: (-phrases[phrase], phrase))

    return one_by_one(rank)


def _kept_runs(run: Stems, kept: set[str]) -> list[Stems]:
    marked = "".join("x" if word in kept else " " for word in run)
    return [run[m.start() : m.end()] for m in re.finditer("x+", marked)]


def yake() -> Method | None:
    """Return YAKE (Campos and others, Information Sciences 2020), or None when it is not installed."""
    if find_spec("yake") is None:
        return None
    from yake import KeywordExtractor

    extractor = KeywordExtractor(lan="en", n=3, top=20)
    return one_by_one(lambda text: [str(phrase) for phrase, _ in extractor.extract_keywords(text)])
