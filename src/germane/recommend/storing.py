"""A model as a folder of arrays that all processes map into memory, and see whole or not at all.

`manifest.json` names the folders of the trained articles and of those that came after; it is written last, whole, and
what it no longer names is removed then: who has that open goes on with it.
"""

import shutil
import time
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from germane.files import written_whole
from germane.recommend import ModelUnusable
from germane.recommend.model import Articles, Model, Vocabulary, Weights
from germane.recommend.neighbors import Lists
from germane.recommend.rows import SparseRows, as_csr, sparse_rows

VERSION = 4
MANIFEST = "manifest.json"
_SMALL = 4096  # bytes of a file that is read instead: one without values cannot be mapped
# In the order of the fields.
_PLAIN = ("ids", "n_likes", "years", "vectors", "factors")
_ROWS = ("features", "nearest")
_GRAMS = ("diagonal", "unliked_gram", "vector_gram")
_LISTS = ("centers", "bounds", "members", "near")
_VOCABULARY = ("terms", "idf", "cited_idf")


class _Manifest(Struct, frozen=True):
    version: int
    trained: str  # the folder of the trained articles and the rest of the model
    new: str  # that of the articles that came after
    widths: dict[str, int]  # of the sparse rows
    n_liked: int
    weights: Weights


def save_model(model: Model, folder: Path) -> None:
    """Write a model into the folder, in place of the one that is there."""
    name = _fresh("trained")
    widths = _write_articles(folder / name, model.trained)
    for grams in _GRAMS:
        _write(folder / name / grams, getattr(model, grams))
    for part, names in ((model.lists, _LISTS), (model.vocabulary, _VOCABULARY)):
        for each in names:
            _write(folder / name / each, np.asarray(getattr(part, each)))
    widths["links"] = _write_rows(folder / name, "links", model.links)
    widths["sample"] = _write_rows(folder / name, "sample", sparse_rows(model.sample))
    _finish(folder, _Manifest(VERSION, name, _save_new(model, folder), widths, model.n_liked, model.weights))


def save_new_articles(model: Model, folder: Path, name: str) -> None:
    """Write the articles that came after the training beside the trained ones that are in the folder.

    `name` is what `trained_name` gave when the model was loaded. Raises ModelUnusable when another one took its place.
    """
    manifest = _read_manifest(folder)
    if manifest.trained != name:
        raise ModelUnusable(f"the model in {folder} was replaced meanwhile: the new articles have to be told again")
    _finish(folder, replace(manifest, new=_save_new(model, folder)))


def trained_name(folder: Path) -> str:
    """Return what tells the model in the folder from another one. Raises ModelUnusable."""
    return _read_manifest(folder).trained


def load_model(folder: Path) -> Model:
    """Return the model of a folder, mapped. Raises ModelUnusable when it is absent, damaged or of another version."""
    manifest = _read_manifest(folder)
    try:
        trained = folder / manifest.trained
        diagonal, unliked_gram, vector_gram = (_read(trained / name) for name in _GRAMS)
        centers, bounds, members, near = (_read(trained / name) for name in _LISTS)
        terms, idf, cited_idf = (_read(trained / name) for name in _VOCABULARY)
        sample = _read_rows(trained, "sample", manifest.widths)
        return Model(
            _read_articles(trained, manifest.widths),
            _read_articles(folder / manifest.new, manifest.widths),
            _read_rows(trained, "links", manifest.widths),
            diagonal,
            unliked_gram,
            vector_gram,
            as_csr(sample),
            manifest.n_liked,
            Lists(centers, bounds, members, near),
            Vocabulary(terms, idf, cited_idf),
            manifest.weights,
        )
    except (OSError, EOFError, KeyError, ValueError) as error:
        raise ModelUnusable(f"the model in {folder} cannot be read: {error}") from error


class SharedModel:
    """The model of a folder, as it is now: one for a process, for all of its threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: tuple[int, int] | None = None
        self._model: Model | None = None

    def current(self) -> Model | None:
        """Return the model; None while there is none, or none that can be read. Looks whether there is a newer one."""
        try:
            stat = (self._folder / MANIFEST).stat()
        except OSError:
            self._stamp = self._model = None
            return None
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp != self._stamp:
            try:
                self._model = load_model(self._folder)
            except ModelUnusable:
                self._model = None
            self._stamp = stamp
        return self._model


def _save_new(model: Model, folder: Path) -> str:
    name = _fresh("new")
    _write_articles(folder / name, model.new)
    return name


def _finish(folder: Path, manifest: _Manifest) -> None:
    with written_whole(folder / MANIFEST) as file:
        file.write(msgspec.json.encode(manifest))
    for path in folder.iterdir():
        if path.is_dir() and path.name not in (manifest.trained, manifest.new):
            shutil.rmtree(path, ignore_errors=True)


def _read_manifest(folder: Path) -> _Manifest:
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
        version = msgspec.json.decode(data, type=dict[str, Any]).get("version")
        if version != VERSION:
            raise ModelUnusable(f"the model in {folder} is of version {version}, not {VERSION}")
        return msgspec.json.decode(data, type=_Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelUnusable(f"the model in {folder} cannot be read: {error}") from error


def _fresh(kind: str) -> str:
    return f"{kind}-{time.time_ns()}"


def _write_articles(folder: Path, articles: Articles) -> dict[str, int]:
    folder.mkdir(parents=True)
    for name in _PLAIN:
        _write(folder / name, _narrow(getattr(articles, name)))
    return {name: _write_rows(folder, name, getattr(articles, name)) for name in _ROWS}


def _read_articles(folder: Path, widths: dict[str, int]) -> Articles:
    ids, n_likes, years, vectors, factors = (_read(folder / name) for name in _PLAIN)
    features, nearest = (_read_rows(folder, name, widths) for name in _ROWS)
    return Articles(ids, n_likes, years, vectors, factors, features, nearest)


def _write_rows(folder: Path, name: str, rows: SparseRows) -> int:
    _write(folder / f"{name}.data", _narrow(rows.data))
    _write(folder / f"{name}.indices", rows.indices)
    _write(folder / f"{name}.bounds", rows.bounds)
    return rows.width


def _read_rows(folder: Path, name: str, widths: dict[str, int]) -> SparseRows:
    data, indices, bounds = (_read(folder / f"{name}.{part}") for part in ("data", "indices", "bounds"))
    return SparseRows(data, indices, bounds, widths[name])


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    """Return two-byte numbers for what is a weight, a cosine or a factor: three digits are enough to rank by."""
    return values.astype(np.float16) if values.dtype == np.float32 else values


def _write(path: Path, values: NDArray[Any]) -> None:
    with written_whole(path.with_name(f"{path.name}.npy")) as file:
        np.save(file, values, allow_pickle=False)


def _read(path: Path) -> NDArray[Any]:
    file = path.with_name(f"{path.name}.npy")
    mode: Literal["r"] | None = "r" if file.stat().st_size > _SMALL else None
    return np.asarray(np.load(file, mmap_mode=mode, allow_pickle=False))
