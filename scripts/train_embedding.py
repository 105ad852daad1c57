"""Make src/germane/enrich/embedding/static.npz: one vector for each word, from titles and abstracts.

    pip install torch && python scripts/train_embedding.py DATA [--out FILE] [--epochs 6] [--work FOLDER]

DATA holds `collections/` and `articles/`. Two parts of one article (its title and its abstract, or two halves of its
sentences) are drawn together, and apart from the parts of the 1,023 other articles of a batch (InfoNCE); a text is the
normalized sum of its words' vectors. Words start from MiniLM's vectors of them, when the encoder is installed, and in
the last quarter some titles and single sentences learn to be as like each other as MiniLM finds them. Only vectors are
kept, no text. Articles whose title stands in a test collection are left out, and nothing is learned from
judgments. The same data and seed give the same file on the same machine; about 30 CPU seconds an epoch, on one core.
"""

import argparse
import array
import gzip
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch.nn.functional import cross_entropy, kl_div, normalize

from germane.enrich.embedding import EmbeddingFailure
from germane.enrich.embedding.encoder import bundled_encoder, load_encoder
from germane.enrich.embedding.packing import pack
from germane.enrich.embedding.static import RESOURCE, STEM, TITLE_WEIGHT, stem
from germane.enrich.embedding.tokens import read_words

DIMENSIONS = 256
BATCH = 1024
TEMPERATURE = 0.05
RATE = 5e-3
DECAYS = (0.9, 0.99)  # Adam's
LESSON_SHARE = 0.05  # of articles that give a title or a sentence which the teacher sees; it is slow
LESSONS_AFTER = 0.75  # of the training; then each second batch is followed by a lesson
MIN_ARTICLES = 4  # a word stands in that many articles, or has no vector
MAX_PARTS = 64
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # of the texts' vectors, and which of them have words
TITLE, SUBJECTS, FIRST_SENTENCE = 0, 1, 2  # parts of an article: title, keywords, and each sentence of the abstract
ONE, OTHER, NEITHER = 0, 1, 2  # sides on which a part can come to stand

