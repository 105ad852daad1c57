"""All that comparing needs of all articles, in files of one folder, list by list, shared by every process.

A batch's description is written as a file of its own by whoever made it (`keep`); `arrange` puts them all in place.
Rows stand list by list, and by ascending id within a list: what is compared with each other lies side by side.
"""

import mmap
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from germane.index import Index
from germane.index.analysis import BROAD_SUBJECTS
from germane.relate.bulk.clustering import nearest_lists
from germane.relate.bulk.describing import Described, Ragged, hash_key

COMMON_SUBJECT = 0.6  # a subject of more than so many articles, N to this power, says nothing of two that share it
COMMON = 0.05  # a word or an own keyphrase says nothing when more than this part of the articles has it
FEW_ARTICLES = 8  # that many have anything by chance

_RAGGED = ("terms", "weights", "rare_terms", "rare_weights", "phrase_keys", "phrase_words", "phrase_lengths", "authors")
_PLAIN = (
    "ids", "vectors", "clusters", "groups", "has_vector", "is_retracted", "has_abstract", "n_own_phrases",
    "title_marks", "word_marks",
)  # fmt: skip
_TEXTS = ("title", "phrases")


class Mapped:
    """Arrays in files, mapped and read-only: what is read of them counts as memory of the process until `release`."""

    def __init__(self) -> None:
        self._maps: list[mmap.mmap] = []

    def open(self, path: Path) -> NDArray[Any]:
        """Return a file's array."""
        found = np.load(path, mmap_mode="r")
        if isinstance(found._mmap, mmap.mmap):
            self._maps.append(found._mmap)
        return np.asarray(found)  # mapped all the same, and quicker

    def release(self) -> None:
        """Let go of what was read; the arrays stay as they are."""
        if hasattr(mmap, "MADV_DONTNEED"):
            for one in self._maps:
                one.madvise(mmap.MADV_DONTNEED)


class Corpus:
    """The arranged articles: arrays of `n` rows, mapped from the folder's files and read-only."""

    def __init__(self, folder: Path) -> None:
        self._mapped = Mapped()

        def of(name: str) -> NDArray[Any]:
            return self._mapped.open(folder / f"{name}.npy")

        def ragged(name: str, bounds: str = "") -> Ragged:
            return Ragged(of(name), of(f"{bounds or name}.bounds"))

        self.ids = of("ids")
        self.vectors = of("vectors")  # (n, d) float16
        self.clusters = of("clusters")
        self.groups = of("groups")  # a number for each venue's year; 0: unknown
        self.has_vector = of("has_vector")
        self.is_retracted = of("is_retracted")
        self.has_abstract = of("has_abstract")
        self.title_marks = of("title_marks")
        self.word_marks = of("word_marks")
        self.terms = ragged("terms")
        self.weights = ragged("weights", "terms")  # of unit length together
        self.rare_terms = ragged("rare_columns", "rare_terms")  # as columns of `holders`
        self.rare_weights = ragged("rare_weights", "rare_terms")
        self.holders = ragged("holders")  # of each rare word, the rows
        self.holder_weights = ragged("holder_weights", "holders")
        self.phrase_keys = ragged("phrase_keys")  # the telling ones, most telling first
        self.phrase_words = ragged("phrase_words", "phrase_keys")  # 0 for a phrase of several words
        self.phrase_places = ragged("phrase_places", "phrase_keys")  # which of the article's written phrases
        self.authors = ragged("authors")
        self.lists = of("lists")  # (n_lists + 1,): rows lists[i] to lists[i + 1] are one list
        self.near = of("near")  # (n_lists, k): the lists nearest to each
        self.list_of = of("list_of")  # (n,)
        self.told_words = of("told_words")  # ascending; those that can be told: see `spelling`
        self._texts = {name: Ragged(of(f"text.{name}"), of(f"text.{name}.bounds")) for name in _TEXTS}
        self._text_rows = of("text_rows")
        spellings = Ragged(of("told_spellings"), of("told_spellings.bounds"))
        self._spelling = lru_cache(maxsize=1 << 15)(
            lambda place: spellings.values[spellings.bounds[place] : spellings.bounds[place + 1]].tobytes().decode()
        )

    @property
    def n_lists(self) -> int:
        """Return how many lists there are."""
        return len(self.lists) - 1

    def release(self) -> None:
        """Give the memory back into which files were read; what is asked for again is read again."""
        self._mapped.release()

    def title(self, row: int) -> str:
        """Return an article's title, folded."""
        return self._text("title", row)

    def phrases(self, row: int) -> list[str]:
        """Return an article's keyphrases and keywords as it writes them; `phrase_places` are places in this list."""
        return self._text("phrases", row).split("\n")

    def spelling(self, place: int) -> str:
        """Return how the word `told_words[place]` is written."""
        return self._spelling(place)

    def _text(self, name: str, row: int) -> str:
        texts, at = self._texts[name], self._text_rows[row]
        return texts.values[texts.bounds[at] : texts.bounds[at + 1]].tobytes().decode("utf-8", "replace")


