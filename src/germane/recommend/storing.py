"""A model as one file, which other processes see whole or not at all."""

import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from germane.files import written_whole
from germane.recommend import ModelUnusable
from germane.recommend.model import Model, Weights

VERSION = 2
_MATRICES = ("links", "nearest", "features")
_ARRAYS = ("article_ids", "n_likes", "vectors", "factors", "gram", "unliked_gram")


def save_model(model: Model, path: Path) -> None:
    """Write the model beside `path` and rename it there, so that a reader of the file never meets half a model."""
    parts: dict[str, NDArray[np.generic]] = {name: getattr(model, name) for name in _ARRAYS}
    for name in _MATRICES:
        matrix: sparse.csr_matrix = getattr(model, name)
        parts |= {f"{name}.data": matrix.data, f"{name}.indices": matrix.indices, f"{name}.indptr": matrix.indptr}
        parts[f"{name}.shape"] = np.array(matrix.shape)
    parts["n_trained"] = np.array(model.n_trained)
    parts["weights"] = np.frombuffer(msgspec.json.encode(model.weights), np.uint8)
    parts["version"] = np.array(VERSION)
    with written_whole(path) as file:
        np.savez(file, allow_pickle=False, **parts)


def load_model(path: Path) -> Model:
    """Return the model of a file. Raises ModelUnusable when it is absent, damaged or of another version."""
    try:
        with np.load(path, allow_pickle=False) as parts:
            version = int(parts["version"])
            if version != VERSION:
                raise ModelUnusable(f"{path.name} is of version {version}, not {VERSION}")
            matrices = {name: _matrix(parts, name) for name in _MATRICES}
            arrays: dict[str, Any] = {name: parts[name] for name in _ARRAYS}
            arrays |= matrices
            weights = msgspec.json.decode(parts["weights"].tobytes(), type=Weights)
            return Model(**arrays, n_trained=int(parts["n_trained"]), weights=weights)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, msgspec.MsgspecError) as error:
        raise ModelUnusable(f"{path.name} cannot be read: {error}") from error


def _matrix(parts: np.lib.npyio.NpzFile, name: str) -> sparse.csr_matrix:
    shape = tuple(int(each) for each in parts[f"{name}.shape"])
    made = (parts[f"{name}.data"], parts[f"{name}.indices"], parts[f"{name}.indptr"])
    return sparse.csr_matrix(made, shape=(shape[0], shape[1]))
