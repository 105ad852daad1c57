"""Make src/germane/enrich/keyphrases/model.npz: background counts and trees, from articles with authors' keywords.

    pip install catboost && python scripts/train_keyphrases.py DATA [--work FOLDER]

DATA holds `collections/` and `articles/`. Only counts and weights are kept, no text. Nothing is learned from a test
collection: articles whose title is one of theirs are left out, and so are articles without keywords (those of the
held-out parts are blank). The articles are parted by the hash of their id: most fill the tables, a tenth teaches the
trees (so that the trees never see a table that knows the answer), and 2 % measure.
"""

import argparse
import gzip
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from catboost import CatBoostClassifier, Pool

from germane.enrich.keyphrases.background import Background, fold_hash, to_byte
from germane.enrich.keyphrases.candidates import find_candidates
from germane.enrich.keyphrases.features import FEATURES, PLAIN_FEATURES, measure
from germane.enrich.keyphrases.words import Kind, combine, phrase_hash, read_words

VERSION = "1"
TESTS = ("nus", "krapivin", "semeval2010", "semeval2017", "inspec_dev")
# Headings that every index gives to nearly everything.
BROAD = frozenset(
    """humans,human,adult,male,female,aged,middle aged,animals,adolescent,child,young adult,infant,mice,rats,medicine,
    internal medicine,biology,chemistry,psychology,computer science,mathematics,physics,business,engineering,surgery,
    treatment outcome,retrospective studies,prospective studies,time factors,risk factors,follow-up studies""".replace(
        "\n    ", ""
    ).split(",")
)


class Example(NamedTuple):
    """A text with the phrases that somebody chose for it."""

    key: str
    title: str
    abstract: str
    keywords: tuple[str, ...]
    kind: str


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def title_key(title: str) -> str:
    """Return a title in a form that survives case and punctuation."""
    return re.sub(r"\W+", "", title.lower())


def share(key: str) -> float:
    """Return a number in 0..1 that depends on the key alone."""
    return int(hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()[:8], 16) / 2**32


def test_titles(data: Path) -> set[str]:
    """Return the titles of every test collection, from which nothing may be learned."""
    folder = data / "collections/keyphrase"
    return {title_key(row["title"]) for name in TESTS for row in read_lines(folder / f"{name}.jsonl.gz")} - {""}


def labelled(data: Path) -> Iterator[Example]:
    """Yield articles with keywords or subject headings."""
    keyphrase = data / "collections/keyphrase"
    banned = test_titles(data)
    for row in read_lines(data / "collections/acm/corpus.jsonl.gz"):
        if row["keywords"] and row["abstract"] and title_key(row["title"]) not in banned:
            yield Example(row["id"], row["title"], row["abstract"], tuple(row["keywords"]), "acm")
    for row in read_lines(data / "articles/openalex_works.jsonl.gz"):
        abstract = rebuild(row.get("abstract_inverted_index") or {})
        names = [c["display_name"] for c in row["concepts"]] + [m["descriptor_name"] for m in row["mesh"]]
        chosen = tuple(n for n in names if n.lower() not in BROAD)
        if abstract and row["title"] and title_key(row["title"]) not in banned:
            yield Example(row["id"], row["title"], abstract, chosen, "openalex")
    for row in read_lines(keyphrase / "inspec_train.jsonl.gz"):
        if title_key(row["title"]) not in banned:
            yield Example(f"inspec{row['id']}", row["title"], row["abstract"], tuple(row["keyphrases"]), "inspec")


def unlabelled(data: Path) -> Iterator[tuple[str, str]]:
    """Yield title and abstract of articles without keywords."""
    banned = test_titles(data)
    for row in read_lines(data / "articles/acl.csl.jsonl.gz"):
        if title_key(row["title"]) not in banned and row.get("abstract") and share(row["id"]) < 0.4:
            yield row["title"], row["abstract"]
    for row in read_lines(data / "articles/arxiv_snapshot.jsonl.gz"):
        if title_key(row["title"]) not in banned and share(row["id"]) < 0.4:
            yield row["title"], row["abstract"]


def rebuild(inverted: dict[str, list[int]]) -> str:
    """Return an abstract from its inverted index."""
    return " ".join(word for _, word in sorted((place, word) for word, places in inverted.items() for place in places))


