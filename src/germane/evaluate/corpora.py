"""The collections in which items are asked for articles, and an index over the articles of each, built once a run."""

import atexit
import functools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from germane.enrich.embedding import load_embedder
from germane.evaluate.collections import Collections, read_rows
from germane.index import Document, Index, open_index
from germane.matching.text import ArticleText

_BATCH = 2_000


class Asked(Struct, frozen=True):
    """An item, or a claim, or a question, with the ids of the articles that are right."""

    text: str
    relevant: frozenset[str]


class Corpus(Struct, frozen=True):
    """Articles and the index over them: the index's id of an article is its place here."""

    ids: tuple[str, ...]
    texts: tuple[tuple[str, str], ...]  # title, abstract
    index: Index

    def read(self, places: Sequence[int]) -> list[ArticleText]:
        """Return the texts of articles by the index's ids."""
        return [ArticleText(place, *self.texts[place]) for place in places]


class Task(Struct, frozen=True):
    """Where a collection's articles and its questions are, and how their rows are read."""

    corpus: str
    known: str  # the questions' file among the development parts
    held_out: str = ""  # its name in a held-out folder, where that differs
    is_own_corpus: bool = False  # the articles are in the file that is asked
    article: Callable[[Mapping[str, object]], tuple[str, str, str]] = lambda r: (
        _s(r, "id"),
        _s(r, "title"),
        _s(r, "abstract"),
    )
    asked: Callable[[Mapping[str, object]], tuple[str, tuple[str, ...]]] = lambda r: (_s(r, "text"), _l(r, "relevant"))


def _s(row: Mapping[str, object], name: str) -> str:
    return str(row.get(name) or "")


def _l(row: Mapping[str, object], name: str) -> tuple[str, ...]:
    values = row.get(name) or ()
    return tuple(map(str, values)) if isinstance(values, list) else ()


def _checkcovid_claim(row: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    # what says neither yes nor no to the claim is no answer to it
    return _s(row, "claim"), (_s(row, "cord_id"),) if row["label"] in ("SUPPORT", "REFUTE") else ()


def _post(row: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    articles = row.get("articles")
    named = articles if isinstance(articles, list) else []
    return _s(row, "text"), tuple(str(article["arxiv_id"]) for article in named if "arxiv_id" in article)


_ACM = "acm/corpus.jsonl.gz"
TASKS: Mapping[str, Task] = {
    "scifact": Task(
        "scifact/corpus.jsonl.gz",
        "scifact/claims_train.jsonl.gz",
        "scifact/claims_beir_test.jsonl.gz",
        asked=lambda row: (_s(row, "claim"), _l(row, "cited")),
    ),
    "checkcovid": Task("checkcovid/corpus.jsonl.gz", "checkcovid/claims.jsonl.gz", asked=_checkcovid_claim),
    "insciout": Task(
        "insciout/abstract_conclusions.jsonl.gz",
        "insciout/press.jsonl.gz",
        article=lambda row: (_s(row, "id"), "", _s(row, "text")),
        asked=lambda row: (_s(row, "text"), (_s(row, "id"),)),
    ),
    "posts_arxiv": Task(
        "../items/posts_arxiv_articles.jsonl.gz",
        "../items/posts_arxiv.jsonl.gz",
        article=lambda row: (_s(row, "arxiv_id"), _s(row, "title"), _s(row, "abstract")),
        asked=_post,
    ),
    "cochrane_pls": Task(
        "cochrane_pls/pairs.jsonl.gz",
        "cochrane_pls/pairs.jsonl.gz",
        is_own_corpus=True,
        article=lambda row: (_s(row, "id"), "", _s(row, "abstract")),
        asked=lambda row: (_s(row, "lay"), (_s(row, "id"),)),
    ),
    "acm_sentences": Task(_ACM, "acm/mention_sentences.jsonl.gz"),
    "acm_contexts": Task(_ACM, "acm/mention_contexts.jsonl.gz"),
}


def asked_file(collections: Collections, task: Task) -> Path:
    """Return the file with what is asked. Raises Missing, so it is called before an index is built in vain."""
    return collections.asked(task.held_out if collections.is_held_out and task.held_out else task.known)


def read_asked(collections: Collections, task: Task, ids: Sequence[str]) -> list[Asked]:
    """Return what is asked and has a right answer among the articles. Raises Missing."""
    there = frozenset(ids)
    asked = []
    for row in read_rows(asked_file(collections, task)):
        text, relevant = task.asked(row)
        if text.strip() and (right := there.intersection(relevant)):
            asked.append(Asked(text, right))
    return asked


def open_corpus(collections: Collections, task: Task) -> Corpus:
    """Return a collection's articles with an index over them, made once in a process. Raises Missing."""
    path = collections.asked(task.corpus) if task.is_own_corpus else collections.known(task.corpus)
    return _indexed(path, task.article)


@functools.cache
def _indexed(path: Path, article: Callable[[Mapping[str, object]], tuple[str, str, str]]) -> Corpus:
    rows = sorted(article(row) for row in read_rows(path))  # equal scores stand by place, so by id
    texts = tuple((title, abstract) for _, title, abstract in rows)
    folder = tempfile.TemporaryDirectory(prefix="germane-evaluate-")
    embedder = load_embedder()
    index = open_index(
        "embedded:", Path(folder.name), create=True, dimensions=embedder.dimensions, vector_model=embedder.name
    )
    atexit.register(folder.cleanup)
    atexit.register(index.close)
    for begin in range(0, len(texts), _BATCH):
        batch = texts[begin : begin + _BATCH]
        vectors = embedder.embed(batch).astype("<f2")
        index.add(
            Document(id=begin + i, title=title, abstract=abstract, vector=vectors[i].tobytes())
            for i, (title, abstract) in enumerate(batch)
        )
    index.commit()
    return Corpus(tuple(each[0] for each in rows), texts, index)
