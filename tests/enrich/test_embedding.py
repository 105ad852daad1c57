"""The static embedding: what its vectors promise, and how it reads words."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from germane.enrich.embedding import EmbeddingFailure, load_embedder
from germane.enrich.embedding.packing import pack, unpack
from germane.enrich.embedding.static import RESOURCE, StaticEmbedder, load_static
from germane.enrich.embedding.tokens import read_words

TEXTS = [
    ("Growth of sea ice in the Arctic winter", "Thickness was measured from buoys between 2004 and 2012."),
    ("Freezing of polar oceans", "A model of ice cover and its snow, compared with satellite altimetry."),
    ("Parsing sentences with neural networks", "We learn dependency trees of twelve languages from treebanks."),
    ("A transition-based dependency parser", "Syntactic analysis of text by a recurrent network."),
    ("Insulin resistance after bariatric surgery", "Glucose was lower in patients with type 2 diabetes."),
    ("Glycemic control in obese adults", "A randomized trial of gastric bypass and metformin."),
]


@pytest.fixture(scope="module")
def static() -> StaticEmbedder:
    return load_static()


def test_each_text_has_a_unit_vector(static: StaticEmbedder) -> None:
    vectors = static.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 256)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_texts_of_one_subject_lie_nearer_than_others(static: StaticEmbedder) -> None:
    vectors = static.embed(TEXTS)
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -1)
    assert likeness.argmax(axis=1).tolist() == [1, 0, 3, 2, 5, 4]
    assert min(likeness[0, 1], likeness[2, 3], likeness[4, 5]) > likeness[::2, ::2].max()


def test_a_text_without_a_known_word_gives_zeros(static: StaticEmbedder) -> None:
    vectors = static.embed([("", ""), ("…", "?!"), ("qqzxv", ""), ("Ice", "")])
    assert not vectors[:3].any()
    assert vectors[3].any()


def test_no_texts_give_no_vectors(static: StaticEmbedder) -> None:
    assert static.embed([]).shape == (0, 256)


def test_a_vector_depends_on_its_text_alone(static: StaticEmbedder) -> None:
    together = static.embed(TEXTS * 30)
    backwards = static.embed(TEXTS[::-1])[::-1]
    alone = np.concatenate([static.embed([text]) for text in TEXTS])
    assert np.array_equal(together[: len(TEXTS)], alone)
    assert np.array_equal(together[-len(TEXTS) :], alone)
    assert np.array_equal(backwards, alone)


def test_threads_share_an_embedder(static: StaticEmbedder) -> None:
    texts = [(f"{title} unheardofness{n}s", abstract) for n, (title, abstract) in enumerate(TEXTS * 40)]
    expected = static.embed(texts)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(static.embed, [texts] * 8):
            assert np.array_equal(found, expected)


def test_the_title_weighs_more_than_the_abstract(static: StaticEmbedder) -> None:
    ice, parsing, mixed = static.embed([("sea ice", ""), ("dependency parsing", ""), ("sea ice", "dependency parsing")])
    assert mixed @ ice > mixed @ parsing > 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("COVID-19", "covid‑19"),
        ("β-catenin", "beta-catenin"),
        ("Poincaré", "Poincare"),
        ("POLAR ICE", "polar ice"),
        ("ice, polar.", "polar (ice)"),
    ],
)
def test_spellings_of_one_thing_have_one_vector(static: StaticEmbedder, one: str, other: str) -> None:
    first, second = static.embed([(one, ""), (other, "")])
    assert first.any()
    assert first == pytest.approx(second, abs=1e-6)


def test_an_unseen_inflection_has_the_vector_of_its_stem() -> None:
    steps = np.array([[1, 2], [7, -7]], dtype=np.int8)
    words = {"freezing": 0, "ice": 1, "~freez": 0, "~ice": 1}
    embedder = StaticEmbedder("test", words, steps, np.ones(2, dtype=np.float32))
    assert embedder.name == "static/test"
    assert embedder.embed([("freezes", "")]) == pytest.approx(embedder.embed([("freezing", "")]))
    assert not embedder.embed([("melting", "")]).any()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("COVID-19", ["covid", "19", "covid19"]),
        ("IL-1β", ["il", "1beta", "il1beta"]),
        ("state-of-the-art", ["state", "of", "the", "art", "stateoftheart"]),
        ("λόγος and λ", ["λογος", "and", "lambda"]),
        ("Straße, Ærø, Łódź", ["strasse", "aero", "lodz"]),
        ("p53 in 3.5 mg/kg_2", ["p53", "in", "3", "5", "mg", "kg", "2"]),
        ("Ångström—naïve", ["angstrom", "naive", "angstromnaive"]),
        ("Java™ over ℝ", ["javatm", "over", "r"]),
        ("İstanbul", ["istanbul"]),
        ("- -", []),
    ],
)
def test_words_are_read_as_other_authors_spell_them(text: str, words: list[str]) -> None:
    assert read_words(text) == words


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert all(word and not word.isspace() and "\n" not in word for word in read_words(text))


def test_packed_vectors_keep_their_direction() -> None:
    vectors = np.random.default_rng(0).standard_normal((50, 256)).astype(np.float32)
    vectors[7] = 0
    codes, scales = pack(vectors)
    found = unpack(codes) * scales[:, None]
    assert codes.nbytes == vectors.size // 2
    assert not found[7].any()
    cosines = (found * vectors).sum(axis=1) / np.maximum(
        np.linalg.norm(found, axis=1) * np.linalg.norm(vectors, axis=1), 1
    )
    assert np.delete(cosines, 7).min() > 0.98


def test_the_vectors_fit_into_the_package() -> None:
    assert RESOURCE.stat().st_size <= 16_000_000


def test_no_deep_learning_library_is_loaded() -> None:
    code = (
        "import sys; from germane.enrich.embedding import load_embedder; load_embedder().embed([('ice', '')]);"
        "print(sorted({'torch', 'onnx', 'onnxruntime', 'sklearn', 'django'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_embedder_is_loaded_once() -> None:
    assert load_embedder() is load_embedder("static")
    assert load_embedder().name.startswith("static/")


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ("word2vec", "static, minilm, onnx:FOLDER or hub:OWNER/MODEL"),
        ("onnx:", "static, minilm, onnx:FOLDER or hub:OWNER/MODEL"),
        ("onnx:/no/such/folder", "must hold model.onnx and tokenizer.json"),
    ],
)
def test_a_choice_that_cannot_be_used_says_what_to_do(choice: str, says: str) -> None:
    with pytest.raises(EmbeddingFailure, match=says):
        load_embedder(choice)


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).write_text("not a model")
    with pytest.raises(EmbeddingFailure, match="cannot be read as an ONNX encoder"):
        load_embedder(f"onnx:{tmp_path}")


HOSTILE = (
    *(("moss " * 20_000, "x" * 1_000_000), ("\x00\x01\x1f\u200b\ufeff moss", ""), ("\ud800 moss \udfff", "\ud83d")),
    *(("1234567890", ""), ("هذا نص عربي", "中文文本关于苔藓"), ("🎉🎊", ""), ("-" * 100_000, "moss-" * 20_000)),
)
_EMBED = """
import hashlib, test_embedding
from germane.enrich.embedding import load_embedder
print(hashlib.sha1(load_embedder().embed(test_embedding.HOSTILE).tobytes()).hexdigest())
"""


def test_hostile_texts_have_a_unit_vector_or_none(static: StaticEmbedder) -> None:
    lengths = np.linalg.norm(static.embed(HOSTILE), axis=1)
    assert lengths[[0, 1, 2, 6]] == pytest.approx(1, abs=1e-5)
    assert all(length == 0 or length == pytest.approx(1, abs=1e-5) for length in lengths)


def test_every_process_gives_the_same_vectors() -> None:
    digests = set()
    for seed in ("0", "77"):
        env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent)}
        run = subprocess.run([sys.executable, "-c", _EMBED], env=env, capture_output=True, text=True, check=True)
        digests.add(run.stdout)
    assert len(digests) == 1