def keep(folder: Path, number: int, described: Described) -> None:
    """Write a batch's description into the folder, whole or not at all; batches are numbered from 0."""
    arrays = dict(described.arrays)
    for name, ragged in described.ragged.items():
        arrays[name] = ragged.values
        arrays[f"{name}.bounds"] = ragged.bounds
    for name, texts in described.texts.items():
        arrays[f"text.{name}"], arrays[f"text.{name}.bounds"] = _blob(texts)
    arrays["written"] = np.fromiter(described.written, np.uint32, len(described.written))
    arrays["written.text"], arrays["written.bounds"] = _blob(list(described.written.values()))
    path = folder / f"{number:06}.batch"
    with path.with_suffix(".new").open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    path.with_suffix(".new").replace(path)


def arrange(folder: Path, index: Index, n_lists: int) -> Corpus:
    """Put all kept batches in place, list by list, remove their files, and return the corpus."""
    paths = sorted(folder.glob("*.batch"))
    near = np.concatenate(list(_columns(paths, "near")))
    own = near[:, 0]
    order = np.argsort(own, kind="stable")
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    _save(folder, "near", nearest_lists(near, n_lists))
    _save(folder, "list_of", own[order].astype(np.int32))
    _save(folder, "lists", np.searchsorted(own[order], np.arange(n_lists + 1)))
    _save(folder, "text_rows", order)
    for name in _PLAIN:
        _arrange_rows(folder, paths, name, places)
    for name in _RAGGED:
        _arrange_ragged(folder, paths, name, places)
    for name in _TEXTS:
        _join_texts(folder, paths, f"text.{name}")
    _arrange_rare(folder)
    _arrange_phrases(folder)
    _arrange_spellings(folder, paths, index)
    for path in paths:
        path.unlink()
    return Corpus(folder)


def remove(folder: Path) -> None:
    """Remove the folder with all that is in it."""
    shutil.rmtree(folder, ignore_errors=True)


def _arrange_rows(folder: Path, paths: list[Path], name: str, places: NDArray[np.int64]) -> None:
    out: NDArray[Any] | None = None
    begin = 0
    for column in _columns(paths, name):
        if out is None:
            out = np.lib.format.open_memmap(
                folder / f"{name}.npy", "w+", column.dtype, (len(places), *column.shape[1:])
            )
        out[places[begin : begin + len(column)]] = column
        begin += len(column)


def _arrange_ragged(folder: Path, paths: list[Path], name: str, places: NDArray[np.int64]) -> None:
    lengths = np.empty(len(places), np.int64)
    lengths[places] = np.concatenate([np.diff(bounds) for bounds in _columns(paths, f"{name}.bounds")])
    bounds = np.append(0, np.cumsum(lengths))
    out: NDArray[Any] | None = None
    begin = 0
    for values, own in zip(_columns(paths, name), _columns(paths, f"{name}.bounds"), strict=True):
        if out is None:
            out = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", values.dtype, (int(bounds[-1]),))
        some = np.diff(own)
        targets = bounds[places[begin : begin + len(some)]]
        out[np.repeat(targets - own[:-1], some) + np.arange(len(values))] = values
        begin += len(some)
    _save(folder, f"{name}.bounds", bounds)


def _join_texts(folder: Path, paths: list[Path], name: str) -> None:
    """Put texts one after the other as the batches have them: `text_rows` tells which row's is which."""
    lengths = np.concatenate([np.diff(bounds) for bounds in _columns(paths, f"{name}.bounds")])
    _save(folder, f"{name}.bounds", np.append(0, np.cumsum(lengths)))
    out = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.dtype(np.uint8), (int(lengths.sum()),))
    begin = 0
    for values in _columns(paths, name):
        out[begin : begin + len(values)] = values
        begin += len(values)