def gold_hashes(keywords: tuple[str, ...]) -> set[int]:
    """Return the phrase numbers of the chosen phrases."""
    return {phrase_hash(k) for k in keywords}


class Counts:
    """Counts over the texts that fill the tables."""

    def __init__(self) -> None:
        self.n_texts = 0.0
        self.blocks: list[np.ndarray] = []
        self.keywords: Counter[int] = Counter()
        self.words = {
            name: Counter[int]() for name in ("texts", "labelled", "inside", "opens", "closes", "mid", "capital")
        }
        self.weights: list[float] = []

    def add(self, title: str, abstract: str, keywords: tuple[str, ...] | None, weight: int) -> None:
        """Count one text."""
        found = find_candidates(title, abstract)
        self.n_texts += weight
        self.blocks += [fold_hash(found.hash)] * weight
        stems = {s for form in found.words.forms for s in form.stems if not form.kind & (Kind.STOP | Kind.LINK)}
        for stem in stems:
            self.words["texts"][stem] += weight
        words = found.words
        for i in range(words.n_title, len(words)):
            if not words.opens[i] and not words.forms[i].kind & Kind.STOP:
                self.words["mid"][words.forms[i].stems[0]] += 1
                self.words["capital"][words.forms[i].stems[0]] += words.texts[i][0].isupper()
        if keywords is None:
            return
        inside, opens, closes = set(), set(), set()
        for keyword in keywords:
            parts = [stem for form in read_words("", keyword).forms for stem in form.stems]
            if parts:
                self.keywords[combine(parts)] += 1
                if stems.issuperset(parts):
                    inside.update(parts)
                    opens.add(parts[0])
                    closes.add(parts[-1])
        for name, members in (("labelled", stems), ("inside", inside), ("opens", opens), ("closes", closes)):
            self.words[name].update(members)

    def tables(self, least: int = 6) -> dict[str, np.ndarray]:
        """Return the arrays of the two tables, small enough to ship: phrases of `least` texts, or known as keywords."""
        keys, texts = np.unique(np.concatenate(self.blocks), return_counts=True)
        numbers = fold_hash(np.array(list(self.keywords), dtype=np.uint64))
        order = np.argsort(numbers)
        numbers, chosen = numbers[order], np.array(list(self.keywords.values()))[order]
        place = np.minimum(np.searchsorted(numbers, keys), len(numbers) - 1)
        keywords = np.where(numbers[place] == keys, chosen[place], 0)
        keep = (texts >= least) | (keywords >= 2) | ((keywords >= 1) & (texts >= 2))
        keys, texts, keywords = keys[keep], texts[keep], keywords[keep]
        stems = [s for s, n in self.words["texts"].items() if n >= 3]
        folded = fold_hash(np.array(stems, dtype=np.uint64))
        order = np.argsort(folded)
        column = {n: np.array([c[s] for s in stems], dtype=float)[order] for n, c in self.words.items()}
        word_keys, first = np.unique(folded[order], return_index=True)
        seen = column["labelled"]

        def shares(name: str) -> np.ndarray:
            prior = column[name].sum() / max(seen.sum(), 1)
            return np.clip(np.round((column[name] + 4 * prior) / (seen + 4) * 250), 0, 250).astype(np.uint8)

        capital = np.clip(np.round((column["capital"] + 0.2) / (column["mid"] + 1) * 250), 0, 250).astype(np.uint8)
        words = np.stack([to_byte(column["texts"]), shares("inside"), shares("opens"), shares("closes"), capital])
        return {
            "n_texts": np.array(self.n_texts),
            "phrase_gaps": np.diff(keys, prepend=np.uint32(0)).astype(np.uint32),
            "phrases": np.stack([to_byte(texts.astype(float)), to_byte(keywords.astype(float))]),
            "word_gaps": np.diff(word_keys, prepend=np.uint32(0)).astype(np.uint32),
            "words": words[:, first],
        }


