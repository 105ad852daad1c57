"""How well keyphrases are found: F1 of the first five and ten against the phrases that authors or indexers chose.

Phrases are compared by their Porter stems in lower case, hyphens and slashes split; a match is exact, and neither list
counts a phrase twice. *Present* leaves out the chosen phrases whose stems do not stand in title or abstract in a row.
Averages are over documents; documents without a chosen phrase are left out.

F1@n = 2 · hits / (min(n, found) + chosen): a list is cut at n, and one that is shorter is not filled up with wrong
phrases, as a method that abstains shows fewer phrases and not wrong ones.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from msgspec import Struct

from germane.enrich.keyphrases import extract_many
from germane.evaluate.baselines import phrases
from germane.evaluate.baselines.phrases import Method, Text, stem_phrase
from germane.evaluate.collections import Collections, read_rows
from germane.evaluate.report import OURS, Clock, Report, guarded

COLLECTIONS = ("nus", "krapivin", "semeval2010", "semeval2017", "inspec", "acm")
AT_MOST = 500  # development documents of a collection; a held-out file is measured whole
_CORPUS = "acm/corpus.jsonl.gz"
_COUNTED = 5_000  # texts of the corpus from which the n-gram baseline has its document frequencies
_METRICS = (("f5", 5, False), ("f10", 10, False), ("present_f5", 5, True), ("present_f10", 10, True))


class Document(Struct, frozen=True):
    """One text of a collection with the phrases chosen for it."""

    title: str
    abstract: str
    keyphrases: tuple[str, ...]


def evaluate_keyphrases(collections: Collections, report: Report) -> None:
    """Measure our keyphrases beside the baselines', all on the same documents; speed is that of lists of ten."""
    methods = _methods(collections)
    for name in COLLECTIONS:
        with guarded(report, f"keyphrases.{name}"):
            documents = read_documents(collections, name)
            if not collections.is_held_out:
                documents = documents[:AT_MOST]
            texts = [(document.title, document.abstract) for document in documents]
            for label, method in methods.items():
                method(texts[:20], 10)  # what is read once and kept is not a document's cost
                with Clock() as clock:
                    ten = method(texts, 10)
                values = score_lists(documents, method(texts, 5), ten)
                report.add("keyphrases", name, label, values, clock=clock, n=len(texts))
    if "yake" not in methods:
        report.skip("keyphrases.yake", "YAKE is not installed")


def read_documents(collections: Collections, name: str) -> list[Document]:
    """Return the documents of a collection; of ACM's corpus, the 2 % that no model of ours has learned from.

    Raises Missing when its file is not there.
    """
    if name == "acm" and not collections.is_held_out:
        rows = read_rows(collections.asked(_CORPUS))
        return [
            Document(row["title"], row["abstract"], tuple(row["keywords"]))
            for row in rows
            if row["keywords"] and row["abstract"] and is_measured(row["id"])
        ]
    return [
        Document(row["title"], row["abstract"], tuple(row["keyphrases"])) for row in read_rows(_file(collections, name))
    ]


def is_measured(key: str) -> bool:
    """Tell whether a document of the ACM corpus is of the part that measures, by the hash of its id."""
    return int(hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()[:8], 16) / 2**32 < 0.02


def score_lists(
    documents: Sequence[Document], five: Sequence[Sequence[str]], ten: Sequence[Sequence[str]]
) -> Mapping[str, list[float]]:
    """Return each metric's values, one per document that has a chosen phrase for it, in the order of the documents."""
    values: dict[str, list[float]] = {metric: [] for metric, _, _ in _METRICS}
    for document, *lists in zip(documents, five, ten, strict=True):
        text = f"{document.title} . {document.abstract}"
        for metric, n, is_present in _METRICS:
            found = lists[0] if n == 5 else lists[1]
            score = score_phrases(document.keyphrases, found, n, text if is_present else None)
            if score is not None:
                values[metric].append(score)
    return values


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


def germane(texts: Sequence[Text], n: int) -> list[list[str]]:
    """Return our own keyphrases."""
    return [[found.phrase for found in phrases] for phrases in extract_many(texts, n=n)]


def _methods(collections: Collections) -> dict[str, Method]:
    corpus = islice(read_rows(collections.known(_CORPUS)), _COUNTED)
    counts, n_texts = phrases.count_texts((row["title"], row["abstract"]) for row in corpus)
    methods: dict[str, Method] = {
        OURS: germane,
        "ngram": phrases.ngram(counts, n_texts),
        "rake": phrases.rake(),
        "textrank": phrases.textrank(),
    }
    if yake := phrases.yake():
        methods["yake"] = yake
    return methods


def _file(collections: Collections, name: str) -> Path:
    if name == "acm":
        return collections.asked("acm/kp_heldout_keywords.jsonl.gz")
    part = ("inspec_test" if collections.is_held_out else "inspec_dev") if name == "inspec" else name
    return collections.asked(f"keyphrase/{part}.jsonl.gz")