def _arrange_rare(folder: Path) -> None:
    """Number the rare words, and write which rows hold each."""
    terms = np.load(folder / "rare_terms.npy")
    weights = np.load(folder / "rare_weights.npy")
    bounds = np.load(folder / "rare_terms.bounds.npy")
    words, columns = np.unique(terms, return_inverse=True)
    rows = np.repeat(np.arange(len(bounds) - 1, dtype=np.int32), np.diff(bounds))
    order = np.argsort(columns, kind="stable")
    _save(folder, "rare_columns", columns.astype(np.int32))
    _save(folder, "holders", rows[order])
    _save(folder, "holder_weights", weights[order])
    _save(folder, "holders.bounds", np.append(0, np.cumsum(np.bincount(columns, minlength=len(words)))))


def _arrange_phrases(folder: Path) -> None:
    """Leave out the phrases that say nothing of two articles which share them, and put the most telling first."""
    keys = np.load(folder / "phrase_keys.npy")
    bounds = np.load(folder / "phrase_keys.bounds.npy")
    lengths = np.load(folder / "phrase_lengths.npy")
    words = np.load(folder / "phrase_words.npy")
    own = np.load(folder / "n_own_phrases.npy")
    n = len(bounds) - 1
    rows = np.repeat(np.arange(n, dtype=np.int32), np.diff(bounds))
    places = (np.arange(len(keys)) - bounds[rows]).astype(np.uint8)  # of MAX_PHRASES
    _, columns, counts = np.unique(keys, return_inverse=True, return_counts=True)
    freqs = (counts[columns] if len(keys) else counts).astype(np.int32)
    del columns  # of ten million articles each of these takes a gigabyte
    limits = np.where(places < own[rows], COMMON * n, float(n) ** COMMON_SUBJECT)
    broad = np.array([hash_key(key) for key in BROAD_SUBJECTS], np.uint64)
    kept = np.flatnonzero((freqs <= np.maximum(limits, FEW_ARTICLES)) & ~np.isin(keys, broad))
    telling = np.log1p((n - freqs[kept] + 0.5) / (freqs[kept] + 0.5)) + lengths[kept]
    kept = kept[np.lexsort((-telling, rows[kept]))]
    _save(folder, "phrase_keys", keys[kept])
    _save(folder, "phrase_words", words[kept])
    _save(folder, "phrase_places", places[kept])
    _save(folder, "phrase_keys.bounds", np.append(0, np.cumsum(np.bincount(rows[kept], minlength=n))))


def _arrange_spellings(folder: Path, paths: list[Path], index: Index) -> None:
    """Keep how words are written that can be told: neither in one article alone nor in very many."""
    words = np.concatenate(list(_columns(paths, "written")))
    owners = np.repeat(np.arange(len(paths)), [len(column) for column in _columns(paths, "written")])
    freqs = index.term_freqs(words)
    told = (freqs > 1) & (freqs <= max(COMMON * index.n_documents, FEW_ARTICLES))
    found: dict[int, str] = {}
    begin = 0
    for number, (data, bounds) in enumerate(
        zip(_columns(paths, "written.text"), _columns(paths, "written.bounds"), strict=True)
    ):
        text = data.tobytes()
        span = slice(begin, begin + int(np.count_nonzero(owners == number)))
        for place in np.flatnonzero(told[span]).tolist():
            word = text[bounds[place] : bounds[place + 1]].decode()
            known = found.get(int(words[begin + place]))
            if _is_telling(word) and (known is None or (word.islower() and not known.islower())):
                found[int(words[begin + place])] = word
        begin = span.stop
    numbers = sorted(found)
    _save(folder, "told_words", np.array(numbers, np.uint32))
    data, bounds = _blob([found[number] for number in numbers])
    _save(folder, "told_spellings", data)
    _save(folder, "told_spellings.bounds", bounds)


def _is_telling(word: str) -> bool:
    return len(word) > 2 and not word.isdecimal()


def _columns(paths: list[Path], name: str) -> Iterator[NDArray[Any]]:
    for path in paths:
        with np.load(path) as batch:
            yield batch[name]


def _blob(texts: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    encoded = [text.encode("utf-8", "replace") for text in texts]
    bounds = np.append(0, np.cumsum([len(text) for text in encoded])).astype(np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), bounds


def _save(folder: Path, name: str, values: NDArray[Any]) -> None:
    np.save(folder / f"{name}.npy", values)
