"""Search as people type it: claims as questions, and titles that somebody half remembers.

`germane` asks the index as the site's search field does. Known-item questions are titles of cited ACM articles: as they
stand, with one or two typing errors, and with their words in another order; errors and orders come from a hash of the
title, the same in every run.
"""

import random
import zlib
from collections.abc import Callable, Iterator, Sequence

from germane.enrich.embedding import load_embedder
from germane.evaluate.baselines.words import WordModel
from germane.evaluate.collections import Collections, read_rows
from germane.evaluate.corpora import TASKS, Asked, Corpus, asked_file, open_corpus, read_asked
from germane.evaluate.metrics import ndcg_at, ranked, reciprocal_rank_at
from germane.evaluate.report import OURS, Clock, Report, guarded
from germane.index.queries import parse_query
from germane.relate.finding import find_articles

FOUND = "find"  # the name of `relate.finding`, asked as a search, beside the search proper
N_TITLES = 300
MIN_WORDS = 3  # a title of fewer is no question for one article
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Search = Callable[[str], list[str]]


def evaluate_search(collections: Collections, report: Report) -> None:
    """Measure SciFact claims as questions (nDCG@10), and known-item search for ACM titles (MRR@10)."""
    with guarded(report, "search.scifact"):
        _measure_claims(collections, report)
    with guarded(report, "search.acm"):
        _measure_titles(collections, report)


def _measure_claims(collections: Collections, report: Report) -> None:
    asked_file(collections, TASKS["scifact"])
    corpus = open_corpus(collections, TASKS["scifact"])
    asked = read_asked(collections, TASKS["scifact"], corpus.ids)
    for method, search in _methods(corpus).items():
        with Clock() as clock:
            found = [search(each.text) for each in asked]
        gains = [
            ndcg_at(ranking, dict.fromkeys(each.relevant, 1.0), 10) for each, ranking in zip(asked, found, strict=True)
        ]
        report.add("search", "scifact", method, {"ndcg10": gains}, clock=clock)


def _measure_titles(collections: Collections, report: Report) -> None:
    cited = {name for row in read_rows(collections.asked("acm/cite_queries.jsonl.gz")) for name in row["relevant"]}
    corpus = open_corpus(collections, TASKS["acm_sentences"])
    titles = list(known_items(corpus, cited))
    kinds = {"exact": lambda title: title, "typos": with_typos, "reordered": reordered}
    for method, search in _methods(corpus).items():
        if method == FOUND:
            continue
        values = {}
        with Clock() as clock:
            for kind, change in kinds.items():
                values[f"{kind}.mrr10"] = [
                    reciprocal_rank_at(search(change(each.text)), each.relevant, 10) for each in titles
                ]
        report.add("search", "acm", method, values, clock=clock, n=len(titles) * len(kinds))


def known_items(corpus: Corpus, cited: set[str]) -> Iterator[Asked]:
    """Yield the titles of up to N_TITLES cited articles, each with all the articles of that very title."""
    places: dict[str, list[str]] = {}
    for name, (title, _) in zip(corpus.ids, corpus.texts, strict=True):
        places.setdefault(title.casefold().strip(". "), []).append(name)
    chosen = [
        (title, name)
        for name, (title, _) in zip(corpus.ids, corpus.texts, strict=True)
        if name in cited and len(title.split()) >= MIN_WORDS
    ]
    for title, _ in sorted(chosen, key=lambda pair: zlib.crc32(pair[1].encode()))[:N_TITLES]:
        yield Asked(title, frozenset(places[title.casefold().strip(". ")]))


def with_typos(title: str) -> str:
    """Return a title with one typing error, or two in a title of six words or more: in its longer words, one each.

    An error is a letter that is left out, doubled, replaced, or that changed places with the next.
    """
    random_ = random.Random(zlib.crc32(title.encode()))  # noqa: S311 (the same errors in every run)
    words = title.split()
    long_ = [i for i, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    for i in random_.sample(long_, min(len(long_), 2 if len(words) >= 6 else 1)):
        words[i] = _mistyped(words[i], random_)
    return " ".join(words)


def _mistyped(word: str, random_: random.Random) -> str:
    at = random_.randrange(1, len(word) - 1)  # people rarely err in the first letter
    match random_.randrange(4):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case 2:
            return word[:at] + random_.choice([c for c in LETTERS if c != word[at].lower()]) + word[at + 1 :]
        case _:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def reordered(title: str) -> str:
    """Return a title's words in another order."""
    words = title.split()
    shuffled = list(words)
    random_ = random.Random(zlib.crc32(title.encode()))  # noqa: S311 (the same order in every run)
    while shuffled == words and len(set(words)) > 1:
        random_.shuffle(shuffled)
    return " ".join(shuffled)


def _methods(corpus: Corpus) -> dict[str, Search]:
    words, embedder = WordModel(corpus.texts), load_embedder()

    def ours(text: str) -> list[str]:
        return _names(corpus, [hit.id for hit in corpus.index.search(parse_query(text, n=10)).hits])

    def find(text: str) -> list[str]:
        found = find_articles(corpus.index, text, texts=corpus.read, embedder=embedder)
        return _names(corpus, [each.id for each in found])

    return {
        OURS: ours,
        FOUND: find,
        "bm25": lambda text: ranked(words.bm25(("", text)), corpus.ids, n=10),
    }


def _names(corpus: Corpus, places: Sequence[int]) -> list[str]:
    return [corpus.ids[place] for place in places]