def fill_tables(data: Path) -> dict[str, np.ndarray]:
    """Return the tables, counted over the texts that do not teach the trees."""
    counts = Counts()
    for example in labelled(data):
        if example.kind == "acm" and share(example.key) >= 0.22:
            counts.add(example.title, example.abstract, example.keywords, 1)
        elif example.kind == "openalex" and share(example.key) >= 0.4:
            counts.add(example.title, example.abstract, example.keywords, 4)
    for title, abstract in unlabelled(data):
        counts.add(title, abstract, None, 1)
    return counts.tables()


def fit(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray, n_trees: int) -> dict[str, np.ndarray]:
    """Return boosted oblivious trees as arrays."""
    model = CatBoostClassifier(
        iterations=n_trees, depth=6, learning_rate=0.12, l2_leaf_reg=6, border_count=64, random_seed=7, verbose=50,
        thread_count=2, allow_writing_files=False, bootstrap_type="Bernoulli", subsample=0.7,
    )  # fmt: skip
    model.fit(Pool(rows, labels, weight=weights))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trees.json"
        model.save_model(str(path), format="json")
        trees = json.loads(path.read_text())
    depth = 6
    feature = np.zeros((len(trees["oblivious_trees"]), depth), dtype=np.uint8)
    border = np.full(feature.shape, np.inf, dtype=np.float32)
    leaf = np.zeros((len(feature), 2**depth), dtype=np.float32)
    index = {f["feature_index"]: f["flat_feature_index"] for f in trees["features_info"]["float_features"]}
    for i, tree in enumerate(trees["oblivious_trees"]):
        for j, split in enumerate(tree["splits"]):
            feature[i, j], border[i, j] = index[split["float_feature_index"]], split["border"]
        leaf[i, : len(tree["leaf_values"])] = tree["leaf_values"]
    scale, bias = trees["scale_and_bias"]
    return {"feature": feature, "border": border, "leaf": leaf * scale, "bias": np.array(bias[0])}


def learning_rows(data: Path, background: Background, n_acm: float, n_inspec_weight: float) -> tuple[np.ndarray, ...]:
    """Return features, labels, weights and kind of the phrases that teach the trees."""
    blocks, labels, weights = [], [], []
    for example in labelled(data):
        place = share(example.key)
        if example.kind == "acm" and not 0.02 <= place < n_acm:
            continue
        if example.kind == "openalex" and not 0.02 <= place < 0.4:
            continue
        found = find_candidates(example.title, example.abstract)
        gold = gold_hashes(example.keywords)
        label = np.array([int(h) in gold for h in found.hash])
        if not label.any():
            continue
        blocks.append(measure(found, background))
        labels.append(label)
        weights.append(np.full(len(label), {"acm": 1.0, "openalex": 0.5, "inspec": n_inspec_weight}[example.kind]))
    return np.concatenate(blocks), np.concatenate(labels), np.concatenate(weights)


def main() -> None:
    """Count, learn and write the resource."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, help="folder in which the counts are kept between runs")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parents[1] / "src/germane/enrich/keyphrases/model.npz"
    )
    parser.add_argument("--acm", type=float, default=0.14)
    parser.add_argument("--inspec", type=float, default=1.3)
    parser.add_argument("--trees", type=int, default=250)
    options = parser.parse_args()
    kept = options.work / "tables.npz" if options.work else None
    if kept and kept.exists():
        with np.load(kept) as arrays:
            tables = dict(arrays)
    else:
        tables = fill_tables(options.data)
        if kept:
            np.savez(kept, **tables)
    background = Background.load(tables)  # type: ignore[arg-type]
    print(f"{len(background.phrase_keys)} phrases, {len(background.word_keys)} words", file=sys.stderr)
    rows, labels, weights = learning_rows(options.data, background, options.acm, options.inspec)
    print(f"{rows.shape} rows, {labels.mean():.3f} chosen", file=sys.stderr)
    english = fit(rows, labels, weights, options.trees)
    plain = fit(rows[:, : len(PLAIN_FEATURES)], labels, weights, options.trees // 2)
    assert rows.shape[1] == len(FEATURES)
    arrays = tables | {f"english_{k}": v for k, v in english.items()} | {f"plain_{k}": v for k, v in plain.items()}
    np.savez_compressed(options.out, version=np.array(VERSION), **arrays)
    print(f"{options.out}: {options.out.stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
