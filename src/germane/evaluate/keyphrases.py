"""How well keyphrases are found: F1 of the first five and ten against the phrases that authors or indexers chose.

Phrases are compared by their Porter stems in lower case, hyphens and slashes split; a match is exact, and neither list
counts a phrase twice. *Present* leaves out the chosen phrases whose stems do not stand in title or abstract in a row.
Averages are over documents; documents without a chosen phrase are left out.
"""

import gzip
import hashlib
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import msgspec
import snowballstemmer  # type: ignore[import-untyped]
from msgspec import Struct

from germane.enrich.keyphrases import extract_keyphrases
from germane.enrich.keyphrases.stopwords import STOP

COLLECTIONS = ("nus", "krapivin", "semeval2010", "inspec_dev", "acm")
Method = Callable[[str, str, int], Sequence[str]]
Stems = tuple[str, ...]

_WORD = re.compile(r"[^\W_]+(?:['’.+#&][^\W_]+)*[+#]*")


class Document(Struct, frozen=True):
    """One text of a collection with the phrases chosen for it."""

    id: str
    title: str
    abstract: str
    keyphrases: tuple[str, ...] = ()


class Figures(Struct, frozen=True):
    """What a method reaches on a collection; F1 in percent, speed in documents per second of processor time."""

    collection: str
    method: str
    n_documents: int
    f5: float
    f10: float
    present_f5: float
    present_f10: float
    documents_per_s: float


@cache
def _stem(word: str) -> str:
    return str(snowballstemmer.stemmer("porter").stemWord(word))


def stem_phrase(phrase: str) -> Stems:
    """Return the stems by which phrases are compared."""
    return tuple(_stem(word.removesuffix("'s")) for word in _WORD.findall(phrase.lower().replace("’", "'")))


def score_phrases(chosen: Iterable[str], found: Iterable[str], n: int, text: str | None = None) -> float | None:
    """Return F1 of the first `n` distinct phrases found, 0..1; with `text`, only against what is present in it.

    None when no chosen phrase is left to be found.
    """
    gold = {stems for phrase in chosen if (stems := stem_phrase(phrase))}
    if text is not None:
        body = " " + " ".join(stem_phrase(text)) + " "
        gold = {stems for stems in gold if f" {' '.join(stems)} " in body}
    if not gold:
        return None
    first = list(dict.fromkeys(stems for phrase in found if (stems := stem_phrase(phrase))))[:n]
    n_hits = sum(stems in gold for stems in first)
    return 2 * n_hits / (len(first) + len(gold))


def evaluate_method(name: str, method: Method, collection: str, documents: Sequence[Document]) -> Figures:
    """Return a method's figures on one collection, and the processor time it took for lists of ten."""
    scores: dict[tuple[int, bool], list[float]] = {(n, p): [] for n in (5, 10) for p in (False, True)}
    spent = 0.0
    for document in documents:
        lists = {5: method(document.title, document.abstract, 5)}
        begun = time.process_time()
        lists[10] = method(document.title, document.abstract, 10)
        spent += time.process_time() - begun
        text = f"{document.title} . {document.abstract}"
        for (n, present), values in scores.items():
            score = score_phrases(document.keyphrases, lists[n], n, text if present else None)
            if score is not None:
                values.append(score)
    means = {key: 100 * math.fsum(values) / max(len(values), 1) for key, values in scores.items()}
    return Figures(
        collection, name, len(documents), means[5, False], means[10, False], means[5, True], means[10, True],
        len(documents) / max(spent, 1e-9),
    )  # fmt: skip


def germane(title: str, abstract: str, n: int) -> list[str]:
    """Return our own keyphrases."""
    return [found.phrase for found in extract_keyphrases(title, abstract, n=n)]


def count_texts(documents: Iterable[Document]) -> tuple[Counter[Stems], int]:
    """Return in how many texts each run of up to four words stands, and the number of texts."""
    texts: Counter[Stems] = Counter()
    n_texts = 0
    for document in documents:
        texts.update({stems for stems, _ in _grams(f"{document.title}. {document.abstract}")})
        n_texts += 1
    return texts, n_texts