TESTS = (
    "csfcube/docs",
    "scifact/corpus",
    "checkcovid/corpus",
    "acm/cite_queries",
    "keyphrase/inspec_dev",
    "keyphrase/inspec_train",
    "keyphrase/krapivin",
    "keyphrase/nus",
    "keyphrase/semeval2010",
    "../items/posts_arxiv_articles",
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|(?<=[a-z]\.)(?=[A-Z])")


class Article(NamedTuple):
    """What is read of one article; `subjects` are keywords and headings."""

    title: str
    abstract: str
    subjects: tuple[str, ...] = ()


class Corpus(NamedTuple):
    """The articles as numbers: article i's words are `words[ends[i]:ends[i + 1]]`, `parts` says where each stands."""

    vocabulary: list[str]
    frequencies: NDArray[np.int64]  # articles that have the word
    words: NDArray[np.int32]
    parts: NDArray[np.uint8]
    ends: NDArray[np.int64]
    lessons: list[str]  # titles and single sentences


class Teaching(NamedTuple):
    """What the teacher says: unit vectors of words to begin with, and vectors of the lessons, centered."""

    words: NDArray[np.float32]
    lessons: NDArray[np.float32]


class Bags(NamedTuple):
    """Words of texts, sorted by text: `texts` ascending, `words`, and what each weighs there."""

    texts: NDArray[np.int64]
    words: NDArray[np.int64]
    weights: NDArray[np.float32]


def main() -> None:
    """Read the arguments; read, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with collections/ and articles/")
    parser.add_argument("--out", type=Path, default=RESOURCE, help="file to be written")
    parser.add_argument("--version", default="1", help="goes into the model's name: count up, as vectors change")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="folder that keeps what was read, for the next run")
    arguments = parser.parse_args()
    corpus, teaching = _read_or_remember(arguments.data, arguments.work)
    print(f"{len(corpus.ends) - 1:,} articles, {len(corpus.vocabulary):,} words, {len(teaching.lessons):,} lessons")
    trainer = Trainer(corpus, teaching, np.random.default_rng(arguments.seed))
    trainer.train(arguments.epochs)
    write(arguments.out, arguments.version, corpus.vocabulary, trainer.vectors())


def _read_or_remember(data: Path, work: Path | None) -> tuple[Corpus, Teaching]:
    """Return the corpus and what the teacher says of it, from the work folder when they are there."""
    path = work / "corpus.npz" if work else None
    if path and path.exists():
        with np.load(path) as file:
            lists = {name: file[name].tolist() for name in ("vocabulary", "lessons")}
            arrays = {name: file[name] for name in ("frequencies", "words", "parts", "ends")}
            return Corpus(**lists, **arrays), Teaching(file["taught_words"], file["taught_lessons"])
    corpus = read_corpus(data)
    teaching = ask_teacher(corpus)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **corpus._asdict(), taught_words=teaching.words, taught_lessons=teaching.lessons)
    return corpus, teaching


def read_articles(data: Path) -> Iterator[Article]:
    """Yield what we may train on: ACM, ACL, arXiv and OpenAlex records."""
    for row in read_rows(data / "collections/acm/corpus.jsonl.gz"):
        yield Article(row["title"], row["abstract"], subjects=tuple(row.get("keywords") or ()))
    for name in ("acl.csl", "arxiv_snapshot"):
        for row in read_rows(data / f"articles/{name}.jsonl.gz"):
            yield Article(row.get("title") or "", row.get("abstract") or "")
    for row in read_rows(data / "articles/openalex_works.jsonl.gz"):
        placed = sorted(
            (at, word) for word, where in (row.get("abstract_inverted_index") or {}).items() for at in where
        )
        subjects = [entry["descriptor_name"] for entry in row.get("mesh") or ()]
        subjects += [entry["display_name"] for entry in row.get("concepts") or ()]
        yield Article(row.get("title") or "", " ".join(word for _, word in placed), subjects=tuple(subjects))


def read_corpus(data: Path) -> Corpus:
    """Return the articles that have two parts, each title once, without those of test collections."""
    done = {title_key(row["title"]) for name in TESTS for row in read_rows(data / f"collections/{name}.jsonl.gz")}
    numbers: dict[str, int] = {}
    counts: Counter[int] = Counter()
    words, parts, ends = array.array("i"), array.array("B"), [0]
    lessons: list[str] = []
    random = np.random.default_rng(0)
    for title, abstract, subjects in read_articles(data):
        key = title_key(title)
        sentences = _SENTENCE_END.split(abstract[:4000])[: MAX_PARTS - FIRST_SENTENCE] if len(abstract) >= 80 else []
        if key in done or not (sentences or subjects):
            continue
        done.add(key)
        seen = set()
        for part, text in enumerate((title, "; ".join(subjects), *sentences)):
            found = [numbers.setdefault(word, len(numbers)) for word in dict.fromkeys(read_words(text))]
            words.extend(found)
            parts.extend([part] * len(found))
            seen.update(found)
        counts.update(seen)
        ends.append(len(words))
        if random.random() < LESSON_SHARE:
            lessons.append(str(random.choice([title, *sentences[:1], *sentences]))[:300])
        if len(ends) % 20_000 == 0:
            print(f"read {len(ends):,} articles", flush=True)
    return _keep_frequent(list(numbers), counts, np.asarray(words), np.asarray(parts), np.asarray(ends), lessons)


def _keep_frequent(
    spellings: list[str],
    counts: Counter[int],
    words: NDArray[np.int32],
    parts: NDArray[np.uint8],
    ends: NDArray[np.int64],
    lessons: list[str],
) -> Corpus:
    """Number the frequent words anew, the most frequent first, and leave the others out."""
    kept = [number for number, count in counts.most_common() if count >= MIN_ARTICLES]
    renumbered = np.full(len(spellings), -1, dtype=np.int32)
    renumbered[kept] = np.arange(len(kept))
    words = renumbered[words]
    is_kept = words >= 0
    ends = np.concatenate([[0], np.cumsum(is_kept)])[ends]
    frequencies = np.array([counts[number] for number in kept])
    return Corpus([spellings[number] for number in kept], frequencies, words[is_kept], parts[is_kept], ends, lessons)


def ask_teacher(corpus: Corpus) -> Teaching:
    """Return MiniLM's vectors of each word, on their main axes, and of the lessons; else random ones and none."""
    try:
        teacher = load_encoder(bundled_encoder(), "minilm", at_once=64)
    except EmbeddingFailure as failure:
        print(f"no teacher, which costs quality outside computer science: {failure}", flush=True)
        vectors = np.random.default_rng(0).standard_normal((len(corpus.vocabulary), DIMENSIONS)).astype(np.float32)
        return Teaching(_unit(vectors), np.zeros((0, DIMENSIONS), dtype=np.float32))
    print(f"asking {teacher.name} for {len(corpus.vocabulary):,} words, {len(corpus.lessons):,} lessons", flush=True)
    lessons = teacher.embed([(text, "") for text in corpus.lessons])
    vectors = teacher.embed([(word, "") for word in corpus.vocabulary])
    shares = np.minimum(corpus.frequencies / corpus.frequencies.sum(), 1e-4)  # the commonest must not decide the axes
    shares = (shares / shares.sum()).astype(np.float32)[:, None]
    vectors = vectors - (shares * vectors).sum(axis=0)
    _, axes = np.linalg.eigh((vectors * shares).T @ vectors)
    vectors = np.ascontiguousarray(vectors @ axes[:, ::-1][:, :DIMENSIONS])
    return Teaching(_unit(vectors), _unit(lessons - lessons.mean(axis=0)))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


class Trainer:
    """Holds direction and logarithm of the weight of every word, with Adam's moments; only a batch's words change."""

    def __init__(self, corpus: Corpus, teaching: Teaching, random: np.random.Generator) -> None:
        self._corpus, self._random, self._taught = corpus, random, teaching.lessons
        self._n_articles = len(corpus.ends) - 1
        rows = {word: row for row, word in enumerate(corpus.vocabulary)}
        self._lessons = [sorted({rows[word] for word in read_words(text) if word in rows}) for text in corpus.lessons]
        weights = -np.log1p(300 * corpus.frequencies / self._n_articles)
        self._directions = Moving(teaching.words)
        self._weights = Moving(weights.astype(np.float32)[:, None])

    def vectors(self) -> NDArray[np.float32]:
        """Return the words' vectors (n, DIMENSIONS), weights applied."""
        return self._directions.values * np.exp(self._weights.values)

    def train(self, epochs: int) -> None:
        """Go through the articles that many times, in batches of a new order, ever more slowly; print how it goes."""
        n_batches = self._n_articles // BATCH
        begun = time.monotonic()
        for epoch in range(epochs):
            order = self._random.permutation(self._n_articles)
            losses = []
            for i in range(n_batches):
                progress = (epoch * n_batches + i) / (epochs * n_batches)
                rate = RATE * (1 - 0.95 * progress)
                sides = self._draw_sides(order[i * BATCH : (i + 1) * BATCH])
                losses.append(self._step(sides, 2 * BATCH, contrast, rate))
                if progress >= LESSONS_AFTER and i % 2 and len(self._taught) >= BATCH:
                    chosen = self._random.permutation(len(self._taught))[:BATCH]
                    self._step(self._bag(chosen), BATCH, imitation(self._taught[chosen]), rate)
            passed = time.monotonic() - begun
            print(f"epoch {epoch + 1}/{epochs}: loss {np.mean(losses):.3f}, {passed:.0f} s", flush=True)

    def _step(self, bags: Bags, n_texts: int, measure: Loss, rate: float) -> float:
        """Take one step down and return the loss."""
        used, places = np.unique(bags.words, return_inverse=True)
        directions, weights = self._directions.values[used], np.exp(self._weights.values[used])
        bounds = np.searchsorted(bags.texts, np.arange(n_texts + 1))
        mixing = csr_array((bags.weights, places, bounds), shape=(n_texts, len(used)))
        sums = torch.from_numpy(mixing @ (directions * weights)).requires_grad_()
        loss = measure(normalize(sums, dim=1, eps=1e-6), torch.from_numpy(np.diff(bounds) > 0))
        loss.backward()  # type: ignore[no-untyped-call]
        assert sums.grad is not None
        slopes = (mixing.T.tocsr() @ sums.grad.numpy()) * weights
        self._directions.move(used, slopes, rate)
        self._weights.move(used, (slopes * directions).sum(axis=1, keepdims=True), rate)
        return loss.item()

    def _bag(self, lessons: NDArray[np.int64]) -> Bags:
        found = [self._lessons[number] for number in lessons]
        words = np.array([row for rows in found for row in rows], dtype=np.int64)
        texts = np.repeat(np.arange(len(found)), [len(rows) for rows in found])
        return Bags(texts, words, np.ones(len(words), dtype=np.float32))

    def _draw_sides(self, articles: NDArray[np.int64]) -> Bags:
        """Split each article in two: text i is one side of article i, text n + i the other; each word once a side."""
        corpus, random, n = self._corpus, self._random, len(articles)
        begins, lengths = corpus.ends[articles], np.diff(corpus.ends)[articles]
        owners = np.repeat(np.arange(n), lengths)
        places = np.arange(lengths.sum()) + np.repeat(begins - np.cumsum(lengths) + lengths, lengths)
        words, parts = corpus.words[places].astype(np.int64), corpus.parts[places]
        n_sentences = np.zeros(n, dtype=np.int64)
        np.maximum.at(n_sentences, owners, parts.astype(np.int64) - FIRST_SENTENCE + 1)

        sides = random.integers(ONE, OTHER + 1, (n, MAX_PARTS)).astype(np.int8)  # sentences by chance …
        in_halves = random.random(n) < 0.5  # … or first half and second half, either way round
        is_later = np.arange(MAX_PARTS) >= FIRST_SENTENCE + np.ceil(n_sentences / 2)[:, None]
        flipped = random.integers(0, 2, (n, 1)).astype(bool)
        sides[in_halves] = (is_later ^ flipped)[in_halves]
        for part in (TITLE, SUBJECTS):
            sides[:, part] = np.array([ONE, OTHER, NEITHER])[np.searchsorted((0.3, 0.6), random.random(n))]
        title_alone = (random.random(n) < 0.4) | (n_sentences <= 1)
        sides[title_alone, FIRST_SENTENCE:] = OTHER
        sides[title_alone, TITLE] = ONE
        sides[n_sentences == 0, SUBJECTS] = OTHER

        side = sides[owners, parts]
        used = side != NEITHER
        keys = (side[used].astype(np.int64) * n + owners[used]) * len(corpus.vocabulary) + words[used]
        keys, first = np.unique(keys, return_index=True)
        weights = 1 + TITLE_WEIGHT * (parts[used][first] == TITLE)
        return Bags(*np.divmod(keys, len(corpus.vocabulary)), weights.astype(np.float32))


def contrast(texts: torch.Tensor, has_words: torch.Tensor) -> torch.Tensor:
    """Return InfoNCE both ways: text i of the first half belongs with text i of the second, and with no other."""
    one, other = texts.chunk(2)
    whole = torch.logical_and(*has_words.chunk(2))
    likeness = one[whole] @ other[whole].T / TEMPERATURE
    target = torch.arange(len(likeness))
    return (cross_entropy(likeness, target) + cross_entropy(likeness.T, target)) / 2


def imitation(taught: NDArray[np.float32]) -> Loss:
    """Return the loss KL(teacher ‖ pupil), over what each text is like among the others of its batch."""
    teacher = torch.from_numpy(taught)
    itself = 1e4 * torch.eye(len(taught))
    target = (teacher @ teacher.T / TEMPERATURE - itself).softmax(dim=1)

    def measure(texts: torch.Tensor, has_words: torch.Tensor) -> torch.Tensor:
        likeness = texts @ texts.T / TEMPERATURE - itself
        return kl_div(likeness.log_softmax(dim=1)[has_words], target[has_words], reduction="batchmean")

    return measure


class Moving:
    """Rows that Adam moves, each counting its own steps, since a batch has only some of the words."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self.values = values
        self._mean, self._square = np.zeros_like(values), np.zeros_like(values)
        self._steps = np.zeros((len(values), 1), dtype=np.float32)

    def move(self, rows: NDArray[np.int64], slopes: NDArray[np.float32], rate: float) -> None:
        """Move some rows down their slopes."""
        self._steps[rows] += 1
        steps = self._steps[rows]
        mean, square = (np.float32(decay) for decay in DECAYS)
        self._mean[rows] = moved = mean * self._mean[rows] + (1 - mean) * slopes
        self._square[rows] = spread = square * self._square[rows] + (1 - square) * slopes**2
        moved = moved / (1 - mean**steps)
        spread = np.sqrt(spread / (1 - square**steps)) + np.float32(1e-8)
        self.values[rows] -= np.float32(rate) * moved / spread


def write(path: Path, version: str, vocabulary: list[str], vectors: NDArray[np.float32]) -> None:
    """Write the resource: words, the row of each stem (its most frequent word's), packed vectors."""
    stems: dict[str, int] = {}
    for row, word in enumerate(vocabulary):
        stems.setdefault(STEM + stem(word), row)
    codes, scales = pack(vectors)
    np.savez(
        path,
        version=np.array(version),
        words=np.frombuffer("\n".join((*vocabulary, *stems)).encode(), np.uint8),
        stem_rows=np.array(list(stems.values()), dtype=np.int32),
        codes=codes,
        scales=scales,
    )
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB", flush=True)


def title_key(title: str) -> str:
    """Return a title's letters and digits, by which the same article is known."""
    return re.sub(r"[\W_]+", "", title.lower())


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a gzipped file of JSON lines."""
    with gzip.open(path) as lines:
        yield from map(msgspec.json.decode, lines)


if __name__ == "__main__":
    main()
