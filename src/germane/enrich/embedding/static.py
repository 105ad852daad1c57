"""The default embedder: one vector for each word, summed; the length of a word's vector is its learned weight.

The vectors were trained by `scripts/train_embedding.py` so that two parts of one article lie nearer than parts of two.
"""

import functools
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

from germane.enrich.embedding.packing import unpack
from germane.enrich.embedding.tokens import read_words

RESOURCE = Path(__file__).with_name("static.npz")
STEM = "~"  # stands before a stem in the table of words, which no word does

_BATCH = 128  # texts at a time: their words' vectors fit into a core's cache
_REMEMBERED = 400_000  # pieces; about 70 MB
TITLE_WEIGHT = 1.0  # what a word weighs more that stands in the title

# Snowball's English stemmer, as tantivy has it: the same stems, in a thirtieth of the time that it takes in Python.
_STEMMER = TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stemmer("english")).build()


class StaticEmbedder:
    """Sums the vectors of a text's words, each once, those of the title more; see `Embedder` for its guarantees.

    `words` names the vectors' rows: a word, or STEM and a stem for unseen inflections. `steps` (n, dimensions) and
    `scales` (n,) are `packing`'s.
    """

    def __init__(
        self, version: str, words: dict[str, int], steps: NDArray[np.int8], scales: NDArray[np.float32]
    ) -> None:
        self.name = f"static/{version}"
        self.dimensions = steps.shape[1]
        self._pieces, self._steps, self._scales = _Pieces(words), steps, scales

    def embed(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Return a vector for each (title, abstract): (n, dimensions), rows of unit length or zero."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for begin in range(0, len(texts), _BATCH):
            vectors[begin : begin + _BATCH] = self._sum(texts[begin : begin + _BATCH])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors

    def _sum(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        rows: list[int] = []
        weights: list[float] = []
        ends = [0]
        rows_of = self._pieces.__getitem__
        for title, abstract in texts:
            found = dict.fromkeys(chain.from_iterable(map(rows_of, title.split(" "))))
            n_title = len(found)
            found.update(dict.fromkeys(chain.from_iterable(map(rows_of, abstract.split(" ")))))
            rows += found
            weights += [1.0 + TITLE_WEIGHT] * n_title
            weights += [1.0] * (len(found) - n_title)
            ends.append(len(rows))
        # most words stand in several of the texts: each one's vector is fetched once
        different, column = np.unique(np.array(rows, dtype=np.int64), return_inverse=True)
        factors = np.asarray(weights, dtype=np.float32) * self._scales[different][column]
        mixing = csr_array((factors, column, ends), shape=(len(texts), len(different)))
        return np.asarray(mixing @ self._steps[different].astype(np.float32))


class _Pieces(dict[str, tuple[int, ...]]):
    """What stands between two spaces → the rows of its words: no word reaches beyond, and texts repeat their pieces.

    Threads may fill it at once: they write the same.
    """

    def __init__(self, words: dict[str, int]) -> None:
        self._words = words

    def __missing__(self, piece: str) -> tuple[int, ...]:
        if len(self) > _REMEMBERED:
            self.clear()
        found = self[piece] = tuple(self._rows(piece))
        return found

    def _rows(self, piece: str) -> Iterator[int]:
        known = self._words
        for word in read_words(piece):
            row = known.get(word)
            if row is None:
                row = known.get(STEM + stem(word))
            if row is not None:
                yield row


@functools.cache
def load_static(path: Path = RESOURCE) -> StaticEmbedder:
    """Read the vectors of the package, or of another file that `scripts/train_embedding.py` wrote."""
    with np.load(path) as file:
        words = file["words"].tobytes().decode().split("\n")
        rows = chain(range(len(file["scales"])), file["stem_rows"].tolist())
        table = dict(zip(words, rows, strict=True))
        return StaticEmbedder(str(file["version"]), table, unpack(file["codes"]), file["scales"])


@functools.lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the English stem of a word (Snowball); very long ones are as they are."""
    return word if len(word) > 40 or not word else _STEMMER.analyze(word)[0]
