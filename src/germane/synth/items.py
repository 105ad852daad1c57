"""Posts, news, talks and pages about the corpus's articles, of which it is known what they speak of.

Item k appears when ten times as many articles have appeared: there is one item to ten articles, at any time.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from germane.synth import MARK
from germane.synth.article import Maker
from germane.synth.chance import Numbers
from germane.synth.corpus import ARXIV, PUBMED, Corpus

ARTICLES_AN_ITEM = 50

_KINDS = ("news", "social", "video", "reference")
_KIND_SHARES = (0.35, 0.45, 0.10, 0.10)
_WORDS = (180, 30, 60, 80)
_PLATFORMS = {
    "news": (
        "blog: Synthetic Notebook",
        "blog: The Invented Observer",
        "Synthetic Science News",
        "blog: Made-up Matters",
    ),
    "social": ("Synthetic Social", "Invented Network"),
    "video": ("Synthetic Talks",),
    "reference": ("Synthetic Data Archive", "Invented Code Shelf"),
}
WAYS = ("link", "text", "declared", "title", "topic")
TITLE, TOPIC = WAYS[3:]
_WAY_SHARES = (0.45, 0.13, 0.10, 0.10, 0.22)
_MANY_CITED_SHARE = 0.5  # speak of an article that everybody cites

_ADDRESSES = {
    "doi": "https://doi.org/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
    "arxiv": "https://arxiv.org/abs/",
}

_encode = msgspec.json.Encoder().encode


def items(maker: Maker, numbers: Numbers, n_known: int) -> tuple[list[bytes], list[bytes]]:
    """Return the items (n,) and what is true of them, one JSON line each; they speak of the first `n_known` articles.

    The truth of an item is its article, the way in which it tells so, and whether it is *about* it or of its topic.
    """
    chance, corpus = maker.chance, maker.corpus
    known = np.clip(numbers * ARTICLES_AN_ITEM, 1, n_known)
    targets = _targets(maker, numbers, known)
    topics = corpus.topics(targets)
    days = np.datetime_as_string(corpus.days(np.maximum(known - 1, targets))).tolist()
    kinds = np.searchsorted(np.cumsum(_KIND_SHARES)[:-1], chance.units("item kind", numbers), side="right")
    ways = np.searchsorted(np.cumsum(_WAY_SHARES)[:-1], chance.units("item way", numbers), side="right")
    n_words = np.array(_WORDS)[kinds] * (0.6 + 0.8 * chance.units("item words", numbers))
    texts = maker.prose.sentences("item", numbers, targets, topics, n_words.astype(np.int64))
    names = maker.prose.titles(numbers + 2**40, topics)  # no article has such a number
    quoting = np.flatnonzero(ways == WAYS.index(TITLE))
    quoted = dict(zip(quoting.tolist(), maker.prose.titles(targets[quoting], topics[quoting]), strict=True))
    lines, truth = [], []
    for at, (number, target, (scheme, value)) in enumerate(
        zip(numbers.tolist(), targets.tolist(), _identifiers(corpus, numbers, targets), strict=True)
    ):
        kind, way = _KINDS[kinds[at]], WAYS[ways[at]]
        key = f"synthetic-{corpus.seed}-{number}"
        item = {
            "germane": 1,
            "kind": kind,
            "channel": "synthetic",
            "platform": _PLATFORMS[kind][number % len(_PLATFORMS[kind])],
            "id": key,
            "url": f"https://items.synthetic.example/{key}",
            "title": "" if kind == "social" else names[at],
            "published": days[at],
            "lang": "en",
            "author": MARK,
            **_saying(way, scheme, value, " ".join(texts[at]), quoted.get(at, "")),
        }
        fact = {"item": key, "article": target, "identifier": f"{scheme}:{value}", "by": way, "about": way != TOPIC}
        lines.append(_encode(item) + b"\n")
        truth.append(_encode(fact) + b"\n")
    return lines, truth


def _targets(maker: Maker, numbers: Numbers, known: Numbers) -> Numbers:
    """Return the article of each item: a recent one, or one that everybody cites, of the first `known` (n,)."""
    chance, corpus = maker.chance, maker.corpus
    recent = (known * (1 - chance.units("item of", numbers) ** 2.5)).astype(np.int64).clip(0, known - 1)
    topics = corpus.topics(recent)
    age, hub = chance.units("item age", numbers), chance.units("item hub", numbers)
    cited = maker.citing.popular(topics, corpus.before(topics, recent) + 1, age, hub)
    return np.where(chance.units("item popular", numbers) < _MANY_CITED_SHARE, cited, recent)


def _identifiers(corpus: Corpus, numbers: Numbers, targets: Numbers) -> Iterator[tuple[str, str]]:
    """Yield scheme and value of the identifier by which each item knows its article."""
    sources, have_doi = corpus.sources(targets), corpus.have_doi(targets)
    by_pmid = (sources == PUBMED) & (~have_doi | (numbers % 5 == 0))
    for target, source, pmid, arxiv in zip(
        targets.tolist(), sources.tolist(), by_pmid.tolist(), corpus.arxiv(targets), strict=True
    ):
        if source == ARXIV:
            yield "arxiv", arxiv
        elif pmid:
            yield "pmid", str(corpus.pmid(target))
        else:
            yield "doi", corpus.doi(target)


def _saying(way: str, scheme: str, value: str, text: str, title: str) -> dict[str, Any]:
    """Return the members of an item by which it says, in its way, what it speaks of."""
    match way:
        case "link":
            return {"text": text, "links": [_ADDRESSES[scheme] + value]}
        case "text":
            return {"text": f"{text} See {scheme}:{value} for all of it."}
        case "declared":
            return {"text": text, "articles": [{scheme: value}]}
        case "title":
            return {"text": f"Read “{title}”. {text}"}
        case _:
            return {"text": text}