def ngram_baseline(texts: Counter[Stems], n_texts: int) -> Method:
    """Return the baseline: n-grams between stop words by count · inverse document frequency · earliness."""

    def rank(title: str, abstract: str, n: int) -> list[str]:
        text = f"{title}. {abstract}"
        grams = _grams(text)
        count = Counter(stems for stems, _ in grams)
        first: dict[Stems, int] = {}
        for stems, place in grams:
            first.setdefault(stems, place)

        def weight(stems: Stems) -> float:
            rarity = math.log((n_texts + 1) / (texts[stems] + 1)) + 1
            return float(count[stems] * rarity * len(stems) ** 0.5 / (1 + first[stems] / 1000))

        return [" ".join(stems) for stems in sorted(count, key=lambda stems: (-weight(stems), stems))[:n]]

    return rank


def _grams(text: str) -> list[tuple[Stems, int]]:
    found: list[tuple[Stems, int]] = []
    for piece in re.finditer(r"[^.,;:!?()\[\]{}\"]+", text):
        words = [(m.group().lower(), piece.start() + m.start()) for m in _WORD.finditer(piece.group())]
        for start in range(len(words)):
            for end in range(start + 1, min(start + 4, len(words)) + 1):
                run = [word for word, _ in words[start:end]]
                if run[-1] in STOP["en"] or any(w in STOP["en"] or w.isdigit() for w in run):
                    break
                found.append((tuple(_stem(w) for w in run), words[start][1]))
    return found


def yake_baseline() -> Method | None:
    """Return YAKE as a method, or None when it is not installed."""
    if find_spec("yake") is None:
        return None
    import yake

    extractor = yake.KeywordExtractor(lan="en", n=3, top=20)

    def rank(title: str, abstract: str, n: int) -> list[str]:
        return [str(phrase) for phrase, _ in extractor.extract_keywords(f"{title}. {abstract}")][:n]

    return rank


def read_collection(folder: Path, name: str, limit: int | None = None) -> list[Document]:
    """Return the documents of a collection under `collections/`; of ACM, the 2 % that no model of ours has seen."""
    if name == "acm":
        with gzip.open(folder / "acm" / "corpus.jsonl.gz") as lines:
            rows = [
                r for line in lines if (r := msgspec.json.decode(line, type=_AcmRow)).keywords and _share(r.id) < 0.02
            ]
        found = [Document(row.id, row.title, row.abstract, row.keywords) for row in rows if row.abstract]
    else:
        with gzip.open(folder / "keyphrase" / f"{name}.jsonl.gz") as lines:
            found = [msgspec.json.decode(line, type=Document) for line in lines]
    return found[:limit]


class _AcmRow(Struct):
    id: str
    title: str
    abstract: str
    keywords: tuple[str, ...] = ()


def _share(key: str) -> float:
    return int(hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()[:8], 16) / 2**32


def evaluate_keyphrases(folder: Path, names: Sequence[str] = COLLECTIONS, limit: int | None = None) -> list[Figures]:
    """Return our figures beside the baselines', run on the same documents."""
    results: list[Figures] = []
    for name in names:
        documents = read_collection(folder, name, limit)
        methods: dict[str, Method] = {"germane": germane, "n-gram": ngram_baseline(*count_texts(documents))}
        if yake := yake_baseline():
            methods["yake"] = yake
        results += [evaluate_method(label, method, name, documents) for label, method in methods.items()]
    return results


def format_figures(results: Iterable[Figures]) -> str:
    """Return a table for people."""
    head = f"{'collection':12} {'method':8} {'texts':>5} {'F5':>5} {'F10':>5} {'pres5':>5} {'pres10':>6} {'texts/s':>8}"
    rows = [
        f"{r.collection:12} {r.method:8} {r.n_documents:5} {r.f5:5.1f} {r.f10:5.1f} {r.present_f5:5.1f}"
        f" {r.present_f10:6.1f} {r.documents_per_s:8.0f}"
        for r in results
    ]
    return "\n".join([head, *rows])
